"""The paths of layers of a wide network: contributions are arrays, each formed only to be measured or shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np

from gradcalc.engine.array_point import ArrayPoint, array_point
from gradcalc.engine.scalar_point import unit_point
from gradcalc.network.linear_graph import Mark
from gradcalc.questions.lists.batch_units import UnitsOfBatch
from gradcalc.questions.lists.listing import Found, largest_of
from gradcalc.questions.subjects import Subject
from gradcalc.questions.sums.array_best import step_node
from gradcalc.questions.sums.array_paths import ArrayPaths
from gradcalc.semirings.accumulate import Sweep
from gradcalc.semirings.all_paths import Names, Routes

KEPT = 200
"""How many paths a search keeps at every node."""


class ArrayLister:
    """All paths of layers, or, with a limit, the largest that a search finds which keeps that many at every node."""

    def __init__(self, point: Any, limit: int | None, k: int, chosen: Sequence[Subject] | None = None) -> None:
        """Of all parameters and nodes, or of the chosen."""
        self._point = point if isinstance(point, ArrayPoint) else array_point(point.graph, point.arithmetic)
        self._routes = Routes(limit, size)
        self._k = k
        steps, edges = self._point.linear.steps, self._point.edges
        if chosen is not None:
            kept = steps.between([self._start(subject) for subject in chosen])
            steps, edges = steps.only(kept), [edges[edge] for edge in kept]
        with np.errstate(all="ignore"):
            self._sweep = Sweep(steps, edges, self._point.seed, self._routes)

    def found(self, subject: Subject, whole: Any) -> tuple[list[Found], bool]:
        """The k largest with their marks, and whether no path was dropped on the way."""
        paths = self._uses(subject) if subject.is_parameter else self._ways(subject)
        largest = largest_of(paths, self._k, size)
        return [(self._shaped(value, subject), marks) for value, marks in largest], not self._routes.cut

    def _uses(self, subject: Subject) -> Iterator[Found]:
        """One contribution after the other: only the largest are kept."""
        names = self._routes.names
        for said, edge in self._sweep.uses(self._start(subject)):
            for route, value in said.of.items():
                yield value * edge.local, partial(_marked, edge.mark, names, route)

    def _ways(self, subject: Subject) -> Iterator[Found]:
        said = self._sweep.of(self._start(subject))
        for route, value in said.of.items():
            yield value, partial(self._routes.names.marks, route)

    def _start(self, subject: Subject) -> int:
        return step_node(self._point, subject)

    def _shaped(self, value: Any, subject: Subject) -> Any:
        entries = np.asarray(value)
        if subject.is_parameter:
            return entries.item() if entries.size == 1 else entries.tolist()
        if self._point.graph.network.batch:
            return entries.tolist()
        return entries.item() if entries.size == 1 else entries[0].tolist()


class ArrayUnits:
    """Paths over single units: ranked in arrays for one example, summed unit by unit for several."""

    def __init__(self, point: ArrayPoint, k: int) -> None:
        self._paths = ArrayPaths(point)
        self._point = point
        self._k = k

    def count(self, subject: Subject) -> int:
        return self._paths.count(subject)

    def found(self, subject: Subject, whole: Any) -> tuple[list[Found], bool]:
        if self._point.graph.network.examples > 1:
            return self._by_units.found(subject, whole)
        shape = _by_example if self._point.graph.network.batch and not subject.is_parameter else _as_it_is
        return [(shape(value), spell) for _, _, (value, spell) in self._paths.largest(subject, self._k)], True

    @cached_property
    def _by_units(self) -> UnitsOfBatch:
        return UnitsOfBatch(unit_point(self._point.graph, self._point.arithmetic), self._k)


def _as_it_is(value: Any) -> Any:
    return value


def _by_example(value: Any) -> list[list[Any]]:
    return [[value]]


def size(value: Any) -> Any:
    """The Frobenius norm, scaled so that no square leaves the range."""
    sizes = np.abs(np.asarray(value))
    top = sizes.max()
    if top == 0:
        return top
    return top * type(top)(float(np.sum((sizes / top).astype(float) ** 2)) ** 0.5)


def _marked(mark: Mark, names: Names, route: int) -> list[Mark]:
    return [mark, *names.marks(route)]
