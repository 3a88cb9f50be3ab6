"""Numbers drawn many at a time by NumPy, digit for digit those that are drawn one by one.

NumPy's Mersenne Twister (`RandomState`) has the states of Python's; arithmetic and roots are rounded alike everywhere.
Cosines, sines and logarithms are those of the C library as Python's are, unless this NumPy has others.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from gradcalc.language.building.initializers import TWO_PI, Generator

Array = Any
PARTS = 64  # of the circle
BLOCK = 4096  # pairs that are drawn at once, whose arrays stay in the cache
TRIALS = 20_000  # numbers that show whether functions round alike: others differ in one of some hundred


class ArrayGenerator(Generator):
    """The numbers that a seed gives, in arrays of rows."""

    def __init__(self, seed: int) -> None:
        self._uniform = np.random.RandomState(0)
        self._exponential: Any = None  # made when a first normal number is asked for
        self.restart(seed)

    def restart(self, seed: int) -> None:
        """From now on those of another seed."""
        number = abs(seed)
        self._words = [number >> bits & 0xFFFFFFFF for bits in range(0, max(number.bit_length(), 1), 32)]
        self._uniform.seed(self._words)
        self._held: float | None = None
        self._drawn = 0
        self._exponentials: int | None = None  # after how many numbers their generator stands; None: not yet begun

    def uniform(self, rows: int, columns: int, low: float, high: float) -> Array:
        """Uniform between the ends."""
        found = self._next(rows * columns)
        found *= high - low
        found += low
        return found.reshape(rows, columns)

    def normal(self, rows: int, columns: int, mean: float, std: float) -> Array:
        """Normal with this mean and standard deviation, two at a time, of which one may be held back."""
        count = rows * columns
        held = [] if self._held is None else [self._held]
        pairs = (count - len(held) + 1) // 2
        found = np.empty(len(held) + 2 * pairs)
        found[: len(held)] = held
        for first in range(len(held), len(found), 2 * BLOCK):
            self._fill(found[first : first + 2 * BLOCK])
        self._held = float(found[-1]) if len(found) > count else None
        found = found[:count]
        found *= std
        found += mean
        return found.reshape(rows, columns)

    def _fill(self, found: Array) -> None:
        """Standard normal numbers, two at a time: the cosine and the sine of an angle, each times the same radius.

        The C library has a branch for each part of the circle, so angles are taken part by part.
        """
        radius = self._next_exponentials(len(found))[1::2] * 2.0  # −log(1 − u) of every u
        np.sqrt(radius, out=radius)
        turn = self._next(len(found))[::2]
        order = np.argsort((turn * PARTS).astype(np.uint8), kind="stable")
        angle = turn[order]
        angle *= TWO_PI
        of_angle = np.empty_like(angle)
        for place, function in enumerate((np.cos, np.sin)):
            of_angle[order] = function(angle)
            np.multiply(of_angle, radius, out=found[place::2])

    def _next(self, count: int) -> Array:
        """Uniform in [0, 1)."""
        self._drawn += count
        return self._uniform.random_sample(count)

    def _next_exponentials(self, count: int) -> Array:
        """−log(1 − u) of the numbers u that come next and are still to be drawn."""
        if self._exponentials is None:
            self._exponential = self._exponential or np.random.RandomState(0)
            self._exponential.seed(self._words)
            self._exponentials = 0
        if self._drawn > self._exponentials:
            self._exponential.random_sample(self._drawn - self._exponentials)
        self._exponentials = self._drawn + count
        return self._exponential.standard_exponential(count)


def array_generator(seed: int) -> Generator:
    """What draws arrays, or lists on a machine where arrays would have other digits."""
    return ArrayGenerator(seed) if is_exact() else Generator(seed)


@cache
def is_exact() -> bool:
    """Whether this NumPy draws what Python does."""
    seed = 2**40 + 3
    ours, theirs = ArrayGenerator(seed), Generator(seed)
    drawn = [
        (one.normal(1, 3, 0.0, 1.0), one.uniform(1, 3, -1.0, 2.0), one.normal(1, TRIALS, 0.5, 3.0))
        for one in (ours, theirs)
    ]
    return all(np.array_equal(one, other) for one, other in zip(*drawn))
