"""Where every unit, every weight entry and every derivative stands in the flat lists that a network is computed in.

Three lists: the weights P (entry 0 is 1, so that an identity edge is an edge with weight P[0]), the values V (entry 0
is 1, the input of every bias), and the derivatives S. A preactivation and its activation are interleaved, z0 a0 z1 a1
…, so that forward can append both in one go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from operator import itemgetter
from typing import Any

from gradcalc.activations import Activation
from gradcalc.network.graph import Arc, Graph, Node
from gradcalc.network.network import Layer, Network, Parameter
from gradcalc.records import Record

Pick = Callable[[Sequence[Any]], Sequence[Any]]
Term = tuple[int, int, Arc | None]
"""(p, v) for P[p]·V[v], with its arc, None for the bias."""


class ScalarLayout(Record):
    """The sizes of the three lists, where every node, parameter and block of derivatives stands in them, what is
    summed.
    """

    graph: Graph
    spans: Sequence[range]  # of nodes in V
    starts: Sequence[int]  # of parameters in P
    slots: Sequence[int]  # of bends and joins in S
    fused: Sequence[bool]  # whether a node is a preactivation that is activated unit by unit: the two are interleaved
    terms: Sequence[Sequence[Sequence[Term]]]  # by node: what each unit of an affine one sums
    weights: int
    values: int
    derivatives: int  # those of the loss, one a unit with a target, stand last

    def unit(self, node: int, unit: int) -> int:
        """Where unit `unit` of a graph node stands in V."""
        return self.spans[node][unit]

    def units(self, node: int) -> range:
        """Where all units of a graph node stand in V."""
        return self.spans[node]

    def entries(self, parameter: int) -> range:
        """Where a parameter's entries stand in P, row by row."""
        start = self.starts[parameter]
        return range(start, start + entries(self.graph.network.parameters[parameter]))


def layout(graph: Graph) -> ScalarLayout:
    """Gives everything its place, in order of computation; linear in the number of weight entries."""
    *starts, weights = weight_starts(graph.network)
    fused = _fused(graph)
    spans = _spans(graph, fused)
    slots, derivatives = [], 0
    for node in graph.nodes:
        slots.append(derivatives)
        derivatives += derivative_count(graph, node)
    ends = sum(graph.nodes[end].width for end, _ in graph.ends())
    terms = [_terms(graph, spans, starts, node) if node.kind == "affine" else () for node in graph.nodes]
    return ScalarLayout(graph, spans, starts, slots, fused, terms, weights, spans[-1][-1] + 1, derivatives + ends)


def weight_starts(network: Network) -> list[int]:
    """Where every parameter starts in P, and at last how long P is."""
    return list(accumulate(map(entries, network.parameters), initial=1))


def entries(parameter: Parameter) -> int:
    """How many numbers a parameter holds."""
    count = 1
    for size in parameter.shape:
        count *= size
    return count


def activation(graph: Graph, node: Node) -> Activation:
    """The activation of a bend."""
    return layer(graph, node).activation


def layer(graph: Graph, node: Node) -> Layer:
    """The network's layer that a graph node is part of."""
    return graph.network.layers[node.of - len(graph.network.inputs)]


def derivative_count(graph: Graph, node: Node) -> int:
    """How many derivatives a node needs that are neither a weight nor a value."""
    if node.kind == "activation":
        sigma = activation(graph, node)
        if sigma.couples:
            return node.width * graph.nodes[node.arcs[0].tail].width
        return node.width * (2 if sigma.parametric else 1)
    return 0 if node.kind in ("input", "affine") else node.width * len(node.arcs)


def picker(places: Sequence[int]) -> Pick:
    """What picks the values at some places, at least one, from a list; by a slice where they are evenly spaced."""
    first = places[0]
    if len(places) == 1:
        return itemgetter(slice(first, first + 1))
    step = places[1] - first
    if step > 0 and list(places) == list(range(first, first + step * len(places), step)):
        return itemgetter(slice(first, places[-1] + 1, step))
    return itemgetter(*places)


def alphas(layout: ScalarLayout, node: Node) -> list[int]:
    """Where the α of each unit stands in P: one for all of them, or one each."""
    alpha = layer(layout.graph, node).alpha
    assert alpha is not None
    places = layout.entries(alpha)
    return [places[0]] * node.width if len(places) == 1 else list(places)


def _fused(graph: Graph) -> list[bool]:
    following = (*graph.nodes[1:], None)
    return [
        node.kind == "affine"
        and sigma is not None
        and sigma.kind == "activation"
        and not activation(graph, sigma).couples
        for node, sigma in zip(graph.nodes, following)
    ]


def _spans(graph: Graph, fused: Sequence[bool]) -> list[range]:
    """The units of every node in V; an interleaved preactivation leaves every other place to its activation."""
    spans: list[range] = []
    values, functions = 1, False
    for node, interleaved in zip(graph.nodes, fused):
        if functions:
            span = range(spans[-1].start + 1, values, 2)
        else:
            step = 2 if interleaved else 1
            span = range(values, values + step * node.width, step)
            values = span.stop
        spans.append(span)
        functions = interleaved
    return spans


def _terms(graph: Graph, spans: Sequence[range], starts: Sequence[int], node: Node) -> list[list[Term]]:
    rows: list[list[Term]] = [[] for _ in range(node.width)]
    parameters = graph.network.parameters
    for arc in node.arcs:
        tail, parameter, offset, *_ = arc
        start, shape = (0, ()) if parameter is None else (starts[parameter], parameters[parameter].shape)
        if shape:
            for row in range(offset, offset + shape[0]):
                rows[row] += [(place, unit, arc) for place, unit in enumerate(spans[tail], start)]
                start += shape[1]
        else:
            for row, unit in enumerate(spans[tail], offset):
                rows[row].append((start, unit, arc))
    if node.bias is not None:
        start, shape = starts[node.bias], parameters[node.bias].shape
        for unit, found in enumerate(rows):
            found.append((start + (unit if shape else 0), 0, None))
    return rows
