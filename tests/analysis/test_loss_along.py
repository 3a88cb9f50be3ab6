"""The loss along one number: how far values may be moved, steps that are so short, kinks that are met; and difference
quotients in many digits, of functions whose derivatives are known."""

from __future__ import annotations

from collections.abc import Sequence
from math import e, exp, inf, nan, pi
from types import SimpleNamespace
from typing import Any

import pytest
from mpmath import MPContext

import gradcalc
from gradcalc.activations import bind
from gradcalc.analysis.loss_along import LossAlong, curve_moves, formula_arguments, local_step, radius, value_moves
from gradcalc.analysis.numerical_derivatives import (
    complex_step,
    derivative_at_kink,
    differences,
    differences_in_digits,
    is_over_kink,
    one_sided,
    one_sided_quotients,
    roundoff,
    short_step,
    sides_of_kink,
    smooth_quotient,
    usual_step,
    within_activations,
)
from gradcalc.arithmetic.complex_step import STEP, ComplexNumber, ComplexStep, plain
from gradcalc.arithmetic.float64 import Double
from gradcalc.arithmetic.multiprecision import Multiprecision
from gradcalc.errors import DomainError
from gradcalc.network.graph import graph


def along(spec: dict[str, Any], arithmetic: Any = Double, scale: float = 1.0) -> LossAlong:
    return LossAlong(graph(gradcalc.load(spec)), arithmetic, scale)


BATCH: dict[str, Any] = {
    "input": [[1.0, 2.0], [3.0, -1.0]],
    "target": [[1.0], [0.0]],
    "loss": "sse",
    "layers": [{"weight": [[2.0, 0.5]], "activation": "identity"}],
}


