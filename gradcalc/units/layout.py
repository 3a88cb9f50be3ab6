"""Where every unit, every weight entry and every slope stands in the flat lists that a network is computed in.

Three lists: the weights P (entry 0 is 1, so that an identity edge is an edge with weight P[0]), the values V (entry 0
is 1, the input of every bias), and the slopes S. A preactivation and its activation are interleaved, z0 a0 z1 a1 …,
so that forward can append both in one go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from gradcalc.activations import Activation
from gradcalc.graph import Arc, Graph, Node
from gradcalc.network import Layer, Parameter
from gradcalc.record import Record

Pick = Callable[[Sequence[Any]], Sequence[Any]]


class Place(Record):
    """Unit i of a node is V[base + step·i]."""

    base: int
    step: int


class Layout(Record):
    """The sizes of the three lists and the start of every node, parameter and block of slopes in them."""

    graph: Graph
    places: Sequence[Place]
    starts: Sequence[int]  # of parameters in P
    slots: Sequence[int]  # of bends and joins in S
    weights: int
    values: int
    slopes: int  # those of the loss, one a unit with a target, stand last

    def unit(self, node: int, unit: int) -> int:
        """Where unit `unit` of a graph node stands in V."""
        base, step = self.places[node]
        return base + step * unit

    def units(self, node: int) -> range:
        """Where all units of a graph node stand in V."""
        base, step = self.places[node]
        return range(base, base + step * self.graph.nodes[node].width, step)

    def entries(self, parameter: int) -> range:
        """Where a parameter's entries stand in P, row by row."""
        start = self.starts[parameter]
        return range(start, start + entries(self.graph.network.parameters[parameter]))


def layout(graph: Graph) -> Layout:
    """Gives everything its place, in order of computation."""
    starts, weights = [], 1
    for parameter in graph.network.parameters:
        starts.append(weights)
        weights += entries(parameter)
    places, slots, values, slopes = [], [], 1, 0
    for number, node in enumerate(graph.nodes):
        place = _place(graph, number, values)
        places.append(place)
        values = max(values, place.base + place.step * (node.width - 1) + 1)
        slots.append(slopes)
        slopes += slope_count(graph, node)
    ends = sum(graph.nodes[end].width for end, _ in graph.ends())
    return Layout(graph, places, starts, slots, weights, values, slopes + ends)


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


def fused(graph: Graph, number: int) -> bool:
    """Whether a node is a preactivation that is bent unit by unit: then the two are interleaved."""
    nodes = graph.nodes
    if nodes[number].kind != "affine" or number + 1 == len(nodes):
        return False
    following = nodes[number + 1]
    return following.kind == "bend" and not activation(graph, following).couples


def slope_count(graph: Graph, node: Node) -> int:
    """How many slopes a node needs that are neither a weight nor a value."""
    if node.kind == "bend":
        bent = activation(graph, node)
        if bent.couples:
            return node.width * graph.nodes[node.arcs[0].tail].width
        return node.width * (2 if bent.parametric else 1)
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


def terms(layout: Layout, node: Node, unit: int) -> list[tuple[int, int, Arc | None]]:
    """What one unit of an affine node sums: (p, v) for P[p]·V[v], each with its arc, None for the bias."""
    found: list[tuple[int, int, Arc | None]] = []
    for arc in node.arcs:
        found += _arc_terms(layout, arc, unit - arc.offset)
    if node.bias is not None:
        shape = layout.graph.network.parameters[node.bias].shape
        found.append((layout.starts[node.bias] + (unit if shape else 0), 0, None))
    return found


def alphas(layout: Layout, node: Node) -> list[int]:
    """Where the α of each unit stands in P: one for all of them, or one each."""
    alpha = layer(layout.graph, node).alpha
    assert alpha is not None
    places = layout.entries(alpha)
    return [places[0]] * node.width if len(places) == 1 else list(places)


def _arc_terms(layout: Layout, arc: Arc, row: int) -> list[tuple[int, int, Arc]]:
    tail, parameter = arc.tail, arc.parameter
    width = layout.graph.nodes[tail].width
    start = 0 if parameter is None else layout.starts[parameter]
    shape = () if parameter is None else layout.graph.network.parameters[parameter].shape
    if not shape:
        return [(start, layout.unit(tail, row), arc)] if 0 <= row < width else []
    if not 0 <= row < shape[0]:
        return []
    return [(column, value, arc) for column, value in enumerate(layout.units(tail), start + row * width)]


def _place(graph: Graph, number: int, values: int) -> Place:
    if fused(graph, number):
        return Place(values, 2)
    if number and fused(graph, number - 1):
        return Place(values - 2 * graph.nodes[number].width + 2, 2)
    return Place(values, 1)
