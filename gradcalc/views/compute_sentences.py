"""The words of `gradcalc compute`: a sentence for each thing worth knowing, and why a gradient is exactly 0.

A sentence is true of every network that it is printed for; where its conditions are not met nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import sqrt
from typing import Any

from gradcalc.analysis.computation import exact_float
from gradcalc.analysis.results import Computation, Path, Paths
from gradcalc.expressions.numerals import SMALLEST_NORMAL, Numeral, RoundedNumber, decimal
from gradcalc.network.network import Edge, Layer, Network, Value, is_chain, norm, numbers, unit_name
from gradcalc.report.report import Percent, Words
from gradcalc.report.scales import log10
from gradcalc.report.text import gradient, listed, no_path, node_list
from gradcalc.views.network_header import by_example, quantity

CANCELS, NEARLY = 1.5, 10  # Σ|contribution| / |gradient| from which paths cancel, and from which they nearly do
SMALL = 0.1  # a share below this is told as a fraction, too: 1/41
POWERS, LAYERS = 3, 4  # powers of ten, and layers, from which it is told how |δ| falls or grows
CONVENTION = "one is used by convention"
NAMED = 3  # units at a kink that are named one by one
SATURATED = 1000  # the factor by which σ′(z) is below its largest value
MOST_STEPS = 100  # layers that a search for the cause of a 0 goes on to


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
    of = quantity(computation.network)
    if not any(numbers(value)) and len(found.top) == found.count and cancels(found):
        return f"The {'two' if found.count == 2 else found.count} paths of {gradient(name, of)} cancel: their sum is 0."
    if found.count < 2 or not found.top or found.top[0].share is None:
        return None
    told = cancelling(gradient(name, of), found, value, computation.network.examples)
    told = told or two_paths(computation, name, found, value)
    if told is not None or not found.exact:
        return told
    part = Percent(found.top[0].share)
    return (f"{gradient(name, of)} is the sum of ", found.count, " paths; the largest contributes ", part, ".")


def cancels(paths: Paths) -> bool:
    """Whether any of the paths that are listed contributes, so that others have to cancel it where their sum is 0."""
    return any(any(numbers(path.contribution)) for path in paths.top)


def cancelling(derivative: str, paths: Paths, value: Value, examples: int) -> Words | None:
    """Paths that cancel. Contributions that are matrices may be at right angles: √n is the ratio of n such."""
    if paths.count > len(paths.top):
        return None
    sizes = [norm(path.contribution) for path in paths.top]
    matrices = isinstance(value, list)
    if sum(sizes) / norm(value) < CANCELS * max(1.0, sqrt(len(sizes)) if matrices else 0):
        return None
    from gradcalc.analysis.comparison import ratio

    against = ratio(sum(sizes), norm(value))
    size, magnitudes = (f"‖{derivative}‖", "norms") if matrices else (f"|{derivative}|", "magnitudes")
    cancel = "nearly cancel" if against >= NEARLY else "partly cancel"
    signs = "have opposite signs and " if len(sizes) == 2 and not matrices else ""
    number = "two" if len(sizes) == 2 else len(sizes)
    name = " (cancellation)" * (examples == 1 and not matrices)  # which is summed over examples and single units
    start = ("The ", number, f" paths of {derivative} {signs}{cancel}: the sum of their {magnitudes} is ")
    return (*start, brief(against, 3), f" × {size}{name}.")


def two_paths(computation: Computation, name: str, paths: Paths, value: Value) -> Words | None:
    """One through a skip, the other through none: the main path."""
    network = computation.network
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
        both = f"T{names[0][1:]} and {names[1]} have opposite signs: they contribute "
        return (both, Percent(one), " and ", Percent(other), f" of {gradient(name, quantity(network))}.")
    if not skips[0]:
        names[0] += f" {node_list(paths.top[0].nodes)}"
    part: Words = (Percent(other),)
    if 0 < other < SMALL:
        times = brief(1 / (other if other > SMALLEST_NORMAL else decimal(other)))
        part = (*part, *((", 1/", times, " of it") if times.exponent is None else (", 1/(", times, ") of it")))
    elif not any(numbers(paths.top[1].contribution)):
        part = ("nothing", *factor_of_0(computation, paths.top[1]))
    through = f" of {gradient(name, quantity(network))} comes through {names[0]}; {names[1]} contributes "
    return (Percent(one), through, *part, ".")


def factor_of_0(computation: Computation, path: Path) -> Words:
    """Why a path contributes nothing: `: w_r is 0`, `: h2 is inactive (z = −0.14)`; () where no one factor is known."""
    values = {parameter.name: parameter.value for parameter in computation.network.parameters}
    zeros = [edge for edge in path.through if edge in values and not any(numbers(values[edge]))]
    if zeros:
        return (f": {zeros[0]} is 0",)
    layers = [layer for layer in computation.network.layers if layer.name in path.nodes and layer.width == 1]
    reasons = (derivative_reason(computation, layer, 0) for layer in layers if not layer.activation.couples)
    return next(((": ", *reason) for reason in reasons if reason is not None), ())


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


def falling(computation: Computation) -> Iterator[tuple[Words, str]]:
    """How |δ| falls or grows from the output of a chain of layers back to the first, or where it is 0; the rate."""
    network, backward = computation.network, computation.backward
    layers = network.layers
    if backward is None or len(layers) <= LAYERS or not is_chain(network):
        return
    back = list(reversed(layers))
    sizes = tuple(log10(norm(backward[layer.name].delta)) for layer in back)
    if None not in sizes and abs((sizes[-1] or 0.0) - (sizes[0] or 0.0)) < POWERS:
        return
    from gradcalc.analysis.comparison import Profile
    from gradcalc.views.compare_sentences import course, meanings_of_rates

    one_unit = not network.batch and all(layer.width == 1 for layer in layers)
    found = Profile(tuple(layer.name for layer in back), sizes)
    yield f"{course(found, '|δ|' if one_unit else '‖δ‖')}.", "result"
    if meanings := "; ".join(meanings_of_rates([found])):
        yield f"{meanings.capitalize()}.", "legend"


def saturated(computation: Computation) -> Words | None:
    """The unit whose σ′(z) is farthest from the largest that its activation has, and how many more are far from it."""
    network, gradients = computation.network, computation.gradients
    found = [unit for layer in network.layers for unit in saturated_units(computation, layer)]
    if not found or gradients is None:
        return None
    most_saturated = max(found, key=lambda unit: unit[0])
    times, layer, name, z, derivative = most_saturated
    words: list[Any] = [f"{name} is saturated: z = ", brief(z), ", σ′ = ", brief(derivative)]
    number = layer.edges[0].parameter
    if not network.batch and layer.width == len(layer.edges) == 1 and number is not None:
        weight = network.parameters[number].name
        value = gradients.get(weight)
        if value and not isinstance(value, list) and only_use(network, number) is not None:  # then it is δ·x
            most = layer.activation.steepest
            would_be = f" {gradient(weight, quantity(network))} would be "
            words += ["; at σ′ = ", most, would_be, brief(times), " × larger"]
    if others := [unit[2] for unit in found if unit is not most_saturated]:
        words.append(f". {listed(others)} {'is' if len(others) == 1 else 'are'} saturated, too")
    return (*words, ".")


def saturated_units(computation: Computation, layer: Layer) -> Iterator[tuple[Any, Layer, str, Any, Any]]:
    """The factor by which σ′(z) is below its largest value, of units where it is large; each in its worst example."""
    from gradcalc.analysis.comparison import ratio

    most = layer.activation.steepest
    if most is None:
        return
    values, batch = computation.forward[layer.name], computation.network.batch
    zs, derivatives = by_example(values.preactivation, batch), by_example(values.derivative, batch)
    for unit in range(len(zs[0])):
        derivative, z = min((row[unit], zs_of_row[unit]) for row, zs_of_row in zip(derivatives, zs))
        if 0 < derivative * SATURATED <= most:
            yield ratio(most, derivative), layer, unit_name(layer.name, unit, layer.width), z, derivative


def kinks(computation: Computation) -> Iterator[Words]:
    """Where there is no derivative, and which is used: at a kink of the activation, of a join, of the loss."""
    forward, network = computation.forward, computation.network
    at_kinks: dict[tuple[str, float, float], list[str]] = {}
    for layer in network.layers:
        activation, values = layer.activation, forward[layer.name]
        if "activation" not in values.kinks:
            continue
        if activation.couples:
            yield f"{layer.name} is at a kink of {activation.text}, where it has no derivative; {CONVENTION}."
            continue
        pairs = zip(by_example(values.preactivation, network.batch), by_example(values.derivative, network.batch))
        for row, derivatives in pairs:
            for unit, (z, derivative) in enumerate(zip(row, derivatives)):
                if activation.is_kink and activation.is_kink(exact_float(z)):
                    units = at_kinks.setdefault((activation.text, float(z) + 0.0, float(derivative)), [])
                    name = unit_name(layer.name, unit, len(row))
                    units += [name] * (name not in units)
    for (text, z, derivative), names in at_kinks.items():
        where = f"z of {listed(names)} = " if len(names) > NAMED else "".join(f"z_{name} = " for name in names)
        sign = text if text.isidentifier() else "σ"
        about = f" is a kink of {text}, where it has no derivative; {sign}′("
        yield (where, z, about, z, ") = ", derivative, " is used.")
    yield from kinks_of_joins_and_losses(computation)


def kinks_of_joins_and_losses(computation: Computation) -> Iterator[str]:
    """Which nodes stand on one, and the derivative there."""
    network = computation.network
    joins = {layer.name: layer.join for layer in network.layers}
    for name, values in computation.forward.items():
        if "join" in values.kinks:
            shared = "sources that are equal share it equally"
            yield f"{name} is at a kink of {joins[name]}, where there is no derivative; {shared}."
        if "loss" in values.kinks:
            used = "0 is used" if network.loss.kinks.startswith("0 ") else CONVENTION
            yield f"{name} is at a kink of {network.loss.text}, where there is no derivative; {used}."


def brief(number: Any, digits: int = 2) -> Numeral:
    """A number to two digits: 2.0, 41, 3.0×10⁵, 8.3×10⁻⁷."""
    rounded = RoundedNumber.of(number, digits)
    return rounded.numeral(digits, -4 <= rounded.exponent < 5)


def zero_reason(computation: Computation, name: str) -> Words | None:
    """Why the gradient of a parameter, of a row or an entry of it, is 0: its unit is inactive, else the first factor of
    0 from the loss back; None where it is not 0, or for no one reason, or where paths cancel.

    A row of a weight is w1[0], an entry w1[0,1]. Of a weight that is used more than once nothing is said.
    """
    network, gradients = computation.network, computation.gradients or {}
    base, _, bracket = name.partition("[")
    index = [int(place) for place in bracket.rstrip("]").split(",")] if bracket else []
    value = gradients.get(name)
    if value is None:  # a row or an entry of a weight
        value = gradients[base]
        for place in index:
            value = value[place]
    paths = computation.paths or {}
    if any(numbers(value)) or computation.backward is None or (name in paths and cancels(paths[name])):
        return None
    if paths[name if name in paths else base].count == 0:
        return (no_path(base, quantity(network)),)
    number = next((n for n, parameter in enumerate(network.parameters) if parameter.name == base), None)
    use = None if number is None else only_use(network, number)
    if use is None:
        return None
    layer, edge = use
    deltas = by_example(computation.backward[layer.name].delta, network.batch)
    unit = index[0] if index else 0
    if (len(deltas[0]) == 1 or index) and not any(row[unit] for row in deltas):
        reason = delta_reason(computation, computation.backward, layer, unit)
        if reason is not None:
            return reason
    if edge is None:
        return None
    source, entry = network.nodes[edge.source], index[1:2]
    outputs = by_example(computation.forward[source.name].output, network.batch)
    if any(row[entry[0]] if entry else any(row) for row in outputs):
        return None
    return (f"its input {unit_name(source.name, entry[0], source.width) if entry else source.name} is 0",)


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
    """Why δ of a unit is 0 in every example: σ′(z) is, or ∂L/∂output; that in turn along layers of single units, where
    all that read it have one reason."""
    network, batch, of = computation.network, computation.network.batch, quantity(computation.network)
    ends = {target.node for target in network.targets} or {len(network.nodes) - 1 if network.of is None else network.of}
    generic = (f"{gradient(unit_name(layer.name, unit, layer.width), of)} is 0",)
    pending, seen, reasons = [layer], {layer.name}, []
    own = None if layer.activation.couples else derivative_reason(computation, layer, unit)
    if own is not None and "is inactive" in own[0]:
        return own
    while pending and len(seen) <= MOST_STEPS:
        one = pending.pop()
        if one.activation.couples:
            return None
        place = unit if one is layer else 0
        if any(row[place] for row in by_example(backward[one.name].output, batch)):
            reasons.append(derivative_reason(computation, one, place))
            continue
        number = len(network.inputs) + one.position - 1
        edges = [
            (reader, edge)
            for reader in network.layers[one.position :]
            for edge in (*reader.edges, *reader.into_preactivation, *reader.into_output)
            if edge.source == number
        ]
        readers = [reader for reader, _ in edges]
        single = all(reader.width == one.width == 1 and not reader.into_output for reader in readers)
        zero = single and not any(any(map(any, by_example(backward[reader.name].delta, batch))) for reader in readers)
        if number in ends or not readers or not zero:
            weights = [] if number in ends else [edge.parameter for _, edge in edges]
            reasons.append((adjoint_reason(computation, one, place, weights),))
            continue
        pending += [reader for reader in readers if reader.name not in seen]
        seen |= {reader.name for reader in readers}
    return reasons[0] if not pending and all(reason == reasons[0] for reason in reasons) else generic


def adjoint_reason(computation: Computation, node: Layer, unit: int, weights: Sequence[int | None]) -> str:
    """Why ∂L/∂ the output of a unit is 0 where one cause is known: it equals its target and nothing else reads it, or
    all `weights` that read it are 0."""
    network, name = computation.network, unit_name(node.name, unit, node.width)
    known = [network.parameters[weight] for weight in weights if weight is not None]
    zeros = [parameter.name for parameter in known if not any(numbers(parameter.value))]
    if zeros and len(zeros) == len(weights):
        return f"{listed(zeros)} {'is' if len(zeros) == 1 else 'are'} 0"
    last = node is network.layers[-1] and network.loss.least_at_target and network.of is None
    targets = [target.rows for target in network.targets if last and network.nodes[target.node] is node]
    outputs = by_example(computation.forward[node.name].output, network.batch)
    if any(all(y[unit] == t[unit] for y, t in zip(outputs, rows)) for rows in targets):
        return f"{name} equals its target"
    return f"{gradient(name, quantity(network))} is 0"


def derivative_reason(computation: Computation, layer: Layer, unit: int) -> Words | None:
    """Why σ′(z) of a unit is 0 in every example."""
    batch, name = computation.network.batch, unit_name(layer.name, unit, layer.width)
    values = computation.forward[layer.name]
    if any(row[unit] for row in by_example(values.derivative, batch)):
        return None
    zs = [row[unit] for row in by_example(values.preactivation, batch)]
    if layer.activation.rectifies and all(z < 0 for z in zs):
        return (f"{name} is inactive ", *(("(z = ", zs[0], ")") if len(zs) == 1 else ("in every example",)))
    return (f"σ′(z) of {name} is 0 ", *(("at z = ", zs[0]) if len(zs) == 1 else ("in every example",)))