def test_in_many_digits_a_pass_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a weight at its value, a step to either side and one that is finer; of another at other values alone."""
    spec = {"input": 1, "target": 0, "activation": "relu", "weights": [2, 3]}
    loss, passes = along(spec, Multiprecision(50)), list[Any]()
    monkeypatch.setattr(loss, "_computed", lambda *at, computed=loss._computed: passes.append(at) or computed(*at))
    for place, count in ((1, 5), (2, 9)):
        h = usual_step(loss, place)
        assert not is_over_kink(loss, place, h) and sides_of_kink(loss, place, h) is None
        assert len(passes) == count
    loss.weights = [2 * weight for weight in loss.weights]
    assert loss.at(2, loss.value(2)) == 576


def test_the_loss_with_another_number() -> None:
    """y = (3, 5.5), L = (2² + 5.5²)/2."""
    loss = along(BATCH)
    assert [loss.value(place) for place in (1, 2, (0, 0), (0, 1), (1, 1))] == [2.0, 0.5, 1.0, 2.0, -1.0]
    assert loss.at(1, 2.0) == (4 + 30.25) / 2
    assert loss.at(2, 1.0) == (9 + 25) / 2 and loss.at((0, 1), 4.0) == (9 + 30.25) / 2
    assert loss.at((1, 0), 1.0) == (4 + 1.5**2) / 2 and loss.at((1, 1), 0.0) == (4 + 36) / 2
    assert [values[1:] for values in loss.passes((1, 0), 1.0)] == [[1, 2, 3, 3], [1, -1, 1.5, 1.5]]
    assert loss.computed(loss.passes(1, 2.0)[0]) == [3, 3]
    ((activation, zs, outputs),) = loss.activated()
    assert (activation.name, list(zs), list(outputs)) == ("identity", [3], [4])


@pytest.mark.parametrize(
    ("activation", "z", "largest", "reach"),
    [
        ("tanh", 100.0, 100.0, 1.0),
        ("relu", 100.0, 100.0, 5.0),
        ("relu", -100.0, 100.0, 5.0),
        ("relu", 20.0, 20.0, 1.0),
        ("identity", 3.0, 100.0, 1.0),
        ("layer_norm", 3.0, 100.0, 5.0),
        ("rms_norm", 3.0, 1e-3, 5e-5),
        ("layer_norm", 0.0, 0.0, 1.0),
        ("softmax", 3.0, 100.0, 1.0),
    ],
)
def test_how_far_a_preactivation_may_be_moved(activation: str, z: float, largest: float, reach: float) -> None:
    assert radius(bind(activation), z, largest) == pytest.approx(reach)


def test_what_the_functions_of_a_formula_are_taken_of() -> None:
    assert formula_arguments(bind("tanh")) is None
    network = gradcalc.load({"input": 1, "target": 1, "layers": [{"activation": {"formula": "exp(2*x) + log(x + 3)"}}]})
    arguments = formula_arguments(network.layers[0].activation)
    assert arguments is not None and sorted(arguments(1.0)) == [2.0, 4.0]


def test_constants_of_a_formula_are_numbers() -> None:
    activation = {"formula": "sin(pi*x) + exp(0.5*x) + 0.1*log(x + e)"}
    network = gradcalc.load({"input": 1, "target": 1, "layers": [{"activation": activation}]})
    arguments = formula_arguments(network.layers[0].activation)
    assert arguments is not None and arguments(2.0) == pytest.approx([2 * pi, 1.0, 2 + e])


def test_moves_over_a_curve_are_in_units_of_its_radius() -> None:
    loss = along(BATCH | {"layers": [{"weight": [[2.0, 0.5]], "activation": "relu"}]})
    moves = curve_moves(loss)
    here, there = ([1.0, 1.0, 1.0, z, z] for z in (60.0, 54.0))
    assert moves(here, here) == 0.0 and moves(here, there) == pytest.approx(2.0)  # a 20th of 60 is 3
    formula = along(BATCH | {"layers": [{"weight": [[2.0, 0.5]], "activation": {"formula": "exp(10*x)"}}]})
    here, there = ([1.0, 1.0, 1.0, z, z] for z in (0.0, 0.3))
    assert curve_moves(formula)(here, there) == pytest.approx(3.0)


def test_moves_of_values_are_relative() -> None:
    moves = value_moves(along(BATCH))
    assert moves([1, 1, 1, 4.0, 0.0], [1, 9, 9, 4.0, 0.0]) == 0.0  # what is given may be moved
    assert moves([1, 1, 1, 4.0, 0.0], [1, 1, 1, 4.0 + 8e-10, 0.0]) == pytest.approx(2.0, rel=1e-6)
    assert moves([1, 1, 1, 4.0, 0.0], [1, 1, 1, 4.0, -3e-10]) == pytest.approx(3.0)


class Moved:
    """Passes of one value each, which has none beyond 5."""

    def __init__(self) -> None:
        self.steps: list[float] = []

    def value(self, place: int) -> float:
        return 0.0

    def passes(self, place: int, value: float) -> list[list[float]]:
        if value < 0:
            self.steps.append(-value)
        if abs(value) > 5:
            raise DomainError("no value there")
        return [[value]]

    def crosses_kink(self, here: Any, there: Any) -> bool:
        return False


@pytest.mark.parametrize(
    ("far", "step", "steps"),
    [
        (1.0, 1.0, [1.0]),
        (0.01, 1.0, [1.0, 0.01]),  # as far as may be
        (1 / 1.5, 1.0, [1.0, 0.5]),
        (1e-4, 1.0, [1.0, 1e-3, 1e-4]),  # by no more than a thousand at once
        (1.0, 6.0, [6.0, 6e-3]),
    ],
)
def test_a_step_is_shortened_until_nothing_is_moved_too_far(far: float, step: float, steps: list[float]) -> None:
    loss: Any = Moved()
    found = local_step(loss, 1, step, lambda here, there: abs(there[0] - here[0]) / far)
    assert found == pytest.approx(steps[-1]) and loss.steps == pytest.approx(steps)


def test_a_step_over_a_kink_is_shortened_to_a_quarter() -> None:
    class Kinked(Moved):
        def crosses_kink(self, here: Any, there: Any) -> bool:
            return bool(there[0][0] > 0.1)  # on the side above alone

    loss: Any = Kinked()
    assert local_step(loss, 1, 1.0, lambda here, there: 0.5) == 0.0625 and loss.steps == [1.0, 0.25, 0.0625]


@pytest.mark.parametrize("far", [inf, nan, 3.0])
def test_no_step_is_short_enough(far: float) -> None:
    loss: Any = Moved()
    assert local_step(loss, 1, 1.0, lambda here, there: far) is None
    assert len(loss.steps) == 10 and loss.steps[0] / loss.steps[1] == pytest.approx(3 if far == 3 else 1e3)


KINKED: dict[str, Any] = {"input": {"a": 0.0, "b": 2.0}, "target": 1.0, "loss": "sse"}
SHARED: dict[str, Any] = {"name": "y", "from": {"a": 1.0, "b": 0.0}, "activation": "relu"}


@pytest.mark.parametrize(
    ("layer", "places", "met"),
    [
        (SHARED, [1, 2, (0, 0), (0, 1)], [False, True, True, False]),  # z = 1·a + 0·b with a = 0 and b = 2
        (SHARED | {"from": {"a": 1.0, "b": 1.0}}, [1, 2, (0, 0), (0, 1)], [False] * 4),
        ({"name": "y", "from": ["a", "b"], "join": "max"}, [(0, 0), (0, 1)], [False, False]),
        (
            {"name": "y", "from": {"a": 3.0, "b": 0.0}, "join": "max"},
            [1, 2, (0, 0), (0, 1)],
            [False, True, True, False],
        ),
    ],
)
def test_a_unit_on_its_kink_is_moved(layer: dict[str, Any], places: list[Any], met: list[bool]) -> None:
    loss = along(KINKED | {"layers": [layer]})
    assert [loss.meets_kink(place, 0.25) for place in places] == met


def test_a_unit_that_stands_on_no_kink_is_on_another_piece() -> None:
    layers = [{"weight": [[1.0], [2.0]], "bias": [0.0, -1.0], "activation": "relu"}, {"weight": [[1.0, 1.0]]}]
    loss = along({"input": [[0.0], [0.25]], "target": [[0.0], [1.0]], "loss": "mse", "layers": layers})
    here = loss.passes((0, 0), 0.0)
    assert loss.own_pieces() == loss.pieces(here) == [[(0, 1)], [(1,)], [(0,)], [(1,)]]
    assert not loss.crosses_kink(here, loss.passes((0, 0), 0.25))  # the first stands on its kink
    assert loss.crosses_kink(here, loss.passes((0, 0), 0.75))  # 2·0.75 − 1 is above 0
    assert loss.crosses_kink(here, loss.passes((1, 0), -0.25)) and not loss.crosses_kink(here, loss.passes((1, 0), 0.3))
    assert not loss.crosses_kink(here, here)


class Digits:
    """A function of one number as a loss, in 60 decimal digits."""

    scale, kinked = 1.0, ()  # none that it is known of

    def __init__(self, function: Any, number: str) -> None:
        self.context = MPContext()
        self.context.dps = 60
        self.function, self.number = function, self.context.mpf(number)

    def value(self, place: int) -> Any:
        return self.number

    def at(self, place: int, value: Any) -> Any:
        return self.function(value)

    def passes(self, place: int, value: Any) -> list[list[Any]]:
        return [[value]]

    def computed(self, values: Sequence[Any]) -> Sequence[Any]:
        return values

    def crosses_kink(self, here: Any, there: Any) -> bool:
        return False


def cube(x: Any) -> Any:
    return x * x * x


def test_quotients_on_both_sides() -> None:
    loss: Any = Digits(cube, "2")
    assert usual_step(loss, 1) == loss.context.mpf("2e-20")
    below, above, size = one_sided_quotients(loss, 1, loss.context.mpf("0.5"))
    assert (below, above, size) == ((8 - 3.375) / 0.5, (15.625 - 8) / 0.5, 15.625)
    small: Any = Digits(cube, "-0.5")
    assert usual_step(small, 1) == loss.context.mpf("1e-20")


def test_a_smooth_quotient_is_the_derivative_and_a_kink_has_none() -> None:
    loss: Any = Digits(cube, "2")
    found = smooth_quotient(loss, 1, usual_step(loss, 1))
    assert found is not None and found[0] == 12.0 and 1.2e-14 <= found[1] < 1.3e-14
    assert differences_in_digits(loss, 1) == found and one_sided(loss, 1) is None
    kink: Any = Digits(abs, "0")
    assert smooth_quotient(kink, 1, usual_step(kink, 1)) is None and one_sided(kink, 1) == (-1.0, 1.0)
    ramp: Any = Digits(lambda x: 3 * x if x > 1 else 2 * x + 1, "1")
    assert one_sided(ramp, 1) == (2.0, 3.0) and differences_in_digits(ramp, 1) is None
    nearby: Any = Digits(lambda x: abs(x - x.context.mpf("1e-21")), "0")  # within the step
    found = smooth_quotient(nearby, 1, usual_step(nearby, 1))
    assert found is not None and found == pytest.approx((-0.1, 0.9))  # −1 is the derivative


def test_a_kink_within_the_step_is_stepped_short_of() -> None:
    loss: Any = Digits(lambda x: abs(x - x.context.mpf("1e-21")), "0")
    loss.kinked, loss.crosses_kink = (1,), lambda here, there: there[0][0] > 1e-21
    found = differences_in_digits(loss, 1)
    assert found is not None and found[0] == -1.0 and found[1] < 1e-12
    assert one_sided(loss, 1) is None
    loss.number = loss.context.mpf("1e-21")  # on the kink
    loss.crosses_kink = lambda here, there: False
    assert one_sided(loss, 1) == (-1.0, 1.0)


@pytest.mark.parametrize(("growth", "held"), [("1e29", True), ("0.9e30", True), ("1.1e30", False), ("1e31", False)])
def test_a_short_step_is_one_that_the_digits_of_the_number_hold(growth: str, held: bool) -> None:
    """A value that grows so fast is moved by 10⁻¹⁰ over 10⁻⁴⁰ and less; of a number 10⁻⁴⁵ is held, and of a step a
    still smaller one of 10⁻⁵ of it."""
    loss: Any = Digits(cube, "1")
    loss.computed = lambda values: [1 + (values[0] - 1) * loss.context.mpf(growth)]
    step = short_step(loss, 1)
    assert (step is not None) is held
    assert step is None or step * loss.context.mpf(growth) <= 1.0000001e-10


def test_a_derivative_that_is_not_that_of_the_conventions() -> None:
    loss: Any = Digits(lambda x: max(x, 0) - max(-x, 0), "0")
    assert derivative_at_kink(loss, 1, 0.0, 0.0) == 1.0
    assert derivative_at_kink(loss, 1, 1.0, 0.0) is None and derivative_at_kink(loss, 1, 1 + 9e-9, 0.0) is None
    assert derivative_at_kink(loss, 1, 1 + 2e-8, 0.0) == 1.0 and derivative_at_kink(loss, 1, 1.1, 0.2) is None
    assert derivative_at_kink(Digits(abs, "0"), 1, 0.0, 0.0) is None  # type: ignore[arg-type]


def two_sided(below: str, above: str, nearer_below: str, nearer_above: str) -> tuple[Any, Any]:
    """A loss with these difference quotients below and above 0 for a step, and those for a still smaller one; the
    step."""
    context = MPContext()
    context.dps = 60
    h = context.mpf("1e-20")

    def function(x: Any) -> Any:
        is_near = abs(x) < h / 10
        return x * context.mpf((nearer_below if is_near else below) if x < 0 else nearer_above if is_near else above)

    loss: Any = Digits(function, "0")
    loss.scale = 0.0
    return loss, h


@pytest.mark.parametrize(
    ("quotients", "found"),
    [
        (("1", "3", "1", "3"), (1, 3)),
        (("3", "1", "3", "1"), (3, 1)),
        (("1", "3", "1.0029", "3"), (1, 3)),  # 1/1000 of the larger one
        (("1", "3", "1.0031", "3"), None),
        (("1", "3", "0.9969", "3"), None),
        (("1", "3", "1", "3.0031"), None),
        (("1", "3", "1", "2.9969"), None),
        (("1", "3", "1", "2.9971"), (1, 3)),
        (("1", "1.00000002", "1", "1.00000002"), (1, 1.00000002)),
        (("1", "1.000000009", "1", "1.000000009"), None),  # alike to 10⁻⁸
        (("-1", "-1.000000009", "-1", "-1.000000009"), None),
        (("1", "1.0015", "1.0003", "1.0011"), (1, 1.0015)),  # still more than half as far apart
        (("1", "1.0015", "1.0004", "1.0011"), None),
        (("0", "0", "0", "0"), None),
    ],
)
def test_two_sides_of_a_kink_settle(quotients: tuple[str, str, str, str], found: tuple[float, float] | None) -> None:
    loss, h = two_sided(*quotients)
    assert sides_of_kink(loss, 1, h) == found


@pytest.mark.parametrize(
    ("quotients", "kinked", "found"),
    [
        (("2", "2", "2", "2"), False, (2.0, 2e-15)),
        (("2", "2.002", "2.001", "2.001"), False, (2.001, 2.001e-15)),
        (("2", "2.002", "2.0005", "2.0005"), False, (2.001, 5e-4)),
        (("2", "2.002", "2.0025", "2.0025"), False, (2.001, 1.5e-3)),
        (("2", "2.002", "2.0035", "2.0035"), False, None),  # changes by more than the sides were apart
        (("2", "2.002", "1.9985", "1.9985"), False, None),
        (("2", "2.002", "2.001", "2.0010019"), False, (2.001, 9.5e-7)),
        (("2", "2.002", "2.001", "2.0010021"), False, None),  # nearer by less than a factor of 1000
        (("2", "2.002", "2.0010021", "2.001"), False, None),
        (("2", "2.002", "2.001", "2.0010019"), True, (2.001, 9.5e-7 + 1.9e-6 - 2e-8)),  # less 10⁻⁵ of the jump
    ],
)
def test_what_a_smooth_quotient_may_be_off_by(quotients: Any, kinked: bool, found: tuple[float, float] | None) -> None:
    loss, h = two_sided(*quotients)
    loss.kinked = kinked
    assert smooth_quotient(loss, 1, h) == (found and pytest.approx(found, rel=1e-6, abs=1e-17))


def test_rounding_in_60_digits_is_part_of_an_estimate() -> None:
    """L of 3 that moves by other things of size 7 is off by 10⁻⁶⁰·10, over a step of 10⁻²⁰."""
    loss: Any = Digits(lambda x: 3 + 0 * x, "0")
    loss.scale = 7.0
    found = smooth_quotient(loss, 1, loss.context.mpf("1e-20"))
    assert found is not None and (found[0], found[1] * 1e39) == (0.0, pytest.approx(1.0))


class Recorded:
    """A function of one number as a loss in float64, with the numbers that it was asked of."""

    kinked = ()

    def __init__(self, function: Any, number: float, scale: float = 0.0, underflow: float = 0.0) -> None:
        self.function, self.number, self.scale, self.underflow = function, number, scale, underflow
        self.asked: list[float] = []

    def value(self, place: int) -> float:
        return self.number

    def at(self, place: int, value: float) -> float:
        self.asked.append(value)
        return float(self.function(value))

    def passes(self, place: int, value: float) -> list[list[float]]:
        return [[value]]

    def activated(self) -> list[Any]:
        return []

    def crosses_kink(self, here: Any, there: Any) -> bool:
        return False


EPSILON = 2.0**-52


@pytest.mark.parametrize(("number", "unit"), [(0.01, 1.0), (-0.01, 1.0), (0.0, 1.0), (2.0, 2.0), (-3.0, 3.0)])
def test_where_differences_ask_for_the_loss(number: float, unit: float) -> None:
    """At twelve steps on both sides, h = 0.05 of 1 or of the number, then h/1.6, h/1.6² …; at nine points so near that
    L is as good as straight; and within a 20th and a 32nd of a small number."""
    loss: Any = Recorded(lambda x: 3.0, number)
    assert differences(loss, 1) is not None
    steps = [0.05 * unit / 1.6**n for n in range(12)]
    near = [number + 1e-8 * unit * n for n in range(9)]
    within = (
        [number * (1 + sign * part) for part in (1 / 20, 1 / 32) for sign in (1, -1)] if 0 < abs(number) < 0.05 else []
    )
    expected = sorted([*near, number, *(number + sign * h for h in steps for sign in (1, -1)), *within])
    assert sorted(loss.asked) == pytest.approx(expected, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize(
    ("scale", "underflow", "noise"), [(0.0, 0.0, 3 * EPSILON), (10.0, 0.0, 10 * EPSILON), (1.0, 1e-9, 1e-9)]
)
def test_what_differences_of_a_constant_may_be_off_by(scale: float, underflow: float, noise: float) -> None:
    """The rounding of L over the second step, from which on quotients are extrapolated."""
    found = differences(Recorded(lambda x: 3.0, 0.0, scale, underflow), 1)  # type: ignore[arg-type]
    assert found is not None and (found[0], found[1] / noise) == (0.0, pytest.approx(1.6 / 0.05, rel=1e-5))


@pytest.mark.parametrize(("power", "settles"), [(1.7, True), (1.48, True), (1.47, False), (1.2, False)])
def test_differences_that_do_not_come_nearer_to_one_another_are_none(power: float, settles: bool) -> None:
    """Those of ±|x|^a are h^(a − 1): each change is 1.6^(1 − a) of the one before, and 1/1.25 is too much."""
    found = differences(Recorded(lambda x: abs(x) ** power * (1 if x > 0 else -1), 0.0), 1)  # type: ignore[arg-type]
    assert (found is not None) is settles
    assert found is None or abs(found[0]) <= found[1]


def test_a_kink_within_the_steps_is_in_the_estimate() -> None:
    """Quotients of |x| on the two sides are 2 apart, however short the step; the mean of them is 0."""
    for function in (abs, lambda x: -abs(x)):
        assert differences(Recorded(function, 0.0), 1) == (0.0, pytest.approx(2.0, rel=1e-9))  # type: ignore[arg-type]


def test_a_loss_that_is_0_has_the_rounding_of_what_is_near() -> None:
    """That of 10⁶·x² is eight units in its last place; over the last step h they make 8·ε·10⁶·h of a quotient."""
    found = differences(Recorded(lambda x: 1e6 * x * x, 0.0), 1)  # type: ignore[arg-type]
    assert found is not None and found[0] == 0.0
    assert 8.0 <= found[1] / (EPSILON * 1e6 * 0.05 / 1.6**11) < 32.0


def test_points_near_a_large_number_are_four_units_in_its_last_place_apart() -> None:
    loss: Any = Recorded(lambda x: 3.0, 2.0**30)
    assert roundoff(loss, 1, 1.0) == 3 * EPSILON
    assert loss.asked == [2.0**30 * (1 + 4 * EPSILON * n) for n in range(9)]


def test_steps_that_are_lost_beside_the_number_are_none() -> None:
    def nowhere_else(place: int, value: float) -> list[list[float]]:
        if value != 1.0:
            raise DomainError("no value there")
        return [[value]]

    loss: Any = Recorded(lambda x: 1.0, 1.0)
    loss.passes = nowhere_else
    assert differences(loss, 1) is None and 1.0 in loss.asked


def test_what_a_step_moves_over_a_kink() -> None:
    loss: Any = Recorded(lambda x: x, 2.0)
    loss.crosses_kink = lambda here, there: here == [[2.0]] and there[0][0] > 2.5
    assert not is_over_kink(loss, 1, 0.75)
    loss.kinked = (1,)
    assert is_over_kink(loss, 1, 0.75) and not is_over_kink(loss, 1, 0.25)
    loss.crosses_kink = lambda here, there: there[0][0] < 1.5
    assert is_over_kink(loss, 1, 0.75) and not is_over_kink(loss, 1, 0.25)


def test_without_a_value_nearby_there_are_no_differences() -> None:
    def nowhere(x: float) -> float:
        if x != 1.0:
            raise DomainError("no value there")
        return x

    loss: Any = Recorded(nowhere, 1.0)
    assert differences(loss, 1) is None and len(loss.asked) == 15  # here, two of nine, one side of each step


def test_rounding_within_activations_is_of_both_parts_of_a_quotient() -> None:
    """ε·Σ|∂L/∂y·(y/z)·(Im z/h)| over units whose z is not 0, and not over those of a softmax."""
    h = STEP
    values = [ComplexNumber(x) for x in (1.0, 2.0 + 3j * h, 0.0 + 1j * h, -4.0 - 5j * h, 0.5, 7.0, -0.25)]
    loss: Any = Recorded(None, 0.0)
    loss.passes = lambda place, value: [values, values]
    loss.adjoints = [[0.0, 0, 0, 0, 8.0, 9.0, 16.0], [0.0, 0, 0, 0, 1.0, 1.0, 0.0]]
    tanh, softmax = (SimpleNamespace(couples=couples) for couples in (False, True))
    loss.activated = lambda: [(tanh, (1, 2, 3), (4, 5, 6)), (softmax, (1,), (4,))]
    of_first, of_third = 0.5 / 2 * 3, 0.25 / 4 * 5
    assert within_activations(loss, 1) / EPSILON == pytest.approx(9 * of_first + 16 * of_third)


class Jittered(Recorded):
    """A loss whose derivative changes by 1 with every unit in the last place of its weight, and by its step."""

    weights = (1.0, 7.0)
    of_step = 0.0

    def at(self, place: int, value: Any) -> Any:
        step = plain(value).imag
        derivative = 1 + (self.weights[0] - 1) * 2.0**52 + self.of_step * (step < STEP)
        return ComplexNumber(1j * step * derivative)


@pytest.mark.parametrize(
    ("number", "scale", "underflow", "of_step", "estimate"),
    [
        (0.5, 0.0, 0.0, 0.0, 4.0),
        (0.5, 0.0, 0.0, 9.0, 9.0),  # a still smaller step
        (0.5, 0.0, 3 * STEP, 0.0, 7.0),
        (0.5, 2.0**104, 0.0, 0.0, 5.0),
        (-4.0, 2.0**104, 0.0, 0.0, 4.25),
    ],
)
def test_what_a_complex_step_may_be_off_by(
    number: float, scale: float, underflow: float, of_step: float, estimate: float
) -> None:
    """By what four units in the last place of the weights change, or a smaller step, and by what is lost of L."""
    loss: Any = Jittered(None, number, scale, underflow)
    loss.of_step, loss.adjoints = of_step, ()
    assert complex_step(loss, 1) == (1.0, pytest.approx(estimate, rel=1e-12)) and loss.weights == (1.0, 7.0)


CURVED: dict[str, Any] = {"input": 0.5, "target": 0.0, "loss": "output", "activation": "identity", "weights": [3.0]}


@pytest.mark.parametrize(
    ("formula", "derivative"), [("exp(x)", 0.5 * exp(1.5)), ("x^3", 1.5 * 2.25), ("1/(1 + x)", -0.5 / 6.25)]
)
def test_three_ways_to_a_derivative(formula: str, derivative: float) -> None:
    spec = {"input": 0.5, "loss": "output", "layers": [{"weight": 3.0, "activation": {"formula": formula}}]}
    ways: list[tuple[Any, Any, float]] = [
        (Double, differences, 1e-8),
        (ComplexStep(), complex_step, 1e-12),
        (Multiprecision(60), differences_in_digits, 2e-15),
    ]
    for arithmetic, method, most in ways:
        found = method(along(spec, arithmetic, abs(derivative)), 1)
        assert found is not None and abs(found[0] - derivative) <= found[1] + 1e-15 * abs(derivative), method
        assert found[1] <= most * abs(derivative), method
