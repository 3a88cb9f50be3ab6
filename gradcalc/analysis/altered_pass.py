"""A backward pass with some of its local derivatives altered: what a pass gives in which a mistake is made.

Edges are those between layers, whatever the grain of the point: in plain numbers an edge is many edges between units,
in arrays it is one. An altered pass is a point again, so all that is read from a point is read from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from gradcalc.analysis.point import Point
from gradcalc.engine.scalar_point import ScalarPoint, swept
from gradcalc.network.graph import ActivationNode, AffineNode, Arc, Graph, Node
from gradcalc.network.linear_graph import ALPHA, BIAS, LayerLinearGraph, Link, LossLink, NodeLink, UseLink

if TYPE_CHECKING:
    from gradcalc.engine.array_point import ArrayPoint

AnyLink = TypeVar("AnyLink", LossLink, NodeLink, UseLink)
Rows = Sequence[Sequence[float]]


class EdgeName(NamedTuple):
    """An edge between layers, as networks have it in common that differ in some: what it is, the node of the network
    that it leads to and where in it, likewise the node it comes from, and which of edges side by side."""

    kind: str  # "loss", "node", "use"
    head: tuple[int, int]
    tail: tuple[int, int]
    which: tuple[int, int | None]


class AlteredPass(Protocol):
    """Local derivatives that may be altered, and the pass with them."""

    @property
    def at(self) -> Point:
        """The point as it is."""

    @property
    def linear(self) -> LayerLinearGraph:
        """The edges between layers."""

    def scale(self, edge: int, factor: float) -> None:
        """The edge times a factor; 0 leaves it out."""

    def put(self, edge: int, rows: Rows) -> None:
        """Other local derivatives: [examples][numbers], of a matrix row by row; one row serves all examples. Of the use
        of a weight the numbers are the values it multiplies."""

    def result(self) -> Point:
        """The point with this backward pass."""


def altered_pass(at: Point, linear: LayerLinearGraph, groups: Sequence[Sequence[int]]) -> AlteredPass:
    """The backward pass of a point, nothing altered yet."""
    return UnitPass(at, linear, groups) if isinstance(at, ScalarPoint) else ArrayPass(at, linear)


def edge_groups(at: Point, linear: LayerLinearGraph) -> list[list[int]]:
    """For every edge between layers its edges between units, of a matrix row by row; none in arrays."""
    if not isinstance(at, ScalarPoint) or at.linear is None:
        return []
    groups = _EdgeGroups(at, linear)
    for number in range(len(at.graph.nodes) - 1, -1, -1):
        node = at.graph.nodes[number]
        if isinstance(node, AffineNode):
            groups.affine(number)
        else:
            groups.others(number, node)
    for group, edge in zip(groups.uses, range(at.linear.dag.inner, len(at.linear.dag.tails))):
        groups.found[group].append(edge)
    return groups.found


class _EdgeGroups:
    """The edges between units so far, in the order in which the linear graph of units has them."""

    def __init__(self, at: ScalarPoint, linear: LayerLinearGraph) -> None:
        self.layout = at.layout
        self.graph = at.graph
        self.places = {_unit_key(link): edge for edge, link in enumerate(linear.links)}
        self.found: list[list[int]] = [[] for _ in linear.links]
        self.uses: list[int] = []  # of every use of a parameter the edge between layers
        self.inner = 0
        for place, (end, _) in enumerate(at.graph.ends()):
            self._take(place, at.graph.nodes[end].width)

    def _take(self, edge: int, count: int = 1) -> None:
        self.found[edge] += range(self.inner, self.inner + count)
        self.inner += count

    def affine(self, number: int) -> None:
        """An edge for every term, and the uses of its weights."""
        for terms in self.layout.terms[number]:
            for p, _, arc in terms:
                if arc is not None:
                    self._take(self.places[number, id(arc)])
                if p:
                    self.uses.append(self.places[number, id(arc or BIAS), "use"])

    def others(self, number: int, node: Node) -> None:
        """The derivatives of activations, of joins, and the uses of α."""
        for _ in range(node.width):
            for arc in node.arcs:
                self._take(self.places[number, id(arc)], self._fan(node))
        if isinstance(node, ActivationNode) and node.alpha is not None:
            self.uses += [self.places[number, id(ALPHA), "use"]] * node.width

    def _fan(self, node: Node) -> int:
        """How many units of a source a unit reads."""
        if not (isinstance(node, ActivationNode) and node.activation.couples):
            return 1
        return node.pieces or self.graph.nodes[node.arcs[0].tail].width


def _unit_key(link: Link) -> tuple[Any, ...]:
    if isinstance(link, LossLink):
        return "loss", link.place
    return (link.node, id(link.arc)) if isinstance(link, NodeLink) else (link.node, id(link.by), "use")


class UnitPass:
    """Over single units, in plain lists."""

    def __init__(self, at: ScalarPoint, linear: LayerLinearGraph, groups: Sequence[Sequence[int]]) -> None:
        self.at = at
        self.linear = linear
        self._groups = groups
        self._edges = [list(example.edges) for example in at.examples]

    def scale(self, edge: int, factor: float) -> None:
        for edges in self._edges:
            for place in self._groups[edge]:
                edges[place] *= factor

    def put(self, edge: int, rows: Rows) -> None:
        group = self._groups[edge]
        for example, edges in enumerate(self._edges):
            row = rows[example if len(rows) > 1 else 0]
            for number, place in enumerate(group):
                edges[place] = row[number % len(row)]

    def result(self) -> Point:
        at: Any = self.at
        seed, dag = at.arithmetic.seed(at.graph.reduction), at.linear.dag
        examples = []
        for example, edges in zip(at.examples, self._edges):
            adjoints, products = swept(dag, edges, seed)
            examples.append(example._replace(edges=edges, adjoints=adjoints, products=products))
        found: Point = at._replace(examples=examples)
        return found


class ArrayPass:
    """Over layers, in arrays."""

    def __init__(self, at: Any, linear: LayerLinearGraph) -> None:
        self.at: ArrayPoint = at
        self.linear = linear
        self._edges = list(at.edges)

    def scale(self, edge: int, factor: float) -> None:
        entries = self._edges[edge].entries
        self._replace(edge, factor if entries is None else entries * factor)

    def put(self, edge: int, rows: Rows) -> None:
        import numpy as np

        entries, numbers = self._edges[edge].entries, np.array(rows, dtype=float)
        if entries is None or np.ndim(entries) == 0:
            self._replace(edge, float(numbers.flat[0]) if numbers.size == 1 else numbers)
        elif numbers.size == entries.size:
            self._replace(edge, numbers.reshape(entries.shape))
        else:
            self._replace(edge, np.broadcast_to(numbers.reshape(len(numbers), *entries.shape[1:]), entries.shape))

    def _replace(self, edge: int, entries: Any) -> None:
        old = self._edges[edge]
        self._edges[edge] = type(old)(entries, first=old.first, width=old.width, pieces=old.pieces, shared=old.shared)

    def result(self) -> Point:
        import numpy as np

        from gradcalc.engine.array_edges import NOTHING
        from gradcalc.semirings.accumulate import ReverseSweep, Total

        dag = self.linear.dag
        with np.errstate(all="ignore"):
            sweep = ReverseSweep(dag, self._edges, self.at.seed, Total(NOTHING))
            return self.at._replace(edges=self._edges, adjoints=[sweep.of(node) for node in range(dag.loss)])


def edge_names(linear: LayerLinearGraph) -> Mapping[EdgeName, int]:
    """Every edge by a name that it has in networks alike."""
    graph, found = linear.graph, dict[EdgeName, int]()
    for edge, link in enumerate(linear.links):
        if isinstance(link, LossLink):
            name = EdgeName("loss", (0, 0), _role(graph, link.node), (link.place, None))
        elif isinstance(link, NodeLink):
            name = EdgeName(
                "node", _role(graph, link.node), _role(graph, link.arc.tail), (link.arc.parallel, link.arc.parameter)
            )
        else:
            tail, parallel = ((0, 0), 0)
            if isinstance(link.by, Arc):
                tail, parallel = _role(graph, link.by.tail), link.by.parallel
            name = EdgeName("use", _role(graph, link.node), tail, (parallel, link.parameter))
        found[name] = edge
    return found


def _role(graph: Graph, node: int) -> tuple[int, int]:
    """A node of the graph by the node of the network: 9 its output, else how far after its preactivation."""
    of = graph.nodes[node].of
    return (of, 9) if graph.outputs[of] == node else (of, node - graph.preactivations[of])


def links_of(linear: LayerLinearGraph, kind: type[AnyLink]) -> Iterator[tuple[int, AnyLink]]:
    """The edges of one kind, with their links."""
    return ((edge, link) for edge, link in enumerate(linear.links) if isinstance(link, kind))
