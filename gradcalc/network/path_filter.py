"""Part of the paths: those through a node or an edge, those that avoid it, those that end at a node before the loss.

Each is a DAG of linear steps again, so every semiring answers for the part as for the whole. Paths that pass somewhere
are kept apart from those that have not passed yet by doubling the nodes (the product with an automaton of two states),
which is exact also where a tied weight is passed several times; nothing is ever subtracted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from gradcalc.network.linear_graph import Edge, Mark, Steps, joined
from gradcalc.records import Record

Chain = tuple[int, ...]
"""Edges of the whole that are taken one after the other; none: an edge of derivative 1."""


class Ways(Record):
    """Steps, and for each of their edges which edges of the whole it is made of."""

    steps: Steps
    base: int  # the number of nodes of the whole
    picks: Sequence[Chain] | None = None  # None: all, in order
    passed: tuple[frozenset[int], ...] = ()  # by doubling: nodes where a path that starts there has passed already

    def derivatives(self, whole: Sequence[Any], one: Any) -> Sequence[Any]:
        """The derivatives of these edges from those of the whole."""
        if self.picks is None:
            return whole
        return [_product(pick, whole, one) for pick in self.picks]

    def start(self, node: int) -> int:
        """Where the paths of a node or a parameter start."""
        return node + sum(self.base << place for place, nodes in enumerate(self.passed) if node in nodes)


def everything(steps: Steps) -> Ways:
    """All paths."""
    return Ways(steps, steps.size)


def avoiding(ways: Ways, edges: Collection[int]) -> Ways:
    """Paths that take none of these edges (numbered as in `ways`)."""
    kept = [edge for edge in range(len(ways.steps.tails)) if edge not in edges]
    picks = _picks(ways)
    return ways._replace(steps=ways.steps.only(kept), picks=[picks[edge] for edge in kept])


def passing(ways: Ways, edges: Collection[int], passed: Collection[int] = ()) -> Ways:
    """Paths that take one of these edges, or start at a node of `passed`."""
    steps, picks, size = ways.steps, _picks(ways), ways.steps.size
    tails, heads, marks, taken = [], [], [], []
    for edge, (tail, head) in enumerate(zip(steps.tails, steps.heads)):
        before = (tail, head + size) if edge in edges else (tail, head)
        for lower, upper in ((tail + size, head + size), before):
            tails.append(lower)
            heads.append(upper)
            marks.append(steps.marks[edge])
            taken.append(picks[edge])
    doubled = Steps(2 * size, steps.loss + size, 2 * steps.inner, tails, heads, marks)
    return Ways(doubled, ways.base, taken, (*ways.passed, frozenset(passed)))


def entering(ways: Ways, nodes: Collection[int]) -> set[int]:
    """The edges into given nodes of the whole."""
    return {edge for edge, head in enumerate(ways.steps.heads) if head % ways.base in nodes}


def labelled(steps: Steps, label: str) -> set[int]:
    """The edges that paths call by a label, or, for a weight's name, by one of its entries."""
    whole = label + "["
    return {
        edge
        for edge, mark in enumerate(steps.marks)
        if mark is not None and mark.label is not None and (mark.label == label or mark.label.startswith(whole))
    }


def contracted(ways: Ways, kept: Collection[int]) -> Ways:
    """The same paths with fewer nodes: one that a single edge leads on from is passed over, its edges joined.

    No path is lost or joined with another. Nodes in `kept` stay, and those where two marks would meet.
    """
    steps, picks = ways.steps, _picks(ways)
    single, marked = _single(steps, kept), {head for head, mark in zip(steps.heads, steps.marks) if mark}
    onward: dict[int, tuple[int, Mark | None, Chain]] = {}
    inner: list[Edge] = []
    uses: list[Edge] = []
    for edge, (tail, head, mark, chain) in enumerate(zip(steps.tails, steps.heads, steps.marks, picks)):
        if head in onward:
            head, further, rest = onward[head]
            mark, chain = mark or further, chain + rest
        if tail in single and not (mark and tail in marked):
            onward[tail] = head, mark, chain
        else:
            (inner if edge < steps.inner else uses).append((tail, head, mark, chain))
    fewer, chains = joined(steps.size, steps.loss, inner, uses)
    return ways._replace(steps=fewer, picks=chains)


def _single(steps: Steps, kept: Collection[int]) -> set[int]:
    """The nodes that one edge leads on from."""
    out = Counter(steps.tails[: steps.inner])
    return {node for node, count in out.items() if count == 1} - set(kept)


def _product(chain: Chain, whole: Sequence[Any], one: Any) -> Any:
    if len(chain) == 1:
        return whole[chain[0]]
    derivative = one
    for edge in chain:
        derivative = derivative * whole[edge]
    return derivative


def _picks(ways: Ways) -> Sequence[Chain]:
    return [(edge,) for edge in range(len(ways.steps.tails))] if ways.picks is None else ways.picks
