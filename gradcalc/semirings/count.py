"""The number of paths, of paths of either sign, and of every length.

Counts by length are a polynomial Σ cₖ·tᵏ in one integer, at t = 2^bits (Kronecker substitution): with `bits` enough for
the largest count no coefficient reaches into the next, so adding two integers adds two polynomials. The length that all
paths of a node have in common is a number of its own: an edge that enters a layer moves no bits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcalc.network.linear_graph import LinearGraph
from gradcalc.records import Record

Function = Callable[[Any], Any]


class Count:
    """Every edge counts 1 (or as `structure` has it, where edges stand for many), whatever its derivative."""

    zero: Any = 0

    def __init__(self, structure: Sequence[Any] | None = None, zero: Any = 0) -> None:
        self.structure = structure
        self.zero = zero

    def start(self, seed: Any) -> Any:
        """The empty path is one path; `seed` is 1 of the right shape."""
        return seed

    def edges(self, graph: LinearGraph, local: Any) -> Sequence[Any]:
        """Ones."""
        return [1] * len(graph.tails) if self.structure is None else self.structure


class SignEdge(Record):
    """An edge: 1 at its positive and at its negative derivatives, else 0; `limit` keeps counts in their range."""

    positive: Any
    negative: Any
    limit: Function


class SignCounts:
    """Numbers of positive and of negative products."""

    __slots__ = ("negative", "positive")

    def __init__(self, positive: Any, negative: Any) -> None:
        self.positive = positive
        self.negative = negative

    def __add__(self, other: SignCounts) -> SignCounts:
        return SignCounts(self.positive + other.positive, self.negative + other.negative)

    def __mul__(self, edge: SignEdge) -> SignCounts:
        positive, negative, limit = edge
        return SignCounts(
            limit(self.positive * positive + self.negative * negative),
            limit(self.positive * negative + self.negative * positive),
        )


class CountBySign:
    """A path with a factor of 0 has neither sign; along an edge the two counts change places where it is negative.

    `mapped` applies a function of numbers to an edge; `limit` may cut counts that only have to stay above 0.
    """

    def __init__(
        self,
        zero: Any = 0,
        mapped: Callable[[Function, Any], Any] = lambda function, derivative: function(derivative),
        limit: Function = lambda count: count,
    ) -> None:
        self._mapped = mapped
        self._limit = limit
        self.zero = SignCounts(zero, zero)

    def start(self, seed: Any) -> SignCounts:
        """One path."""
        return SignCounts(is_positive(seed), is_negative(seed))

    def edges(self, graph: LinearGraph, local: Sequence[Any]) -> list[SignEdge]:
        """Which local derivatives are positive and which are negative."""
        mapped, limit = self._mapped, self._limit
        return [SignEdge(mapped(is_positive, e), mapped(is_negative, e), limit) for e in local]


def is_positive(derivative: Any) -> Any:
    """1 or 0, of an array entry by entry."""
    return (derivative > 0) * 1


def is_negative(derivative: Any) -> Any:
    """1 or 0, of an array entry by entry."""
    return (derivative < 0) * 1


class PackedCounts:
    """`number` holds the counts of lengths `low`, `low` + 1 and so on from its last bits on; None where no path is.

    In arrays it is an array of integers, one for each unit.
    """

    __slots__ = ("bits", "low", "number")

    def __init__(self, low: int, number: Any, bits: int) -> None:
        self.low = low
        self.number = number
        self.bits = bits

    def __add__(self, other: PackedCounts) -> PackedCounts:
        if self.number is None or other.number is None:
            return other if self.number is None else self
        if other.low < self.low:
            return other + self
        gap = (other.low - self.low) * self.bits
        return PackedCounts(self.low, self.number + (other.number << gap if gap else other.number), self.bits)

    def __mul__(self, edge: tuple[int, Any]) -> PackedCounts:
        enters, structure = edge
        if self.number is None:
            return self
        number = self.number if structure is None else self.number * structure
        return PackedCounts(self.low + enters, number, self.bits)


class CountByLength:
    """Every edge counts 1 (or as `structure` has it); `bits` is more than the largest count of any node needs."""

    zero = PackedCounts(0, None, 0)

    def __init__(self, bits: int, structure: Sequence[Any] | None = None) -> None:
        self._bits = bits
        self._structure = structure

    def start(self, seed: Any) -> PackedCounts:
        """The empty path has length 0."""
        return PackedCounts(0, seed, self._bits)

    def edges(self, graph: LinearGraph, local: Any) -> list[tuple[int, Any]]:
        """The layers that are entered, and the structure; None where one unit feeds one."""
        return list(zip(graph.enters, self._structure or [None] * len(graph.tails)))


def unpacked(packed: PackedCounts) -> dict[int, int]:
    """The counts by length, shortest first, without zeros; `bits` is a multiple of 8 here."""
    if packed.number is None:
        return {}
    number, step = packed.number, packed.bits // 8
    data = number.to_bytes((number.bit_length() + 7) // 8, "little")
    parts = enumerate((data[first : first + step] for first in range(0, len(data), step)), packed.low)
    return {length: count for length, part in parts if (count := int.from_bytes(part, "little"))}


def wide_enough(largest: int) -> int:
    """Bits for counts up to `largest`, a whole number of bytes."""
    return (largest.bit_length() + 8) // 8 * 8
