"""The linear graph in arrays: an edge is a matrix, a diagonal, an outer product."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcalc.arithmetic import Arithmetic
from gradcalc.arithmetic.float64 import HUGE, TINY
from gradcalc.engine.array_edges import Bias, Diagonal, Inner, Jacobians, Matrix, Outer, Scalar, Start, part
from gradcalc.engine.array_forward import Array, ArrayKind, alpha, weighing
from gradcalc.errors import DomainError
from gradcalc.network.graph import Graph, Node
from gradcalc.network.linear_graph import Link
from gradcalc.network.network import Layer
from gradcalc.records import Record


class ArrayValues(Record):
    """All that edges are made of."""

    graph: Graph
    kind: ArrayKind
    parameters: Sequence[Array]
    values: Sequence[Array]
    targets: Sequence[Array]


def edges(at: ArrayValues, links: Sequence[Link]) -> list[Any]:
    """The edges, in the order of the links."""
    with np.errstate(all="ignore"):
        return [_edge(at, link) for link in links]


def _edge(at: ArrayValues, link: Link) -> Any:
    try:
        return EDGES[link.kind](at, link)
    except DomainError as error:
        raise DomainError(f"{_name(at, link.node)}: {error}") from None


def _name(at: ArrayValues, node: int) -> str:
    return at.graph.network.nodes[at.graph.nodes[node].of].name


def loss_value(at: ArrayValues) -> Any:
    """The loss, reduced over the batch and summed over the nodes that have a target."""
    total: Any = 0
    for place in range(len(at.graph.ends())):
        loss, read, target = read_by_loss(at, place)
        try:
            total = total + at.kind.loss(loss, read, target).sum()
        except DomainError as error:
            raise DomainError(f"{_name(at, at.graph.ends()[place][0])}: {error}") from None
    return total / at.graph.reduction


def read_by_loss(at: ArrayValues, place: int) -> tuple[Any, Array, Array]:
    """The loss at one end, the array it is computed from, and the target."""
    end, target = at.graph.ends()[place]
    early = at.graph.fused_loss(end)
    node = end if early is None else at.graph.preactivations[at.graph.nodes[end].of]
    given = at.values[node] if target is None else at.targets[target]
    return early or at.graph.network.loss, at.values[node], given


def _loss(at: ArrayValues, link: Link) -> Start:
    loss, read, target = read_by_loss(at, link.place)
    return Start(at.kind.loss_derivatives(loss, read, target))


def _weigh(at: ArrayValues, link: Link) -> Any:
    assert link.arc is not None
    return weighing(at.parameters, at.graph, link.arc)


def _weight(at: ArrayValues, link: Link) -> Outer | Inner:
    arc = link.arc
    assert arc is not None and arc.parameter is not None
    shape, value = at.graph.network.parameters[arc.parameter].shape, at.values[arc.tail]
    return Outer(value, shape[0], arc.offset) if shape else Inner(value, arc.offset)


def _bias(at: ArrayValues, link: Link) -> Bias:
    bias = at.graph.nodes[link.node].bias
    assert bias is not None
    return Bias(at.graph.network.parameters[bias].shape == ())


def _activation(at: ArrayValues, link: Link) -> Diagonal | Jacobians:
    node = at.graph.nodes[link.node]
    sigma, z = _layer(at, node).activation, at.values[node.arcs[0].tail]
    derivatives = at.kind.derivative(sigma, z, alpha(at.graph, at.parameters, node))
    return Jacobians(derivatives, int(sigma.options.get("pieces", 0))) if sigma.couples else Diagonal(derivatives)


def _alpha(at: ArrayValues, link: Link) -> Bias:
    node = at.graph.nodes[link.node]
    value = alpha(at.graph, at.parameters, node)
    derivatives = at.kind.alpha_derivative(_layer(at, node).activation, at.values[node.arcs[0].tail], value)
    return Bias(np.ndim(value) == 0, derivatives)


def _join(at: ArrayValues, link: Link) -> Diagonal:
    node = at.graph.nodes[link.node]
    parts = [at.values[arc.tail] for arc in node.arcs]
    return Diagonal(PARTIALS[node.kind](parts, link.place, at.values[link.node]))


def _layer(at: ArrayValues, node: Node) -> Layer:
    return at.graph.layer(node)


def _others(parts: Sequence[Array], place: int, joined: Array) -> Array:
    others = [part for number, part in enumerate(parts) if number != place]
    return np.multiply.reduce(np.stack(others)) if others else np.ones_like(joined)


def _tie(parts: Sequence[Array], place: int, joined: Array) -> Array:
    ties = sum((part == joined).astype(int) for part in parts)
    share = (np.ones_like(joined) if joined.dtype != object else joined * 0 + 1) / ties
    return share * (parts[place] == joined).astype(int)


def _mean(parts: Sequence[Array], place: int, joined: Array) -> Array:
    return (joined * 0 + 1) / len(parts)


EDGES: dict[str, Callable[[ArrayValues, Link], Any]] = {
    "loss": _loss,
    "weigh": _weigh,
    "weight": _weight,
    "bias": _bias,
    "activation": _activation,
    "alpha": _alpha,
    "join": _join,
}

PARTIALS: dict[str, Callable[[Sequence[Array], int, Array], Array]] = {
    "multiply": _others,
    "max": _tie,
    "min": _tie,
    "mean": _mean,
}


# Edges between arrays as far as counting goes: which units feed which, 1 for every pair; integers of any size.


class AllPairs:
    """Every unit of the tail feeds every unit of the arc's part of the head."""

    __array_ufunc__ = None

    def __init__(self, tail: int, fed: int, first: int = 0) -> None:
        self.tail = tail
        self.fed = fed
        self.first = first

    def __rmul__(self, adjoint: Any) -> Any:
        sums = part(adjoint, self.first, self.fed).sum(axis=-1, keepdims=True)
        return np.broadcast_to(sums, (*sums.shape[:-1], self.tail))


