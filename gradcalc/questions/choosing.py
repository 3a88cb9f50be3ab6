"""Who lists the paths of a point: over layers or over units, of numbers or of matrices, all or the largest."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from gradcalc.questions.listers import LayerCounts, Listed, Lister, Ranked
from gradcalc.questions.listing import LISTED, Found
from gradcalc.questions.subjects import Subject
from gradcalc.units.linear import unit_steps
from gradcalc.units.marks import ByUnit
from gradcalc.units.point import UnitPoint


def unit_lister(point: Any, k: int) -> Lister:
    """For single entries and units."""
    if not isinstance(point, UnitPoint):
        from gradcalc.questions.array_lister import ArrayUnits

        return ArrayUnits(point, k)
    linear = unit_steps(point.layout, ByUnit(point.layout))
    if len(point.examples) == 1:
        return Ranked(point, linear, k)
    from gradcalc.questions.batch_units import UnitsOfBatch

    return UnitsOfBatch(point, k)


def layer_lister(point: Any, k: int) -> Lister:
    """For whole parameters and nodes."""
    if isinstance(point, UnitPoint) and point.graph.scalar():
        assert point.linear is not None
        return Ranked(point, point.linear, k)
    return ByCount(point, k, LayerCounts(point.graph))


class ByCount:
    """Lists all paths of layers where they are few, else searches for the largest."""

    def __init__(self, point: Any, k: int, counts: LayerCounts) -> None:
        self._point = point
        self._k = k
        self._counts = counts

    def count(self, subject: Subject) -> int:
        return self._counts.of(subject)

    def found(self, subject: Subject, whole: Any) -> tuple[list[Found], bool]:
        few = self._counts.of(subject) <= LISTED
        if few and isinstance(self._point, UnitPoint):
            return self._all.found(subject, whole)
        lister: Lister = self._arrays if few else self._search
        return lister.found(subject, whole)

    @cached_property
    def _all(self) -> Lister:
        assert self._point.linear is not None
        return Listed(self._point, self._point.linear, self._counts)

    @cached_property
    def _arrays(self) -> Any:
        from gradcalc.questions.array_lister import ArrayLister

        return ArrayLister(self._point, None, self._k)

    @cached_property
    def _search(self) -> Any:
        from gradcalc.questions.array_lister import KEPT, ArrayLister

        return ArrayLister(self._point, max(KEPT, 4 * self._k), self._k)
