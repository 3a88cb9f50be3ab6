"""The linear graph in arrays: an edge is a matrix, a diagonal, an outer product."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcalc.arithmetic import Arithmetic
from gradcalc.arithmetic.float64 import HUGE, TINY
from gradcalc.engine.array_edges import ArrayEdge, Bias, Diagonal, Inner, Jacobians, Matrix, Outer, Scalar, Start, part
from gradcalc.engine.array_forward import Array, ArrayKind, alpha, weighing
from gradcalc.errors import DomainError
from gradcalc.losses import Loss
from gradcalc.network.graph import Graph
from gradcalc.network.linear_graph import Link
from gradcalc.records import Record


class NodeArrays(Record):
    """All that edges are made of."""

    graph: Graph
    kind: ArrayKind
    parameters: Sequence[Array]
    values: Sequence[Array]
    targets: Sequence[Array]


def edges(at: NodeArrays, links: Sequence[Link]) -> list[Any]:
    """The edges, in the order of the links. Raises DomainError naming the node."""
    found = []
    for link in links:
        try:
            found.append(edge(at, link))
        except DomainError as error:
            raise DomainError(f"{_name(at, link.node)}: {error}") from None
    return found


def edge(at: NodeArrays, link: Link) -> Any:
    """The derivative of a link at these values, in the structure that it has."""
    graph, kind, parameters, values, _ = at
    node, arc, shapes = graph.nodes[link.node], link.arc, graph.network.parameters
    if link.kind == "loss":
        return Start(kind.loss_derivatives(*read_by_loss(at, link.place)))
    if link.kind == "bias":
        assert node.bias is not None
        return Bias(shared=shapes[node.bias].shape == ())
    if link.kind == "join":
        return Diagonal(PARTIALS[node.kind]([values[arc.tail] for arc in node.arcs], link.place, values[link.node]))
    if arc is not None:
        if link.kind == "weigh":
            return weighing(parameters, graph, arc)
        assert arc.parameter is not None
        shape, value = shapes[arc.parameter].shape, values[arc.tail]
        if shape:
            return Outer(value, first=arc.offset, width=shape[0])
        return Inner(value, first=arc.offset)
    activation, z = graph.layer(node).activation, values[node.arcs[0].tail]
    given = alpha(graph, parameters, node)
    if link.kind == "alpha":
        return Bias(kind.alpha_derivative(activation, z, given), shared=np.ndim(given) == 0)
    derivatives = kind.derivative(activation, z, given)
    if activation.couples:
        return Jacobians(derivatives, pieces=int(activation.options.get("pieces", 0)))
    return Diagonal(derivatives)


def loss_value(at: NodeArrays) -> Any:
    """The loss, reduced over the batch and summed over the nodes that have a target."""
    total: Any = 0
    for place, (end, _) in enumerate(at.graph.ends()):
        try:
            total = total + at.kind.loss(*read_by_loss(at, place)).sum()
        except DomainError as error:
            raise DomainError(f"{_name(at, end)}: {error}") from None
    return total / at.graph.reduction


def read_by_loss(at: NodeArrays, place: int) -> tuple[Loss, Array, Array]:
    """The loss at one end, the array it is computed from, and the target."""
    end, target = at.graph.ends()[place]
    fused = at.graph.fused_loss(end)
    read = at.values[end if fused is None else at.graph.preactivations[at.graph.nodes[end].of]]
    return fused or at.graph.network.loss, read, read if target is None else at.targets[target]


def _name(at: NodeArrays, node: int) -> str:
    return at.graph.network.nodes[at.graph.nodes[node].of].name


def _others(parts: Sequence[Array], place: int, joined: Array) -> Array:
    others = [part for number, part in enumerate(parts) if number != place]
    return np.multiply.reduce(np.stack(others)) if others else np.ones_like(joined)


def _tie(parts: Sequence[Array], place: int, joined: Array) -> Array:
    ties = sum((part == joined).astype(int) for part in parts)
    share = (np.ones_like(joined) if joined.dtype != object else joined * 0 + 1) / ties
    return share * (parts[place] == joined).astype(int)


def _mean(parts: Sequence[Array], place: int, joined: Array) -> Array:
    return (joined * 0 + 1) / len(parts)


PARTIALS: dict[str, Callable[[Sequence[Array], int, Array], Array]] = {
    "multiply": _others,
    "max": _tie,
    "min": _tie,
    "mean": _mean,
}


def structure(graph: Graph, links: Sequence[Link]) -> list[Any]:
    """The edges as far as counting goes: which units feed which, 1 for every pair. Their adjoints are object arrays
    [1][units] of integers of any size."""
    return [_pairs(graph, link) for link in links]


def _pairs(graph: Graph, link: Link) -> Any:
    node, arc, shapes = graph.nodes[link.node], link.arc, graph.network.parameters
    if link.kind == "loss":
        return Start(np.full((1, node.width), 1, dtype=object))
    if link.kind == "activation":
        activation, below = graph.layer(node).activation, graph.nodes[node.arcs[0].tail].width
        if not activation.couples:
            return Scalar(width=node.width)
        pieces = int(activation.options.get("pieces", 0))
        if not pieces:
            return AllPairs(below, width=node.width)
        reads = np.arange(below) // pieces == np.arange(node.width)[:, None]
        return Matrix(reads.astype(int).astype(object))
    if arc is None:
        number = node.bias if link.kind == "bias" else graph.layer(node).alpha
        assert number is not None
        return Bias(shared=shapes[number].shape == ())
    shape = () if arc.parameter is None else shapes[arc.parameter].shape
    tail = graph.nodes[arc.tail].width
    if link.kind == "weight":
        if shape:
            return EntryCounts(tail, first=arc.offset, width=shape[0])
        return Inner(np.full((1, tail), 1, dtype=object), first=arc.offset)
    if shape and link.kind == "weigh":
        return AllPairs(tail, first=arc.offset, width=shape[0])
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


class Stack:
    """Coefficients [lengths, …] of whatever shape a node's arrays have."""

    __slots__ = ("of",)

    def __init__(self, of: Any) -> None:
        self.of = of

    def __len__(self) -> int:
        return len(self.of)

    def __getitem__(self, place: int) -> Any:
        return self.of[place]

    def __mul__(self, derivative: Any) -> Stack:
        return Stack(self.of * derivative)

    def plus(self, other: Stack, at: int) -> Stack:
        """The sum, with `other` beginning `at` places after this; gaps are 0."""
        if at == 0 and len(self.of) == len(other.of):
            return Stack(self.of + other.of)
        longest = max(len(self.of), at + len(other.of))
        total = np.zeros((longest, *self.of.shape[1:]), dtype=self.of.dtype)
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
    if arithmetic.name != "extended" or not np.ndim(positive):
        return size * log(positive)
    floats = positive.astype(float)  # of these a float's logarithm is as good, at a twentieth of the time
    far = (floats < TINY) | (floats > HUGE)
    logarithms = np.frompyfunc(arithmetic.number, 1, 1)(np.log(np.where(far, 1, floats)))
    logarithms[far] = log(positive[far])
    return size * logarithms
