"""The shares p_i = e^(z_i)/Σ e^(z_j) of n numbers, with 1 − p_i, 1/p_i and −ln p_i, none of which cancels or overflows.

The largest z is taken out of all powers; 1 − p_i is the sum of the other shares, never a difference; and
−ln p_i = (max z − z_i) + ln(1 + Σ e^(z_j − max z) over the others) is a sum of what is not negative.
Each takes the functions of the numbers' arithmetic; those of arrays go over the last axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Number = Any
Numbers = Sequence[Number]
Functions = Any
Array = Any


def powers(zs: Numbers, f: Functions) -> list[Number]:
    """e^(z_i − max z)."""
    top = max(zs)
    return [f.exp(z - top) for z in zs]


def shares(zs: Numbers, f: Functions) -> list[Number]:
    """p_i."""
    terms = powers(zs, f)
    whole = f.sum(terms)
    return [term / whole for term in terms]


def shares_and_complements(zs: Numbers, f: Functions) -> tuple[list[Number], list[Number]]:
    """p_i, and 1 − p_i."""
    terms = powers(zs, f)
    whole = f.sum(terms)
    return [term / whole for term in terms], [others / whole for others in sums_of_others(terms, f)]


def inverses(zs: Numbers, f: Functions) -> list[Number]:
    """1/p_i = e^(max z − z_i) Σ e^(z_j − max z)."""
    top, whole = max(zs), f.sum(powers(zs, f))
    return [f.exp(top - z) * whole for z in zs]


def negative_logs(zs: Numbers, f: Functions) -> list[Number]:
    """−ln p_i."""
    zs = list(zs)
    top = max(zs)
    at = zs.index(top)
    rest = f.log1p(f.sum([f.exp(z - top) for z in (*zs[:at], *zs[at + 1 :])]))
    return [(top - z) + rest for z in zs]


def sums_of_others(terms: Numbers, f: Functions) -> list[Number]:
    """Σ over j ≠ i of the terms, for every i: from the total where that loses nothing, else added up anew."""
    whole = f.sum(terms)
    return [
        whole - term if 0 <= 2 * term <= whole else f.sum([*terms[:i], *terms[i + 1 :]]) for i, term in enumerate(terms)
    ]


def array_powers(z: Array) -> tuple[Array, Array, Array]:
    """e^(z − max z), where the (first) largest z stands, and the sum of the powers of the others."""
    import numpy as np

    first = z.argmax(-1)[..., None]
    terms = np.exp(z - np.take_along_axis(z, first, -1))
    at = np.arange(z.shape[-1]) == first
    return terms, at, np.where(at, 0.0, terms).sum(-1, keepdims=True)


def array_shares_and_complements(z: Array) -> tuple[Array, Array]:
    """p and 1 − p: only that of the largest z can cancel, and is the sum of the others."""
    import numpy as np

    terms, at, others = array_powers(z)
    p = terms / (1 + others)
    return p, np.where(at, others / (1 + others), 1 - p)


def array_negative_logs(z: Array) -> Array:
    """−ln p."""
    import numpy as np

    return (z.max(-1, keepdims=True) - z) + np.log1p(array_powers(z)[2])
