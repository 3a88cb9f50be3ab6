"""The linear graph over single units: an edge for every weight entry, every activation's derivative and every loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Protocol

from gradcalc.engine.scalar_layout import Pick, ScalarLayout, activation, alphas, picker, weight_starts
from gradcalc.network.graph import Arc, Graph, Node
from gradcalc.network.linear_graph import (
    ALPHA,
    BIAS,
    EdgeLabel,
    LabelledEdge,
    LinearGraph,
    Use,
    arc_label,
    joined,
    use_names,
)
from gradcalc.network.network import entry_index, entry_name, unit_name
from gradcalc.records import Record


class LayerLabels:
    """Marks that speak of layers and whole weights."""

    def __init__(self, graph: Graph) -> None:
        self._names = [node.name for node in graph.network.nodes]
        self._uses: Mapping[Use, str] = use_names(graph)

    def enter(self, node: Node, unit: int, arc: Arc, weight: int, value: int) -> EdgeLabel | None:
        """The layer and the edge's label."""
        return arc_label(self._names[node.of], arc, arc.label)

    def start(self, node: Node, unit: int, by: Arc | str) -> EdgeLabel | None:
        """The parameter's own layer."""
        return EdgeLabel._make(
            (self._names[node.of], None, 0, self._uses.get((node.of, by)) if self._uses else None, 0)
        )

    def mix(self, node: Node, unit: int) -> EdgeLabel | None:
        """Nothing: within the layer."""
        return None


class UnitLabels:
    """Marks that speak of units and entries: `h[0]`, `w2[1,0]`. Where an activation couples the units of a layer, the
    node is the unit whose output the path takes, and the edge tells through which preactivation it came."""

    def __init__(self, graph: Graph) -> None:
        self._starts = weight_starts(graph.network)
        self._graph = graph
        self._nodes = graph.network.nodes
        self._uses: Mapping[Use, str] = use_names(graph)
        self._coupled = {n.of for n in graph.nodes if n.kind == "activation" and activation(graph, n).couples}

    def enter(self, node: Node, unit: int, arc: Arc, weight: int, value: int) -> EdgeLabel | None:
        """The unit and the weight's entry."""
        return arc_label(self._unit(node, unit), arc, self._label(arc, weight))

    def start(self, node: Node, unit: int, by: Arc | str) -> EdgeLabel | None:
        """The unit that the entry feeds."""
        return EdgeLabel._make(
            (self._unit(node, unit), None, 0, self._uses.get((node.of, by)) if self._uses else None, 0)
        )

    def mix(self, node: Node, unit: int) -> EdgeLabel | None:
        """The unit that the path leaves by."""
        layer = self._nodes[node.of]
        return EdgeLabel(unit_name(layer.name, unit, layer.width))

    def _unit(self, node: Node, unit: int) -> str | None:
        if node.of in self._coupled and node is not self._graph.nodes[self._graph.outputs[node.of]]:
            return None
        layer = self._nodes[node.of]
        return unit_name(layer.name, unit, layer.width)

    def _label(self, arc: Arc, weight: int) -> str | None:
        if arc.parameter is None:
            return arc.label
        parameter = self._graph.network.parameters[arc.parameter]
        return entry_name(parameter, entry_index(parameter, weight - self._starts[arc.parameter]))


# A network of units at a point, as linear steps: weigh (by a weight, or by a value for the weight itself), pass, bend
# and mix. The topology is compiled once; at every point the derivatives are gathered anew from the lists P, V and S.


class Labels(Protocol):
    """How paths name the edges: by layers or by units."""

    def enter(self, node: Node, unit: int, arc: Arc, weight: int, value: int) -> EdgeLabel | None:
        """The label of an edge into a unit from the value it reads."""

    def start(self, node: Node, unit: int, by: Arc | str) -> EdgeLabel | None:
        """The label of an edge into a unit from a parameter, by an arc or as BIAS or ALPHA: where its paths start."""

    def mix(self, node: Node, unit: int) -> EdgeLabel | None:
        """The label of an edge into a unit whose activation couples it to others."""


class ScalarLinearGraph(Record):
    """The steps, and `gather`, which picks their derivatives from P + V + S."""

    layout: ScalarLayout
    dag: LinearGraph
    gather: Callable[[list[Any]], Sequence[Any]]
    factors: Pick  # picks from V what is multiplied: what weights weigh, what joins join

    def weight(self, place: int) -> int:
        """The node of the linear graph of a weight P[place]."""
        return self.layout.values + place

    def uses(self, place: int) -> Sequence[int]:
        """The edges that are uses of a weight P[place]."""
        return self.dag.uses.get(self.weight(place), ())


