"""Kinks and saturated layers, and how delta changes from layer to layer on its way back.

δ = ∂L/∂z of a layer does not depend on what the layer reads; the gradient of a weight is δ times its input.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.analysis.point import Point
from gradcalc.expressions.numerals import text
from gradcalc.network.graph import JOINS
from gradcalc.network.names import unit_name
from gradcalc.network.network import Layer, Network, norm, power_of_ten
from gradcalc.records import Record

ROUNDING = 2.0**-53
DIGITS = 3


def is_kink(at: Point, number: int) -> bool:
    """Whether any unit, in any example, stands where a derivative jumps."""
    return _activation_kink(at, number) or _join_kink(at, number) or _loss_kink(at, number)


def saturated(at: Point, number: int) -> str | None:
    """What is wrong with a layer whose output no longer depends on its preactivation, because it is rounded:
    |σ′(z)·z| below the rounding of σ(z), and σ′ not 0. None of other layers."""
    layer = at.graph.network.nodes[number]
    if not isinstance(layer, Layer) or layer.activation.flat or layer.activation.couples or layer.into_output:
        return None
    triples = zip(at.preactivation(number), at.derivative(number), at.output(number))
    for zs, derivatives, ys in triples:
        for unit, (z, derivative, y) in enumerate(zip(zs, derivatives, ys)):
            if _is_flat(z, derivative, y):
                name = unit_name(layer.name, unit, len(zs))
                where = f"z = {text(z, DIGITS)}, σ′ = {text(derivative, DIGITS)}"
                return f"{name} is saturated: {where}; its output is rounded to a constant, its gradients are exact"
    return None


def _is_flat(z: Any, derivative: Any, y: Any) -> bool:
    return derivative != 0 and y != 0 and abs(float(derivative) * float(z)) < ROUNDING * abs(float(y))


def _activation_kink(at: Point, number: int) -> bool:
    layer = at.graph.network.nodes[number]
    if not isinstance(layer, Layer) or layer.activation.is_kink is None:
        return False
    kink = layer.activation.is_kink
    rows = [[float(z) for z in row] for row in at.preactivation(number)]
    return any(kink(row) for row in rows) if layer.activation.couples else any(kink(z) for row in rows for z in row)


def _join_kink(at: Point, number: int) -> bool:
    layer = at.graph.network.nodes[number]
    if not isinstance(layer, Layer) or layer.join not in JOINS or any(e.parameter is not None for e in layer.edges):
        return False
    sources = [at.output(edge.source) for edge in layer.edges]
    return any(JOINS[layer.join].kink(units) for rows in zip(*sources) for units in zip(*rows))


def _loss_kink(at: Point, number: int) -> bool:
    network = at.graph.network
    if network.loss.is_kink is None:
        return False
    rows = [target.rows for target in network.targets if target.node == number]
    outputs = [[float(y) for y in row] for row in at.output(number)] if rows else []
    return any(any(network.loss.is_kink(ys, ts)) for target in rows for ys, ts in zip(outputs, target))


# How the gradient changes from layer to layer on its way back: ‖∂L/∂z‖ of every layer, and the slope of its log10.


class Profile(Record):
    """`nodes` and `log10` go from the output to the first layer; None is an exact 0. `slope` is log10 per layer on the
    way back, by least squares: negative where the gradient vanishes; None where there are fewer than two layers."""

    nodes: tuple[str, ...]
    log10: tuple[float | None, ...]
    slope: float | None

    @property
    def factor(self) -> Any:
        """How many times the gradient shrinks (below 1: grows) per layer on its way back, whatever its size."""
        return None if self.slope is None else power_of_ten(-self.slope)

    @property
    def rise(self) -> float | None:
        """log10 of |δ| in the first layer / |δ| in the output layer; None where either is exactly 0."""
        last, first = self.log10[0], self.log10[-1]
        return None if last is None or first is None else first - last


def is_chain(network: Network) -> bool:
    """Whether δ passes from layer to layer: each layer but the first reads the one before it and no other (skips
    aside), the first reads inputs, and the loss reads the last alone."""
    inputs, last = len(network.inputs), len(network.nodes) - 1
    return all(
        {edge.source for edge in layer.edges} == {inputs + place - 1}
        if place
        else all(edge.source < inputs for edge in layer.edges)
        for place, layer in enumerate(network.layers)
    ) and all(target.node == last for target in network.targets)


def profile(at: Point) -> Profile:
    """The profile of a network with a loss; linear in its depth."""
    network = at.graph.network
    numbers = range(len(network.nodes) - 1, len(network.inputs) - 1, -1)
    with at.arithmetic.context():
        sizes = tuple(at.arithmetic.log10(norm(at.delta(number))) for number in numbers)
    return Profile(tuple(network.nodes[number].name for number in numbers), sizes, slope(sizes))


def slope(sizes: Sequence[float | None]) -> float | None:
    """The slope of the straight line through the known sizes that has the least squares."""
    known = [(place, size) for place, size in enumerate(sizes) if size is not None]
    if len(known) < 2:
        return None
    middle = sum(place for place, _ in known) / len(known)
    mean = sum(size for _, size in known) / len(known)
    rise = sum((place - middle) * (size - mean) for place, size in known)
    return float(rise / sum((place - middle) ** 2 for place, _ in known))
