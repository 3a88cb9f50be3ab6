"""The words of `gradcalc compute`: a sentence for each thing worth knowing, and why a gradient is exactly 0.

A sentence is true of every network that it is printed for; where its conditions are not met nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import sqrt
from typing import Any

from gradcalc.analysis.computation import on_activation_kink
from gradcalc.analysis.results import Computation, Path, Paths
from gradcalc.expressions.numerals import Numeral, RoundedNumber
from gradcalc.network.network import Edge, Layer, Network, Value, is_chain, norm, numbers, unit_name
from gradcalc.report.report import Note, Percent, Words
from gradcalc.report.scales import log10
from gradcalc.report.text import gradient, listed, node_list, plural
from gradcalc.views.compute_passes import by_example

CANCELS, NEARLY = 1.5, 10
"""Σ|contribution| / |gradient| from which paths cancel, and from which they nearly do."""
SMALL = 0.1
"""A share below this is told as a fraction, too: 1/41."""
POWERS, LAYERS = 3, 4
"""Powers of ten, and layers, from which it is told how |δ| falls or grows."""
LARGEST_DERIVATIVE: Mapping[str, float] = {"sigmoid": 0.25, "tanh": 1.0}
SATURATED = 1000
"""σ′(z) is so many times smaller than it could be."""
MOST_STEPS = 100
"""Layers that a search for the cause of a 0 goes on to."""
RECTIFIERS = ("relu", "relu6")
"""Their derivative is 0 wherever z < 0: the unit is inactive there."""


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
    ]
    if computation.arithmetic == "extended":
        extended = "Some values are outside the range of float64: computed in extended range (exponents of any size)."
        found.append((extended, "note"))
    elif computation.arithmetic != "float64":
        found.append((f"Computed with {computation.arithmetic}.", "note"))
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
    told = cancelling(name, found, value) or two_paths(computation.network, name, found, value)
    if told is not None or not found.exact:
        return told
    part = Percent(found.top[0].share)
    return (f"{gradient(name)} is the sum of ", found.count, " paths; the largest contributes ", part, ".")


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
        both = f"T{names[0][1:]} and {names[1]} have opposite signs: "
        return (both, "they contribute ", Percent(one), " and ", Percent(other), f" of {gradient(name)}.")
    if not skips[0]:
        names[0] += f" {node_list(paths.top[0].nodes)}"
    part = (Percent(other), *((", 1/", brief(1 / other), " of it") if 0 < other < SMALL else ()))
    return (Percent(one), f" of {gradient(name)} comes through {names[0]}; {names[1]} contributes ", *part, ".")


def skips_of(network: Network, path: Path) -> list[tuple[str, str]] | None:
    """The skips that a path of layers takes, by their ends; None where an edge may be another one of that name."""
    layers = {layer.name: layer for layer in network.layers}
    found = []
    if len(path.through) != len(path.nodes) - 1:
        return None
    for source, target, label in zip(path.nodes, path.nodes[1:], path.through):
        if target not in layers:
            return None
        layer = layers[target]
        main, skips = (
            [edge.label for edge in edges if network.nodes[edge.source].name == source]
            for edges in (layer.edges, (*layer.into_preactivation, *layer.into_output))
        )
        uses = [*main, *skips].count(label)
        if layer.weight is not None and not uses:
            continue  # the weight of what is joined
        if uses != 1 or (label in skips and len(skips) > 1):
            return None
        if label in skips:
            found.append((source, target))
    return found


# Layers.


def falling(computation: Computation) -> Words | None:
    """How |δ| falls or grows from the output of a chain of layers back to the first of them."""
    network, backward = computation.network, computation.backward
    layers = network.layers
    if backward is None or len(layers) <= LAYERS or not is_chain(network):
        return None
    back = list(reversed(layers))
    sizes = tuple(log10(norm(backward[layer.name].delta)) for layer in back)
    first, last = sizes[-1], sizes[0]
    if first is None or last is None or abs(last - first) < POWERS:
        return None
    from gradcalc.analysis.comparison import Profile, slope
    from gradcalc.views.compare_sentences import course

    one_unit = not network.batch and all(layer.width == 1 for layer in layers)
    found = Profile(tuple(layer.name for layer in back), sizes, slope(sizes))
    return f"{course(found, '|δ|' if one_unit else '‖δ‖')}."


def saturated(computation: Computation) -> Words | None:
    """The unit whose σ′(z) is farthest from the largest that its activation has, and how many more are far from it."""
    network, gradients = computation.network, computation.gradients
    found = [unit for layer in network.layers for unit in saturated_units(computation, layer)]
    if not found or gradients is None:
        return None
    times, layer, name, z, derivative = max(found, key=lambda unit: unit[0])
    words: list[Any] = [f"{name} is saturated: z = ", brief(z), ", σ′ = ", brief(derivative)]
    number = layer.edges[0].parameter
    if not network.batch and layer.width == len(layer.edges) == 1 and number is not None:
        weight = network.parameters[number].name
        value = gradients.get(weight)
        if value and not isinstance(value, list) and only_use(network, number) is not None:  # then it is δ·x
            most = LARGEST_DERIVATIVE[layer.activation.name]
            words += ["; at σ′ = ", most, f" {gradient(weight)} would be ", brief(times), " × larger"]
    if more := len(found) - 1:
        words += [". So ", "is " if more == 1 else "are ", plural(more, "more unit")]
    return (*words, ".")


def saturated_units(computation: Computation, layer: Layer) -> Iterator[tuple[float, Layer, str, Any, Any]]:
    """How many times smaller σ′(z) is than it could be, of units where that is much; each in the example of most."""
    most = LARGEST_DERIVATIVE.get(layer.activation.name)
    if most is None:
        return
    values, batch = computation.forward[layer.name], computation.network.batch
    zs, derivatives = by_example(values.preactivation, batch), by_example(values.derivative, batch)
    for unit in range(len(zs[0])):
        derivative, z = min((row[unit], zs_of_row[unit]) for row, zs_of_row in zip(derivatives, zs))
        if 0 < derivative * SATURATED <= most:
            yield float(1 / derivative) * most, layer, unit_name(layer.name, unit, layer.width), z, derivative


def kinks(computation: Computation) -> Iterator[Words]:
    """Nodes where a derivative is a convention: at a kink of the activation, else of a join or of the loss."""
    forward, batch = computation.forward, computation.network.batch
    others = [name for name, values in forward.items() if values.kink]
    by_activation: dict[str, list[str]] = {}
    for layer in computation.network.layers:
        if layer.name in others and on_activation_kink(layer, by_example(forward[layer.name].preactivation, batch)):
            by_activation.setdefault(layer.activation.text, []).append(layer.name)
            others.remove(layer.name)
    for activation, names in by_activation.items():
        stand = f"{listed(names)} stand{'s' * (len(names) == 1)}"
        yield f"{stand} on a kink of {activation}, where its derivative is a convention."
    if others:
        yield f"{listed(others)} stand{'s' * (len(others) == 1)} on a kink, where a derivative is a convention."


def brief(number: Any) -> Numeral:
    """A number to two digits: 2.0, 41, 3.0×10⁵, 8.3×10⁻⁷."""
    two = RoundedNumber.of(number, 2)
    return two.numeral(2, -4 <= two.exponent < 5)


# Why a gradient is exactly 0: of ∂L/∂W = δ·x its input x is 0, or δ is, and why δ is.


def zero_reason(computation: Computation, name: str) -> Words | None:
    """Why the gradient of a parameter, of a row or an entry of it, is 0; None where it is not, or for no one reason.

    A row of a weight is w1[0], an entry w1[0,1]. Of a weight that is used more than once nothing is said.
    """
    network, gradients = computation.network, computation.gradients or {}
    base, _, bracket = name.partition("[")
    index = [int(place) for place in bracket.rstrip("]").split(",")] if bracket else []
    value = gradients.get(name)
    if value is None:  # a row of a weight
        value = gradients[base][index[0]]
    number = next((n for n, parameter in enumerate(network.parameters) if parameter.name == base), None)
    use = None if number is None or any(numbers(value)) else only_use(network, number)
    if use is None or computation.backward is None:
        return None
    layer, edge = use
    if edge is not None:
        source = network.nodes[edge.source]
        outputs = by_example(computation.forward[source.name].output, network.batch)
        if not any(any(row) if len(index) < 2 else row[index[1]] for row in outputs):
            name = unit_name(source.name, index[1], source.width) if len(index) > 1 else source.name
            return (f"its input {name} is 0",)
    deltas = by_example(computation.backward[layer.name].delta, network.batch)
    unit = index[0] if index else 0
    if (len(deltas[0]) > 1 and not index) or any(row[unit] for row in deltas):
        return None
    return delta_reason(computation, computation.backward, layer, unit)


def only_use(network: Network, parameter: int) -> tuple[Layer, Edge | None] | None:
    """The one layer that uses a parameter in a sum, with its edge (None: a bias, or the weight of what is joined); None
    where it is used more than once or otherwise: as a factor, in a skip into an output, as prelu's alpha."""
    uses: list[tuple[Layer, Edge | None]] = []
    for layer in network.layers:
        main, other = (layer.edges, ()) if layer.join == "sum" else ((), layer.edges)
        if layer.alpha == parameter or any(edge.parameter == parameter for edge in (*other, *layer.into_output)):
            return None
        uses += [(layer, edge) for edge in (*main, *layer.into_preactivation) if edge.parameter == parameter]
        uses += [(layer, None) for place in (layer.bias, layer.weight) if place == parameter]
    return uses[0] if len(uses) == 1 else None


