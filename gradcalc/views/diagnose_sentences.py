"""The words of `gradcalc diagnose`: what is wrong, where, why, and what helps most; why entries are 0; the legend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any

from gradcalc.analysis.adjoint_terms import Costs
from gradcalc.analysis.comparison import VANISHED, used
from gradcalc.analysis.computation import computation_at
from gradcalc.analysis.diagnosis import HEALTHY, Diagnosis, LayerDiagnosis, Remedy, Zero
from gradcalc.analysis.point import Point, subjects
from gradcalc.analysis.results import Computation
from gradcalc.network.network import Parameter, is_chain, numbers, unit_name
from gradcalc.report.report import Words
from gradcalc.report.scales import factor, figure, power_text
from gradcalc.report.text import gradient, listed, plural, words
from gradcalc.views.compare_sentences import course
from gradcalc.views.network_header import by_example
from gradcalc.views.zero_reasons import cancels, only_use, places, zero_reason

MOST_ZEROS = 1000  # entries whose reasons are looked for one by one
EXACT = 17
DIGITS = 3
MOST_OF_IT = 0.6  # of what all weights cost, from which on one weight is named
EVEN = 0.005  # powers of ten below which a factor costs nothing


def finding(found: Diagnosis) -> Iterator[Words]:
    """What is wrong, where and why; what it costs; what helps most."""
    first = found.finding
    if first.label == HEALTHY:
        yield healthy(found)
        return
    yield f"{what(found)}{consequence(found)}."
    is_of_size = first.label in ("vanished", "exploded", "saturated", "cancelled", "lost in float16")
    if is_of_size and found.costs is not None and first.subject is not None and found.costs.of == first.subject.name:
        yield costliest(found, found.costs)
    if first.label == "lost in float16":
        yield loss_scale(found)
    elif found.remedies:
        yield helps_most(found)
    elif found.tried:
        yield f"Of {plural(found.tried, 'change')} computed none helps."


def healthy(found: Diagnosis) -> str:
    """That nothing is wrong, by what is measured."""
    if found.start is None:
        return "Nothing to learn: the loss has the derivative 0 at the output, so every gradient is 0."
    rises = [layer.log10["delta"] for layer in found.layers]
    own = [layer.log10["delta"] for layer in outputs(found) if layer.log10["delta"] is not None]
    known = [size for size in rises if size is not None]
    if not known:
        return "Healthy: no layer has a fault that gradients show."
    whole = max(own, default=max(known))
    low, high = min(known) - whole, max(known) - whole
    passed = [layer.node for layer in found.layers if (layer.log10["delta"] or whole) - whole <= -VANISHED]
    but = f" (at {listed(passed, 4)} a thousandth or less, which skips lead past)" if passed else ""
    between = (
        f"from {power_text(low, 2)} to {power_text(high, 2)} × that of {the_output(found)}" if len(known) > 1 else ""
    )
    told = f": {delta(found)} of the layers is {between}{but}" if between else ""
    return f"Healthy{told}; no layer has vanished, exploded or is saturated, inactive, cancelled or cut off."


def outputs(found: Diagnosis) -> list[LayerDiagnosis]:
    """The layers that the loss reads."""
    ends = {found.network.nodes[target.node].name for target in found.network.targets}
    return [layer for layer in found.layers if layer.node in ends] or [found.layers[-1]]


def the_output(found: Diagnosis) -> str:
    """What layers are measured by: the output, of several the name of that with the largest δ."""
    ends = [layer for layer in outputs(found) if layer.log10["delta"] is not None]
    if len(outputs(found)) == 1 or not ends:
        return "the output"
    return max(ends, key=lambda layer: layer.log10["delta"] or 0.0).node


def what(found: Diagnosis) -> str:
    """`h2 is saturated: z = 14, σ′ = 8.3×10⁻⁷`, or how |δ| vanishes."""
    first = found.finding
    if first.label in ("vanished", "exploded"):
        verb = "vanishes" if first.label == "vanished" else "explodes"
        if is_chain(found.network) and found.profile.nodes[-1] == first.node:
            text = course(found.profile, delta(found)).removesuffix(f": it {verb}")
            return f"The gradient {verb}: {text}"
        return f"The gradient {verb} at {first.node}: {first.evidence}"
    node, evidence = first.node, first.evidence
    if first.label == "inactive":
        return f"{node} is inactive for this input: {evidence}" if evidence.startswith("z ") else capital(evidence)
    if first.label == "cancelled":
        return f"{gradient(node or '')} nearly cancels: {evidence}"
    if first.label == "zero by symmetry":
        return f"Units of {node} stay alike: {evidence}" if "alike" in evidence else f"A gradient is 0: {evidence}"
    if first.label == "lost in float16":
        lost = [layer.node for layer in found.layers if layer.label == first.label]
        return f"{listed(lost)} would lose {'its' if len(lost) == 1 else 'their'} gradient in float16: {evidence}"
    return f"{node} is {first.label}: {evidence}"


def capital(text: str) -> str:
    """`All 3 units of h1 are inactive`; a name stays as it is."""
    return text.replace("all ", "All ", 1) if text.startswith("all ") else text


def consequence(found: Diagnosis) -> str:
    """How many other layers have the gradient 0, or a thousandth, as they lie before it."""
    first = found.finding
    others = [layer for layer in found.layers if layer.node != first.node]
    zero = [layer.node for layer in others if layer.log10["delta"] is None]
    small = [layer.node for layer in others if layer.label == "vanished"]
    if zero and first.label in ("inactive", "cut off", "zero by symmetry", "saturated"):
        return f"; δ of {listed(zero, 4)} is 0 as well"
    if small and first.label in ("saturated", "cancelled"):
        return f"; {delta(found)} of {listed(small, 4)} has vanished as well"
    return ""


def delta(found: Diagnosis) -> str:
    """The size of δ: a norm where layers have several numbers."""
    return "‖δ‖" if has_norms(found) else "|δ|"


def has_norms(found: Diagnosis) -> bool:
    """Whether a layer has several numbers, so that its size is a norm."""
    return found.network.batch or any(layer.width > 1 for layer in found.network.layers)


def size_of(found: Diagnosis, name: str) -> str:
    """|∂L/∂w1|, or ‖∂L/∂w1‖ where it has several entries."""
    network = found.network
    counts = {node.name: node.width * network.examples for node in network.nodes}
    counts |= {parameter.name: prod(parameter.shape) for parameter in network.parameters}
    several = counts[name] > 1
    return f"‖{gradient(name)}‖" if several else f"|{gradient(name)}|"


def costliest(found: Diagnosis, costs: Costs) -> str:
    """`Of the 36.5 powers of ten that ∂L/∂w1 is below 1, σ′(z) costs 24.4 and the weights 11.7.`"""
    falling = costs.total < 0
    names = {
        "loss": "the loss",
        "derivative": "σ′(z)",
        "weight": "the weights",
        "paths": "cancellation" if falling else "other paths",
        "input": f"the input of {costs.of}",
    }
    parts = {key: power for key, power in costs.parts.items() if abs(power) >= EVEN}
    largest = sorted(parts, key=lambda key: parts[key] if falling else -parts[key])[:2]
    told = [f"{names[key]} {abs(parts[key]):.1f}" for key in largest if (parts[key] < 0) == falling]
    if not told:
        return f"log₁₀ {size_of(found, costs.of)} is {costs.total:.1f}."
    name, _, number = told[0].rpartition(" ")
    verb = ("cost" if falling else "add") + "s" * (name not in ("the weights", "other paths"))
    rest = f" and {told[1]}" if len(told) > 1 else ""
    side = "below" if falling else "above"
    start = f"Of the {abs(costs.total):.1f} powers of ten by which {size_of(found, costs.of)} is {side} 1"
    return f"{start}, {name} {verb} {number}{rest}{single(costs, largest[0])}."


def single(costs: Costs, kind: str) -> str:
    """The one step that makes half of what its kind costs, or more."""
    steps = [step for step in costs.steps if step.kind == kind]
    if len(steps) < 2:
        return ""
    most = max(steps, key=lambda step: abs(step.powers))
    whole = costs.parts[kind]
    if abs(most.powers) < MOST_OF_IT * abs(whole) or (most.powers < 0) != (whole < 0):
        return ""
    return f"; {most.name} alone {abs(most.powers):.1f}"


def helps_most(found: Diagnosis) -> Words:
    """The first of the changes that help."""
    first, subject = found.remedies[0], found.finding.subject
    assert subject is not None
    size = size_of(found, subject.name)
    if first.gradient_ratio is None:
        change = f"{size} is {figure(first.gradient, DIGITS)} instead of 0"
    elif first.gradient_ratio >= 1:
        change = f"{size} becomes {figure(first.gradient_ratio, DIGITS)} × as large"
    else:
        change = f"{size} falls by ÷ {figure(1 / first.gradient_ratio, DIGITS)}"
    layers = f"{first.healthy} of {plural(len(found.layers), 'layer')} {'is' if first.healthy == 1 else 'are'} healthy"
    loss = f"the loss becomes {figure(first.loss, DIGITS)} (now {figure(found.loss.value, DIGITS)})"
    return f"Of {plural(found.tried, 'change')} computed, {the(first.change)} most: {change}; {layers} then; {loss}."


def the(change: str) -> str:
    """The change within a sentence, with its verb."""
    return f"{change} help" if change.startswith("weights") else f"the {change} helps"


def with_same(remedy: Remedy) -> str:
    """The change, and those that make no difference to it."""
    return f"{remedy.change} (as with {listed(remedy.same, 3)})" if remedy.same else remedy.change


def loss_scale(found: Diagnosis) -> str:
    """The loss scales that keep the backward pass in float16."""
    from gradcalc.analysis.precision import log2, precision

    held = precision(found.network, ["float16"]).formats["float16"].window
    scales = "No loss scale keeps"
    if held.exists and held.low is not None and held.high is not None:
        scales = f"Loss scales from 2^{log2(held.low):.2f} to 2^{log2(held.high):.2f} keep"
    other = "In float64 nothing is wrong. " if found.arithmetic == "float64" else ""
    return f"{other}{scales} all of the backward pass in float16."


def worst(found: Diagnosis, layers: Sequence[LayerDiagnosis]) -> LayerDiagnosis:
    """Of layers with one label the one of the first finding, else the one with the least, or the greatest, |δ|."""
    for layer in layers:
        if layer.node == found.finding.node:
            return layer
    sizes = [layer.log10["delta"] for layer in layers]
    known = [size for size in sizes if size is not None]
    if not known:
        return layers[0]
    return layers[sizes.index(max(known) if layers[0].label == "exploded" else min(known))]


def factor_names(found: Diagnosis, costs: Costs) -> Mapping[str, str]:
    """What each factor is."""
    count = sum(step.kind == "derivative" for step in costs.steps)
    weights = sum(step.kind == "weight" for step in costs.steps)
    return {
        "loss": "the loss, at the output",
        "derivative": f"σ′(z) of {plural(count, 'layer')}",
        "weight": f"{plural(weights, 'weight')} between layers",
        "paths": "other paths, − where they cancel",
        "input": f"what {costs.of} multiplies",
    }


def zeros(at: Point, layers: Sequence[LayerDiagnosis]) -> tuple[Zero, ...]:
    """Every gradient, row or entry of it that is 0, with its reason; that of its layer where no other is known."""
    network = at.graph.network
    with at.arithmetic.context():
        values = {parameter.name: at.gradient(number) for number, parameter in enumerate(network.parameters)}
    if not any(not all(numbers(value)) for value in values.values()):
        return ()
    computation = computation_at(at, subjects(network), 1)
    found: list[Zero] = []
    for parameter in network.parameters:
        for entry, asked in zero_entries(parameter, values[parameter.name]):
            if len(found) >= MOST_ZEROS:
                return tuple(found)
            found.append(Zero(entry, reason(computation, asked, layers)))
    return tuple(found)


def zero_entries(parameter: Parameter, value: Any) -> Iterator[tuple[str, str]]:
    """The parts of a gradient that are 0, as --wrt names them, each with the part whose reason it has."""
    name = parameter.name
    if not any(numbers(value)):
        yield name, name
    elif isinstance(value, list) and not isinstance(value[0], list):
        yield from ((f"{name}[{place}]",) * 2 for place, entry in enumerate(value) if not entry)
    elif isinstance(value, list):
        rows = [place for place, row in enumerate(value) if not any(row)]
        columns = [place for place, column in enumerate(zip(*value)) if not any(column)]
        live = next(place for place in range(len(value)) if place not in rows)
        yield from ((f"{name}[{row},*]", f"{name}[{row}]") for row in rows)
        yield from ((f"{name}[*,{column}]", f"{name}[{live},{column}]") for column in columns)
        for row, cells in enumerate(value):
            if row not in rows:
                for column, entry in enumerate(cells):
                    if not entry and column not in columns:
                        yield (f"{name}[{row},{column}]",) * 2


def reason(computation: Computation, name: str, layers: Sequence[LayerDiagnosis]) -> str:
    """Why it is 0: a factor of all its paths, or that of its layer; where none is known, that terms are or cancel."""
    told = zero_reason(computation, name)
    if told is not None:
        return words(told, 6)
    base = name.partition("[")[0]
    paths, use = (computation.paths or {}).get(base), only_use(computation.network, base)
    if paths is not None and "[" not in name and cancels(paths):
        return "its paths cancel"
    of_layer = [layer for layer in layers if use is not None and layer.node == use[0].name]
    if of_layer and of_layer[0].log10["delta"] is None and of_layer[0].evidence:
        return of_layer[0].evidence
    return of_uses(computation, base, places(name))


def of_uses(computation: Computation, name: str, index: Sequence[int]) -> str:
    """That δ is 0 at every use of a parameter, or in words that hold for every sum of products that is 0."""
    network, backward = computation.network, computation.backward or {}
    number = next(n for n, parameter in enumerate(network.parameters) if parameter.name == name)
    layers = [layer for layer in network.layers if number in used(layer)]
    if all(layer.alpha == number for layer in layers):
        return f"{name} multiplies z < 0 alone, and z of {listed([layer.name for layer in layers])} is not, or δ is 0"
    whole, zero = not index, list[str]()
    for layer in layers:
        rows = by_example(backward[layer.name].delta, network.batch)
        unit = index[0] if index and index[0] < len(rows[0]) and len(rows[0]) > 1 else 0
        if not any(any(row) if whole else row[unit] for row in rows):
            zero.append(layer.name if whole else unit_name(layer.name, unit, len(rows[0])))
    if len(zero) == len(layers):
        return f"δ of {listed(zero)} is 0"
    use = only_use(network, name)
    if use is not None and use[1] is not None and len(index) == 2 and network.examples > 1:
        head, source = unit_name(layers[0].name, index[0], layers[0].width), network.nodes[use[1].source]
        return f"in every example δ of {head} or {unit_name(source.name, index[1], source.width)} is 0, or these cancel"
    return "at each of its uses δ or what it multiplies is 0, or these products cancel"


def legend(found: Diagnosis) -> str:
    """What the columns and labels are."""
    size, output = delta(found), the_output(found)
    meanings = {
        "vanished": f"{size} is a thousandth of {output}'s or less, in the layer and in those before it",
        "exploded": f"{size} is a thousand times {output}'s or more",
        "saturated": "σ′(z) is a thousandth of its largest value or less",
        "inactive": "z is below the kink of a rectifier; dead: in every example of a batch",
        "cancelled": "the terms of a sum are 100 times the sum or more",
        "zero by symmetry": "terms cancel to 0, or units are alike and stay so",
        "cut off": "∂L/∂z or the gradient of the layer's weights is 0, or they are frozen",
        "lost in float16": "rounded to 0 there, without a loss scale",
    }
    labels = {layer.label for layer in found.layers} - {HEALTHY} or {"vanished"}
    told = ["δ = ∂L/∂z", *(f"{label}: {meaning}" for label, meaning in meanings.items() if label in labels)]
    if found.costs is not None:
        told.append("factors: along the path that takes the largest term at every node")
    if any(one.healthy is not None for one in found.remedies):
        told.append("healthy layers: how many layers are healthy with the change")
    return f"{'; '.join(told)}."


def closing(found: Diagnosis) -> Iterator[str]:
    """Where |δ| departs from its rate; how changes are ranked, and which were not tried; extended range."""
    if found.rate is not None and found.rate.departs:
        rate, names = factor(found.rate.log10, 2), listed(found.rate.departs, 4)
        far = power_text(found.rate.largest_departure, 2)
        yield (
            f"From hidden layer to hidden layer back {delta(found)} changes by {rate} (geometric mean); at {names} it "
            f"departs from that course by more than a factor of 10, by {far} at most."
        )
    if len(found.remedies) > 1:
        yield (
            f"Changes are ranked by how near they bring {delta(found)} of the layers that are not healthy to what the "
            "backward pass starts with (mean of log₁₀, in whole powers of ten; of equal ones first biases, then skips, "
            "initialisations, activations)."
        )
    if found.untried:
        yield f"Not tried: {listed(found.untried)} more; --tries N tries so many changes."
    if found.arithmetic == "extended":
        yield "Computed in extended range (exponents of any size)."
