"""`check`: right gradients pass, wilfully broken ones fail, kinks are no failure, conditions have values."""

from __future__ import annotations

import sys
from math import exp, inf, log2, nan
from typing import Any

import pytest
from differential.random_specs import random_spec

import gradcalc
from gradcalc.activations import ACTIVATIONS
from gradcalc.analysis.checked_gradients import (
    Entry,
    amplified,
    checked_gradients,
    gradients_of,
    moved_points,
    rounded_to_0,
    steepness,
)
from gradcalc.analysis.conditions import condition
from gradcalc.analysis.gradient_check import Method, check, judged, most_entries, require_all
from gradcalc.analysis.loss_formula import NotWrittenOut, loss_formula
from gradcalc.analysis.numerical_derivatives import Extrapolated, Found, roundoff, within
from gradcalc.analysis.point import point
from gradcalc.analysis.scalar_path_sums import unit_point
from gradcalc.arithmetic.complex_step import ComplexStep
from gradcalc.errors import DomainError, GradcalcError, UsageError
from gradcalc.expressions.expression import size
from gradcalc.network.graph import graph
from gradcalc.network.network import Network, numbers

EXAMPLES = ("residual", "plain", "mazur", "circuit", "rnn", "deep", "resnet")


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_pass(name: str) -> None:
    found = check(gradcalc.load(name))
    assert found.ok
    used = [method for method in found.methods if not method.why]
    assert len(used) >= 3
    assert max(method.largest_relative_error or 0.0 for method in used if method.name != "central differences") < 1e-13


def assert_passes(number: int) -> None:
    try:
        found = check(gradcalc.load(random_spec(5, number)))
    except GradcalcError:
        return
    assert found.ok, [method for method in found.methods if not method.ok]


@pytest.mark.parametrize(
    "number", [0, 1, *(pytest.param(number, marks=pytest.mark.slow) for number in (2, 3, 5, 6, 7, 8))]
)
def test_random_networks_pass(number: int) -> None:
    assert_passes(number)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(100))
def test_more_random_networks_pass(number: int) -> None:
    assert_passes(number)


BROKEN = [
    name
    for name, row in ACTIVATIONS.items()
    if row.formula and not row.couples and not row.parametric and name not in ("identity", "step", "sign")
][:20]


def broken(name: str, factor: float) -> Network:
    """A network in which the derivative of one activation is off by a factor."""
    spec = {"input": 0.3, "target": 0.9, "layers": [{"weight": 0.7, "bias": 0.1, "activation": name}, {"weight": 1.3}]}
    network = gradcalc.load(spec)
    first, second = network.layers
    row = first.activation

    def derivative(x: float) -> float:
        return factor * row.derivative(x)

    return network._replace(layers=(first._replace(activation=row._replace(derivative=derivative)), second))


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in BROKEN[::3] else pytest.mark.slow) for name in BROKEN]
)
def test_a_broken_derivative_fails(name: str) -> None:
    assert check(broken(name, 1.0)).ok
    found = check(broken(name, 1.001))
    assert not found.ok
    failed = {method.name for method in found.methods if not method.ok}
    assert {"central differences", "differences in 60 digits"} <= failed
    assert {method.worst for method in found.methods if not method.ok} <= {"w1", "b1"}


def test_there_are_twenty_of_them() -> None:
    assert len(BROKEN) == 20


def test_at_a_kink_there_are_two_derivatives_and_no_failure() -> None:
    network = gradcalc.load({"input": 1, "target": 0.5, "activation": "relu", "loss": "mae", "weights": [0, 1]})
    found = check(network)
    (kink,) = found.kinks
    assert (kink.entry, kink.ours) == ("w1", 0.0)
    assert (kink.below, kink.above) == (pytest.approx(0.0), pytest.approx(-1.0))
    assert found.ok


HIDDEN = [[0.5, 0.25], [-1, -1], [1, -0.5]]
DEAD: dict[str, Any] = {
    "input": [1.0, 2.0],
    "target": [1, 0],
    "activation": "relu",
    "layers": [{"weight": HIDDEN, "bias": [0, 0, 0]}, {"weight": [[1, 1, 1], [0.5, 1, 2]], "activation": "identity"}],
}


@pytest.mark.slow
def test_what_is_on_no_kink_is_compared() -> None:
    found = check(gradcalc.load(DEAD))
    assert {kink.entry for kink in found.kinks} == {"w1[2,0]", "w1[2,1]", "b1[2]"}
    assert found.ok
    lower = [{**DEAD["layers"][0], "weight": [*HIDDEN[:2], [1, -0.6]]}, DEAD["layers"][1]]
    assert not check(gradcalc.load({**DEAD, "layers": lower})).kinks  # L is smooth there, and at its minimum


