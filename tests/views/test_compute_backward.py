"""The backward pass in the JSON of `compute`, multiplied out again from the other numbers that stand there.

δ is ∂L/∂output times the derivative (before the skips into the output); ∂L/∂output of a node that no target reads is
the sum of δ·W over the edges that leave it; gradients are δ times what the weight multiplies.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from hypothesis import given
from reference.judging import tame
from strategies import specs

from gradcalc.analysis.computation import compute
from gradcalc.arithmetic.float64 import Double
from gradcalc.language import load
from gradcalc.network.joins import JOINS
from gradcalc.network.network import Edge, Layer, Network
from gradcalc.report.report import Style, format_module
from gradcalc.views.compute_page import report

Array = np.ndarray[Any, np.dtype[np.float64]]


class Document:
    """The JSON of a network, its values as arrays [examples][units], its weights as [out][in]."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.facts = json.loads("".join(format_module("json").render(report(compute(network, top=0)), Style())))
        self.reached = {node.name: np.zeros((network.examples, node.width)) for node in network.nodes}
        self.gradients = {parameter.name: np.zeros(parameter.shape) for parameter in network.parameters}
        self.terms: dict[str, float] = {}
        """What is multiplied out so far: what leaves each node by its edges, and the sum of magnitudes beside it."""

    def rows(self, part: str, node: str, key: str) -> Array:
        return np.array(self.facts[part][node][key]).reshape(self.network.examples, -1)

    def output(self, edge: Edge) -> Array:
        return self.rows("forward", self.network.nodes[edge.source].name, "output")

    def weight(self, parameter: int | None) -> Array:
        """[out][in], or a number: 1 where the edge is an identity."""
        if parameter is None:
            return np.array(1.0)
        own = self.network.parameters[parameter]
        return np.array(self.facts["parameters"][own.name]).reshape(own.shape)

    def weighed(self, edge: Edge) -> Array:
        return forward(self.weight(edge.parameter), self.output(edge))

    def leave(self, edge: Edge, adjoint: Array) -> None:
        """The adjoint of what an edge ends in, taken back to the edge's weight and to its source."""
        self.learn(edge.parameter, adjoint, self.output(edge))
        name = self.network.nodes[edge.source].name
        part = backward(self.weight(edge.parameter), adjoint)
        self.reached[name] = self.reached[name] + part
        self.terms[name] = self.terms.get(name, 0.0) + float(np.abs(part).sum())

    def learn(self, parameter: int | None, adjoint: Array, read: Array) -> None:
        if parameter is None:
            return
        name, shape = self.network.parameters[parameter].name, self.network.parameters[parameter].shape
        entries = np.sum(adjoint * read) if not shape else adjoint.T @ read
        self.gradients[name] = self.gradients[name] + entries
        size = float(np.abs(adjoint).sum() * np.abs(read).sum())
        self.terms[name] = self.terms.get(name, 0.0) + size


def forward(weight: Array, values: Array) -> Array:
    return values * weight if weight.ndim == 0 else values @ weight.T


def backward(weight: Array, adjoint: Array) -> Array:
    return adjoint * weight if weight.ndim == 0 else adjoint @ weight


def multiply_out(network: Network) -> Document:
    """Every edge of the network, from its δ to the node that it leaves and to its weight."""
    document = Document(network)
    for layer in network.layers:
        delta = document.rows("backward", layer.name, "delta")
        check_delta(document, layer, delta)
        join(document, layer, delta)
        for edge in layer.into_preactivation:
            document.leave(edge, delta)
        for edge in layer.into_output:
            document.leave(edge, document.rows("backward", layer.name, "output"))
        if layer.bias is not None:
            name, shape = network.parameters[layer.bias].name, network.parameters[layer.bias].shape
            document.gradients[name] = document.gradients[name] + (delta.sum(0) if shape else delta.sum())
            document.terms[name] = document.terms.get(name, 0.0) + float(np.abs(delta).sum())
    return document


def check_delta(document: Document, layer: Layer, delta: Array) -> None:
    """δ = ∂L/∂output · σ′(z), a matrix where units are coupled."""
    adjoint = document.rows("backward", layer.name, "output")
    derivative = np.array(document.facts["forward"][layer.name]["derivative"])
    if layer.activation.couples:
        jacobians = derivative.reshape(document.network.examples, adjoint.shape[1], delta.shape[1])
        expected = np.einsum("eo,eoi->ei", adjoint, jacobians)
        size = np.abs(adjoint).sum() * np.abs(jacobians).sum()
    else:
        expected = adjoint * derivative.reshape(adjoint.shape)
        size = np.abs(expected).sum()
    close(delta, expected, size)


