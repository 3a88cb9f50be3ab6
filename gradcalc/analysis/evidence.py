"""How well a mistake explains numbers that were given, and how probable it is that it does so by chance.

A number given to d digits is hit by chance with a probability of about 10^−d; one near the right number with a greater
one, for what is near it has fewer digits of its own: the mean of the logarithms of both is taken. Hypotheses have
shares (of all that goes wrong), which add up to 1, and one is told where a chance hit is less probable than its share
times CHANCE: so the probability that any of them is told of a random number is at most CHANCE (Kraft's inequality), and
it is about 1 % in trials, for few hypotheses predict numbers where a given one may be.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log, log2, log10, sqrt
from typing import Any

from gradcalc.analysis.given_values import ROUNDING, GivenValue
from gradcalc.network.network import numbers

CHANCE = 0.08
RANGE = log(100.0)  # of the logarithms of what a wrong number might have been: ten times more or less
MOST_BITS = 40.0  # of one number
FLOAT64_DIGITS = 15
OF_ZERO = 8.0  # bits of a number that is 0 and predicted to be


class Evidence:
    """Numbers that were given, those that are right, and which of them are wrong."""

    def __init__(self, givens: Sequence[GivenValue], right: Sequence[Sequence[float]]) -> None:
        self.right = right
        self.given = [list(map(float, numbers(given.values))) for given in givens]
        self._tolerances = [list(map(float, numbers(given.tolerances))) for given in givens]
        rows = zip(self.given, right)
        self._slacks = [ROUNDING * (max(map(abs, own)) or max(map(abs, ours))) for own, ours in rows]
        self.wrong_entries = list(map(self._off, range(len(givens)), right))
        self.wrong = [number for number, entries in enumerate(self.wrong_entries) if entries]
        self.bits = [sum(map(self._bits_of, [n] * len(e), e)) for n, e in enumerate(self.wrong_entries)]

    def _off(self, number: int, values: Sequence[float]) -> list[int]:
        """Where values are not those given."""
        slack = self._slacks[number]
        rows = zip(self.given[number], values, self._tolerances[number])
        return [
            place for place, (own, other, tolerance) in enumerate(rows) if not abs(own - other) <= tolerance + slack
        ]

    def agrees(self, number: int, values: Sequence[float]) -> bool:
        """Whether values are those given, to the digits given."""
        own, tolerances = self.given[number], self._tolerances[number]
        place = self.wrong_entries[number][0] if self.wrong_entries[number] else 0
        slack = self._slacks[number]
        if not abs(own[place] - values[place]) <= tolerances[place] + slack:
            return False
        return all(abs(x - y) <= tolerance + slack for x, y, tolerance in zip(own, values, tolerances))

    def _bits_of(self, number: int, place: int) -> float:
        """log₂ of 1/probability that a random number agrees with a wrong one that was given."""
        own, right = self.given[number][place], self.right[number][place]
        if own == 0:
            return OF_ZERO
        return self.bits_within(number, place, sqrt(abs(own) * min(abs(own), abs(own - right))) * RANGE)

    def bits_within(self, number: int, place: int, span: float) -> float:
        """log₂ of how many numbers of so many digits are in a span."""
        width = 2 * (self._tolerances[number][place] + self._slacks[number])
        if not width:
            return MOST_BITS
        return min(MOST_BITS, log2(span / width)) if span > width else 0.0

    def half(self, number: int, place: int) -> float:
        """Half a unit of the last digit that a number was given to."""
        return self._tolerances[number][place]

    def digits(self, number: int, place: int) -> int:
        """How many digits a number was given to, at most those of float64."""
        own, tolerance = abs(self.given[number][place]), self._tolerances[number][place]
        return min(FLOAT64_DIGITS, ceil(log10(own / tolerance / 2))) if own and tolerance else 1

    def most_bits(self, number: int) -> float:
        """Those of its entry that has the most."""
        return max(self._bits_of(number, place) for place in self.wrong_entries[number])

    def explained(self, found: Sequence[Sequence[float]]) -> list[int]:
        """The numbers of the wrong values that are what was found."""
        return [number for number in self.wrong if self.agrees(number, found[number])]

    def spoils(self, found: Sequence[Sequence[float]]) -> bool:
        """Whether a value that is right would not be."""
        return any(
            not self.wrong_entries[number] and not self.agrees(number, values) for number, values in enumerate(found)
        )

    def explains_all(self, found: Sequence[Sequence[float]]) -> bool:
        """Whether every given value is what was found."""
        return all(map(self.agrees, range(len(found)), found))

    def score(self, explained: Sequence[int], share: float) -> float:
        """Bits explained, less those that the hypothesis costs."""
        return sum(self.bits[number] for number in explained) + log2(share)

    @property
    def least_share(self) -> float:
        """The share under which no hypothesis can be told, whatever it explains."""
        return float(2.0 ** -min(1000.0, sum(self.bits[number] for number in self.wrong)) / CHANCE)

    def is_told(self, explained: Sequence[int], share: float) -> bool:
        """Whether a chance hit is improbable enough."""
        return self.score(explained, share) >= -log2(CHANCE)

    def error(self, explained: Sequence[int], found: Sequence[Sequence[float]]) -> float:
        """The largest relative difference between what was found and what was given."""
        pairs: list[Any] = [pair for number in explained for pair in zip(found[number], self.given[number])]
        return max((abs(x - y) / abs(y) if y else float(x != y) for x, y in pairs), default=0.0)
