"""Whether a key changes values alone, and which: the weights, inputs and targets that take the value of a key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.scalar_point import inputs, target_rows, weight_list
from gradcalc.network.graph import graph
from gradcalc.network.network import Layer, Network
from gradcalc.records import Record


class Slots(Record):
    """Where a key's value stands: places in P, among the input units, and (target, unit)."""

    weights: tuple[int, ...]
    inputs: tuple[int, ...]
    targets: tuple[tuple[int, int], ...]


def slots(networks: Sequence[Network], values: Sequence[float]) -> Slots | None:
    """The slots, from the networks at two different values of the key; None where anything else differs, too."""
    one, other = networks
    if form(one) != form(other):
        return None
    found = [changed(*parts) for parts in zip(numbers(one), numbers(other))]
    if any(tuple(map(float, values)) != pair for part in found for pair in part.values()):
        return None
    weights, given, targets = found
    places = [(number, unit) for number, target in enumerate(one.targets) for unit in range(len(target.rows[0]))]
    return Slots(tuple(weights), tuple(given), tuple(places[place] for place in targets))


def form(network: Network) -> Any:
    """All of a network but the values of parameters, inputs and targets."""
    return (
        network.activation,
        (network.loss.text, network.loss.reduction, network.loss.scale),
        [(given.name, given.width) for given in network.inputs],
        [bare(layer) for layer in network.layers],
        [(parameter.name, parameter.shape) for parameter in network.parameters],
        [(target.node, len(target.rows[0])) for target in network.targets],
        network.examples,
    )


def bare(layer: Layer) -> Any:
    """A layer with the text of its activation in its place: one built twice is not the same object."""
    return tuple(part.text if part is layer.activation else part for part in layer)


def numbers(network: Network) -> tuple[list[float], list[float], list[float]]:
    """P, the inputs and the targets of the first example, each in one list."""
    laid = graph(network)
    targets = [x for row in target_rows(laid, Double, 0) for x in row]
    return weight_list(laid, Double), inputs(laid, Double, 0), targets


def changed(one: Sequence[float], other: Sequence[float]) -> dict[int, tuple[float, float]]:
    """What differs, by its place."""
    return {place: pair for place, pair in enumerate(zip(one, other)) if pair[0] != pair[1]}
