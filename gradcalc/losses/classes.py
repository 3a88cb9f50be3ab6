"""Losses of classes: cross_entropy, nll and kl, from logits, probabilities or log-probabilities, without cancellation.

After softmax all are computed from the preactivations z, where ln softmax(z) is exact however small the share. After
log_softmax the output is ln p already: cross_entropy is unmoved by that (softmax(ln p) = p), and nll and kl read it as
the logarithm that they would take, as everybody does who writes that pair: nll = −Σ t·y, kl = Σ t·(ln t − y).
"""

from __future__ import annotations

from typing import Any

from gradcalc.errors import DomainError
from gradcalc.expressions.shares import (
    array_negative_logs,
    array_powers,
    array_shares_and_complements,
    inverses,
    negative_logs,
    shares,
    shares_and_complements,
    sums_of_others,
)
from gradcalc.expressions.textbook import Textbook
from gradcalc.losses import Array, Functions, Loss, Number, Numbers, each
from gradcalc.losses.domain import array_positive, array_times_log, positive, times_log

LARGEST_RATIO = 10**300  # above it, and below its inverse, a quotient of float64 is not trusted to be a normal number


def _times(ts: Numbers, values: Numbers, f: Functions) -> list[Number]:
    """t·value, 0 where t is 0 whatever the value."""
    return [t * value if t != 0 else f.number(0) for t, value in zip(ts, values, strict=True)]


def _cross_entropy(ys: Numbers, ts: Numbers, f: Functions) -> list[Number]:
    return _times(ts, negative_logs(ys, f), f)


def _cross_entropy_derivatives(ys: Numbers, ts: Numbers, f: Functions) -> list[Number]:
    """p_i Σ t − t_i = p_i Σ over j ≠ i of t_j − t_i (1 − p_i)."""
    terms = zip(*shares_and_complements(ys, f), sums_of_others(ts, f), ts, strict=True)
    return [share * others - t * complement for share, complement, others, t in terms]


def _derivatives_after_softmax(zs: Numbers, ts: Numbers, f: Functions) -> list[Number]:
    return [-part for part in _times(ts, inverses(zs, f), f)]


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


def _minus_targets(zs: Numbers, ts: Numbers, f: Functions) -> list[Number]:
    return [0 - t for t in ts]


def _array_times(t: Array, values: Array, np: Any) -> Array:
    return np.where(t == 0, 0.0, t * values)


def _array_cross_entropy(z: Array, t: Array, np: Any) -> Array:
    return _array_times(t, array_negative_logs(z), np)


def _array_cross_entropy_derivatives(z: Array, t: Array, np: Any) -> Array:
    share, complement = array_shares_and_complements(z)
    return share * _array_sums_of_others(t, np) - t * complement


def _array_sums_of_others(terms: Array, np: Any) -> Array:
    """Σ over j ≠ i of the terms: from the total where that loses nothing, else added up anew."""
    whole = terms.sum(axis=1, keepdims=True)
    sums = whole - terms
    examples, units = np.nonzero(~((terms >= 0) & (2 * terms <= whole)))
    without = terms[examples]
    without[np.arange(len(units)), units] = 0.0
    sums[examples, units] = without.sum(axis=1)
    return sums


def _array_derivatives_after_softmax(z: Array, t: Array, np: Any) -> Array:
    """−t/p."""
    others = array_powers(z)[2]
    return -_array_times(t, np.exp(z.max(axis=1, keepdims=True) - z) * (1 + others), np)


def _of_softmax(loss: str) -> Textbook:
    """Loss and softmax as one: p Σt − t; exactly p_i Σ t_j − t_i Σ p_j, both over the others."""
    value = "t*log(t/p)" if loss == "kl" else "-t*log(p)"
    return Textbook(f"{loss} of y = softmax(z)", "total*y - t", "y*others(t) - t*others(y)", value)


def _of_log_softmax(loss: str) -> Textbook:
    """The same of the logarithms."""
    exact = "exp(y)*others(t) - t*others(exp(y))"
    return Textbook(f"{loss} of y = ln p", "total*p - t", exact)


MINUS_RATIO = Textbook("logarithm rule", "-t/y", hard="-t/(1 - t + y)")
MINUS_TARGET = Textbook("logarithm rule", "-t")

