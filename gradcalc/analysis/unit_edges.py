"""The edges of a network between single units, and which share of a gradient comes through each of them.

What a layer computes before its preactivation (joined sources, weighed factors) is passed over: an edge leads from a
unit of one node of the network to a unit of another, and is a chain of edges of the linear graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, prod
from typing import Any

from gradcalc.analysis.edge_shares import scalar_changes, unit_change
from gradcalc.analysis.point import Subject
from gradcalc.engine.scalar_graph import ScalarLayout, UnitLabels, layout, scalar_linear_graph
from gradcalc.engine.scalar_point import ScalarPoint
from gradcalc.network.graph import ActivationNode, graph
from gradcalc.network.linear_graph import LinearGraph
from gradcalc.network.network import Network, Value
from gradcalc.records import Record

Unit = tuple[int, int]  # a node of the network, and which of its units
LOSS: Unit = (-1, 0)


class UnitEdge(Record):
    """An edge from one unit to another, and the edges of the linear graph that it is made of, one after the other."""

    source: Unit
    target: Unit
    label: str  # what a path calls it: "w2[1,0]", "skip h1→h3"; "" into the loss
    is_skip: bool
    chain: tuple[int, ...]


def unit_edges(network: Network) -> list[UnitEdge]:
    """All of them, in the order of computation."""
    places = layout(graph(network))
    dag = scalar_linear_graph(places, UnitLabels).dag
    units = units_of(places)
    layers = enumerate(network.layers, len(network.inputs))
    skips = {(e.source, n, e.label) for n, layer in layers for e in layer.skips}
    units[dag.loss] = LOSS
    inside: dict[int, list[tuple[Unit, tuple[int, ...], str]]] = {}  # of values that are passed over what leads there
    found = []
    for edge in range(dag.inner - 1, -1, -1):
        tail, head, label = dag.tails[edge], dag.heads[edge], dag.labels[edge]
        name = (label.name if label else None) or ""
        before = [(units[tail], (), "")] if tail in units else inside.get(tail, [])
        longer = [(source, (*chain, edge), told or name) for source, chain, told in before]
        if head not in units:
            inside.setdefault(head, []).extend(longer)
        else:
            target = units[head]
            found += [
                UnitEdge(source, target, told, (source[0], target[0], told.partition("[")[0]) in skips, chain)
                for source, chain, told in longer
                if source[0] != target[0]
            ]
    return found


def units_of(places: ScalarLayout) -> dict[int, Unit]:
    """The unit that a value is of: a preactivation, an activation or an output, but nothing that is joined before."""
    found: dict[int, Unit] = {}
    boxes = {*places.graph.outputs, *places.graph.preactivations}
    for number, node in enumerate(places.graph.nodes):
        if number not in boxes and not isinstance(node, ActivationNode):
            continue
        width = places.graph.network.nodes[node.of].width
        values = places.units(number)
        found.update((value, (node.of, place * width // len(values))) for place, value in enumerate(values))
    return found


def unit_edge_shares(
    at: ScalarPoint, subject: Subject, gradient: Value, edges: Sequence[UnitEdge]
) -> list[float | None]:
    """The share of every edge; None where no path of the gradient takes it, and of all where the gradient is 0."""
    change = unit_change(at, gradient)
    totals: list[Any] = [None] * len(edges)
    assert at.linear is not None
    dag: LinearGraph = at.linear.dag
    with at.arithmetic.context():
        for derivatives, adjoints, changes in scalar_changes(at, subject, change) if change else ():
            for number, edge in enumerate(edges):
                tail, head = dag.tails[edge.chain[0]], dag.heads[edge.chain[-1]]
                if tail in changes:
                    share = prod(map(derivatives.__getitem__, edge.chain), start=changes[tail]) * adjoints[head]
                    totals[number] = share if totals[number] is None else totals[number] + share
        return [float(total) if total is not None and isfinite(total) else None for total in totals]
