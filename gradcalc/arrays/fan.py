"""The edges that lead on from one unit of a wide network, and what a use multiplies single units by: what arrays hold
of one path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from gradcalc.arrays.best import Candidates, is_of_one_number
from gradcalc.arrays.edges import Diagonal, Inner, Jacobians, Matrix, Outer, Scalar, Start, offset
from gradcalc.network import Index
from gradcalc.records import Record
from gradcalc.steps import Mark, Steps

Array = Any
Marks = Callable[[int, int, int], Mark | None]
"""What taking an edge, by its number, from one unit to another adds to a path."""


class Fan:
    """The edges from single units, at one point, by which a path gets to the loss."""

    def __init__(
        self, steps: Steps, slopes: Sequence[Any], seed: Any, said: Callable[[int], Any], marks: Marks
    ) -> None:
        """`said` of every node are its largest paths, where it leads to the loss."""
        self.steps = steps
        self.marks = marks
        self._slopes = slopes
        self._seed = seed
        self._said = said

    def said(self, node: int) -> Candidates:
        """The largest paths of a node's units."""
        found = self._said(node)
        assert isinstance(found, Candidates)
        return found

    def largest(self, node: int, example: int) -> Array:
        """The size of the largest path of every unit of a node."""
        return np.abs(self.said(node).values[example, :, 0])

    def least(self, node: int, example: int, unit: int, k: int) -> Any:
        """The size of the k-th largest path of a unit; 0 where there are fewer."""
        sizes = self.said(node).values[example, unit]
        return abs(sizes[k - 1]) if len(sizes) >= k else 0

    def place(self, node: int, unit: int) -> tuple[int, int] | None:
        """A unit of a node, None of the loss."""
        return None if node == self.steps.loss else (node, unit)

    def edges(self, node: int) -> Sequence[int]:
        """The edges from a node whose heads lead to the loss."""
        return self._edges.get(node, ())

    def onward(self, edge: int, example: int, unit: int) -> tuple[int, Array]:
        """The slopes of an edge from one unit: to the first unit of its head that it feeds, and on from there."""
        slope = self._slopes[edge]
        if isinstance(slope, Start):
            return 0, slope.slopes[example, unit : unit + 1] * self._seed
        if isinstance(slope, Diagonal):
            return unit, slope.slopes[example, unit : unit + 1]
        if isinstance(slope, Jacobians):
            column = slope.slopes[example, :, unit]
            return (unit // slope.pieces, column[unit // slope.pieces :][:1]) if slope.pieces else (0, column)
        width = self.said(self.steps.heads[edge]).values.shape[1]
        if isinstance(slope, Matrix):
            return offset(slope.first, len(slope.weight), width), slope.weight[:, unit]
        assert isinstance(slope, Scalar)
        factor = np.array([1 if slope.factor is None else slope.factor])
        return offset(slope.first, slope.width, width) + unit, factor

    @cached_property
    def _edges(self) -> Mapping[int, list[int]]:
        found: dict[int, list[int]] = {}
        for edge in range(self.steps.inner):
            head = self.steps.heads[edge]
            if head == self.steps.loss or isinstance(self._said(head), Candidates):
                found.setdefault(self.steps.tails[edge], []).append(edge)
        return found


class Factors(Record):
    """What units are multiplied by where paths start, [units][entries of each]; the first unit and the first entry."""

    table: Array
    unit: int
    row: int
    column: int


def factors(slope: Any, example: int, width: int, entry: Index | None) -> Factors:
    """Those of a use of a parameter, or of one entry of it; of nodes (no slope) 1 each."""
    first, table = _table(slope, example, width)
    if entry is None or index(slope, 0, 0) == ():
        return Factors(table, first, 0, 0)
    row, column = (*entry, 0)[:2]
    columns = table[:, column : column + 1] if isinstance(slope, Outer) else table
    return Factors(columns[row : row + 1], first + row, row, column)


def index(slope: Any, row: int, column: int) -> Index:
    """The index of an entry by its place among the factors: of a weight, of a number, of a bias or a node's units."""
    if isinstance(slope, Outer):
        return row, column
    return () if is_of_one_number(slope) else (row,)


def _table(slope: Any, example: int, width: int) -> tuple[int, Array]:
    if isinstance(slope, Outer):
        row = slope.values[example]
        return offset(slope.first, slope.width, width), np.broadcast_to(row, (slope.width, len(row)))
    if isinstance(slope, Inner):
        return offset(slope.first, slope.values.shape[-1], width), slope.values[example][:, None]
    if slope is None or slope.slopes is None:
        return 0, np.full((width, 1), 1, dtype=object)
    return 0, slope.slopes[example][:, None]


def names(mark: Mark | None, first: int, units: int) -> Array | None:
    """The order of the names of so many units of a layer from the first on, which has this mark; None without one."""
    return None if mark is None or mark.node is None else _by_name(first + units)[first:]


@lru_cache
def _by_name(width: int) -> Array:
    """For every unit of a layer its place in the dictionary order of their names: `h[10]` comes before `h[1]`."""
    order = sorted(range(width), key=lambda unit: f"{unit}]")
    places = np.empty(width, dtype=int)
    places[order] = np.arange(width)
    return places