@pytest.mark.parametrize(
    ("spec", "compared"),
    [
        ({"input": 1e-70, "target": 2, "activation": "identity", "weights": [1]}, True),
        ({"input": 1, "target": 1, "weights": [1, 40]}, True),
        ({"input": 0.5, "target": 1, "weights": [300, 300, 300]}, False),
    ],
)
def test_nothing_fails_that_a_method_or_float64_cannot_resolve(spec: dict[str, Any], compared: bool) -> None:
    found = check(gradcalc.load(spec))
    assert found.ok
    assert any(method.resolves is not None for method in found.methods) == compared
    assert (found.rounded > 0) == (not compared)


@pytest.mark.parametrize(
    ("activation", "weight", "biases"),
    [("relu", 1e-9, [0, 0.5]), ("relu", 1e-7, [0, 0.5]), ("leaky_relu", 1e-5, [0, 0.5]), ("selu", 1e-9, [0, 0])],
)
def test_a_kink_within_the_steps_of_a_difference_is_noticed(
    activation: str, weight: float, biases: list[float]
) -> None:
    spec = {"input": 1, "target": 1, "activation": activation, "weights": [weight, 2], "biases": biases}
    found = check(gradcalc.load(spec))
    assert found.ok
    assert not found.kinks


def test_gradients_too_large_for_float64_are_not_compared() -> None:
    found = check(gradcalc.load({"input": 1, "target": 1, "activation": "identity", "weights": [1e200, 1e200]}))
    assert found.outside == 2 and all(method.resolves is None for method in found.methods)


@pytest.mark.parametrize("weights", [[1e-10, 2, 1e300], [1e-200, 1e-110, 1e308]])
def test_a_step_that_is_lost_in_tiny_values_is_no_failure(weights: list[float]) -> None:
    """h·h2 is 0 in float64, and 1e300 times as much in y: the complex step cannot see what w2 does."""
    found = check(gradcalc.load({"input": 1e-300, "target": 1, "activation": "tanh", "weights": weights}))
    assert found.ok, [method for method in found.methods if not method.ok]
    (step,) = [method for method in found.methods if method.name == "complex step"]
    assert step.largest_relative_error is None


def test_a_second_derivative_that_jumps_is_no_failure() -> None:
    maxout = {"weight": [[1, 0], [0, 1], [1, 1], [1, 1]], "activation": {"name": "maxout", "pieces": 2}}
    layers = [maxout, {"weight": [[1, 1]], "activation": "prelu"}]
    found = check(gradcalc.load({"input": [-1, 1], "target": 1, "layers": layers}))
    assert found.ok and not found.kinks  # L is w1[3,1]² above and 0 below


@pytest.mark.parametrize(("z", "least"), [(17, 1e-9), (36.7, 0.1)])
def test_rounding_that_is_amplified_is_no_wrong_gradient(z: float, least: float) -> None:
    """1 − y has few digits where y is nearly 1."""
    layers = [{"weight": 1, "activation": "sigmoid"}, {"activation": "identity"}]
    found = check(gradcalc.load({"input": z, "target": 0.3, "loss": "bce", "layers": layers}))
    assert found.ok
    assert least < found.amplified <= 10 * least


def test_the_complex_step_goes_through_selu_whose_constants_have_an_erf() -> None:
    selu = {"input": 0.5, "target": 1, "activation": "selu", "weights": [0.2, -0.1]}
    (step,) = (one for one in check(gradcalc.load(selu)).methods if one.name == "complex step")
    assert step.ok and step.entries == 2 and (step.largest_relative_error or 0.0) < 1e-14


@pytest.mark.parametrize(
    ("activation", "z"), [("elu", -15), ("selu", -30), ("mish", -30), ("softplus", -100), ("softplus", -700)]
)
def test_a_unit_far_below_0_is_no_failure(activation: str, z: float) -> None:
    layers = [{"weight": z, "activation": activation}, {"weight": 1.3}]
    found = check(gradcalc.load({"input": 1, "target": 1, "layers": layers}))
    assert found.ok and not found.kinks
    assert {one.name for one in found.methods if one.entries} >= {"complex step", "SymPy's derivative of L"}


@pytest.mark.parametrize("formula", ["2^x", "abs(x)^1.5", "x^3", "x^-2", "(x - 1)^5", "(1 + x^2)^x", "-x^40"])
def test_the_complex_step_goes_through_powers(formula: str) -> None:
    layers = [{"weight": 0.7, "bias": 0.1, "activation": {"formula": formula}}, {"weight": 1.3}]
    found = check(gradcalc.load({"input": 0.5, "target": 1, "layers": layers}))
    (step,) = (one for one in found.methods if one.name == "complex step")
    assert step.entries == 3 and (step.largest_relative_error or 0.0) < 1e-14