def delta_reason(computation: Computation, backward: Mapping[str, Any], layer: Layer, unit: int) -> Words | None:
    """Why δ of a unit is 0 in every example: σ′(z) is, or ∂L/∂output; that in turn along a chain of single units."""
    network, batch = computation.network, computation.network.batch
    ends = {target.node for target in network.targets} or {len(network.nodes) - 1 if network.of is None else network.of}
    for _ in range(MOST_STEPS):
        if layer.activation.couples:
            return None
        if any(row[unit] for row in by_example(backward[layer.name].output, batch)):
            return derivative_reason(computation, layer, unit)
        number = len(network.inputs) + layer.position - 1
        readers = [
            reader
            for reader in network.layers[layer.position :]
            if any(edge.source == number for edge in (*reader.edges, *reader.into_preactivation, *reader.into_output))
        ]
        if not readers and number not in ends:
            return (f"{unit_name(layer.name, unit, layer.width)} does not reach the loss",)
        if len(readers) != 1 or number in ends or readers[0].into_output or not readers[0].width == layer.width == 1:
            break
        if any(map(any, by_example(backward[readers[0].name].delta, batch))):
            break
        layer, unit = readers[0], 0
    return (f"∂L/∂{unit_name(layer.name, unit, layer.width)} is 0",)


def derivative_reason(computation: Computation, layer: Layer, unit: int) -> Words | None:
    """Why σ′(z) of a unit is 0 in every example."""
    batch, name = computation.network.batch, unit_name(layer.name, unit, layer.width)
    values = computation.forward[layer.name]
    if any(row[unit] for row in by_example(values.derivative, batch)):
        return None
    zs = [row[unit] for row in by_example(values.preactivation, batch)]
    if layer.activation.name in RECTIFIERS and all(z < 0 for z in zs):
        return (f"{name} is inactive ", *(("(z = ", zs[0], ")") if len(zs) == 1 else ("in every example",)))
    return (f"σ′(z) of {name} is 0 ", *(("at z = ", zs[0]) if len(zs) == 1 else ("in every example",)))
