"""The number of paths of every length, exactly, in one integer each: Σ cₖ·tᵏ at t = 2^bits (Kronecker substitution).

With `bits` wide enough for the largest count no coefficient reaches into the next, so adding two integers adds two
polynomials, and an edge that enters a layer shifts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.steps import Steps


class Shift:
    """An edge: past so many bits, a count's for each layer it enters; `structure` None is one from unit to unit."""

    __array_ufunc__ = None  # NumPy leaves `said * edge` to it

    def __init__(self, bits: int, structure: Any = None) -> None:
        self._bits = bits
        self._structure = structure

    def __rmul__(self, said: Any) -> Any:
        moved = said << self._bits if self._bits else said  # and not times 1: it would copy a million bits
        return moved if self._structure is None else moved * self._structure


class CountByLength:
    """Every edge counts 1 (or what `structure` says); `bits` is more than the largest count of any node needs."""

    zero: Any = 0

    def __init__(self, bits: int, structure: Sequence[Any] | None = None, zero: Any = 0) -> None:
        self._bits = bits
        self._structure = structure
        self.zero = zero

    def start(self, seed: Any) -> Any:
        """The empty path."""
        return seed

    def edges(self, steps: Steps, slopes: Any) -> list[Any]:
        """Shifts, by nothing where no layer is entered."""
        structure = self._structure or [None] * len(steps.tails)
        return [Shift(self._bits * n, edge) for n, edge in zip(steps.enters, structure)]


def unpacked(packed: int, bits: int) -> list[int]:
    """The coefficients, from length 0 on; `bits` is a multiple of 8."""
    step = bits // 8
    data = packed.to_bytes((packed.bit_length() + bits - 1) // bits * step, "little")
    return [int.from_bytes(data[start : start + step], "little") for start in range(0, len(data), step)]


def wide_enough(largest: int) -> int:
    """Bits for counts up to `largest`, a whole number of bytes."""
    return (largest.bit_length() + 8) // 8 * 8
