"""The network at a point as a DAG of linear edges, in the order of a reverse sweep: a path is a product of its edges.

What an edge means to a path is its label; edges that a path does not see (an activation's derivative, the loss) have
none.

Links say what each edge does, from which a kind of array makes its derivative; counts of layer paths need no
derivatives at all.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from gradcalc.network.graph import Arc, Graph, Node
from gradcalc.records import Record


class EdgeLabel(Record):
    """What taking an edge adds to a path: a node, the name of the edge, and 1 where a layer is entered through z."""

    node: str | None
    name: str | None = None
    enters: int = 0
    at: str | None = None  # on a path's first label: the use of the parameter
    parallel: int = 0  # how many edges between the same two nodes come before this one


def arc_label(node: str | None, arc: Arc, label: str | None) -> EdgeLabel | None:
    """The label of taking an arc; of one that paths do not name only where it counts in their length or runs beside
    another."""
    if arc.label is None:
        return EdgeLabel._make((None, None, arc.enters, None, arc.parallel)) if arc.enters or arc.parallel else None
    return EdgeLabel._make((node, label, arc.enters, None, arc.parallel))


class LinearGraph:
    """`tails[e]`, `heads[e]` and `labels[e]` of every edge e; nodes are numbered below `size`, the loss among them.

    The first `inner` edges lie between nodes, in the order of the sweep; the others are the uses of parameters, which
    feed nodes and are fed by none.
    """

    def __init__(
        self,
        size: int,
        loss: int,
        inner: int,
        tails: Sequence[int],
        heads: Sequence[int],
        labels: Sequence[EdgeLabel | None],
    ) -> None:
        self.size = size
        self.loss = loss
        self.inner = inner
        self.tails = tails
        self.heads = heads
        self.labels = labels

    @cached_property
    def enters(self) -> list[int]:
        """For every edge the layers it enters."""
        return [label.enters if label else 0 for label in self.labels]

    @cached_property
    def uses(self) -> Mapping[int, list[int]]:
        """For every parameter the edges that are its uses."""
        found: dict[int, list[int]] = {}
        for edge in range(self.inner, len(self.tails)):
            found.setdefault(self.tails[edge], []).append(edge)
        return found

    @cached_property
    def by_head(self) -> list[tuple[int, list[int]]]:
        """Every head, in the order of the sweep, with its edges: those from nodes, then those from parameters."""
        found: dict[int, list[int]] = {}
        for edge, head in enumerate(self.heads):
            found.setdefault(head, []).append(edge)
        return list(found.items())

    def between(self, sources: Collection[int]) -> list[int]:
        """The edges on a way from one of the sources to the loss, in order: all that a question about them needs."""
        reached = bytearray(self.size)
        for source in sources:
            reached[source] = 1
        found = []
        for edge in range(len(self.tails) - 1, -1, -1):
            if reached[self.tails[edge]]:
                reached[self.heads[edge]] = 1
                found.append(edge)
        return found[::-1]

    def only(self, edges: Sequence[int]) -> LinearGraph:
        """The same nodes with these edges alone, which must be in order."""
        tails, heads = (list(map(column.__getitem__, edges)) for column in (self.tails, self.heads))
        labels = list(map(self.labels.__getitem__, edges))
        return LinearGraph(self.size, self.loss, bisect_left(edges, self.inner), tails, heads, labels)


LabelledEdge = tuple[int, int, EdgeLabel | None, Any]
"""An edge while it is being laid: tail, head, label, and what its derivative will be made of."""


def joined(
    size: int, loss: int, inner: Sequence[LabelledEdge], uses: Sequence[LabelledEdge]
) -> tuple[LinearGraph, list[Any]]:
    """The steps of edges between nodes, which are in order, and of the uses of parameters, and the recipes."""
    columns: Sequence[list[Any]] = [list(column) for column in zip(*inner, *uses)] or [[], [], [], []]
    tails, heads, labels, recipes = columns
    return LinearGraph(size, loss, len(inner), tails, heads, labels), recipes


# The uses of tied parameters, and what paths call them.


BIAS, ALPHA = "bias", "alpha"
Use = tuple[int, Arc | str]
"""A parameter at work: in which node of the network, on which arc or as what (BIAS, ALPHA)."""


def use_names(graph: Graph) -> Mapping[Use, str]:
    """For every use of a tied parameter, what tells it from the others: its layer; where need be its edge, or what
    it is there."""
    found: dict[Use, str] = {}
    used = _uses(graph)
    if len({parameter for parameter, _ in used}) == len(used):
        return found
    together: dict[int, list[Use]] = {}
    for parameter, use in used:
        together.setdefault(parameter, []).append(use)
    for uses in together.values():
        if len(uses) > 1:
            found.update(zip(uses, _told_apart(graph, uses)))
    return found


def _uses(graph: Graph) -> list[tuple[int, Use]]:
    """Every use of a parameter, with its number; a parameter with several uses is tied."""
    network, found = graph.network, list[tuple[int, Use]]()
    found += [(arc.parameter, (node.of, arc)) for node in graph.nodes for arc in node.arcs if arc.parameter is not None]
    found += [(node.bias, (node.of, BIAS)) for node in graph.nodes if node.bias is not None]
    layers = enumerate(network.layers, len(network.inputs))
    return found + [(layer.alpha, (number, ALPHA)) for number, layer in layers if layer.alpha is not None]


def _told_apart(graph: Graph, uses: Sequence[Use]) -> list[str]:
    """Names of one parameter's uses; those that share a layer or an edge say what they are there."""
    layers = Counter(of for of, _ in uses)
    names = [_use_name(graph, use, layers[use[0]] > 1) for use in uses]
    known = Counter(names)
    if len(known) == len(names):
        return names
    names = [_kind(use).format(name) if known[name] > 1 else name for name, use in zip(names, uses)]
    before = Counter[str]()
    for place, name in enumerate(names):
        before[name] += 1
        names[place] = name if before[name] == 1 else f"{name} {before[name]}"
    return names


