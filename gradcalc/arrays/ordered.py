"""The k largest paths of single units in their order, where sizes tie: by the names of nodes, then of edges.

Which candidates a sweep over arrays keeps of equal ones is left to chance; here they are chosen anew, but only of units
that the paths asked for may pass, with the sizes of the sweep as a guide: of the edges that lead on from a unit, the
k largest paths take those whose largest path is larger than the k-th, and of those that tie with it the first by name.
After an edge of slope 0 all paths tie, and the first by name follow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from operator import itemgetter
from typing import Any

import numpy as np

from gradcalc.arrays.fan import Array, Fan, names
from gradcalc.precedence import Order, Route
from gradcalc.records import Record
from gradcalc.steps import Mark

Place = tuple[int, int]
"""A node and a unit of it."""

Candidate = tuple[Any, Route]
"""A contribution with its path."""


SLOPE = itemgetter(0)


class Onward(Record):
    """An edge from one unit to another: its slope, its mark, and where it leads; None is the loss."""

    slope: Any
    mark: Mark | None
    to: Place | None


Row = tuple[int, Any, Route]
"""The part that a candidate is of, and the candidate."""


def first(order: Order, parts: Sequence[Sequence[Candidate]], k: int) -> list[Row]:
    """The first k of several lists that are in order; what has the same names in that of the lists."""
    rows = [(part, value, route) for part, candidates in enumerate(parts) for value, route in candidates]
    if len(parts) == 1:
        return rows[:k]
    sizes, routes = [abs(value) for _, value, _ in rows], [route for _, _, route in rows]
    return [rows[place] for place in order.first(sizes, routes, k)]


def chosen(order: Order, sizes: Array, least: Any, k: int, known: Array | None) -> list[tuple[int, int]]:
    """The places of the sizes [units][entries] above the least, and of those that tie with it where the first k are:
    by the names of the units, if their order is known, and then by entry; else those of every unit."""
    with np.errstate(all="ignore"):
        alike = np.asarray(order.tie(sizes, least) & order.tie(least, sizes), dtype=bool)
        larger = np.argwhere(np.asarray(sizes > least, dtype=bool) & ~alike)
    ties = np.argwhere(alike & (np.cumsum(alike, axis=1) <= k))
    if known is not None:
        ties = ties[np.argsort(known[ties[:, 0]], kind="stable")][:k]
    return [(row, column) for row, column in np.concatenate((larger, ties)).tolist()]


class Lists:
    """The first k paths of single units, made when asked for and kept: of one example, or by name alone."""

    def __init__(self, k: int, fan: Fan, order: Order, example: int | None = None, zeros: Lists | None = None) -> None:
        """Without an example by name alone; with one, `zeros` are those lists."""
        self._k = k
        self._fan = fan
        self._order = order
        self._example = example
        self._zeros = zeros or self
        self._known: dict[Place, list[Candidate]] = {}

    def of(self, way: Onward) -> list[Candidate]:
        """The first paths that begin with a way which was prepared."""
        slope, mark, to = way
        if to is None:
            return [(slope, None)]
        known = (self if slope else self._zeros)._known[to]
        return [(value * slope, route if mark is None else (mark, route)) for value, route in known]

    def prepare(self, ways: Sequence[Onward]) -> None:
        """Make the lists of the units that some ways lead to, after those of all units that their paths pass."""
        wanted = self._closure(ways)
        flat = [way for way in (*ways, *(way for _, onward in wanted for way in onward)) if not way.slope]
        if flat and self._zeros is not self:
            self._zeros.prepare([way._replace(slope=1) for way in flat])
        for place, onward in reversed(wanted):
            parts = list(map(self.of, onward))
            self._known[place] = [row[1:] for row in first(self._order, parts, self._k)]

    def _closure(self, ways: Sequence[Onward]) -> list[tuple[Place, list[Onward]]]:
        """All units that paths along these ways pass and that have no list yet, each with its own ways; tails first."""
        found: list[tuple[Place, list[Onward]]] = []
        seen: set[Place] = set()
        waiting: list[Place] = []
        pending = ways
        while True:
            for _, _, to in filter(SLOPE, pending):
                if to is not None and to not in seen and to not in self._known:
                    seen.add(to)
                    heappush(waiting, to)
            if not waiting:
                return found
            place = heappop(waiting)
            pending = list(self._onward(place))
            found.append((place, pending))

    def _onward(self, place: Place) -> Iterator[Onward]:
        """The edges from a unit that its first k paths can take."""
        fan, example = self._fan, self._example
        node, unit = place
        least = 0 if example is None else fan.least(node, example, unit, self._k)
        for edge in fan.edges(node):
            head = fan.steps.heads[edge]
            first, slopes = fan.onward(edge, example or 0, unit)
            for row in self._chosen(edge, unit, first, slopes, least):
                slope = 1 if example is None else item(slopes[row])
                yield Onward(slope, fan.marks(edge, unit, first + row), fan.place(head, first + row))

    def _chosen(self, edge: int, unit: int, first: int, slopes: Array, least: Any) -> Sequence[int]:
        """The units to which an edge leads by paths as large as the least."""
        if len(slopes) == 1:
            return (0,)
        sizes: Array = np.zeros(len(slopes))
        if self._example is not None:
            largest = self._fan.largest(self._fan.steps.heads[edge], self._example)
            sizes = np.abs(slopes) * largest[first : first + len(slopes)]
        known = names(self._fan.marks(edge, unit, first), first, len(slopes))
        return [row for row, _ in chosen(self._order, sizes[:, None], least, self._k, known)]


def item(number: Any) -> Any:
    """A number of NumPy's as one of Python's, any other as it is."""
    return number.item() if isinstance(number, np.generic) else number
