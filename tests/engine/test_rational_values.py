"""To any number of digits decimals are what they are: 0.1 + 0.2 − 0.3 is 0, and stands on a kink; against Fractions."""

from __future__ import annotations

from fractions import Fraction
from math import cos, exp, sin
from typing import Any

import pytest

import gradcalc
from gradcalc.analysis.computation import compute
from gradcalc.analysis.kinks import kinks_at
from gradcalc.analysis.point import point
from gradcalc.arithmetic.multiprecision import MpFunctions
from gradcalc.derivation.explain import explain
from gradcalc.engine.rational_values import rational_values


def of_formula(formula: str, x: Any = 0.1, *weights: float) -> dict[str, Any]:
    linear = [{"weight": weight, "activation": "identity"} for weight in weights]
    return {"input": x, "loss": "output", "layers": [*linear, {"weight": 1, "activation": {"formula": formula}}]}


def found(spec: dict[str, Any], dps: int = 50) -> tuple[float, float, int]:
    """σ and σ′ of the output, and how many kinks there are."""
    at = point(gradcalc.load(spec), dps)
    last = len(at.graph.network.nodes) - 1
    return float(at.output(last)[0][0]), float(at.derivative(last)[0][0]), len(kinks_at(at))


@pytest.mark.parametrize("dps", [1, 24, 50])
@pytest.mark.parametrize(
    ("spec", "value", "derivative"),
    [
        (of_formula("abs(x - 0.1)"), 0, 0),
        (of_formula("abs(x - 0.3)", 0.1, 3.0), 0, 0),
        (of_formula("abs(3x - 1)", "1/3"), 0, 0),
        (of_formula("max(3x, 0.3)"), 0.3, 1.5),
        (of_formula("min(3x, 0.3)"), 0.3, 1.5),
        (of_formula("max(3x, 0.3, x + 0.2)"), 0.3, 4 / 3),
        (of_formula("abs(x - 0.1) * exp(x)"), 0, 0),  # no rational number, and a kink at one
        (of_formula("abs(3x - 1) * exp(x)", "1/3"), 0, 0),
        (of_formula("abs(7x - 1) * exp(x)", "1/7"), 0, 0),
        (of_formula("sign(3x - 1) * exp(x)", "1/3"), 0, 0),
        (of_formula("relu(1 - 7x) * cos(x)", "1/7"), 0, 0),
        (of_formula("max(3x, 1) + sin(x)", "1/3"), 1 + sin(1 / 3), 1.5 + cos(1 / 3)),
        (of_formula("min(3x, 1) * exp(x)", "1/3"), exp(1 / 3), 2.5 * exp(1 / 3)),
        (of_formula("max(3x * exp(x), exp(x))", "1/3"), exp(1 / 3), 2.5 * exp(1 / 3)),
        (of_formula("abs(exp(3x) - e)", "1/3"), 0, 0),
    ],
)
def test_a_formula_is_on_its_kink(spec: dict[str, Any], value: float, derivative: float, dps: int) -> None:
    assert found(spec, dps) == (pytest.approx(value, rel=1e-10), pytest.approx(derivative, rel=1e-10), 1)
    explain(gradcalc.load(spec), dps=dps)  # whose formula is compared with that


def test_and_is_beside_it_by_as_little_as_is_written() -> None:
    assert found(of_formula("abs(x - 0.1)", "0.1 + 10^-80")) == (pytest.approx(1e-80), 1, 0)
    assert found(of_formula("abs(x - 0.1)", "0.1 - 10^-80")) == (pytest.approx(1e-80), -1, 0)
    above = of_formula("max(3x, 1) + sin(x)", "1/3 + 10^-80")
    assert found(above) == (pytest.approx(1 + sin(1 / 3)), pytest.approx(3 + cos(1 / 3)), 0)


