"""Which mistake gives somebody else's numbers: wrong ones are computed by a backward pass in NumPy that makes it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import cache
from math import log, log2
from time import process_time
from typing import Any

import numpy as np
import pytest
from analysis.mistaken_backward import reported, spec
from analysis.mistaken_networks import NETWORKS, PAIRS, SEEDED, Seeded

import gradcalc
from gradcalc.analysis.evidence import Evidence
from gradcalc.analysis.given_values import GivenValue, Hypothesis, given_value
from gradcalc.analysis.hypotheses import KINDS, Explanations, compatible, explanations, searched
from gradcalc.analysis.hypothesis_sentences import sentence
from gradcalc.analysis.last_digits import in_last_digits, kind_of, written
from gradcalc.analysis.mistakes import Mistake, Pass, Setting
from gradcalc.analysis.point import point
from gradcalc.analysis.solved_rates import in_16_bits, is_factor, is_rate, solved, solved_rates
from gradcalc.network.network import Network


@cache
def network(name: str) -> Network:
    return gradcalc.load(spec(NETWORKS[name]))


def rounded(value: Any, digits: int) -> Any:
    """The texts of numbers, as somebody writes them down."""
    return [rounded(one, digits) for one in value] if isinstance(value, list) else f"{value:.{digits}g}"


def given(of: Network, values: Mapping[str, Any], digits: int = 6) -> list[GivenValue]:
    return [given_value(of, name, rounded(np.asarray(x).tolist(), digits)) for name, x in values.items()]


def explained(name: str, wrong: Mapping[str, Any], digits: int = 6) -> Sequence[Hypothesis]:
    return explanations(network(name), given(network(name), reported(NETWORKS[name], wrong), digits)).told


def asked(spec: str, **values: str) -> Sequence[Hypothesis]:
    of = gradcalc.load(spec)
    return explanations(of, [given_value(of, name, text) for name, text in values.items()]).told


@pytest.mark.parametrize("name", NETWORKS)
def test_the_backward_pass_by_hand_is_right_without_a_mistake(name: str) -> None:
    ours = gradcalc.gradients(network(name))
    for parameter, theirs in reported(NETWORKS[name], {}).items():
        np.testing.assert_allclose(ours[parameter], theirs.reshape(ours[parameter].shape), rtol=1e-9, atol=1e-15)


def missed(seeded: Sequence[Seeded], digits: int = 6) -> list[str]:
    """The seeded mistakes that are not the first hypothesis."""
    found = []
    for name, wrong, words in seeded:
        hypotheses = explained(name, wrong, digits)
        if not (hypotheses and any(word in hypotheses[0].sentence for word in words)):
            found.append(f"{name} {wrong}: {hypotheses[0].sentence if hypotheses else None}")
    return found


OF_EACH_KIND = {", ".join(one[1]): one for one in reversed(SEEDED)}


SOME = list(OF_EACH_KIND)[::4]
"""Every fourth; the slow tests have all."""


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=() if kind in SOME else pytest.mark.slow) for kind in OF_EACH_KIND]
)
def test_a_mistake_is_the_first_hypothesis(kind: str) -> None:
    assert missed([OF_EACH_KIND[kind]]) == []


@pytest.mark.slow
@pytest.mark.parametrize("digits", [6, 17])
def test_each_of_all_mistakes_is_the_first_hypothesis(digits: int) -> None:
    """Of 17 digits, which are more evidence, every other."""
    assert len(SEEDED) >= 120
    assert missed(SEEDED[:: 1 if digits == 6 else 2], digits) == []


@pytest.mark.parametrize(
    "name", ["mlp", *(pytest.param(name, marks=pytest.mark.slow) for name in ("blocks", "recurrent"))]
)
def test_a_pass_in_float16_is_told(name: str) -> None:
    first = explained(name, {"dtype": np.float16})[0]
    assert first.what == "float16" and "in float16" in first.sentence


def test_what_was_given_is_told_as_that_by_its_own_name() -> None:
    """∂L/∂w1 is not what somebody got for it, and no letter of a name is turned into another."""
    assert explained("mlp", {"untransposed": ["w2"]})[0].sentence.startswith(
        "Both wrong values are what comes out when"
    )
    rows = [["0.000438568", "0.000497713"], ["0.000877135", "0.000995425"]]
    of = gradcalc.load("mazur")
    assert explanations(of, [given_value(of, "w1", rows)]).told[0].sentence.startswith("The given ∂L/∂w1 is what")
    z = explanations(of, [given_value(of, "z_h", ["0.0275", "0.0425"])]).told[0]
    assert z.sentence.startswith("The given z_h is what comes out when the bias b1 is not added: z_h[0] is then")


def test_of_a_wrong_loss_its_derivative_is_not_blamed() -> None:
    half = asked("residual", L="0.112371545")[0].sentence
    assert "when the loss has the factor ½ too many (or 2 left out): L is then" in half
    assert "the derivative of the loss has the factor ½" in asked("residual", w3="-0.0606504244")[0].sentence


def test_a_derivative_at_every_output_reads_as_a_sentence() -> None:
    wrong = explained("chain", {"at output": ["h1", "h2", "h3"]})[0].sentence
    assert "when σ′(z) of every layer is evaluated at the output of the layer in place of z: " in wrong


def test_a_sum_over_outputs_is_told_beside_a_factor_that_is_the_same() -> None:
    """wide has two outputs, over which its loss takes the mean."""
    first = of_scaled("wide", 2.0)
    assert (
        "the factor 2 too many (or ½ left out)" in first and "the sum over the 2 outputs in place of the mean" in first
    )
    assert "loss is divided by the number of outputs, 2, once too often" in of_scaled("wide", 0.5)
    assert "the mean over the 2 outputs in place of the sum" in of_scaled("mlp", 0.5)


def test_probabilities_given_for_logits_are_told_as_that() -> None:
    layer = {"name": "y", "weight": [[0.5, 0.1], [-0.3, 0.8]], "activation": "identity"}
    of = gradcalc.load({"input": [0.3, -0.2], "layers": [layer], "target": 1, "loss": "cross_entropy"})
    p = np.exp([0.13, -0.25]) / np.exp([0.13, -0.25]).sum()
    first = explanations(of, given(of, {"y": p})).told[0].sentence
    assert "y has the activation softmax in place of identity" in first and "twice" not in first
    mean_square = float(((p - [0, 1]) ** 2).mean())
    both = explanations(of, given(of, {"L": mean_square}, 8)).told[0].sentence
    assert "y has the activation softmax, and the loss is mse in place of cross_entropy: " in both


def test_two_mistakes_are_told_together() -> None:
    name, wrong, words = PAIRS[1]
    first = explained(name, wrong)[0]
    assert all(word in first.sentence for word in words)
    assert (first.formula, first.command) == (None, None)


def test_one_mistake_has_the_formula_of_what_is_reported() -> None:
    assert explained("wide", {"no input": ["w1"]})[0].formula == "∂L/∂w1 = δ"
    assert explained("mlp", {"times": 0.01})[0].formula == "0.01·∂L/∂w"


def test_all_skips_left_out_are_one_mistake() -> None:
    (first, *_) = explained("skips", {"left out": [("h1", "h3"), ("h2", "y")]})
    assert "nothing is passed back through any skip" in first.sentence


def test_a_mean_over_outputs_is_that_over_the_most_of_them() -> None:
    hidden = {"name": "h", "weight": [[0.6, 0.4], [-0.5, 0.7]], "activation": "tanh"}
    one = {"name": "a", "from": "h", "weight": [[0.3, -0.2]], "activation": "identity"}
    three = {"name": "b", "from": "h", "weight": [[0.7, -0.4], [0.2, 0.9], [-0.6, 0.1]], "activation": "identity"}
    target = {"a": 0.4, "b": [0.1, -0.2, 0.3]}
    of = gradcalc.load({"input": [0.5, -0.3], "layers": [hidden, one, three], "target": target, "loss": "sse"})

    def first(factor: float) -> str:
        values = {name: np.asarray(value) * factor for name, value in gradcalc.gradients(of).items()}
        return explanations(of, given(of, values, 8)).told[0].sentence

    assert "the loss takes the mean over the 3 outputs in place of the sum: " in first(1 / 3)
    assert "the derivative of the loss has the factor ½ too many (or 2 left out): " in first(0.5)


@pytest.mark.slow
def test_of_pairs_of_mistakes_80_percent_are_the_first_hypothesis() -> None:
    hits = 0
    for name, wrong, words in PAIRS:
        hypotheses = explained(name, wrong)
        hits += bool(hypotheses) and all(word in hypotheses[0].sentence for word in words)
    assert hits >= 0.8 * len(PAIRS) and len(PAIRS) == 20


def right_values() -> list[tuple[str, str, float]]:
    """200 entries of right gradients."""
    draw, found = random.Random(11), []
    while len(found) < 200:
        name = draw.choice(list(NETWORKS))
        parameter, value = draw.choice(list(reported(NETWORKS[name], {}).items()))
        place = draw.randrange(value.size)
        index = ",".join(map(str, np.unravel_index(place, value.shape)))
        found.append((name, parameter + f"[{index}]" * (value.size > 1), float(np.ravel(value)[place])))
    return found


def test_no_right_value_is_called_wrong() -> None:
    for number, (name, parameter, value) in enumerate(right_values()):
        text = (f"{value:.3g}", f"{value:.4g}", f"{value:.6g}", str(np.float32(value)))[number % 4]
        assert explanations(network(name), [given_value(network(name), parameter, text)]).told == []


def explained_away(digits: int, count: int) -> int:
    """How many random wrong numbers, each within a factor of 2 of the right one, have an explanation."""
    draw, found = random.Random(digits), 0
    for name, parameter, value in right_values()[:count]:
        text = f"{value * draw.uniform(0.5, 2.0):.{digits}g}"
        found += bool(explanations(network(name), [given_value(network(name), parameter, text)]).told)
    return found


def test_random_wrong_numbers_are_not_explained() -> None:
    assert explained_away(4, 4) == 0


@pytest.mark.slow
@pytest.mark.parametrize("digits", [3, 4, 6])
def test_of_100_random_wrong_numbers_two_at_most_are_explained(digits: int) -> None:
    assert explained_away(digits, 100) <= 2


@pytest.mark.slow
def test_an_explanation_over_2000_parameters_takes_under_5_seconds() -> None:
    draw = np.random.default_rng(3)
    sizes = (20, 40, 20, 20, 10)
    weights = [draw.normal(0, columns**-0.5, (rows, columns)) for columns, rows in zip(sizes, sizes[1:])]
    layers = [{"weight": weight.tolist(), "bias": 0.1} for weight in weights]
    inputs, classes = draw.normal(0, 1, (8, sizes[0])).tolist(), draw.integers(0, sizes[-1], 8).tolist()
    layers[-1]["activation"] = "identity"
    data = {"input": inputs, "target": classes, "loss": "cross_entropy", "activation": "tanh", "layers": layers}
    of = gradcalc.load(data)
    values = {name: (8 * value).tolist() for name, value in gradcalc.gradients(of).items()}
    assert sum(np.size(value) for value in values.values()) > 2_000
    theirs = [given_value(of, name, value, "float64") for name, value in values.items()]
    began = process_time()
    first = explanations(of, theirs).told[0]
    assert process_time() - began < 5
    assert first.what == "sum for mean over the batch"
    np.testing.assert_allclose(first.predicts["w1"], values["w1"], rtol=1e-9)


def test_the_path_of_the_published_residual_network_is_named_with_its_command() -> None:
    first = asked("residual", w1="-0.00295")[0]
    assert first.sentence == (
        "−0.00295 is what comes out when the path h1 → h2 → y (through w2, w3) is left out: ∂L/∂w1 is then "
        "−0.00294760, where −0.00302124 is right."
    )
    assert first.command == "gradcalc paths SPEC --wrt w1 --avoid w2"
    assert first.predicts["w1"] == pytest.approx(-0.002947598898254406)


def test_mazurs_loss_is_that_of_a_step_with_weights_already_updated() -> None:
    """https://mattmazur.com/2015/03/17/a-step-by-step-backpropagation-example/: 0.291027924 after the step; with the
    gradients of the weights before it is 0.29102777369359933."""
    first = asked("mazur", L="0.291027924")[0]
    assert first.what == "after a step, updated weights used"
    assert "learning rate 0.5" in first.sentence and "already updated" in first.sentence
    assert (
        "multiplied the old δ by weights" in first.sentence
        and "(L after a right step is 0.291027774)" in first.sentence
    )
    assert first.predicts["L"] == pytest.approx(0.29102792390544197)
    assert asked("mazur", L="0.291027774")[0].what == "after a step"


def test_mazurs_first_layer_with_updated_weights_is_told() -> None:
    of = gradcalc.load("mazur")
    rows = [["0.000364723", "0.000729446"], ["0.000423630", "0.000847259"]]
    first = explanations(of, [given_value(of, "w1", rows)]).told[0]
    assert first.what == "updated weights used" and "(w2)" in first.sentence and "learning rate 0.5" in first.sentence


def test_a_number_of_few_digits_near_the_right_one_is_off_in_its_last_digit() -> None:
    """−0.00302124 is right."""
    (found,) = asked("residual", w1="-0.00303")
    assert found.what == "last digit off by one"
    assert found.sentence == (
        "−0.00303 is off by one in its last digit, as rounding on the way leaves it: ∂L/∂w1 is −0.0030212, which "
        "rounds to −0.00302."
    )
    assert asked("residual", w1="-0.00305") == []


def test_a_last_digit_that_is_cut_is_told_as_that() -> None:
    (found,) = asked("residual", w2="-0.003100", w_r="-0.1241039895", w3="-0.1213008488")
    assert found.what == "last digit cut"
    assert found.sentence == (
        "−0.1241039895 is cut after its last digit in place of rounded: ∂L/∂w_r is −0.124103989575, which rounds to "
        "−0.1241039896. The other wrong number is like that."
    )
    assert found.predicts == {"w3": -0.1213008488, "w_r": -0.1241039895}


def test_what_is_off_behind_six_digits_is_rounding_on_the_way() -> None:
    (found,) = asked("residual", w1="-0.003021238123")
    assert found.what == "rounded on the way" and "to 9 digits and not to those behind" in found.sentence
    assert asked("residual", w1="-0.003021248") == []


def paths_through(of: Network, wrt: str, through: Sequence[str]) -> Any:
    """What `gradcalc paths --through` prints as the value."""
    (sums,) = gradcalc.paths(of, wrt=(wrt,), through=through).sums.values()
    return sums.value


def test_a_single_path_is_named_by_nodes_and_edges_with_the_command_that_prints_it() -> None:
    """No edge of the ladder is in one path alone."""
    of, through = network("ladder"), ("w2", "skip h2→h3", "w4", "w5")
    term = paths_through(of, "w1", through)
    right = gradcalc.gradients(of)["w1"].item()
    first = explanations(of, [given_value(of, "w1", f"{right - term:.7g}")]).told[0]
    assert "the path h1 → h2 → h3 → h4 → y (through w2, skip h2→h3, w4, w5) is left out" in first.sentence
    options = "--through w2 --through 'skip h2→h3' --through w4 --through w5"
    assert first.formula == f"∂L/∂w1 − the value of `gradcalc paths SPEC --wrt w1 {options}`"
    assert first.predicts["w1"] == pytest.approx(right - term, rel=1e-9)
    twice = explanations(of, [given_value(of, "w1", f"{right + term:.7g}")]).told[0]
    assert "is counted twice" in twice.sentence and str(twice.formula).startswith("∂L/∂w1 + the value of")


def test_a_path_is_left_out_of_intermediate_quantities_too() -> None:
    of, at = network("ladder"), point(network("ladder"))
    nodes = [one.name for one in of.nodes]
    through = ("w3", "w4", "w5")
    adjoint, delta = (rows[0][0] for rows in (at.adjoint(nodes.index("h3")), at.delta(nodes.index("h3"))))
    term = paths_through(of, "h2", through)
    whole = at.adjoint(nodes.index("h2"))[0][0]
    wrong = {"dL/dh2": whole - term, "dL/dh3": adjoint, "delta_h3": delta}
    first = explanations(of, given(of, wrong)).told[0]
    assert "the path h2 → h3 → h4 → y (through w3, w4, w5) is left out" in first.sentence
    factor = at.derivative(nodes.index("h4"))[0][0] * 0.9 * at.delta(nodes.index("y"))[0][0] * 1.3
    assert explanations(of, given(of, {"delta_h3": delta - factor * delta / adjoint})).told[0].sentence.count("w4")


def test_a_path_of_matrices_is_told_with_the_command_that_prints_it() -> None:
    of, through = network("blocks"), ("skip h1→h2", "w3", "w4")
    wrong = gradcalc.gradients(of)["w1"] - np.array(paths_through(of, "w1", through))
    first = explanations(of, given(of, {"w1": wrong})).told[0]
    command = "gradcalc paths SPEC --wrt w1 --through 'skip h1→h2' --through w3 --through w4"
    assert first.formula == f"∂L/∂w1 − the value of `{command}`"
    np.testing.assert_allclose(first.predicts["w1"], wrong, rtol=1e-9)


def test_a_path_over_single_units_is_told_of_an_entry() -> None:
    """Mazur's w1[0,0] is 0.000668396 through o[0] and −0.000229828 through o[1]."""
    first = asked("mazur", **{"w1[0,0]": "0.000668396"})[0]
    assert "h[0] → o[1]" in first.sentence or "from o[1] to h" in first.sentence


