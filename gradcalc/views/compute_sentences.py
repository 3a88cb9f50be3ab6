"""What the numbers of `gradcalc compute` mean, in words: a sentence for each thing worth knowing, else none.

A sentence is true of every network that it is printed for; where its conditions are not met nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import sqrt
from typing import Any

from gradcalc.analysis.results import Computation, Path, Paths
from gradcalc.expressions.numerals import Numeral, RoundedNumber
from gradcalc.network.network import Edge, Layer, Network, Value, norm
from gradcalc.report.report import Note, Percent, Words
from gradcalc.report.scales import log10
from gradcalc.report.text import gradient, listed, node_list
from gradcalc.views.compute_passes import by_example
from gradcalc.views.compute_zeros import ends

CANCELS, NEARLY = 1.5, 10
"""Σ|contribution| / |gradient| from which paths cancel, and from which they nearly do."""
SMALL = 0.1
"""A share below this is told as a fraction, too: 1/41."""
DECADES, LAYERS = 3, 4
"""Powers of ten, and layers, from which it is told how |δ| falls or grows."""
LARGEST_DERIVATIVE: Mapping[str, float] = {"sigmoid": 0.25, "tanh": 1.0}
SATURATED = 1000
"""σ′(z) is so many times smaller than it could be."""


def sentences(computation: Computation) -> Iterator[Note]:
    """The most telling first."""
    if computation.gradients is None:
        yield Note(
            "No target, so there is no loss and no gradient: only the forward pass is shown. --target gives one."
        )
    found: list[tuple[Words | None, str]] = [
        (single_paths(computation), "note"),
        (main_gradient(computation), "result"),
        (falling(computation), "result"),
        (saturated(computation), "note"),
        *((kink, "note") for kink in kinks(computation)),
        (arithmetic(computation), "note"),
    ]
    for words, kind in found:
        if words is not None:
            yield Note(words, kind)


def legend(computation: Computation) -> str:
    """What the signs on the page stand for."""
    gradients = (computation.gradients or {}).values()
    paths = (computation.paths or {}).values()
    meanings = ["δ = ∂L/∂z"]
    if any(path.share is not None for found in paths for path in found.top[:1]):
        several = any(isinstance(value, list) for value in gradients)
        if not several:
            meanings.append("share = contribution/gradient")
        elif any(found.count > 1 for found in paths):
            meanings.append("share = ⟨contribution, gradient⟩/‖gradient‖²")
    if any(path.share is not None and path.share < 0 for found in paths for path in found.top):
        meanings.append("▒ negative")
    return ", ".join(meanings)


# Paths.


def single_paths(computation: Computation) -> Words | None:
    """That matrices have no more than one path each, and how to see the paths of an entry."""
    gradients, paths = computation.gradients, computation.paths
    if gradients is None or paths is None or any(found.count != 1 for found in paths.values()):
        return None
    matrix = next((name for name, value in gradients.items() if isinstance(value, list)), None)
    names = [parameter.name for parameter in computation.network.parameters]
    if matrix not in names:
        return None
    every = "every gradient has" if set(names) <= set(gradients) else "each of these gradients has"
    entry = f"{matrix}[0,0]" if isinstance(gradients[matrix][0], list) else f"{matrix}[0]"
    return f"From layer to layer {every} a single path. --wrt '{entry}' lists the paths of one entry over single units."


def main_gradient(computation: Computation) -> Words | None:
    """Where the gradient that has the most paths comes from."""
    gradients, paths = computation.gradients, computation.paths
    if not gradients or not paths:
        return None
    name = max(paths, key=lambda name: paths[name].count)
    found, value = paths[name], gradients[name]
    if found.count < 2 or not found.top or found.top[0].share is None:
        return None
    return cancelling(name, found, value) or two_paths(computation.network, name, found, value) or largest(name, found)


def cancelling(name: str, paths: Paths, value: Value) -> Words | None:
    """Paths that cancel. Contributions that are matrices may be at right angles: √n is the ratio of n such."""
    if paths.count > len(paths.top):
        return None
    sizes = [norm(path.contribution) for path in paths.top]
    against = float(sum(sizes) / norm(value))
    matrices = isinstance(value, list)
    if against < max(CANCELS, sqrt(len(sizes)) * CANCELS if matrices else 0):
        return None
    size, magnitudes = (f"‖{gradient(name)}‖", "norms") if matrices else (f"|{gradient(name)}|", "magnitudes")
    cancel = "nearly cancel" if against >= NEARLY else "partly cancel"
    signs = "have opposite signs and " if len(sizes) == 2 and not matrices else ""
    number = "two" if len(sizes) == 2 else len(sizes)
    start = ("The ", number, f" paths of {gradient(name)} {signs}{cancel}: the sum of their {magnitudes} is ")
    return (*start, brief(against), f" × {size}.")


def two_paths(network: Network, name: str, paths: Paths, value: Value) -> Words | None:
    """One through a skip, the other through none: the main path."""
    if paths.count != 2 or len(paths.top) != 2 or any(path.at is not None for path in paths.top):
        return None
    skips = [skips_of(network, path) for path in paths.top]
    if None in skips or sorted(len(taken or ()) for taken in skips) != [0, 1]:
        return None
    (source, target), *_ = [pair for taken in skips for pair in taken or ()]
    names = [f"the skip {source} → {target}" if taken else "the main path" for taken in skips]
    one, other = (path.share for path in paths.top)
    if other < 0:
        if isinstance(value, list):
            return None
        both = f"{capital(names[0])} and {names[1]} have opposite signs: "
        return (both, "they contribute ", Percent(one), " and ", Percent(other), f" of {gradient(name)}.")
    if not skips[0]:
        names[0] += f" {node_list(paths.top[0].nodes)}"
    part = (Percent(other), *((", 1/", brief(1 / other), " of it") if 0 < other < SMALL else ()))
    return (Percent(one), f" of {gradient(name)} comes through {names[0]}; {names[1]} contributes ", *part, ".")


def largest(name: str, paths: Paths) -> Words | None:
    """How much the largest path contributes."""
    if not paths.exact:
        return None
    part = Percent(paths.top[0].share)
    return (f"{gradient(name)} is the sum of ", paths.count, " paths; the largest contributes ", part, ".")


def skips_of(network: Network, path: Path) -> list[tuple[str, str]] | None:
    """The skips that a path of layers takes, by their ends; None where an edge may be another one of that name."""
    layers = {layer.name: layer for layer in network.layers}
    found = []
    if len(path.through) != len(path.nodes) - 1:
        return None
    for source, target, label in zip(path.nodes, path.nodes[1:], path.through):
        if target not in layers:
            return None
        kinds = [kind for kind, edge in edges_of(network, layers[target], source) if edge.label == label]
        parallel = [kind for kind, _ in edges_of(network, layers[target], source) if kind == "skip"]
        if layers[target].weight is not None and not kinds:
            continue  # the weight of what is joined
        if len(kinds) != 1 or (kinds[0] == "skip" and len(parallel) > 1):
            return None
        if kinds[0] == "skip":
            found.append((source, target))
    return found


def edges_of(network: Network, layer: Layer, source: str) -> Iterator[tuple[str, Edge]]:
    """The edges from a node to a layer, each a "main" one or a "skip"."""
    for kind, edges in (("main", layer.edges), ("skip", (*layer.into_preactivation, *layer.into_output))):
        yield from ((kind, edge) for edge in edges if network.nodes[edge.source].name == source)


# Layers.


def falling(computation: Computation) -> Words | None:
    """How |δ| falls or grows from the output of a chain of layers back to the first of them."""
    network, backward = computation.network, computation.backward
    layers = network.layers
    if backward is None or len(layers) <= LAYERS or not is_chain(network):
        return None
    first, last = (log10(norm(backward[layer.name].delta)) for layer in (layers[0], layers[-1]))
    if first is None or last is None or abs(last - first) < DECADES:
        return None
    decades = last - first
    verb, sign = ("falls", "÷") if decades > 0 else ("grows", "×")
    each = 10 ** (abs(decades) / (len(layers) - 1))
    one_unit = not network.batch and all(layer.width == 1 for layer in layers)
    size = "|δ|" if one_unit else "‖δ‖"
    start = (
        f"From {layers[-1].name} back to {layers[0].name} {size} {verb} by {abs(decades):.0f} powers of ten: {sign} "
    )
    return (start, brief(each), " per layer (geometric mean).")


def is_chain(network: Network) -> bool:
    """Whether every layer reads the one before it, and the loss the last alone."""
    first, last = len(network.inputs), len(network.nodes) - 1
    numbered = enumerate(network.layers[1:], first + 1)
    reads = all(any(edge.source == number - 1 for edge in layer.edges) for number, layer in numbered)
    return reads and ends(network) == {last}


def saturated(computation: Computation) -> Words | None:
    """The unit whose σ′(z) is farthest from the largest that its activation has, and how many more are far from it."""
    network = computation.network
    found = [unit for layer in network.layers for unit in saturated_units(computation, layer)]
    if not found or computation.gradients is None:
        return None
    times, layer, name, z, derivative = max(found, key=lambda unit: unit[0])
    words: list[Any] = [f"{name} is saturated: z = ", brief(z), ", σ′ = ", brief(derivative)]
    weight = own_weight(computation, layer)
    if weight is not None:
        most = LARGEST_DERIVATIVE[layer.activation.name]
        words += ["; at σ′ = ", most, f" {gradient(weight)} would be ", brief(times), " × larger"]
    more = len(found) - 1
    if more:
        words += [". So ", "is " if more == 1 else "are ", more, " more unit" + "s" * (more > 1)]
    return (*words, ".")


def saturated_units(computation: Computation, layer: Layer) -> Iterator[tuple[float, Layer, str, Any, Any]]:
    """How many times smaller σ′(z) is than it could be, of units where that is much; each in the example of most."""
    most = LARGEST_DERIVATIVE.get(layer.activation.name)
    if most is None:
        return
    values, batch = computation.forward[layer.name], computation.network.batch
    zs, derivatives = by_example(values.preactivation, batch), by_example(values.derivative, batch)
    for unit in range(len(zs[0])):
        derivative, z = min((slopes[unit], row[unit]) for slopes, row in zip(derivatives, zs))
        if 0 < derivative * SATURATED <= most:
            name = f"{layer.name}[{unit}]" if layer.width > 1 else layer.name
            yield float(1 / derivative) * most, layer, name, z, derivative


def own_weight(computation: Computation, layer: Layer) -> str | None:
    """The weight whose gradient is δ·x, of a layer of one unit that alone uses it; None in a batch."""
    network, gradients = computation.network, computation.gradients or {}
    if network.batch or layer.width > 1 or len(layer.edges) != 1 or layer.edges[0].parameter is None:
        return None
    number = layer.edges[0].parameter
    name = network.parameters[number].name
    uses = [edge for each in network.layers for edge in all_edges(each) if edge.parameter == number]
    others = [each for each in network.layers if number in (each.weight, each.bias, each.alpha)]
    value = gradients.get(name)
    return name if len(uses) == 1 and not others and value and not isinstance(value, list) else None


def all_edges(layer: Layer) -> Sequence[Edge]:
    """What a layer reads."""
    return (*layer.edges, *layer.into_preactivation, *layer.into_output)


# Kinks and arithmetic.


def kinks(computation: Computation) -> Iterator[Words]:
    """Nodes where a derivative is a convention: at a kink of the activation, else of a join or of the loss."""
    network = computation.network
    marked = {name for name, values in computation.forward.items() if values.kink}
    bent = [layer for layer in network.layers if layer.name in marked and on_own_kink(computation, layer)]
    for activation in dict.fromkeys(layer.activation.text for layer in bent):
        names = [layer.name for layer in bent if layer.activation.text == activation]
        yield f"{stand(names)} on a kink of {activation}, where its derivative is a convention."
    others = [name for name in computation.forward if name in marked - {layer.name for layer in bent}]
    if others:
        yield f"{stand(others)} on a kink, where a derivative is a convention."


def on_own_kink(computation: Computation, layer: Layer) -> bool:
    """Whether a unit of a layer stands on a kink of its activation."""
    kink = layer.activation.is_kink
    if kink is None:
        return False
    zs = by_example(computation.forward[layer.name].preactivation, computation.network.batch)
    rows = [[float(z) for z in row] for row in zs]
    return any(map(kink, rows)) if layer.activation.couples else any(kink(z) for row in rows for z in row)


def stand(names: Sequence[str]) -> str:
    """h1 stands; h1 and h2 stand"""
    return f"{listed(names)} stand{'s' * (len(names) == 1)}"


def arithmetic(computation: Computation) -> Words | None:
    """The kind of number that was computed with, where it is not the double."""
    if computation.arithmetic == "float64":
        return None
    if computation.arithmetic == "extended":
        return "Some values are outside the range of float64: computed in extended range (exponents of any size)."
    return f"Computed with {computation.arithmetic}."


def brief(number: Any) -> Numeral:
    """A number to two digits: 2.0, 41, 3.0×10⁵, 8.3×10⁻⁷."""
    two = RoundedNumber.of(number, 2)
    return two.numeral(2, -4 <= two.exponent < 5)


def capital(text: str) -> str:
    """The text with its first letter large."""
    return text[:1].upper() + text[1:]
