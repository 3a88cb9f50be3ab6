"""Every sentence of `compute`: with a network that makes it true, and with those nearest to making it false."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import pi
from typing import Any

import pytest
from hypothesis import given
from reference.judging import tame
from strategies import chains, specs

from gradcalc import language
from gradcalc.analysis.computation import compute
from gradcalc.analysis.results import Computation
from gradcalc.errors import DomainError
from gradcalc.report.report import Note
from gradcalc.report.text import words
from gradcalc.views.compute_page import legend, rounded, sentences
from gradcalc.views.compute_sentences import brief
from gradcalc.views.zero_reasons import zero_reason


def computed(spec: dict[str, Any] | str, **options: Any) -> Computation:
    return compute(language.load(spec)[0], **options)


def told(computation: Computation) -> Iterator[Note]:
    return sentences(computation, rounded(computation, computation.paths))


def said(spec: dict[str, Any] | str, **options: Any) -> str:
    return "\n".join(words(note.text, 6) for note in told(computed(spec, **options)))


LINEAR: dict[str, Any] = {"input": 1, "target": 0, "activation": "identity", "weights": [1, 1, 1]}
TIED = LINEAR | {"parameters": {"s": 0.5}, "weights": [1, 1, 1, 1]}


def skip(source: str, target: str, weight: Any, **more: Any) -> dict[str, Any]:
    return {"from": source, "to": target, "weight": weight, **more}


# Where the gradient with the most paths comes from.


def test_one_path_through_a_skip_and_the_main_path() -> None:
    expected = "97.6 % of ∂L/∂w1 comes through the skip h1 → y; the main path contributes 2.4 %, 1/41 of it."
    assert said("residual") == expected


def test_the_main_path_may_be_the_larger_one() -> None:
    text = said(LINEAR | {"skips": [skip("h1", "y", 0.01)]})
    start = "99.0 % of ∂L/∂w1 comes through the main path h1 → h2 → y; the skip h1 → y contributes 1.0 %, 1/"
    assert text == start + "100 of it."


def test_equal_parts_need_no_fraction() -> None:
    text = said(LINEAR | {"skips": [skip("h1", "y", 1)]})
    assert "50.0 % of ∂L/∂w1 comes through" in text and "contributes 50.0 %." in text
    assert "1/" not in text


def test_a_path_that_contributes_nothing_has_no_fraction() -> None:
    text = said(LINEAR | {"weights": [1, 0, 1], "skips": [skip("h1", "y", 1)]})
    assert "100.0 % of ∂L/∂w1 comes through the skip h1 → y; the main path contributes nothing: w2 is 0." in text


def test_opposite_signs_without_much_cancellation() -> None:
    text = said(LINEAR | {"skips": [skip("h1", "y", -0.1)]})
    signs = "The main path and the skip h1 → y have opposite signs: they contribute 111.1 % and −11.1 % of ∂L/∂w1."
    assert text == signs


def test_a_skip_whose_weight_is_tied_is_told_by_its_ends() -> None:
    """Paths of w3 take the skip h3 → y alone, and its weight is that of x → h2, too."""
    spec = TIED | {"skips": [skip("x", "h2", "s"), skip("h2", "y", "s")]}
    text = said(spec, wrt=["w2"])
    assert "the skip h2 → y" in text and "x → h2" not in text


def test_parallel_skips_are_not_told_apart_by_their_ends() -> None:
    text = said(LINEAR | {"skips": [skip("h1", "y", 0.5, name="a"), skip("h1", "y", 0.25, name="b")]})
    assert text == "∂L/∂w1 is the sum of 3 paths; the largest contributes 57.1 %."
    two = said({"input": 1, "target": 0, "activation": "identity", "weights": [1, 1], "skips": [
        skip("h1", "y", 0.5, name="a")]})  # fmt: skip
    assert "the skip h1 → y" in two


def test_a_skip_with_the_weight_of_the_edge_beside_it_is_not_told_from_it() -> None:
    spec = {"input": 1, "target": 0, "activation": "identity", "parameters": {"v": 0.5}, "weights": [1, "v"]}
    text = said(spec | {"skips": [skip("h1", "y", "v")]}, wrt=["w1"])
    assert text == "∂L/∂w1 is the sum of 2 paths; they contribute 50.0 % each."


def test_two_targets_make_no_skip() -> None:
    text = said(LINEAR | {"target": {"h2": 0, "y": 0}})
    assert text == "∂L/∂w1 is the sum of 2 paths; they contribute 50.0 % each."


def test_uses_of_a_tied_weight_are_no_skips() -> None:
    spec = {"input": 1, "target": 0, "activation": "identity", "parameters": {"v": 0.5}, "weights": ["v", "v"]}
    assert said(spec) == "∂L/∂v is the sum of 2 paths; they contribute 50.0 % each."


def test_two_main_edges_are_no_skip() -> None:
    layers = [{"name": "h", "from": {"x": 1}}, {"name": "a", "from": {"h": 1}}, {"name": "b", "from": {"h": 1}}]
    spec = {"input": 1, "target": 0, "activation": "identity", "layers": [*layers, {"name": "y", "from": ["a", "b"]}]}
    assert said(spec) == "∂L/∂w1_x is the sum of 2 paths; they contribute 50.0 % each."


def test_many_paths() -> None:
    assert "∂L/∂w1 is the sum of 524288 paths; the largest contributes 29.2 %." in said("resnet")
    assert "largest" not in said("resnet", top=0)


def test_paths_that_cancel() -> None:
    two = said(LINEAR | {"skips": [skip("h1", "y", -0.98)]})
    start = "The two paths of ∂L/∂w1 have opposite signs and nearly cancel: the sum of their magnitudes is "
    assert two == f"{start}99.0 × |∂L/∂w1| (cancellation)."
    partly = said(LINEAR | {"skips": [skip("h1", "y", -0.5)]})
    assert "partly cancel: the sum of their magnitudes is 3.00 × |∂L/∂w1| (cancellation)." in partly
    three = said(LINEAR | {"skips": [skip("h1", "y", -0.5), skip("h1", "h2", -0.1)]})
    assert "The 4 paths" in three or "The 3 paths" in three
    assert "opposite signs" not in three


def test_paths_that_cancel_altogether_are_listed() -> None:
    spec = LINEAR | {"target": 1, "skips": [skip("h1", "y", -1)]}
    assert said(spec).startswith("The two paths of ∂L/∂w1 cancel: their sum is 0 in float64.")
    assert zero_reason(computed(spec), "w1") is None


def test_a_path_that_contributes_nothing_has_its_reason() -> None:
    text = said(LINEAR | {"weights": [1, 0.5, 1], "skips": [skip("h1", "y", 0)]})
    assert text.endswith("comes through the main path h1 → h2 → y; the skip h1 → y contributes nothing: w_h1_y is 0.")
    text = said(LINEAR | {"activation": "relu", "weights": [1, -0.5, 1], "skips": [skip("h1", "y", 1)]})
    assert "the main path contributes nothing: h2 is inactive (z = −0.5)." in text


def test_paths_beyond_those_listed_are_not_said_to_cancel() -> None:
    assert "cancel" not in said(LINEAR | {"skips": [skip("h1", "y", -0.98)]}, top=1)


def test_matrices_at_right_angles_do_not_cancel() -> None:
    layers = [{"weight": [[1], [1]]}, {"weight": [[1, 0], [0, 0]]}, {"weight": [[1, 0], [0, 1]]}]
    spec = {"input": 1, "target": [0, 0], "loss": "sse", "activation": "identity", "layers": layers}
    assert "cancel" not in said(spec | {"skips": [skip("h1", "y", [[0, 0], [0, 1]])]})


def test_matrices_that_cancel() -> None:
    layers = [{"weight": [[1], [1]]}, {"weight": [[1, 0], [0, 1]]}, {"weight": [[1, 0], [0, 1]]}]
    spec = {"input": 1, "target": [0, 0], "loss": "sse", "activation": "identity", "layers": layers}
    text = said(spec | {"skips": [skip("h1", "y", [[-0.9, 0], [0, -0.9]])]})
    assert text == "The two paths of ∂L/∂w1 nearly cancel: the sum of their norms is 19.0 × ‖∂L/∂w1‖."


def test_a_gradient_of_0_comes_from_nowhere() -> None:
    assert said(LINEAR | {"input": 0, "skips": [skip("h1", "y", 1)]}) == ""


@given(chains())
def test_shares_in_the_sentence_are_those_of_the_paths(spec: dict[str, Any]) -> None:
    found = computed(spec)
    text = "\n".join(words(note.text, 6) for note in told(found))
    if "comes through the skip" in text and found.paths is not None:
        name = max(found.paths, key=lambda name: found.paths[name].count)  # type: ignore[index]
        one, other = found.paths[name].top
        assert one.share >= other.share >= 0
        assert len(one.nodes) <= len(other.nodes)


# Matrices with single paths.


def test_single_paths_from_layer_to_layer() -> None:
    more = "--wrt 'w1[0,0]' lists the paths of one entry over single units."
    expected = f"From layer to layer every gradient has a single path. {more}"
    assert said("mazur") == said("mazur", top=0) == expected
    assert "each of these gradients has a single path" in said("mazur", wrt=["w1", "w2"])


def test_several_paths_are_not_said_to_be_single_where_none_is_listed() -> None:
    layers = [{"weight": [[1], [1]]}, {"weight": [[1, 0], [0, 1]]}, {"weight": [[1, 0], [0, 1]]}]
    spec = {"input": 1, "target": [0, 0], "layers": layers, "skips": [skip("h1", "y", [[1, 0], [0, 1]])]}
    assert "single" not in said(spec, top=0)
    assert "single" not in said("residual", top=0)


# |δ| along the layers.


def test_a_falling_adjoint() -> None:
    text = said("deep")
    assert "|δ| falls by ÷ 2.2 per layer (geometric mean), 14 powers of ten from y to h1: it vanishes." in text


def test_a_growing_adjoint() -> None:
    text = said(LINEAR | {"weights": [10] * 6})
    assert text.startswith("|δ| grows by × 10 per layer (geometric mean), 5.0 powers of ten from y to h1: it explodes.")


def test_an_adjoint_that_no_rate_describes() -> None:
    text = said(LINEAR | {"weights": [3] * 10 + [0.01] * 10, "target": 1})
    assert text.startswith("|δ| is 2 at y and 3.94×10⁻¹⁶ at h1, smallest at h10 (2×10⁻²⁰): it vanishes.")


def test_an_adjoint_of_0_is_told_with_its_layers() -> None:
    layers = [*({"weight": weight, "activation": "relu"} for weight in (0.9, 0.9, 0.9, -0.9)), {"weight": 0.5}]
    text = said({"input": 1, "target": 0, "layers": layers})
    assert "|δ| is 0 from h4 back to h1." in text


def test_norms_where_layers_are_wide() -> None:
    layers = [{"weight": [[0.01, 0], [0, 0.01]]}] * 6
    text = said({"input": [1, 1], "target": [0, 1], "activation": "identity", "layers": layers})
    assert "‖δ‖ falls by ÷ 100 per layer (geometric mean), 10 powers of ten from y to h1: it vanishes." in text


@pytest.mark.parametrize(
    "spec",
    [
        LINEAR | {"weights": [0.01] * 3},
        LINEAR | {"weights": [0.5] * 6},
        LINEAR | {"weights": [0.01] * 6, "target": {"h3": 0, "y": 0}},
        LINEAR | {"weights": [0.01, 0.01, 0, 0.01, 0.01, 0.01]},
    ],
    ids=["few layers", "few powers of ten", "two targets", "an adjoint of 0"],
)
def test_nothing_is_said_of_other_adjoints(spec: dict[str, Any]) -> None:
    assert "per layer" not in said(spec)


def test_branches_are_no_chain() -> None:
    branch = [{"name": f"a{n}", "from": {f"a{n - 1}" if n else "x": 0.01}} for n in range(5)]
    layers = [*branch, {"name": "b", "from": {"x": 1}}, {"name": "y", "from": {"a4": 1, "b": 1}}]
    assert "per layer" not in said({"input": 1, "target": 0, "activation": "identity", "layers": layers})


# Saturation.


def test_a_saturated_unit_and_what_its_delta_is() -> None:
    text = said({"input": 1, "target": 1, "weights": [14, 1]})
    assert text == "h1 is saturated: z = 14, σ′ = 8.3×10⁻⁷; at σ′ = 0.25 ∂L/∂w1 would be 3.0×10⁵ × larger."
    of_y = "y is saturated: z = 14, σ′ = 8.3×10⁻⁷, 1/(3.0×10⁵) of the largest, 0.25; δ_y = ∂L/∂y·σ′ = "
    assert said({"input": 1, "target": 0, "weights": [14]}).endswith(f"{of_y}1.7×10⁻⁶.")
    assert "; at σ′ = 0.25 ∂y/∂w1 would be 3.0×10⁵ × larger." in said({"input": 1, "weights": [14, 1]}, of="y")


def test_a_shared_weight_has_more_than_one_factor() -> None:
    spec = {"input": 1, "target": 1, "parameters": {"v": 14}, "weights": ["v", 1, "v"]}
    assert "h1 is saturated: z = 14, σ′ = 8.3×10⁻⁷, 1/(3.0×10⁵) of the largest, 0.25; δ_h1 = ∂L/∂h1·σ′ = " in said(spec)


@pytest.mark.parametrize(("z", "target", "delta"), [(40, 0, "1.0"), (-40, 1, "−1.0"), (40, 1, "−4.2×10⁻¹⁸")])
def test_bce_cancels_the_derivative_of_a_saturated_sigmoid(z: float, target: float, delta: str) -> None:
    spec = {"input": 1, "target": target, "loss": "bce", "weights": [z]}
    shown = str(z).replace("-", "−")
    assert said(spec) == f"y is saturated: z = {shown}, σ′ = 4.2×10⁻¹⁸, but bce cancels σ′: δ_y = y − t = {delta}."
    assert said(spec | {"input": [[1]], "target": [target]}).endswith(", but bce cancels σ′.")
    assert "cancels" not in said({"input": 1, "loss": "bce", "weights": [z]}, of="y")
    into_output = spec | {"activation": "tanh", "skips": [skip("x", "y", 0.25, into="output")]}
    assert "cancels" not in said(into_output | {"loss": "mse"})


@pytest.mark.parametrize("loss", ["mse", "mae", "huber", "log_cosh", "hinge", "poisson", "nll", "kl", "bce"])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
@pytest.mark.parametrize("z", [-20, 20])
def test_what_is_said_of_a_saturated_output_is_true_of_every_loss(loss: str, activation: str, z: float) -> None:
    spec = {"input": 1, "target": 0.5, "activation": activation, "loss": loss, "weights": [z]}
    try:
        found = computed(spec)
    except DomainError:
        return
    (text,) = [line for line in said(spec).splitlines() if "is saturated" in line]
    assert found.backward is not None
    y = found.backward["y"]
    if "cancels" in text:
        assert (loss, activation) == ("bce", "sigmoid") and y.delta == pytest.approx(found.forward["y"].output - 0.5)
    else:
        assert y.delta == pytest.approx(y.output * found.forward["y"].derivative)
    assert text.endswith(f" = {words((brief(y.delta),), 6)}.")


def test_the_headline_is_of_a_unit_whose_derivative_is_a_factor() -> None:
    layers = [{"weight": 10, "activation": "tanh"}, {"weight": 40}]
    text = said({"input": 1, "target": 0, "loss": "bce", "layers": layers})
    assert text.startswith("h1 is saturated: z = 10, ") and text.endswith(". y is saturated, too.")


def test_several_saturated_units() -> None:
    layer = {"weight": [[14], [15], [0.1]], "activation": "tanh"}
    text = said({"input": 1, "target": 1, "layers": [layer, {"weight": [[1, 1, 1]]}]})
    assert re.fullmatch(
        r"h1\[1\] is saturated: z = 15, σ′ = 3\.7×10⁻¹³, 1/\(2\.7×10¹²\) of the largest, 1; "
        r"δ_h1\[1\] = ∂L/∂h1\[1\]·σ′ = −\S+\. h1\[0\] is saturated, too\.",
        text.splitlines()[-1],
    )


def test_units_that_are_not_saturated() -> None:
    assert "saturated" not in said({"input": 1, "target": 1, "weights": [6, 1]})
    assert "saturated" not in said({"input": 1, "target": 1, "activation": "relu", "weights": [-6, 1]})
    assert "saturated" not in said({"input": 1, "weights": [14, 1]})


def test_a_warning_where_the_output_is_rounded_to_a_constant() -> None:
    warning = "h1 is saturated: σ(z) rounds to 1 in float64 (z = 50, σ′ = 1.93×10⁻²²)"
    assert computed({"input": 1, "target": 1, "weights": [50, 1]}).warnings == (warning,)
    assert computed({"input": 1, "target": 1, "weights": [14, 1]}).warnings == ()
    assert [len(computed({"input": 1, "target": 1, "weights": [z, 1]}).warnings) for z in (36, 38, 40)] == [0, 1, 1]
    (minus,) = computed({"input": 1, "target": 1, "activation": "tanh", "weights": [-30, 1]}).warnings
    assert minus.startswith("h1 is saturated: σ(z) rounds to −1 in float64 (z = −30, ")


@pytest.mark.parametrize(
    ("activation", "z"),
    [
        ("sigmoid", 0),
        ("softplus", 0),
        ("exp", 1e-20),
        ("sin", pi / 2),
        ("cos", 1e-17),
        ("square", 0),
        ("relu", 0),
        ({"formula": "x^3 - 6*x^2 + 11*x"}, 1),
    ],
)
def test_no_warning_where_a_larger_z_changes_the_output(activation: Any, z: float) -> None:
    assert computed({"input": z, "target": 1, "activation": activation, "weights": [1]}).warnings == ()


def test_no_warning_in_decimal_digits() -> None:
    assert computed({"input": 1, "target": 1, "weights": [50, 1]}, dps=50).warnings == ()


def test_of_a_chain_without_skips_the_factors_are_told() -> None:
    chain = {"input": 1, "target": 0, "activation": "identity", "weights": [1, 3, 3, 3, 3, 3, 3, 3, 3, 3]}
    assert "Each layer multiplies |δ| by |w|·|σ′(z)|, in the geometric mean by 3·1." in said(chain)
    assert "Each layer" not in said("deep")


def test_saturated_units_are_named() -> None:
    text = said({"input": 1, "target": 1, "weights": [14, 20, 16], "activation": "sigmoid"})
    assert text.count("is saturated") == 1 and ". h1 and y are saturated, too." in text


# Kinks, arithmetic, no target.


def test_kinks_of_activations_joins_and_losses() -> None:
    own = said({"input": 0, "target": 1, "activation": "relu", "weights": [1, 1]})
    assert own == "z_h1 = z_y = 0 is a kink of relu, where it has no derivative; relu′(0) = 0 is used."
    loss = said({"input": 1, "target": 2, "activation": "identity", "loss": "mae", "weights": [2]})
    assert loss == "y is at a kink of mae, where there is no derivative; 0 is used."
    layers = [{"name": "a", "weight": 1}, {"name": "b", "from": {"x": 1}}, {"from": ["a", "b"], "join": "max"}]
    join = said({"input": 1, "target": 0, "activation": "identity", "layers": layers})
    assert join.endswith(
        "y is at a kink of max, where there is no derivative; sources that are equal get equal parts of ∂L/∂y."
    )
    assert "kink" not in said({"input": 1, "target": 1, "activation": "relu", "weights": [1, 1]}).replace("y", "")


def test_the_arithmetic_is_named_where_it_is_not_the_double() -> None:
    extended = "Some values are outside the range of float64: computed in extended range (exponents of any size)."
    assert extended in said({"input": 1, "target": 1, "activation": "exp", "weights": [1000]})
    assert "Computed with 50 decimal digits." in said("residual", dps=50)
    assert "omputed" not in said("residual")


def test_without_a_target_the_page_says_why_there_are_no_gradients() -> None:
    expected = "No target, so there is no loss and no gradient: only the forward pass is shown. --target gives one."
    assert said({"input": 1, "weights": [1]}) == expected


# The legend.


def test_the_legend_says_what_is_on_the_page() -> None:
    assert legend(computed("residual")) == "δ = ∂L/∂z, share = contribution/gradient"
    assert legend(computed("residual", top=0)) == legend(computed("mazur", wrt=["w1"])) == "δ = ∂L/∂z"
    assert legend(computed("mazur")) == "δ = ∂L/∂z, frozen: not to be changed in training"
    batch = {"input": [[1], [2]], "target": [[1], [0]], "weights": [1]}
    assert "∂L/∂output and δ have the factor 1/2 of the mean" in legend(computed(batch))
    assert "contribution: summed over the 2 examples" in legend(computed(batch))
    wide = batch | {"weights": [[[1], [2]], [[1, 2]]]}
    assert "contribution: summed over the 2 examples" in legend(computed(wide, wrt=["w1[0,0]"]))
    assert "contribution" not in legend(computed(wide, top=0))
    assert legend(computed("circuit")).startswith("δ = ∂L/∂(preactivation), ")
    greek = {"input": {"L": 1}, "target": 0, "layers": [{"name": "δ", "weight": 1}]}
    assert "the network's own L is another L, the network's own δ is another δ" in legend(computed(greek))
    tied = {"input": 1, "target": 0, "parameters": {"v": 1}, "weights": ["v", "v"], "skips": [skip("h1", "y", "v")]}
    assert "before a colon: where the tied weight is used" in legend(computed(tied))
    assert "▒ opposite sign to the gradient" in legend(computed("mazur", wrt=["w1[0,0]"]))


@given(specs())
def test_no_network_is_without_words_for_it(spec: dict[str, Any]) -> None:
    network, _ = tame(spec)
    text = "\n".join(words(note.text, 6) for note in told(compute(network)))
    assert "None" not in text and "nan" not in text


def test_a_share_that_float64_hardly_holds_has_its_fraction() -> None:
    weights = [{"weight": -1, "activation": "softplus"}, {"weight": -0.3, "activation": "identity"}]
    weights += [{"weight": 3e-5, "activation": "softplus"}, {"weight": 0.5, "activation": "identity"}]
    weights += [{"weight": 7e6, "activation": "softplus"}]
    skips = [{"from": "h2", "to": "y", "weight": 1e-310}]
    found = compute(language.load({"input": 1, "target": 1e150, "layers": weights, "skips": skips})[0])
    text = " ".join(words(note.text, 6) for note in told(found))
    assert "the skip h2 → y contributes < 0.1 %, 1/(5.2×10³¹¹) of it." in text


def test_a_unit_at_a_kink_is_no_number_outside_of_float64() -> None:
    """Layers of three units in extended range, one of them at a kink: names stand among the numbers of a node."""
    layers = [{"weight": [[1], [1], [3e-5]]}, {"weight": [[-1e300, -0.3, 3e-5]], "bias": 1e-170}]
    found = compute(language.load({"input": 0, "target": 2, "activation": "relu", "layers": layers})[0])
    assert found.arithmetic == "extended"
    assert any("z of" in words(note.text, 6) or "kink" in words(note.text, 6) for note in told(found))


def test_an_output_that_rounds_to_a_kink_of_the_loss() -> None:
    spec = {"input": 1, "target": 1, "loss": "mae", "weights": [40]}
    assert "\ny rounds to a kink of mae, where 0 is used; --dps 50 shows ∂L/∂y.\n" in said(spec)
    batch = said(spec | {"input": [[1], [0.25]], "target": [[1], [0.25]], "activation": "identity", "weights": [1]})
    assert batch == "y (every example) is at a kink of mae, where there is no derivative; 0 is used."
    assert "kink" not in said(spec, dps=50)


@pytest.mark.parametrize("loss", ["mae", pytest.param("hinge", marks=pytest.mark.slow)])
def test_an_output_of_which_no_digits_that_are_looked_at_show_whether_it_is_at_a_kink(loss: str) -> None:
    """σ(8000) = 1 − 4×10⁻³⁴⁷⁵ is not 1, but is to 3,200 digits."""
    spec = {"input": 1, "target": 1, "loss": loss, "weights": [8000]}
    assert f"\nTo 3200 digits y is at a kink of {loss}, where 0 is used." in said(spec)
    assert f"\nTo 3300 digits y is at a kink of {loss}, where 0 is used." in said(spec, dps=3300)
    assert "kink" not in said(spec, dps=3600)
    exact = said(spec | {"weights": [1e-400], "activation": "identity", "input": 0, "target": 0})
    assert loss == "hinge" or exact == "y is at a kink of mae, where there is no derivative; 0 is used."


def test_how_many_paths_are_as_large_is_told_only_where_smaller_ones_are_listed() -> None:
    every = {"every": 1, "into": "preactivation", "weight": [[0, -1, 0], [-1, 0, 1], [-1, 0, -1]]}
    layers = [{"weight": 1, "repeat": 7, "activation": "abs"}]
    text = said({"input": [1, 0, 1], "target": [0, 0, -1], "loss": "mse", "layers": layers, "skips": every})
    assert "∂L/∂w1 is the sum of 64 paths; the largest contributes 133.3 %." in text