@pytest.mark.slow
def test_of_many_paths_the_largest_are_looked_at() -> None:
    """resnet has 2¹⁹ paths."""
    of = gradcalc.load("resnet")
    (sums,) = gradcalc.paths(of, wrt=("w1",), top=100).sums.values()
    path = sums.top[99]
    first = explanations(of, [given_value(of, "w1", f"{sums.value - path.contribution:.10g}")]).told[0]
    assert " → ".join(path.nodes) in first.sentence and "left out" in first.sentence


@pytest.mark.slow
def test_a_gradient_that_vanishes_without_skips_is_explained_by_them() -> None:
    assert asked("deep", w1="-2.88211342e-37")[0].command == "gradcalc compute SPEC --no-skips"


def test_values_of_the_forward_pass_are_explained_too() -> None:
    found = asked("residual", z_y="0.0513121", y="0.512825214")[0]
    assert "the skip h1 → y (w_r) is left out, of the forward pass too" in found.sentence
    assert found.command == "gradcalc compute SPEC --no-skips"


def test_a_mistake_that_explains_all_says_how_many() -> None:
    def told(name: str, factor: float, *names: str) -> str:
        right = gradcalc.gradients(network(name))
        return explanations(network(name), given(network(name), {p: factor * right[p] for p in names})).told[0].sentence

    assert told("chain", 2.0, "w1", "w2").startswith("Both wrong values are what comes out when the ")
    assert told("chain", 2.0, "w1", "w2", "w3").startswith("All 3 wrong values are what comes out when the ")
    assert told("mlp", 2.0, "w1").startswith("The given ∂L/∂w1 is what comes out when the ")


