"""The number of paths, and of every length: Σ cₖ·tᵏ as one integer each, at t = 2^bits (Kronecker substitution).

With `bits` wide enough for the largest count no coefficient reaches into the next, so adding two integers adds two
polynomials. What all paths of a node have in length is kept apart: an edge that enters a layer moves no bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.network.linear_graph import Steps


class Count:
    """Every edge counts 1 (or what `structure` says, where edges stand for many), whatever its derivative."""

    zero: Any = 0

    def __init__(self, structure: Sequence[Any] | None = None, zero: Any = 0) -> None:
        self.structure = structure
        self.zero = zero

    def start(self, seed: Any) -> Any:
        """The empty path is one path; `seed` is 1 of the right shape."""
        return seed

    def edges(self, steps: Steps, derivatives: Any) -> Sequence[Any]:
        """Ones."""
        return [1] * len(steps.tails) if self.structure is None else self.structure


# The number of paths of every length, exactly, in one integer each: Σ cₖ·tᵏ at t = 2^bits (Kronecker substitution).


class Packed:
    """`number` holds the counts of lengths `low`, `low` + 1 and so on from its last bits on; None where no path is.

    In arrays it is an array of integers, one for each unit.
    """

    __slots__ = ("bits", "low", "number")

    def __init__(self, low: int, number: Any, bits: int) -> None:
        self.low = low
        self.number = number
        self.bits = bits

    def __add__(self, other: Packed) -> Packed:
        if self.number is None or other.number is None:
            return other if self.number is None else self
        if other.low < self.low:
            return other + self
        gap = (other.low - self.low) * self.bits
        return Packed(self.low, self.number + (other.number << gap if gap else other.number), self.bits)

    def __mul__(self, edge: tuple[int, Any]) -> Packed:
        enters, structure = edge
        if self.number is None:
            return self
        number = self.number if structure is None else self.number * structure
        return Packed(self.low + enters, number, self.bits)


class CountByLength:
    """Every edge counts 1 (or what `structure` says); `bits` is more than the largest count of any node needs."""

    zero = Packed(0, None, 0)

    def __init__(self, bits: int, structure: Sequence[Any] | None = None) -> None:
        self._bits = bits
        self._structure = structure

    def start(self, seed: Any) -> Packed:
        """The empty path has length 0."""
        return Packed(0, seed, self._bits)

    def edges(self, steps: Steps, derivatives: Any) -> list[tuple[int, Any]]:
        """The layers that are entered, and the structure; None where that is from one unit to one."""
        return list(zip(steps.enters, self._structure or [None] * len(steps.tails)))


def unpacked(packed: Packed) -> dict[int, int]:
    """The counts by length, shortest first, without zeros; `bits` is a multiple of 8 here."""
    if packed.number is None:
        return {}
    number, step = packed.number, packed.bits // 8
    data = number.to_bytes((number.bit_length() + 7) // 8, "little")
    parts = (data[first : first + step] for first in range(0, len(data), step))
    counts = enumerate((int.from_bytes(part, "little") for part in parts), packed.low)
    return {length: count for length, count in counts if count}


def wide_enough(largest: int) -> int:
    """Bits for counts up to `largest`, a whole number of bytes."""
    return (largest.bit_length() + 8) // 8 * 8
