"""A pass in low precision beside the exact one: the error of every gradient, which became 0 or infinite, and where,
from the loss back, that happened first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from gradcalc.analysis.point import point
from gradcalc.analysis.precision import Precision, Quantity, finest, quantities, relative_error
from gradcalc.arithmetic.low_precision import LowPrecision, derivative_of_output
from gradcalc.network.network import Index, Layer, Network, entries
from gradcalc.records import Record


class SimulatedGradient(Record):
    """An entry of ∂L/∂ a parameter; the relative error is None of an exact 0, and of what is not finite."""

    quantity: Quantity
    simulated: float
    relative_error: Any

    @property
    def is_lost(self) -> bool:
        """Whether it is 0 and should not be."""
        return self.simulated == 0 and bool(self.quantity.exact)


class Factor(Record):
    """What a product that was lost is of: names as a person reads them, with their values in low precision, the one of
    the backward pass first; of σ′ also the output that is stored."""

    names: tuple[str, str]
    values: tuple[Any, Any]
    output: float | None = None


class FirstLost(Record):
    """The first quantity from the loss back that became 0 or is not finite; its factors where it has two."""

    quantity: Quantity
    becomes: float
    factors: Factor | None


class Magnified(Record):
    """The derivative σ′(z) that is furthest off of those in which y(1 − y) or 1 − y² at least doubles the relative
    error of the stored output: the output, what is stored of that, and the relative error of σ′(z)."""

    output: Quantity
    stored: float
    error: Any


class Simulation(Record):
    """What came out: the gradients of parameters, in a network without any those of its inputs."""

    low: LowPrecision
    loss: float
    gradients: tuple[SimulatedGradient, ...]
    first: FirstLost | None
    magnified: Magnified | None

    @property
    def lost(self) -> int:
        """How many gradients became 0."""
        return sum(one.is_lost for one in self.gradients)

    @property
    def overflown(self) -> int:
        """How many are infinite or NaN."""
        return sum(not isfinite(one.simulated) for one in self.gradients)


def simulation(exact: Precision, low: LowPrecision) -> Simulation:
    """The pass once more, in low precision. Raises DomainError."""
    at = point(exact.network, low=low)
    pairs = [(one, float(simulated.exact)) for one, simulated in zip(exact.quantities, quantities(at))]
    with finest(exact.arithmetic):
        gradients = tuple(
            SimulatedGradient(one, became, relative_error(became, one.exact))
            for one, became in pairs
            if one.kind == "gradient" or (not exact.network.parameters and is_of_input(exact.network, one))
        )
    lost: dict[tuple[str, int], tuple[Quantity, float]] = {}
    for one, became in pairs:
        if one.exact and (became == 0 or not isfinite(became)):
            lost.setdefault((one.kind, one.number), (one, became))
    first = next((lost[place] for place in backward_order(exact.network) if place in lost), None)
    first_lost = None if first is None else FirstLost(*first, factors(at, first[0]))
    in_order = tuple(sorted(gradients, key=lambda one: one.quantity.number))
    return Simulation(low, float(at.loss), in_order, first_lost, magnified(exact, pairs))


def magnified(exact: Precision, pairs: Sequence[tuple[Quantity, float]]) -> Magnified | None:
    """The derivative that is furthest off of those that are further off than the output they are computed from."""
    z, found = dict[tuple[int, Index, int | None], Any](), list[Magnified]()
    with exact.arithmetic.context():
        for one, became in pairs:
            place = one.number, one.entry, one.example
            layer = exact.network.nodes[one.number] if one.kind in ("preactivation", "value") else None
            if not isinstance(layer, Layer) or layer.into_output:
                continue
            if one.kind == "preactivation":
                z[place] = one.exact
            elif (of_output := derivative_of_output(layer.activation)) is not None:
                error = relative_error(of_output(became), exact.arithmetic.derivative(layer.activation)(z[place]))
                if error is not None and error > 2 * (relative_error(became, one.exact) or 0.0):
                    found.append(Magnified(one, became, error))
    return max(found, key=lambda one: one.error, default=None)


def is_of_input(network: Network, quantity: Quantity) -> bool:
    """Whether a quantity is ∂L/∂ an input."""
    return quantity.kind == "output" and quantity.number < len(network.inputs)


def backward_order(network: Network) -> Iterator[tuple[str, int]]:
    """Kinds and numbers of quantities from the loss back: of every node ∂L/∂output, δ, and the gradients of what its
    layer weighs."""
    owned = parameters_by_node(network)
    for number in range(len(network.nodes) - 1, -1, -1):
        yield "output", number
        yield "delta", number
        for parameter in owned.get(number, ()):
            yield "gradient", parameter


def parameters_by_node(network: Network) -> Mapping[int, Sequence[int]]:
    """The parameters of every layer, a shared one of the last that has it."""
    owner: dict[int, int] = {}
    for number, layer in enumerate(network.layers, len(network.inputs)):
        for parameter in (*(edge.parameter for edge in layer.incoming), layer.weight, layer.bias, layer.alpha):
            if parameter is not None:
                owner[parameter] = number
    found: dict[int, list[int]] = {}
    for parameter in sorted(owner):
        found.setdefault(owner[parameter], []).append(parameter)
    return found


def factors(at: Any, lost: Quantity) -> Factor | None:
    """The two factors of a quantity that is one product of single units: ∂L/∂h·σ′(z), δ·w, δ·x."""
    network: Network = at.graph.network
    if any(node.width > 1 for node in network.nodes) or network.examples > 1:
        return None
    if lost.kind == "delta":
        layer = network.layers[lost.number - len(network.inputs)]
        if layer.activation.couples:
            return None
        ((adjoint,),), ((derivative,),) = at.adjoint(lost.number), at.derivative(lost.number)
        ((output,),) = at.output(lost.number)
        values = float(adjoint), float(derivative)
        return Factor((f"∂L/∂{lost.of}", f"σ′(z) of {lost.of}"), values, float(output))
    edges = [
        (number, layer, edge)
        for number, layer in enumerate(network.layers, len(network.inputs))
        for edge in layer.incoming
        if (edge.source if lost.kind == "output" else edge.parameter) == lost.number
    ]
    if lost.kind == "output":
        others = [end for end, _ in at.graph.ends() if at.graph.nodes[end].of == lost.number]
    else:
        others = [layer for layer in network.layers if lost.number in (layer.weight, layer.bias, layer.alpha)]
    if len(edges) != 1 or others:
        return None
    ((number, layer, edge),) = edges
    if edge not in layer.edges or len(layer.edges) > 1 or layer.weight is not None or edge.parameter is None:
        return None
    ((delta,),) = at.delta(number)
    if lost.kind == "gradient":
        source, ((value,),) = network.nodes[edge.source].name, at.output(edge.source)
        return Factor((f"δ of {layer.name}", source), (float(delta), float(value)))
    parameter = network.parameters[edge.parameter]
    ((_, weight),) = entries(parameter.value)
    return Factor((f"δ of {layer.name}", parameter.name), (float(delta), float(at.arithmetic.number(weight))))