class EntryCounts:
    """From a head to the entries of the weight that feeds it: each has the paths of its row's unit."""

    __array_ufunc__ = None

    def __init__(self, columns: int, rows: int, first: int = 0) -> None:
        self.columns = columns
        self.rows = rows
        self.first = first

    def __rmul__(self, adjoint: Any) -> Any:
        fed = part(adjoint, self.first, self.rows)[..., 0, :]
        return np.broadcast_to(fed[..., None], (*fed.shape, self.columns))


class SharedCount:
    """From a head to the one number that all units of the arc's part share."""

    __array_ufunc__ = None

    def __init__(self, fed: int, first: int = 0) -> None:
        self.fed = fed
        self.first = first

    def __rmul__(self, adjoint: Any) -> Any:
        return part(adjoint, self.first, self.fed).sum(axis=(-1, -2))


def structure(graph: Graph, links: Sequence[Link]) -> list[Any]:
    """One edge a link; what is said is an object array [1][units] of integers."""
    return [_structure_edge(graph, link) for link in links]


def _structure_edge(graph: Graph, link: Link) -> Any:
    node, arc = graph.nodes[link.node], link.arc
    if link.kind == "loss":
        return Start(np.full((1, node.width), 1, dtype=object))
    if link.kind == "activation":
        return _structure_activation(graph, link)
    if arc is None:
        return Bias(_is_number(graph, link))
    shape = () if arc.parameter is None else graph.network.parameters[arc.parameter].shape
    tail = graph.nodes[arc.tail].width
    if link.kind == "weight":
        return EntryCounts(tail, shape[0], arc.offset) if shape else SharedCount(tail, arc.offset)
    return AllPairs(tail, shape[0], arc.offset) if shape and link.kind == "weigh" else Scalar(None, tail, arc.offset)


def _structure_activation(graph: Graph, link: Link) -> Any:
    node = graph.nodes[link.node]
    sigma = graph.layer(node).activation
    below = graph.nodes[node.arcs[0].tail].width
    if not sigma.couples:
        return Scalar(None, node.width)
    pieces = int(sigma.options.get("pieces", 0))
    if not pieces:
        return AllPairs(below, node.width)
    reads = np.arange(below) // pieces == np.arange(node.width)[:, None]
    return Matrix(reads.astype(int).astype(object))


def _is_number(graph: Graph, link: Link) -> bool:
    node = graph.nodes[link.node]
    if link.kind == "bias":
        number = node.bias
    else:
        number = graph.layer(node).alpha
    assert number is not None
    return graph.network.parameters[number].shape == ()


# Polynomials whose coefficients are arrays, stacked along the first axis: an edge multiplies all of them at once.


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


# |x|·ln|x| of the entries of edges, of which the entropy of paths is made.


def xlogx(arithmetic: Arithmetic, edge: Any) -> Any:
    """Of every entry; 0 of a 0, and of an edge that is the identity."""
    if hasattr(edge, "apply"):
        return edge.apply(lambda entries: xlogx(arithmetic, entries))
    if isinstance(edge, int):
        return 0
    size = np.abs(edge)
    return size * _logarithms(arithmetic, np.where(size == 0, size + 1, size))


def _logarithms(arithmetic: Arithmetic, sizes: Array) -> Array:
    if arithmetic.name == "float64":
        return np.log(sizes)
    log = np.frompyfunc(arithmetic.functions.log, 1, 1)
    if arithmetic.name != "extended" or not np.ndim(sizes):
        return log(sizes)
    doubles = sizes.astype(float)  # of these a double's logarithm is as good, at a twentieth of the time
    far = (doubles < TINY) | (doubles > HUGE)
    found = np.frompyfunc(arithmetic.number, 1, 1)(np.log(np.where(far, 1, doubles)))
    found[far] = log(sizes[far])
    return found
