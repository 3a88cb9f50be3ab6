"""A network as a drawing of its units: a box for each of them, and an edge for each entry of a weight."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from gradcalc.analysis.results import Computation
from gradcalc.analysis.unit_edges import LOSS, Unit, UnitEdge
from gradcalc.errors import LimitError
from gradcalc.network.network import Layer, entries, entry_name, unit_name
from gradcalc.report.drawings.drawing import Drawing, DrawnEdge, DrawnNode, DrawnText, share_text
from gradcalc.report.text import gradient
from gradcalc.views.draw_page import Draft, DrawingStyle, Lit

MOST_UNITS, MOST_EDGES = 200, 2_000  # that one picture shows
MOST_LABELS = 16  # edges between two layers that all have labels


def refuse_many(units: int) -> None:
    """Raises LimitError for more units than a picture shows."""
    if units > MOST_UNITS:
        raise LimitError(f"--units: a picture shows {MOST_UNITS} units at most, and this network has {units:,}")


def unit_drawing(computation: Computation, edges: Sequence[UnitEdge], lit: Lit | None, style: DrawingStyle) -> Drawing:
    """The drawing of a network by its units. Raises LimitError for more edges than a picture shows."""
    network = computation.network
    if len(edges) > MOST_EDGES:
        has = f"{network.name} has {len(edges):,} between units"
        raise LimitError(f"--units: a picture shows {MOST_EDGES:,} edges at most, and {has}")
    draft = Draft(computation, lit, style)
    units: list[Unit] = [(number, unit) for number, node in enumerate(network.nodes) for unit in range(node.width)]
    place = {unit: number for number, unit in enumerate(units)}
    shares = lit.units if lit is not None else [None] * len(edges)
    values = entry_values(draft)
    boxes = [unit_box(draft, values, *unit) for unit in units]
    labels = edge_labels(draft, values, edges)
    before: Counter[tuple[Unit, Unit]] = Counter()
    drawn = []
    read = {edge.source: share for edge, share in zip(edges, shares) if edge.target == LOSS}
    for edge, label, share in zip(edges, labels, shares):
        if edge.target == LOSS:
            continue
        source, target = place[edge.source], place[edge.target]
        before[edge.source, edge.target] += 1
        count = before[edge.source, edge.target]
        name = f"{boxes[source].name}→{boxes[target].name}" + f" {count}" * (count > 1)
        parameter = edge.label if "→" not in edge.label else ""
        told = (*label, *([share_text(share)] if share is not None and label else []))
        is_subject = lit is not None and bool(parameter) and lit.name in (parameter, parameter.partition("[")[0])
        kind = "skip" if edge.is_skip else "edge"
        drawn.append(DrawnEdge(source, target, name, edge.label, kind, told, parameter, share, is_subject))
    return draft.with_loss(boxes, drawn, [(place[unit], share) for unit, share in read.items()])


def unit_box(draft: Draft, values: Mapping[str, Any], number: int, unit: int) -> DrawnNode:
    """One unit with its activation, its bias and its value."""
    node = draft.network.nodes[number]
    name = unit_name(node.name, unit, node.width)
    lines = [DrawnText(name, "name")]
    if isinstance(node, Layer):
        joined = [node.join] if node.join not in ("sum", "concat") else []
        lines.append(DrawnText(" · ".join([*joined, node.activation.text]), "note"))
        for parameter in (node.bias, node.alpha):
            if parameter is not None and "pieces" not in node.activation.options:
                lines += own_entry(draft, values, parameter, unit)
    kind = "layer" if isinstance(node, Layer) else "input"
    return DrawnNode(kind, name, (*lines, *draft.value_lines(node.name, name, unit)))


def own_entry(draft: Draft, values: Mapping[str, Any], number: int, unit: int) -> list[DrawnText]:
    """The entry of a bias or an α that a unit has."""
    parameter = draft.network.parameters[number]
    names = [entry_name(parameter, index) for index, _ in entries(parameter.value)]
    return entry_lines(draft, values, names[unit if len(names) > 1 else 0], "note")


def entry_values(draft: Draft) -> Mapping[str, Any]:
    """The entries of every parameter, or of every gradient where the picture shows the backward pass."""
    gradients = draft.computation.gradients or {}
    backward = draft.style.values == "backward"
    return {
        entry_name(parameter, index): number
        for parameter in draft.network.parameters
        for index, number in entries(gradients.get(parameter.name, parameter.value) if backward else parameter.value)
    }


def entry_lines(draft: Draft, values: Mapping[str, Any], name: str, kind: str) -> list[DrawnText]:
    """An entry with its value, or with its gradient."""
    if name not in values or draft.style.values == "none":
        return [DrawnText(name, kind)] if name in values else []
    if draft.style.values == "backward":
        told, number = gradient(name, draft.quantity), draft.text(values[name])
        if kind == "note":
            return [DrawnText(number, kind, "gradient", name, f"{told} = ")]
        return [DrawnText(told, kind), DrawnText(number, kind, "gradient", name)]
    return [DrawnText(draft.text(values[name]), kind, "parameter", name, f"{name} = ")]


def edge_labels(draft: Draft, values: Mapping[str, Any], edges: Sequence[UnitEdge]) -> list[list[DrawnText]]:
    """The label of every edge; none where there are many between the same two layers."""
    between = Counter((edge.source[0], edge.target[0]) for edge in edges)
    return [
        entry_lines(draft, values, edge.label, "value")
        if between[edge.source[0], edge.target[0]] <= MOST_LABELS
        else []
        for edge in edges
    ]