def test_a_loss_that_turns_within_the_steps_of_a_difference_is_noticed() -> None:
    """L hardly changes over steps longer than the weights, which a norm makes as large as any."""
    small = [[3e-7, -8e-7], [-2e-7, 1e-7], [5e-7, 6e-7]]
    norm = {"activation": {"name": "rms_norm", "eps": 1e-300}, "weight": small}
    found = check(gradcalc.load({"input": [1, -1], "target": [1], "layers": [norm, {"weight": [[0.1, 0.2, 0.7]]}]}))
    assert {method.name: method.ok for method in found.methods if not method.why} == dict.fromkeys(
        ("central differences", "differences in 60 digits", "sum over listed paths"), True
    )


def test_smooth_losses_are_resolved_sharply() -> None:
    methods = check(gradcalc.load("residual")).methods
    resolved = [one.resolves for one in methods if one.resolves is not None]
    assert len(resolved) == 5 and resolved[0] < 1e-9 and max(resolved[1:]) < 1e-12


def test_conditions_have_values() -> None:
    network = gradcalc.load("residual")
    texts = ["loss < 0.3", "abs(w1) > 1", "norm(w*) >= 0.1", "abs(w_r) <= 0.2"]
    found = require_all(network, [condition(text, "--require") for text in texts])
    assert [one.ok for one in found.required] == [True, False, True, True]
    gradients = gradcalc.compute(network).gradients
    assert gradients is not None
    assert [one.value for one in found.required][1] == abs(gradients["w1"])
    assert not found.ok
    with pytest.raises(UsageError, match="no parameter is called q"):
        require_all(network, [condition("abs(q) > 1", "--require")])


def test_a_window_is_of_a_format_and_no_end_of_a_training() -> None:
    with pytest.raises(UsageError, match="there is no format int8; there are float32"):
        condition("window(int8)", "--require")
    with pytest.raises(UsageError, match="is no condition"):
        condition("window(float16)", "--until")


@pytest.mark.parametrize("text", ["w1 > 2", "loss", "abs(w1) = 3", "loss < x", "norm() < 1", "loss < 1e"])
def test_what_is_no_condition_is_said(text: str) -> None:
    with pytest.raises(UsageError, match="is no condition; write one like loss < 1e-6"):
        condition(text, "--require")


@pytest.mark.parametrize("spec", [{"input": 1, "weights": [1]}, {"input": 1, "layers": [{}]}])
def test_without_a_target_there_is_nothing_to_check(spec: Any) -> None:
    with pytest.raises(UsageError, match="without a target"):
        check(gradcalc.load(spec))


def test_sympy_is_not_loaded_for_conditions(capsys: pytest.CaptureFixture[str]) -> None:
    from gradcalc.__main__ import run

    loaded = "sympy" in sys.modules
    assert run(["check", "residual", "--require", "loss < 1"]) == 0
    assert "Every condition holds." in capsys.readouterr().out
    assert ("sympy" in sys.modules) == loaded


def method(*found: tuple[float, Found], rounding: float = 0.0) -> Method:
    """The verdict on gradients by what a method found of each."""
    chosen = [Entry(place, f"w{place}", ours, rounding) for place, (ours, _) in enumerate(found, 1)]
    return judged("by hand", chosen, [pair for _, pair in found])


@pytest.mark.parametrize(
    ("found", "error", "resolves", "ok", "entries", "worst"),
    [
        ([(2.0, (2.002, 0.001))], 0.002 / 2.002, 0.001 / 2.002, True, 1, "w1"),  # off by 2 of its estimates
        ([(2.0, (2.1, 0.001))], 0.1 / 2.1, 0.001 / 2.1, False, 1, "w1"),  # by 100
        ([(2.0, (2.0, 0.0))], 0.0, 0.0, True, 1, "w1"),
        ([(2.0, (2.0, 0.21))], None, None, True, 1, None),  # resolves nothing: a tenth and more
        ([(2.0, (2.0, 0.19))], 0.0, 0.095, True, 1, "w1"),
        ([(0.0, (0.0, 1e-9))], None, None, True, 1, None),
        ([(0.0, (1e-3, 1e-6))], 1.0, 1e-3, False, 1, "w1"),
        ([(1.0, None), (1.0, (inf, 0.0)), (1.0, (nan, 0.0)), (1.0, (2.0, nan))], None, None, True, 0, None),
        ([(1e-3, (1.001e-3, 1e-6)), (1.0, (1.01, 0.01)), (5.0, (5.0, 0.0))], 0.01 / 1.01, 0.01 / 1.01, True, 3, "w2"),
        ([(4.0, (5.0, 0.001)), (1.0, (1.0, 0.05))], 0.2, 0.05, False, 2, "w1"),
    ],
)
def test_a_method_fails_where_it_differs_by_more_than_its_error(
    found: Any, error: float | None, resolves: float | None, ok: bool, entries: int, worst: str | None
) -> None:
    verdict = method(*found)
    assert (verdict.ok, verdict.entries, verdict.worst, verdict.why) == (ok, entries, worst, "")
    assert verdict.largest_relative_error == (error if error is None else pytest.approx(error))
    assert verdict.resolves == (resolves if resolves is None else pytest.approx(resolves))


