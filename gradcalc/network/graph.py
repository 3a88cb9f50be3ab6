"""The computational graph of a network: which value is made of which, in order of computation.

A layer becomes one to three nodes, and more where it joins: its joined sources (only where something is done to them
together), its preactivation z, its activation a = σ(z), and its output o = a + skips where skips enter it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gradcalc.network.joins import JOINS, Join
from gradcalc.network.network import Layer, Network
from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.activations import Activation
    from gradcalc.losses import Loss


class Arc(Record):
    """One value read by a node, weighed by a parameter or (None) as it is, from unit `offset` of the node on."""

    tail: int
    parameter: int | None = None
    offset: int = 0
    label: str | None = None  # what a path calls it; None where a path does not see it
    enters: int = 0  # what it adds to lengths: 1 where a layer is entered through its preactivation
    is_skip: bool = False
    parallel: int = 0  # how many edges of the layer that come before it read the same node


class InputNode(Record):
    """A value that is given. `of` is the network's node: inputs, then layers.

    A node is `flat` where a 0 among its derivatives is exact if what it reads is.
    """

    of: int
    width: int
    arcs: tuple[Arc, ...] = ()

    @property
    def flat(self) -> bool:
        """It has no derivatives."""
        return True


class AffineNode(Record):
    """A sum of weighed arcs and a bias: joined sources, a preactivation, an output that skips enter."""

    of: int
    width: int
    arcs: tuple[Arc, ...]
    bias: int | None = None

    @property
    def flat(self) -> bool:
        """Its derivatives are weights."""
        return True


class ActivationNode(Record):
    """a = σ(z), unit by unit or, where σ couples them, of all units of the one node that it reads."""

    of: int
    width: int
    arcs: tuple[Arc, ...]  # one
    activation: Activation
    alpha: int | None  # prelu's parameter

    @property
    def pieces(self) -> int:
        """How many preactivations a unit of maxout has; 0 of other activations."""
        return int(self.activation.options.get("pieces", 0))

    @property
    def flat(self) -> bool:
        """Whether σ′ is exactly 0 on an interval, and a 0 of it or of σ no underflow: it may be one of a formula, which
        has intervals of both kinds, and of a product with alpha."""
        row = self.activation
        return row.flat and not row.parametric and row.name != "formula"


class JoinNode(Record):
    """A product, maximum, minimum or mean of its sources, unit by unit."""

    of: int
    width: int
    arcs: tuple[Arc, ...]
    join: Join

    @property
    def flat(self) -> bool:
        """What the row of the join says."""
        return self.join.flat


Node = InputNode | AffineNode | ActivationNode | JoinNode
"""A value of the graph; what reads it knows by its class what to do."""


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

    def fused_loss(self, end: int) -> Loss | None:
        """The loss as a function of an end's preactivation, where it is computed from that."""
        return self.network.fused_loss(self.nodes[end].of)

    @property
    def reduction(self) -> int:
        """What a sum over the examples is divided by."""
        return self.network.examples if self.network.loss.reduction == "mean" else 1

    def scalar(self) -> bool:
        """Whether every node is one unit and there is one example: then a path of layers is a product of numbers."""
        return self.network.examples == 1 and all(node.width == 1 for node in self.nodes)


def graph(network: Network) -> Graph:
    """The nodes of every layer with their arcs; linear in the size of the network."""
    nodes: list[Node] = [InputNode(number, given.width) for number, given in enumerate(network.inputs)]
    outputs = list(range(len(nodes)))
    preactivations = [-1] * len(nodes)
    for number, layer in enumerate(network.layers, len(network.inputs)):
        _, _, units, edges, join, weight, bias, activation, alpha, _, late = layer
        reading = _reading(layer, outputs)
        arcs = reading[: len(reading) - len(late)] if late else reading
        if weight is not None or join != "sum":
            arcs = _sources(network, layer, number, nodes, reading[: len(edges)]) + arcs[len(edges) :]
        width = units
        if activation.couples:  # maxout makes fewer units of z
            width = max(arc.offset + _fed(network, arc, nodes) for arc in arcs)
        preactivations.append(len(nodes))
        nodes.append(AffineNode._make((number, width, tuple(arcs), bias)))
        read = (_identity(len(nodes) - 1),)
        nodes.append(ActivationNode._make((number, units, read, activation, alpha)))
        if late:
            arcs = [_identity(len(nodes) - 1), *reading[len(reading) - len(late) :]]
            nodes.append(AffineNode._make((number, units, tuple(arcs), None)))
        outputs.append(len(nodes) - 1)
    return Graph(network, nodes, outputs, preactivations)


