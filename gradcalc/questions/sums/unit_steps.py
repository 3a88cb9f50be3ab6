"""Where the paths of a subject start among the steps of single units."""

from __future__ import annotations

from gradcalc.engine.scalar_linear import UnitSteps
from gradcalc.questions.subjects import Subject


def step_nodes(linear: UnitSteps, subject: Subject) -> list[int]:
    """The step nodes of a subject's entries or units."""
    layout = linear.layout
    if not subject.is_parameter:
        units = layout.units(layout.graph.outputs[subject.number])
        return list(units) if subject.entry is None else [units[subject.entry[0]]]
    places = layout.entries(subject.number)
    if subject.entry is None:
        return [linear.weight(place) for place in places]
    return [linear.weight(places[_flat(layout.graph.network.parameters[subject.number].shape, subject.entry)])]


def _flat(shape: tuple[int, ...], index: tuple[int, ...]) -> int:
    return index[0] * shape[1] + index[1] if len(shape) == 2 else index[0]