def join(document: Document, layer: Layer, delta: Array) -> None:
    """δ back through the weight of what is joined, the join, and the weights of its sources."""
    parts = [document.weighed(edge) for edge in layer.edges]
    if layer.weight is not None:
        document.learn(layer.weight, delta, joined(layer.join, parts))
        delta = backward(document.weight(layer.weight), delta)
    if layer.join == "concat":
        ends = np.cumsum([part.shape[1] for part in parts])[:-1]
        adjoints = np.split(delta, ends, axis=1)
    elif layer.join == "sum":
        adjoints = [delta] * len(parts)
    else:
        partials = [
            [JOINS[layer.join].partials(Double.functions, list(units)) for units in zip(*rows)] for rows in zip(*parts)
        ]
        adjoints = list(np.moveaxis(partials, -1, 0) * delta)
    for edge, adjoint in zip(layer.edges, adjoints, strict=True):
        document.leave(edge, adjoint)


def joined(name: str, parts: list[Array]) -> Array:
    if name == "concat":
        return np.concatenate(parts, axis=1)
    if name == "sum":
        return np.sum(parts, axis=0)
    return np.array(
        [[JOINS[name].value(Double.functions, list(units)) for units in zip(*rows)] for rows in zip(*parts)]
    )


def close(ours: Any, expected: Any, size: float) -> None:
    """Equal but for the rounding of what was added."""
    difference = np.abs(np.asarray(ours, dtype=float).reshape(np.shape(expected)) - expected)
    assert np.all(difference <= 1e-12 * size + 1e-300)


@given(specs())
def test_the_backward_pass_can_be_multiplied_out_from_the_document(spec: dict[str, Any]) -> None:
    network, _ = tame(spec)
    check(multiply_out(network))


def check(document: Document) -> None:
    network = document.network
    ends = {network.nodes[target.node].name for target in network.targets} or {network.nodes[-1].name}
    for name in {node.name for node in network.nodes} - ends:
        close(document.rows("backward", name, "output"), document.reached[name], document.terms.get(name, 0.0))
    alphas = {layer.alpha for layer in network.layers}
    for number, parameter in enumerate(network.parameters):
        if number not in alphas and parameter.name in document.facts["gradients"]:
            name = parameter.name
            close(document.facts["gradients"][name], document.gradients[name], document.terms.get(name, 0.0))


def document_of(spec: dict[str, Any]) -> Any:
    return Document(load(spec)[0]).facts


def test_a_node_that_does_not_reach_the_loss_has_zeros() -> None:
    layers = [{"name": "aside", "weight": 2, "from": "x"}, {"name": "y", "weight": 3, "from": "x"}]
    backward = document_of({"input": {"x": 1}, "target": 0, "layers": layers})["backward"]
    assert backward["aside"] == {"output": 0.0, "delta": 0.0}


def test_a_loss_computed_from_the_preactivation_keeps_both_derivatives() -> None:
    """bce on sigmoid: ∂L/∂y = (y − t)/(y(1 − y)), δ = y − t."""
    facts = document_of({"input": 1, "target": 1, "loss": "bce", "weights": [2]})
    y, backward = facts["forward"]["y"]["output"], facts["backward"]["y"]
    close(backward["delta"], y - 1, 1.0)
    close(backward["output"], -1 / y, 1.0)


def test_the_derivative_of_a_softmax_is_a_jacobian_and_that_of_a_batch_has_one_for_each_example() -> None:
    layer = {"weight": [[1, 2], [3, 4], [0, 1]], "activation": "softmax"}
    one = document_of({"input": [1, 2], "target": 1, "loss": "nll", "layers": [layer]})["forward"]["y"]
    assert np.shape(one["derivative"]) == (3, 3)
    close(one["derivative"], np.diag(one["output"]) - np.outer(one["output"], one["output"]), 1.0)
    batch = document_of({"input": [[1, 2], [0, 1]], "target": [1, 0], "loss": "nll", "layers": [layer]})
    assert np.shape(batch["forward"]["y"]["derivative"]) == (2, 3, 3)


def test_delta_of_maxout_has_an_entry_for_every_piece() -> None:
    layer = {"weight": [[1], [2], [3], [4]], "activation": {"name": "maxout", "pieces": 2}}
    facts = document_of({"input": 1, "target": [0, 0], "loss": "sse", "layers": [layer]})
    assert facts["forward"]["y"]["output"] == [2.0, 4.0]
    assert facts["backward"]["y"] == {"output": [4.0, 8.0], "delta": [0.0, 4.0, 0.0, 8.0]}
