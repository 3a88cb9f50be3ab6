"""Losses over the classes of one example: cross_entropy of logits, nll and kl of probabilities.

After softmax all are computed from the preactivations z, where ln softmax(z) is exact however small the share. After
log_softmax the output is ln p already: cross_entropy is unmoved by that (softmax(ln p) = p), and nll and kl read it as
the logarithm that they would take, as everybody does who writes that pair: nll = −Σ t·y, kl = Σ t·(ln t − y).
"""

from __future__ import annotations

from gradcalc.errors import DomainError
from gradcalc.losses.array_classes import (
    array_cross_entropy,
    array_cross_entropy_slopes,
    array_nll,
    array_nll_slopes,
    array_slopes_after_softmax,
)
from gradcalc.losses.domain import positive, times_log
from gradcalc.losses.loss import Functions, Number, Numbers
from gradcalc.losses.row import Row, each
from gradcalc.losses.softmax import complements, inverses, negative_logs, shares
from gradcalc.losses.sums import sums_of_others

LARGEST_RATIO = 10**300
"""Beyond it, and below its inverse, a quotient of doubles is not trusted to be a normal double."""


def _cross_entropy(ys: Numbers, ts: Numbers, f: Functions) -> list[Number]:
    return _weighed(ts, negative_logs(ys, f), f)


def _cross_entropy_slopes(ys: Numbers, ts: Numbers, f: Functions) -> list[Number]:
    """p_i Σ t − t_i = p_i Σ over j ≠ i of t_j − t_i (1 − p_i)."""
    terms = zip(shares(ys, f), sums_of_others(ts, f), ts, complements(ys, f), strict=True)
    return [share * others - t * complement for share, others, t, complement in terms]


def _cross_entropy_after_softmax(zs: Numbers, ts: Numbers, f: Functions) -> list[Number]:
    return _cross_entropy(shares(zs, f), ts, f)


def _cross_entropy_slopes_after_softmax(zs: Numbers, ts: Numbers, f: Functions) -> list[Number]:
    return _cross_entropy_slopes(shares(zs, f), ts, f)


def _nll_slope(y: Number, t: Number, f: Functions) -> Number:
    return -t / positive(y, "nll") if t != 0 else f.number(0)


def _slopes_after_softmax(zs: Numbers, ts: Numbers, f: Functions) -> list[Number]:
    return [-part for part in _weighed(ts, inverses(zs, f), f)]


def _kl(y: Number, t: Number, f: Functions) -> Number:
    return f.number(0) if t == 0 else t * _log_ratio(_target(t), positive(y, "kl"), f)


def _kl_slope(y: Number, t: Number, f: Functions) -> Number:
    return -_target(t) / positive(y, "kl") if t != 0 else f.number(0)


def _log_ratio(a: Number, b: Number, f: Functions) -> Number:
    ratio = a / b
    if ratio < LARGEST_RATIO and ratio * LARGEST_RATIO > 1:
        return f.log(ratio)
    return f.log(a) - f.log(b)


def _kl_after_softmax(zs: Numbers, ts: Numbers, f: Functions) -> list[Number]:
    terms = zip(ts, negative_logs(zs, f), inverses(zs, f), strict=True)
    return [f.number(0) if t == 0 else t * _log_of_product(_target(t), log, inverse, f) for t, log, inverse in terms]


def _log_of_product(t: Number, log: Number, inverse: Number, f: Functions) -> Number:
    """ln(t/p) from −ln p and 1/p: by the product where t and p may be near one another, by the sum where p is small."""
    product = t * inverse
    if t != 1 and product < LARGEST_RATIO and product * LARGEST_RATIO > 1:
        return f.log(product)
    return f.log(t) + log


def _target(t: Number) -> Number:
    if t < 0:
        raise DomainError(f"kl takes the logarithm of a target, and this one is {float(t):.6g}")
    return t


def _weighed(ts: Numbers, values: Numbers, f: Functions) -> list[Number]:
    return [t * value if t != 0 else f.number(0) for t, value in zip(ts, values, strict=True)]


def _minus_targets(zs: Numbers, ts: Numbers, f: Functions) -> list[Number]:
    return [0 - t for t in ts]


CROSS_ENTROPY_OF_LOGITS = Row(
    "cross_entropy",
    term="-t*log(p)",
    terms=_cross_entropy,
    slopes=_cross_entropy_slopes,
    array_terms=array_cross_entropy,
    array_slopes=array_cross_entropy_slopes,
    classes=True,
    coupled=True,
    slope="p*sum(t) - t",
    takes="logits",
)
CROSS_ENTROPY = CROSS_ENTROPY_OF_LOGITS._replace(
    after={
        "log_softmax": CROSS_ENTROPY_OF_LOGITS,
        "softmax": CROSS_ENTROPY_OF_LOGITS._replace(
            terms=_cross_entropy_after_softmax,
            slopes=_cross_entropy_slopes_after_softmax,
            array_terms=None,
            array_slopes=None,
        ),
    }
)
NLL_AFTER_SOFTMAX = Row(
    "nll",
    term="-t*log(y)",
    terms=_cross_entropy,
    slopes=_slopes_after_softmax,
    array_terms=array_cross_entropy,
    array_slopes=array_slopes_after_softmax,
    classes=True,
    slope="-t/y",
    takes="probabilities",
)
NLL = NLL_AFTER_SOFTMAX._replace(
    terms=each(lambda y, t, f: 0 - times_log(t, y, f, "nll")),
    slopes=each(_nll_slope),
    array_terms=array_nll,
    array_slopes=array_nll_slopes,
    after={
        "softmax": NLL_AFTER_SOFTMAX,
        "log_softmax": NLL_AFTER_SOFTMAX._replace(
            term="-t*y", slopes=_minus_targets, array_slopes=lambda z, t, np: 0 - t
        ),
    },
)
KL_AFTER_SOFTMAX = Row(
    "kl",
    term="t*log(t/y)",
    terms=_kl_after_softmax,
    slopes=_slopes_after_softmax,
    classes=True,
    slope="-t/y",
    takes="probabilities",
)
KL = KL_AFTER_SOFTMAX._replace(
    terms=each(_kl),
    slopes=each(_kl_slope),
    after={
        "softmax": KL_AFTER_SOFTMAX,
        "log_softmax": KL_AFTER_SOFTMAX._replace(term="t*(log(t) - y)", slopes=_minus_targets),
    },
)
ROWS = (CROSS_ENTROPY, NLL, KL)