def test_what_rounding_does_to_both_is_allowed() -> None:
    assert not method((1.0, (1.05, 0.001))).ok
    allowed = method((1.0, (1.05, 0.001)), rounding=0.01)
    assert allowed.ok and allowed.resolves == pytest.approx(0.011 / 1.05)
    assert method((1.0, (1.0 + 9e-15, 0.0))).ok and not method((1.0, (1.0 + 3e-14, 0.0))).ok


@pytest.mark.parametrize(
    ("size", "most", "entries"), [(100, 200, 200), (3_000, 200, 100), (3_000, 40, 40), (1e6, 200, 3), (75_000, 9, 4)]
)
def test_of_large_networks_fewer_entries_are_compared(size: float, most: int, entries: int) -> None:
    assert most_entries(size, most) == entries


@pytest.mark.parametrize(
    ("activation", "weight", "steep"),
    [("tanh", 3.0, 6.0), ("tanh", -3.0, 6.0), ("tanh", 0.1, 1.0), ("identity", 9.0, 1.0), ("tanh", 1e4, 2e4)],
)
def test_how_much_more_a_derivative_of_a_large_z_is_rounded(activation: str, weight: float, steep: float) -> None:
    assert (
        steepness(point(gradcalc.load({"input": 1, "target": 1, "activation": activation, "weights": [weight]})))
        == steep
    )


class Along:
    """A function of one number as a loss."""

    def __init__(self, function: Any, number: float) -> None:
        self.function, self.number = function, number

    def value(self, place: int) -> float:
        return self.number

    def at(self, place: int, value: float) -> float:
        if value > 3:
            raise DomainError("no value there")
        return float(self.function(value))


def test_a_quotient_is_extrapolated_to_the_step_0() -> None:
    """(x³ difference at 2) = 12 + h²: exact from two steps; one-sided ones differ by 2·3·2·h/2."""
    table, jumps = Extrapolated(0), Extrapolated(1)
    for h in (0.5, 0.5 / 1.6, 0.5 / 1.6**2):
        table.add(12 + h * h, 1e-12)
        jumps.add(12 * h, 1e-12)
    assert (table.best, jumps.best) == (pytest.approx(12, rel=1e-14), pytest.approx(0, abs=1e-13))
    assert table.least < 1e-11 and jumps.least < 1e-11
    assert [len(row) for row in table.rows] == [1, 2, 3]
    assert (Extrapolated(0).best, Extrapolated(0).least) == (0.0, inf)


def test_rounding_is_part_of_every_estimate() -> None:
    table = Extrapolated(0)
    for rounding in (0.1, 0.2, 0.4):
        table.add(5.0, rounding)
    assert (table.best, table.least) == (5.0, 0.2)


def test_steps_shorter_than_the_number_itself() -> None:
    loss: Any = Along(lambda x: x**3, 0.01)
    ((found, error),) = within(loss, 1, 0.0)
    assert abs(found - 3e-4) <= error <= 1e-6
    ((_, noisy),) = within(loss, 1, 1e-9)
    assert noisy - error == pytest.approx(1e-9 / (0.01 / 32))
    assert within(Along(lambda x: x, 2.95), 1, 0.0) == []  # type: ignore[arg-type]  # 2.95·21/20 > 3
    assert within(Along(lambda x: x, 0.0), 1, 0.0) == []  # type: ignore[arg-type]


