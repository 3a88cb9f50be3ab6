"""The entropy of gradients over paths whose contributions leave the range of float64.

There ln|p| has more digits before the point than a float64 has after it, and H = ln M − N/M would cancel them. So N is
formed of contributions relative to a power of two near the largest: N = R + M·ln 2^base with R = Σ|p|·ln(|p|/2^base).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.arithmetic.extended_arrays import LN2, ZERO, ExtendedArray, extended, xlogx
from gradcalc.engine.array_edges import NOTHING, ArrayEdge, Nothing
from gradcalc.network.linear_graph import LinearGraph

ScaledEdge = tuple[Any, Any, int]  # |e|, |e|·ln(|e|/2^base) and the base, of a local derivative e


class ScaledMoments:
    """M, R and the base, one for all entries of the array."""

    __slots__ = ("base", "size", "spread")

    def __init__(self, size: ExtendedArray, spread: ExtendedArray, base: int) -> None:
        """With the base moved to the largest entry of M."""
        top = int(size.exponents.max())
        self.size = size
        self.base = top if top > ZERO else base
        self.spread = spread + size * ((base - self.base) * LN2)

    def __add__(self, other: ScaledMoments | Nothing) -> ScaledMoments:
        if isinstance(other, Nothing):
            return self
        further = other.spread + other.size * ((other.base - self.base) * LN2)
        return ScaledMoments(self.size + other.size, self.spread + further, self.base)

    def __mul__(self, edge: ScaledEdge) -> ScaledMoments:
        size, spread, base = edge
        return ScaledMoments(self.size * size, self.spread * size + self.size * spread, self.base + base)


class ScaledEntropy:
    """Absolute local derivatives with their logarithms."""

    zero: Any = NOTHING

    def start(self, seed: Any) -> ScaledMoments:
        """One path."""
        size = extended(abs(seed))
        base = int(size.exponents)
        return ScaledMoments(size, xlogx(size, base), base)

    def edges(self, graph: LinearGraph, local: Sequence[Any]) -> list[ScaledEdge]:
        """|e| and |e|·ln(|e|/2^base), the base near the largest, of every local derivative e."""
        return list(map(_edge, local))


def _edge(edge: ArrayEdge) -> ScaledEdge:
    sizes = abs(edge)
    if sizes.entries is None:
        return sizes, sizes.apply(lambda one: one * 0), 0
    top = int(extended(sizes.entries).exponents.max())
    base = top if top > ZERO else 0
    return sizes, sizes.apply(lambda entries: xlogx(extended(entries), base)), base
