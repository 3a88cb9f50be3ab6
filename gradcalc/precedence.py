"""Which of two paths comes first where their sizes tie: by their nodes, then by their edges, in dictionary order.

Paths share their ends, so names are kept once for every end of a path, and what was once compared is not compared
again: among n paths of any length that a sweep keeps at a node, the cost is n² for each node, whatever the depth.
"""

from __future__ import annotations

from typing import Any

from gradcalc.steps import Mark

Route = tuple[Mark, Any] | None
"""A path as its first mark and the rest of it, shared by all that continue so; None is the end."""


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
