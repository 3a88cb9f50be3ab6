"""The linear graph in arrays: an edge is a matrix, a diagonal, an outer product."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcalc.arithmetic import LOCAL, Arithmetic, located
from gradcalc.engine.array_edges import ArrayEdge, Bias, Diagonal, Inner, Jacobians, Matrix, Outer, Scalar, Start, part
from gradcalc.engine.array_forward import Array, ArrayKind
from gradcalc.losses import Loss
from gradcalc.network.graph import ActivationNode, AffineNode, Arc, Graph, JoinNode
from gradcalc.network.linear_graph import Link, LossLink, NodeLink, UseLink
from gradcalc.records import Record
from gradcalc.semirings.by_length import Numbers


class NodeArrays(Record):
    """All that edges are made of."""

    graph: Graph
    kind: ArrayKind
    parameters: Sequence[Array]
    values: Sequence[Array]
    targets: Sequence[Array]
    partials: dict[int, Sequence[Array]]  # of a join's value by each source, once for all of its links


def edges(at: NodeArrays, links: Sequence[Link]) -> list[Any]:
    """The edges, in the order of the links. Raises DomainError and LimitError naming the node."""
    found = []
    for link in links:
        try:
            found.append(edge_maker(at.graph, at.kind, link)(at))
        except LOCAL as error:
            raise located(_name(at, link.node), error) from None
    return found


EdgeMaker = Callable[[NodeArrays], Any]


def edge_maker(graph: Graph, kind: ArrayKind, link: Link) -> EdgeMaker:
    """What makes the edge of a link at a point: its derivative, in the structure that it has."""
    if isinstance(link, LossLink):
        return lambda at: Start(kind.loss_derivatives(*read_by_loss(at, link.place)))
    if isinstance(link, UseLink):
        return _use_maker(graph, kind, link)
    node, tail = graph.nodes[link.node], link.arc.tail
    if isinstance(node, AffineNode):
        return _arc_maker(graph, link.arc)
    if isinstance(node, ActivationNode):
        function, alpha, pieces = kind.derivative(node.activation), node.alpha, node.pieces
        if alpha is not None:
            return lambda at: Diagonal(function(at.values[tail], at.parameters[alpha]))
        if node.activation.couples:
            return lambda at: Jacobians(function(at.values[tail]), pieces=pieces)
        return lambda at: Diagonal(function(at.values[tail]))
    assert isinstance(node, JoinNode)

    def partial(at: NodeArrays) -> Diagonal:
        if link.node not in at.partials:
            at.partials[link.node] = node.join.partials(kind.functions, [at.values[arc.tail] for arc in node.arcs])
        derivatives, read = at.partials[link.node][link.place], at.values[tail]
        return Diagonal(np.broadcast_to(derivatives, np.broadcast_shapes(np.shape(derivatives), read.shape)))

    return partial


def _arc_maker(graph: Graph, arc: Arc) -> EdgeMaker:
    """Of an arc into a sum."""
    number, first, width = arc.parameter, arc.offset, graph.nodes[arc.tail].width
    if number is None:
        one = identity(graph, arc)
        return lambda at: one
    if graph.network.parameters[number].shape:
        return lambda at: Matrix(at.parameters[number], first)
    return lambda at: Scalar(at.parameters[number], first=first, width=width)


def identity(graph: Graph, arc: Arc) -> Scalar:
    """The edge of an arc without a weight."""
    return Scalar(first=arc.offset, width=graph.nodes[arc.tail].width)


def _use_maker(graph: Graph, kind: ArrayKind, link: UseLink) -> EdgeMaker:
    """Of a use of a parameter."""
    number, by, node = link.parameter, link.by, graph.nodes[link.node]
    shape = graph.network.parameters[number].shape
    if isinstance(by, Arc):
        tail, first = by.tail, by.offset
        if shape:
            rows = shape[0]
            return lambda at: Outer(at.values[tail], first, rows)
        return lambda at: Inner(at.values[tail], first=first)
    if not isinstance(node, ActivationNode):
        return lambda at: Bias(shared=not shape)
    activation, read = node.activation, node.arcs[0].tail
    return lambda at: Bias(kind.alpha_derivative(activation, at.values[read], at.parameters[number]), shared=not shape)


def loss_value(at: NodeArrays) -> Any:
    """The loss, reduced over the batch and summed over the nodes that have a target."""
    total: Any = 0
    for place, (end, _) in enumerate(at.graph.ends()):
        try:
            total = total + at.kind.loss(*read_by_loss(at, place)).sum()
        except LOCAL as error:
            raise located(_name(at, end), error) from None
    return total / at.graph.reduction


def read_by_loss(at: NodeArrays, place: int) -> tuple[Loss, Array, Array]:
    """The loss at one end, the array it is computed from, and the target."""
    end, target = at.graph.ends()[place]
    fused = at.graph.fused_loss(end)
    read = at.values[end if fused is None else at.graph.preactivations[at.graph.nodes[end].of]]
    return fused or at.graph.network.loss, read, read if target is None else at.targets[target]


def _name(at: NodeArrays, node: int) -> str:
    return at.graph.network.nodes[at.graph.nodes[node].of].name


def structure(graph: Graph, links: Sequence[Link]) -> list[Any]:
    """The edges as far as counting goes: which units feed which; adjoints are object arrays [1][units] of integers."""
    return [_pairs(graph, link) for link in links]


def _pairs(graph: Graph, link: Link) -> Any:
    node = graph.nodes[link.node]
    if isinstance(link, LossLink):
        return Start(np.full((1, node.width), 1, dtype=object))
    arc = link.arc if isinstance(link, NodeLink) else link.by
    number = link.parameter if isinstance(link, UseLink) else link.arc.parameter
    shape = () if number is None else graph.network.parameters[number].shape
    if not isinstance(arc, Arc):
        return Bias(shared=not shape)
    tail = graph.nodes[arc.tail].width
    if isinstance(link, UseLink):
        if shape:
            return EntryCounts(tail, first=arc.offset, width=shape[0])
        return Inner(np.full((1, tail), 1, dtype=object), first=arc.offset)
    if isinstance(node, ActivationNode) and node.pieces:
        reads = np.arange(tail) // node.pieces == np.arange(node.width)[:, None]
        return Matrix(reads.astype(int).astype(object))
    if shape or (isinstance(node, ActivationNode) and node.activation.couples):
        return AllPairs(tail, first=arc.offset, width=shape[0] if shape else node.width)
    return Scalar(first=arc.offset, width=tail)


class AllPairs(ArrayEdge):
    """Every one of `entries` units of the tail feeds every unit of the arc's part of the head."""

    def __rmul__(self, adjoint: Any) -> Any:
        sums = part(adjoint, self.first, self.width).sum(axis=-1, keepdims=True)
        return np.broadcast_to(sums, (*sums.shape[:-1], self.entries))


