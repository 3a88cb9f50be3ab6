"""Activations that saturate on both sides: sigmoid, tanh, softsign; and the logarithm of the sigmoid.

A slope is never formed as 1 − y or 1 − y²: with e = exp(−|x|), σ′ = e/(1+e)², tanh′ = (2e/(1+e²))².
"""

from __future__ import annotations

from math import exp, log1p, tanh
from typing import Any

from gradcalc.activations import Activation, blocked
from gradcalc.activations.rounding import patched


def sigmoid(x: float) -> float:
    """1/(1 + e^−x), by the power that does not overflow."""
    if x >= 0:
        return 1 / (1 + exp(-x))
    e = exp(x)
    return e / (1 + e)


def _sigmoid_slope(x: float) -> float:
    e = exp(-abs(x))
    return e / (1 + e * (2 + e))


def decay(x: Any) -> Any:
    """exp(−|x|) of an array."""
    import numpy as np

    e = np.abs(x)
    np.negative(e, out=e)
    return np.exp(e, out=e)


@blocked
def sigmoids(x: Any) -> Any:
    """1/(1 + exp(−x)), which loses nothing on either side until exp(−x) overflows."""
    import numpy as np

    with np.errstate(over="ignore"):
        return patched(1 / (1 + np.exp(-x)), x, 1.0)


@blocked
def _sigmoid_slopes(x: Any) -> Any:
    e = decay(x)
    d = e + 1
    d *= d
    e /= d
    return e


def _tanh_slope(x: float) -> float:
    h = exp(-abs(x))
    s = 2 * h / (1 + h * h)
    return s * s


def _tanhs(x: Any) -> Any:
    import numpy as np

    return np.tanh(x)


@blocked
def _tanh_slopes(x: Any) -> Any:
    h = decay(x)
    d = h * h
    d += 1
    h /= d
    h *= 2
    h *= h
    return h


def _softsign_slope(x: float) -> float:
    d = 1 + abs(x)
    return 1 / d / d


@blocked
def _softsign_slopes(x: Any) -> Any:
    d = 1 + abs(x)
    return 1 / d / d


def _log_sigmoid(x: float) -> float:
    return -log1p(exp(-x)) if x >= 0 else x - log1p(exp(x))


@blocked
def _log_sigmoids(x: Any) -> Any:
    import numpy as np

    return np.minimum(x, 0) - np.log1p(decay(x))


ROWS = (
    Activation(
        "sigmoid",
        formula="sigmoid(x)",
        derivative="sigmoid(x)*sigmoid(-x)",
        reads=("1/(1 + exp(-x))", "y*(1 - y)"),
        value=sigmoid,
        slope=_sigmoid_slope,
        values=sigmoids,
        slopes=_sigmoid_slopes,
    ),
    Activation(
        "tanh",
        formula="tanh(x)",
        derivative="4*sigmoid(2*x)*sigmoid(-2*x)",
        reads=("tanh(x)", "1 - y^2"),
        value=tanh,
        slope=_tanh_slope,
        values=_tanhs,
        slopes=_tanh_slopes,
    ),
    Activation(
        "softsign",
        formula="x/(1 + abs(x))",
        derivative="1/(1 + abs(x))^2",
        value=lambda x: x / (1 + abs(x)),
        slope=_softsign_slope,
        values=lambda x: x / (1 + abs(x)),
        slopes=_softsign_slopes,
        general=lambda f: (lambda x: x / (1 + abs(x)), _softsign_slope),
        rational=True,
    ),
    Activation(
        "log_sigmoid",
        formula="-softplus(-x)",
        derivative="sigmoid(-x)",
        reads=("log(sigmoid(x))", "sigmoid(-x)"),
        value=_log_sigmoid,
        slope=lambda x: sigmoid(-x),
        values=_log_sigmoids,
        slopes=lambda x: sigmoids(-x),
    ),
)
