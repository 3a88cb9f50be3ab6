"""A path over layers as one expression: the loss's slope, pulled back layer by layer along it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcalc.derivation.chart import LOSS
from gradcalc.derivation.layers.chart import ADJOINT_OF_HEAD, LayerChart, LayerHop, LayerOrigin
from gradcalc.derivation.steps import Term
from gradcalc.expressions.build import filled, total
from gradcalc.expressions.expression import Expression


def along(chart: LayerChart, origins: Sequence[LayerOrigin], start: int, term: Term) -> Expression | None:
    """The product of a path over layers; None where none is found. Paths of a node start at the place `start`."""
    if not origins:
        return total(pulled(way) for way in routes(chart, start, term.nodes[1:], term.through))
    trees = []
    for origin in origins:
        if chart.symbols[origin.head].name == term.nodes[0] and _is_use(origin, term):
            for way in routes(chart, origin.head, term.nodes[1:], term.through):
                trees.append(filled(origin.given, {ADJOINT_OF_HEAD.value: pulled(way)}))
    if not trees:
        return None
    return Expression("over examples", (total(trees),)) if chart.graph.network.batch else total(trees)


def _is_use(origin: LayerOrigin, term: Term) -> bool:
    return term.at is None or (origin.mark is not None and origin.mark.at == term.at)


def pulled(way: Sequence[LayerHop]) -> Expression:
    """What the loss says, passed on over the hops of a way."""
    tree = way[-1].given
    for hop in way[-2::-1]:
        tree = filled(hop.given, {ADJOINT_OF_HEAD.value: tree})
    return tree


def routes(chart: LayerChart, start: int, nodes: Sequence[str], through: Sequence[str]) -> Iterator[list[LayerHop]]:
    """The ways from a place to the loss over these nodes and edges, in order; between them only what no path sees."""
    pending: list[tuple[int, int, list[LayerHop]]] = [(start, 0, [])]
    while pending:
        place, passed, hops = pending.pop()
        if place == LOSS:
            yield hops
            continue
        for hop in chart.hops:
            if hop.tail == place:
                on = _next(hop, passed, nodes, through)
                if on is not None:
                    pending.append((hop.head, on, [*hops, hop]))


def _next(hop: LayerHop, passed: int, nodes: Sequence[str], through: Sequence[str]) -> int | None:
    """How many edges are passed after the hop; None where the path does not take it."""
    if hop.mark is None or hop.mark.label is None:
        return None if hop.head == LOSS and passed < len(through) else passed
    if passed < len(through) and (hop.mark.node, hop.mark.label) == (nodes[passed], through[passed]):
        return passed + 1
    return None
