"""Activations that are x times a gate: silu, mish. gelu and gelu_tanh have files of their own.

With e = exp(−|x|) a derivative is its limit plus a rest, or has a numerator in which only exact differences cancel:
silu′ = e((1 + x) + e)/(1+e)² left of 0, 1 + e((x − 1) − e)/(1+e)² right of it;
mish′ = 4e((1 + x) + e((e² + 4e + 6)/4 + x))/(e² + 2e + 2)², 1 + 2(e/n)²(2x(1 + e) − n) with n = 1 + 2e + 2e².
"""

from __future__ import annotations

from math import exp
from typing import Any

from gradcalc.activations import Activation, blocked, np
from gradcalc.activations.rounding import FAR_LEFT, patched, product, scaled_exp
from gradcalc.activations.sigmoidal import decay
from gradcalc.expressions.textbook import Textbook


def _silu(x: float) -> float:
    if x >= 0:
        return x / (1 + exp(-x))
    e = exp(x)
    return x * e / (1 + e) if x > FAR_LEFT else scaled_exp(x, x)


def _silu_derivative(x: float) -> float:
    if x <= FAR_LEFT:
        return scaled_exp(1 + x, x)
    e = exp(-abs(x))
    d = 1 + e * (2 + e)
    return 1 + e * ((x - 1) - e) / d if x >= 0 else e * ((1 + x) + e) / d


@blocked
def _silus(x: Any) -> Any:
    e = decay(x)
    return patched(x * np.where(x < 0, e, 1.0) / (1 + e), x, x)


@blocked
def _silu_derivatives(x: Any) -> Any:
    e = decay(x)
    right = x >= 0
    rest = e * (np.where(right, x - 1, -1 - x) - e) / (1 + e * (2 + e))
    return patched(np.where(right, 1 + rest, -rest), x, 1 + x)


def _mish(x: float) -> float:
    if x <= FAR_LEFT:
        return scaled_exp(x, x)
    e = exp(-abs(x))
    if x >= 0:
        n = 1 + 2 * e
        return x * (n / (n + 2 * e * e))
    n = e * (e + 2)
    return x * n / (n + 2)


def _mish_derivative(x: float) -> float:
    if x <= FAR_LEFT:
        return scaled_exp(1 + x, x)
    e = exp(-abs(x))
    return _mish_derivative_right(x, e) if x >= 0 else _mish_derivative_left(x, e)


def _mish_derivative_right(x: float, e: float) -> float:
    n = 1 + 2 * e + 2 * e * e
    return 1 + 2 * (e / n) * (e / n) * (2 * x * (1 + e) - n)


def _mish_derivative_left(x: float, e: float) -> float:
    square, rest = product(e, e)
    linear = 2 + 2 * e
    d = linear + square
    missed = ((2 - linear) + 2 * e) + ((linear - d) + square) + rest
    return 4 * e * ((1 + x) + e * ((e * (e + 4) + 6) / 4 + x)) / (d * (d + 2 * missed))


@blocked
def _mishes(x: Any) -> Any:
    e = decay(x)
    square = e * e
    top = np.where(x < 0, square + 2 * e, 1 + 2 * e)
    return patched(x * top / (top + np.where(x < 0, 2.0, 2 * square)), x, x)


@blocked
def _mish_derivatives(x: Any) -> Any:
    e = decay(x)
    derivatives = np.where(x < 0, _mish_derivative_left(x, e), _mish_derivative_right(np.maximum(x, 0.0), e))
    return patched(derivatives, x, 1 + x)


ROWS = (
    Activation(
        "silu",
        formula="x*sigmoid(x)",
        derivative_formula="sigmoid(x)*(1 + x*sigmoid(-x))",
        textbook=Textbook("product rule"),
        value=_silu,
        derivative=_silu_derivative,
        aliases=("swish",),
        values=_silus,
        derivatives=_silu_derivatives,
    ),
    Activation(
        "mish",
        formula="x*tanh(softplus(x))",
        derivative_formula="tanh(softplus(x)) + x*sigmoid(x)/cosh(softplus(x))^2",
        textbook=Textbook("product rule"),
        value=_mish,
        derivative=_mish_derivative,
        values=_mishes,
        derivatives=_mish_derivatives,
    ),
)
UNLIKE = dict.fromkeys(
    ("glu", "reglu", "geglu", "swiglu"), "is a product of two layers; write both, and a third with join: multiply"
)
