"""The k largest paths by |contribution|, found without listing all.

An element is a ranking: at most k contributions, each with its path, in order. Multiplying by an edge keeps the order,
adding merges and cuts: the k best of a union are among the k best of its parts (k-best Viterbi; Huang and Chiang,
"Better k-best Parsing", 2005). Ties go by the names of the paths at every node: rounding must not decide at one of them
which of two equal paths is kept. An edge of slope 0 makes all its paths tie, those too that were cut before it as
smaller: which are the first by name is known beforehand, from a sweep in which every slope is 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from operator import itemgetter
from typing import Any

from gradcalc.accumulate import accumulate
from gradcalc.precedence import Order, Route
from gradcalc.records import Record
from gradcalc.steps import Mark, Steps

Candidate = tuple[Any, Route]


class Step(Record):
    """An edge: its slope (None: 1), its mark, and, where the slope is 0, the first paths of its head by name."""

    slope: Any
    mark: Mark | None
    first: Ranking | None


class Ranking:
    """The k largest contributions, in order, each with its route."""

    __slots__ = ("best", "routes", "values")

    def __init__(self, best: Best, values: Sequence[Any] = (), routes: Sequence[Route] = ()) -> None:
        self.best = best
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
        best = self.best
        return Ranking(best, *best.first([*self.values, *other.values], [*self.routes, *other.routes]))

    def __mul__(self, edge: Step) -> Ranking:
        slope, mark, first = edge
        values, routes = (self.values, self.routes) if first is None else (first.values, first.routes)
        if slope is not None:
            values = [value * slope for value in values]
        if mark is not None:
            routes = [(mark, route) for route in routes]
        return Ranking(self.best, values, routes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ranking) and self.candidates == other.candidates

    __hash__ = None  # type: ignore[assignment]


class Best:
    """The k largest paths; several sweeps may share one order, and the names it knows."""

    def __init__(self, k: int, order: Order | None = None) -> None:
        self.k = k
        self.order = order or Order()
        self.zero = Ranking(self)

    def start(self, seed: Any) -> Ranking:
        """The empty path."""
        return Ranking(self, (seed,), (None,)) if self.k else self.zero

    def edges(self, steps: Steps, slopes: Sequence[Any]) -> list[Step]:
        """Slopes with their marks."""
        factors = [None if slope == 1 else slope for slope in slopes]
        if all(slopes):
            return list(map(Step._make, zip(factors, steps.marks, repeat(None))))
        by_name = accumulate(steps, list(map(Step._make, zip(repeat(None), steps.marks, repeat(None)))), 1, self)
        firsts = (None if slope else by_name[head] for slope, head in zip(slopes, steps.heads))
        return list(map(Step._make, zip(factors, steps.marks, firsts)))

    def union(self, rankings: Iterable[Ranking]) -> Ranking:
        """The sum of many, cut once."""
        values: list[Any] = []
        routes: list[Route] = []
        for ranking in rankings:
            values += ranking.values
            routes += ranking.routes
        return Ranking(self, *(self.first(values, routes) if len(values) > 1 else (values, routes)))

    def first(self, values: Sequence[Any], routes: Sequence[Route]) -> tuple[Sequence[Any], Sequence[Route]]:
        """The first k of two or more; one beyond them tells whether it takes names."""
        sizes = list(map(abs, values))
        pick = itemgetter(*sorted(range(len(sizes)), key=sizes.__getitem__, reverse=True)[: self.k + 1])
        if self.order.any_tie(pick(sizes)):
            pick = itemgetter(*self.order.first(sizes, routes, self.k + 1))
        return pick(values)[: self.k], pick(routes)[: self.k]


def marks(route: Route) -> list[Mark]:
    """The marks of a path, from its start to the loss."""
    found = []
    while route is not None:
        mark, route = route
        found.append(mark)
    return found
