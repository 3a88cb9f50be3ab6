"""The forward pass of a network of arrays: one array [examples][units] for every node of the graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradcalc.arrays.edges import Matrix, Scalar
from gradcalc.arrays.kinds import Array, ArrayKind
from gradcalc.errors import DomainError
from gradcalc.graph import Arc, Graph, Node

Numbered = Sequence[Array] | Mapping[int, Array]
"""Arrays by the number of their node or parameter."""


def parameter_arrays(graph: Graph, kind: ArrayKind) -> list[Array]:
    """Every parameter as an array in its shape."""
    return [kind.array(parameter.value, parameter.exact) for parameter in graph.network.parameters]


def forward(graph: Graph, kind: ArrayKind, parameters: Sequence[Array]) -> list[Array]:
    """The values of every node. Raises DomainError naming the node."""
    values: list[Array] = []
    with np.errstate(all="ignore"):
        for node in graph.nodes:
            try:
                values.append(node_value(graph, kind, parameters, values, node))
            except DomainError as error:
                raise DomainError(f"{graph.network.nodes[node.of].name}: {error}") from None
    return values


def alpha(graph: Graph, parameters: Sequence[Array], node: Node) -> Array:
    """prelu's α for a bend, None for other activations."""
    number = graph.network.layers[node.of - len(graph.network.inputs)].alpha
    return None if number is None else parameters[number]


def node_value(
    graph: Graph, kind: ArrayKind, parameters: Sequence[Array], values: Sequence[Array], node: Node
) -> Array:
    """The value of one node from those before it."""
    if node.kind == "input":
        given = graph.network.inputs[node.of]
        return kind.array(given.rows, given.exact)
    if node.kind == "affine":
        return affine(graph, parameters, values, node)
    if node.kind == "bend":
        bent = graph.network.layers[node.of - len(graph.network.inputs)].activation
        return kind.value(bent, values[node.arcs[0].tail], alpha(graph, parameters, node))
    return joined(node.kind, [values[arc.tail] for arc in node.arcs])


def affine(graph: Graph, parameters: Numbered, values: Numbered, node: Node) -> Array:
    """Σ W·v + b."""
    total: Any = None
    for arc in node.arcs:
        fed = _weighed(parameters, values, arc)
        if fed.shape[-1] != node.width:
            fed = _padded(fed, arc.offset, node.width)
        total = fed if total is None else total + fed
    return total if node.bias is None else total + parameters[node.bias]


def _weighed(parameters: Numbered, values: Numbered, arc: Arc) -> Array:
    value = values[arc.tail]
    if arc.parameter is None:
        return value
    weight = parameters[arc.parameter]
    return value @ weight.T if getattr(weight, "ndim", False) else value * weight


def _padded(fed: Array, first: int, width: int) -> Array:
    """The units of one source of a concatenation among zeros for the others."""
    wide = np.zeros((*fed.shape[:-1], width), dtype=fed.dtype)
    wide[..., first : first + fed.shape[-1]] = fed
    return wide


def joined(kind: str, parts: Sequence[Array]) -> Array:
    """A product, maximum, minimum or mean, unit by unit."""
    if kind == "mean":
        return sum(parts[1:], parts[0]) / len(parts)
    return {"multiply": np.multiply, "max": np.maximum, "min": np.minimum}[kind].reduce(np.stack(parts))


def weighing(parameters: Sequence[Array], graph: Graph, arc: Arc) -> Matrix | Scalar:
    """An arc as an edge."""
    if arc.parameter is not None and getattr(parameters[arc.parameter], "ndim", False):
        return Matrix(parameters[arc.parameter], arc.offset)
    factor = None if arc.parameter is None else parameters[arc.parameter]
    return Scalar(factor, graph.nodes[arc.tail].width, arc.offset)
