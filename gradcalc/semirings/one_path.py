"""The part of the gradient that comes along given nodes: the sum over the paths that visit these and no others.

An element holds sums by how many of the last nodes their paths have visited; an edge into another node than the next
one ends its paths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradcalc.network.linear_graph import Steps
from gradcalc.records import Record


class Step(Record):
    """An edge: its derivative, and the node that a path visits by it (None: none that it sees)."""

    local: Any
    node: str | None
    route: Sequence[str]


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

    def __mul__(self, edge: Step) -> Suffix:
        local, node, route = edge
        if node is None:
            return Suffix({visited: value * local for visited, value in self.of.items()})
        return Suffix(
            {
                visited + 1: value * local
                for visited, value in self.of.items()
                if visited < len(route) and route[-visited - 1] == node
            }
        )


class Along:
    """Derivatives with the nodes that they lead to."""

    zero = Suffix({})

    def __init__(self, route: Sequence[str]) -> None:
        self.route = tuple(route)

    def start(self, seed: Any) -> Suffix:
        """The empty path visits nothing."""
        return Suffix({0: seed})

    def edges(self, steps: Steps, local: Sequence[Any]) -> list[Step]:
        """Every edge with the node of its mark."""
        return [Step(factor, mark.node if mark else None, self.route) for factor, mark in zip(local, steps.marks)]