def test_a_mistake_that_explains_a_part_says_which() -> None:
    found = asked("residual", w3="0.121300849", w2="-0.0123456")
    assert found[0].sentence.startswith("1 of the 2 wrong values (∂L/∂w3) is")


def of_scaled(name: str, factor: float, only: str = "") -> str:
    """The first explanation of gradients times a factor, or of one of them."""
    of = network(name)
    values = {p: np.asarray(g) * (factor if only in ("", p) else 1) for p, g in gradcalc.gradients(of).items()}
    found = explanations(of, given(of, values, 17)).told
    return found[0].sentence if found else ""


@pytest.mark.slow
def test_a_factor_is_a_learning_rate_only_where_people_choose_it() -> None:
    assert "the learning rate 0.03 is included" in of_scaled("mlp", 0.03)
    clipped = of_scaled("mlp", 0.407041)
    assert "multiplied by 0.407041, as clipping" in of_scaled("mlp", 0.40704123)
    assert "multiplied by 0.407041, as clipping their norm does" in clipped and "learning rate" not in clipped
    assert "accumulated over 2 passes" in of_scaled("mlp", 2.0)
    assert "accumulated over 4 passes" in of_scaled("chain", 4.0)
    assert "rate" not in of_scaled("mlp", 1 + 5e-8)


