"""What one path carries: the paths of a gradient that visit given nodes, and no others, summed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.engine.scalar_forward import reduction
from gradcalc.engine.scalar_linear import ByUnit, unit_steps
from gradcalc.engine.scalar_point import UnitPoint, unit_point
from gradcalc.network.network import Value
from gradcalc.questions.path_list import share
from gradcalc.questions.point import Point
from gradcalc.questions.subjects import Subject
from gradcalc.questions.sums.unit_steps import step_nodes
from gradcalc.semirings.accumulate import Sweep
from gradcalc.semirings.one_path import Along


def share_along(at: Point, subject: Subject, nodes: Sequence[str], gradient: Value) -> Any:
    """⟨contribution, gradient⟩ / ⟨gradient, gradient⟩ of the paths along the nodes; None where the gradient is 0."""
    point = at if isinstance(at, UnitPoint) else unit_point(at.graph, at.arithmetic)
    with point.arithmetic.context():
        return share(contributions(point, subject, nodes), gradient)


def contributions(point: UnitPoint, subject: Subject, nodes: Sequence[str]) -> list[Any]:
    """The sum along the nodes for every entry or unit; of a parameter over all examples, of a node for each of them.

    Nodes are layers, or where any is a unit, `h[0]`, units.
    """
    linear = unit_steps(point.layout, ByUnit(point.graph)) if any("[" in node for node in nodes) else point.linear
    assert linear is not None
    route = nodes if subject.is_parameter else nodes[1:]
    seed = point.arithmetic.number(1) / reduction(point.graph)
    sweeps = [Sweep(linear.steps, example.edges, seed, Along(route)) for example in point.examples]
    places = step_nodes(linear, subject)
    rows = [[sweep.of(place).of.get(len(route), seed - seed) for place in places] for sweep in sweeps]
    return [sum(column) for column in zip(*rows)] if subject.is_parameter else [entry for row in rows for entry in row]
