"""Listers of paths; here that of paths which are products of numbers, ranked without listing all."""

from __future__ import annotations

from functools import cached_property, partial
from typing import Any, Protocol

from gradcalc.engine.scalar_forward import reduction
from gradcalc.engine.scalar_linear import UnitSteps
from gradcalc.engine.scalar_point import UnitPoint
from gradcalc.questions.lists.listing import Found
from gradcalc.questions.subjects import Subject
from gradcalc.semirings.accumulate import Sweep
from gradcalc.semirings.count import Count
from gradcalc.semirings.k_best import Best
from gradcalc.semirings.k_best import marks as marks_of


class Lister(Protocol):
    """Counts and lists the paths of one subject."""

    def count(self, subject: Subject) -> int:
        """How many there are."""

    def found(self, subject: Subject, whole: Any) -> tuple[list[Found], bool]:
        """The largest, and whether they are known to be; `whole` is the gradient, for its shape."""


class Ranked:
    """Paths that are products of numbers, of one example: the k largest without listing all."""

    def __init__(self, point: UnitPoint, linear: UnitSteps, k: int) -> None:
        self._point = point
        self._linear = linear
        self._algebra = Best(k)

    def count(self, subject: Subject) -> int:
        return sum(self._counts.of(node) for node in step_nodes(self._linear, subject))

    def found(self, subject: Subject, whole: Any) -> tuple[list[Found], bool]:
        ranking = sum(map(self._best.of, step_nodes(self._linear, subject)), self._algebra.zero)
        rows = self._point.graph.network.batch and not subject.is_parameter
        return [([[value]] if rows else value, partial(marks_of, route)) for value, route in ranking.candidates], True

    @cached_property
    def _counts(self) -> Sweep:
        return Sweep(self._linear.steps, (), 1, Count())

    @cached_property
    def _best(self) -> Sweep:
        seed = self._point.arithmetic.number(1) / reduction(self._point.graph)
        return Sweep(self._linear.steps, self._point.examples[0].edges, seed, self._algebra)


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
