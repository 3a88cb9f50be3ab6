"""Activations that saturate on both sides: sigmoid, tanh.

A slope is never formed as 1 − y or 1 − y²: with e = exp(−|x|), σ′ = e/(1+e)², tanh′ = 4e²/(1+e²)².
"""

from __future__ import annotations

from math import exp, tanh
from typing import Any

from gradcalc.activations.row import Activation


def _sigmoid(x: float) -> float:
    if x >= 0:
        return 1 / (1 + exp(-x))
    e = exp(x)
    return e / (1 + e)


def _sigmoid_slope(x: float) -> float:
    e = exp(-abs(x))
    d = 1 + e
    return e / (d * d)


def _sigmoids(x: Any) -> tuple[Any, Any]:
    """Values and slopes of arrays: ȳ = σ(−|x|) ≤ ½ gives both, y = ȳ or 1 − ȳ, y′ = ȳ(1 − ȳ)."""
    import numpy as np

    e = np.exp(-np.abs(x))
    low = e / (1 + e)
    high = 1 - low
    return np.where(x < 0, low, high), low * high


def _tanh_slope(x: float) -> float:
    e = exp(-2 * abs(x))
    d = 1 + e
    return 4 * e / (d * d)


def _tanh_slopes(x: Any) -> Any:
    import numpy as np

    e = np.abs(x)
    e *= -2
    np.exp(e, out=e)
    d = e + 1
    d *= d
    e *= 4
    e /= d
    return e


def _tanhs(x: Any) -> Any:
    import numpy as np

    return np.tanh(x)


ROWS = (
    Activation(
        "sigmoid",
        formula="sigmoid(x)",
        derivative="sigmoid(x)*sigmoid(-x)",
        value=_sigmoid,
        slope=_sigmoid_slope,
        text="sigmoid",
        values=lambda x: _sigmoids(x)[0],
        slopes=lambda x: _sigmoids(x)[1],
        both=_sigmoids,
    ),
    Activation(
        "tanh",
        formula="tanh(x)",
        derivative="4*sigmoid(2*x)*sigmoid(-2*x)",
        value=tanh,
        slope=_tanh_slope,
        text="tanh",
        values=_tanhs,
        slopes=_tanh_slopes,
    ),
)
