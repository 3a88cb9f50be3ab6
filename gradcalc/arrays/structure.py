"""Edges between arrays as far as counting goes: which units feed which, 1 for every pair; integers of any size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcalc.arrays.edges import Bias, Matrix, Scalar, Start, part
from gradcalc.graph import Graph
from gradcalc.layers import Link


class Full:
    """Every unit of the tail feeds every unit of the arc's part of the head."""

    __array_ufunc__ = None

    def __init__(self, tail: int, fed: int, first: int = 0) -> None:
        self.tail = tail
        self.fed = fed
        self.first = first

    def __rmul__(self, said: Any) -> Any:
        sums = part(said, self.first, self.fed).sum(axis=-1, keepdims=True)
        return np.broadcast_to(sums, (*sums.shape[:-1], self.tail))


class Entries:
    """From a head to the entries of the weight that feeds it: each has the paths of its row's unit."""

    __array_ufunc__ = None

    def __init__(self, columns: int, rows: int, first: int = 0) -> None:
        self.columns = columns
        self.rows = rows
        self.first = first

    def __rmul__(self, said: Any) -> Any:
        fed = part(said, self.first, self.rows)[..., 0, :]
        return np.broadcast_to(fed[..., None], (*fed.shape, self.columns))


class Shared:
    """From a head to the one number that all units of the arc's part share."""

    __array_ufunc__ = None

    def __init__(self, fed: int, first: int = 0) -> None:
        self.fed = fed
        self.first = first

    def __rmul__(self, said: Any) -> Any:
        return part(said, self.first, self.fed).sum(axis=(-1, -2))


def structure(graph: Graph, links: Sequence[Link]) -> list[Any]:
    """One edge a link; what is said is an object array [1][units] of integers."""
    return [_edge(graph, link) for link in links]


def _edge(graph: Graph, link: Link) -> Any:
    node, arc = graph.nodes[link.node], link.arc
    if link.kind == "loss":
        return Start(np.full((1, node.width), 1, dtype=object))
    if link.kind == "bend":
        return _bend(graph, link)
    if arc is None:
        return Bias(_is_number(graph, link))
    shape = () if arc.parameter is None else graph.network.parameters[arc.parameter].shape
    tail = graph.nodes[arc.tail].width
    if link.kind == "weight":
        return Entries(tail, shape[0], arc.offset) if shape else Shared(tail, arc.offset)
    return Full(tail, shape[0], arc.offset) if shape and link.kind == "weigh" else Scalar(None, tail, arc.offset)


def _bend(graph: Graph, link: Link) -> Any:
    node = graph.nodes[link.node]
    bent = graph.network.layers[node.of - len(graph.network.inputs)].activation
    below = graph.nodes[node.arcs[0].tail].width
    if not bent.couples:
        return Scalar(None, node.width)
    pieces = int(bent.options.get("pieces", 0))
    if not pieces:
        return Full(below, node.width)
    reads = np.arange(below) // pieces == np.arange(node.width)[:, None]
    return Matrix(reads.astype(int).astype(object))


def _is_number(graph: Graph, link: Link) -> bool:
    node = graph.nodes[link.node]
    if link.kind == "bias":
        number = node.bias
    else:
        number = graph.network.layers[node.of - len(graph.network.inputs)].alpha
    assert number is not None
    return graph.network.parameters[number].shape == ()
