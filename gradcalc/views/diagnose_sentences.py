"""The words of `gradcalc diagnose`: what is wrong, where and why; the legend; where |δ| departs from its rate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcalc.analysis.comparison import VANISHED, powers_of_ten
from gradcalc.analysis.diagnosis import HEALTHY, Diagnosis, LayerDiagnosis, Rate
from gradcalc.analysis.lost_derivatives import lost_derivatives
from gradcalc.network.network import Network, is_chain
from gradcalc.report.report import Words
from gradcalc.report.scales import factor, power_text
from gradcalc.report.text import gradient, listed, plural
from gradcalc.views.compare_sentences import course
from gradcalc.views.cost_sentences import costliest
from gradcalc.views.remedy_sentences import helps_most, loss_scale, ranking

MOST_PARTLY = 4  # layers whose inactive units are named
NEAR = 20.0  # how many times σ′ is below its largest value where that is told


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


def nothing_to_learn(network: Network) -> str:
    """That every gradient is 0 because ∂L/∂ the output is, or that it is so as float64 rounds numbers."""
    if not (lost := lost_derivatives(network)):
        return "Nothing to learn: the loss has the derivative 0 at the output, so every gradient is 0."
    return (
        "Nothing to learn in float64: as numbers are rounded, the loss has the derivative 0 at the output, so every "
        f"gradient is 0; compute --dps {lost[0].dps} shows another."
    )


def healthy(found: Diagnosis) -> str:
    """That nothing is wrong, by what is measured."""
    if found.start is None:
        return nothing_to_learn(found.network)
    rises = {layer.node: powers_of_ten(layer.delta, found.measure.size) for layer in found.layers}
    known = {node: rise for node, rise in rises.items() if rise is not None}
    if not known:
        return "Healthy: no layer has a fault that gradients show."
    low, high = min(known.values()), max(known.values())
    passed = [node for node, rise in known.items() if rise <= -VANISHED]
    but = f" (at {listed(passed, 4)} a thousandth or less, but more in layers before)" if passed else ""
    between = f"from {power_text(low, 2)} to {power_text(high, 2)} × that of {found.measure.output}"
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
    return "‖δ‖" if found.has_norms else "|δ|"


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


def legend(found: Diagnosis) -> str:
    """What the columns and labels are: those that layers have, now or with a change that is listed; of a healthy
    network all that it has none of."""
    size, output = delta(found), found.measure.output
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
    if found.has_norms:
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
    hidden = dict(zip(found.profile.nodes[1:], found.profile.relative[1:]))
    off = {name: (size or 0.0) - rate.log10 * back for back, (name, size) in enumerate(hidden.items())}
    farthest = max(names, key=lambda name: abs(off[name]))
    side = "below" if off[farthest] < 0 else "above"
    return (
        f"From hidden layer to hidden layer back {size} changes by {factor(rate.log10, 2)} (geometric mean). More than "
        f"a factor of 10 away from that: {listed(names, 4)}; the farthest is {farthest}, a factor of "
        f"{power_text(rate.largest_departure, 2)} {side}."
    )
