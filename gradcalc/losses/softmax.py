"""The softmax p_i = e^z_i/Σ e^z_j as losses need it: −ln p, p, 1 − p and 1/p, none through a cancelling difference.

The largest z is taken out of all, so no power overflows that does not cancel.
"""

from __future__ import annotations

from gradcalc.losses.loss import Functions, Number, Numbers
from gradcalc.losses.sums import sums_of_others, total


def negative_logs(zs: Numbers, f: Functions) -> list[Number]:
    """−ln p_i = (max z − z_i) + ln(1 + Σ e^(z_j − max z) over the others): a sum of what is not negative."""
    zs = list(zs)
    top = max(zs)
    at = zs.index(top)
    rest = f.log1p(total([f.exp(z - top) for z in (*zs[:at], *zs[at + 1 :])], f))
    return [(top - z) + rest for z in zs]


def shares(zs: Numbers, f: Functions) -> list[Number]:
    """p_i."""
    powers = _powers(zs, f)
    whole = total(powers, f)
    return [power / whole for power in powers]


def complements(zs: Numbers, f: Functions) -> list[Number]:
    """1 − p_i, as the sum of the others."""
    powers = _powers(zs, f)
    whole = total(powers, f)
    return [others / whole for others in sums_of_others(powers, f)]


def inverses(zs: Numbers, f: Functions) -> list[Number]:
    """1/p_i = e^(max z − z_i) Σ e^(z_j − max z)."""
    top, whole = max(zs), total(_powers(zs, f), f)
    return [f.exp(top - z) * whole for z in zs]


def _powers(zs: Numbers, f: Functions) -> list[Number]:
    top = max(zs)
    return [f.exp(z - top) for z in zs]
