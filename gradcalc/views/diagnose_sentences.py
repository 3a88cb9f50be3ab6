"""The words of `gradcalc diagnose`: what is wrong, where, why, and what helps most; the legend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod

from gradcalc.analysis.adjoint_terms import EVEN, Costs
from gradcalc.analysis.comparison import VANISHED, ratio
from gradcalc.analysis.diagnosis import HEALTHY, Diagnosis, LayerDiagnosis, Rate, Remedy, grows
from gradcalc.network.network import is_chain
from gradcalc.report.report import Words
from gradcalc.report.scales import factor, figure, power_text
from gradcalc.report.text import gradient, listed, plural
from gradcalc.views.compare_sentences import course

MOST_PARTLY = 4  # layers whose inactive units are named
FEW_WEIGHTS = 3  # that are named
NEAR = 20.0  # how many times σ′ is below its largest value where that is told
DIGITS = 3
MOST_OF_IT = 0.6  # of what all weights cost, from which on one weight is named


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
    known = [size for size in rises if size is not None]
    if not known:
        return "Healthy: no layer has a fault that gradients show."
    whole = max(known) if found.reference is None else found.reference
    low, high = min(known) - whole, max(known) - whole
    passed = [layer.node for layer in found.layers if (layer.log10["delta"] or whole) - whole <= -VANISHED]
    but = f" (at {listed(passed, 4)} a thousandth or less, but more in layers before)" if passed else ""
    between = f"from {power_text(low, 2)} to {power_text(high, 2)} × that of {found.output}"
    between *= len(known) > 1
    told = f"{delta(found)} of the layers is {between}{but}; " if between else ""
    none = "no layer as a whole has vanished, exploded or is saturated, inactive, cancelled or cut off"
    return f"Healthy{partly(found)}: {told}{none}{nearest_saturation(found)}."


def partly(found: Diagnosis) -> str:
    """The layers of which some units are inactive or dead."""
    told = [f"{layer.node}: {layer.evidence}" for layer in found.layers if label(layer) != layer.label]
    return (
        f", though not every unit is active ({'; '.join(told[:MOST_PARTLY])}{'; …' * (len(told) > MOST_PARTLY)})"
        * bool(told)
    )


def label(layer: LayerDiagnosis) -> str:
    """The label of a layer; of a healthy one, too, that some of its units are inactive."""
    is_partly = layer.label == HEALTHY and ("inactive" in layer.evidence or "dead" in layer.evidence)
    return f"{layer.label}, in part inactive" if is_partly else layer.label


def nearest_saturation(found: Diagnosis) -> str:
    """`; nearest to saturated is h39, with σ′(z) 1/377 of its largest value`, of layers of one unit that are near."""
    network, near = found.network, list[tuple[float, str]]()
    for number, (node, layer) in enumerate(zip(network.layers, found.layers), len(network.inputs)):
        most = node.activation.steepest
        if (
            most
            and node.width == 1
            and not network.batch
            and layer.derivative
            and not network.cancels_derivative(number)
        ):
            near.append((float(most) / float(layer.derivative), node.name))
    if not near or max(near)[0] < NEAR:
        return ""
    return f"; nearest to saturated is {max(near)[1]}, with σ′(z) 1/{max(near)[0]:.0f} of its largest value"


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
    """`log₁₀ |∂L/∂w1| is −36.5; of this σ′(z) makes −24.4 and the weights −11.7.`"""
    falling, size = costs.total < 0, size_of(found, costs.of)
    names = {
        "loss": "the loss",
        "derivative": "σ′(z)",
        "weight": "weights and joins" if costs.joins else "the weights",
        "paths": "cancellation" if falling else "other paths",
        "input": f"the input of {costs.of}",
    }
    parts = {key: power for key, power in costs.parts.items() if abs(power) >= EVEN and (power < 0) == falling}
    largest = sorted(parts, key=lambda key: -abs(parts[key]))[:2]
    if not largest:
        return f"log₁₀ {size} is {signed(costs.total)}."
    verb = "make" if largest[0] in ("weight", "paths") and names[largest[0]] != "cancellation" else "makes"
    first, *rest = [f"{names[key]}{{}} {signed(parts[key])}" for key in largest]
    told = listed([first.format(f" {verb}"), *(one.format("") for one in rest)])
    return f"log₁₀ {size} is {signed(costs.total)}; of this {told}{single(costs, largest[0])}."


def signed(power: float) -> str:
    """A logarithm with one decimal."""
    return f"{power:.1f}".replace("-", "−")


def single(costs: Costs, kind: str) -> str:
    """The one step that makes half of what its kind costs, or more."""
    steps = [step for step in costs.steps if step.kind == kind]
    if len(steps) < 2:
        return ""
    most = max(steps, key=lambda step: abs(step.powers))
    whole = costs.parts[kind]
    if abs(most.powers) < MOST_OF_IT * abs(whole) or (most.powers < 0) != (whole < 0):
        return ""
    return f"; {most.name} alone {signed(most.powers)}"


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
        change = f"{size} falls by ÷ {figure(ratio(1.0, first.gradient_ratio), DIGITS)}"
    verb = "is" if first.healthy == 1 else "are"
    layers = f"{first.healthy} of {plural(len(found.layers), 'layer')} {verb} healthy then (now {now(found)})"
    before = found.loss.value
    verb = "; but the loss grows to" if grows(first.loss, before) else "; the loss becomes"
    loss = f"{verb} {figure(first.loss, DIGITS)} (now {figure(before, DIGITS)})"
    return f"Of {plural(found.tried, 'change')} computed, {the(first.change)} most: {change}; {layers}{loss}."


def now(found: Diagnosis) -> int:
    """How many layers are healthy."""
    return found.labels.get(HEALTHY, 0)


def healthy_layers(labels: Mapping[str, int]) -> str:
    """`11 of 40 (29 vanished)`"""
    others = [f"{count} {label}" for label, count in labels.items() if label != HEALTHY]
    told = f" ({', '.join(others)})" if others else ""
    return f"{labels.get(HEALTHY, 0)} of {sum(labels.values())}{told}"


def reach_name(found: Diagnosis) -> str:
    """`|δ_h1| ÷ |∂L/∂y|`: ‖δ‖ of the layer of the finding over what the backward pass starts with."""
    bars = "‖" if has_norms(found) else "|"
    return f"{bars}δ_{found.finding.node}{bars} ÷ {start_name(found)}"


def start_name(found: Diagnosis) -> str:
    """|∂L/∂y|, or |δ_y| where the loss is one with the activation; of several outputs the largest."""
    network, bars = found.network, "‖" if has_norms(found) else "|"
    ends = [target.node for target in network.targets]
    if len(ends) != 1:
        return f"the largest {bars}∂L/∂output{bars}"
    name = network.nodes[ends[0]].name
    return f"{bars}{f'δ_{name}' if network.cancels_derivative(ends[0]) else gradient(name)}{bars}"


def why_this(found: Diagnosis, costs: Costs) -> str:
    """Why the factors are those of this gradient, where it is not that of the finding."""
    subject = found.finding.subject
    if subject is not None and subject.name == costs.of:
        return ""
    return " (of the first weight of each layer the smallest gradient that is not 0)"


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
    bars = "‖" if has_norms(found) else "|"
    output = next(number for number, node in enumerate(found.network.nodes) if node.name == costs.nodes[0])
    is_one = found.network.cancels_derivative(output)
    start = f"{bars}{f'δ_{costs.nodes[0]}' if is_one else gradient(costs.nodes[0])}{bars}"
    multiplied = f"{listed(costs.inputs, 3)}, the input of" if costs.inputs else "what"
    return {
        "loss": f"{start}, from the loss",
        "derivative": f"σ′(z) of {plural(count, 'layer')}",
        "weight": weight_names(costs),
        "paths": "other paths, − where they cancel",
        "input": f"{multiplied} {costs.of}{'' if costs.inputs else ' multiplies'}",
    }


def weight_names(costs: Costs) -> str:
    """`weights w2 and w3`, `39 weights between layers`; identities are none."""
    names, joins = [step.name for step in costs.steps if step.weights], " and joins" * costs.joins
    if not names:
        return "joins and skips without weights"
    if len(names) <= FEW_WEIGHTS:
        return f"weight{'s' * (len(names) > 1)} {listed(names)}{joins}"
    return f"{len(names)} weights{joins} between layers"


def legend(found: Diagnosis) -> str:
    """What the columns and labels are: those that layers have, now or with a change that is listed; of a healthy
    network all that it has none of."""
    size, output = delta(found), found.output
    meanings = {
        "vanished": f"{size} is a thousandth of {output}'s or less, in the layer and in those before it",
        "exploded": f"{size} is a thousand times {output}'s or more",
        "saturated": "σ′(z) of a unit is a thousandth of its largest value or less",
        "inactive": "z of every unit is below the kink of a rectifier; dead: in every example of a batch",
        "cancelled": "the terms of a sum are 100 times the sum or more",
        "zero by symmetry": "terms cancel to 0, or units are alike and stay so",
        "cut off": "∂L/∂z or the gradient of the layer's weights is 0, or they are frozen",
        "lost in float16": "the gradient would be rounded to 0 there, without a loss scale",
    }
    shown = {label for one in found.remedies for label in one.labels} | set(found.labels)
    labels = set(meanings) - {"lost in float16"} if found.healthy and found.start is not None else shown
    told = ["δ = ∂L/∂z", *(f"{label}: {meaning}" for label, meaning in meanings.items() if label in labels)]
    if has_norms(found):
        told.append("σ′(z): root mean square, weighted by ∂L/∂output (‖δ‖ ÷ ‖∂L/∂output‖)")
    if found.costs is not None:
        told.append("factors: along the path that takes the largest term at every node")
    return f"{'; '.join(told)}."


def closing(found: Diagnosis) -> Iterator[str]:
    """Where |δ| departs from its rate; how changes are ranked, and which were not tried; extended range."""
    if found.rate is not None and found.rate.departs:
        yield departures(found, found.rate)
    if found.remedies and found.finding.label != "lost in float16":
        yield ranking(found)
    if any(" drawn by " in remedy.change for remedy in found.remedies):
        yield "Weights are drawn from a fixed seed: the commands give the same ones again."
    if found.untried:
        yield f"Not tried: {listed(found.untried)} more; --tries N tries so many changes."
    if found.arithmetic == "extended":
        yield "Computed in extended range (exponents of any size)."


def departures(found: Diagnosis, rate: Rate) -> str:
    """The layers, from the first on, that are more than a factor of ten from the mean rate, and the farthest."""
    names, size = list(reversed(rate.departs)), delta(found)
    logs = {layer.node: layer.log10["delta"] or 0.0 for layer in found.layers}
    last = found.profile.nodes[1]
    off = {name: logs[name] - logs[last] - rate.log10 * found.profile.nodes[1:].index(name) for name in names}
    farthest = max(names, key=lambda name: abs(off[name]))
    side = "below" if off[farthest] < 0 else "above"
    return (
        f"From hidden layer to hidden layer back {size} changes by {factor(rate.log10, 2)} (geometric mean). More than "
        f"a factor of 10 away from that: {listed(names, 4)}; the farthest is {farthest}, a factor of "
        f"{power_text(rate.largest_departure, 2)} {side}."
    )


def ranking(found: Diagnosis) -> str:
    """What helps, and the order of the changes, by the columns of the table."""
    reach, first = reach_name(found), found.finding
    helps = f"more layers are healthy with it, {first.node} among them"
    if not first.is_state:
        helps = f"more layers are healthy with it, or as many and {reach} is nearer to 1"
    grows = (
        "those whose loss is at most twice the loss now before the others, then "
        if found.network.loss.name != "output"
        else ""
    )
    unusual = [remedy.change for remedy in found.remedies if remedy.is_unusual]
    last = f"; activations that layers seldom have ({listed(unusual, 2)}) come last" if unusual else ""
    half = (
        " At most half of the rows are of one kind, if there are others." if found.helpful > len(found.remedies) else ""
    )
    passed = (
        f" {plural(found.passed, 'single skip')} that bring less back than others were computed, not labelled."
        if found.passed
        else ""
    )
    return (
        f"A change helps where {helps}. Changes are ranked by the number of healthy layers, most first; of as many, "
        f"{grows}by how near {reach} is to 1 (least |log₁₀|){last}.{half}{passed}"
    )
