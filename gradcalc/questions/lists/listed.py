"""The lister of paths whose contributions have the shape of their gradient: all of them, however many."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

from gradcalc.engine.scalar_forward import reduction
from gradcalc.engine.scalar_linear import UnitSteps
from gradcalc.engine.scalar_point import UnitPoint, shaped
from gradcalc.network.linear_graph import Steps
from gradcalc.questions.lists.counts import Counts
from gradcalc.questions.lists.listers import step_nodes
from gradcalc.questions.lists.listing import Found
from gradcalc.questions.subjects import Subject
from gradcalc.semirings.accumulate import Sweep
from gradcalc.semirings.all_paths import Listing, Routes


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
        seed, (steps, derivatives) = self._point.arithmetic.number(1) / reduction(self._point.graph), self._part
        return [Sweep(steps, edges, seed, self._routes) for edges in derivatives]

    @cached_property
    def _part(self) -> tuple[Steps, list[list[Any]]]:
        """What leads on, with its local derivatives, where paths are few; elsewhere they may exceed memory."""
        kept = self._linear.steps.between(self._counts.listable(self._linear))
        derivatives = [[example.edges[edge] for edge in kept] for example in self._point.examples]
        return self._linear.steps.only(kept), derivatives
