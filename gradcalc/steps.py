"""The network at a point as a DAG of linear steps, whatever the grain: edges from tail to head in the order of a
reverse sweep, so that all that is said of a head is complete before an edge reads it.

What an edge means to a path is its mark; edges that a path does not see (an activation's slope, the loss) have none.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from gradcalc.records import Record


class Mark(Record):
    """What taking an edge adds to a path: a node, the name of the edge, and 1 where a layer is entered through z."""

    node: str | None
    label: str | None = None
    enters: int = 0
    at: str | None = None  # on a path's first mark: the use of the parameter


class Steps:
    """`tails[e]`, `heads[e]` and `marks[e]` of every edge e; nodes are numbered below `size`, the loss among them.

    The first `inner` edges lie between nodes, in the order of the sweep; the others are the uses of parameters, which
    feed nodes and are fed by none.
    """

    def __init__(
        self,
        size: int,
        loss: int,
        inner: int,
        tails: Sequence[int],
        heads: Sequence[int],
        marks: Sequence[Mark | None],
    ) -> None:
        self.size = size
        self.loss = loss
        self.inner = inner
        self.tails = tails
        self.heads = heads
        self.marks = marks

    @cached_property
    def enters(self) -> list[int]:
        """For every edge the layers it enters."""
        return [mark.enters if mark else 0 for mark in self.marks]

    @cached_property
    def uses(self) -> Mapping[int, list[int]]:
        """For every parameter the edges that are its uses."""
        found: dict[int, list[int]] = {}
        for edge in range(self.inner, len(self.tails)):
            found.setdefault(self.tails[edge], []).append(edge)
        return found

    @cached_property
    def by_head(self) -> list[tuple[int, list[int]]]:
        """Every head, in the order of the sweep, with its edges: those from nodes, then those from parameters."""
        found: dict[int, list[int]] = {}
        for edge, head in enumerate(self.heads):
            found.setdefault(head, []).append(edge)
        return list(found.items())

    def between(self, sources: Collection[int]) -> list[int]:
        """The edges on a way from one of the sources to the loss, in order: all that a question about them needs."""
        reached = bytearray(self.size)
        for source in sources:
            reached[source] = 1
        found = []
        for edge in range(len(self.tails) - 1, -1, -1):
            if reached[self.tails[edge]]:
                reached[self.heads[edge]] = 1
                found.append(edge)
        return found[::-1]

    def only(self, edges: Sequence[int]) -> Steps:
        """The same nodes with these edges alone, which must be in order."""
        tails, heads = (list(map(column.__getitem__, edges)) for column in (self.tails, self.heads))
        marks = list(map(self.marks.__getitem__, edges))
        return Steps(self.size, self.loss, bisect_left(edges, self.inner), tails, heads, marks)


Edge = tuple[int, int, Mark | None, Any]
"""An edge while it is being laid: tail, head, mark, and what its slope will be made of."""


def joined(size: int, loss: int, inner: Sequence[Edge], uses: Sequence[Edge]) -> tuple[Steps, list[Any]]:
    """The steps of edges between nodes, which are in order, and of the uses of parameters, and the recipes."""
    columns: Sequence[list[Any]] = [list(column) for column in zip(*inner, *uses)] or [[], [], [], []]
    tails, heads, marks, recipes = columns
    return Steps(size, loss, len(inner), tails, heads, marks), recipes
