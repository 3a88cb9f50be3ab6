"""The largest paths over single units of a wide network, spelled out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from gradcalc.accumulate import Sweep
from gradcalc.arrays.best import Best, Candidates, Entry, Seed, of_use
from gradcalc.arrays.edges import NOTHING
from gradcalc.arrays.point import ArrayPoint
from gradcalc.arrays.reach import candidates_lost, entries_lost, product_lost
from gradcalc.graph import Node
from gradcalc.layers import Link
from gradcalc.network import Index
from gradcalc.questions.listing import Found
from gradcalc.questions.subjects import Subject
from gradcalc.steps import Mark
from gradcalc.units.layout import weight_starts
from gradcalc.units.marks import ByUnit


class LargestPaths:
    """The k largest of each subject, from one sweep for all of them."""

    def __init__(self, point: ArrayPoint, k: int) -> None:
        self._point = point
        self._starts = weight_starts(point.graph.network)
        self._marks = ByUnit(point.graph)
        with np.errstate(all="ignore"):
            self._sweep = Sweep(point.linear.steps, point.edges, point.seed, Best(k, NOTHING))
        self._k = k

    def of(self, subject: Subject) -> list[tuple[int, Index, Found]]:
        """The k largest, each with its example and entry."""
        found = list(self._uses(subject) if subject.is_parameter else self._units(subject))
        found.sort(key=lambda path: abs(path[2][0]), reverse=True)
        return found[: self._k]

    def kept(self, chosen: Sequence[Subject]) -> bool:
        """Whether none of the largest of these subjects was lost to the range of doubles, nor on its way to them."""
        between = self._point.linear.steps.between([step_node(self._point, subject) for subject in chosen])
        return not any(map(self._edge_lost, between)) and not any(map(self._use_lost, chosen))

    def _edge_lost(self, edge: int) -> bool:
        steps, slope = self._point.linear.steps, self._point.edges[edge]
        above, below = self._sweep.of(steps.heads[edge]), steps.tails[edge]
        if isinstance(above, Seed):
            return product_lost(above.value, slope)
        return (
            isinstance(above, Candidates)
            and edge < steps.inner
            and candidates_lost(above, slope, self._sweep.of(below))
        )

    def _use_lost(self, subject: Subject) -> bool:
        """Of a parameter; of a node there are no uses."""
        return any(
            entries_lost(said, times.slope, subject.entry, of_use(said, times.slope, subject.entry))
            for said, times in self._sweep.uses(step_node(self._point, subject))
            if isinstance(said, Candidates)
        )

    def _uses(self, subject: Subject) -> Iterator[tuple[int, Index, Found]]:
        linear = self._point.linear
        for said, times in self._sweep.uses(step_node(self._point, subject)):
            if isinstance(said, Candidates):
                for entry in of_use(said, times.slope, subject.entry):
                    spell = partial(self._spelled, linear.links[times.number], said, entry)
                    yield entry.example, entry.entry, (_number(entry.value), spell)

    def _units(self, subject: Subject) -> Iterator[tuple[int, Index, Found]]:
        said = self._sweep.of(step_node(self._point, subject))
        if not isinstance(said, Candidates):
            return
        for place in np.ndindex(said.values.shape):
            example, unit, rank = place
            if subject.entry is None or unit == subject.entry[0]:
                spell = partial(self._followed, said, example, unit, rank)
                yield example, (unit,), (_number(said.values[place]), spell)

    def _spelled(self, link: Link, said: Candidates, entry: Entry) -> list[Mark]:
        """The marks of a parameter's path: where it starts, then where its candidate leads."""
        node = self._point.graph.nodes[link.node]
        if link.kind == "alpha":
            node = self._point.graph.nodes[node.arcs[0].tail]
        start = self._marks.start(node, entry.unit, link.arc)
        rest = self._followed(said, entry.example, entry.unit, entry.rank)
        return [start, *rest] if start else rest

    def _followed(self, said: Candidates, example: int, unit: int, rank: int) -> list[Mark]:
        marks: list[Mark | None] = []
        further: Candidates | None = said
        while further is not None:
            at = (example, unit, rank)
            number, following = further.sources[further.source[at]]
            tail, unit, rank = unit, int(further.unit[at]), int(further.rank[at])
            marks.append(self._mark(self._point.linear.links[number], tail, unit))
            further = following
        return [mark for mark in marks if mark is not None]

    def _mark(self, link: Link, tail: int, head: int) -> Mark | None:
        """What taking an edge from unit `tail` to unit `head` adds to a path."""
        graph, node = self._point.graph, self._point.graph.nodes[link.node]
        if link.kind == "loss":
            return None
        if link.kind == "bend":
            coupled = graph.network.layers[node.of - len(graph.network.inputs)].activation.couples
            return self._marks.mix(node, head) if coupled else None
        assert link.arc is not None
        return self._marks.enter(node, head, link.arc, self._place(node, link, tail, head), 0)

    def _place(self, node: Node, link: Link, tail: int, head: int) -> int:
        """Where the weight's entry between two units stands in P."""
        arc = link.arc
        assert arc is not None
        if arc.parameter is None:
            return 0
        shape = self._point.graph.network.parameters[arc.parameter].shape
        row = head - (arc.offset if node.width != (shape[0] if shape else 0) else 0)
        return self._starts[arc.parameter] + (row * shape[1] + tail if shape else 0)


def step_node(point: ArrayPoint, subject: Subject) -> int:
    """The step node of a parameter or of a node's output."""
    if subject.is_parameter:
        return point.linear.parameter(subject.number)
    return point.graph.outputs[subject.number]


def _number(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
