"""What the factors of a gradient cost it, in words: the most costly, and what each of them is."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from gradcalc.analysis.adjoint_terms import EVEN, Costs
from gradcalc.analysis.diagnosis import Diagnosis
from gradcalc.report.text import gradient, listed, plural

FEW_WEIGHTS = 3  # that are named
MOST_OF_IT = 0.6  # of what all weights cost, from which on one weight is named


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
    return f"{power:.{held_decimals(power, 1)}f}".replace("-", "−")


def held_decimals(power: float, most: int) -> int:
    """How many decimals a logarithm is written with: fewer than `most` from 10¹² on, where a float64 holds no more."""
    return max(0, min(most, 14 - len(str(int(abs(power))))))


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


def why_this(found: Diagnosis, costs: Costs) -> str:
    """Why the factors are those of this gradient, where it is not that of the finding."""
    subject = found.finding.subject
    if subject is not None and subject.name == costs.of:
        return ""
    return ", the smallest gradient that is not 0 among those of the layers' first weights,"


def factor_names(found: Diagnosis, costs: Costs) -> Mapping[str, str]:
    """What each factor is."""
    count = sum(step.kind == "derivative" for step in costs.steps)
    bars = "‖" if found.has_norms else "|"
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
