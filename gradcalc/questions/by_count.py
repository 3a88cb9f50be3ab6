"""Paths of layers of many units or examples: no order ranks matrices without forming them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from gradcalc.questions.counts import LayerCounts
from gradcalc.questions.listed import Listed
from gradcalc.questions.listers import Lister
from gradcalc.questions.listing import LISTED, Found
from gradcalc.questions.subjects import Subject
from gradcalc.units.point import UnitPoint


class ByCount:
    """Lists all paths of layers where they are few, else searches for the largest."""

    def __init__(self, point: Any, k: int) -> None:
        self._point = point
        self._k = k
        self._counts = LayerCounts(point.graph)

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
