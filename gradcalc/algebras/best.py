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
from itertools import groupby, repeat
from operator import eq
from typing import Any

from gradcalc.accumulate import accumulate
from gradcalc.precedence import Precedence, Route
from gradcalc.record import Record
from gradcalc.steps import Mark, Steps

Candidate = tuple[Any, Route]


class Step(Record):
    """An edge: its slope, its mark, and, where the slope is 0, the first paths of its head by name."""

    slope: Any
    mark: Mark | None
    first: Sequence[Candidate]


CLOSE = 10**13
"""One part in so many is more than the roundings of a path of a thousand edges."""


class Ranking:
    """The k largest candidates, largest |contribution| first, and after them those that may yet turn out as large."""

    __slots__ = ("candidates", "k", "precedence")

    def __init__(self, k: int, precedence: Precedence, candidates: Sequence[Candidate] = ()) -> None:
        self.k = k
        self.precedence = precedence
        self.candidates = candidates

    def __add__(self, other: Ranking) -> Ranking:
        if not self.candidates:
            return other
        if not other.candidates:
            return self
        both = ranked([*self.candidates, *other.candidates], self.k, self.precedence)
        return Ranking(self.k, self.precedence, both)

    def __mul__(self, edge: Step) -> Ranking:
        slope, mark, first = edge
        candidates = first or self.candidates
        if mark is None:
            longer: list[Candidate] = [(value * slope, route) for value, route in candidates]
        else:
            longer = [(value * slope, (mark, route)) for value, route in candidates]
        return Ranking(self.k, self.precedence, longer)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ranking) and list(self.candidates) == list(other.candidates)

    __hash__ = None  # type: ignore[assignment]


class Best:
    """The k largest paths."""

    def __init__(self, k: int) -> None:
        self.k = k
        self.precedence = Precedence()
        self.zero = Ranking(k, self.precedence)

    def start(self, seed: Any) -> Ranking:
        """The empty path."""
        return Ranking(self.k, self.precedence, ((seed, None),)) if self.k else self.zero

    def edges(self, steps: Steps, slopes: Sequence[Any]) -> list[Step]:
        """Slopes with their marks."""
        if all(slopes):
            return list(map(Step, slopes, steps.marks, repeat(())))
        by_name = accumulate(steps, list(map(Step, repeat(1), steps.marks, repeat(()))), 1, self)
        return [
            Step(slope, mark, () if slope else by_name[head].candidates)
            for slope, mark, head in zip(slopes, steps.marks, steps.heads)
        ]


def ranked(candidates: list[Candidate], k: int, precedence: Precedence) -> list[Candidate]:
    """The k largest in order, with those that are smaller than the last of them by no more than rounding, 2k in all."""
    candidates.sort(key=_size, reverse=True)
    sizes = list(map(_size, candidates))
    kept = k
    while kept < len(sizes) and kept < 2 * k and (sizes[k - 1] - sizes[kept]) * CLOSE <= sizes[k - 1]:
        kept += 1
    if any(map(eq, sizes[: kept + 1], sizes[1 : kept + 1])):
        return _with_ties_in_order(candidates, kept, precedence)
    return candidates[:kept]


def _with_ties_in_order(candidates: list[Candidate], k: int, precedence: Precedence) -> list[Candidate]:
    """The k largest, ties by their names; candidates come by size."""

    def names(one: Candidate, other: Candidate) -> int:
        return precedence.compare(one[1], other[1])

    ordered: list[Candidate] = []
    for _, ties in groupby(candidates, _size):
        ordered += sorted(ties, key=cmp_to_key(names))
        if len(ordered) >= k:
            break
    return ordered[:k]


def marks(route: Route) -> list[Mark]:
    """The marks of a path, from its start to the loss."""
    found = []
    while route is not None:
        mark, route = route
        found.append(mark)
    return found


def _size(candidate: Candidate) -> Any:
    return abs(candidate[0])
