"""The computational graph of a network: which value is made of which, in order of computation, and how joins combine.

Rows hold for numbers of every kind; `one` is the 1 of the arithmetic at work. Ties of a maximum or minimum share the
derivative equally, as do those of maxout.

A layer of the network becomes one to three nodes and more where it joins: its joined sources (only where something is
done to them together), its preactivation z, its activation a = σ(z), and its output o = a + skips where skips enter it.
An arc carries what a path says when it takes it (`label`) and whether it enters the layer through its preactivation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcalc.network.network import Layer, Network
from gradcalc.records import Record

Number = Any


class Join(Record):
    """`value(one, xs)` and `partials(one, xs)`, derivatives by each; `symbol` is written between sources."""

    name: str
    value: Callable[[Number, Sequence[Number]], Number]
    partials: Callable[[Number, Sequence[Number]], list[Number]]
    symbol: str
    kink: Callable[[Sequence[Number]], bool] = lambda xs: False


def _product(one: Number, xs: Sequence[Number]) -> Number:
    for x in xs:
        one = one * x
    return one


def _others(one: Number, xs: Sequence[Number]) -> list[Number]:
    """The product of all others, for each: products from the left times products from the right, never a division."""
    left = [one]
    for x in xs[:-1]:
        left.append(left[-1] * x)
    found, right = [], one
    for x, before in zip(reversed(xs), reversed(left)):
        found.append(before * right)
        right = right * x
    return found[::-1]


def _shared(best: Callable[[Sequence[Number]], Number]) -> Callable[[Number, Sequence[Number]], list[Number]]:
    def partials(one: Number, xs: Sequence[Number]) -> list[Number]:
        top = best(xs)
        share = one / sum(x == top for x in xs)
        return [share if x == top else one - one for x in xs]

    return partials


def _tied(best: Callable[[Sequence[Number]], Number]) -> Callable[[Sequence[Number]], bool]:
    return lambda xs: sum(x == best(xs) for x in xs) > 1


JOINS = {
    join.name: join
    for join in (
        Join("multiply", _product, _others, "·"),
        Join("max", lambda one, xs: max(xs), _shared(max), "max", _tied(max)),
        Join("min", lambda one, xs: min(xs), _shared(min), "min", _tied(min)),
        Join("mean", lambda one, xs: sum(xs) / len(xs), lambda one, xs: [one / len(xs)] * len(xs), "mean"),
    )
}


# The computational graph of a network at the grain of layers: which value is made of which, in order of computation.


class Arc(Record):
    """One value read by a node, weighed by a parameter or (None) as it is, from unit `offset` of the node on."""

    tail: int
    parameter: int | None = None
    offset: int = 0
    label: str | None = None  # None where a path does not see this arc
    enters: int = 0  # what it adds to lengths: 1 where a layer is entered through its preactivation
    is_skip: bool = False
    parallel: int = 0  # how many edges of the layer that come before it read the same node


class Node(Record):
    """`kind` is "input", "affine" (a sum of weighed arcs and a bias), "activation" (an activation) or the name of a
    join.
    """

    kind: str
    of: int  # the network's node: inputs, then layers
    width: int
    arcs: tuple[Arc, ...] = ()
    bias: int | None = None


class Graph(Record):
    """Nodes in order of computation; where each node of the network has its output and its preactivation."""

    network: Network
    nodes: Sequence[Node]
    outputs: Sequence[int]
    preactivations: Sequence[int]  # −1 for inputs

    def ends(self) -> list[tuple[int, int | None]]:
        """The nodes the loss reads, each with the number of its target; None for loss `output`, which reads the last
        node or the one that is differentiated in its place."""
        network = self.network
        if not network.loss.takes_target:
            return [(self.outputs[-1 if network.of is None else network.of], None)]
        return [(self.outputs[target.node], number) for number, target in enumerate(network.targets)]

    def scalar(self) -> bool:
        """Whether every node is one unit and there is one example: then a path of layers is a product of numbers."""
        return self.network.examples == 1 and all(node.width == 1 for node in self.nodes)


def graph(network: Network) -> Graph:
    """Lays the network out as nodes and arcs; linear in its size."""
    nodes = [Node("input", number, given.width) for number, given in enumerate(network.inputs)]
    outputs = list(range(len(nodes)))
    preactivations = [-1] * len(nodes)
    for number, layer in enumerate(network.layers, len(network.inputs)):
        reading = _reading(layer, outputs)
        arcs = _sources(network, layer, number, nodes, reading)
        arcs += reading[len(layer.edges) : len(reading) - len(layer.into_output)]
        width = _preactivation_width(network, layer, arcs, nodes)
        preactivations.append(len(nodes))
        nodes.append(Node._make(("affine", number, width, tuple(arcs), layer.bias)))
        nodes.append(Node._make(("activation", number, layer.width, (_as_it_is(len(nodes) - 1),), None)))
        if layer.into_output:
            skips = reading[-len(layer.into_output) :]
            nodes.append(Node._make(("affine", number, layer.width, (_as_it_is(len(nodes) - 1), *skips), None)))
        outputs.append(len(nodes) - 1)
    return Graph(network, nodes, outputs, preactivations)


def block_graph(network: Network) -> Graph:
    """The graph of a network in which lengths count residual blocks in place of layers (Veit, Wilber & Belongie 2016).

    A block is what a skip crosses; a path enters it, and an arc counts 1, where it leaves the node that the skip starts
    from and is no skip itself.
    """
    laid = graph(network)
    skips = [edge for layer in network.layers for edge in (*layer.into_preactivation, *layer.into_output)]
    starts = {laid.outputs[edge.source] for edge in skips}
    nodes = []
    for node in laid.nodes:
        arcs = (arc._replace(enters=int(arc.tail in starts and not arc.is_skip)) for arc in node.arcs)
        nodes.append(node._replace(arcs=tuple(arcs)))
    return laid._replace(nodes=nodes)


def _add(nodes: list[Node], node: Node) -> int:
    nodes.append(node)
    return len(nodes) - 1


def _reading(layer: Layer, outputs: Sequence[int]) -> list[Arc]:
    """An arc for each edge of a layer: what it joins, the skips into its preactivation, the skips into its output."""
    edges = (*layer.edges, *layer.into_preactivation, *layer.into_output)
    inner = len(edges) - len(layer.into_output)
    before: dict[int, int] = {}
    arcs = []
    for place, (source, parameter, label) in enumerate(edges):
        is_skip = place >= len(layer.edges)
        parallel = before.get(source, 0)
        arcs.append(Arc._make((outputs[source], parameter, 0, label, int(place < inner), is_skip, parallel)))
        before[source] = parallel + 1
    return arcs


def _as_it_is(tail: int) -> Arc:
    return Arc._make((tail, None, 0, None, 0, False, 0))


def _sources(network: Network, layer: Layer, number: int, nodes: list[Node], reading: Sequence[Arc]) -> list[Arc]:
    """The arcs into the preactivation for what the layer joins, with a node for the joined where there must be one."""
    sources = reading[: len(layer.edges)]
    if layer.weight is None:
        if layer.join == "sum":
            return list(sources)
        if layer.join == "concat":
            return _end_to_end(network, sources, nodes)
        return [Arc(_joined(network, layer, number, nodes, sources))]
    joined = _joined_as_they_are(layer, number, nodes, sources)
    return [Arc(joined, layer.weight, 0, network.parameters[layer.weight].name, 1)]


def _end_to_end(network: Network, sources: Sequence[Arc], nodes: Sequence[Node]) -> list[Arc]:
    widths = [_width(network, arc, nodes) for arc in sources]
    return [arc._replace(offset=sum(widths[:place])) for place, arc in enumerate(sources)]


def _joined(network: Network, layer: Layer, number: int, nodes: list[Node], sources: Sequence[Arc]) -> int:
    """A node for a product, maximum, minimum or mean of sources, each weighed in a node of its own."""
    parts = []
    for arc in sources:
        if arc.parameter is not None:
            arc = Arc(_add(nodes, Node("affine", number, _width(network, arc, nodes), (arc,))))
        parts.append(arc)
    return _add(nodes, Node(layer.join, number, nodes[parts[0].tail].width, tuple(parts)))


def _joined_as_they_are(layer: Layer, number: int, nodes: list[Node], sources: Sequence[Arc]) -> int:
    """A node for identity sources that one weight multiplies together; a path sees the weight alone."""
    widths = [nodes[arc.tail].width for arc in sources]
    unseen = [arc._replace(label=None, enters=0) for arc in sources]
    if layer.join == "concat":
        arcs = tuple(arc._replace(offset=sum(widths[:place])) for place, arc in enumerate(unseen))
        return _add(nodes, Node("affine", number, sum(widths), arcs))
    kind = "affine" if layer.join == "sum" else layer.join
    return _add(nodes, Node(kind, number, widths[0], tuple(unseen)))


def _width(network: Network, arc: Arc, nodes: Sequence[Node]) -> int:
    """Of what an arc feeds."""
    shape = () if arc.parameter is None else network.parameters[arc.parameter].shape
    return shape[0] if shape else nodes[arc.tail].width


def _preactivation_width(network: Network, layer: Layer, arcs: Sequence[Arc], nodes: Sequence[Node]) -> int:
    """Units of z: those of the output, unless the activation makes fewer of them (maxout)."""
    if not layer.activation.couples:
        return layer.width
    return max(arc.offset + _width(network, arc, nodes) for arc in arcs)
