"""Names of another program, `0.weight`, `fc1.bias`, `layers.2.weight`, `dense/kernel:0`, as parameters of a network.

A layer that the network knows by name is that layer. Others are matched in order, each to the next layer whose weight
and bias have its shapes. PyTorch's weights are [out, in] as ours; Keras' kernels are [in, out].
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from gradcalc.analysis.given_values import without_ones
from gradcalc.errors import UsageError
from gradcalc.network.network import Network
from gradcalc.records import Record

FORM = re.compile(r"(?:grad[./_])?(?P<layer>.*?)[./_]?(?P<kind>weight|kernel|bias)(?::0)?(?:[._]grad)?")


class Match(Record):
    """The parameter that a foreign name is taken for, and whether its matrix is transposed to be it."""

    parameter: str
    transposed: bool = False


class ForeignLayer(Record):
    """The names of one layer of the other program: of its weight, its bias, with the sizes of each."""

    prefix: str
    names: Mapping[str, str]  # by kind
    sizes: Mapping[str, tuple[int, ...]]


class OwnLayer(Record):
    """A layer of the network with the parameters that it is the first to read."""

    name: str
    weights: tuple[int, ...]
    bias: int | None


def is_foreign(name: str) -> bool:
    """Whether a name has the form of another program's."""
    return FORM.fullmatch(name) is not None


def matches(network: Network, given: Mapping[str, tuple[int, ...]], taken: Collection[str] = ()) -> dict[str, Match]:
    """The parameters of foreign names with their sizes; none that is `taken`, given by its own name. Raises UsageError
    for one that no parameter fits."""
    left, found = list(own_layers(network, taken)), dict[str, Match]()
    for layer in in_order(given):
        last = layer.prefix.rpartition(".")[2].rpartition("/")[2]
        named = [own for own in left if own.name in (layer.prefix, last)]
        for own in named or left:
            if pairs := fitted(network, layer, own):
                found |= pairs
                left = left[left.index(own) + 1 :] if own not in named else [one for one in left if one is not own]
                break
        else:
            raise UsageError(unmatched(network, layer, found))
    return found


def in_order(given: Mapping[str, tuple[int, ...]]) -> list[ForeignLayer]:
    """Layers by the numbers in their names where all have some, else as they come."""
    layers: dict[str, ForeignLayer] = {}
    for name, sizes in given.items():
        form = FORM.fullmatch(name)
        assert form is not None
        kind = form["kind"]
        layer = layers.setdefault(form["layer"], ForeignLayer(form["layer"], {}, {}))
        layers[form["layer"]] = ForeignLayer(layer.prefix, {**layer.names, kind: name}, {**layer.sizes, kind: sizes})
    found = list(layers.values())
    if all(re.search(r"\d", layer.prefix) for layer in found):
        found.sort(key=lambda layer: natural(layer.prefix))
    return found


def natural(text: str) -> list[tuple[str, int]]:
    """A key by which layer10 comes after layer2."""
    return [(letters, int(figures or 0)) for letters, figures in re.findall(r"(\D*)(\d*)", text)]


def own_layers(network: Network, taken: Collection[str]) -> Iterator[OwnLayer]:
    """Layers with the parameters that are not taken and that no layer before them reads."""
    seen = {number for number, one in enumerate(network.parameters) if one.name in taken}
    for layer in network.layers:
        edges = layer.incoming
        reads = dict.fromkeys((*(edge.parameter for edge in edges), layer.weight))
        weights = tuple(number for number in reads if number is not None and number not in seen)
        bias = None if layer.bias in seen else layer.bias
        seen |= {*weights, *([] if bias is None else [bias])}
        if weights or bias is not None:
            yield OwnLayer(layer.name, weights, bias)


def fitted(network: Network, foreign: ForeignLayer, own: OwnLayer) -> dict[str, Match]:
    """The foreign names as parameters of one layer; empty where one does not fit."""
    found = {}
    for kind, name in foreign.names.items():
        sizes = foreign.sizes[kind]
        numbers = own.weights if kind != "bias" else [] if own.bias is None else [own.bias]
        for number in numbers:
            one = network.parameters[number]
            turns = [kind == "kernel"] if kind != "weight" else [False, True]
            for turned in turns:
                if without_ones(sizes[::-1] if turned else sizes) == without_ones(one.shape):
                    found[name] = Match(one.name, turned and len(without_ones(sizes)) == 2)
                    break
            if name in found:
                break
        else:
            return {}
    return found


def unmatched(network: Network, layer: ForeignLayer, found: Mapping[str, Match]) -> str:
    """The message on a layer that nothing fits."""
    given = ", ".join(
        f"{layer.names[kind]} ({'×'.join(map(str, sizes)) or 'a number'})" for kind, sizes in layer.sizes.items()
    )
    has = ", ".join(f"{one.name} {'×'.join(map(str, one.shape)) or 'a number'}" for one in network.parameters[:8])
    taken = ", ".join(f"{name} for {match.parameter}" for name, match in list(found.items())[-2:])
    after = f" after {taken} " if taken else " "
    return f"{given}:{after}no layer of the network has parameters of these shapes; it has {has}"
