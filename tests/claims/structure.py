"""What a network is made of, as claims ask it: the edges of a path, what reaches the loss, where it is not smooth."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from mpmath import mp

from gradcalc.network.network import Layer, Network

KINKS: dict[str, tuple[float, ...]] = {
    "relu": (0,), "leaky_relu": (0,), "prelu": (0,), "relu6": (0, 6), "hardtanh": (-1, 1), "hard_sigmoid": (-3, 3),
    "hard_swish": (-3, 3), "step": (0,), "sign": (0,), "abs": (0,), "elu": (0,), "selu": (0,),
}  # fmt: skip


def ends(network: Network, of: str | None) -> set[int]:
    """The nodes that are differentiated: by their numbers those that the loss reads, or the one asked of."""
    numbers = {node.name: number for number, node in enumerate(network.nodes)}
    targets = {target.node for target in network.targets} or {len(network.nodes) - 1}
    return targets if of is None else {numbers[of]}


def steps(network: Network, path: dict[str, Any]) -> list[tuple[str, str, bool]] | None:
    """From where to where a path of layers goes, and whether by a skip; None where an edge may be one or the other."""
    found = []
    assert len(path["through"]) == len(path["nodes"]) - 1
    for source, target, label in zip(path["nodes"], path["nodes"][1:], path["through"]):
        layer = next(layer for layer in network.layers if layer.name == target)
        main = [edge.label for edge in layer.edges if network.nodes[edge.source].name == source]
        skips = [
            edge.label
            for edge in (*layer.into_preactivation, *layer.into_output)
            if network.nodes[edge.source].name == source
        ]
        if layer.weight is not None and main:
            main = [network.parameters[layer.weight].name]
        if [*main, *skips].count(label) != 1 or (label in skips and len(skips) > 1):
            return None
        found.append((source, target, label in skips))
    return found


def reaches(network: Network, name: str, of: str | None) -> bool:
    """Whether a way leads from a node to what is differentiated."""
    reached = {number for number, node in enumerate(network.nodes) if node.name == name}
    for number, node in enumerate(network.nodes):
        if isinstance(node, Layer) and any(edge.source in reached for edge in node.incoming):
            reached.add(number)
    return bool(reached & ends(network, of))


def is_activation_kink(network: Network, layer: Layer, z: Any) -> bool:
    """Whether the two derivatives of the activation differ there."""
    name = layer.activation.name
    if z not in KINKS.get(name, ()):
        return False
    if name == "elu":
        return "alpha" in layer.activation.text
    if name in ("leaky_relu", "prelu"):
        return "alpha=1" not in layer.activation.text and not is_one(network, layer.alpha)
    return True


def is_one(network: Network, alpha: int | None) -> bool:
    """Whether the alpha of prelu is 1, so that it has no kink."""
    return alpha is not None and network.parameters[alpha].value in (1, [1])


class Source(NamedTuple):
    """What reaches a unit of a join from one of its sources, W·x, and the terms of that sum."""

    value: Any
    terms: list[Any]

    @property
    def in_float64(self) -> set[float]:
        """What the sum may be in float64, in whichever order its terms are added; some of them."""
        terms = list(map(float, self.terms))
        return {math.fsum(terms), sum(terms), sum(reversed(terms))}


def join_sources(known: Any, name: str, unit: int) -> list[list[Source]]:
    """Example by example, those of a unit of a maximum, the largest first, or of a minimum, the smallest first."""
    layer = known.node(name)
    assert isinstance(layer, Layer) and layer.join in ("max", "min")
    given = [weighed_terms(known, edge) for edge in layer.edges]
    rows = ([Source(mp.fsum(units[unit]), units[unit]) for units in examples] for examples in zip(*given))
    return [sorted(sources, key=lambda one: one.value, reverse=layer.join == "max") for sources in rows]


def weighed(known: Any, edge: Any) -> list[list[Any]]:
    """What an edge brings to a join: W·x in every example."""
    return [[mp.fsum(terms) for terms in units] for units in weighed_terms(known, edge)]


def weighed_terms(known: Any, edge: Any) -> list[list[list[Any]]]:
    """[examples][units][terms] of it."""
    network = known.network
    given = known.rows("output", network.nodes[edge.source].name)
    rows = [[mp.mpf(number) for number in row] for row in given]
    if edge.parameter is None:
        return [[[number] for number in row] for row in rows]
    parameter = network.parameters[edge.parameter]
    value = known.facts["parameters"][parameter.name]
    if not isinstance(value, list):
        return [[[mp.mpf(value) * number] for number in row] for row in rows]
    return [[[mp.mpf(w) * x for w, x in zip(weights, row)] for weights in value] for row in rows]


def loss_kinks(known: Any, name: str, unit: int, digits: int = 12) -> list[bool]:
    """Example by example, whether mae has y = t in a unit, or hinge t·y = 1 to so many digits."""
    loss, examples = known.network.loss.name, zip(known.rows("output", name), known.target(name))
    return [is_loss_kink(loss, ys[unit], ts[unit], digits) for ys, ts in examples]


def is_loss_kink(loss: str, y: Any, t: Any, digits: int) -> bool:
    exactly = mp.mpf(repr(t))  # as it is read for more digits
    if loss == "mae":
        return bool(float(y) == t and abs(mp.mpf(y) - exactly) <= abs(exactly) * mp.mpf(10) ** -max(15, digits))
    return bool(loss == "hinge" and abs(mp.mpf(y) * exactly - 1) <= mp.mpf(10) ** -digits)