class EntryCounts(ArrayEdge):
    """From a head to a weight with `entries` columns: each entry has the paths of its row's unit."""

    def __rmul__(self, adjoint: Any) -> Any:
        fed = part(adjoint, self.first, self.width)[..., 0, :]
        return np.broadcast_to(fed[..., None], (*fed.shape, self.entries))


class Stack(Numbers):
    """Coefficients that are arrays, [lengths, …] of whatever shape those of a node have."""

    __slots__ = ()
    of: Any

    def __mul__(self, derivative: Any) -> Stack:
        return Stack(self.of * derivative)

    def plus(self, other: Numbers, at: int) -> Stack:
        if at == 0 and len(self.of) == len(other.of):
            return Stack(self.of + other.of)
        longest = max(len(self.of), at + len(other.of))
        total = np.zeros_like(self.of, shape=(longest, *self.of.shape[1:]))
        total[: len(self.of)] = self.of
        total[at : at + len(other.of)] = total[at : at + len(other.of)] + other.of
        return Stack(total)


def start(seed: Any) -> Stack:
    """The empty path's coefficient; axes for length, examples and units."""
    return Stack(np.array(seed).reshape(1, 1, 1))


def xlogx(arithmetic: Arithmetic, edge: Any) -> Any:
    """|x|·ln|x| of every entry; 0 of a 0, and of an edge that is the identity."""
    if hasattr(edge, "apply"):
        return edge.apply(lambda entries: xlogx(arithmetic, entries))
    if isinstance(edge, int):
        return 0
    size = np.abs(edge)
    positive = np.where(size == 0, size + 1, size)
    if arithmetic.name == "float64":
        return size * np.log(positive)
    log = np.frompyfunc(arithmetic.functions.log, 1, 1)
    return size * log(positive)