def _use_name(graph: Graph, use: Use, several: bool) -> str:
    of, arc = use
    nodes = graph.network.nodes
    name = nodes[of].name
    if isinstance(arc, str) or graph.nodes[arc.tail].of == of or not (several or arc.is_skip):
        return name
    return f"{nodes[graph.nodes[arc.tail].of].name}→{name}"


def _kind(use: Use) -> str:
    """How a use is called where another is at the same layer or edge: as identity skips are, or by its kind."""
    if isinstance(use[1], str):
        return f"{{}} {use[1]}"
    return "skip {}" if use[1].is_skip else "{}"


# The linear steps of a network at the grain of layers: one edge an arc, whatever the widths.


class Link(Record):
    """What an edge does: "loss", "weigh" (an arc), "weight", "bias", "activation", "alpha", or "join" (one source)."""

    kind: str
    node: int  # in the graph, the head; for "loss" the tail
    arc: Arc | None = None
    place: int = 0  # for "join" the source's number, for "loss" the end's


class LayerLinearGraph(Record):
    """Step nodes are the graph's nodes, then the parameters, then the loss."""

    graph: Graph
    dag: LinearGraph
    links: list[Link]

    def parameter(self, number: int) -> int:
        """The node of the linear graph of a parameter."""
        return len(self.graph.nodes) + number


def layer_linear_graph(graph: Graph) -> LayerLinearGraph:
    """Lays every arc of the network, from the loss back; linear in their number."""
    laying = _Laying(graph)
    laying.loss()
    for number in range(len(graph.nodes) - 1, -1, -1):
        laying.node(number, graph.nodes[number])
    loss = len(graph.nodes) + len(graph.network.parameters)
    return LayerLinearGraph(graph, *joined(loss + 1, loss, laying.inner, laying.uses))


class _Laying:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.inner: list[LabelledEdge] = []
        self.uses: list[LabelledEdge] = []
        self._names = [node.name for node in graph.network.nodes]
        self._tied = use_names(graph)

    def loss(self) -> None:
        size = len(self.graph.nodes) + len(self.graph.network.parameters)
        for place, (end, _) in enumerate(self.graph.ends()):
            self.inner.append((end, size, None, Link("loss", end, None, place)))

    def node(self, number: int, node: Node) -> None:
        if node.kind == "activation":
            self._activation(number, node)
            return
        for place, arc in enumerate(node.arcs):
            label = arc_label(self._names[node.of], arc, arc.label)
            link = Link("weigh" if node.kind == "affine" else "join", number, arc, place)
            self.inner.append((arc.tail, number, label, link))
            if arc.parameter is not None:
                self._parameter(arc.parameter, number, Link("weight", number, arc))
        if node.bias is not None:
            self._parameter(node.bias, number, Link("bias", number))

    def _activation(self, number: int, node: Node) -> None:
        self.inner.append((node.arcs[0].tail, number, None, Link("activation", number)))
        alpha = self.graph.network.layers[node.of - len(self.graph.network.inputs)].alpha
        if alpha is not None:
            self._parameter(alpha, number, Link("alpha", number))

    def _parameter(self, parameter: int, head: int, link: Link) -> None:
        of = self.graph.nodes[head].of
        label = EdgeLabel(self._names[of], None, 0, self._tied.get((of, link.arc or link.kind)))
        self.uses.append((len(self.graph.nodes) + parameter, head, label, link))