def scalar_linear_graph(layout: ScalarLayout, labels: Labels) -> ScalarLinearGraph:
    """Lays every edge of the network, from the loss back; linear in the number of weight entries."""
    laying = _Laying(layout, labels)
    laying.loss()
    for number in range(len(layout.graph.nodes) - 1, -1, -1):
        laying.node(number)
    loss = layout.values + layout.weights
    dag, places = joined(loss + 1, loss, laying.inner, laying.uses)
    return ScalarLinearGraph(layout, dag, itemgetter(*places), picker(sorted(laying.factors)))


class _Laying:
    """The edges being laid, each with the place of its derivative in P + V + S."""

    def __init__(self, layout: ScalarLayout, labels: Labels) -> None:
        self.layout = layout
        self.labels = labels
        self.inner: list[LabelledEdge] = []
        self.uses: list[LabelledEdge] = []
        self.factors = {0}
        self.derivatives = layout.weights + layout.values  # where S begins

    def loss(self) -> None:
        layout = self.layout
        outputs = [unit for end, _ in layout.graph.ends() for unit in layout.units(end)]
        first = self.derivatives + layout.derivatives - len(outputs)
        for derivative, output in enumerate(outputs, first):
            self.inner.append((output, layout.values + layout.weights, None, derivative))

    def node(self, number: int) -> None:
        node = self.layout.graph.nodes[number]
        if node.kind == "affine":
            self._affine(number, node)
        elif node.kind == "activation":
            self._activation(number, node)
        elif node.kind != "input":
            self._join(number, node)

    def _affine(self, number: int, node: Node) -> None:
        """z = Σ P[p]·V[v]: the derivative by V[v] is P[p], and by P[p] it is V[v]."""
        layout, labels, terms = self.layout, self.labels, self.layout.terms[number]
        for unit, head in enumerate(layout.units(number)):
            for p, v, arc in terms[unit]:
                self.factors.add(v)
                if arc is not None:
                    self.inner.append((v, head, labels.enter(node, unit, arc, p, v), p))
                if p:
                    self.uses.append(
                        (layout.values + p, head, labels.start(node, unit, arc or BIAS), layout.weights + v)
                    )

    def _activation(self, number: int, node: Node) -> None:
        layout, slot = self.layout, self.derivatives + self.layout.slots[number]
        below, sigma = node.arcs[0].tail, activation(layout.graph, node)
        if sigma.couples:
            self._mix(number, node)
            return
        for unit, (z, head) in enumerate(zip(layout.units(below), layout.units(number))):
            self.inner.append((z, head, None, slot + unit))
        if sigma.parametric:
            places = alphas(layout, node)
            for unit, head in enumerate(layout.units(number)):
                label = self.labels.start(layout.graph.nodes[below], unit, ALPHA)
                self.uses.append((layout.values + places[unit], head, label, slot + node.width + unit))

    def _mix(self, number: int, node: Node) -> None:
        layout, slot, below = self.layout, self.derivatives + self.layout.slots[number], node.arcs[0].tail
        units = layout.units(below)
        for unit, head in enumerate(layout.units(number)):
            label = self.labels.mix(node, unit)
            for column in mixed(layout.graph, node, unit):
                self.inner.append((units[column], head, label, slot + unit * len(units) + column))

    def _join(self, number: int, node: Node) -> None:
        slot, arity = self.derivatives + self.layout.slots[number], len(node.arcs)
        for unit, head in enumerate(self.layout.units(number)):
            first = slot + unit * arity
            for place, arc in enumerate(node.arcs):
                tail = self.layout.unit(arc.tail, unit)
                self.factors.add(tail)
                self.inner.append((tail, head, self.labels.enter(node, unit, arc, 0, tail), first + place))


def mixed(graph: Graph, node: Node, unit: int) -> range:
    """The preactivations that one unit of a coupling activation depends on: all, or those of its pieces (maxout)."""
    width = graph.nodes[node.arcs[0].tail].width
    pieces = int(activation(graph, node).options.get("pieces", 0))
    return range(unit * pieces, (unit + 1) * pieces) if pieces else range(width)
