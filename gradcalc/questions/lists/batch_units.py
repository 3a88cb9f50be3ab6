"""Paths over single units of a batch: their contributions are sums over the examples."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from gradcalc.engine.scalar_linear import ByUnit, unit_steps
from gradcalc.engine.scalar_point import UnitPoint
from gradcalc.questions.lists.counts import UnitCounts
from gradcalc.questions.lists.listed import Listed
from gradcalc.questions.lists.listers import Lister
from gradcalc.questions.lists.listing import LISTED, Found
from gradcalc.questions.lists.searching import Searched
from gradcalc.questions.subjects import Subject


class UnitsOfBatch:
    """Paths over single units, summed over the examples: all where they are few, else those that a search finds."""

    def __init__(self, point: UnitPoint, k: int) -> None:
        self._point = point
        self._k = k
        self._linear = unit_steps(point.layout, ByUnit(point.graph))
        self._counts = UnitCounts(self._linear)

    def count(self, subject: Subject) -> int:
        return self._counts.of(subject)

    def found(self, subject: Subject, whole: Any) -> tuple[list[Found], bool]:
        return self._lister(subject).found(subject, whole)

    def _lister(self, subject: Subject) -> Lister:
        return self._all if self.count(subject) <= LISTED else self._search

    @cached_property
    def _all(self) -> Lister:
        return Listed(self._point, self._linear, self._counts)

    @cached_property
    def _search(self) -> Lister:
        return Searched(self._point, self._linear, self._counts, self._k)
