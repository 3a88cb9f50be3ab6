"""Cross entropy of independent units: of probabilities (bce), of logits (bce_with_logits), of Poisson rates.

With σ = 1/(1 + e^−y), softplus(y) − t·y = (1 − t) softplus(y) + t softplus(−y), and σ(y) − t = (1 − t) σ(y) − t σ(−y):
for targets 0 and 1 these cancel nowhere.
"""

from __future__ import annotations

from math import inf
from typing import Any

from gradcalc.errors import DomainError
from gradcalc.expressions.functions import sigmoid, softplus
from gradcalc.expressions.textbook import Textbook
from gradcalc.losses import Array, Functions, Loss, Number, each
from gradcalc.losses.domain import (
    array_positive,
    array_probabilities,
    array_times_log,
    positive,
    probability,
    times_log,
)


def _bce(y: Number, t: Number, f: Functions) -> Number:
    rest = f.number(0)
    if t != 1:
        _complement(y)
        rest = (1 - t) * f.log1p(-y)
    return 0 - (times_log(t, probability(y, "bce"), f, "bce") + rest)


def _complement(y: Number) -> Number:
    """1 − y. Raises DomainError where that has no logarithm, or y is no probability."""
    if probability(y, "bce") == 1:
        raise DomainError("bce takes the logarithm of 1 − an output, and this one is 1")
    return 1 - y


def _bce_derivative(y: Number, t: Number, f: Functions) -> Number:
    if t == 0:
        return 1 / _complement(y)
    if t == 1:
        return -1 / positive(probability(y, "bce"), "bce")
    return (y - t) / (positive(y, "bce") * _complement(y))


def _of_logit(z: Number, t: Number, f: Functions) -> Number:
    return _mixed(1 - t, softplus(f, z)) + _mixed(t, softplus(f, -z))


def _mixed(weight: Number, value: Number) -> Number:
    """The product, and 0 for a weight of 0 whatever the value."""
    return weight * value if weight != 0 else weight


def _array_bce(y: Array, t: Array, np: Any) -> Array:
    array_probabilities(y, np, "bce")
    asked = np.where(t == 1, 0.0, y)
    _array_complements(asked)
    return 0 - (array_times_log(t, y, np, "bce") + (1 - t) * np.log1p(-asked))


def _array_complements(y: Array) -> Array:
    if (y == 1).any():
        _complement(1.0)
    return 1 - y


def _array_bce_derivatives(y: Array, t: Array, np: Any) -> Array:
    array_probabilities(y, np, "bce")
    asked = array_positive(np.where(t == 0, 1.0, y), np, "bce")
    rest = _array_complements(np.where(t == 1, 0.0, y))
    return np.where(t == 0, 1 / rest, np.where(t == 1, -1 / asked, (y - t) / (asked * rest)))


def _array_of_logits(z: Array, t: Array, np: Any) -> Array:
    small = np.log1p(np.exp(-np.abs(z)))
    return _array_mixed(1 - t, np.maximum(z, 0) + small, np) + _array_mixed(t, np.maximum(-z, 0) + small, np)


def _array_of_logits_derivatives(z: Array, t: Array, np: Any) -> Array:
    small = np.exp(-np.abs(z))
    near, far = 1 / (1 + small), small / (1 + small)
    return (1 - t) * np.where(z >= 0, near, far) - t * np.where(z >= 0, far, near)


def _array_mixed(weight: Array, value: Array, np: Any) -> Array:
    return np.where(weight == 0, 0.0, weight * value)


BCE_AFTER_SIGMOID = Loss(
    "bce",
    term="-(t*log(y) + (1 - t)*log(1 - y))",
    terms=each(_of_logit),
    # (1 − t)/(1 − y) − t/y with 1/y = 1 + e^−z and 1/(1 − y) = 1 + e^z
    term_derivatives=each(lambda z, t, f: _mixed(1 - t, 1 + f.exp(z)) - _mixed(t, 1 + f.exp(-z))),
    array_terms=_array_of_logits,
    array_derivatives=lambda z, t, np: _array_mixed(1 - t, 1 + np.exp(z), np) - _array_mixed(t, 1 + np.exp(-z), np),
    textbook=Textbook("logarithm rule", "(y - t)/(y*(1 - y))", hard="1/(1 - t - y)", singular=(0, 1)),
    fused=Textbook(
        "bce of y = σ(z)",
        "y - t",
        "(1 - t)*sigmoid(x) - t*sigmoid(-x)",
        "-(t*log(sigmoid(x)) + (1 - t)*log(sigmoid(-x)))",
    ),
    averaged=True,
    takes="probabilities",
    targets=(0, 1),
    aliases=("binary_cross_entropy", "binary_crossentropy"),
)
BCE = BCE_AFTER_SIGMOID._replace(
    terms=each(_bce),
    term_derivatives=each(_bce_derivative),
    array_terms=_array_bce,
    array_derivatives=_array_bce_derivatives,
    of_preactivations={"sigmoid": BCE_AFTER_SIGMOID},
)
BCE_WITH_LOGITS = Loss(
    "bce_with_logits",
    term="softplus(y) - t*y",
    terms=each(_of_logit),
    term_derivatives=each(lambda z, t, f: _mixed(1 - t, sigmoid(f, z)) - _mixed(t, sigmoid(f, -z))),
    array_terms=_array_of_logits,
    array_derivatives=_array_of_logits_derivatives,
    textbook=Textbook("softplus′ = σ", "sigmoid(y) - t", "(1 - t)*sigmoid(y) - t*sigmoid(-y)"),
    averaged=True,
    takes="logits",
    targets=(0, 1),
    applies={"sigmoid": "bce"},
    aliases=("binary_cross_entropy_with_logits", "sigmoid_binary_cross_entropy"),
)
POISSON = Loss(
    "poisson",
    term="y - t*log(y)",
    terms=each(lambda y, t, f: y - times_log(t, y, f, "poisson")),
    term_derivatives=each(lambda y, t, f: (y - t) / positive(y, "poisson") if t != 0 else f.number(1)),
    array_terms=lambda y, t, np: y - array_times_log(t, y, np, "poisson"),
    array_derivatives=lambda y, t, np: np.where(
        t == 0, 1.0, (y - t) / array_positive(np.where(t == 0, 1.0, y), np, "poisson")
    ),
    textbook=Textbook("logarithm rule", "1 - t/y", hard="1 - t/(1 - t + y)"),
    averaged=True,
    takes="positive rates",
    targets=(0, inf),
)
ROWS = (BCE, BCE_WITH_LOGITS, POISSON)
UNLIKE = {"poissonnll": "takes ln y by default in PyTorch; write poisson, which takes y, after activation exp"}
