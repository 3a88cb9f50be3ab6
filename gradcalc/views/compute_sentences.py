"""The words of `gradcalc compute`: a sentence for each thing worth knowing.

A sentence is true of every network that it is printed for; where its conditions are not met nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import sqrt
from typing import Any

from gradcalc.analysis.comparison import SATURATED, Profile, ratio
from gradcalc.analysis.results import Computation, Path, Paths
from gradcalc.expressions.numerals import SMALLEST_NORMAL, Numeral, RoundedNumber, decimal
from gradcalc.network.network import Layer, Network, Value, is_chain, norm, numbers, unit_name
from gradcalc.records import Record
from gradcalc.report.report import Percent, Words
from gradcalc.report.text import edge_list, gradient, listed, node_list
from gradcalc.views.network_header import by_example, parallel_edges, quantity
from gradcalc.views.zero_reasons import cancels, factor_of_0, only_use, rounded_sum, rounding

CANCELS, NEARLY = 1.5, 10  # Σ|contribution| / |gradient| from which paths cancel, and from which they nearly do
SMALL = 0.1  # a share below this is told as a fraction, too: 1/41
POWERS, LAYERS = 3, 4  # powers of ten, and layers, from which it is told how |δ| falls or grows
RIGHT = 10**6  # the largest contribution by this is what paths that cancel may miss their sum by
ROUNDING = 1e-9  # the relative difference of contributions that are equal but for rounding, as σ′(−10⁶) has it


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
    if is_lost(found, value):
        return None
    if not any(numbers(value)) and len(found.top) == found.count and cancels(found):
        contributing = sum(any(numbers(path.contribution)) for path in found.top)
        what = of_paths(contributing, found, gradient(name, of), computation.network)
        return None if rounds(computation) else f"{what} cancel: their sum is 0 {rounding(computation.arithmetic)}."
    if found.count < 2 or not found.top or found.top[0].share is None:
        return None
    told = cancelling(gradient(name, of), found, value, computation.network)
    told = told or two_paths(computation, name, found, value)
    if told is not None or not found.exact:
        return told
    part, start = Percent(found.top[0].share), (f"{gradient(name, of)} is the sum of ", found.count, " paths; ")
    equal, as_large = ties(found.top)
    if (times := ratio(norm(found.top[0].contribution), norm(value))) >= RIGHT and found.top[0].share >= NEARLY:
        bars = "‖" if isinstance(value, list) else "|"
        cancel = " paths, which nearly cancel: the largest alone is "
        return (*start[:2], cancel, brief(times, 3), f" × {bars}{gradient(name, of)}{bars}.")
    if equal < max(as_large, 2) or (equal == len(found.top) < found.count):  # of others as large nothing is known
        return (*start, "the largest contributes ", part, ".")
    those = "they" if equal == found.count else f"the {'two' if equal == 2 else equal} largest"
    return (*start, f"{those} contribute ", part, " each.")


def rounds(computation: Computation) -> Words | None:
    """That paths that are all listed do not add up to the gradient that has the most, as sums are rounded."""
    gradients, paths = computation.gradients, computation.paths
    if not gradients or not paths:
        return None
    name = max(paths, key=lambda name: paths[name].count)
    found, value = paths[name], gradients[name]
    if isinstance(value, list) or len(found.top) < found.count or found.count < 2:
        return None
    contributions = [path.contribution for path in found.top]
    if max(map(abs, contributions)) < RIGHT * abs(value):
        return None
    return rounded_sum(gradient(name, quantity(computation.network)), value, contributions, computation.arithmetic)


def is_lost(paths: Paths, value: Value) -> bool:
    """Whether paths that are all listed make another gradient, of which those over single units cancel to nothing but
    what rounding left."""
    if len(paths.top) < paths.count or not paths.top:
        return False
    sums = [sum(parts) for parts in zip(*(numbers(path.contribution) for path in paths.top))]
    largest = max(norm(path.contribution) for path in paths.top)
    return any(abs(one - other) > largest / RIGHT for one, other in zip(sums, numbers(value)))


def ties(top: Sequence[Path]) -> tuple[int, int]:
    """How many of the largest contributions are equal to the first, and how many are as large."""
    contributions = [path.contribution for path in top]
    sizes = list(map(norm, contributions))
    return sum(alike(one, contributions[0]) for one in contributions), sum(alike(size, sizes[0]) for size in sizes)


def alike(one: Value, other: Value) -> bool:
    """Whether two contributions are equal, each entry but for rounding."""
    pairs = zip(numbers(one), numbers(other))
    return all(a == b or bool(a and b and abs(float(ratio(a, b)) - 1) <= ROUNDING) for a, b in pairs)


def edges_told(paths: Sequence[Path], top: Sequence[Path], whole: bool) -> list[str]:
    """`w2, w3` of each path at the top; `W (edge 2 of h1 → y)` where only parallel edges tell them apart."""
    return [edge_list(path.through, whole) + own for path, own in zip(top, parallel_edges(paths, len(top)))]


def of_paths(some: int, paths: Paths, derivative: str, network: Network) -> str:
    """`The 3 paths of ∂L/∂w1`, `Two of the 3 paths of ∂L/∂w1, each summed over 4 examples,`"""
    count = "two" if paths.count == some == 2 else paths.count
    start = "The" if some == paths.count else f"{'Two' if some == 2 else some} of the"
    summed_over = f", each summed over {network.examples} examples," * (network.examples > 1)
    return f"{start} {count} paths of {derivative}{summed_over}"


def cancelling(derivative: str, paths: Paths, value: Value, network: Network) -> Words | None:
    """Paths that cancel. Contributions that are matrices may be at right angles: √n is the ratio of n such."""
    if paths.count > len(paths.top):
        return None
    sizes = [size for path in paths.top if (size := norm(path.contribution))]
    matrices = isinstance(value, list)
    if sum(sizes) / norm(value) < CANCELS * max(1.0, sqrt(len(sizes)) if matrices else 0):
        return None
    against = ratio(sum(sizes), norm(value))
    size, magnitudes = (f"‖{derivative}‖", "norms") if matrices else (f"|{derivative}|", "magnitudes")
    name = " (cancellation)" * (network.examples == 1 and not matrices)  # which is over examples and single units
    parts = [] if matrices else [path.contribution for path in paths.top if path.contribution]
    exactly = sum(min(parts.count(part), parts.count(-part)) for part in set(parts))
    cancel = "nearly cancel" if against >= NEARLY else "partly cancel"
    signs = "have opposite signs and " if len(sizes) == 2 and not matrices else ""
    how = f"{signs}{cancel}: the sum of their {magnitudes}"
    if exactly:
        how = f"cancel exactly; the sum of the magnitudes of all {paths.count}"
    start = of_paths(exactly or len(sizes), paths, derivative, network)
    return (f"{start} {how} is ", brief(against, 3), f" × {size}{name}.")


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
        part = (*part, ", ", *one_over(times), " of it")
    elif not any(numbers(paths.top[1].contribution)):
        reason = factor_of_0(computation, name, paths.top[1])
        part = ("nothing", *((": ", *reason) if reason else ()))
    through = f" of {gradient(name, quantity(network))} comes through {names[0]}; {names[1]} contributes "
    return (Percent(one), through, *part, ".")


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
            for edges in (layer.edges, layer.skips)
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
    found = Profile.of({layer.name: norm(backward[layer.name].delta) for layer in reversed(layers)})
    sizes = found.log10
    if None not in sizes and abs((sizes[-1] or 0.0) - (sizes[0] or 0.0)) < POWERS:
        return
    from gradcalc.views.compare_sentences import course, factors_of, meanings_of_rates

    one_unit = not network.batch and all(layer.width == 1 for layer in layers)
    yield f"{course(found, '|δ|' if one_unit else '‖δ‖')}.", "result"
    if found.log10_rate is not None:  # it vanishes, or explodes, at this rate
        derivatives = [by_example(computation.forward[layer.name].derivative, network.batch) for layer in layers]
        if factors := factors_of(network, derivatives):
            yield f"{factors[0].upper()}{factors[1:]}.", "result"
    if meanings := "; ".join(meanings_of_rates([found])):
        yield f"{meanings.capitalize()}.", "legend"


class SaturatedUnit(Record):
    """A unit whose σ′(z) is far below the largest that its activation has, `times` so far; in its worst example."""

    times: Any
    layer: Layer
    unit: int
    z: Any
    derivative: Any

    @property
    def name(self) -> str:
        """h1, h1[0]"""
        return unit_name(self.layer.name, self.unit, self.layer.width)


def saturated(computation: Computation) -> Words | None:
    """The unit whose σ′(z) is farthest below its largest value, what δ is there, and which others are saturated; one
    whose σ′ the loss cancels comes after those that it is a factor of δ of."""
    network = computation.network
    found = [unit for layer in network.layers for unit in saturated_units(computation, layer)]
    if not found or computation.backward is None:
        return None
    first = len(network.inputs)
    cancelled = {one.name for n, one in enumerate(network.layers, first) if network.cancels_derivative(n)}
    worst = max(found, key=lambda unit: (unit.layer.name not in cancelled, unit.times))
    name, layer = worst.name, worst.layer
    words: list[Any] = [f"{name} is saturated: z = ", brief(worst.z), ", σ′ = ", brief(worst.derivative)]
    if layer.name in cancelled:
        words.append(f", but {network.loss.name} cancels σ′")
        is_plain = layer.width == 1 and network.loss.scale == 1
        formula = f": δ_{name} = " + f"{name} − t = " * is_plain
    elif (weight := own_weight(computation, layer)) is not None:
        would_be = f" {gradient(weight, quantity(network))} would be "
        words += ["; at σ′ = ", layer.activation.steepest, would_be, brief(worst.times), " × larger"]
        formula = ""
    else:
        words += [", ", *one_over(brief(worst.times)), " of the largest, ", layer.activation.steepest]
        formula = f"; δ_{name} = ∂{quantity(network)}/∂{name}·σ′ = "
    if formula and not network.batch:
        words += [formula, brief(by_example(computation.backward[layer.name].delta, False)[0][worst.unit])]
    if others := [unit.name for unit in found if unit is not worst]:
        words.append(f". {listed(others)} {'is' if len(others) == 1 else 'are'} saturated, too")
    return (*words, ".")


def own_weight(computation: Computation, layer: Layer) -> str | None:
    """The weight of a hidden layer of one unit that reads one node, used nowhere else: its gradient is ∂L/∂h·σ′·x, with
    σ′ a factor. No output is meant, for the loss's derivative changes with σ′ there."""
    network, number = computation.network, layer.edges[0].parameter
    place = len(network.inputs) + layer.position - 1
    if network.batch or layer.width > 1 or len(layer.edges) > 1 or number is None or not any(network.readers(place)):
        return None
    weight = network.parameters[number].name
    value = (computation.gradients or {}).get(weight)
    return weight if value and not isinstance(value, list) and only_use(network, weight) is not None else None


def saturated_units(computation: Computation, layer: Layer) -> Iterator[SaturatedUnit]:
    """The units of a layer that are saturated."""
    most = layer.activation.steepest
    if most is None:
        return
    values, batch = computation.forward[layer.name], computation.network.batch
    zs, derivatives = by_example(values.preactivation, batch), by_example(values.derivative, batch)
    for unit in range(len(zs[0])):
        derivative, z = min((row[unit], zs_of_row[unit]) for row, zs_of_row in zip(derivatives, zs))
        if 0 < derivative * SATURATED <= most:
            yield SaturatedUnit(ratio(most, derivative), layer, unit, z, derivative)


def one_over(times: Numeral) -> Words:
    """1/41, 1/(3.0×10⁵)"""
    return ("1/", times) if times.exponent is None else ("1/(", times, ")")


def brief(number: Any, digits: int = 2) -> Numeral:
    """A number to two digits: 2.0, 41, 3.0×10⁵, 8.3×10⁻⁷."""
    rounded = RoundedNumber.of(number, digits)
    return rounded.numeral(digits, -4 <= rounded.exponent < 5)
