"""Paths of layers of many units or examples: no order ranks matrices without forming them."""

from __future__ import annotations

from functools import cached_property
from math import prod
from typing import Any

from gradcalc.engine.scalar_point import UnitPoint
from gradcalc.network.network import Network
from gradcalc.questions.lists.counts import LayerCounts
from gradcalc.questions.lists.listed import Listed
from gradcalc.questions.lists.listing import LISTED, Found
from gradcalc.questions.subjects import Subject

FEW = 20_000
"""Numbers up to which plain lists are formed faster than NumPy is imported."""


class ByCount:
    """Lists all paths of layers where they are few, else searches for the largest."""

    def __init__(self, point: Any, k: int) -> None:
        self._point = point
        self._k = k
        self._counts = LayerCounts(point.graph)

    def count(self, subject: Subject) -> int:
        return self._counts.of(subject)

    def found(self, subject: Subject, whole: Any) -> tuple[list[Found], bool]:
        return self._lister(subject).found(subject, whole)  # type: ignore[no-any-return]

    def _lister(self, subject: Subject) -> Any:
        return self._all if self._counts.of(subject) <= LISTED else self._search

    @cached_property
    def _all(self) -> Any:
        if isinstance(self._point, UnitPoint) and self._numbers <= FEW:
            assert self._point.linear is not None
            return Listed(self._point, self._point.linear, self._counts)
        from gradcalc.questions.lists.array_lister import ArrayLister

        return ArrayLister(self._point, None, self._k, self._counts.few())

    @property
    def _numbers(self) -> int:
        """How many numbers the paths of all that can be listed consist of."""
        network, counts = self._point.graph.network, self._counts
        numbers = sum(counts.of(subject) * size(network, subject) for subject in counts.few())
        return int(numbers * network.examples)

    @cached_property
    def _search(self) -> Any:
        from gradcalc.questions.lists.array_lister import KEPT, ArrayLister

        return ArrayLister(self._point, max(KEPT, 4 * self._k), self._k)


def size(network: Network, subject: Subject) -> int:
    """The entries of a parameter or the units of a node."""
    if subject.is_parameter:
        return prod(network.parameters[subject.number].shape)
    return network.nodes[subject.number].width
