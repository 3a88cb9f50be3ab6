"""A network over single units: where everything stands in the flat lists that it is computed in, and its linear graph.

Three lists: the weights P (entry 0 is 1, so that an identity edge is an edge with weight P[0]), the values V (entry 0
is 1, the input of every bias), and the derivatives S. A preactivation and its activation are interleaved, z0 a0 z1 a1
…, so that forward can append both in one go.

The linear graph has an edge for every weight entry, every activation's derivative and every loss. Its topology is
compiled once; at every point the local derivatives are gathered anew from P, V and S.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate, repeat
from math import prod
from operator import itemgetter
from typing import Any

from gradcalc.network.graph import ActivationNode, AffineNode, Arc, Graph, JoinNode, Node
from gradcalc.network.linear_graph import (
    ALPHA,
    BIAS,
    EdgeLabel,
    LabelledEdge,
    LinearGraph,
    UnitParameter,
    arc_label,
    build,
    use_names,
)
from gradcalc.network.network import Network, entry_index, entry_name, unit_name
from gradcalc.records import Record

Pick = Callable[[Sequence[Any]], Sequence[Any]]
Term = tuple[int, int, Arc | None]  # (p, v) for P[p]·V[v], with its arc, None for the bias


class ScalarLayout(Record):
    """The sizes of the three lists, where nodes, parameters and derivatives stand in them, and what is summed."""

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

    def alphas(self, node: ActivationNode) -> list[int]:
        """Where the α of each unit of a parametric activation stands in P: one for all of them, or one each."""
        assert node.alpha is not None
        places = self.entries(node.alpha)
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
            is_activated = isinstance(following, ActivationNode) and not following.activation.couples
            after_interleaved = is_activated and isinstance(node, AffineNode)
            step = 2 if after_interleaved else 1
            span = range(values, values + step * node.width, step)
            spans.append(span)
            values = span.stop
        interleaved.append(after_interleaved)
    ends = sum(graph.nodes[end].width for end, _ in graph.ends())
    widest = max(map(len, spans))
    terms = [_terms(graph, spans, starts, node, widest) if isinstance(node, AffineNode) else () for node in graph.nodes]
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
    if isinstance(node, ActivationNode):
        if node.activation.couples:
            return node.width * graph.nodes[node.arcs[0].tail].width
        return node.width * (2 if node.activation.parametric else 1)
    return node.width * len(node.arcs) if isinstance(node, JoinNode) else 0


def _terms(
    graph: Graph, spans: Sequence[range], starts: Sequence[int], node: AffineNode, widest: int
) -> list[list[Term]]:
    parameters = graph.network.parameters
    if widest == 1 and node.bias is None:
        return [[(0 if arc[1] is None else starts[arc[1]], spans[arc[0]].start, arc) for arc in node.arcs]]
    rows: list[list[Term]] = [[] for _ in range(node.width)]
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


class LayerLabels:
    """How paths name edges: by layers and whole weights."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._names = [node.name for node in graph.network.nodes]
        self._uses = use_names(graph)

    def enter(self, node: Node, unit: int, arc: Arc, weight: int) -> EdgeLabel | None:
        """The label of an edge into a unit from the value it reads, weighed by P[weight]."""
        return arc_label(self._names[node.of], arc, arc.label)

    def start(self, node: Node, unit: int, by: Arc | UnitParameter) -> EdgeLabel | None:
        """The label of an edge into a unit from a parameter, by an arc or as BIAS or ALPHA: where its paths start."""
        use = self._uses.get((node.of, by)) if self._uses else None
        return EdgeLabel._make((self._visited(node, unit), None, 0, use, 0))

    def couple(self, node: Node, unit: int) -> EdgeLabel | None:
        """The label of an edge into a unit whose activation couples it to others."""
        return None

    def _visited(self, node: Node, unit: int) -> str | None:
        return self._names[node.of]


