"""Which parameters of several networks answer to each other: by name, or from the output back where depths differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from gradcalc.network.network import Layer, Network

Slot = tuple[int, int, int]
"""Layers from the output, the kind of parameter, and which of its kind in its layer."""

KINDS = ("entry", "weight", "bias", "alpha", "skip")
"""Kinds of parameters in the order of the rows of one layer."""


def same_depth(networks: Sequence[Network]) -> bool:
    """Whether all have as many layers."""
    return len({len(network.layers) for network in networks}) == 1


def aligned(networks: Sequence[Network], names: Sequence[Sequence[str]]) -> list[tuple[str | None, ...]]:
    """Rows of names, one for each network, None where one has nothing there: `names` are those asked for of each.

    Networks of one depth go by name; of different depths, from the output back, what stands in no layer last.
    """
    if same_depth(networks):
        return by_name(names)
    slots = [{slot: name for name, slot in places(network).items()} for network in networks]
    chosen = [{slot: name for slot, name in one.items() if name in asked} for one, asked in zip(slots, names)]
    order = sorted({slot for one in chosen for slot in one})
    loose = dict.fromkeys(name for one, asked in zip(chosen, names) for name in asked if name not in one.values())
    return [tuple(one.get(slot) for one in chosen) for slot in order] + [
        tuple(name if name in asked else None for asked in names) for name in loose
    ]


def by_name(names: Sequence[Sequence[str]]) -> list[tuple[str | None, ...]]:
    """A row for each name of any network, in order of first appearance."""
    rows = dict.fromkeys(name for one in names for name in one)
    known = [set(one) for one in names]
    return [tuple(name if name in one else None for one in known) for name in rows]


def places(network: Network) -> Mapping[str, Slot]:
    """The slot of every parameter; a tied one stands where it is used nearest to the output."""
    found: dict[str, Slot] = {}
    for back, layer in enumerate(reversed(network.layers)):
        counts: Counter[str] = Counter()
        for number in used(layer):
            parameter = network.parameters[number]
            if parameter.name not in found:
                found[parameter.name] = (back, KINDS.index(parameter.kind), counts[parameter.kind])
                counts[parameter.kind] += 1
    return found


def used(layer: Layer) -> list[int]:
    """The parameters of a layer: weights, bias, alpha, then those of the skips that enter it."""
    sources = [edge.parameter for edge in layer.edges]
    skips = [edge.parameter for edge in (*layer.into_preactivation, *layer.into_output)]
    numbers = [*sources, layer.weight, layer.bias, layer.alpha, *skips]
    return [number for number in numbers if number is not None]
