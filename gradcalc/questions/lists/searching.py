"""Paths over single units whose contributions are sums over many examples: no order ranks them without listing all.

The candidates are the largest paths of every single example; each is then followed through all examples, edge by edge.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cached_property, partial
from itertools import accumulate
from operator import mul
from typing import Any

from gradcalc.accumulate import Sweep
from gradcalc.algebras.best import Best, Route
from gradcalc.algebras.best import marks as marks_of
from gradcalc.questions.lists.counts import Counts
from gradcalc.questions.lists.listers import step_nodes
from gradcalc.questions.lists.listing import Found
from gradcalc.questions.reach import fits, rankings_kept
from gradcalc.questions.subjects import Subject
from gradcalc.steps import Mark, Steps
from gradcalc.units.linear import UnitSteps
from gradcalc.units.losses import reduction
from gradcalc.units.point import UnitPoint

Edges = tuple[int, ...]
"""Of a path, from its start to the loss."""


class Searched:
    """The largest paths that are found, with what each contributes over all examples."""

    def __init__(self, point: UnitPoint, linear: UnitSteps, counts: Counts, k: int) -> None:
        self._point = point
        self._linear = linear
        self._counts = counts
        self._best = Best(4 * k)

    def count(self, subject: Subject) -> int:
        return self._counts.of(subject)

    def kept(self, chosen: Sequence[Subject]) -> bool:
        nodes = [node for subject in chosen for node in step_nodes(self._linear, subject)]
        return all(
            rankings_kept(self._linear.steps, example.edges, sweep, nodes)
            for example, sweep in zip(self._point.examples, self._sweeps)
        ) and all(self._holds(route) for subject in chosen for route in self._routes(subject))

    def found(self, subject: Subject, whole: Any) -> tuple[list[Found], bool]:
        routes = self._routes(subject)
        return [(self._contribution(subject, route), partial(self._marks, route)) for route in routes], False

    def _routes(self, subject: Subject) -> Collection[Edges]:
        """The largest of every single example."""
        nodes = step_nodes(self._linear, subject)
        routes: dict[Edges, None] = {}
        for sweep in self._sweeps:
            ranking = sum((sweep.of(node) for node in nodes), self._best.zero)
            routes.update((_edges(route), None) for _, route in ranking.candidates)
        return routes

    def _contribution(self, subject: Subject, route: Edges) -> Any:
        parts = [products[-1] for products in self._products(route)]
        return sum(parts) if subject.is_parameter else [[part] for part in parts]

    def _products(self, route: Edges) -> Iterator[list[Any]]:
        """What a path comes to in every example, from the loss on edge by edge."""
        for example in self._point.examples:
            yield list(accumulate((example.edges[edge] for edge in reversed(route)), mul, initial=self._seed))

    def _holds(self, route: Edges) -> bool:
        """Whether no product along a path was lost in any example; in one with a 0 among its slopes none counts."""
        slopes = ([example.edges[edge] for edge in route] for example in self._point.examples)
        return all(not all(edges) or all(map(fits, products)) for edges, products in zip(slopes, self._products(route)))

    def _marks(self, route: Edges) -> list[Mark]:
        marks = (self._linear.steps.marks[edge] for edge in route)
        return [mark for mark in marks if mark is not None]

    @cached_property
    def _seed(self) -> Any:
        return self._point.arithmetic.number(1) / reduction(self._point.graph)

    @cached_property
    def _sweeps(self) -> list[Sweep]:
        steps = self._linear.steps
        numbers: Any = range(len(steps.marks))
        numbered = Steps(steps.size, steps.loss, steps.inner, steps.tails, steps.heads, numbers)
        return [Sweep(numbered, example.edges, self._seed, self._best) for example in self._point.examples]


def _edges(route: Route) -> Edges:
    """Its marks are the numbers of its edges."""
    numbers: list[Any] = marks_of(route)
    return tuple(numbers)
