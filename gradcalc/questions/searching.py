"""Paths over single units whose contributions are sums over many examples: no order ranks them without listing all.

The candidates are the largest paths of every single example; each is then followed through all examples, edge by edge.
"""

from __future__ import annotations

from functools import cached_property, partial
from math import prod
from typing import Any

from gradcalc.accumulate import Sweep
from gradcalc.algebras.best import Best
from gradcalc.precedence import Route
from gradcalc.questions.counts import Counts
from gradcalc.questions.listers import step_nodes
from gradcalc.questions.listing import Found
from gradcalc.questions.subjects import Subject
from gradcalc.record import Record
from gradcalc.steps import Mark, Steps
from gradcalc.units.linear import UnitSteps
from gradcalc.units.losses import reduction
from gradcalc.units.point import UnitPoint


class Taken(Record):
    """A mark that says no more than which edge was taken."""

    edge: int
    node: str | None = None
    label: str | None = None


class Searched:
    """The largest paths that are found, with what each contributes over all examples."""

    def __init__(self, point: UnitPoint, linear: UnitSteps, counts: Counts, k: int) -> None:
        self._point = point
        self._linear = linear
        self._counts = counts
        self._k = k

    def count(self, subject: Subject) -> int:
        return self._counts.of(subject)

    def found(self, subject: Subject, whole: Any) -> tuple[list[Found], bool]:
        nodes = step_nodes(self._linear, subject)
        routes: dict[tuple[int, ...], None] = {}
        for sweep in self._sweeps:
            ranking = sum((sweep.of(node) for node in nodes), Best(4 * self._k).zero)
            routes.update((_edges(route), None) for _, route in ranking.candidates)
        return [(self._contribution(subject, route), partial(self._marks, route)) for route in routes], False

    def _contribution(self, subject: Subject, route: tuple[int, ...]) -> Any:
        parts = [self._seed * prod(example.edges[edge] for edge in route) for example in self._point.examples]
        return sum(parts) if subject.is_parameter else [[part] for part in parts]

    def _marks(self, route: tuple[int, ...]) -> list[Mark]:
        marks = (self._linear.steps.marks[edge] for edge in route)
        return [mark for mark in marks if mark is not None]

    @cached_property
    def _seed(self) -> Any:
        return self._point.arithmetic.number(1) / reduction(self._point.graph)

    @cached_property
    def _sweeps(self) -> list[Sweep]:
        steps = self._linear.steps
        taken: list[Any] = [Taken(edge) for edge in range(len(steps.tails))]
        numbered = Steps(steps.size, steps.loss, steps.inner, steps.tails, steps.heads, taken)
        best = Best(4 * self._k)
        return [Sweep(numbered, example.edges, self._seed, best) for example in self._point.examples]


def _edges(route: Route) -> tuple[int, ...]:
    edges = []
    while route is not None:
        taken: Any
        taken, route = route
        edges.append(taken.edge)
    return tuple(edges)