def test_a_loss_is_off_by_a_unit_in_its_last_place_at_least() -> None:
    loss: Any = Along(lambda x: 3.0, 1.0)
    assert roundoff(loss, 1, 1.0) == 3 * 2.0**-52
    jagged: Any = Along(lambda x: 1 + (round(x * 1e8) % 2) * 1e-9, 1.0)
    assert roundoff(jagged, 1, 1.0) == pytest.approx(8e-9, rel=1e-4)  # 1 + 3 + 3 + 1 of them
    assert roundoff(Along(lambda x: 2 * x, -6.0), 1, 1e8) == 12 * 2.0**-52  # type: ignore[arg-type]  # of −12 to 4
    assert roundoff(Along(lambda x: x, 3.0), 1, 1.0) == inf  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("activation", "reasons"),
    [
        ("gelu", {"complex step": "h1: there is no erfc of complex numbers here"}),
        (
            "layer_norm",
            {
                "complex step": "h1: units of a norm may be farther apart than the digits of complex numbers here "
                "reach",
                "SymPy's derivative of L": "layer_norm has no formula in one z",
            },
        ),
    ],
)
def test_why_a_method_is_not_used(activation: str, reasons: dict[str, str]) -> None:
    layers = [{"weight": [[0.7], [0.2]], "activation": activation}, {"weight": [[1.3, -0.4]], "activation": "identity"}]
    methods = check(gradcalc.load({"input": 0.3, "target": 0.9, "layers": layers})).methods
    assert {one.name: one.why for one in methods if one.why} == reasons
    assert [one.entries for one in methods if one.why] == [0] * len(reasons)


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("loss < 3", 3.0, False),
        ("loss <= 3", 3.0, True),
        ("loss > 3", 3.0, False),
        ("loss >= 3", 3.0, True),
        ("abs(w1[0,1]) > 1e0", 2.0, True),
        ("norm(w1[1]) < 5", 5.0, False),
        ("norm(w*) < 8", 55**0.5, True),
        ("abs(w2) >= +5.", 5.0, True),
    ],
)
def test_the_number_that_a_condition_compares(text: str, value: float, holds: bool) -> None:
    gradients = {"w1": [[1.0, -2.0], [3.0, 4.0]], "w2": 5.0, "b1": 100.0}
    one = condition(text, "--require")
    assert one.value(3.0, gradients) == pytest.approx(value) and one.holds(3.0, gradients) is holds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("abs(w1) < 1", "w1 is more than one number; norm(w1) takes them together"),
        ("abs(w*) < 1", "w* is more than one number; norm(w*) takes them together"),
        ("abs(w1[5,0]) < 1", "w1 has no entry w1[5,0]"),
        ("abs(w2[0]) < 1", "w2 has no entry w2[0]"),
        ("abs(q) < 1", "no parameter is called q; names are w1, w2"),
    ],
)
def test_what_a_condition_cannot_compare(text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        condition(text, "--require").value(3.0, {"w1": [[1.0, -2.0], [3.0, 4.0]], "w2": 5.0})
    assert str(error.value) == f"{text}: {message}"


def test_a_window_that_nothing_bounds_is_held() -> None:
    one = condition("window(float16)", "--require")
    assert (one.quantity, one.of, one.comparison, one.bound) == ("window", "float16", ">=", 0.0)
    assert one.is_met(None) and one.is_met(0.0) and not one.is_met(-0.1)
    assert one.value(1.0, {}) is None and one.value(1.0, {}, lambda dtype: 3.0 if dtype == "float16" else 0.0) == 3.0


def test_a_window_is_none_where_the_forward_pass_overflows() -> None:
    spec = {"input": 1e-9, "loss": "output", "activation": "identity", "weights": [1e5, 1e-2]}
    (told,) = require_all(gradcalc.load(spec), [condition("window(float16)", "--require")]).required
    assert not told.ok and told.overflows is not None and told.rounded_to_0 is not None
    assert (told.overflows.of, told.overflows.kind) == ("w1", "parameter")
    assert (told.rounded_to_0.of, told.rounded_to_0.kind) == ("x", "input")
    # ∂L/∂w1 = 1e-11 is the least of the backward pass and ∂L/∂x = 1e3 the greatest
    assert told.value == pytest.approx(log2(65504 / 1e3) - log2(2.0**-14 / 1e-11))


def test_of_a_network_without_weights_its_inputs_are_checked() -> None:
    spec = {"input": {"a": [[0.5, 0.2]] * 2, "b": [[0.1, -0.3], [0.7, 0.4]]}, "target": {"y": [[0.2, 0.1]] * 2}}
    of = gradcalc.load(spec | {"layers": [{"name": "y", "from": ["a", "b"], "join": "multiply", "activation": "tanh"}]})
    found = check(of)
    assert found.ok and (found.entries, found.checked) == (8, 8)
    entries = {one.name: (one.entries, one.why) for one in found.methods}
    assert entries["sum over listed paths"] == (8, "") == entries["central differences"]
    assert entries["SymPy's derivative of L"] == (0, "there are no weights")
    names = [name for _, name, _ in gradients_of(point(of))]
    assert names == [f"{node}[{unit}] (example {example})" for node in "ab" for example in (0, 1) for unit in (0, 1)]
    assert [place for place, *_ in gradients_of(point(of))][4:6] == [(0, 2), (0, 3)]


LOGITS = {"input": 1, "target": 0, "layers": [{"weight": [[1], [2]]}], "loss": "cross_entropy"}


def summed(count: int) -> dict[str, Any]:
    return {"input": [2] * count, "loss": "output", "layers": [{"weight": [[3] * count], "activation": "identity"}]}


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"input": [[1], [2]], "target": [[1], [2]], "weights": [1]}, "several examples; it takes one"),
        (LOGITS, "cross_entropy is written over preactivations"),
        (summed(76), "its formula is too long"),  # 76 weights, and what they multiply
    ],
)
def test_what_is_not_written_out_as_one_formula(spec: dict[str, Any], why: str) -> None:
    with pytest.raises(NotWrittenOut) as error:
        loss_formula(graph(gradcalc.load(spec)), [1])
    assert str(error.value) == why


def test_a_formula_of_150_parts_is_written_out() -> None:
    assert size(loss_formula(graph(gradcalc.load(summed(75))), range(1, 76))) == 150


