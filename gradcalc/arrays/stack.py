"""Polynomials whose coefficients are arrays, stacked along the first axis: an edge multiplies all of them at once."""

from __future__ import annotations

from typing import Any

import numpy as np


class Stack:
    """Coefficients [lengths, …] of whatever shape a node's arrays have."""

    __slots__ = ("of",)

    def __init__(self, of: Any) -> None:
        self.of = of

    def __len__(self) -> int:
        return len(self.of)

    def __getitem__(self, place: int) -> Any:
        return self.of[place]

    def __mul__(self, slope: Any) -> Stack:
        return Stack(self.of * slope)

    def plus(self, other: Stack, at: int) -> Stack:
        """The sum, with `other` beginning `at` places after this; gaps are 0."""
        if at == 0 and len(self.of) == len(other.of):
            return Stack(self.of + other.of)
        longest = max(len(self.of), at + len(other.of))
        total = np.zeros((longest, *self.of.shape[1:]), dtype=self.of.dtype)
        total[: len(self.of)] = self.of
        total[at : at + len(other.of)] = total[at : at + len(other.of)] + other.of
        return Stack(total)


def start(seed: Any) -> Stack:
    """The empty path's coefficient; axes for length, examples and units."""
    return Stack(np.array(seed).reshape(1, 1, 1))