@pytest.mark.parametrize("dps", [1, 24, 50])
@pytest.mark.parametrize(
    ("formula", "x", "t", "derivative"),
    [("abs(3y - t) * exp(y)", "1/9", "1/3", 0), ("max(3y, t) + sin(y)", 0.1, 0.3, 1.5 + cos(0.1))],
)
def test_a_loss_is_on_its_kink(formula: str, x: Any, t: Any, derivative: float, dps: int) -> None:
    layers = [{"weight": 1, "activation": "identity"}]
    network = gradcalc.load({"input": x, "target": t, "loss": {"formula": formula}, "layers": layers})
    at = point(network, dps)
    assert float(at.adjoint(1)[0][0]) == pytest.approx(derivative)
    assert [float(kink.derivative) for kink in kinks_at(at)] == pytest.approx([derivative])
    explain(network, dps=dps)


@pytest.mark.parametrize("x", ["1/3", "2/7", "-22/7", "1/997"])
def test_a_ratio_is_known_by_its_digits(x: str) -> None:
    exactly, functions = Fraction(x), MpFunctions(30)
    assert functions.exactly(functions.rounded(exactly)) == exactly
    near = functions.rounded(exactly + Fraction(1, 10**29))
    assert functions.exactly(near) == near


@pytest.mark.parametrize("activation", ["relu", "abs", "leaky_relu", "prelu", {"name": "elu", "alpha": 2}])
def test_a_sum_that_is_0_is_a_kink(activation: Any) -> None:
    layer = {"weight": [[0.1, 0.2]], "bias": [0.3], "activation": activation}
    answer = compute(gradcalc.load({"input": [1, -2], "loss": "output", "layers": [layer]}), dps=50)
    assert [float(kink.z) for kink in answer.forward["y"].kinks] == [0]


def test_sources_tie_that_are_equal() -> None:
    layers = [
        {"name": "a", "from": "x", "weight": 3, "activation": "identity"},
        {"name": "b", "from": "x", "weight": 1, "bias": 0.2, "activation": "identity"},
        {"from": ["a", "b"], "join": "max", "activation": "identity"},
    ]
    answer = compute(gradcalc.load({"input": 0.1, "loss": "output", "layers": layers}), dps=50)
    assert [kink.what for kink in answer.forward["y"].kinks] == ["max"]
    assert float(next(iter(answer.gradients.values()))) == pytest.approx(0.05)


def test_gradients_are_exactly_0_that_are_the_difference_of_decimals() -> None:
    spec = {"input": [1, 1, 1], "target": 0, "loss": "half_sse", "layers": [{"weight": [[0.1, 0.2, -0.3]]}]}
    answer = compute(gradcalc.load(spec | {"activation": "identity"}), dps=50)
    assert answer.gradients["w1"] == [[0, 0, 0]]


def values(spec: dict[str, Any]) -> list[Fraction]:
    at = point(gradcalc.load(spec), 50)
    return list(rational_values(at.layout, at.graph.network, 0).values())  # type: ignore[attr-defined]


def test_they_are_those_of_fractions_as_far_as_numbers_are_rational() -> None:
    spec = {"input": 0.1, "loss": "output", "layers": [
        {"weight": 7, "bias": "1/3", "activation": "square"}, {"weight": "sqrt(2)", "activation": "relu"},
    ]}  # fmt: skip
    z = Fraction(7, 10) + Fraction(1, 3)
    assert values(spec) == [1, Fraction(1, 10), z, z * z]
    spec["layers"][0]["activation"] = "tanh"  # type: ignore[index]
    assert values(spec) == [1, Fraction(1, 10), z]


def test_long_ones_are_left() -> None:
    spec = {"input": 0.3, "loss": "output", "activation": "square", "layers": [{"weight": 0.7, "repeat": 40}]}
    assert 10 < len(values(spec)) < 40
    assert len(values(of_formula("x^300 * x^300 * x^300", 0.123456789))) == 3 and len(values(of_formula("x^3"))) == 4
    assert len(values(of_formula("x^x", 5000))) == 3
