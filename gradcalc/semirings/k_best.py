"""The k largest paths by |contribution|, found without listing all.

An element is a ranking: at most k contributions, each with its path, in order. Multiplying by an edge keeps the order,
adding merges and cuts: the k best of a union are among the k best of its parts (k-best Viterbi; Huang and Chiang,
"Better k-best Parsing", 2005). That holds of rounded products, too: rounding never turns the order of two sizes round.
Paths whose sizes tie stand as the sweep comes upon them, and of those that tie at the cut the first are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.network.linear_graph import Mark, Steps
from gradcalc.records import Record

Route = tuple[Any, Any] | None
"""A path as its first mark and the rest of it, shared by all that continue so; None is the end."""

Candidate = tuple[Any, Route]
"""A contribution with its path."""


class Step(Record):
    """An edge: its derivative (None: 1) and its mark."""

    local: Any
    mark: Any


class Ranking:
    """The k largest contributions, in order, each with its route."""

    __slots__ = ("candidates", "k")

    def __init__(self, k: int, candidates: Sequence[Candidate] = ()) -> None:
        self.k = k
        self.candidates = candidates

    def __add__(self, other: Ranking) -> Ranking:
        if not self.candidates:
            return other
        if not other.candidates:
            return self
        return Ranking(self.k, sorted([*self.candidates, *other.candidates], key=_size, reverse=True)[: self.k])

    def __mul__(self, edge: Step) -> Ranking:
        local, mark = edge
        candidates = self.candidates
        if local is not None:
            candidates = [(value * local, route) for value, route in candidates]
        if mark is not None:
            candidates = [(value, (mark, route)) for value, route in candidates]
        return Ranking(self.k, candidates)


class Best:
    """The k largest paths."""

    def __init__(self, k: int) -> None:
        self.zero = Ranking(k)
        self.k = k

    def start(self, seed: Any) -> Ranking:
        """The empty path."""
        return Ranking(self.k, [(seed, None)][: self.k])

    def edges(self, steps: Steps, local: Sequence[Any]) -> list[Step]:
        """Derivatives with their marks."""
        return [Step(None if factor == 1 else factor, mark) for factor, mark in zip(local, steps.marks)]


def marks(route: Route) -> list[Mark]:
    """The marks of a path, from its start to the loss."""
    found = []
    while route is not None:
        mark, route = route
        found.append(mark)
    return found


def _size(candidate: Candidate) -> Any:
    return abs(candidate[0])
