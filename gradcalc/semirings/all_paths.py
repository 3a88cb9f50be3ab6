"""Paths one by one: every path with its contribution (`AllPaths`), for graphs with few paths and for contributions
that are no single numbers; and the part of the gradient that comes along given nodes (`OnePath`).

Over single units, by labels of layers, the paths between the same layers by the same edges are one path of layers, and
their contributions add up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradcalc.network.linear_graph import EdgeLabel, LinearGraph


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


def side_by_side(some: Mapping[int, Any], others: Mapping[int, Any]) -> dict[int, Any]:
    """Contributions by number, those of one number added."""
    both = dict(some)
    for number, value in others.items():
        both[number] = both[number] + value if number in both else value
    return both


ListedEdge = tuple[Any, Any, PathNumbers]
"""An edge: its local derivative, what tells it from others (None: no path is told by it), the numbers of paths."""


class ListedPaths:
    """Contributions by the number of the path; `cut` drops some where there are too many."""

    __slots__ = ("cut", "of")

    def __init__(self, of: Mapping[int, Any], cut: Callable[[dict[int, Any]], dict[int, Any]] | None = None) -> None:
        self.of = of
        self.cut = cut

    def __add__(self, other: ListedPaths) -> ListedPaths:
        if not self.of:
            return other
        both = side_by_side(self.of, other.of)
        return ListedPaths(self.cut(both) if self.cut else both, self.cut)

    def __mul__(self, edge: ListedEdge) -> ListedPaths:
        local, key, numbers = edge
        if key is None:
            return ListedPaths({path: value * local for path, value in self.of.items()}, self.cut)
        return ListedPaths({numbers.number(key, path): value * local for path, value in self.of.items()}, self.cut)


class AllPaths:
    """All paths, told apart edge by edge or (`by_label`) by the labels of their edges; or, given a limit, the largest
    by `size` that a search finds which retains that many at every node (`cut`: whether any were dropped)."""

    def __init__(self, by_label: bool = False, limit: int | None = None, size: Callable[[Any], Any] = abs) -> None:
        self._by_label = by_label
        self._limit = limit
        self._size = size
        self._numbers = PathNumbers()
        self._labels: Sequence[EdgeLabel | None] = ()
        self.cut = False
        self.zero = ListedPaths({}, self._largest if limit else None)

    def start(self, seed: Any) -> ListedPaths:
        """The empty path, number 0."""
        return ListedPaths({0: seed}, self.zero.cut)

    def edges(self, graph: LinearGraph, local: Sequence[Any]) -> list[ListedEdge]:
        """Local derivatives with what tells the edges apart."""
        self._labels = graph.labels
        keys: Sequence[Any] = graph.labels
        if not self._by_label:
            keys = [number if label else None for number, label in enumerate(graph.labels)]
        return [(factor, key, self._numbers) for factor, key in zip(local, keys)]

    def labels(self, path: int) -> list[EdgeLabel]:
        """The labels of a path's edges, from its start to the loss."""
        edges = self._numbers.edges(path)
        return edges if self._by_label else [label for label in map(self._labels.__getitem__, edges) if label]

    def _largest(self, listed: dict[int, Any]) -> dict[int, Any]:
        assert self._limit is not None
        if len(listed) <= self._limit:
            return listed
        self.cut = True
        largest = sorted(listed.items(), key=lambda item: self._size(item[1]), reverse=True)
        return dict(largest[: self._limit])


SuffixEdge = tuple[Any, str | None, Sequence[str]]
"""An edge: its local derivative, the node that a path visits by it (None: none), and all nodes that it is to visit."""


class Suffix:
    """`of[k]` is the sum over the paths that visit the last k nodes; an edge into any but the next one ends them."""

    __slots__ = ("of",)

    def __init__(self, of: Mapping[int, Any]) -> None:
        self.of = of

    def __add__(self, other: Suffix) -> Suffix:
        return Suffix(side_by_side(self.of, other.of))

    def __mul__(self, edge: SuffixEdge) -> Suffix:
        local, node, nodes = edge
        if node is None:
            return Suffix({visited: value * local for visited, value in self.of.items()})
        return Suffix(
            {
                visited + 1: value * local
                for visited, value in self.of.items()
                if visited < len(nodes) and nodes[-visited - 1] == node
            }
        )


class OnePath:
    """Local derivatives with the nodes that they lead to."""

    def __init__(self, nodes: Sequence[str]) -> None:
        self.nodes = tuple(nodes)
        self.zero = Suffix({})

    def start(self, seed: Any) -> Suffix:
        """The empty path visits nothing."""
        return Suffix({0: seed})

    def edges(self, graph: LinearGraph, local: Sequence[Any]) -> list[SuffixEdge]:
        """Every edge with the node of its label."""
        return [(factor, label.node if label else None, self.nodes) for factor, label in zip(local, graph.labels)]
