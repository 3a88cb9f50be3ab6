"""The linear graph: a network at a point as a DAG of local derivatives, in the order of a reverse sweep, and its parts.

A path's contribution is the product of its edges; what an edge adds to the path's description is its label, and edges
that a path does not name (an activation's derivative, the loss) have none. Counts of paths need no derivatives at all.

A part (the paths through a node or an edge, those that avoid it, those that end at a node before the loss) is a linear
graph again, so every semiring answers for the part as for the whole. Paths that pass somewhere are kept apart from
those that have not passed yet by doubling the nodes (the product with an automaton of two states), which is exact also
where a tied weight is passed several times; nothing is ever subtracted.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property, partial
from math import prod
from typing import Any

from gradcalc.network.graph import ActivationNode, AffineNode, Arc, Graph
from gradcalc.records import Record


class EdgeLabel(Record):
    """What taking an edge adds to a path: a node, the name of the edge, and 1 where a layer is entered through z."""

    node: str | None
    name: str | None = None
    enters: int = 0
    at: str | None = None  # on a path's first label: the use of the parameter
    parallel: int = 0  # how many edges between the same two nodes come before this one


Labels = Sequence[EdgeLabel | None]


def arc_label(node: str | None, arc: Arc, label: str | None) -> EdgeLabel | None:
    """The label of an arc; of one that paths do not name only where it adds to lengths or runs beside another."""
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
        labels: Labels | Callable[[], Labels],
    ) -> None:
        self.size, self.loss, self.inner = size, loss, inner
        self.tails, self.heads, self._labels = tails, heads, labels

    @cached_property
    def labels(self) -> Labels:
        """For every edge its label; made when asked for, as gradients need none."""
        return self._labels() if callable(self._labels) else self._labels

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
        """The edges on paths from one of the sources to the loss, in order: all that a question about them needs."""
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


LabelledEdge = tuple[int, int, Any, Any]  # tail, head, label, and what the local derivative is made of


def build(
    size: int,
    loss: int,
    inner: Sequence[LabelledEdge],
    uses: Sequence[LabelledEdge],
    label: Callable[[int, list[Any], list[Any]], Labels] | None = None,
) -> tuple[LinearGraph, list[Any]]:
    """The graph of edges between nodes, in order, and of uses of parameters, and what derivatives are made of. `label`
    makes the labels when they are asked for: of the number of edges between nodes, of what edges have in place of
    labels, and of what derivatives are made of."""
    edges = [*inner, *uses]
    columns: Iterable[list[Any]] = ([edge[part] for edge in edges] for part in range(4))
    tails, heads, labels, made_of = columns
    made = partial(label, len(inner), labels, made_of) if label else labels
    return LinearGraph(size, loss, len(inner), tails, heads, made), made_of


class UnitParameter(Record):
    """A parameter at work in the units of a layer, on no arc: `name` tells it from others there."""

    name: str


BIAS, ALPHA = UnitParameter("bias"), UnitParameter("alpha")
Use = tuple[int, Arc | UnitParameter]
"""A parameter at work: in which node of the network, on which arc or as what (BIAS, ALPHA)."""


def use_names(graph: Graph) -> Mapping[Use, str]:
    """For every use of a tied parameter what tells it from others: its layer, and its edge or role if need be."""
    network = graph.network
    used: list[tuple[int, Use]] = []
    used += [(arc.parameter, (node.of, arc)) for node in graph.nodes for arc in node.arcs if arc.parameter is not None]
    layers = list(enumerate(network.layers, len(network.inputs)))
    used += [(layer.bias, (number, BIAS)) for number, layer in layers if layer.bias is not None]
    used += [(layer.alpha, (number, ALPHA)) for number, layer in layers if layer.alpha is not None]
    found: dict[Use, str] = {}
    if len({parameter for parameter, _ in used}) == len(used):
        return found
    together: dict[int, list[Use]] = {}
    for parameter, use in used:
        together.setdefault(parameter, []).append(use)
    for uses in together.values():
        if len(uses) > 1:
            found.update(zip(uses, _distinct_names(graph, uses)))
    return found


def _distinct_names(graph: Graph, uses: Sequence[Use]) -> list[str]:
    """Names of one parameter's uses; those that share a layer or an edge say what they are there."""
    nodes, layers, names = graph.network.nodes, Counter(of for of, _ in uses), []
    for of, by in uses:
        name = nodes[of].name
        if isinstance(by, Arc) and graph.nodes[by.tail].of != of and (layers[of] > 1 or by.is_skip):
            name = f"{nodes[graph.nodes[by.tail].of].name}→{name}"
        names.append(name)
    known = Counter(names)
    for place, (name, (_, by)) in enumerate(zip(names, uses)):
        if known[name] > 1 and (isinstance(by, UnitParameter) or by.is_skip):
            names[place] = f"{name} {by.name}" if isinstance(by, UnitParameter) else f"skip {name}"
    before = Counter[str]()
    for place, name in enumerate(names):
        before[name] += 1
        names[place] = name if before[name] == 1 else f"{name} {before[name]}"
    return names


class LossLink(Record):
    """The edge from the loss to the `place`-th of the nodes that it reads."""

    node: int
    place: int


class NodeLink(Record):
    """The edge of an arc between nodes, the `place`-th that `node` reads; the class of `node` says what it is there."""

    node: int
    arc: Arc
    place: int


class UseLink(Record):
    """The edge from a parameter to a node where it is at work, on an arc or as BIAS or ALPHA."""

    node: int
    parameter: int
    by: Arc | UnitParameter


