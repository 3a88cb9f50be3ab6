"""Every path kept apart, with its contribution: for graphs with few paths, and for paths that are no single numbers.

An element is a listing: contributions by path. Paths that are named alike are one and add up, so over units with marks
that speak of layers this lists the paths of layers, whose contributions are the sums over their units.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradcalc.network.linear_graph import Mark, Steps
from gradcalc.records import Record


class Names:
    """Numbers for paths: 0 is the empty one, every other a mark followed by a path that has a number."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[Mark, int], int] = {}
        self._paths: list[tuple[Mark, int]] = []

    def number(self, mark: Mark, rest: int) -> int:
        """The number of the path that takes `mark` first."""
        path = (mark, rest)
        found = self._numbers.get(path)
        if found is None:
            self._paths.append(path)
            found = self._numbers[path] = len(self._paths)
        return found

    def marks(self, number: int) -> list[Mark]:
        """The marks of a path, from its start to the loss."""
        found = []
        while number:
            mark, number = self._paths[number - 1]
            found.append(mark)
        return found


class Step(Record):
    """An edge: its derivative, its mark, and the numbers of paths."""

    local: Any
    mark: Mark | None
    names: Names


class Listing:
    """Contributions by the number of the path."""

    __slots__ = ("keep", "of")

    def __init__(self, of: Mapping[int, Any], keep: Callable[[dict[int, Any]], dict[int, Any]] | None = None) -> None:
        self.of = of
        self.keep = keep

    def __add__(self, other: Listing) -> Listing:
        if not self.of:
            return other
        both = dict(self.of)
        for route, value in other.of.items():
            both[route] = both[route] + value if route in both else value
        return Listing(self.keep(both) if self.keep else both, self.keep)

    def __mul__(self, edge: Step) -> Listing:
        local, mark, names = edge
        if mark is None:
            return Listing({route: value * local for route, value in self.of.items()}, self.keep)
        return Listing({names.number(mark, route): value * local for route, value in self.of.items()}, self.keep)


class Routes:
    """All paths; or, given a limit, the largest found by keeping that many at every node (then `cut` tells if any
    were dropped), largest by `size`."""

    def __init__(self, limit: int | None = None, size: Callable[[Any], Any] = abs) -> None:
        self.names = Names()
        self._limit = limit
        self._size = size
        self.cut = False
        self.zero = Listing({}, self._keep if limit else None)

    def start(self, seed: Any) -> Listing:
        """The empty path, number 0."""
        return Listing({0: seed}, self.zero.keep)

    def edges(self, steps: Steps, local: Sequence[Any]) -> list[Step]:
        """Derivatives with their marks."""
        return [Step(factor, mark, self.names) for factor, mark in zip(local, steps.marks)]

    def _keep(self, listing: dict[int, Any]) -> dict[int, Any]:
        assert self._limit is not None
        if len(listing) <= self._limit:
            return listing
        self.cut = True
        largest = sorted(listing.items(), key=lambda item: self._size(item[1]), reverse=True)
        return dict(largest[: self._limit])