CROSS_ENTROPY_OF_LOGITS = Loss(
    "cross_entropy",
    term="-t*log(p)",
    terms=_cross_entropy,
    term_derivatives=_cross_entropy_derivatives,
    array_terms=_array_cross_entropy,
    array_derivatives=_array_cross_entropy_derivatives,
    classes=True,
    coupled=True,
    derivative_reads="p*sum(t) - t",
    takes="logits",
    applies={"softmax": "nll"},
    textbook=Textbook("softmax cross entropy", "total*p - t", "p*others(t) - t*others(p)"),
    aliases=("softmax_cross_entropy", "softmax_cross_entropy_with_integer_labels"),
)

CROSS_ENTROPY = CROSS_ENTROPY_OF_LOGITS._replace(
    of_preactivations={
        "log_softmax": CROSS_ENTROPY_OF_LOGITS._replace(fused=_of_log_softmax("cross entropy")),
        "softmax": CROSS_ENTROPY_OF_LOGITS._replace(
            terms=lambda zs, ts, f: _cross_entropy(shares(zs, f), ts, f),
            term_derivatives=lambda zs, ts, f: _cross_entropy_derivatives(shares(zs, f), ts, f),
            array_terms=None,
            array_derivatives=None,
        ),
    }
)

NLL_AFTER_SOFTMAX = Loss(
    "nll",
    term="-t*log(y)",
    terms=_cross_entropy,
    term_derivatives=_derivatives_after_softmax,
    array_terms=_array_cross_entropy,
    array_derivatives=_array_derivatives_after_softmax,
    classes=True,
    takes="probabilities",
    textbook=MINUS_RATIO,
    fused=_of_softmax("nll"),
    log_aliases=("nll_loss",),
)

NLL = NLL_AFTER_SOFTMAX._replace(
    terms=each(lambda y, t, f: 0 - times_log(t, y, f, "nll")),
    term_derivatives=each(lambda y, t, f: -t / positive(y, "nll") if t != 0 else f.number(0)),
    array_terms=lambda y, t, np: 0 - array_times_log(t, y, np, "nll"),
    array_derivatives=lambda y, t, np: 0 - t / array_positive(np.where(t == 0, 1.0, y), np, "nll"),
    of_preactivations={
        "softmax": NLL_AFTER_SOFTMAX,
        "log_softmax": NLL_AFTER_SOFTMAX._replace(
            term="-t*y",
            term_derivatives=_minus_targets,
            array_derivatives=lambda z, t, np: 0 - t,
            textbook=MINUS_TARGET,
            fused=_of_log_softmax("nll"),
        ),
    },
)

KL_AFTER_SOFTMAX = Loss(
    "kl",
    term="t*log(t/y)",
    terms=_kl_after_softmax,
    term_derivatives=_derivatives_after_softmax,
    classes=True,
    takes="probabilities",
    textbook=MINUS_RATIO,
    fused=_of_softmax("kl"),
    log_aliases=("kl_div",),
)

KL = KL_AFTER_SOFTMAX._replace(
    terms=each(lambda y, t, f: f.number(0) if t == 0 else t * _log_ratio(_target(t), positive(y, "kl"), f)),
    term_derivatives=each(lambda y, t, f: -_target(t) / positive(y, "kl") if t != 0 else f.number(0)),
    of_preactivations={
        "softmax": KL_AFTER_SOFTMAX,
        "log_softmax": KL_AFTER_SOFTMAX._replace(
            term="t*(log(t) - y)", term_derivatives=_minus_targets, textbook=MINUS_TARGET, fused=_of_log_softmax("kl")
        ),
    },
)

ROWS = (CROSS_ENTROPY, NLL, KL)
UNLIKE = {
    **dict.fromkeys(
        ("categoricalcrossentropy", "sparsecategoricalcrossentropy"),
        "takes probabilities in Keras; write nll, or cross_entropy without softmax (it takes logits)",
    ),
    **dict.fromkeys(
        ("kldivergence", "kullbackleiblerdivergence"),
        "takes probabilities in Keras, logarithms in Optax; kl takes probabilities (or log_softmax)",
    ),
    **dict.fromkeys(
        ("nll", "negativeloglikelihood"),
        "takes logarithms in PyTorch; write nll, which takes probabilities (or log_softmax)",
    ),
    "kldiv": "takes logarithms in PyTorch; write kl, which takes probabilities (or log_softmax)",
}