Link = LossLink | NodeLink | UseLink
"""What an edge between layers is; `node` is its head in the graph, of the loss its tail."""


class LayerLinearGraph(Record):
    """The linear graph at the grain of layers, one edge an arc: the nodes of the graph, then parameters, then loss."""

    graph: Graph
    dag: LinearGraph
    links: list[Link]

    def parameter(self, number: int) -> int:
        """The node of a parameter."""
        return len(self.graph.nodes) + number


def layer_linear_graph(graph: Graph) -> LayerLinearGraph:
    """Every arc of the network as an edge, from the loss back; linear in their number."""
    nodes, names, tied = graph.nodes, [node.name for node in graph.network.nodes], use_names(graph)
    loss = len(nodes) + len(graph.network.parameters)
    inner: list[LabelledEdge] = [(end, loss, None, LossLink(end, place)) for place, (end, _) in enumerate(graph.ends())]
    uses: list[LabelledEdge] = []
    for number in range(len(nodes) - 1, -1, -1):
        node = nodes[number]
        used: list[tuple[int | None, Arc | UnitParameter]] = [(arc.parameter, arc) for arc in node.arcs]
        if isinstance(node, ActivationNode):
            used = [(node.alpha, ALPHA)]
        elif isinstance(node, AffineNode):
            used.append((node.bias, BIAS))
        for place, arc in enumerate(node.arcs):
            label = arc_label(names[node.of], arc, arc.label)
            inner.append((arc.tail, number, label, NodeLink._make((number, arc, place))))
        for parameter, by in used:
            if parameter is not None:
                label = EdgeLabel(names[node.of], None, 0, tied.get((node.of, by)))
                uses.append((len(nodes) + parameter, number, label, UseLink(number, parameter, by)))
    return LayerLinearGraph(graph, *build(loss + 1, loss, inner, uses))


Chain = tuple[int, ...]  # edges of the whole that are taken one after the other; none: an edge of derivative 1


class FilteredGraph(Record):
    """A linear graph, and for each of its edges which edges of the whole it is made of."""

    dag: LinearGraph
    base: int  # the number of nodes of the whole
    picks: Sequence[Chain]
    passed: tuple[Collection[int], ...] = ()  # by doubling: nodes where a path that starts there has passed already

    def derivatives(self, whole: Sequence[Any], one: Any) -> Sequence[Any]:
        """The derivatives of these edges from those of the whole."""
        factor = whole.__getitem__
        return [factor(pick[0]) if len(pick) == 1 else prod(map(factor, pick), start=one) for pick in self.picks]

    def start(self, node: int) -> int:
        """Where the paths of a node or a parameter start."""
        return node + sum(self.base << place for place, nodes in enumerate(self.passed) if node in nodes)

    def only(self, edges: Sequence[int]) -> FilteredGraph:
        """The same nodes with these of its own edges, in order."""
        return self._replace(dag=self.dag.only(edges), picks=list(map(self.picks.__getitem__, edges)))


def everything(dag: LinearGraph) -> FilteredGraph:
    """All paths."""
    return FilteredGraph(dag, dag.size, [(edge,) for edge in range(len(dag.tails))])


def avoiding(filtered: FilteredGraph, edges: Collection[int]) -> FilteredGraph:
    """Paths that take none of these edges of the whole; nothing has been contracted yet."""
    return filtered.only([edge for edge, (taken,) in enumerate(filtered.picks) if taken not in edges])


def passing(filtered: FilteredGraph, edges: Collection[int], passed: Collection[int] = ()) -> FilteredGraph:
    """Paths that take one of these edges of the whole, or start at a node of `passed`; nothing has been contracted."""
    dag, size = filtered.dag, filtered.dag.size
    tails, heads, labels, taken = [], [], [], []
    for tail, head, label, pick in zip(dag.tails, dag.heads, dag.labels, filtered.picks):
        before = (tail, head + size) if pick[0] in edges else (tail, head)
        for lower, upper in ((tail + size, head + size), before):
            tails.append(lower)
            heads.append(upper)
            labels.append(label)
            taken.append(pick)
    doubled = LinearGraph(2 * size, dag.loss + size, 2 * dag.inner, tails, heads, labels)
    return FilteredGraph(doubled, filtered.base, taken, (*filtered.passed, passed))


def contracted(filtered: FilteredGraph, fixed: Collection[int]) -> FilteredGraph:
    """The same paths with fewer nodes: one that a single edge leads on from is passed over, its edges joined.

    No path is lost or joined with another. Nodes in `fixed` stay, and those where two labels would meet.
    """
    dag = filtered.dag
    onward_edges = Counter(dag.tails[: dag.inner])
    single = {node for node, count in onward_edges.items() if count == 1} - set(fixed)
    named = {head for head, label in zip(dag.heads, dag.labels) if label}
    onward: dict[int, tuple[int, EdgeLabel | None, Chain]] = {}
    inner: list[LabelledEdge] = []
    uses: list[LabelledEdge] = []
    for edge, (tail, head, label, chain) in enumerate(zip(dag.tails, dag.heads, dag.labels, filtered.picks)):
        if head in onward:
            head, further, rest = onward[head]
            label, chain = label or further, chain + rest
        if tail in single and not (label and tail in named):
            onward[tail] = head, label, chain
        else:
            (inner if edge < dag.inner else uses).append((tail, head, label, chain))
    fewer, chains = build(dag.size, dag.loss, inner, uses)
    return filtered._replace(dag=fewer, picks=chains)