def test_a_mean_over_the_batch_in_one_gradient_is_no_learning_rate() -> None:
    count = network("binary").examples
    assert f"the mean over the {count} examples" in of_scaled("binary", 1 / count, "b1")


def test_a_sign_that_is_lost_on_the_way_is_not_that_of_the_target() -> None:
    assert "as of t − y in place of y − t" in of_scaled("mlp", -1.0)
    lost = of_scaled("mlp", -1.0, "w1")
    assert "the sign is the opposite, though not that of" in lost and "t − y" not in lost


@pytest.mark.parametrize(
    ("text", "bits"),
    [("0.123", log2(0.123 * log(100) / 1e-3)), ("-12", log2(12 * log(100))), ("0", 8.0), ("0.12345678901234567", 40.0)],
)
def test_a_number_is_evidence_by_its_digits(text: str, bits: float) -> None:
    """Of so many numbers, alike from a tenth of it to ten times as much, one is written so; 40 bits at most."""
    evidence = Evidence([given_value(network("residual"), "w1", text)], [[9e3]])
    assert evidence.bits == pytest.approx([bits], rel=1e-9)


def test_digits_are_counted_to_those_of_float64() -> None:
    texts = ["0.1234567890123456789", "12", "0"]
    evidence = Evidence([given_value(FIVE, name, text) for name, text in zip(LAYERS, texts)], [[9.0], [9.0], [9.0]])
    assert [evidence.digits(number, 0) for number in range(3)] == [15, 2, 1]
    assert [evidence.half(number, 0) for number in (1, 2)] == [0.5, 0.0]
    assert evidence.most_bits(1) == evidence.bits[1]


def test_a_number_without_a_unit_of_its_last_digit_is_the_most_evidence() -> None:
    """Half a unit of 5·10⁻³²⁴ is no float64."""
    evidence = Evidence([given_value(network("residual"), "w1", "5e-324")], [[1e-322]])
    assert (evidence.wrong, evidence.bits) == ([0], [40.0])


def test_numbers_as_16_bits_store_them() -> None:
    """32 units in the last place of bfloat16 are a quarter, and those of float16 a 32nd."""

    def found(texts: list[str], right: list[float]) -> dict[str, tuple[float, Any]]:
        evidence = Evidence([given_value(network("mlp"), "b1", texts)], [right])
        own = sum(evidence.bits)
        return {one.what: (log2(one.share / 0.02) + own, values) for one, values in in_16_bits(evidence)}

    def bits(number: float, tolerance: float, largest: float, unit: float) -> float:
        return log2(number * unit / (2 * (tolerance + 1e-12 * largest)))

    assert found(["1.2500001", "1"], [1.0, 1.0]) == {}
    both = found(["1.250000", "1"], [1.0, 1.0])
    assert both == {"bfloat16": (pytest.approx(bits(1.25, 5e-7, 1.25, 2.0**-7)), [[1.25, 1.0]])}
    both = found(["1.031250", "1.968750"], [1.0, 2.0])
    of_two = [sum(bits(x, 5e-7, 1.96875, unit) for x in (1.03125, 1.96875)) for unit in (2.0**-7, 2.0**-10)]
    assert both == {
        name: (pytest.approx(of), [[1.03125, 1.96875]]) for name, of in zip(("bfloat16", "float16"), of_two)
    }
    assert found(["1.0303", "1"], [1.0, 1.0])["float16"][1] == [[1.0302734375, 1.0]]
    assert "float16" not in found(["1.0314", "1"], [1.0, 1.0]) and found(["-1", "1"], [1.0, 1.0]) == {}