def test_sympy_differentiates_joins_too() -> None:
    joined = {"name": "y", "from": {"a": 2.0, "b": 3.0}, "join": "multiply", "bias": 0.5, "activation": "sigmoid"}
    found = check(gradcalc.load({"input": {"a": 0.5, "b": 0.25}, "target": 1, "loss": "mse", "layers": [joined]}))
    assert found.ok and all((one.entries, one.why) == (3, "") for one in found.methods)


def test_where_sympy_gives_up_the_other_methods_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*given: Any, **options: Any) -> Any:
        raise ValueError

    monkeypatch.setattr("sympy.lambdify", refused)
    found = check(gradcalc.load({"input": 0.5, "target": 1, "weights": [0.3]}))
    assert found.ok and {one.name: one.why for one in found.methods if one.why} == {
        "SymPy's derivative of L": "SymPy takes no derivative of it"
    }
    assert [one.entries for one in found.methods] == [1, 1, 1, 0, 1]


METHODS = ["central differences", "complex step", "differences in 60 digits"]
METHODS += ["SymPy's derivative of L", "sum over listed paths"]


def test_a_network_of_many_weights_is_not_checked() -> None:
    layers = [{"weight": {"init": "constant", "value": 0.1}, "width": width} for width in (10_001, 1)]
    found = check(gradcalc.load({"input": 1, "target": 1, "activation": "identity", "layers": layers}))
    assert [(one.name, one.why, one.entries) for one in found.methods] == [
        (name, "more than 20,000 weights", 0) for name in METHODS
    ]
    assert (found.ok, found.entries, found.checked, found.rounded, found.outside) == (True, 20_002, 0, 0, 0)


def test_conditions_alone_compare_no_gradient() -> None:
    found = require_all(gradcalc.load("residual"), [condition("loss < 1", "--require")])
    assert (found.methods, found.kinks, found.entries, found.checked, found.rounded, found.outside) == (
        (),
        (),
        0,
        0,
        0,
        0,
    )


def test_gradients_that_no_float64_holds_are_counted() -> None:
    """∂L/∂w2 is 2·10⁴⁰⁰, and the other three are not."""
    layers = [{"weight": weight, "activation": "identity"} for weight in (1e200, 1e-200, 1e200, 1e-100)]
    found = check(gradcalc.load({"input": 1, "target": 0.5, "layers": layers}))
    assert found.ok and (found.outside, found.entries, found.checked, found.rounded) == (1, 4, 4, 0)
    assert found.methods[-1].entries == 3


@pytest.mark.parametrize(("skip", "count"), [(-1, 1), (-2, 0)])
def test_gradients_of_which_rounding_has_left_no_digit_are_not_compared(skip: float, count: int) -> None:
    """softplus′(50) = 1 − 1.9×10⁻²², and the skip takes 1 of it away."""
    layers = [{"weight": 1, "activation": name} for name in ("identity", "softplus", "identity")]
    skips = [{"from": "h1", "to": "y", "weight": skip}]
    found = check(gradcalc.load({"input": 50, "target": 1, "layers": layers, "skips": skips}))
    assert found.no_digit == count and {method.entries for method in found.methods} == {4 - count}


CANCELLED_BIAS = {
    "input": 1e20,
    "loss": "output",
    "activation": "identity",
    "layers": [{"weight": 1, "bias": 1}, {"weight": 1, "bias": -1e20}, {"weight": 1}],
}
CHAOTIC = {"input": 0.3, "target": 0.5, "layers": [{"weight": 1, "activation": {"formula": "4*x*(1-x)"}, "repeat": 80}]}
LARGE_ANGLE = {"input": 1e15, "target": 1, "weights": [1.1, 1], "activation": "sin"}
FAR_SOFTPLUS = {
    "input": 250,
    "target": 1,
    "activation": "identity",
    "layers": [{"weight": 1}, {"weight": 1, "activation": "softplus"}, {"weight": 0.1}, {"weight": 3}],
    "skips": [{"from": "h1", "to": "y", "weight": -0.3}],
}
NEAR_TARGET = {"input": 0.1, "target": 0.3000000000000003, "weights": [3], "activation": "identity"}
RESIDUE = {
    "input": 0.1,
    "target": 1,
    "activation": "identity",
    "layers": [{"weight": 3}, {"weight": 0.1}, {"weight": 3}],
    "skips": [{"from": "h1", "to": "y", "weight": -0.3}],
}


