"""The part of the gradient that comes along given nodes: the sum over the paths that visit these and no others.

An element holds sums by how many of the last nodes their paths have visited; an edge into another node than the next
one ends its paths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradcalc.network.linear_graph import LinearGraph
from gradcalc.records import Record


class SuffixEdge(Record):
    """An edge: its local derivative, and the node that a path visits by it (None: none that it names)."""

    local: Any
    node: str | None
    nodes: Sequence[str]


class Suffix:
    """`of[k]` is the sum over the paths that visit the last k nodes."""

    __slots__ = ("of",)

    def __init__(self, of: Mapping[int, Any]) -> None:
        self.of = of

    def __add__(self, other: Suffix) -> Suffix:
        both = dict(self.of)
        for visited, value in other.of.items():
            both[visited] = both[visited] + value if visited in both else value
        return Suffix(both)

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

    zero = Suffix({})

    def __init__(self, nodes: Sequence[str]) -> None:
        self.nodes = tuple(nodes)

    def start(self, seed: Any) -> Suffix:
        """The empty path visits nothing."""
        return Suffix({0: seed})

    def edges(self, graph: LinearGraph, local: Sequence[Any]) -> list[SuffixEdge]:
        """Every edge with the node of its label."""
        return [
            SuffixEdge(factor, label.node if label else None, self.nodes) for factor, label in zip(local, graph.labels)
        ]