def block_graph(network: Network) -> Graph:
    """The graph of a network in which lengths count residual blocks in place of layers (Veit, Wilber & Belongie 2016).

    A block is what a skip crosses; a path enters it, and an arc counts 1, where it leaves the node that the skip starts
    from and is no skip itself.
    """
    layers = graph(network)
    skips = [edge for layer in network.layers for edge in layer.skips]
    starts = {layers.outputs[edge.source] for edge in skips}
    nodes = []
    for node in layers.nodes:
        arcs = (arc._replace(enters=int(arc.tail in starts and not arc.is_skip)) for arc in node.arcs)
        nodes.append(node._replace(arcs=tuple(arcs)))
    return layers._replace(nodes=nodes)


def _identity(tail: int) -> Arc:
    return Arc._make((tail, None, 0, None, 0, False, 0))


def _reading(layer: Layer, outputs: Sequence[int]) -> list[Arc]:
    """An arc for each edge of a layer: what it joins, the skips into its preactivation, the skips into its output."""
    own, skips, late = layer.edges, layer.into_preactivation, layer.into_output
    if len(own) == 1 and not (skips or late):
        ((source, parameter, label),) = own
        return [Arc._make((outputs[source], parameter, 0, label, 1, False, 0))]
    before: dict[int, int] = {}
    arcs = []
    for edges, enters, is_skip in ((own, 1, False), (skips, 1, True), (late, 0, True)):
        for source, parameter, label in edges:
            before[source] = parallel = before.get(source, -1) + 1
            arcs.append(Arc._make((outputs[source], parameter, 0, label, enters, is_skip, parallel)))
    return arcs


def _sources(network: Network, layer: Layer, number: int, nodes: list[Node], sources: list[Arc]) -> list[Arc]:
    """The arcs into the preactivation for what the layer joins, with a node for the joined where there must be one:
    for a product, maximum, minimum or mean, and for what one weight multiplies together."""
    widths = [_fed(network, arc, nodes) for arc in sources]
    if layer.join == "concat":
        sources = [arc._replace(offset=sum(widths[:place])) for place, arc in enumerate(sources)]
        if layer.weight is None:
            return sources
    if layer.weight is not None:  # a path sees the weight alone
        sources = [arc._replace(label=None, enters=0) for arc in sources]
    for place, arc in enumerate(sources):
        if arc.parameter is not None:  # a factor, weighed in a node of its own
            nodes.append(AffineNode(number, widths[place], (arc,)))
            sources[place] = Arc(len(nodes) - 1)
    width = sum(widths) if layer.join == "concat" else widths[0]
    if layer.join in JOINS:
        nodes.append(JoinNode(number, width, tuple(sources), JOINS[layer.join]))
    else:
        nodes.append(AffineNode(number, width, tuple(sources)))
    if layer.weight is None:
        return [Arc(len(nodes) - 1)]
    return [Arc(len(nodes) - 1, layer.weight, 0, network.parameters[layer.weight].name, 1)]


def _fed(network: Network, arc: Arc, nodes: Sequence[Node]) -> int:
    """How many units an arc feeds."""
    shape = () if arc.parameter is None else network.parameters[arc.parameter].shape
    return shape[0] if shape else nodes[arc.tail].width
