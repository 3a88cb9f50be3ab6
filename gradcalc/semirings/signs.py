"""How many paths have a positive and how many a negative product; a path with a factor of 0 has neither sign.

Along an edge the two counts stay or, where its derivative is negative, change places.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcalc.network.linear_graph import Steps
from gradcalc.records import Record

Part = Callable[[Any], Any]


class SignEdge(Record):
    """An edge: 1 at its positive and at its negative derivatives, else 0; `limit` keeps counts within their range."""

    positive: Any
    negative: Any
    limit: Part


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


class Signs:
    """`mapped` applies a function of numbers to an edge; `limit` may cut counts that only have to stay above 0."""

    def __init__(
        self,
        zero: Any = 0,
        mapped: Callable[[Part, Any], Any] = lambda part, derivative: part(derivative),
        limit: Part = lambda count: count,
    ) -> None:
        self._mapped = mapped
        self._limit = limit
        self.zero = SignCounts(zero, zero)

    def start(self, seed: Any) -> SignCounts:
        """One path."""
        return SignCounts(is_positive(seed), is_negative(seed))

    def edges(self, steps: Steps, derivatives: Sequence[Any]) -> list[SignEdge]:
        """Which derivatives are positive and which are negative."""
        return [
            SignEdge(self._mapped(is_positive, derivative), self._mapped(is_negative, derivative), self._limit)
            for derivative in derivatives
        ]


def is_positive(derivative: Any) -> Any:
    """1 or 0, of an array entry by entry."""
    return (derivative > 0) * 1


def is_negative(derivative: Any) -> Any:
    """1 or 0, of an array entry by entry."""
    return (derivative < 0) * 1
