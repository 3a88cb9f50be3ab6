"""Part of the paths: those through a node or an edge, those that avoid it, those that end at a node before the loss.

Each part is a linear graph again, so every semiring answers for the part as for the whole. Paths that pass somewhere
are kept apart from those that have not passed yet by doubling the nodes (the product with an automaton of two states),
which is exact also where a tied weight is passed several times; nothing is ever subtracted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from math import prod
from typing import Any

from gradcalc.network.linear_graph import EdgeLabel, LabelledEdge, LinearGraph, build
from gradcalc.records import Record

Chain = tuple[int, ...]
"""Edges of the whole that are taken one after the other; none: an edge of derivative 1."""


class FilteredGraph(Record):
    """A linear graph, and for each of its edges which edges of the whole it is made of."""

    dag: LinearGraph
    base: int  # the number of nodes of the whole
    picks: Sequence[Chain] | None = None  # None: all, in order
    passed: tuple[frozenset[int], ...] = ()  # by doubling: nodes where a path that starts there has passed already

    def derivatives(self, whole: Sequence[Any], one: Any) -> Sequence[Any]:
        """The derivatives of these edges from those of the whole."""
        if self.picks is None:
            return whole
        factor = whole.__getitem__
        return [factor(pick[0]) if len(pick) == 1 else prod(map(factor, pick), start=one) for pick in self.picks]

    def start(self, node: int) -> int:
        """Where the paths of a node or a parameter start."""
        return node + sum(self.base << place for place, nodes in enumerate(self.passed) if node in nodes)


def everything(dag: LinearGraph) -> FilteredGraph:
    """All paths."""
    return FilteredGraph(dag, dag.size)


def avoiding(filtered: FilteredGraph, edges: Collection[int]) -> FilteredGraph:
    """Paths that take none of these edges (numbered as in `filtered`)."""
    others = [edge for edge in range(len(filtered.dag.tails)) if edge not in edges]
    picks = _picks(filtered)
    return filtered._replace(dag=filtered.dag.only(others), picks=[picks[edge] for edge in others])


def passing(filtered: FilteredGraph, edges: Collection[int], passed: Collection[int] = ()) -> FilteredGraph:
    """Paths that take one of these edges, or start at a node of `passed`."""
    dag, picks, size = filtered.dag, _picks(filtered), filtered.dag.size
    tails, heads, labels, taken = [], [], [], []
    for edge, (tail, head) in enumerate(zip(dag.tails, dag.heads)):
        before = (tail, head + size) if edge in edges else (tail, head)
        for lower, upper in ((tail + size, head + size), before):
            tails.append(lower)
            heads.append(upper)
            labels.append(dag.labels[edge])
            taken.append(picks[edge])
    doubled = LinearGraph(2 * size, dag.loss + size, 2 * dag.inner, tails, heads, labels)
    return FilteredGraph(doubled, filtered.base, taken, (*filtered.passed, frozenset(passed)))


def entering(filtered: FilteredGraph, nodes: Collection[int]) -> set[int]:
    """The edges into given nodes of the whole."""
    return {edge for edge, head in enumerate(filtered.dag.heads) if head % filtered.base in nodes}


def labelled(dag: LinearGraph, name: str) -> set[int]:
    """The edges that paths call by a name, or, for a weight's name, by one of its entries."""
    whole = name + "["
    return {
        edge
        for edge, label in enumerate(dag.labels)
        if label is not None and label.name is not None and (label.name == name or label.name.startswith(whole))
    }


def contracted(filtered: FilteredGraph, fixed: Collection[int]) -> FilteredGraph:
    """The same paths with fewer nodes: one that a single edge leads on from is passed over, its edges joined.

    No path is lost or joined with another. Nodes in `fixed` stay, and those where two labels would meet.
    """
    dag, picks = filtered.dag, _picks(filtered)
    onward_edges = Counter(dag.tails[: dag.inner])
    single = {node for node, count in onward_edges.items() if count == 1} - set(fixed)
    named = {head for head, label in zip(dag.heads, dag.labels) if label}
    onward: dict[int, tuple[int, EdgeLabel | None, Chain]] = {}
    inner: list[LabelledEdge] = []
    uses: list[LabelledEdge] = []
    for edge, (tail, head, label, chain) in enumerate(zip(dag.tails, dag.heads, dag.labels, picks)):
        if head in onward:
            head, further, rest = onward[head]
            label, chain = label or further, chain + rest
        if tail in single and not (label and tail in named):
            onward[tail] = head, label, chain
        else:
            (inner if edge < dag.inner else uses).append((tail, head, label, chain))
    fewer, chains = build(dag.size, dag.loss, inner, uses)
    return filtered._replace(dag=fewer, picks=chains)


def _picks(filtered: FilteredGraph) -> Sequence[Chain]:
    return [(edge,) for edge in range(len(filtered.dag.tails))] if filtered.picks is None else filtered.picks