@pytest.mark.parametrize(
    ("function", "wanted", "found"),
    [
        (lambda rate: 3 - 2 * rate, 1.0, 1.0),
        (lambda rate: 3 - 2 * rate, 3.0, 0.0),
        (lambda rate: rate * rate + rate, 2.0, 1.0),
        (lambda rate: (rate + 1) ** 3, 8.0, 1.0),
        (lambda rate: rate * (1 + rate / 1000), 0.3, 0.29991005396),  # of which no float64 gives 0.3
        (lambda rate: 1e-13 * rate, 1.0, None),  # a rate of 10¹³
        (lambda rate: 5.0, 1.0, None),
        (lambda rate: None, 1.0, None),
        (lambda rate: rate if rate < 0.5 else None, 0.7, None),
    ],
)
def test_a_rate_is_solved_for(function: Any, wanted: float, found: float | None) -> None:
    assert solved(function, wanted) == (found if found is None else pytest.approx(found, abs=1e-9))


def test_a_rate_is_taken_as_near_as_it_was_found() -> None:
    steps = []

    def steep(rate: float) -> float:
        steps.append(rate)
        return (1 + rate) ** 40

    found = solved(steep, 2.0)
    assert found is not None and len(steps) == 2 + 8


@pytest.mark.parametrize(
    ("rate", "factor"),
    [(1e-6, True), (2e-6, True), (1 + 5e-7, False), (1 + 2e-6, True), (0.0, False), (100.0, True), (101.0, True)],
)
def test_factors_and_rates_do_more_than_rounding_and_rates_may_be_taken(rate: float, factor: bool) -> None:
    assert is_factor(rate) is factor
    assert is_rate(rate) is (1e-6 < rate <= 100)


@pytest.mark.parametrize("rate", ["0.037", pytest.param("0.0371346", marks=pytest.mark.slow)])
def test_a_round_rate_is_told_where_one_fits(rate: str) -> None:
    of, weights = network("residual"), {"w1": 0.2, "w2": 0.1, "w3": 0.1}
    right = gradcalc.gradients(of)
    values = [given_value(of, w, f"{x - float(rate) * right[w].item():.14f}") for w, x in weights.items()]
    (first, *_) = explanations(of, values).told
    assert (first.what, first.formula) == ("new weight", f"w − {rate}·∂L/∂w")


LINE = gradcalc.load({"input": 1, "loss": "output", "activation": "identity", "weights": [2, 7, 3]})
OF_LINE = {"w1": (2.0, 21.0), "w2": (7.0, 6.0), "w3": (3.0, 14.0)}  # weights and their gradients
ROUND = 9 * 6  # numbers of one digit in six powers of ten


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (
            lambda w, g: 0.03 * g,
            {
                "0.03·∂L/∂w": ("learning rate included", 0.02 / ROUND),
                "w − 0.0652381·∂L/∂w": ("new weight", 0.02),  # (2 − 0.63)/21
                "by 0.03": ("factor 0.03", 0.01 / ROUND),
            },
        ),
        (
            lambda w, g: 0.37 * g,
            {
                "0.37·∂L/∂w": ("learning rate included", 0.02 / ROUND / 10),
                "by 0.37": ("factor 0.37", 0.01 / ROUND / 10),
            },
        ),
        (
            lambda w, g: 0.40704123 * g,
            {"0.407041·∂L/∂w": ("factor 0.407041", 0.02), "by 0.407041": ("factor 0.407041", 0.01)},
        ),
        (
            lambda w, g: 1.7 * g,
            {
                "1.7·∂L/∂w": ("factor 1.7", 0.02 / ROUND / 10),
                "∂L/∂w + 7.35000·w": ("weight decay included", 0.02),  # (35.7 − 21)/2
                "by 1.7": ("factor 1.7", 0.01 / ROUND / 10),
            },
        ),
        (
            lambda w, g: w - 0.037 * g,
            {
                "0.0582381·∂L/∂w": ("factor 0.0582381", 0.02),  # 1.223/21
                "w − 0.037·∂L/∂w": ("new weight", 0.02 / ROUND / 10),
                "by 0.0582381": ("factor 0.0582381", 0.01),
            },
        ),
        (
            lambda w, g: g + 0.03 * w,
            {
                "1.00286·∂L/∂w": ("factor 1.00286", 0.02),  # 21.06/21
                "∂L/∂w + 0.03·w": ("weight decay included", 0.02 / ROUND),
                "by 1.00286": ("factor 1.00286", 0.01),
            },
        ),
    ],
)
def test_the_numbers_that_mistakes_with_a_free_one_are_solved_for(
    function: Any, expected: dict[str, tuple[str, float]]
) -> None:
    wrong = {name: function(w, g) for name, (w, g) in OF_LINE.items()}
    search = searched(LINE, [given_value(LINE, name, f"{value:.8f}") for name, value in wrong.items()])
    assert search is not None
    found = list(solved_rates(search.setting, search.evidence, search.predicted))
    updated = [one.share for one, _ in found if one.what == "updated weights used"]
    found = [(one, values) for one, values in found if one.what != "updated weights used"]
    keys = [one.clause[-len(key) :] if key.startswith("by") else one.formula for (one, _), key in zip(found, expected)]
    assert keys == list(expected) and [one.what for one, _ in found] == [what for what, _ in expected.values()]
    unround = 2.0 ** -search.evidence.most_bits(0)  # the share of a number that nobody chooses
    assert [share / unround for share in updated] == [pytest.approx(0.02)] * len(updated)
    for (one, values), (_, share) in zip(found, expected.values()):
        assert one.share / (share * unround if share >= 0.01 else share) == pytest.approx(1)
        assert values[0][0] == pytest.approx(wrong["w1"], rel=1e-8) and "∂L/∂w" in (one.formula or "")
    clipped = [one.clause.endswith(", as clipping their norm does") for one, _ in found]
    assert clipped == [what.startswith("factor 0.") and "by" not in key for key, (what, _) in expected.items()]


@pytest.mark.parametrize(("examples", "what"), [(1, "learning rate included"), (2, "factor 0.5"), (4, "factor 0.25")])
def test_a_mean_over_the_batch_is_no_rate_of_one_digit(examples: int, what: str) -> None:
    spec = {"input": [[0.5]] * examples, "loss": "output", "weights": [2]}
    of = gradcalc.load(spec)
    factor = 1 / examples if examples > 1 else 0.5
    search = searched(of, [given_value(of, "w1", f"{factor * gradcalc.gradients(of)['w1'].item():.9g}")])
    assert search is not None
    assert next(solved_rates(search.setting, search.evidence, search.predicted))[0].what == what


