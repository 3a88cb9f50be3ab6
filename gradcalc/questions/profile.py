"""How the gradient changes from layer to layer on its way back: ‖∂L/∂z‖ of every layer, and the slope of its log10.

∂L/∂z is what the loss says of a layer, whatever the layer reads; the gradient of a weight is that times its input.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.network.network import norm, power_of_ten
from gradcalc.questions.point import Point
from gradcalc.records import Record


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
