"""Where every unit, every weight entry and every derivative stands in the flat lists that a network is computed in.

Three lists: the weights P (entry 0 is 1, so that an identity edge is an edge with weight P[0]), the values V (entry 0
is 1, the input of every bias), and the derivatives S. A preactivation and its activation are interleaved, z0 a0 z1 a1
…, so that forward can append both in one go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from math import prod
from operator import itemgetter
from typing import Any

from gradcalc.network.graph import Arc, Graph, Node
from gradcalc.network.network import Network
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
    slots: Sequence[int]  # of activations and joins in S
    interleaved: Sequence[bool]  # whether a node is a preactivation that is activated unit by unit
    terms: Sequence[Sequence[Sequence[Term]]]  # by node: what each unit of an affine one sums
    weights: int
    values: int
    derivatives: int  # those of the loss, one a unit with a target, stand last

    def units(self, node: int) -> range:
        """Where the units of a graph node stand in V."""
        return self.spans[node]

    def entries(self, parameter: int) -> range:
        """Where a parameter's entries stand in P, row by row."""
        start = self.starts[parameter]
        return range(start, start + prod(self.graph.network.parameters[parameter].shape))

    def alphas(self, node: Node) -> list[int]:
        """Where the α of each unit of a parametric activation stands in P: one for all of them, or one each."""
        alpha = self.graph.layer(node).alpha
        assert alpha is not None
        places = self.entries(alpha)
        return [places[0]] * node.width if len(places) == 1 else list(places)


def layout(graph: Graph) -> ScalarLayout:
    """Gives everything its place, in order of computation; linear in the number of weight entries."""
    *starts, weights = weight_starts(graph.network)
    spans: list[range] = []
    slots: list[int] = []
    interleaved: list[bool] = []
    values, derivatives, after_interleaved = 1, 0, False
    for node, following in zip(graph.nodes, (*graph.nodes[1:], graph.nodes[-1])):
        slots.append(derivatives)
        derivatives += _derivative_count(graph, node)
        if after_interleaved:  # the places that the preactivation left
            spans.append(range(spans[-1].start + 1, values, 2))
            after_interleaved = False
        else:
            is_preactivation = node.kind == "affine" and following.kind == "activation"
            after_interleaved = is_preactivation and not graph.layer(following).activation.couples
            step = 2 if after_interleaved else 1
            span = range(values, values + step * node.width, step)
            spans.append(span)
            values = span.stop
        interleaved.append(after_interleaved)
    ends = sum(graph.nodes[end].width for end, _ in graph.ends())
    terms = [_terms(graph, spans, starts, node) if node.kind == "affine" else () for node in graph.nodes]
    return ScalarLayout(graph, spans, starts, slots, interleaved, terms, weights, spans[-1][-1] + 1, derivatives + ends)


def weight_starts(network: Network) -> list[int]:
    """Where every parameter starts in P, and at last how long P is."""
    return list(accumulate((prod(parameter.shape) for parameter in network.parameters), initial=1))


def picker(places: Sequence[int]) -> Pick:
    """What picks the values at some places, at least one, from a list; by a slice where their distances are equal."""
    first = places[0]
    if len(places) == 1:
        return itemgetter(slice(first, first + 1))
    step = places[1] - first
    if step > 0 and list(places) == list(range(first, first + step * len(places), step)):
        return itemgetter(slice(first, places[-1] + 1, step))
    return itemgetter(*places)


def _derivative_count(graph: Graph, node: Node) -> int:
    """How many derivatives a node needs that are neither a weight nor a value."""
    if node.kind == "activation":
        activation = graph.layer(node).activation
        if activation.couples:
            return node.width * graph.nodes[node.arcs[0].tail].width
        return node.width * (2 if activation.parametric else 1)
    return 0 if node.kind in ("input", "affine") else node.width * len(node.arcs)


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
        for unit, row_terms in enumerate(rows):
            row_terms.append((start + (unit if shape else 0), 0, None))
    return rows
