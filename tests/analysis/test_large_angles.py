"""Angles of which float64 does not hold enough: σ′ at a rounded z against that at the exact product, by mpmath."""

from __future__ import annotations

from typing import Any

import mpmath
import pytest

import gradcalc
from gradcalc.activations import bind
from gradcalc.analysis.large_angles import LargeAngle, is_periodic, large_angles
from gradcalc.analysis.point import point
from gradcalc.arithmetic.low_precision import LowPrecision
from gradcalc.expressions.decimal_functions import from_decimal

SINE: dict[str, Any] = {"input": 0.1, "target": 1, "loss": "sse"}


def angles(spec: dict[str, Any], **options: Any) -> list[LargeAngle]:
    return large_angles(point(gradcalc.load(spec), **options))


def one(weight: float, activation: Any = "sin") -> dict[str, Any]:
    return SINE | {"layers": [{"weight": weight, "activation": activation}]}


def difference(weight: int, derivative: Any) -> float:
    """How far σ′ at 0.1·w in float64 is from that at w/10, relatively to the larger."""
    with mpmath.workdps(50):
        rounded, exact = derivative(mpmath.mpf(0.1 * weight)), derivative(mpmath.mpf(weight) / 10)
        return float(abs(rounded - exact) / max(abs(rounded), abs(exact)))


@pytest.mark.parametrize(
    ("weight", "least", "most", "told"),
    [
        (10**13 + 22, 2e-3, 3e-3, True),
        (10**13 + 21, 7e-4, 8e-4, False),  # a thousandth is no other derivative
        (10**13 - 9, 7e-3, 8e-3, False),  # 13 digits are left to 10¹², and 3 behind the point are taken for enough
    ],
)
def test_an_angle_with_fewer_than_three_digits_behind_the_point(
    weight: int, least: float, most: float, told: bool
) -> None:
    assert least < difference(weight, mpmath.cos) < most
    assert angles(one(weight)) == ([LargeAngle("y", "sin", 0.1 * weight, 32)] if told else [])


@pytest.mark.parametrize(
    ("activation", "text"),
    [("cos", "cos"), ({"formula": "x + sin(x)"}, "x + sin(x)"), ({"formula": "tan(x)"}, "tan(x)")],
)
def test_what_has_a_sine_has_angles(activation: Any, text: str) -> None:
    (found,) = angles(one(7 * 10**20 + 10**6, activation))
    assert (found.unit, found.activation, found.dps) == ("y", text, 39)
    assert is_periodic(gradcalc.load(one(1, activation)).layers[0].activation)


def test_a_derivative_of_0_is_another_than_one_that_is_not() -> None:
    weight = 7 * 10**17 + 65
    with mpmath.workdps(50):
        assert mpmath.sin(0.1 * weight) > 0.2 and mpmath.sin(mpmath.mpf(weight) / 10) < -0.2
    assert [angle.dps for angle in angles(one(weight, {"formula": "max(sin(x), 0)"}))] == [36]
    assert [angle.dps for angle in angles(one(weight, {"formula": "min(sin(x), 0)"}))] == [36]


@pytest.mark.parametrize("activation", ["tanh", "exp", "relu", {"formula": "exp(-x)"}])
def test_and_nothing_else_has(activation: Any) -> None:
    network = gradcalc.load(one(7e-3, activation))
    assert not is_periodic(network.layers[0].activation) and angles(one(7e20, "identity")) == []
    assert not is_periodic(bind("tanh")) and is_periodic(bind("sin"))


@pytest.mark.parametrize(
    ("activation", "x", "weight"),
    [("exp", 3.4e16, -0.06), ("tanh", 3e15, 0.1), ("sigmoid", 3e15, 0.1), ("silu", 3e15, -0.1), ("gelu", 3e7, -0.7),
     ({"formula": "exp(x)/(1 + exp(x))"}, 3e15, -0.1)],
)  # fmt: skip
def test_past_float64_an_exponential_has_too_few_digits_as_well(activation: Any, x: float, weight: float) -> None:
    spec = {"input": x, "loss": "output", "layers": [{"weight": weight, "activation": activation}]}
    (found,) = angles(spec)
    own, finer = (point(gradcalc.load(spec), dps).derivative(1)[0][0] for dps in (None, found.dps))
    assert not found.inherits and abs(from_decimal(finer.context, own) / finer - 1) > 1e-3
    assert angles(spec, dps=found.dps) == []
    assert angles(spec | {"input": 1000}) == []
    exact = {"input": 2.0 ** (24 if activation == "gelu" else 50)}
    assert angles(spec | exact | {"layers": [{"weight": -0.25, "activation": activation}]}) == []


