"""Activations that saturate on both sides: sigmoid, tanh, softsign; and the logarithm of the sigmoid.

A derivative is never formed as 1 − y or 1 − y²: with e = exp(−|x|), σ′ = e/(1+e)², tanh′ = (2e/(1+e²))².
"""

from __future__ import annotations

from math import exp, log1p, tanh
from typing import Any

from gradcalc.activations import Activation, blocked, by_rule, np
from gradcalc.activations.rounding import patched
from gradcalc.expressions.textbook import Textbook


def sigmoid(x: float) -> float:
    """1/(1 + e^−x), by the power that does not overflow."""
    if x >= 0:
        return 1 / (1 + exp(-x))
    e = exp(x)
    return e / (1 + e)


def _sigmoid_derivative(x: float) -> float:
    e = exp(-abs(x))
    return e / (1 + e * (2 + e))


def decay(x: Any) -> Any:
    """exp(−|x|) of an array."""
    e = np.abs(x)
    np.negative(e, out=e)
    return np.exp(e, out=e)


@blocked
def sigmoids(x: Any) -> Any:
    """1/(1 + exp(−x)), which loses nothing on either side until exp(−x) overflows."""
    with np.errstate(over="ignore"):
        return patched(1 / (1 + np.exp(-x)), x, 1.0)


@blocked
def _sigmoid_derivatives(x: Any) -> Any:
    e = decay(x)
    d = e + 1.0
    d *= d
    e /= d
    return e


def _tanh_derivative(x: float) -> float:
    h = exp(-abs(x))
    s = 2 * h / (1 + h * h)
    return s * s


@blocked
def _tanh_derivatives(x: Any) -> Any:
    h = decay(x)
    d = h * h
    d += 1.0
    h /= d
    h += h
    h *= h
    return h


def _softsign_derivative(x: Any) -> Any:
    d = 1 + abs(x)
    return 1 / d / d


ROWS = (
    Activation(
        "sigmoid",
        aliases=("logistic", "expit"),
        formula="sigmoid(x)",
        derivative_formula="sigmoid(x)*sigmoid(-x)",
        reads=("1/(1 + exp(-x))", "y*(1 - y)"),
        textbook=Textbook("sigmoid: σ′ = σ(1 − σ)", "y*(1 - y)", "sigmoid_derivative(x)", letter="σ′"),
        steepest=0.25,
        value=sigmoid,
        derivative=_sigmoid_derivative,
        values=sigmoids,
        derivatives=_sigmoid_derivatives,
    ),
    Activation(
        "tanh",
        formula="tanh(x)",
        derivative_formula="4*sigmoid(2*x)*sigmoid(-2*x)",
        reads=("tanh(x)", "1 - y^2"),
        textbook=Textbook("tanh′ = 1 − tanh²", "1 - y^2", "1/cosh(x)^2"),
        steepest=1.0,
        value=tanh,
        derivative=_tanh_derivative,
        values=lambda x: np.tanh(x),
        derivatives=_tanh_derivatives,
    ),
    by_rule(
        "softsign",
        lambda f: (lambda x: x / (1 + abs(x)), _softsign_derivative),
        aliases=("soft_sign",),
        formula="x/(1 + abs(x))",
        derivative_formula="1/(1 + abs(x))^2",
        textbook=Textbook("quotient rule"),
        rational=True,
        values=lambda x: x / (1 + abs(x)),
        derivatives=blocked(_softsign_derivative),
    ),
    Activation(
        "log_sigmoid",
        aliases=("logsigmoid",),
        formula="-softplus(-x)",
        derivative_formula="sigmoid(-x)",
        reads=("log(sigmoid(x))", "sigmoid(-x)"),
        textbook=Textbook("(ln σ)′ = σ(−x)"),
        value=lambda x: -log1p(exp(-x)) if x >= 0 else x - log1p(exp(x)),
        derivative=lambda x: sigmoid(-x),
        values=blocked(lambda x: np.minimum(x, 0) - np.log1p(decay(x))),
        derivatives=lambda x: sigmoids(-x),
    ),
)
UNLIKE = {"tanhshrink": 'is not built in; write {formula: "x - tanh(x)"}'}
