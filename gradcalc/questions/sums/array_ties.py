"""The largest paths of a subject of a wide network where sizes tie: by the names of nodes, then of edges, then by
example and entry, lowest first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np

from gradcalc.accumulate import Sweep
from gradcalc.algebras.best import marks as marks_of
from gradcalc.arrays.best import Candidates
from gradcalc.arrays.fan import Fan, factors, index, names
from gradcalc.arrays.ordered import Lists, Onward, chosen, first, item
from gradcalc.arrays.point import ArrayPoint
from gradcalc.network import Index
from gradcalc.precedence import Route, order_in
from gradcalc.questions.parts import Largest
from gradcalc.questions.subjects import Subject
from gradcalc.questions.sums.array_marks import ArrayMarks
from gradcalc.records import Record
from gradcalc.steps import Mark


class Use(Record):
    """Where paths of a subject start: at a node of the steps, by a use of the parameter (None: at the node itself)."""

    node: int
    number: int | None = None
    slope: Any = None


class Start(Record):
    """The example, the entry, and the way that paths start by."""

    example: int
    entry: Index
    way: Onward


class TiedPaths:
    """The first k of each subject; the lists of units are made once for all of them."""

    def __init__(self, point: ArrayPoint, k: int, sweep: Sweep, marks: ArrayMarks) -> None:
        """The sweep is of more than k paths."""
        self._point = point
        self._k = k
        self._sweep = sweep
        self._marks = marks
        self._fan = Fan(point.linear.steps, point.edges, point.seed, sweep.of, marks.take)
        self._order = order_in(point.arithmetic)
        self._zeros = Lists(k, self._fan, self._order)
        self._lists: dict[int, Lists] = {}

    def is_tied(self, found: Sequence[Largest]) -> bool:
        """Whether it takes names to tell the first k, and their order, from the first k + 1 by size."""
        sizes = [abs(contribution) for _, _, (contribution, _) in found[: self._k + 1]]
        return not all(sizes[: self._k]) or any(map(self._order.tie, sizes, sizes[1:]))

    def of(self, subject: Subject, found: Sequence[Largest]) -> list[Largest]:
        """The first k; the k-th of those found tells how large they are."""
        least = abs(found[self._k - 1][2][0]) if len(found) >= self._k else 0
        starts = sorted(self._starts(subject, least), key=itemgetter(0, 1))
        for example, group in groupby(starts, itemgetter(0)):
            self._of(example).prepare([start.way for start in group])
        parts = [self._of(start.example).of(start.way) for start in starts]
        return [
            (*starts[part][:2], (value, partial(_spelled, route, subject.is_parameter)))
            for part, value, route in first(self._order, parts, self._k)
        ]

    def _of(self, example: int) -> Lists:
        if example not in self._lists:
            self._lists[example] = Lists(self._k, self._fan, self._order, example, self._zeros)
        return self._lists[example]

    def _starts(self, subject: Subject, least: Any) -> Iterator[Start]:
        """All by which one of the first k may start."""
        for use in self._uses(subject):
            for example in range(self._point.graph.network.examples):
                yield from self._starts_of(use, example, subject.entry, least)

    def _uses(self, subject: Subject) -> Iterator[Use]:
        """Those from which a path leads to the loss."""
        linear = self._point.linear
        if not subject.is_parameter:
            uses = [Use(self._point.graph.outputs[subject.number])]
        else:
            taken = [times for _, times in self._sweep.uses(linear.parameter(subject.number))]
            uses = [Use(linear.steps.heads[times.number], times.number, times.slope) for times in taken]
        return (use for use in uses if isinstance(self._sweep.of(use.node), Candidates))

    def _starts_of(self, use: Use, example: int, entry: Index | None, least: Any) -> Iterator[Start]:
        """In one example. Of paths that contribute nothing the first by name do so in nearly every example."""
        largest = self._fan.largest(use.node, example)
        table, unit, row, column = factors(use.slope, example, len(largest), entry)
        sizes = np.abs(table) * largest[unit : unit + len(table), None]
        if not least and example >= 2 * self._k and not sizes.any():
            return
        known = names(self._mark(use, unit), unit, len(table))
        for down, along in chosen(self._order, sizes, least, self._k, known):
            way = Onward(item(table[down, along]), self._mark(use, unit + down), (use.node, unit + down))
            yield Start(example, index(use.slope, row + down, column + along), way)

    def _mark(self, use: Use, unit: int) -> Mark | None:
        if use.number is None:
            return self._marks.own(self._point.graph.nodes[use.node].of, unit)
        return self._marks.start(use.number, unit)


def _spelled(route: Route, is_parameter: bool) -> list[Mark]:
    """A unit's own name is no part of its path."""
    marks = marks_of(route)
    return marks if is_parameter else marks[1:]
