"""Activations clipped to straight pieces at both ends: hardtanh, relu6, hard_sigmoid, hard_swish.

The derivative is 0 at both ends; that of hard_swish 0 at −3 and 1 at 3.
"""

from __future__ import annotations

from typing import Any

from gradcalc.activations import Activation, elsewhere, where_positive
from gradcalc.expressions.textbook import Textbook


def _clip(x: float, low: float, high: float) -> float:
    return low if x < low else high if x > high else x


def _clips(x: Any, low: float, high: float) -> Any:
    import numpy as np

    return np.clip(x, low, high)


def _inside(x: Any, low: float, high: float, derivative: Any) -> Any:
    """`derivative` strictly between the ends, else 0, of an array."""
    import numpy as np

    return np.where((x > low) & (x < high), derivative, 0.0)


def _clip_in(f: Any, low: int, high: int) -> tuple[Any, Any]:
    return (
        lambda x: f.number(low) if x < low else f.number(high) if x > high else x,
        lambda x: f.number(int(low < x < high)),
    )


def _hard_sigmoid_in(f: Any) -> tuple[Any, Any]:
    value, derivative = _clip_in(f, 0, 6)
    return lambda x: value(x + 3) / 6, lambda x: derivative(x + 3) / 6


def _hard_swish(x: float) -> float:
    return 0.0 if x <= -3 else x if x >= 3 else x * (x + 3) / 6


def _hard_swish_derivative(x: float) -> float:
    return 0.0 if x <= -3 else 1.0 if x >= 3 else (2 * x + 3) / 6


def _hard_swishes(x: Any) -> Any:
    import numpy as np

    inner = np.clip(x, -3.0, 3.0)
    return np.where(x >= 3, x, inner * (inner + 3) / 6)


def _hard_swish_derivatives(x: Any) -> Any:
    import numpy as np

    return np.where(x >= 3, 1.0, _inside(x, -3.0, 3.0, (2 * x + 3) / 6))


def _hard_swish_in(f: Any) -> tuple[Any, Any]:
    return (
        lambda x: f.number(0) if x <= -3 else x if x >= 3 else x * (x + 3) / 6,
        lambda x: f.number(0) if x <= -3 else f.number(1) if x >= 3 else (2 * x + 3) / 6,
    )


def _clipping(name: str, low: int, high: int, aliases: tuple[str, ...] = ()) -> Activation:
    """The identity between two ends."""
    middle, reach = (low + high) // 2, (high - low) // 2
    inside = f"{reach} - abs(x - {middle})" if middle else f"{reach} - abs(x)"
    return Activation(
        name,
        aliases=aliases,
        formula=f"min(max(x, {low}), {high})",
        derivative_formula=where_positive(inside),
        reads=(f"min(max(x, {low}), {high})", f"1 if {low} < x < {high} else 0"),
        value=lambda x: _clip(x, float(low), float(high)),
        derivative=lambda x: 1.0 if low < x < high else 0.0,
        is_kink=lambda x: x in (low, high),
        flat=True,
        values=lambda x: _clips(x, low, high),
        derivatives=lambda x: _inside(x, low, high, 1.0),
        general=lambda f: _clip_in(f, low, high),
        rational=True,
        textbook=Textbook("piecewise linear", f"cases(1, 0, {inside})"),
    )


ROWS = (
    _clipping("hardtanh", -1, 1, ("hard_tanh",)),
    _clipping("relu6", 0, 6),
    Activation(
        "hard_sigmoid",
        textbook=Textbook("piecewise linear", "cases(1/6, 0, 3 - abs(x))"),
        aliases=("hardsigmoid",),
        formula="min(max(x + 3, 0), 6)/6",
        derivative_formula=f"{where_positive('3 - abs(x)')}/6",
        reads=("min(max(x + 3, 0), 6)/6", "1/6 if -3 < x < 3 else 0"),
        value=lambda x: 0.0 if x <= -3 else 1.0 if x >= 3 else (x + 3) / 6,
        derivative=lambda x: 1 / 6 if -3 < x < 3 else 0.0,
        is_kink=lambda x: abs(x) == 3,
        flat=True,
        values=lambda x: _clips(x + 3, 0.0, 6.0) / 6,
        derivatives=lambda x: _inside(x, -3.0, 3.0, 1 / 6),
        general=_hard_sigmoid_in,
        rational=True,
    ),
    Activation(
        "hard_swish",
        textbook=Textbook("product rule, piecewise", "cases((2*x + 3)/6, cases(1, 0, x), 3 - abs(x))"),
        aliases=("hardswish", "hard_silu"),
        formula="x*min(max(x + 3, 0), 6)/6",
        derivative_formula=f"{where_positive('3 - abs(x)')}*(2*x + 3)/6 + {elsewhere('3 - x')}",
        reads=("x*min(max(x + 3, 0), 6)/6", "(2*x + 3)/6 if -3 < x < 3 else (1 if x >= 3 else 0)"),
        value=_hard_swish,
        derivative=_hard_swish_derivative,
        is_kink=lambda x: abs(x) == 3,
        flat=True,
        values=_hard_swishes,
        derivatives=_hard_swish_derivatives,
        general=_hard_swish_in,
        rational=True,
    ),
)
UNLIKE = {
    "softshrink": 'is not built in; write {formula: "relu(x - 0.5) - relu(-x - 0.5)"}',
    "hardshrink": 'is not built in; write {formula: "x (1 + sign(abs(x) - 0.5)) / 2"}',
}