def kinds_of(right: Sequence[float], texts: Sequence[str]) -> list[str | None]:
    evidence = Evidence([given_value(network("mlp"), "b1", list(texts))], [list(right)])
    return [kind_of(evidence, 0, place) for place in range(2)]


@pytest.mark.parametrize(
    ("right", "text", "kind"),
    [
        (0.12345, "0.123", "last digit cut"),
        (0.12395, "0.123", "last digit cut"),
        (-0.12395, "-0.123", "last digit cut"),
        (0.12395, "0.125", "last digit off by one"),  # farther from 0
        (0.12395, "0.126", None),
        (0.1247, "0.124", "last digit cut"),
        (0.1253, "0.124", "last digit off by one"),
        (0.1256, "0.124", None),
        (0.12, "0.13", None),  # two digits
        (1.0, "1.0000009", "rounded on the way"),
        (1.0, "1.000002", None),
        (0.0, "0.00001", None),
    ],
)
def test_how_last_digits_are_wrong(right: float, text: str, kind: str | None) -> None:
    assert kinds_of([right, 1.0], [text, "1"])[0] == kind


@pytest.mark.parametrize(
    ("number", "decimals", "text"),
    [
        (0.5, 3, "0.500"),
        (-0.5, 0, "−0"),
        (12.3456, 2, "12.35"),
        (1e-9, 12, "1e-9"),
        (3.0, -1, "3"),
        (2.5, 16, "2.5"),
        (0.0, 2, "0"),
    ],
)
def test_numbers_are_written_with_their_decimals(number: float, decimals: int, text: str) -> None:
    assert written(number, decimals).replace("×10⁻⁹", "e-9") == text


LAYERS = ["w1", "w2", "w3", "w4", "w5"]
FIVE = gradcalc.load({"input": 0.5, "target": 1, "activation": "tanh", "weights": [0.9] * 5})


def said(given_texts: Mapping[str, Any], right: Sequence[Sequence[float]], found: Sequence[int], *done: Mistake) -> str:
    givens = [given_value(FIVE, name, text) for name, text in given_texts.items()]
    setting, evidence = Setting(Pass(point(FIVE)), givens, ()), Evidence(givens, right)
    return sentence(setting, evidence, done or [Mistake("", "", "it rains")], found, [[1 / 3]] * len(givens))


@pytest.mark.parametrize(
    ("count", "beginning"),
    [
        (1, "1 of the 5 wrong values (∂L/∂w1) is what"),
        (3, "3 of the 5 wrong values (∂L/∂w1, ∂L/∂w2, ∂L/∂w3) are what"),
        (4, "4 of the 5 wrong values (∂L/∂w1, ∂L/∂w2, ∂L/∂w3, …) are what"),
        (5, "All 5 wrong values are what"),
    ],
)
def test_how_many_of_the_wrong_values_are_explained(count: int, beginning: str) -> None:
    told = said(dict.fromkeys(LAYERS, "0.5"), [[2 / 3]] * 5, range(count))
    assert told == f"{beginning} comes out when it rains: ∂L/∂w1 is then 0.333333, where 0.666667 is right."


def test_both_and_the_one_wrong_value() -> None:
    both = said({"w1": "0.5", "w2": "0.5", "w3": "0.5"}, [[2 / 3], [0.5], [2 / 3]], [0, 2])
    assert both.startswith("Both wrong values are what")
    together = Mistake("", "", "it snows", beside="snow falls", alike=("it hails",))
    assert " when it rains, and snow falls: " in said({"w1": "1"}, [[2]], [0], Mistake("", "", "it rains"), together)
    assert " when it snows, or it hails: " in said({"w1": "1"}, [[2]], [0], together)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0.12346", "0.12346 … 0.333333 … 0.666667"),
        ("0.123456", "0.123456 … 0.333333 … 0.666667"),
        ("0.98765431", "0.98765431 … 0.33333333 … 0.66666667"),
        ("0.1234567891", "0.1234567891 … 0.3333333333 … 0.6666666667"),
        ("0.12345678912", "0.123457 … 0.333333 … 0.666667"),
    ],
)
def test_numbers_are_told_with_the_digits_given(text: str, shown: str) -> None:
    own, then, right = shown.split(" … ")
    whole = f"{own} is what comes out when it rains: ∂L/∂w1 is then {then}, where {right} is right."
    assert said({"w1": text}, [[2 / 3]], [0]) == whole


def test_evidence_is_weighed_against_the_share() -> None:
    """A 0 is worth 8 bits, and −log₂ 0.08 = 3.64 are to remain."""
    givens = [given_value(FIVE, name, text) for name, text in (("w1", "0"), ("w2", "0.25"), ("w3", "0"))]
    evidence = Evidence(givens, [[0.5], [0.25], [0.5]])
    assert (evidence.wrong, evidence.bits) == ([0, 2], [8.0, 0, 8.0])
    assert evidence.is_told([0], 2.0**-4.35) and not evidence.is_told([0], 2.0**-4.36)
    assert evidence.is_told([0, 2], 2.0**-12.35) and not evidence.is_told([0, 2], 2.0**-12.36)
    assert evidence.least_share == 2.0**-16 / 0.08 and evidence.score([0, 2], 0.5) == 15.0
    assert not evidence.spoils([[9.0], [0.251], [9.0]]) and evidence.spoils([[0.0], [0.256], [0.0]])
    assert evidence.explains_all([[0.0], [0.25], [0.0]]) and not evidence.explains_all([[0.0], [0.25], [0.1]])
    assert evidence.explained([[0.0], [9.0], [0.1]]) == [0]
    assert evidence.error([1], [[9.0], [0.2], [9.0]]) == pytest.approx(0.2) and evidence.error([], []) == 0.0
    assert evidence.error([0], [[0.0], [9.0], [9.0]]) == 0.0 and evidence.error([0], [[0.1], [9.0], [9.0]]) == 1.0


