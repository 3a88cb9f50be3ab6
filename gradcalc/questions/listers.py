"""Listers of the paths of a narrow network: of numbers, ranked without listing all, or of matrices, all listed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any, Protocol

from gradcalc.accumulate import Sweep
from gradcalc.algebras.best import Best, Ranking
from gradcalc.algebras.best import marks as marks_of
from gradcalc.algebras.count import Count
from gradcalc.algebras.routes import Listing, Routes
from gradcalc.graph import Graph
from gradcalc.layers import LayerSteps, layer_steps
from gradcalc.questions.listing import Found
from gradcalc.questions.subjects import Subject
from gradcalc.units.linear import UnitSteps
from gradcalc.units.losses import reduction
from gradcalc.units.point import UnitPoint, shaped


class Lister(Protocol):
    """Counts and lists the paths of one subject."""

    def count(self, subject: Subject) -> int:
        """How many there are."""

    def found(self, subject: Subject, whole: Any) -> tuple[list[Found], bool]:
        """The largest, and whether they are known to be; `whole` is the gradient, for its shape."""


class LayerCounts:
    """Counts of paths over layers."""

    def __init__(self, graph: Graph) -> None:
        self._linear: LayerSteps = layer_steps(graph)
        steps = self._linear.steps
        self._sweep = Sweep(steps, (), 1, Count())

    def of(self, subject: Subject) -> int:
        """The number of paths of a whole parameter or node."""
        if subject.is_parameter:
            return int(self._sweep.of(self._linear.parameter(subject.number)))
        return int(self._sweep.of(self._linear.graph.outputs[subject.number]))


class Ranked:
    """Paths that are products of numbers, of one example: the k largest without listing all."""

    def __init__(self, point: UnitPoint, linear: UnitSteps, k: int) -> None:
        self._point = point
        self._linear = linear
        self._k = k

    def count(self, subject: Subject) -> int:
        return sum(self._counts.of(node) for node in step_nodes(self._linear, subject))

    def found(self, subject: Subject, whole: Any) -> tuple[list[Found], bool]:
        ranking = Ranking(self._k)
        for node in step_nodes(self._linear, subject):
            ranking = ranking + self._best.of(node)
        rows = self._point.graph.network.batch and not subject.is_parameter
        return [([[value]] if rows else value, partial(marks_of, route)) for value, route in ranking.candidates], True

    @cached_property
    def _counts(self) -> Sweep:
        return Sweep(self._linear.steps, (), 1, Count())

    @cached_property
    def _best(self) -> Sweep:
        seed = self._point.arithmetic.number(1) / reduction(self._point.graph)
        edges = self._point.examples[0].edges
        return Sweep(self._linear.steps, edges, seed, Best(self._k))


class Counts(Protocol):
    """Counts the paths of one subject."""

    def of(self, subject: Subject) -> int:
        """How many there are."""


class Listed:
    """Paths whose contributions have the shape of their gradient: all of them, summed over units and examples."""

    def __init__(self, point: UnitPoint, linear: UnitSteps, counts: Counts) -> None:
        self._point = point
        self._linear = linear
        self._counts = counts
        self._routes = Routes()

    def count(self, subject: Subject) -> int:
        return self._counts.of(subject)

    def found(self, subject: Subject, whole: Any) -> tuple[list[Found], bool]:
        nodes = step_nodes(self._linear, subject)
        listings = [[sweep.of(node) for node in nodes] for sweep in self._sweeps]
        shape = self._shape(subject, listings)
        everything = {route: None for row in listings for listing in row for route in listing.of}
        return [(shape(route), partial(self._routes.names.marks, route)) for route in everything], True

    def _shape(self, subject: Subject, listings: list[list[Listing]]) -> Callable[[int], Any]:
        """How the entries of one path are put together: summed over examples, or, of a node, side by side."""
        zero = self._point.arithmetic.number(0)
        network = self._point.graph.network
        if subject.is_parameter:
            form = network.parameters[subject.number].shape if subject.entry is None else ()
            return lambda route: shaped([sum(x.of.get(route, zero) for x in column) for column in zip(*listings)], form)
        if network.batch:
            return lambda route: [[x.of.get(route, zero) for x in row] for row in listings]
        return lambda route: shaped([x.of.get(route, zero) for x in listings[0]], (len(listings[0]),))

    @cached_property
    def _sweeps(self) -> list[Sweep]:
        seed = self._point.arithmetic.number(1) / reduction(self._point.graph)
        steps = self._linear.steps
        return [Sweep(steps, example.edges, seed, self._routes) for example in self._point.examples]


def step_nodes(linear: UnitSteps, subject: Subject) -> list[int]:
    """The step nodes of a subject's entries or units."""
    layout = linear.layout
    if not subject.is_parameter:
        units = layout.units(layout.graph.outputs[subject.number])
        return list(units) if subject.entry is None else [units[subject.entry[0]]]
    places = layout.entries(subject.number)
    if subject.entry is None:
        return [linear.weight(place) for place in places]
    return [linear.weight(places[_flat(layout.graph.network.parameters[subject.number].shape, subject.entry)])]


def _flat(shape: tuple[int, ...], index: tuple[int, ...]) -> int:
    return index[0] * shape[1] + index[1] if len(shape) == 2 else index[0]


class UnitCounts:
    """Counts of paths over single units."""

    def __init__(self, linear: UnitSteps) -> None:
        self._linear = linear
        self._sweep = Sweep(linear.steps, (), 1, Count())

    def of(self, subject: Subject) -> int:
        """The number of paths of an entry or a unit."""
        return sum(self._sweep.of(node) for node in step_nodes(self._linear, subject))
