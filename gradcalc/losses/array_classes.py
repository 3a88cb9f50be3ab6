"""The losses over classes for arrays [B, n], by the same cancelling-free forms as softmax.py and classes.py."""

from __future__ import annotations

from typing import Any

from gradcalc.losses.array_domain import array_positive, array_times_log
from gradcalc.losses.loss import Array


def array_negative_logs(z: Array, np: Any) -> Array:
    """−ln softmax(z)_i = (max z − z_i) + ln(1 + Σ e^(z_j − max z) over the others)."""
    powers = _powers(z, np)
    at = z.argmax(axis=1)[:, None]
    np.put_along_axis(powers, at, 0.0, axis=1)
    return z.max(axis=1, keepdims=True) - z + np.log1p(powers.sum(axis=1, keepdims=True))


def array_sums_of_others(terms: Array, np: Any) -> Array:
    """Σ over j ≠ i of the terms: from the total where that loses nothing, else added up anew."""
    whole = terms.sum(axis=1, keepdims=True)
    sums = whole - terms
    examples, units = np.nonzero(~((terms >= 0) & (2 * terms <= whole)))
    without = terms[examples]
    without[np.arange(len(units)), units] = 0.0
    sums[examples, units] = without.sum(axis=1)
    return sums


def array_cross_entropy(z: Array, t: Array, np: Any) -> Array:
    """−t ln softmax(z)."""
    return _weighed(t, array_negative_logs(z, np), np)


def array_cross_entropy_slopes(z: Array, t: Array, np: Any) -> Array:
    """p_i Σ over j ≠ i of t_j − t_i (1 − p_i)."""
    powers = _powers(z, np)
    whole = powers.sum(axis=1, keepdims=True)
    return powers / whole * array_sums_of_others(t, np) - t * (array_sums_of_others(powers, np) / whole)


def array_slopes_after_softmax(z: Array, t: Array, np: Any) -> Array:
    """−t_i/p_i = −t_i e^(max z − z_i) Σ e^(z_j − max z)."""
    inverses = np.exp(z.max(axis=1, keepdims=True) - z) * _powers(z, np).sum(axis=1, keepdims=True)
    return -_weighed(t, inverses, np)


def array_nll(y: Array, t: Array, np: Any) -> Array:
    """−t ln y."""
    return 0 - array_times_log(t, y, np, "nll")


def array_nll_slopes(y: Array, t: Array, np: Any) -> Array:
    """−t/y."""
    return 0 - t / array_positive(np.where(t == 0, 1.0, y), np, "nll")


def _powers(z: Array, np: Any) -> Array:
    return np.exp(z - z.max(axis=1, keepdims=True))


def _weighed(t: Array, values: Array, np: Any) -> Array:
    return np.where(t == 0, 0.0, t * values)
