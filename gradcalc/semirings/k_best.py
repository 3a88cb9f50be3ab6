"""The k largest paths by |contribution|, found without listing all.

An element is a ranking: at most k contributions, each with its path, in order. Multiplying by an edge keeps the order,
adding merges and cuts: the k best of a union are among the k best of its parts (k-best Viterbi; Huang and Chiang,
"Better k-best Parsing", 2005). That holds of rounded products, too: rounding never turns the order of two sizes round.
Paths whose sizes tie stand as the sweep comes upon them, and of those that tie at the cut the first stay.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any

from gradcalc.errors import LimitError
from gradcalc.network.linear_graph import EdgeLabel, LinearGraph

LinkedPath = tuple[Any, Any] | None
"""A path as its first label and the rest of it, shared by all that continue so; None is the end."""

Candidate = tuple[Any, LinkedPath]  # a contribution with its path


RankedEdge = tuple[Any, Any]  # an edge: its local derivative (None: 1) and its label


class Ranking:
    """The k largest contributions, in order, each with its path: `label` stands before all paths, None nowhere."""

    __slots__ = ("k", "label", "paths", "values")

    def __init__(self, k: int, values: Sequence[Any] = (), paths: Sequence[LinkedPath] = (), label: Any = None) -> None:
        self.k = k
        self.values = values
        self.paths = paths
        self.label = label

    @property
    def candidates(self) -> list[Candidate]:
        """Contributions with their paths."""
        return list(zip(self.values, self._linked()))

    def __add__(self, other: Ranking) -> Ranking:
        if not self.values:
            return other
        reaching = self._reaching(other.values)
        if not reaching:
            return self
        values = [*self.values, *other.values[:reaching]]
        paths = [*self._linked(), *other._linked()[:reaching]]
        sizes = list(map(abs, values))
        order = sorted(range(len(values)), key=sizes.__getitem__, reverse=True)[: self.k]
        return Ranking(self.k, list(map(values.__getitem__, order)), list(map(paths.__getitem__, order)))

    def __mul__(self, edge: RankedEdge) -> Ranking:
        local, label = edge
        values = self.values if local is None else [value * local for value in self.values]
        if label is None:
            return Ranking(self.k, values, self.paths, self.label)
        return Ranking(self.k, values, self._linked(), label)

    def _linked(self) -> Sequence[LinkedPath]:
        """The paths with the label before each."""
        label = self.label
        return self.paths if label is None else [(label, path) for path in self.paths]

    def _reaching(self, values: Sequence[Any]) -> int:
        """How many of the values are among the k largest, unless others are larger."""
        if len(self.values) < self.k:
            return len(values)
        least = -abs(self.values[-1])
        return bisect_left(values, least, key=lambda value: -abs(value))


class KBest:
    """The k largest paths."""

    def __init__(self, k: int) -> None:
        self.zero = Ranking(k)
        self.k = k

    def start(self, seed: Any) -> Ranking:
        """The empty path."""
        return Ranking(self.k, [seed][: self.k], [None][: self.k])

    def edges(self, graph: LinearGraph, local: Sequence[Any]) -> list[RankedEdge]:
        """Local derivatives with their labels."""
        return [(None if factor == 1 else factor, label) for factor, label in zip(local, graph.labels)]


MOST_HELD = 1_000_000
MOST_HELD_IN_ALL = 4_000_000  # of all examples, which take some hundred megabytes


def ranking(k: int, counts: Iterable[int], examples: int = 1) -> KBest:
    """The semiring, in which each node holds up to k of as many paths as `counts` says, in each of some examples.
    Raises LimitError where these are too many together."""
    refuse_many(k, sum(min(k, count) for count in counts), examples)
    return KBest(k)


def refuse_many(k: int, held: int, examples: int = 1) -> None:
    """Raises LimitError where so many paths cannot be held to find the k largest."""
    if held > MOST_HELD or held * examples > MOST_HELD_IN_ALL:
        of_one = f"hold {held:,} paths to find so many, and {MOST_HELD:,} is the limit"
        of_all = f"hold {held:,} paths of each of {examples:,} examples, and {MOST_HELD_IN_ALL:,} in all is the limit"
        holds = of_one if held > MOST_HELD else of_all
        raise LimitError(f"--top {k:,}: the network's nodes {holds}; a smaller --top lists fewer, --top 0 none")


def labels_of(path: LinkedPath) -> list[EdgeLabel]:
    """The labels of a path's edges, from its start to the loss."""
    found = []
    while path is not None:
        label, path = path
        found.append(label)
    return found
