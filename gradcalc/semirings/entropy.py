"""The entropy of a gradient over its paths: H = −Σ q·log₂ q bits, of the shares q = |product| / Σ|product|.

With M = Σ|p| and N = Σ|p|·ln|p| over the paths, H = (ln M − N/M)/ln 2. The pair (M, N) is an expectation semiring
(Eisner 2002; Li and Eisner, "First- and Second-Order Expectation Semirings", 2009): along a path ln|p| adds up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log
from typing import Any

from gradcalc.network.linear_graph import LinearGraph

FLOAT_BITS = 1000.0  # bits of entropy up to which the effective number of paths is a float


EntropyEdge = tuple[Any, Any]  # |e| and |e|·ln|e| of a local derivative e


class Moments:
    """M and N of some paths."""

    __slots__ = ("size", "spread")

    def __init__(self, size: Any, spread: Any) -> None:
        self.size = size
        self.spread = spread

    def __add__(self, other: Moments) -> Moments:
        return Moments(self.size + other.size, self.spread + other.spread)

    def __mul__(self, edge: EntropyEdge) -> Moments:
        size, spread = edge
        return Moments(self.size * size, self.spread * size + self.size * spread)


class Entropy:
    """Absolute local derivatives with their logarithms; `xlogx` is |x|·ln|x|, 0 at 0, of an edge."""

    def __init__(self, xlogx: Callable[[Any], Any] | None = None, zero: Any = 0.0) -> None:
        self._xlogx = xlogx or of_number
        self.zero = Moments(zero, zero)

    def start(self, seed: Any) -> Moments:
        """One path."""
        return Moments(abs(seed), self._xlogx(seed))

    def edges(self, graph: LinearGraph, local: Sequence[Any]) -> list[EntropyEdge]:
        """|e| and |e|·ln|e| of every local derivative e."""
        return list(zip(map(abs, local), map(self._xlogx, local)))


def of_number(x: Any, log: Callable[[Any], Any] = log) -> Any:
    """|x|·ln|x|, 0 of 0."""
    size = abs(x)
    return size * log(size) if size else size


def bits(size: Any, spread: Any, logarithm: Any) -> float:
    """H of M, which is not 0 and has that natural logarithm, and N; never below 0."""
    return max(0.0, float(logarithm - logarithm.__class__(spread / size)) / log(2))


def effective_paths(entropy: float | None) -> Any:
    """2^H: as many equal paths have the entropy H; a Decimal where no float holds it."""
    if entropy is None or entropy < FLOAT_BITS:
        return None if entropy is None else 2.0**entropy
    from decimal import Decimal

    return Decimal(2) ** Decimal(entropy)
