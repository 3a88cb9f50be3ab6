"""A layer with all its numbers in both passes, as the rules of a diagnosis look at it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from gradcalc.analysis.adjoint_terms import Terms, adjoint_terms
from gradcalc.analysis.comparison import powers_of_ten
from gradcalc.analysis.point import Point
from gradcalc.network.network import Layer, Network, norm, unit_name
from gradcalc.records import Record


class Measure(Record):
    """The output that layers are measured by: its name where there are several, else "the output"; its ‖δ‖ and
    log10 of it, None where ‖δ‖ of every output is 0."""

    output: str
    size: Any
    log10: float | None


class LayerView(Record):
    """A layer with its numbers, [examples][units], and the sizes of the gradients of its parameters."""

    layer: Layer
    number: int  # among the nodes of the network
    zs: Sequence[Sequence[Any]]
    outputs: Sequence[Sequence[Any]]
    derivatives: Sequence[Any]  # the Jacobian [out][in] of every example where the activation couples units
    adjoints: Sequence[Sequence[Any]]
    deltas: Sequence[Sequence[Any]]
    parameters: Sequence[int]  # those of its edges, or else of its unit: what its gradient is of
    terms: Terms
    log10: float | None  # of ‖δ‖
    rise: float | None  # log10 of ‖δ‖ over that of the output it is measured by; None where one of them is 0
    most: float | None  # the largest log10 of ‖δ‖ of the layer and of all that it is made from
    measure: Measure

    @property
    def units(self) -> range:
        """Of its output."""
        return range(self.layer.width)

    def unit(self, place: int) -> str:
        """h1, h1[0]"""
        return unit_name(self.layer.name, place, self.layer.width)


def views_of(at: Point) -> list[LayerView]:
    """Every layer of a network that has a loss, in order."""
    network, terms = at.graph.network, adjoint_terms(at)
    first = len(network.inputs)
    deltas = {number: at.delta(number) for number in range(first, len(network.nodes))}
    sizes = {number: at.arithmetic.log10(norm(rows)) for number, rows in deltas.items()}
    ends = {at.graph.nodes[end].of for end, _ in at.graph.ends()}
    by = measured_by(network, ends, sizes)
    output = "the output" if by is None or len(ends) == 1 else network.nodes[by].name
    measure = Measure(output, None, None) if by is None else Measure(output, norm(deltas[by]), sizes[by])
    found, most = list[LayerView](), dict[int, float | None]()
    for number, layer in enumerate(network.layers, first):
        before = [most.get(source) for source in sources(layer)] + [sizes[number]]
        most[number] = max((size for size in before if size is not None), default=None)
        parts = at.preactivation(number), at.output(number), at.derivative(number), at.adjoint(number), deltas[number]
        rise = powers_of_ten(norm(deltas[number]), measure.size)
        own, sized = weights_of(layer), (sizes[number], rise, most[number])
        found.append(LayerView(layer, number, *parts, own, terms, *sized, measure))
    return found


def measured_by(network: Network, ends: Collection[int], sizes: Mapping[int, float | None]) -> int | None:
    """The output that layers are measured by: of those from which no other is reached, for ‖δ‖ of the others holds
    what comes back from these, that with the largest ‖δ‖; of all where it is 0 there. None where it is 0 in all."""
    first, leading = len(network.inputs), set[int]()  # the nodes from which an output is reached
    for number in range(len(network.nodes) - 1, first - 1, -1):
        if number in ends or number in leading:
            leading |= sources(network.layers[number - first])
    for some in (set(ends) - leading, ends):
        if known := [end for end in sorted(some) if sizes.get(end) is not None]:
            return max(known, key=lambda end: sizes[end] or 0.0)
    return None


def sources(layer: Layer) -> set[int]:
    """The nodes that a layer reads."""
    return {edge.source for edge in layer.incoming}


def weights_of(layer: Layer) -> list[int]:
    """The parameters that weigh what a layer reads; where there are none its bias, alpha, or skips."""
    weights = [edge.parameter for edge in layer.edges] + [layer.weight]
    skips = [edge.parameter for edge in layer.skips]
    for some in (weights, [layer.bias, layer.alpha], skips):
        if known := [number for number in some if number is not None]:
            return list(dict.fromkeys(known))
    return []
