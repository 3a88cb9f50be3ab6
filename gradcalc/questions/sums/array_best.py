"""The largest paths over single units of a wide network, spelled out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from gradcalc.engine.array_edges import NOTHING
from gradcalc.engine.array_k_best import Best, Candidates, Entry, of_use
from gradcalc.engine.array_point import ArrayPoint
from gradcalc.network.linear_graph import Mark
from gradcalc.questions.parts import Largest
from gradcalc.questions.subjects import Subject
from gradcalc.questions.sums.array_marks import ArrayMarks
from gradcalc.semirings.accumulate import Sweep


class LargestPaths:
    """The k largest of each subject, from one sweep for all of them."""

    def __init__(self, point: ArrayPoint, k: int) -> None:
        self._point = point
        self._k = k
        self._marks = ArrayMarks(point.graph, point.linear.links)
        with np.errstate(all="ignore"):
            self._sweep = Sweep(point.linear.steps, point.edges, point.seed, Best(k, NOTHING))

    def of(self, subject: Subject) -> list[Largest]:
        """The k largest, each with its example and entry."""
        found = list(self._uses(subject) if subject.is_parameter else self._units(subject))
        found.sort(key=lambda path: abs(path[2][0]), reverse=True)
        return found[: self._k]

    def _uses(self, subject: Subject) -> Iterator[Largest]:
        for said, times in self._sweep.uses(step_node(self._point, subject)):
            if isinstance(said, Candidates):
                for entry in of_use(said, times.derivative, subject.entry):
                    spell = partial(self._spelled, times.number, said, entry)
                    yield entry.example, entry.entry, (entry.value, spell)

    def _units(self, subject: Subject) -> Iterator[Largest]:
        said = self._sweep.of(step_node(self._point, subject))
        if not isinstance(said, Candidates):
            return
        for place in np.ndindex(said.values.shape):
            example, unit, rank = place
            if subject.entry is None or unit == subject.entry[0]:
                spell = partial(self._followed, said, example, unit, rank)
                yield example, (unit,), (said.values.item(place), spell)

    def _spelled(self, number: int, said: Candidates, entry: Entry) -> list[Mark]:
        """The marks of a parameter's path: where it starts, then where its candidate leads."""
        start = self._marks.start(number, entry.unit)
        rest = self._followed(said, entry.example, entry.unit, entry.rank)
        return [start, *rest] if start else rest

    def _followed(self, said: Candidates, example: int, unit: int, rank: int) -> list[Mark]:
        marks: list[Mark | None] = []
        further: Candidates | None = said
        while further is not None:
            at = (example, unit, rank)
            number, following = further.sources[further.source[at]]
            tail, unit, rank = unit, int(further.unit[at]), int(further.rank[at])
            marks.append(self._marks.take(number, tail, unit))
            further = following
        return [mark for mark in marks if mark is not None]


def step_node(point: ArrayPoint, subject: Subject) -> int:
    """The step node of a parameter or of a node's output."""
    if subject.is_parameter:
        return point.linear.parameter(subject.number)
    return point.graph.outputs[subject.number]
