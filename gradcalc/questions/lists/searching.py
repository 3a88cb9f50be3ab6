"""Paths over single units whose contributions are sums over many examples: no order ranks them without listing all.

The candidates are the largest paths of every single example; each is then followed through all examples, edge by edge.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property, partial
from math import prod
from typing import Any

from gradcalc.engine.scalar_forward import reduction
from gradcalc.engine.scalar_linear import UnitSteps
from gradcalc.engine.scalar_point import UnitPoint
from gradcalc.network.linear_graph import Mark, Steps
from gradcalc.questions.lists.counts import Counts
from gradcalc.questions.lists.listers import step_nodes
from gradcalc.questions.lists.listing import Found
from gradcalc.questions.subjects import Subject
from gradcalc.semirings.accumulate import Sweep
from gradcalc.semirings.k_best import Best, Route
from gradcalc.semirings.k_best import marks as marks_of

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
        """The product of a path's derivatives in every example."""
        parts = [
            prod((example.edges[edge] for edge in reversed(route)), start=self._seed)
            for example in self._point.examples
        ]
        return sum(parts) if subject.is_parameter else [[part] for part in parts]

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
