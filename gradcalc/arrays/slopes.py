"""A network of arrays at a point as linear steps: every link of the layers as an edge that knows how to multiply."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcalc.arrays.edges import Bias, Diagonal, Inner, Jacobians, Outer, Start
from gradcalc.arrays.forward import alpha, weighing
from gradcalc.arrays.kinds import Array, ArrayKind
from gradcalc.errors import DomainError
from gradcalc.graph import Graph, Node
from gradcalc.layers import Link
from gradcalc.network import Layer
from gradcalc.records import Record
from gradcalc.units.losses import from_preactivation, reduction


class Values(Record):
    """All that edges are made of."""

    graph: Graph
    kind: ArrayKind
    parameters: Sequence[Array]
    values: Sequence[Array]
    targets: Sequence[Array]


def edges(at: Values, links: Sequence[Link]) -> list[Any]:
    """The edges, in the order of the links."""
    with np.errstate(all="ignore"):
        return [_edge(at, link) for link in links]


def _edge(at: Values, link: Link) -> Any:
    try:
        return EDGES[link.kind](at, link)
    except DomainError as error:
        raise DomainError(f"{_name(at, link.node)}: {error}") from None


def _name(at: Values, node: int) -> str:
    return at.graph.network.nodes[at.graph.nodes[node].of].name


def loss_value(at: Values) -> Any:
    """The loss, reduced over the batch and summed over the nodes that have a target."""
    total: Any = 0
    for place in range(len(at.graph.ends())):
        loss, read, target = read_by_loss(at, place)
        try:
            total = total + at.kind.loss(loss, read, target).sum()
        except DomainError as error:
            raise DomainError(f"{_name(at, at.graph.ends()[place][0])}: {error}") from None
    return total / reduction(at.graph)


def read_by_loss(at: Values, place: int) -> tuple[Any, Array, Array]:
    """The loss at one end, the array it is computed from, and the target."""
    end, target = at.graph.ends()[place]
    early = from_preactivation(at.graph, end)
    node = end if early is None else at.graph.preactivations[at.graph.nodes[end].of]
    given = at.values[node] if target is None else at.targets[target]
    return early or at.graph.network.loss, at.values[node], given


def _loss(at: Values, link: Link) -> Start:
    loss, read, target = read_by_loss(at, link.place)
    return Start(at.kind.loss_slopes(loss, read, target))


def _weigh(at: Values, link: Link) -> Any:
    assert link.arc is not None
    return weighing(at.parameters, at.graph, link.arc)


def _weight(at: Values, link: Link) -> Outer | Inner:
    arc = link.arc
    assert arc is not None and arc.parameter is not None
    shape, value = at.graph.network.parameters[arc.parameter].shape, at.values[arc.tail]
    return Outer(value, shape[0], arc.offset) if shape else Inner(value, arc.offset)


def _bias(at: Values, link: Link) -> Bias:
    bias = at.graph.nodes[link.node].bias
    assert bias is not None
    return Bias(at.graph.network.parameters[bias].shape == ())


def _bend(at: Values, link: Link) -> Diagonal | Jacobians:
    node = at.graph.nodes[link.node]
    bent, z = _layer(at, node).activation, at.values[node.arcs[0].tail]
    slopes = at.kind.slope(bent, z, alpha(at.graph, at.parameters, node))
    return Jacobians(slopes, int(bent.options.get("pieces", 0))) if bent.couples else Diagonal(slopes)


def _alpha(at: Values, link: Link) -> Bias:
    node = at.graph.nodes[link.node]
    value = alpha(at.graph, at.parameters, node)
    slopes = at.kind.alpha_slope(_layer(at, node).activation, at.values[node.arcs[0].tail], value)
    return Bias(np.ndim(value) == 0, slopes)


def _join(at: Values, link: Link) -> Diagonal:
    node = at.graph.nodes[link.node]
    parts = [at.values[arc.tail] for arc in node.arcs]
    return Diagonal(PARTIALS[node.kind](parts, link.place, at.values[link.node]))


def _layer(at: Values, node: Node) -> Layer:
    return at.graph.network.layers[node.of - len(at.graph.network.inputs)]


def _others(parts: Sequence[Array], place: int, joined: Array) -> Array:
    others = [part for number, part in enumerate(parts) if number != place]
    return np.multiply.reduce(np.stack(others)) if others else np.ones_like(joined)


def _tie(parts: Sequence[Array], place: int, joined: Array) -> Array:
    ties = sum((part == joined).astype(int) for part in parts)
    share = (np.ones_like(joined) if joined.dtype != object else joined * 0 + 1) / ties
    return share * (parts[place] == joined).astype(int)


def _mean(parts: Sequence[Array], place: int, joined: Array) -> Array:
    return (joined * 0 + 1) / len(parts)


EDGES: dict[str, Callable[[Values, Link], Any]] = {
    "loss": _loss,
    "weigh": _weigh,
    "weight": _weight,
    "bias": _bias,
    "bend": _bend,
    "alpha": _alpha,
    "join": _join,
}
PARTIALS: dict[str, Callable[[Sequence[Array], int, Array], Array]] = {
    "multiply": _others,
    "max": _tie,
    "min": _tie,
    "mean": _mean,
}
