"""Gradients and numbers of paths by length: a polynomial Σ cₖ·tᵏ whose exponent counts the layers that a path enters.

The product of a path's local derivatives stands at the exponent that is its length, so cₖ is the sum over the paths of
length k; with absolute local derivatives it is their magnitude. Their number is a polynomial in one integer, at
t = 2^bits (Kronecker substitution): with `bits` enough for the largest count no coefficient reaches into the next, so
adding two integers adds two polynomials. The length that all paths of a node have in common is a number of its own: an
edge that enters a layer moves no bits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import repeat
from operator import add, mul
from typing import Any

from gradcalc.network.linear_graph import LinearGraph


class Numbers:
    """Coefficients side by side, numbers in a list; those that are arrays derive from it."""

    __slots__ = ("of",)

    def __init__(self, of: Any) -> None:
        self.of = of

    def __mul__(self, local: Any) -> Numbers:
        return Numbers(list(map(mul, self.of, repeat(local))))

    def plus(self, other: Numbers, at: int) -> Numbers:
        """The sum, with `other` beginning `at` places after this; gaps are 0."""
        mine, theirs = self.of, other.of
        end = at + len(theirs)
        both = list(map(add, mine[at:end], theirs))
        if end <= len(mine):
            return Numbers(mine[:at] + both + mine[end:])
        if at <= len(mine):
            return Numbers(mine[:at] + both + theirs[len(both) :])
        return Numbers(mine + [0] * (at - len(mine)) + theirs)


Monomial = tuple[int, Any]  # an edge, local·t^enters, as (enters, local); a local derivative None is 1


class Polynomial:
    """`coefficients[k]` belongs to length `low` + k; no coefficients: 0."""

    __slots__ = ("coefficients", "low")

    def __init__(self, low: int = 0, coefficients: Numbers | None = None) -> None:
        self.low = low
        self.coefficients = coefficients

    def __add__(self, other: Polynomial) -> Polynomial:
        if other.coefficients is None:
            return self
        if self.coefficients is None:
            return other
        if other.low < self.low:
            return Polynomial(other.low, other.coefficients.plus(self.coefficients, self.low - other.low))
        return Polynomial(self.low, self.coefficients.plus(other.coefficients, other.low - self.low))

    def __mul__(self, edge: Monomial) -> Polynomial:
        enters, local = edge
        if self.coefficients is None:
            return self
        return Polynomial(self.low + enters, self.coefficients if local is None else self.coefficients * local)

    def terms(self) -> list[tuple[int, Any]]:
        """Every length with its coefficient, shortest first."""
        return [] if self.coefficients is None else list(enumerate(self.coefficients.of, self.low))


class ByLength:
    """Local derivatives at the exponent of the layers they enter."""

    zero = Polynomial()

    def __init__(self, coefficients: Callable[[Any], Numbers] = lambda seed: Numbers([seed])) -> None:
        self._coefficients = coefficients

    def start(self, seed: Any) -> Polynomial:
        """The empty path has length 0."""
        return Polynomial(0, self._coefficients(seed))

    def edges(self, graph: LinearGraph, local: Sequence[Any]) -> list[Monomial]:
        """Monomials; a derivative of 1 multiplies nothing."""
        ones = [None if factor.__class__ in (int, float) and factor == 1 else factor for factor in local]
        return list(zip(graph.enters, ones))


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
