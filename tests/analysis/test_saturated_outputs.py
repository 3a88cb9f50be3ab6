"""Outputs that round to the bound they tend to: where |σ′| is less than half a unit in the last place of σ."""

from __future__ import annotations

from typing import Any

import pytest

import gradcalc


def warnings(spec: dict[str, Any], **options: Any) -> tuple[str, ...]:
    return gradcalc.compute(gradcalc.load({"target": 0.3, "loss": "sse"} | spec), **options).warnings


@pytest.mark.parametrize(
    ("activation", "z", "bound"),
    [
        ("sigmoid", 36.6, ""),  # σ′ is 1.3×10⁻¹⁶, and 2⁻⁵³ 1.1×10⁻¹⁶
        ("sigmoid", 36.8, "1 in float64 (z = 36.8, σ′ = 1.04×10⁻¹⁶)"),
        ("sigmoid", -36.8, ""),  # which tends to 0, and is not rounded to it
        ("tanh", 19.0, ""),
        ("tanh", -19.1, "−1 in float64 (z = −19.1, σ′ = 1.03×10⁻¹⁶)"),
        ("softsign", 1e9, ""),  # σ′ is 10⁻¹⁸, and over 10⁹ that is something
        ("softsign", 1e17, "1 in float64 (z = 1×10¹⁷, σ′ = 1×10⁻³⁴)"),
        ("selu", -40, "−1.7580993408473766 in float64 (z = −40, σ′ = 7.47×10⁻¹⁸)"),
        ("sin", 1.5707963267948966, ""),  # a maximum
        ("softplus", -40, ""),
        ("gelu", 40, ""),
        ("relu", -5, ""),
        ({"formula": "tanh(x) + 0*log(30 - x)"}, 20, ""),  # which has no value at 40
        ({"formula": "tanh(x) + 0*log(50 - x)"}, 20, "1 in float64 (z = 20, σ′ = 1.70×10⁻¹⁷)"),
        ({"name": "prelu", "alpha": 1e-20}, -5, ""),
    ],
)
def test_an_output_that_rounds_to_its_bound(activation: Any, z: float, bound: str) -> None:
    spec = {"input": z, "layers": [{"weight": 1, "activation": activation}]}
    assert warnings(spec) == ((f"y is saturated: σ(z) rounds to {bound}",) if bound else ())
    assert warnings(spec, dps=40) == ()


def test_the_first_unit_of_a_layer_in_any_example() -> None:
    layers = [{"weight": [[1, 0], [0, 1]], "activation": "tanh"}, {"weight": [[1, 1]], "activation": "sigmoid"}]
    spec = {"input": [[1, 2], [3, 30], [40, 50]], "target": [[0.5]] * 3, "layers": layers}
    assert warnings(spec) == ("h1[1] is saturated: σ(z) rounds to 1 in float64 (z = 30, σ′ = 3.50×10⁻²⁶)",)
    both = warnings(spec | {"layers": [layers[0], {"weight": [[50, 1]], "activation": "sigmoid"}]})
    assert [text.partition(" is")[0] for text in both] == ["h1[1]", "y"]


def test_what_is_added_to_an_output_hides_what_it_rounds_to() -> None:
    spec = {"input": 40, "layers": [{"weight": 1, "activation": "tanh"}]}
    assert len(warnings(spec)) == 1
    assert warnings(spec | {"skips": [{"from": "x", "to": "y", "into": "output"}]}) == ()
    assert warnings(spec | {"layers": [{"weight": 1, "activation": "softmax"}]}) == ()


def test_in_extended_range() -> None:
    layers = [{"weight": 1, "activation": "tanh"}, *({"weight": 1e-200, "activation": "identity"} for _ in range(2))]
    found = gradcalc.compute(gradcalc.load({"input": 40, "target": 0.3, "layers": layers}))
    assert found.arithmetic == "extended"
    assert found.warnings == ("h1 is saturated: σ(z) rounds to 1 in float64 (z = 40, σ′ = 7.22×10⁻³⁵)",)
