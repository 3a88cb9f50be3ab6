"""gelu_tanh(x) = x·σ(v), v = 2√(2/π)(x + 0.044715x³): the approximation of gelu by Hendrycks and Gimpel (2016).

With e = exp(−|v|) and g = x·v′ the derivative is e((1 + g) + e)/(1+e)² left of 0, 1 + e((g − 1) − e)/(1+e)² right of
it. v is formed with what its roundings miss, as its error would become e's relative one.
"""

from __future__ import annotations

from math import exp
from typing import Any

from gradcalc.activations import Activation, blocked
from gradcalc.activations.rounding import FAR_LEFT, patched, product, scaled_exp
from gradcalc.expressions.textbook import Textbook

CUBIC = 0.044715
INNER = 1.5957691216057308  # 2√(2/π)
INNER_REST = -9.969308809110973e-17
SATURATED = 40.0  # beyond it the value is x or 0 to the last bit of any double


def _inner(x: float) -> tuple[float, float, float]:
    """v as a double, what it misses, and x·v′ − v."""
    p, p_rest = product(x, INNER)
    t = CUBIC * x * x
    w = 1 + t
    v, v_rest = product(p, w)
    return v, v_rest + (p_rest + x * INNER_REST) * w + p * _missed(w, t), 2 * p * t


def _missed(w: float, t: float) -> float:
    """What the sum w = 1 + t misses (Knuth, 1969)."""
    virtual = w - t
    return (1 - virtual) + (t - (w - virtual))


def _value(x: float) -> float:
    if abs(x) > SATURATED:
        return x if x > 0 else -0.0
    v, rest, _ = _inner(x)
    if v <= FAR_LEFT:
        return scaled_exp(x, v)
    e = _bent(exp(-abs(v)), v, rest)
    return x / (1 + e) if x >= 0 else x * e / (1 + e)


def _bent(e: float, v: float, rest: float) -> float:
    """exp(−|v + rest|) from e = exp(−|v|)."""
    return e + e * rest if v < 0 else e - e * rest


def _derivative(x: float) -> float:
    if abs(x) > SATURATED:
        return 1.0 if x > 0 else -0.0
    v, rest, more = _inner(x)
    if v <= FAR_LEFT:
        return scaled_exp(1 + v + more, v)
    e = _bent(exp(-abs(v)), v, rest)
    d = 1 + e * (2 + e)
    if x >= 0:
        return 1 + e * (((v - 1) + (more + rest)) - e) / d
    return e * (((1 + v) + (more + rest)) + e) / d


def _parts(x: Any) -> tuple[Any, Any, Any]:
    """v and e of an array, and x·v′ − v with v's rest."""
    import numpy as np

    v, rest, more = _inner(np.clip(x, -SATURATED, SATURATED))
    e = np.exp(-np.abs(v))
    return v, e - e * rest * np.where(v < 0, -1.0, 1.0), more + rest


@blocked
def _values(x: Any) -> Any:
    import numpy as np

    v, e, _ = _parts(x)
    return patched(x * np.where(x < 0, e, 1.0) / (1 + e), v, x)


@blocked
def _derivatives(x: Any) -> Any:
    import numpy as np

    v, e, more = _parts(x)
    right = v >= 0
    rest = e * ((np.where(right, v - 1, -1 - v) + np.where(right, more, -more)) - e) / (1 + e * (2 + e))
    return patched(np.where(right, 1 + rest, -rest), v, 1 + v + more)


def _in(f: Any) -> tuple[Any, Any]:
    cubic = f.number(44715) / 1000000

    def gate(x: Any) -> Any:
        """σ(v)."""
        v = 2 * f.sqrt(2 / f.pi) * (x + cubic * x * x * x)
        return 1 / (1 + f.exp(-v)) if v > 0 else f.exp(v) / (1 + f.exp(v))

    def growth(x: Any) -> Any:
        return 2 * f.sqrt(2 / f.pi) * (x + 3 * cubic * x * x * x)

    return lambda x: x * gate(x), lambda x: gate(x) * (1 + growth(x) * gate(-x))


ROWS = (
    Activation(
        "gelu_tanh",
        textbook=Textbook("product rule"),
        aliases=("gelu_new", "gelu_pytorch_tanh"),
        formula="x*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x^3)))/2",
        derivative_formula="sigmoid(2*sqrt(2/pi)*(x + 0.044715*x^3))*(1 + 2*sqrt(2/pi)*(x + 0.134145*x^3)"
        "*sigmoid(-2*sqrt(2/pi)*(x + 0.044715*x^3)))",
        value=_value,
        derivative=_derivative,
        values=_values,
        derivatives=_derivatives,
        general=_in,
    ),
)
