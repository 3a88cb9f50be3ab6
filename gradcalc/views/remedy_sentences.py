"""What helps, in words: the first of the changes, by what they are ranked, the names of their columns."""

from __future__ import annotations

from collections.abc import Mapping

from gradcalc.analysis.comparison import ratio
from gradcalc.analysis.diagnosis import HEALTHY, Diagnosis, Remedy, grows
from gradcalc.report.report import Words
from gradcalc.report.scales import figure
from gradcalc.report.text import gradient, listed, plural
from gradcalc.views.cost_sentences import size_of

DIGITS = 3


def helps_most(found: Diagnosis) -> Words:
    """The first of the changes that help."""
    first, subject = found.remedies[0], found.finding.subject
    assert subject is not None
    size = size_of(found, subject.name)
    if first.gradient_ratio is None:
        change = f"{size} is {figure(first.gradient, DIGITS)} instead of 0"
    elif first.gradient_ratio >= 1:
        times = figure(first.gradient_ratio, DIGITS)
        change = f"{size} stays as large" if times == "1" else f"{size} becomes {times} × as large"
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
    bars = "‖" if found.has_norms else "|"
    return f"{bars}δ_{found.finding.node}{bars} ÷ {start_name(found)}"


def start_name(found: Diagnosis) -> str:
    """|∂L/∂y|, or |δ_y| where the loss is one with the activation; of several outputs the largest."""
    network, bars = found.network, "‖" if found.has_norms else "|"
    ends = [target.node for target in network.targets]
    if len(ends) != 1:
        return f"the largest {bars}∂L/∂output{bars}"
    name = network.nodes[ends[0]].name
    return f"{bars}{f'δ_{name}' if network.cancels_derivative(ends[0]) else gradient(name)}{bars}"


def the(change: str) -> str:
    """The change within a sentence, with its verb."""
    return f"{change} help" if change.startswith("weights") else f"the {change} helps"


def with_same(remedy: Remedy) -> str:
    """The change, and those that make no difference to it."""
    return f"{remedy.change} (as with {listed(remedy.same, 3)})" if remedy.same else remedy.change


def loss_scale(found: Diagnosis) -> str:
    """The loss scales that keep the backward pass in float16."""
    from gradcalc.analysis.precision import precision
    from gradcalc.views.precision_sentences import end_of

    held = precision(found.network, ["float16"]).formats["float16"].window
    scales = "No loss scale keeps"
    if held.exists and held.low is not None and held.high is not None:
        scales = f"Loss scales from {end_of(held, held.low)} to {end_of(held, held.high)} keep"
    other = "In float64 nothing is wrong. " if found.arithmetic == "float64" else ""
    return f"{other}{scales} all of the backward pass in float16."


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