@pytest.mark.parametrize(
    ("spec", "name", "ours", "exact", "dps", "digits"),
    [
        (CANCELLED_BIAS, "w3", 0, 1, 50, 0),
        (CHAOTIC, "w80", -0.745392, -0.0464608, 50, 0),
        (LARGE_ANGLE, "w1", -1.96587e15, -1.69175e15, 50, 0.8),
        (FAR_SOFTPLUS, "w1", -2.77556e-14, 4.00379e-107, 200, 0),
        (NEAR_TARGET, "w1", -5.55112e-17, -6e-17, 50, 1.1),
        (RESIDUE, "w1", -1.11022e-17, None, 800, 0),
    ],
)
def test_what_more_digits_show_of_gradients_of_which_rounding_has_left_few(
    spec: dict[str, Any], name: str, ours: float, exact: float | None, dps: int, digits: float
) -> None:
    found = check(gradcalc.load(spec))
    (told,) = [one for one in found.few_digits if one.name == name]
    assert (told.dps, told.digits) == (dps, digits) and told.ours == pytest.approx(ours, rel=1e-5, abs=0)
    assert told.exact == exact if exact is None else float(told.exact) == pytest.approx(exact, rel=1e-5, abs=0)
    assert found.ok and bool(found.no_digit) == (digits < 1)
    assert all(method.entries <= found.entries - found.no_digit for method in found.methods)


BESIDE_KINK = [{"weight": 3, "activation": "identity"}, {"weight": 1, "activation": {"formula": "abs(x - 0.3)"}}]


def test_gradients_on_the_wrong_side_of_a_kink_by_rounding_are_not_compared() -> None:
    """0.1·3 is 0.3 and the 4×10⁻¹⁷ above it that float64 makes."""
    found = check(gradcalc.load({"input": 0.1, "target": 1, "layers": BESIDE_KINK}))
    assert [(one.ours, one.exact, one.digits) for one in found.few_digits] == [
        (pytest.approx(-0.2), None, 0),
        (pytest.approx(-0.6), None, 0),
    ]
    assert found.no_digit == 2 and not any(method.entries for method in found.methods)


@pytest.mark.parametrize(("x", "no_digit"), [(0.1, 0), (1e-4, 0), (1e-6, 1), (1e-8, 2)])
def test_what_is_rounded_within_a_formula_is_no_wrong_gradient(x: float, no_digit: int) -> None:
    layers = [{"weight": 0.3, "activation": {"formula": "(exp(x) - 1 - x)/x^2"}}, {"weight": 1}]
    found = check(gradcalc.load({"input": x, "target": 1, "activation": "identity", "layers": layers}))
    assert found.ok and found.no_digit == no_digit


def test_a_broken_derivative_is_no_rounding() -> None:
    """Were it off by a factor of 1000, the 0 that float64 leaves of it is none of rounding."""
    found = check(broken("tanh", 1000))
    assert not found.ok and not found.no_digit


def test_how_many_gradients_a_method_cannot_tell_from_0() -> None:
    entries = [Entry(place, f"w{place}", exact, 1e-14) for place, exact in enumerate((1.0, 1e-16, 0.0), 1)]
    assert judged("paths", entries, [(1.0, 0.0), (1e-16, 0.0), (0.0, 0.0)]).unresolved == 1


def test_a_gradient_that_is_exactly_0_is_no_rounding_of_an_output() -> None:
    """The input x[1] is 0 in any number of digits; σ(300) is 1 in float64 alone."""
    layers = [{"weight": [[300, 200]], "activation": "sigmoid"}, {"weight": 300}, {"weight": 300}]
    of = gradcalc.load({"input": [0.5, 0.0], "target": 1, "layers": layers})
    assert rounded_to_0(point(of)) == {"w1[0,0]", "w2", "w3"}
    found = check(of)
    assert (found.rounded, found.outside, found.checked) == (3, 0, 4)


def test_the_derivative_of_a_jump_is_0_beside_it() -> None:
    layers = [{"weight": 0.7, "activation": "sign"}, {"weight": 1.3, "activation": "identity"}]
    found = check(gradcalc.load({"input": 0.5, "target": 1, "layers": layers}))
    assert found.ok and [(one.name, one.entries) for one in found.methods] == [(name, 2) for name in METHODS]


@pytest.mark.parametrize(
    ("operations", "most", "checked", "entries"),
    [
        (960, 40, 10, [10, 10, 3, 10, 10]),  # three at least: every fourth
        (959, 40, 10, [5, 10, 3, 10, 10]),  # two evaluations for each difference, and one for all
        (320, 40, 10, [3, 10, 3, 10, 10]),
        (319, 40, 5, [3, 5, 3, 5, 5]),
        (960, 4, 4, [4, 4, 2, 4, 4]),
    ],
)
def test_how_many_gradients_are_compared(
    monkeypatch: pytest.MonkeyPatch, operations: int, most: int, checked: int, entries: list[int]
) -> None:
    """An evaluation of ten layers goes through 2 + 10 + 10 values, of which one is 1, and 10 weights."""
    monkeypatch.setattr("gradcalc.analysis.gradient_check.OPERATIONS", operations)
    monkeypatch.setattr("gradcalc.analysis.gradient_check.MOST_ENTRIES", most)
    found = check(gradcalc.load({"input": 0.5, "target": 1, "activation": "tanh", "weights": [0.9] * 10}))
    assert found.ok and (found.entries, found.checked) == (10, checked)
    assert [one.entries for one in found.methods] == entries


