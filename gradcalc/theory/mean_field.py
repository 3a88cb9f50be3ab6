"""What mean-field theory expects of a wide random dense network: how gradients change from layer to layer.

With z Gaussian of variance q, qₗ₊₁ = σ_w²·E[σ(z)²] + σ_b², and going back ‖∂L/∂z‖² is multiplied by
χ = σ_w²·E[σ′(z)²] in every layer: gradients vanish for χ < 1 and explode for χ > 1 (Poole et al. 2016; Schoenholz,
Gilmer, Ganguli & Sohl-Dickstein, "Deep information propagation", 2017). σ_w² is fan-in × the mean square of the weights
as drawn, σ_b² the mean square of the biases. Weights that are not of mean 0 make other networks, and no theory here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import asinh, cosh, exp, fsum, inf, isfinite, log10, sinh, sqrt
from typing import Any

from gradcalc.analysis.point import Point, Subject
from gradcalc.errors import DomainError
from gradcalc.network.network import Layer, Network, Value, norm, numbers
from gradcalc.records import Record

WIDE = 8  # units of a hidden layer from which on sums over them are taken for Gaussian

REACH, NODES = 8.0, 1000
"""Standard deviations that the midpoint rule goes to, and its nodes; none stands on 0, where many derivatives jump."""

DEVIATIONS = 4.0  # standard deviations of the mean of so many weights within which it may be 0


class MeanField(Record):
    """Of every layer, from the first: q of z, χ = σ_w²·E[σ′(z)²] with the next layer's weights (None for the output),
    and the expected log10 ‖∂L/∂z‖, which begins at the measured one of the output."""

    variances: tuple[float, ...]
    chis: tuple[float, ...]
    sizes: tuple[float, ...]
    reads: tuple[float, ...]  # log10 of the norm of what each layer reads


def mean_field(at: Point) -> MeanField | None:
    """The expectation; None where the network is no stack of dense layers that are wide enough, or a float64 does not
    hold what is squared on the way."""
    network = at.graph.network
    if not is_dense(network) or at.loss is None:
        return None
    try:
        variances, reads = forward(network)
        squares = [mean_square(layer.activation.derivative, q) for layer, q in zip(network.layers, variances)]
    except (DomainError, OverflowError):
        return None
    chis = tuple(
        squares[place] * network.layers[place].width * weight_square(network, network.layers[place + 1])
        for place in range(len(network.layers) - 1)
    )
    last = at.arithmetic.log10(norm(at.delta(len(network.nodes) - 1)))
    if last is None or not all(chis) or not all(map(isfinite, (*variances, *chis))):
        return None
    sizes = [last]
    for chi in reversed(chis):
        sizes.append(sizes[-1] + log10(chi) / 2)
    return MeanField(tuple(variances), chis, tuple(reversed(sizes)), tuple(reads))


def expected_log10(at: Point, subject: Subject) -> float | None:
    """The expected log10 of the norm of a weight's or a bias's gradient: ‖∂L/∂z‖·‖what the layer reads‖, or ‖∂L/∂z‖."""
    found = mean_field(at)
    if found is None or not subject.is_parameter or subject.entry is not None:
        return None
    for layer, size, reads in zip(at.graph.network.layers, found.sizes, found.reads):
        if subject.number == layer.edges[0].parameter:
            return size + reads
        if subject.number == layer.bias:
            return size
    return None


def is_dense(network: Network) -> bool:
    """Whether every layer reads the one before it alone, through a matrix, and the hidden ones are wide."""
    last = len(network.layers) - 1
    return last > 0 and all(
        reads_one(network, layer, place) and (place == last or layer.width >= WIDE)
        for place, layer in enumerate(network.layers)
    )


def reads_one(network: Network, layer: Layer, place: int) -> bool:
    """Whether a layer is σ(W·h + b) of the layer before it, or, the first one, of an input, unit by unit."""
    if len(layer.edges) != 1 or layer.into_preactivation or layer.into_output:
        return False
    source, number, _ = layer.edges[0]
    first = len(network.inputs)
    after = source == first + place - 1 if place else source < first
    if not after or layer.activation.couples or layer.activation.parametric or number is None:
        return False
    weight = network.parameters[number]
    return len(weight.shape) == 2 and is_centred(numbers(weight.value))


def is_centred(weights: Sequence[float]) -> bool:
    """Whether the mean of the weights is 0, as far as their number tells."""
    largest = max(map(abs, weights)) or 1.0  # by which they are divided: no sum overflows
    parts = [weight / largest for weight in weights]
    return abs(fsum(parts)) <= DEVIATIONS * sqrt(fsum(part * part for part in parts))


def forward(network: Network) -> tuple[list[float], list[float]]:
    """q of every layer's z, from the mean square of the input, and log10 of the norm of what the layer reads."""
    given = network.inputs[network.layers[0].edges[0].source]
    square, width = square_of(given.rows), given.width
    found, reads = [], []
    for layer in network.layers:
        bias = 0.0 if layer.bias is None else square_of(network.parameters[layer.bias].value)
        q = width * weight_square(network, layer) * square + bias
        reads.append(log10(width * square) / 2 if square else -inf)
        square, width = mean_square(layer.activation.value, q), layer.width
        found.append(q)
    return found, reads


def weight_square(network: Network, layer: Layer) -> float:
    """The mean square of a layer's weights, σ_w² / fan-in."""
    number = layer.edges[0].parameter
    assert number is not None
    return square_of(network.parameters[number].value)


def square_of(value: Value) -> float:
    """The mean square of the entries of a value."""
    entries = numbers(value)
    return float(sum([entry * entry for entry in entries]) / len(entries))


def mean_square(function: Callable[[float], Any], variance: float) -> float:
    """E[f(z)²] over z ~ N(0, variance), by the midpoint rule in u where z = c·sinh u: as close about 0, where functions
    curve, as far out, however wide the distribution is; jumps at 0 are taken as they are."""
    scale = sqrt(variance)
    if not scale:
        return float(function(0.0)) ** 2
    unit = min(scale, 1.0)
    end = asinh(REACH * scale / unit)
    places = [end * (2 * step + 1 - NODES) / NODES for step in range(NODES)]
    nodes = [unit * sinh(place) for place in places]
    weights = [exp(-((node / scale) ** 2) / 2) * cosh(place) for node, place in zip(nodes, places)]
    return sum(weight * float(function(node)) ** 2 for node, weight in zip(nodes, weights)) / sum(weights)
