"""Why a gradient is exactly 0, in the words that stand beside it: its input is 0, or δ is, and why δ is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gradcalc.analysis.results import Computation
from gradcalc.network.network import Edge, Layer, Network, numbers, unit_name
from gradcalc.report.report import Words
from gradcalc.views.compute_passes import by_example

MOST_STEPS = 100
"""Layers that a search for the cause of a 0 goes on to."""
RECTIFIERS = ("relu", "relu6")
"""Their derivative is 0 wherever z < 0: the unit is inactive there."""


def zero_reason(computation: Computation, name: str) -> Words | None:
    """Why the gradient of a parameter, of a row or an entry of it, is 0; None where it is not, or for no one reason.

    A row of a weight is w1[0], an entry w1[0,1]. Of a weight that is used more than once nothing is said.
    """
    base, _, bracket = name.partition("[")
    network = computation.network
    if computation.backward is None or not is_zero(computation, base, bracket):
        return None
    number = next((n for n, parameter in enumerate(network.parameters) if parameter.name == base), None)
    if number is None:
        return None
    uses = list(uses_of(network, number))
    if len(uses) != 1:
        return None
    layer, edge = uses[0]
    index = [int(place) for place in bracket.rstrip("]").split(",")] if bracket else []
    return use_reason(computation, layer, edge, index)


def is_zero(computation: Computation, base: str, bracket: str) -> bool:
    """Whether the gradient, or the row or entry of it, is 0 throughout."""
    gradients = computation.gradients or {}
    name = f"{base}[{bracket}" if bracket else base
    value = gradients.get(name)
    if value is None:  # a row of a weight
        value = gradients[base]
        for place in bracket.rstrip("]").split(","):
            value = value[int(place)]
    return not any(numbers(value))


def uses_of(network: Network, parameter: int) -> Iterator[tuple[Layer, Edge | None]]:
    """The layers that use a parameter in their preactivation, with the edge; None for a bias. A use of another kind
    (prelu's, of a product, of a skip into an output) is there, too, as two."""
    for layer in network.layers:
        simple = layer.edges if layer.join == "sum" or len(layer.edges) == 1 else ()
        for edge in (*simple, *layer.into_preactivation):
            if edge.parameter == parameter:
                yield layer, edge
        if parameter in (layer.bias, layer.weight):
            yield layer, None
        others = [] if simple else [edge.parameter for edge in layer.edges]
        skips = [edge.parameter for edge in layer.into_output]
        for other in (layer.alpha, *others, *skips):
            if other == parameter:
                yield from ((layer, None), (layer, None))


def use_reason(computation: Computation, layer: Layer, edge: Edge | None, index: Sequence[int]) -> Words | None:
    """Of ∂L/∂W = δ·x: which of the two is 0 in every example."""
    network = computation.network
    if edge is not None:
        source = network.nodes[edge.source]
        columns = [row[index[1]] if len(index) > 1 else row for row in outputs(computation, source.name)]
        if not any(numbers(columns)):
            input_name = unit_name(source.name, index[1], source.width) if len(index) > 1 else source.name
            return (f"its input {input_name} is 0",)
    deltas = rows(computation, layer.name)
    unit = index[0] if index else 0
    if len(deltas[0]) > 1 and not index:
        return None
    if any(row[unit] for row in deltas):
        return None
    return delta_reason(computation, layer, unit)


def delta_reason(computation: Computation, layer: Layer, unit: int) -> Words | None:
    """Why δ of a unit is 0 in every example: σ′(z) is, or ∂L/∂output."""
    network = computation.network
    for _ in range(MOST_STEPS):
        if layer.activation.couples or computation.backward is None:
            return None
        adjoints = by_example(computation.backward[layer.name].output, network.batch)
        if any(row[unit] for row in adjoints):
            return derivative_reason(computation, layer, unit)
        reader = only_reader(computation, layer)
        if reader is None:
            break
        layer, unit = reader, 0
    name = unit_name(layer.name, unit, layer.width)
    return (f"{name} does not reach the loss",) if is_aside(network, layer) else (f"∂L/∂{name} is 0",)


def derivative_reason(computation: Computation, layer: Layer, unit: int) -> Words | None:
    """Why σ′(z) of a unit is 0 in every example."""
    network, name = computation.network, unit_name(layer.name, unit, layer.width)
    values = computation.forward[layer.name]
    derivatives = [row[unit] for row in by_example(values.derivative, network.batch)]
    if any(derivatives):
        return None
    zs = [row[unit] for row in by_example(values.preactivation, network.batch)]
    if layer.activation.name in RECTIFIERS and all(z < 0 for z in zs):
        return (f"{name} is inactive ", *(("(z = ", zs[0], ")") if len(zs) == 1 else ("in every example",)))
    where = ("at z = ", zs[0]) if len(zs) == 1 else ("in every example",)
    return (f"σ′(z) of {name} is 0 ", *where)


def only_reader(computation: Computation, layer: Layer) -> Layer | None:
    """The one layer that reads a layer of one unit, where it is of one unit, too, and its own δ is 0."""
    network = computation.network
    number = len(network.inputs) + layer.position - 1
    readers = [reader for reader in network.layers[layer.position :] if number in sources(reader)]
    if len(readers) != 1 or number in ends(network) or readers[0].into_output:
        return None
    if not readers[0].width == layer.width == 1 or any(any(row) for row in rows(computation, readers[0].name)):
        return None
    return readers[0]


def is_aside(network: Network, layer: Layer) -> bool:
    """Whether no other layer reads a layer, nor the loss."""
    number = len(network.inputs) + layer.position - 1
    return number not in ends(network) and not any(number in sources(reader) for reader in network.layers)


def ends(network: Network) -> set[int]:
    """The nodes that the loss reads."""
    end = len(network.nodes) - 1 if network.of is None else network.of
    return {target.node for target in network.targets} or {end}


def sources(layer: Layer) -> list[int]:
    """The nodes that a layer reads."""
    return [edge.source for edge in (*layer.edges, *layer.into_preactivation, *layer.into_output)]


def rows(computation: Computation, name: str) -> Sequence[Sequence[Any]]:
    """[examples][units] of δ."""
    assert computation.backward is not None
    return by_example(computation.backward[name].delta, computation.network.batch)


def outputs(computation: Computation, name: str) -> Sequence[Sequence[Any]]:
    """[examples][units] of a node's output."""
    return by_example(computation.forward[name].output, computation.network.batch)
