"""Between what sizes the products of the paths lie: log₂ of the least and of the greatest, of paths without a 0.

A path is lost to the range of doubles where its product leaves it, though the sum of all paths does not. Logarithms
cannot: along a path they add, side by side the outermost count (the tropical semirings, min-plus and max-plus).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, log2
from typing import Any

from gradcalc.steps import Steps


class Extent:
    """From `low` to `high`, log₂ of sizes; from inf to −inf where there is no path, or every one has a 0."""

    __slots__ = ("high", "low")

    def __init__(self, low: float, high: float) -> None:
        self.low = low
        self.high = high

    def __add__(self, other: Extent) -> Extent:
        return Extent(min(self.low, other.low), max(self.high, other.high))

    def __mul__(self, edge: Extent) -> Extent:
        return Extent(self.low + edge.low, self.high + edge.high)


NO_PATH = Extent(inf, -inf)


class Extents:
    """Sizes of numbers."""

    zero = NO_PATH

    def start(self, seed: Any) -> Extent:
        """One path, of the size of the seed."""
        return of_number(seed)

    def edges(self, steps: Steps, slopes: Sequence[Any]) -> list[Extent]:
        """Sizes of the slopes; no path leads over a 0."""
        return list(map(of_number, slopes))


def of_number(x: float) -> Extent:
    """One size; that of a NaN is beyond all bounds."""
    if not x:
        return NO_PATH
    size = log2(abs(x)) if x == x else inf
    return Extent(size, size)