@pytest.mark.parametrize(
    ("texts", "behind"),
    [
        (["0.123"], ": ∂L/∂w1 is 0.12395, which rounds to 0.124."),
        (["0.123", "0.123"], "which rounds to 0.124. The other wrong number is like that."),
        (["0.123"] * 4, "which rounds to 0.124. The other 3 wrong numbers are like that."),
    ],
)
def test_the_last_digits_of_several_numbers(texts: Sequence[str], behind: str) -> None:
    givens = [given_value(FIVE, name, text) for name, text in zip(LAYERS, texts)]
    evidence = Evidence(givens, [[0.12395]] * len(givens))
    found = in_last_digits(Setting(Pass(point(FIVE)), givens, evidence.wrong), evidence)
    assert found is not None and found.what == "last digit cut"
    assert found.sentence.startswith("0.123 is cut after its last digit in place of rounded: ∂L/∂w1 is 0.12395, ")
    assert (found.clause, found.relative_error) == ("the last digits are not those of rounding", 0.0)
    assert found.sentence.endswith(behind) and found.predicts == dict.fromkeys(LAYERS[: len(texts)], 0.123)


def test_what_agrees_but_for_rounding_on_the_way() -> None:
    givens = [given_value(FIVE, "w1", "0.1234567891")]
    evidence = Evidence(givens, [[0.1234567]])  # by 7×10⁻⁷ of it
    found = in_last_digits(Setting(Pass(point(FIVE)), givens, evidence.wrong), evidence)
    assert found is not None and found.what == "rounded on the way"
    assert found.sentence == (
        "0.1234567891 agrees with ∂L/∂w1 = 0.1234567000 to 6 digits and not to those behind, as rounding on the way "
        "leaves it, in float32 for one."
    )


def test_nothing_is_searched_for_where_a_number_is_none_or_all_are_right() -> None:
    right, wrong = gradcalc.gradients(FIVE)["w1"].item(), given_value(FIVE, "w2", "9")
    for texts in ("nan", "inf"):
        givens = [given_value(FIVE, "w1", texts), wrong]
        assert searched(FIVE, givens) is None and explanations(FIVE, givens) == Explanations([], [])
    assert searched(FIVE, [given_value(FIVE, "w1", f"{right:.6g}")]) is None
    search = searched(FIVE, [given_value(FIVE, "w1", f"{right:.6g}"), wrong])
    assert search is not None and search.setting.wrong == [1]


NETWORK, EDGES, REPORTED, ARITHMETIC = (
    {"network": lambda network: network},
    {"edges": lambda altered, edges: True},
    {"reported": lambda reading: reading.values},
    {"arithmetic": float},
)


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        (("a", NETWORK), ("a", NETWORK), True),
        (("a", EDGES), ("a", EDGES), True),
        (("a", REPORTED), ("a", REPORTED), False),
        (("a", REPORTED), ("b", REPORTED), True),
        (("a", ARITHMETIC), ("a", ARITHMETIC), False),
        (("a", ARITHMETIC), ("b", ARITHMETIC), True),
        (("a", ARITHMETIC), ("b", REPORTED), True),
        (("a", NETWORK), ("b", ARITHMETIC), False),
        (("a", ARITHMETIC), ("b", NETWORK), False),
        (("a", EDGES), ("b", ARITHMETIC), False),
        (("a", ARITHMETIC), ("b", EDGES), False),
        (("a", NETWORK), ("b", EDGES), True),
    ],
)
def test_which_mistakes_are_two(first: tuple[str, Any], second: tuple[str, Any], together: bool) -> None:
    one, other = (Mistake(kind, "", "", **does) for kind, does in (first, second))
    assert compatible(one, other) is together


def test_shares_of_what_changes_the_wrong_values_add_up_to_those_of_single_mistakes() -> None:
    right = gradcalc.gradients(FIVE)
    search = searched(FIVE, [given_value(FIVE, name, f"{-right[name].item():.9g}") for name in ("w1", "w2")])
    assert search is not None
    (best, *_) = search.singles()
    assert sum(one.share for one, _ in search.found) == pytest.approx(0.8)
    shares = [one.share for one, _ in search.found]
    assert shares == sorted(shares, reverse=True)
    score, (sign,), explained, values = best
    bits = sum(search.evidence.bits)
    assert (sign.what, explained) == ("sign", [0, 1]) and score == pytest.approx(bits + log2(sign.share))
    assert values == [[pytest.approx(-right[name].item())] for name in ("w1", "w2")]


def test_of_three_kinds_of_mistakes_an_eighth_each_is_taken_to_be() -> None:
    most = max(share for _, share, _ in KINDS)
    assert {kind for kind, share, _ in KINDS if share == most} == {"left out", "loss's factor", "sign"}
    assert most == 0.12 and sorted(share for _, share, _ in KINDS)[-4] == 0.08


def test_the_score_of_two_mistakes_together() -> None:
    """Their shares times 2, as either may be first, and times the share of pairs."""
    name, wrong, _ = PAIRS[1]
    search = searched(network(name), given(network(name), reported(NETWORKS[name], wrong), 9))
    assert search is not None and search.singles() == []
    best, *others = search.several()
    score, (one, other), explained, _ = best
    assert all(score - less <= 3 for less, *_ in others)  # none of less than an eighth of its share
    assert score == pytest.approx(sum(search.evidence.bits) + log2(0.2 * 2 * one.share * other.share))
    assert explained == search.evidence.wrong


def test_a_mistake_in_the_wrong_values_alone_has_a_quarter_of_its_share() -> None:
    right = gradcalc.gradients(FIVE)
    texts = {"w1": f"{-right['w1'].item():.9g}", "w2": f"{right['w2'].item():.9g}"}
    search = searched(FIVE, [given_value(FIVE, name, text) for name, text in texts.items()])
    assert search is not None
    ((score, (sign,), explained, values),) = search.singles()
    assert explained == [0] and sign.share == 0.12 / 4
    assert score == pytest.approx(search.evidence.bits[0] + log2(0.03))
    assert values == [[pytest.approx(-right["w1"].item())], [pytest.approx(right["w2"].item())]]