class UnitLabels(LayerLabels):
    """How paths name edges: by units and entries, `h[0]`, `w2[1,0]`. Where an activation couples the units of a layer,
    the node is the unit whose output the path takes, and the edge tells through which preactivation it came."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        self._starts = weight_starts(graph.network)
        self._coupled = {n.of for n in graph.nodes if isinstance(n, ActivationNode) and n.activation.couples}

    def enter(self, node: Node, unit: int, arc: Arc, weight: int) -> EdgeLabel | None:
        name = arc.label
        if arc.parameter is not None:
            parameter = self._graph.network.parameters[arc.parameter]
            name = entry_name(parameter, entry_index(parameter, weight - self._starts[arc.parameter]))
        return arc_label(self._visited(node, unit), arc, name)

    def couple(self, node: Node, unit: int) -> EdgeLabel | None:
        return EdgeLabel(unit_name(self._names[node.of], unit, node.width))

    def _visited(self, node: Node, unit: int) -> str | None:
        if node.of in self._coupled and node is not self._graph.nodes[self._graph.outputs[node.of]]:
            return None
        return unit_name(self._names[node.of], unit, self._graph.network.nodes[node.of].width)


class ScalarLinearGraph(Record):
    """Its nodes are the values V, then the weights P, then the loss; `gather` picks its derivatives from P + V + S."""

    layout: ScalarLayout
    dag: LinearGraph
    gather: Callable[[list[Any]], Sequence[Any]]
    factors: Pick  # picks from V what is multiplied: what weights weigh, what joins join

    def weight(self, place: int) -> int:
        """The node of a weight P[place]."""
        return self.layout.values + place

    def uses(self, place: int) -> Sequence[int]:
        """The edges that are uses of a weight P[place]."""
        return self.dag.uses.get(self.weight(place), ())


def scalar_linear_graph(layout: ScalarLayout, grain: type[LayerLabels]) -> ScalarLinearGraph:
    """Every edge of the network, from the loss back; linear in the number of weight entries. Labels are of a grain."""
    edges = _ScalarEdges(layout)
    for number in range(len(layout.graph.nodes) - 1, -1, -1):
        node = layout.graph.nodes[number]
        if isinstance(node, AffineNode):
            edges.affine(number, node)
        elif isinstance(node, ActivationNode):
            edges.activation(number, node)
        elif isinstance(node, JoinNode):
            edges.join(number, node)
    loss = layout.values + layout.weights
    dag, places = build(loss + 1, loss, edges.inner, edges.uses, partial(_labels, layout.graph, grain))
    return ScalarLinearGraph(layout, dag, itemgetter(*places), picker(sorted(edges.factors)))


Entering = tuple[Node, int, Arc | UnitParameter | None]
"""What an edge enters, in place of its label: a unit of a node, by an arc or a parameter, or (None) as one of those
that an activation couples."""


def _labels(
    graph: Graph, grain: type[LayerLabels], inner: int, entering: Sequence[Entering | None], places: Sequence[int]
) -> list[EdgeLabel | None]:
    """The labels of edges from what they enter; the first `inner` are edges between nodes."""
    made, found = grain(graph), list[EdgeLabel | None]()
    for each, place in zip(entering[:inner], places):
        if each is None:
            found.append(None)
        else:
            node, unit, by = each
            found.append(made.enter(node, unit, by, place) if isinstance(by, Arc) else made.couple(node, unit))
    return found + [made.start(node, unit, by) for node, unit, by in entering[inner:]]  # type: ignore[misc, arg-type]


class _ScalarEdges:
    """The edges so far, those to the loss first, each with what it enters and where its derivative is in P + V + S."""

    def __init__(self, layout: ScalarLayout) -> None:
        self.layout = layout
        self.derivatives = layout.weights + layout.values  # where S begins
        outputs = [unit for end, _ in layout.graph.ends() for unit in layout.units(end)]
        first, loss = self.derivatives + layout.derivatives - len(outputs), layout.values + layout.weights
        self.inner: list[LabelledEdge] = [(unit, loss, None, place) for place, unit in enumerate(outputs, first)]
        self.uses: list[LabelledEdge] = []
        self.factors = {0}

    def affine(self, number: int, node: AffineNode) -> None:
        """z = Σ P[p]·V[v]: the derivative by V[v] is P[p], and by P[p] it is V[v]."""
        layout, inner, uses, factor = self.layout, self.inner.append, self.uses.append, self.factors.add
        first, values = layout.values, layout.weights  # where P begins among the nodes, and V in P + V + S
        for unit, (head, terms) in enumerate(zip(layout.spans[number], layout.terms[number])):
            for p, v, arc in terms:
                factor(v)
                entering = node, unit, arc or BIAS
                if arc is not None:
                    inner((v, head, entering, p))
                if p:
                    uses((first + p, head, entering, values + v))

    def activation(self, number: int, node: ActivationNode) -> None:
        """a = σ(z), unit by unit with the α of each, or a row of the Jacobian where units are coupled."""
        layout, below, first = self.layout, node.arcs[0].tail, self.derivatives + self.layout.slots[number]
        activation, zs, heads = node.activation, layout.spans[below], layout.spans[number]
        if not activation.couples:
            self.inner.extend(zip(zs, heads, repeat(None), range(first, first + node.width)))
        for unit, head in enumerate(heads if activation.couples else ()):
            pieces, label = node.pieces, (node, unit, None)
            for column in range(unit * pieces, (unit + 1) * pieces) if pieces else range(len(zs)):  # maxout's, or all
                self.inner.append((zs[column], head, label, first + unit * len(zs) + column))
        if activation.parametric:
            for unit, (place, head) in enumerate(zip(layout.alphas(node), layout.units(number))):
                start = (layout.graph.nodes[below], unit, ALPHA)
                self.uses.append((layout.values + place, head, start, first + node.width + unit))

    def join(self, number: int, node: JoinNode) -> None:
        """A derivative for each source, unit by unit."""
        first = self.derivatives + self.layout.slots[number]
        for unit, head in enumerate(self.layout.units(number)):
            for place, arc in enumerate(node.arcs, first + unit * len(node.arcs)):
                tail = self.layout.units(arc.tail)[unit]
                self.factors.add(tail)
                self.inner.append((tail, head, (node, unit, arc), place))
