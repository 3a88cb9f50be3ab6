"""The k largest paths by |contribution|, found without listing all.

An element is a ranking: at most k candidates, each a contribution with its path, largest first. Multiplying by an edge
keeps the order, adding merges and cuts: the k best of a union are among the k best of its parts (k-best Viterbi; Huang
and Chiang, "Better k-best Parsing", 2005). Ties go by the nodes of the paths, then by their edges, in dictionary order.
An edge of slope 0 makes all its paths tie, those too that were cut before it as smaller: which are the first by name is
known beforehand, from a sweep in which every slope is 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cmp_to_key
from itertools import groupby, repeat
from operator import itemgetter, mul
from typing import Any

from gradcalc.accumulate import accumulate
from gradcalc.precedence import Precedence, Route
from gradcalc.record import Record
from gradcalc.steps import Mark, Steps

Candidate = tuple[Any, Route]


class Step(Record):
    """An edge: its slope (None: 1), its mark, and, where the slope is 0, the first paths of its head by name."""

    slope: Any
    mark: Mark | None
    first: Ranking | None


Row = tuple[Any, Any, Route]
"""|contribution|, contribution and route."""

SIZE = itemgetter(0)
CLOSE = 10**13
"""One part in so many is more than the roundings of a path of a thousand edges."""


class Ranking:
    """The k largest contributions, largest |contribution| first, and after them those that may yet turn out as large;
    each with its route."""

    __slots__ = ("k", "precedence", "routes", "values")

    def __init__(
        self, k: int, precedence: Precedence, values: Sequence[Any] = (), routes: Sequence[Route] = ()
    ) -> None:
        self.k = k
        self.precedence = precedence
        self.values = values
        self.routes = routes

    @property
    def candidates(self) -> list[Candidate]:
        """Contributions with their routes."""
        return list(zip(self.values, self.routes))

    def __add__(self, other: Ranking) -> Ranking:
        if not self.values:
            return other
        if not other.values:
            return self
        values, routes = ranked((*self.values, *other.values), (*self.routes, *other.routes), self.k, self.precedence)
        return Ranking(self.k, self.precedence, values, routes)

    def __mul__(self, edge: Step) -> Ranking:
        slope, mark, first = edge
        values, routes = (self.values, self.routes) if first is None else (first.values, first.routes)
        if slope is not None:
            values = list(map(mul, values, repeat(slope)))
        if mark is not None:
            routes = list(zip(repeat(mark), routes))
        return Ranking(self.k, self.precedence, values, routes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ranking) and self.candidates == other.candidates

    __hash__ = None  # type: ignore[assignment]


class Best:
    """The k largest paths."""

    def __init__(self, k: int) -> None:
        self.k = k
        self.precedence = Precedence()
        self.zero = Ranking(k, self.precedence)

    def start(self, seed: Any) -> Ranking:
        """The empty path."""
        return Ranking(self.k, self.precedence, (seed,), (None,)) if self.k else self.zero

    def edges(self, steps: Steps, slopes: Sequence[Any]) -> list[Step]:
        """Slopes with their marks."""
        factors = [None if slope == 1 else slope for slope in slopes]
        if all(slopes):
            return list(map(Step._make, zip(factors, steps.marks, repeat(None))))
        by_name = accumulate(steps, list(map(Step._make, zip(repeat(None), steps.marks, repeat(None)))), 1, self)
        firsts = (None if slope else by_name[head] for slope, head in zip(slopes, steps.heads))
        return list(map(Step._make, zip(factors, steps.marks, firsts)))


def ranked(
    values: Sequence[Any], routes: Sequence[Route], k: int, precedence: Precedence
) -> tuple[Sequence[Any], Sequence[Route]]:
    """The k largest in order, with those that are smaller than the last of them by no more than rounding, 2k in all."""
    rows = sorted(zip(map(abs, values), values, routes), key=SIZE, reverse=True)
    kept = k
    if kept < len(rows):
        least, most = rows[k - 1][0], min(len(rows), 2 * k)
        while kept < most and (least - rows[kept][0]) * CLOSE <= least:
            kept += 1
        with_next = rows[: kept + 1]
    else:
        with_next = rows
    sizes, values, routes = zip(*with_next)
    if len({*sizes}) < len(sizes):
        sizes, values, routes = zip(*_with_ties_in_order(rows, kept, precedence))
    return values[:kept], routes[:kept]


def _with_ties_in_order(rows: Sequence[Row], k: int, precedence: Precedence) -> list[Row]:
    """The k largest, ties by their names; rows come by size."""

    def names(one: Row, other: Row) -> int:
        return precedence.compare(one[2], other[2])

    ordered: list[Row] = []
    for _, ties in groupby(rows, SIZE):
        ordered += sorted(ties, key=cmp_to_key(names))
        if len(ordered) >= k:
            break
    return ordered


def marks(route: Route) -> list[Mark]:
    """The marks of a path, from its start to the loss."""
    found = []
    while route is not None:
        mark, route = route
        found.append(mark)
    return found