@pytest.mark.parametrize(("count", "told"), [(1, True), (3, True), (4, False)])
def test_three_wrong_entries_at_most_are_named(count: int, told: bool) -> None:
    of = gradcalc.load(
        {
            "input": 1,
            "target": 1,
            "layers": [{"weight": [[0.3], [0.2], [0.1], [0.4], [0.7]]}, {"weight": [[1, 2, 3, 4, 5]]}],
        }
    )
    right = gradcalc.gradients(of)["w1"].tolist()
    rows = [[f"{-x if n < count else x:.9g}"] for n, (x,) in enumerate(right)]
    search = searched(of, [given_value(of, "w1", rows)])
    assert search is not None
    found = [search.hypothesis(one).sentence for one in search.singles()]
    names = " and ".join(f"∂L/∂w1[{n},0]" for n in range(count))
    assert (f"the sign is the opposite, in {names} alone: " in "".join(found)) is told


def test_five_explanations_are_told_and_three_that_fit_too_few_digits() -> None:
    many = asked("residual", w1="-0.006042476")
    assert len(many) <= 5
    of = gradcalc.load("residual")
    found = explanations(of, [given_value(of, "w1", "-0.006")])
    assert found.told == [] and len(found.fitting) == 3
    assert len({one.what for one in found.fitting}) == 3
    assert all(float(f"{one.predicts['w1']:.0e}") == -0.006 for one in found.fitting)
    assert explanations(of, [given_value(of, "w1", "-0.00295")]).fitting == []


ONE = {"input": 0.5, "target": 1, "activation": "tanh", "weights": [0.3]}  # a graph of x, z and y


def test_a_search_ends_after_so_many_edges(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pass of one weight through three nodes of which one number is read costs 2 + 4·3 + 1 edges; a network that is
    made anew four times as much."""
    of = gradcalc.load(ONE)

    def made(most: int, part: str) -> int:
        monkeypatch.setattr("gradcalc.analysis.hypotheses.MOST_EDGES", most)
        search = searched(of, [given_value(of, "w1", "9")])
        assert search is not None
        chosen = [one for one in search.mistakes if getattr(one, part) and (part == "reported" or not one.reported)]
        assert len(chosen) > 5
        return sum(search.predicted([one]) is not None for one in chosen[:6])

    assert [made(most, "edges") for most in (0, 14, 15, 45, 74, 75)] == [0, 0, 1, 3, 4, 5]
    assert [made(most, "network") for most in (59, 60, 239, 240)] == [0, 1, 3, 4]
    assert made(0, "reported") > 0


def test_in_arrays_an_edge_between_layers_costs_20_and_50_weights_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradcalc.analysis.hypotheses.FEW", -1)
    monkeypatch.setattr("gradcalc.analysis.point.THIN", 0)
    of = gradcalc.load({"input": [[0.1] * 20] * 5, "loss": "output", "layers": [{"weight": [[0.1] * 20]}]})

    def made(most: int) -> int:
        monkeypatch.setattr("gradcalc.analysis.hypotheses.MOST_EDGES", most)
        search = searched(of, [given_value(of, "w1", [["9"] * 20])])
        assert search is not None and len(search.setting.own.linear.links) == links
        chosen = [one for one in search.mistakes if one.edges and not one.reported]
        return sum(search.predicted([one]) is not None for one in chosen[:4])

    links = 4  # w·x, the use of w, tanh or its like, the loss
    cost = 20 * links + 20 * 5 // 50 + 20
    assert [made(most) for most in (cost - 1, cost, 3 * cost - 1, 3 * cost)] == [0, 1, 2, 3]


def test_of_a_lost_sign_three_are_named_that_have_it() -> None:
    right = gradcalc.gradients(FIVE)
    givens = [given_value(FIVE, name, f"{(-1 if name == 'w1' else 1) * right[name].item():.9g}") for name in LAYERS]
    search = searched(FIVE, givens)
    assert search is not None
    (sign,) = (one for one in search.mistakes if one.kind == "sign")
    assert sign.clause == "the sign is the opposite, though not that of ∂L/∂w2, ∂L/∂w3, ∂L/∂w4"


def test_of_mistakes_of_a_kind_that_give_the_same_one_is_told() -> None:
    """δ·a is δ·b, and half of δ·c."""
    layers = [{"name": "y", "from": {"c": 0.3}}, {"name": "z", "from": ["y", "a", "b"]}]
    of = gradcalc.load(
        {"input": {"a": 0.5, "b": 0.5, "c": 1.0}, "loss": "output", "activation": "tanh", "layers": layers}
    )
    half = gradcalc.gradients(of)["w1_c"].item() / 2
    told = explanations(of, [given_value(of, "w1_c", f"{half:.9g}")]).told[0].sentence
    assert told.count("∂L/∂w1_c takes a in place of c") == 1 and "takes b in place of c" not in told


def test_no_mistake_is_made_twice() -> None:
    """The skip counted twice, and again."""
    of = gradcalc.load("residual")
    term = paths_through(of, "w1", ("w_r",))
    search = searched(of, [given_value(of, "w1", f"{gradcalc.gradients(of)['w1'].item() + 3 * term:.10g}")])
    assert search is not None and search.singles() == []
    assert all(len(mistakes) == 1 or mistakes[0] is not mistakes[1] for _, mistakes, *_ in search.several())


def test_entries_of_several_values_are_named_together() -> None:
    of = gradcalc.load("mazur")
    right = gradcalc.gradients(of)
    w1, w2 = right["w1"].copy(), -right["w2"][0, 0]
    w1[0, 1] *= -1
    search = searched(of, [*given(of, {"w1": w1}, 9), given_value(of, "w2[0,0]", f"{w2:.9g}")])
    assert search is not None
    found = [(score, one) for score, (one, *_), *_ in search.singles() if one.kind == "sign" and " alone" in one.clause]
    ((score, sign),) = found
    assert sign.clause == "the sign is the opposite, in ∂L/∂w1[0,1] and ∂L/∂w2[0,0] alone"
    assert (sign.share, sign.formula, sign.command) == (0.03, None, None)
    assert score == pytest.approx(sum(search.evidence.bits) + log2(0.03))
