"""The k largest paths by |contribution|, found without listing all.

An element is a ranking: at most k contributions, each with its path, in order. Multiplying by an edge keeps the order,
adding merges and cuts: the k best of a union are among the k best of its parts (k-best Viterbi; Huang and Chiang,
"Better k-best Parsing", 2005). That holds of rounded products, too: rounding never turns the order of two sizes round.
Paths whose sizes tie stand as the sweep comes upon them, and of those that tie at the cut the first stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from gradcalc.errors import LimitError
from gradcalc.network.linear_graph import EdgeLabel, LinearGraph

LinkedPath = tuple[Any, Any] | None
"""A path as its first label and the rest of it, shared by all that continue so; None is the end."""

Candidate = tuple[Any, LinkedPath]  # a contribution with its path


RankedEdge = tuple[Any, Any]  # an edge: its local derivative (None: 1) and its label


class Ranking:
    """The k largest contributions, in order, each with its path."""

    __slots__ = ("candidates", "k")

    def __init__(self, k: int, candidates: Sequence[Candidate] = ()) -> None:
        self.k = k
        self.candidates = candidates

    def __add__(self, other: Ranking) -> Ranking:
        if not self.candidates:
            return other
        if not other.candidates:
            return self
        candidates = [*self.candidates, *other.candidates]
        candidates.sort(key=lambda candidate: abs(candidate[0]), reverse=True)
        return Ranking(self.k, candidates[: self.k])

    def __mul__(self, edge: RankedEdge) -> Ranking:
        local, label = edge
        candidates = self.candidates
        if local is not None:
            candidates = [(value * local, path) for value, path in candidates]
        if label is not None:
            candidates = [(value, (label, path)) for value, path in candidates]
        return Ranking(self.k, candidates)


class KBest:
    """The k largest paths."""

    def __init__(self, k: int) -> None:
        self.zero = Ranking(k)
        self.k = k

    def start(self, seed: Any) -> Ranking:
        """The empty path."""
        return Ranking(self.k, [(seed, None)][: self.k])

    def edges(self, graph: LinearGraph, local: Sequence[Any]) -> list[RankedEdge]:
        """Local derivatives with their labels."""
        return [(None if factor == 1 else factor, label) for factor, label in zip(local, graph.labels)]


MOST_HELD = 1_000_000


def ranking(k: int, counts: Iterable[int]) -> KBest:
    """The semiring, in which each node holds up to k of as many paths as `counts` says. Raises LimitError where these
    are too many together."""
    refuse_many(k, sum(min(k, count) for count in counts))
    return KBest(k)


def refuse_many(k: int, held: int) -> None:
    """Raises LimitError where so many paths cannot be held to find the k largest."""
    if held > MOST_HELD:
        message = f"--top {k:,}: the network's nodes hold {held:,} paths to find so many"
        raise LimitError(f"{message}, and {MOST_HELD:,} is the limit; a smaller --top lists fewer, --top 0 none")


def labels_of(path: LinkedPath) -> list[EdgeLabel]:
    """The labels of a path's edges, from its start to the loss."""
    found = []
    while path is not None:
        label, path = path
        found.append(label)
    return found
