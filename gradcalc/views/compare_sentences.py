"""A comparison in words: the course of |δ| from layer to layer, what skips change, which paths gradients come from.

Rates are of δ, and only of networks whose layers follow one another; gradients are compared as rows pair them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from math import ceil, isfinite
from typing import Any

from gradcalc.analysis.comparison import VANISHED, ComparedNetwork, Comparison, Profile, ratio
from gradcalc.analysis.kinks import Kink, kinks_at
from gradcalc.analysis.path_list import GradientPaths
from gradcalc.analysis.results import Path
from gradcalc.arithmetic.float64 import is_low_precision
from gradcalc.network.network import Network, norm, numbers, power_of_ten
from gradcalc.report.report import InColumn, Note, Percent, Words
from gradcalc.report.scales import figure, log10, power_text
from gradcalc.report.text import gradient, listed, node_list
from gradcalc.views import compare_tables as tables
from gradcalc.views.compute_sentences import NEARLY, of_paths, skips_of, ties
from gradcalc.views.network_header import computed_in

MOST = 3  # networks whose largest paths are described in words; of more of them the table is enough
SAME = 0.01  # the part by which two magnitudes may differ and be called nearly the same
LEAST_SHOWN = 0.001  # the part by which they differ that is told in figures
STEADY = 1  # powers of ten within which |δ| is steady
MOST_EQUAL = 4  # of the largest paths, that are looked at for equal ones
MOST_CANCELLED = 1e12  # the share of a path from which on a gradient is what rounding left of paths that cancel
ROUNDED_TO_1 = 1.0005  # shares up to which 100.0 % are printed
REASONS, UNKNOWN = 4, ", for which no single reason is known"  # why gradients are 0, that are told
MANY = 10  # powers of ten of which whole ones are enough
PER_LAYER = "per layer: geometric mean of the factors by which |δ| changes from hidden layer to hidden layer"


def verdict(comparison: Comparison, profiles: tables.Profiles, are_wrong: bool) -> Iterator[Note]:
    """The closing sentences, a note for each thought; at last the gradients that are 0. Nothing is told of sizes where
    they are wrong."""
    names = subject(comparison)
    if is_low_precision(arithmetic := comparison.networks[0].at.arithmetic.name):
        yield from in_low_precision(comparison.networks, arithmetic)
        return
    found = across_networks if comparison.with_and_without is None else with_and_without
    if not are_wrong:
        yield from (Note(words, "result") for words in found(comparison, profiles, names))
    yield from map(Note, on_kinks(comparison))
    yield from map(Note, exact_zeros(comparison))


def exact_zeros(comparison: Comparison) -> Iterator[Words]:
    """`0 in no-skips: ∂L/∂w1 because w2 is 0; ∂L/∂w3 because its input h2 is 0.`"""
    told: dict[Words, list[str]] = {}
    for one in comparison.networks:
        if names := [name for name, size in one.log10.items() if size is None]:
            told.setdefault(with_reasons(one, names), []).append(one.short)
    for words, shorts in told.items():
        yield (f"0 in {among(shorts, comparison)}: ", *words, ".")


def with_reasons(one: ComparedNetwork, names: Sequence[str]) -> Words:
    """These gradients of 0, and why they are."""
    from gradcalc.analysis.computation import computation_at
    from gradcalc.views.zero_reasons import cancels, rounding, zero_reason

    computation = computation_at(one.at, one.chosen, 1)
    paths, groups = computation.paths or {}, dict[Words | None, list[str]]()
    for name in names:
        reason = (
            (f"its paths cancel {rounding(computation.arithmetic)}",)
            if cancels(paths[name])
            else zero_reason(computation, name)
        )
        if not paths[name].count:
            reason = ("there is ", *(reason or ()))
        groups.setdefault(reason, []).append(gradient(name))
    words: list[Any] = []
    in_order = sorted(groups.items(), key=lambda group: group[0] is None)  # a reason is of the names before it
    for reason, those in in_order[:REASONS]:
        words += ["; " * bool(words), listed(those), *((" because ", *reason) if reason else (UNKNOWN,))]
    rest = sum(len(those) for _, those in in_order[REASONS:])
    return (*words, f"; and {rest} more" * bool(rest))


def among(shorts: Sequence[str], comparison: Comparison) -> str:
    """`both networks`, `all 3 networks`, or some of them by name."""
    count = len(comparison.networks)
    if len(shorts) < count:
        return listed(shorts)
    return "both networks" if count == 2 else f"all {count} networks"


def in_low_precision(networks: Sequence[ComparedNetwork], arithmetic: str) -> Iterator[Note]:
    """Which gradients are 0 and which are no numbers, of which nothing more is said: sums are rounded."""
    sizes = {one.short: [(gradient(name), float(size)) for name, size in one.norms.items()] for one in networks}
    zeros = {short: [name for name, size in found if size == 0] for short, found in sizes.items()}
    others = {short: [name for name, size in found if not isfinite(size)] for short, found in sizes.items()}
    for start, found in (("0", zeros), ("Infinite or NaN", others)):
        told = [f"{listed(names)} in {short}" for short, names in found.items() if names]
        if told:
            yield Note(f"{start}: {'; '.join(told)}.", "result")
    yield Note(computed_in(arithmetic))


def on_kinks(comparison: Comparison) -> Iterator[Words]:
    """`In w1=0: z_h1 = 0 is a kink of relu, where it has no derivative; relu′(0) = 0 is used.`"""
    kinks: dict[int, list[tuple[str, Sequence[Kink]]]] = {}
    for one in comparison.networks:
        if found := kinks_at(one.at):
            kinks.setdefault(one.network.examples, []).append((one.short, found))
    if not kinks:
        return
    from gradcalc.views.kink_sentences import by_sentence

    for examples, of_networks in kinks.items():
        for words, where in by_sentence(of_networks, examples, "L"):
            yield (f"In {among(where, comparison)}: ", *words)


def subject(comparison: Comparison) -> tables.Names | None:
    """The gradients to speak of, as a row of the table pairs them: the first row that every network has and that is not
    0 in all of them; where networks differ in depth the last one, farthest from the output. A weight of skips alone is
    spoken of where there is no other."""
    complete = [
        names
        for names in comparison.rows
        if None not in names and any(one.norms[name or ""] for one, name in zip(comparison.networks, names))
    ]
    of_skips = set[str]().union(*(weights_of_skips(one.network) for one in comparison.networks))
    of_others = [row for row in complete if of_skips.isdisjoint((name or "").partition("[")[0] for name in row)]
    complete = of_others or complete
    if not complete:
        return None
    return complete[-1 if any(len(set(names)) > 1 for names in complete) else 0]


def weights_of_skips(network: Network) -> set[str]:
    """The parameters that layers read in skips alone, or that none reads."""
    read = {edge.parameter for layer in network.layers for edge in layer.edges}
    read |= {number for layer in network.layers for number in (layer.weight, layer.bias, layer.alpha)}
    return {one.name for number, one in enumerate(network.parameters) if number not in read}


def with_and_without(comparison: Comparison, profiles: tables.Profiles, names: tables.Names | None) -> Iterator[Words]:
    """What the skips change: `Without skips |δ| falls by ÷ 8.2 per layer (geometric mean), 36 powers of ten from y to
    h1: it vanishes. With skips it falls by ÷ 2.2 per layer: it vanishes more slowly.`; and one gradient."""
    assert comparison.with_and_without is not None
    given, plain = comparison.with_and_without
    skips = "the skip" if tables.number_of_skips(given.network) == 1 else "skips"
    if len(profiles) == 2:
        one, other = profiles[given.short], profiles[plain.short]
        without = course(other, tables.magnitude_of_delta(comparison))
        yield f"Without {skips} {without}. With {skips} {slower(one, other) or course(one, 'it')}."
        if factors := factors_of_compared(plain, other):
            yield f"Without {skips} {factors}."
        if fate(other) == "vanishes":
            yield from falling_outputs(given, plain, skips, tables.magnitude_of_delta(comparison))
    if names is not None and names[0] is not None:
        paths = sum_of_paths(given, names[0])
        yield (*changed(given, plain, names[0], skips, tables.numbers(comparison)), *((" ", *paths) if paths else ()))


def factors_of_compared(one: ComparedNetwork, found: Profile) -> str:
    """The factors of a network in which |δ| vanishes or explodes at a rate."""
    if found.log10_rate is None or not fate(found):
        return ""
    layers = range(len(one.network.inputs), len(one.network.nodes))
    return factors_of(one.network, [one.at.derivative(number) for number in layers])


def factors_of(network: Network, derivatives: Sequence[Any]) -> str:
    """`each layer multiplies |δ| by |w|·|σ′(z)|, in the geometric mean by 0.5·0.245`: from hidden layer to hidden layer
    of a chain of single units without skips; `derivatives` are σ′(z) of the layers, [example][unit] each."""
    hidden = network.layers[:-1]
    edges = [layer.edges[0] for layer in hidden[1:] if len(layer.edges) == 1]
    single = all(layer.width == 1 and not layer.activation.couples for layer in network.layers)
    if not single or network.batch or network.has_skips or len(edges) < len(hidden) - 1:
        return ""
    if any(edge.parameter is None for edge in edges):
        return ""
    weights = [numbers(network.parameters[edge.parameter or 0].value)[0] for edge in edges]
    sizes = [[log10(size) for size in part] for part in (weights, [one[0][0] for one in derivatives[: len(edges)]])]
    if any(None in part for part in sizes):
        return ""
    w, sigma = (power_text(sum(size or 0.0 for size in part) / len(part), 3) for part in sizes)
    return f"each layer multiplies |δ| by |w|·|σ′(z)|, in the geometric mean by {w}·{sigma}"


def falling_outputs(given: ComparedNetwork, plain: ComparedNetwork, skips: str, delta: str) -> Iterator[Words]:
    """`The gradient of a weight is δ times the output before it. Without skips |output| falls as well, from 0.245 at h1
    to 4.43×10⁻¹³ at h40: ∂L/∂w41 is −0.25 × 4.43×10⁻¹³. With skips |output| at h40 is 7.78.`"""
    (first, *_, last, _), nodes = plain.network.layers, plain.network.nodes
    places = [next(n for n, node in enumerate(nodes) if node is layer) for layer in (first, last)]
    start, end = (norm(plain.at.output(place)) for place in places)
    if not start or (end and (log10(ratio(start, end)) or 0) < VANISHED):
        return
    output = delta.replace("δ", "output")
    falls = f"falls as well, from {figure(start, 3)} at {first.name} to {figure(end, 3)} at {last.name}"
    yield (
        "The gradient of a weight is δ of its layer times the output before it. "
        f"Without {skips} {output} {falls}{last_gradient(plain)}. "
        f"With {skips} {output} at {last.name} is "
        f"{figure(norm(given.at.output(places[1])), 3)}."
    )


def last_gradient(one: ComparedNetwork) -> str:
    """`: ∂L/∂w41 is −0.25 × 4.43×10⁻¹³`, where the output layer has one unit that multiplies the last hidden one."""
    network, layer, place = one.network, one.network.layers[-1], len(one.network.nodes) - 1
    number = layer.edges[0].parameter
    if network.batch or layer.width > 1 or network.layers[-2].width > 1 or number is None or len(layer.edges) > 1:
        return ""
    from gradcalc.views.zero_reasons import only_use

    name = network.parameters[number].name
    if only_use(network, name) is None:
        return ""
    (((delta,),), ((output,),)) = one.at.delta(place), one.at.output(place - 1)
    return f": {gradient(name)} is {figure(delta, 3)} × {figure(output, 3)}"


def slower(given: Profile, plain: Profile) -> str | None:
    """How the first vanishes, or explodes, against the second; None where one does not, or has no rate."""
    fates = {fate(given), fate(plain)}
    if len(fates) > 1 or None in fates or given.log10_rate is None or plain.log10_rate is None:
        return None
    verb, name = ("falls", "vanishes") if fates == {"vanishes"} else ("grows", "explodes")
    if tables.rate(given) == tables.rate(plain):
        return f"it {verb} by {tables.rate(given)} per layer as well"
    how = "more slowly" if abs(given.log10_rate) < abs(plain.log10_rate) else "faster"
    return f"it {verb} by {tables.rate(given)} per layer: it {name} {how}"


def fate(of: Profile) -> str | None:
    """Whether |δ| vanishes or explodes from the output to the first layer; None where it does neither, or is 0."""
    if of.rise is None or abs(of.rise) < VANISHED:
        return None
    return "vanishes" if of.rise < 0 else "explodes"


def course(of: Profile, delta: str) -> str:
    """`|δ| falls by ÷ 8.2 per layer (geometric mean), 36 powers of ten from y to h1: it vanishes`; where no rate
    describes it, `|δ| is 1.5 at y and 1.97×10⁻¹⁶ at h1, smallest at h10 (2×10⁻²⁰): it vanishes`."""
    known = [size for size in of.log10 if size is not None]
    if of.rise is None or len(known) < len(of.log10):
        return f"{delta} is 0 {tables.zero_layers(of)}"
    last, first, relative = of.nodes[0], of.nodes[-1], [size for size in of.relative if size is not None]
    if (spread := max(relative) - min(relative)) < STEADY:
        within = ceil(10 * power_of_ten(spread)) / 10
        return f"{delta} stays within a factor of {within:.1f} from {last} to {first}: it is kept"
    end = f": it {fate(of)}" if fate(of) else ""
    if of.log10_rate is None or abs(of.rise) < STEADY:
        at_last, at_first = power_text(known[0], 3), power_text(known[-1], 3)
        between = [f", {which} at {of.nodes[place]} ({power_text(known[place], 3)})" for which, place in of.extremes]
        return f"{delta} is {at_last} at {last} and {at_first} at {first}{''.join(between)}{end}"
    apart = f"{abs(of.rise):.0f}" if abs(of.rise) >= MANY else f"{abs(of.rise):.1f}"
    how = f"by {tables.rate(of)} per layer (geometric mean), {apart} powers of ten from {last} to {first}"
    return f"{delta} {'falls' if of.rise < 0 else 'grows'} {how}{end}"


def changed(given: ComparedNetwork, plain: ComparedNetwork, name: str, skips: str, column: Sequence[Any]) -> Words:
    """`With the skip |∂L/∂w1| is 39.84 times as large: ∂L/∂w1 is −0.0000758289 without it and −0.00302124 with it.`"""
    (what, with_them), (_, without) = magnitude(given, name), magnitude(plain, name)
    them = "it" if skips == "the skip" else "them"
    old, new = (InColumn(size, column) if size else "0" for size in (without, with_them))
    values = (f"{what} is ", old, f" without {them} and ", new, f" with {them}")
    if not with_them or not without:
        return (f"{what} is ", old, f" without {skips} and ", new, f" with {them}.")
    times = ratio(given.norms[name], plain.norms[name])
    size = what if what.startswith("‖") else f"|{what}|"
    if with_them == without:
        return (f"{what} is ", new, f" with and without {skips}.")
    turned = ", of opposite sign" if (with_them > 0) != (without > 0) else ""
    if 1 - SAME < times < 1 + SAME:
        part = f"{figure(100 * abs(times - 1), 2)} %" if abs(times - 1) >= LEAST_SHOWN else "less than 0.1 %"
        return (f"With and without {skips} {size} differs by {part}: ", *values, f"{turned}.")
    which, by = ("With", times) if times > 1 else ("Without", 1 / times)
    return (f"{which} {skips} {size} is {figure(by, tables.RATIO_DIGITS)} times as large: ", *values, f"{turned}.")


def magnitude(one: ComparedNetwork, name: str) -> tuple[str, Any]:
    """What a gradient is called, and its size: itself, or the norm of a matrix."""
    if isinstance(one.gradients[name], list):
        return f"‖{gradient(name)}‖", one.norms[name]
    return gradient(name), one.gradients[name]


def sum_of_paths(one: ComparedNetwork, name: str) -> Words:
    """`∂L/∂w1 in residual is the sum of 2 paths; the largest, through the skip h1 → y, contributes 97.6 %.`; of several
    that are equal how many they are, and of others as large none."""
    count = one.paths.count(name)
    if count < 2 or not one.norms[name]:
        return ()
    start = (f"{gradient(name)} in {one.short} is the sum of ", count, " paths")
    share, path = one.paths.share(name), one.paths.path(name)
    if count == 2 and share == 0.5:
        return (*start, "; they contribute ", Percent(share), " each.")
    if share is None or path is None or abs(share) > MOST_CANCELLED:
        return (*start, ".")
    subjects = [subject for subject in one.paths.subjects if subject.name == name]
    equal, as_large = ties(GradientPaths(one.at, subjects, one.gradients, MOST_EQUAL)[name].top)
    if as_large > 1 and (equal < as_large or equal == MOST_EQUAL < count):  # of others as large nothing is known
        return (*start, ".")
    if as_large > 1:
        those = "they" if equal == count else f"the {'two' if equal == 2 else equal} largest"
        return (*start, f"; {those} contribute ", Percent(share), " each.", *opposite(one, name, count, share))
    rest = "the other path " if count == 2 else "the others together "
    others = () if 0 <= share < ROUNDED_TO_1 else (f" and {rest}", Percent(1 - share))
    largest = f"; the largest, {description(path, one.network)}, contributes "
    return (*start, largest, Percent(share), *others, ".", *opposite(one, name, count, share))


def opposite(one: ComparedNetwork, name: str, count: int, share: Any) -> Words:
    """`The two paths of ∂L/∂w1 have opposite signs and nearly cancel: the sum of their magnitudes is 78 × |∂L/∂w1|.`"""
    if share < ROUNDED_TO_1 or isinstance(one.gradients[name], list):
        return ()
    if count > 2:
        return (f" The contributions to {gradient(name)} have both signs.",)
    times = 2 * share - 1
    cancel = "nearly" if times >= NEARLY else "partly"
    return (
        f" {of_paths(2, one.paths[name], gradient(name), one.network)} have opposite signs and {cancel} cancel: the "
        f"sum of their magnitudes is {figure(times, tables.RATIO_DIGITS)} × |{gradient(name)}|.",
    )


def description(path: Path, network: Network) -> str:
    """`through the skip h1 → y`, `through 19 skips`, `h1 → h2 → y`; where skips are not known, all it goes through;
    `skip p→y 2: y` where a tied parameter is used at that edge."""
    taken = skips_of(network, path)
    if taken is None:
        return node_list(path.nodes, use=path.at) + (f" through {listed(path.through)}" if path.through else "")
    if not taken:
        nodes = node_list(path.nodes, use=path.at)
        return nodes + " through no skip" * ("…" in nodes)
    return f"through {len(taken)} skips" if len(taken) > 1 else f"through the skip {' → '.join(taken[0])}"


def across_networks(comparison: Comparison, profiles: tables.Profiles, names: tables.Names | None) -> Iterator[Words]:
    """|δ| from layer to layer in each, where a gradient is largest and smallest, and which paths it comes from."""
    delta = tables.magnitude_of_delta(comparison)
    for short, found in profiles.items():
        factors = next(factors_of_compared(one, found) for one in comparison.networks if one.short == short)
        yield f"In {short} {course(found, delta)}{f'; {factors}' if factors else ''}."
    if names is None:
        return
    yield from extremes(comparison, names)
    for one, name in zip(comparison.networks, names) if len(comparison.networks) <= MOST else ():
        assert name is not None
        words = sum_of_paths(one, name)
        if words:
            yield words


def extremes(comparison: Comparison, names: tables.Names) -> Iterator[Words]:
    """Where a gradient is largest in magnitude and where it is smallest."""
    networks, column = comparison.networks, tables.numbers(comparison)
    sizes = [one.norms[name or ""] for one, name in zip(networks, names)]
    least, most = min(sizes), max(sizes)
    if least == most:
        yield from same(comparison, names)
        return
    places = [sizes.index(size) for size in (most, least)]
    (what, largest), (_, smallest) = (magnitude(networks[place], names[place] or "") for place in places)
    where_most, where_least = (
        listed([one.short for one, other in zip(networks, sizes) if other == size]) for size in (most, least)
    )
    if len(set(names)) > 1:
        compared = listed([f"{gradient(name or '')} in {one.short}" for one, name in zip(networks, names)])
        of = f"Of {compared} the largest in magnitude is in {where_most} ("
        start = (of, InColumn(largest, column), ") and the smallest in ")
    else:
        name = what if what.startswith("‖") else f"|{what}|"
        start = (f"{name} is largest in {where_most} (", InColumn(largest, column), ") and smallest in ")
    times = ratio(most, least)
    if times is None:
        yield (*start, f"{where_least} (0).")
    else:
        by = (
            f"a factor of {figure(times, tables.RATIO_DIGITS)}" if times >= 1 + SAME else "they differ by less than 1 %"
        )
        yield (*start, f"{where_least} (", InColumn(smallest, column), f"): {by}.")


def same(comparison: Comparison, names: tables.Names) -> Iterator[Words]:
    """`Every gradient is the same in both networks.`, or this one is."""
    networks = comparison.networks
    if len(set(names)) > 1:
        return
    everywhere = among([one.short for one in networks], comparison)
    first, *others = (one.gradients for one in networks)
    if all(first == other for other in others):
        parameters = {parameter.name for parameter in networks[0].network.parameters}
        subject = "Every gradient" if parameters <= set(first) else "Each of these gradients"
        yield f"{subject if len(first) > 1 else gradient(next(iter(first)))} is the same in {everywhere}."
        return
    what, value = magnitude(networks[0], names[0] or "")
    name = what if what.startswith("‖") else f"|{what}|"
    yield (f"{name} is the same in {everywhere}: ", InColumn(abs(value), tables.numbers(comparison)), ".")


def meanings_of_rates(found: Collection[Profile]) -> list[str]:
    """What a rate is, and from where on |δ| vanishes or explodes, where it is told of any network."""
    far = f"vanishes: falls by {VANISHED} powers of ten or more from the output to the first layer (explodes: grows so)"
    return [PER_LAYER] * any(one.log10_rate is not None for one in found) + [far] * any(map(fate, found))


def legend(comparison: Comparison, profiles: tables.Profiles, columns: Sequence[str]) -> Note:
    """What the ratios and the columns of paths are, and what δ is where it is spoken of."""
    networks, ratios = comparison.networks, tables.Ratios(comparison)
    other = networks[1].short if len(networks) == 2 else "each network"
    ratio_of = ratios.heading(f"|gradient| in {networks[0].short} / |gradient| in {other}")
    meanings = [f"{'log₁₀ ratios' if ratios.logarithmic else 'ratios'}: {ratio_of}"]
    several = list(tables.with_several_paths(comparison))
    others = [one.short for one in networks if one.short not in several]
    if several and others and len(networks) <= tables.MOST_COLUMNS:
        meanings.append(f"gradients of {listed(others)} have at most one path each, from layer to layer")
    if any(column.startswith("largest share") for column in columns):
        meanings.append("largest share: that of the largest path in the gradient")
    if several and any(one.network.examples > 1 for one in networks):
        meanings.append("paths: of each example; their contributions: summed over the examples")
    if profiles:
        meanings += ["δ = ∂L/∂z", *meanings_of_rates(profiles.values())]
    text = "; ".join(meanings)
    return Note(f"{text[0].upper()}{text[1:]}.", "legend")