@pytest.mark.parametrize(("shares", "off", "ok"), [(True, 9e-4, True), (True, 2e-3, False), (False, 9e-4, False)])
def test_what_one_weight_does_not_show_of_rounding_another_may(
    monkeypatch: pytest.MonkeyPatch, shares: bool, off: float, ok: bool
) -> None:
    """Of a complex step that shows an error of 10⁻⁴ of one gradient, another may be off by ten times that; one of
    10⁻³ and more tells nothing of others."""
    of = gradcalc.load({"input": 0.5, "target": 1, "activation": "tanh", "weights": [0.9, 0.8, 0.7]})
    right = [one.item() for one in gradcalc.gradients(of).values()]

    def stepping(loss: Any, place: Any) -> Found:
        return {
            1: (right[0], 1e-4 * abs(right[0])),
            2: (right[1] * (1 + off), 0.0),
            3: (right[2], 5e-3 * abs(right[2])),
        }[place]

    method: Any = (lambda: ComplexStep(), stepping, 1)
    monkeypatch.setattr("gradcalc.analysis.gradient_check.FROM_VALUES", {"complex step": method})
    if shares:
        monkeypatch.setattr("gradcalc.analysis.gradient_check.complex_step", stepping)
    found = check(of).methods[0]
    assert (found.name, found.ok, found.entries) == ("complex step", ok, 3)


def test_points_that_are_moved_by_some_units_in_the_last_place() -> None:
    """Weights, inputs and targets, each by 3 to 6 of them, up or down."""
    of = gradcalc.load({"input": [0.5, 2], "target": 3, "layers": [{"weight": [[4, 5]], "bias": 7}]})

    def flat(network: Network) -> list[float]:
        return [
            *(x for one in network.parameters for x in numbers(one.value)),
            *network.inputs[0].rows[0],
            *network.targets[0].rows[0],
        ]

    points = [flat(one.graph.network) for one in moved_points(of)]
    moved = [x / own - 1 for one in points for own, x in zip(flat(of), one)]
    assert len(points) == 3 and len(moved) == 18
    assert all(2.5 * 2.0**-52 < abs(x) < 6.5 * 2.0**-52 for x in moved)
    assert min(moved) < 0 < max(moved) and max(map(abs, moved)) > 4.4 * 2.0**-52 > min(map(abs, moved))


@pytest.mark.parametrize(
    ("z", "loss", "activation"),
    [(17.0, "bce", "identity"), (3.0, "bce", "identity"), (36.7, "bce", "identity"), (17.0, "bce", "sigmoid")],
)
def test_how_much_rounding_of_an_output_changes_the_loss(z: float, loss: str, activation: str) -> None:
    """∂L/∂y = (1 − t)/(1 − y) − t/y with y·(1 ± ε) for y; nothing where the loss takes z."""
    layers = [{"weight": 1, "activation": "sigmoid"}, {"activation": "identity"}]
    of = gradcalc.load(
        {"input": z, "target": 0.3, "loss": loss, "layers": layers if activation == "identity" else layers[:1]}
    )
    found, y = amplified(point(of)), 1 / (1 + exp(-z))

    def derivative(y: float) -> float:
        return (1 - 0.3) / (1 - y) - 0.3 / y if y < 1 else inf

    changes = [abs(derivative(y * by) - derivative(y)) for by in (1 - 2.0**-52, 1 + 2.0**-52) if y * by < 1]
    expected = min(max(changes) / abs(derivative(y)), 1.0) if changes and activation == "identity" else 0.0
    assert found == (1.0 if y == 1 and activation == "identity" else pytest.approx(expected, rel=1e-2))


def test_nothing_is_amplified_where_there_is_no_target() -> None:
    assert amplified(point(gradcalc.load({"input": 1, "loss": "output", "weights": [1]}))) == 0.0


def test_the_rounding_of_a_gradient_is_that_of_what_it_is_made_of() -> None:
    """∂y/∂w = x, moved by three to six units in its last place, and one unit of its path."""
    layer = {"weight": [[2.0] * 12], "activation": "identity"}
    at = point(gradcalc.load({"input": [3.0] * 12, "loss": "output", "layers": [layer]}))
    entries = list(checked_gradients(at, unit_point(at), 0.0))
    assert [(one.place, one.name) for one in entries] == [(1 + n, f"w1[0,{n}]") for n in range(12)]
    for one in entries:
        assert (one.exact, one.ours, one.in_range) == (3.0, 3.0, True)
        assert 4.0 - 0.5 <= one.rounding / (3.0 * 2.0**-52) <= 7.0 + 0.5
    more, *_ = checked_gradients(at, unit_point(at), 1e-3)
    assert more.rounding - entries[0].rounding == pytest.approx(3e-3, rel=1e-9)