def test_of_several_the_largest_comes_first_of_either_sign() -> None:
    rows = [[0.1, 0.3], [-0.7, 0.1], [0.0, 0.0]]
    layers = [
        {"weight": [[3e20, 1e3], [0.5, 0.5], [1e3, -7e22]], "activation": "sin"},
        {"weight": [[1, 1, 1]], "activation": "cos"},
    ]
    found = angles({"input": rows, "target": [[1]] * 3, "loss": "sse", "layers": layers})
    assert [(angle.unit, round(angle.z / 1e18)) for angle in found] == [
        ("h1[2]", -21000), ("h1[2]", -7000), ("h1[0]", -210), ("h1[0]", 30),
    ]  # fmt: skip
    assert {angle.dps for angle in found} == {22 + 20}


def test_digits_are_told_where_so_many_have_enough() -> None:
    """60 of 10⁴⁰ leave 20 behind the point of the first angle, which are 20 before it of the second."""

    def digits(*weights: float) -> list[tuple[str, int | None]]:
        layers = [{"weight": weight, "activation": "sin"} for weight in weights]
        return sorted((angle.unit, angle.dps) for angle in angles(SINE | {"input": 0.7, "layers": layers}))

    assert digits(1e20, 1e40) == [("h1", 59), ("y", 59)]
    assert digits(1e40, 1e40, 1e40) == [("h1", 118), ("h2", 118), ("y", 118)]
    assert digits(*[1e80] * 12) == [(f"h{n}" if n < 12 else "y", None) for n in (1, 10, 11, *range(2, 10), 12)]


def test_errors_of_earlier_layers_are_counted() -> None:
    """12 sines of 10¹⁷·x: 40 digits are 24 behind the point of the first, 7 of the second, and 10 before it of the
    third."""
    spec = {"input": 0.7, "loss": "output", "activation": "sin", "layers": [{"weight": 1e17, "repeat": 12}]}
    network = gradcalc.load(spec)
    found = large_angles(point(network, 40))
    assert {angle.inherits for angle in found} == {True} and not {"h1", "h2"} & {angle.unit for angle in found}
    with mpmath.workdps(400):
        z = mpmath.mpf(7) * 10**16
        for _ in range(11):
            z = 10**17 * mpmath.sin(z)
        (dps,) = {angle.dps for angle in found}
        assert dps is not None
        enough, few = (point(network, digits).derivative(12)[0][0] for digits in (dps, 40))
        assert abs(enough - mpmath.cos(z)) < 1e-30 < 1e-3 < abs(few - mpmath.cos(z))
    assert large_angles(point(network, dps)) == []


def test_more_digits_have_larger_angles() -> None:
    layers = [{"weight": 7, "activation": "tanh"}, {"weight": 1e15, "activation": "sin"}]
    spec = SINE | {"layers": layers}
    assert len(angles(spec)) == 1 and angles(spec, dps=20) == []
    layers[1]["weight"] = 1e31
    assert [(angle.unit, angle.dps) for angle in angles(spec, dps=20)] == [("y", 50)]
    assert angles(spec, low=LowPrecision("float16")) == []


@pytest.mark.parametrize(("weight", "told"), [(7e20, 1), (7e17, 1), (7e15, 0)])
def test_extended_range_has_19_digits(weight: float, told: int) -> None:
    small = {"weight": 1e-200, "activation": "identity"}
    spec = SINE | {"layers": [{"weight": weight + weight / 3, "activation": "sin"}, small, small]}
    assert len(angles(spec)) == told
    assert len(angles(SINE | {"layers": [{"weight": weight + weight / 3, "activation": "sin"}]})) == 1


@pytest.mark.parametrize(("power", "told"), [(1980, 1), (1981, 0)])
def test_two_thousand_digits_are_the_most(power: int, told: int) -> None:
    far = [{"weight": 1e300, "activation": "identity"}] * 6 + [{"weight": 10.0 ** (power - 1800)}]
    layers = [*far, {"weight": 3, "activation": "sin"}]
    assert len(angles(SINE | {"input": 0.7, "activation": "identity", "layers": layers})) == told


@pytest.mark.parametrize(("examples", "told"), [(16, 16), (17, 0)])
def test_and_64_units_of_all_examples(examples: int, told: int) -> None:
    layers = [{"weight": [[7e20 / 3], [0.5], [0.5]], "activation": "sin"}, {"weight": [[1, 1, 1]]}]
    spec = {"input": [[0.1]] * examples, "target": [[1]] * examples, "layers": layers}
    assert len(angles(spec)) == told
