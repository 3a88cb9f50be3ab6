"""Which of two paths comes first: the larger; where sizes tie, by nodes, then by edges, in dictionary order.

Sizes tie that agree but for rounding: (larger − smaller)/larger ≤ 10^−digits. So do all between two that tie, and ties
are a relation of neighbours in the order of size.

Paths share their ends, so names are kept once for every end of a path, and what was once compared is not compared
again: among n paths of any length that a sweep keeps at a node, the cost is n² for each node, whatever the depth.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cmp_to_key
from itertools import groupby
from operator import itemgetter, sub
from typing import Any

from gradcalc.steps import Mark

DIGITS = 13
"""Of doubles, and of all numbers that have no more to go by: what a thousand edges, rounded at every one, leave."""

Route = tuple[Mark, Any] | None
"""A path as its first mark and the rest of it, shared by all that continue so; None is the end."""


class Order:
    """The order of paths: by size, largest first, then by name, then as they stand."""

    def __init__(self, digits: int = DIGITS) -> None:
        """Sizes that agree in so many digits tie."""
        self.close = 10**digits
        self._compare = Precedence().compare

    def tie(self, larger: Any, smaller: Any) -> Any:
        """Whether sizes agree but for rounding; of arrays, entry by entry."""
        return larger - smaller <= larger / self.close

    def any_tie(self, sizes: Sequence[Any]) -> bool:
        """Whether there are ties among two or more sizes, largest first."""
        least = min(map(sub, sizes, sizes[1:]))
        return least * self.close <= sizes[0] and any(map(self.tie, sizes, sizes[1:]))

    def spans(self, sizes: Sequence[Any]) -> Iterator[slice]:
        """Where those stand that tie with one another, of sizes that are in order."""
        start = 0
        for place in range(1, len(sizes) + 1):
            if place == len(sizes) or not self.tie(sizes[place - 1], sizes[place]):
                yield slice(start, place)
                start = place

    def first(self, sizes: Sequence[Any], routes: Sequence[Route], k: int) -> list[int]:
        """The places of the first k paths."""
        places = sorted(range(len(sizes)), key=sizes.__getitem__, reverse=True)
        found: list[int] = []
        for span in self.spans([sizes[place] for place in places]):
            ties = places[span]
            found += ties if len(ties) == 1 else self._by_name(ties, routes, k - len(found))
            if len(found) >= k:
                break
        return found[:k]

    def _by_name(self, places: list[int], routes: Sequence[Route], k: int) -> list[int]:
        """The first k of those that tie: by the first node, which mostly tells, and then all the way."""
        found: list[int] = []

        def names(one: int, other: int) -> int:
            return self._compare(routes[one], routes[other])

        for _, same in groupby(sorted((first_node(routes[place]), place) for place in places), itemgetter(0)):
            found += sorted((place for _, place in same), key=cmp_to_key(names))
            if len(found) >= k:
                break
        return found


def order_in(arithmetic: Any) -> Order:
    """The order of paths in these numbers: as many digits as were asked for, where they were."""
    return Order(getattr(arithmetic, "digits", DIGITS))


def first_node(route: Route) -> str:
    """The first node that a path visits; none comes first."""
    while route is not None:
        if route[0].node is not None:
            return route[0].node
        route = route[1]
    return ""


class Sequences:
    """Sequences of names as numbers: 0 is the empty one, every other a name followed by a sequence that has a number.

    Equal sequences have the same number.
    """

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, int], int] = {}
        self._known: list[tuple[str, int]] = [("", 0)]
        self._compared: dict[tuple[int, int], int] = {}

    def number(self, name: str | None, rest: int) -> int:
        """The number of the name followed by the rest; of the rest where there is no name."""
        if name is None:
            return rest
        found = self._numbers.setdefault((name, rest), len(self._known))
        if found == len(self._known):
            self._known.append((name, rest))
        return found

    def compare(self, one: int, other: int) -> int:
        """Negative, 0 or positive, as the first comes before the other in dictionary order."""
        passed = []
        while one != other and (one, other) not in self._compared:
            passed.append((one, other))
            (name, one), (named, other) = self._pair(one, other)
            if name != named:
                self._compared[passed[-1]] = -1 if name < named else 1
                one, other = passed.pop()
        order = 0 if one == other else self._compared[one, other]
        self._compared.update(dict.fromkeys(passed, order))
        return order

    def _pair(self, one: int, other: int) -> tuple[tuple[str, int], tuple[str, int]]:
        return self._known[one], self._known[other]


class Precedence:
    """The order of routes by their names, for as long as a sweep lasts."""

    def __init__(self) -> None:
        self._nodes = Sequences()
        self._labels = Sequences()
        self._spelled: dict[int, tuple[Route, int, int]] = {}  # by the identity of a route, which is kept alive

    def compare(self, one: Route, other: Route) -> int:
        """Negative, 0 or positive, as the first comes before the other."""
        _, nodes, labels = self._names(one)
        _, other_nodes, other_labels = self._names(other)
        return self._nodes.compare(nodes, other_nodes) or self._labels.compare(labels, other_labels)

    def _names(self, route: Route) -> tuple[Route, int, int]:
        """A route with the numbers of its nodes and labels."""
        pending = []
        while route is not None and id(route) not in self._spelled:
            pending.append(route)
            route = route[1]
        found = (None, 0, 0) if route is None else self._spelled[id(route)]
        for route in reversed(pending):
            mark, (_, nodes, labels) = route[0], found
            found = route, self._nodes.number(mark.node, nodes), self._labels.number(mark.label, labels)
            self._spelled[id(route)] = found
        return found
