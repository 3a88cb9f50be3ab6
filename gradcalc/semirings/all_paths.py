"""Every path kept apart, with its contribution: for graphs with few paths, and for paths that are no single numbers.

An element is a listing: contributions by path. Over single units, by labels that speak of layers, the paths between the
same layers by the same edges are one path of layers, and their contributions add up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradcalc.network.linear_graph import EdgeLabel, LinearGraph
from gradcalc.records import Record


class PathNumbers:
    """Numbers for paths: 0 is the empty one, every other an edge followed by a path that has a number.

    Edges are told apart by what stands for them: their number or their label.
    """

    def __init__(self) -> None:
        self._numbers: dict[tuple[Any, int], int] = {}
        self._paths: list[tuple[Any, int]] = []

    def number(self, edge: Any, rest: int) -> int:
        """The number of the path that takes `edge` first."""
        path = (edge, rest)
        found = self._numbers.get(path)
        if found is None:
            self._paths.append(path)
            found = self._numbers[path] = len(self._paths)
        return found

    def edges(self, number: int) -> list[Any]:
        """The edges of a path, from its start to the loss."""
        found = []
        while number:
            edge, number = self._paths[number - 1]
            found.append(edge)
        return found


class ListedEdge(Record):
    """An edge: its local derivative, what tells it from others (None: no path is told by it), the numbers of paths."""

    local: Any
    key: Any
    numbers: PathNumbers


class ListedPaths:
    """Contributions by the number of the path."""

    __slots__ = ("keep", "of")

    def __init__(self, of: Mapping[int, Any], keep: Callable[[dict[int, Any]], dict[int, Any]] | None = None) -> None:
        self.of = of
        self.keep = keep

    def __add__(self, other: ListedPaths) -> ListedPaths:
        if not self.of:
            return other
        both = dict(self.of)
        for path, value in other.of.items():
            both[path] = both[path] + value if path in both else value
        return ListedPaths(self.keep(both) if self.keep else both, self.keep)

    def __mul__(self, edge: ListedEdge) -> ListedPaths:
        local, key, numbers = edge
        if key is None:
            return ListedPaths({path: value * local for path, value in self.of.items()}, self.keep)
        return ListedPaths({numbers.number(key, path): value * local for path, value in self.of.items()}, self.keep)


class AllPaths:
    """All paths, told apart edge by edge or (`by_label`) by the labels of their edges; or, given a limit, the largest
    by `size` that are found by keeping that many at every node (`cut` says whether any were dropped)."""

    def __init__(self, by_label: bool = False, limit: int | None = None, size: Callable[[Any], Any] = abs) -> None:
        self._by_label = by_label
        self._limit = limit
        self._size = size
        self._numbers = PathNumbers()
        self._labels: Sequence[EdgeLabel | None] = ()
        self.cut = False
        self.zero = ListedPaths({}, self._keep if limit else None)

    def start(self, seed: Any) -> ListedPaths:
        """The empty path, number 0."""
        return ListedPaths({0: seed}, self.zero.keep)

    def edges(self, graph: LinearGraph, derivatives: Sequence[Any]) -> list[ListedEdge]:
        """Local derivatives with what tells the edges apart."""
        self._labels = graph.labels
        labelled: Sequence[Any] = graph.labels
        keys = labelled if self._by_label else [n if label else None for n, label in enumerate(labelled)]
        return [ListedEdge(local, key, self._numbers) for local, key in zip(derivatives, keys)]

    def labels(self, path: int) -> list[EdgeLabel]:
        """The labels of a path's edges, from its start to the loss."""
        edges = self._numbers.edges(path)
        return edges if self._by_label else [label for label in map(self._labels.__getitem__, edges) if label]

    def _keep(self, listing: dict[int, Any]) -> dict[int, Any]:
        assert self._limit is not None
        if len(listing) <= self._limit:
            return listing
        self.cut = True
        largest = sorted(listing.items(), key=lambda item: self._size(item[1]), reverse=True)
        return dict(largest[: self._limit])
