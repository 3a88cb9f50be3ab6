"""All paths of layers of a wide network: contributions are arrays, each formed only to be measured or shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from heapq import nlargest
from typing import Any

import numpy as np

from gradcalc.engine.array_point import ArrayPoint
from gradcalc.network.network import Value
from gradcalc.questions.parts import Found
from gradcalc.questions.subjects import Subject
from gradcalc.questions.sums.array_best import step_node
from gradcalc.semirings.accumulate import Sweep
from gradcalc.semirings.all_paths import AllPaths


class ArrayListing:
    """Every path of the chosen gradients, or with a limit those that a search finds."""

    def __init__(self, point: ArrayPoint, chosen: Sequence[Subject], limit: int | None = None) -> None:
        self._point = point
        self._semiring = AllPaths(False, limit, array_norm)
        kept = point.linear.steps.between([step_node(point, subject) for subject in chosen])
        with np.errstate(all="ignore"):
            edges = list(map(point.edges.__getitem__, kept))
            self._sweep = Sweep(point.linear.steps.only(kept), edges, point.seed, self._semiring)

    @property
    def is_cut(self) -> bool:
        return self._semiring.cut

    def largest(self, subject: Subject, k: int) -> list[Found]:
        found = nlargest(k, self._all(subject), key=lambda found: array_norm(found[0]))
        return [(self._shaped(subject, value), labels) for value, labels in found]

    def _all(self, subject: Subject) -> Iterator[Found]:
        """One contribution after the other: only the largest are kept."""
        node = step_node(self._point, subject)
        if not subject.is_parameter:
            for path, value in self._sweep.of(node).of.items():
                yield value, partial(self._semiring.labels, path)
        for listing, edge in self._sweep.uses(node):
            for path, value in listing.of.items():
                labels = partial(self._semiring.labels, edge.numbers.number(edge.key, path))
                yield value * edge.local, labels

    def _shaped(self, subject: Subject, value: Any) -> Value:
        entries = np.asarray(value)
        if not subject.is_parameter and self._point.graph.network.batch:
            return entries.tolist()
        if entries.size == 1:
            return entries.item()
        return (entries if subject.is_parameter else entries[0]).tolist()


def array_norm(value: Any) -> Any:
    """The Frobenius norm, scaled so that no square leaves the range."""
    sizes = np.abs(np.asarray(value))
    top = sizes.max()
    if top == 0:
        return top
    return top * type(top)(float(np.sum((sizes / top).astype(float) ** 2)) ** 0.5)
