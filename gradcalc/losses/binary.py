"""Cross entropy of independent units: of probabilities (bce), of logits (bce_with_logits), of Poisson rates.

With σ = 1/(1 + e^−y), softplus(y) − t·y = (1 − t) softplus(y) + t softplus(−y), and σ(y) − t = (1 − t) σ(y) − t σ(−y):
for targets 0 and 1 these cancel nowhere.
"""

from __future__ import annotations

from gradcalc.losses.domain import positive, probability, times_log
from gradcalc.losses.loss import Functions, Number
from gradcalc.losses.row import Row, each


def _bce(y: Number, t: Number, f: Functions) -> Number:
    probability(y, "bce")
    return 0 - (times_log(t, y, f, "bce") + _times_log_complement(1 - t, y, f))


def _times_log_complement(weight: Number, y: Number, f: Functions) -> Number:
    if weight == 0:
        return f.number(0)
    positive(1 - y, "bce")
    return weight * f.log1p(-y)


def _bce_slope(y: Number, t: Number, f: Functions) -> Number:
    probability(y, "bce")
    if t == 0:
        return 1 / positive(1 - y, "bce")
    if t == 1:
        return -1 / positive(y, "bce")
    return (y - t) / (positive(y, "bce") * positive(1 - y, "bce"))


def _sigmoid(z: Number, f: Functions) -> Number:
    small = f.exp(-abs(z))
    return 1 / (1 + small) if z >= 0 else small / (1 + small)


def _softplus(z: Number, f: Functions) -> Number:
    return max(z, f.number(0)) + f.log1p(f.exp(-abs(z)))


def _of_logit(z: Number, t: Number, f: Functions) -> Number:
    return _mixed(1 - t, _softplus(z, f)) + _mixed(t, _softplus(-z, f))


def _of_logit_slope(z: Number, t: Number, f: Functions) -> Number:
    return _mixed(1 - t, _sigmoid(z, f)) - _mixed(t, _sigmoid(-z, f))


def _slope_after_sigmoid(z: Number, t: Number, f: Functions) -> Number:
    """(1 − t)/(1 − y) − t/y with 1/y = 1 + e^−z and 1/(1 − y) = 1 + e^z."""
    return _mixed(1 - t, 1 + f.exp(z)) - _mixed(t, 1 + f.exp(-z))


def _mixed(weight: Number, value: Number) -> Number:
    """The product, and 0 for a weight of 0 whatever the value."""
    return weight * value if weight != 0 else weight


def _poisson(y: Number, t: Number, f: Functions) -> Number:
    return y - times_log(t, y, f, "poisson")


def _poisson_slope(y: Number, t: Number, f: Functions) -> Number:
    return (y - t) / positive(y, "poisson") if t != 0 else f.number(1)


BCE_AFTER_SIGMOID = Row(
    "bce",
    term="-(t*log(y) + (1 - t)*log(1 - y))",
    terms=each(_of_logit),
    slopes=each(_slope_after_sigmoid),
    averaged=True,
)
BCE = BCE_AFTER_SIGMOID._replace(terms=each(_bce), slopes=each(_bce_slope), after={"sigmoid": BCE_AFTER_SIGMOID})
BCE_WITH_LOGITS = Row(
    "bce_with_logits",
    term="softplus(y) - t*y",
    terms=each(_of_logit),
    slopes=each(_of_logit_slope),
    averaged=True,
)
POISSON = Row(
    "poisson",
    term="y - t*log(y)",
    terms=each(_poisson),
    slopes=each(_poisson_slope),
    averaged=True,
)
ROWS = (BCE, BCE_WITH_LOGITS, POISSON)
