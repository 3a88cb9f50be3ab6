"""The k largest paths by |contribution|, found without listing all.

An element is a ranking: at most k candidates, each a contribution with its path, largest first. Multiplying by an edge
keeps the order, adding merges and cuts: the k best of a union are among the k best of its parts (k-best Viterbi; Huang
and Chiang, "Better k-best Parsing", 2005). Ties go by the nodes of the paths, then by their edges, in dictionary order.
An edge of slope 0 makes all its paths tie, those too that were cut before it as smaller: which are the first by name is
known beforehand, from a sweep in which every slope is 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cmp_to_key
from itertools import repeat
from typing import Any

from gradcalc.accumulate import accumulate
from gradcalc.record import Record
from gradcalc.steps import Mark, Steps

Route = tuple[Mark, Any] | None
"""A path as its first mark and the rest of it, shared by all that continue so; None is the end."""

Candidate = tuple[Any, Route]


class Step(Record):
    """An edge: its slope, its mark, and, where the slope is 0, the first paths of its head by name."""

    slope: Any
    mark: Mark | None
    first: Sequence[Candidate]


class Ranking:
    """At most k candidates, largest |contribution| first."""

    __slots__ = ("candidates", "k")

    def __init__(self, k: int, candidates: Sequence[Candidate] = ()) -> None:
        self.k = k
        self.candidates = candidates

    def __add__(self, other: Ranking) -> Ranking:
        if not self.candidates:
            return other
        if not other.candidates:
            return self
        return Ranking(self.k, ranked([*self.candidates, *other.candidates], self.k))

    def __mul__(self, edge: Step) -> Ranking:
        slope, mark, first = edge
        candidates = first or self.candidates
        if mark is None:
            return Ranking(self.k, [(value * slope, route) for value, route in candidates])
        return Ranking(self.k, [(value * slope, (mark, route)) for value, route in candidates])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ranking) and list(self.candidates) == list(other.candidates)

    __hash__ = None  # type: ignore[assignment]


class Best:
    """The k largest paths."""

    def __init__(self, k: int) -> None:
        self.k = k
        self.zero = Ranking(k)

    def start(self, seed: Any) -> Ranking:
        """The empty path."""
        return Ranking(self.k, ((seed, None),)) if self.k else self.zero

    def edges(self, steps: Steps, slopes: Sequence[Any]) -> list[Step]:
        """Slopes with their marks."""
        if all(slopes):
            return list(map(Step, slopes, steps.marks, repeat(())))
        by_name = accumulate(steps, list(map(Step, repeat(1), steps.marks, repeat(()))), 1, self)
        return [
            Step(slope, mark, () if slope else by_name[head].candidates)
            for slope, mark, head in zip(slopes, steps.marks, steps.heads)
        ]


def ranked(candidates: list[Candidate], k: int) -> list[Candidate]:
    """The k largest in order."""
    candidates.sort(key=_size, reverse=True)
    sizes = [abs(value) for value, _ in candidates[: k + 1]]
    if any(a == b for a, b in zip(sizes, sizes[1:])):
        candidates.sort(key=cmp_to_key(_by_size_then_names))
    return candidates[:k]


def marks(route: Route) -> list[Mark]:
    """The marks of a path, from its start to the loss."""
    found = []
    while route is not None:
        mark, route = route
        found.append(mark)
    return found


def _size(candidate: Candidate) -> Any:
    return abs(candidate[0])


def _by_size_then_names(one: Candidate, other: Candidate) -> int:
    a, b = abs(one[0]), abs(other[0])
    if a != b:
        return -1 if a > b else 1
    return _compare(one[1], other[1], "node") or _compare(one[1], other[1], "label")


def _compare(one: Route, other: Route, part: str) -> int:
    """Dictionary order of two paths by their nodes or labels; equal ends are shared, so this stops early."""
    while one is not other:
        one, other = _next(one, part), _next(other, part)
        if one is None or other is None:
            return (one is not None) - (other is not None)
        a, b = getattr(one[0], part), getattr(other[0], part)
        if a != b:
            return -1 if a < b else 1
        one, other = one[1], other[1]
    return 0


def _next(route: Route, part: str) -> Route:
    """The rest of a path from the first mark on that names such a part."""
    while route is not None and getattr(route[0], part) is None:
        route = route[1]
    return route
