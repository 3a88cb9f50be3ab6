"""|x|·ln|x| of the entries of edges, of which the entropy of paths is made."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcalc.arithmetic import Arithmetic
from gradcalc.arithmetic.double import HUGE, TINY

Array = Any


def xlogx(arithmetic: Arithmetic, edge: Any) -> Any:
    """Of every entry; 0 of a 0, and of an edge that is the identity."""
    if hasattr(edge, "apply"):
        return edge.apply(lambda entries: xlogx(arithmetic, entries))
    if isinstance(edge, int):
        return 0
    size = np.abs(edge)
    return size * _logarithms(arithmetic, np.where(size == 0, size + 1, size))


def _logarithms(arithmetic: Arithmetic, sizes: Array) -> Array:
    if arithmetic.name == "double":
        return np.log(sizes)
    log = np.frompyfunc(arithmetic.functions.log, 1, 1)
    if arithmetic.name != "extended" or not np.ndim(sizes):
        return log(sizes)
    doubles = sizes.astype(float)  # of these a double's logarithm is as good, at a twentieth of the time
    far = (doubles < TINY) | (doubles > HUGE)
    found = np.frompyfunc(arithmetic.number, 1, 1)(np.log(np.where(far, 1, doubles)))
    found[far] = log(sizes[far])
    return found
