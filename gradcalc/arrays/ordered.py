"""The k largest paths of single units in their order, where sizes tie: by the names of nodes, then of edges.

Which candidates a sweep over arrays keeps of equal ones is left to chance; here they are chosen anew, but only of units
that the paths asked for may pass, with the sizes of the sweep as a guide: of the edges that lead on from a unit, the
k largest paths take those whose largest path is larger than the k-th, and of those that tie with it the first by name.
After an edge of slope 0 all paths tie, and the first by name follow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cmp_to_key
from heapq import heappop, heappush
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np

from gradcalc.arrays.fan import Array, Fan, names
from gradcalc.precedence import Precedence, Route
from gradcalc.record import Record
from gradcalc.steps import Mark

Place = tuple[int, int]
"""A node and a unit of it."""

Candidate = tuple[Any, Route]
"""A contribution with its path."""


SIZE = SLOPE = itemgetter(0)


class Onward(Record):
    """An edge from one unit to another: its slope, its mark, and where it leads; None is the loss."""

    slope: Any
    mark: Mark | None
    to: Place | None


Row = tuple[Any, int, int, Any, Route]
"""The size of a candidate, the part it is of, its rank there, the candidate."""


class Order:
    """By size, largest first; sizes that agree but for one part in `close` tie, and go by name."""

    def __init__(self, close: int) -> None:
        self.close = close
        self._compare = Precedence().compare

    def first(self, parts: Sequence[Sequence[Candidate]], k: int) -> list[Row]:
        """The first k of several lists that are in order; what has the same names in that of the lists."""
        rows = [
            (abs(value), part, rank, value, route)
            for part, candidates in enumerate(parts)
            for rank, (value, route) in enumerate(candidates)
        ]
        if len(parts) == 1:
            return rows[:k]
        found: list[Row] = []
        for ties in self._ties(sorted(rows, key=SIZE, reverse=True)):
            found += self._by_name(ties, k - len(found)) if len(ties) > 1 else ties
            if len(found) >= k:
                break
        return found[:k]

    def tie(self, larger: Any, smaller: Any) -> Any:
        """Whether sizes agree but for rounding; of arrays, entry by entry."""
        return larger - smaller <= larger / self.close

    def chosen(self, sizes: Array, least: Any, k: int, known: Array | None) -> list[tuple[int, int]]:
        """The places of the sizes [units][entries] above the least, and of those that tie with it where the first k
        are: by the names of the units, if their order is known, and then by entry; else those of every unit."""
        with np.errstate(all="ignore"):
            larger = np.argwhere(np.asarray(sizes - least > sizes / self.close, dtype=bool))
            ties = np.asarray(np.abs(sizes - least) <= least / self.close, dtype=bool)
        ties = np.argwhere(ties & (np.cumsum(ties, axis=1) <= k))
        if known is not None:
            ties = ties[np.argsort(known[ties[:, 0]], kind="stable")][:k]
        return [(row, column) for row, column in np.concatenate((larger, ties)).tolist()]

    def _ties(self, rows: Sequence[Row]) -> Iterator[list[Row]]:
        """Rows that tie, together; rows come by size."""
        start = 0
        for place in range(1, len(rows) + 1):
            if place == len(rows) or not self.tie(rows[place - 1][0], rows[place][0]):
                yield list(rows[start:place])
                start = place

    def _by_name(self, ties: list[Row], k: int) -> list[Row]:
        """The first k: by the first node, which mostly tells, and then all the way."""
        found: list[Row] = []
        for _, same in groupby(sorted(ties, key=_first_node_and_place), _first_node):
            rows = list(same)
            alone = rows[0][1] == rows[-1][1]
            found += rows if alone else sorted(rows, key=cmp_to_key(self._names))
            if len(found) >= k:
                break
        return found[:k]

    def _names(self, one: Row, other: Row) -> int:
        return self._compare(one[-1], other[-1])


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
            self._known[place] = [row[3:] for row in self._order.first(parts, self._k)]

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
        return [row for row, _ in self._order.chosen(sizes[:, None], least, self._k, known)]


def _first_node(row: Row) -> str:
    """The first node that a path visits; none comes first."""
    route = row[-1]
    while route is not None:
        if route[0].node is not None:
            return route[0].node
        route = route[1]
    return ""


def _first_node_and_place(row: Row) -> tuple[str, int, int]:
    return _first_node(row), row[1], row[2]


def item(number: Any) -> Any:
    """A number of NumPy's as one of Python's, any other as it is."""
    return number.item() if isinstance(number, np.generic) else number
