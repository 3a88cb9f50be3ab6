"""The part of the paths over units that is asked for, laid out as steps of its own."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.engine.scalar_linear import UnitSteps
from gradcalc.engine.scalar_point import UnitPoint
from gradcalc.errors import UsageError
from gradcalc.network.path_filter import Ways, avoiding, contracted, entering, everything, labelled, passing
from gradcalc.questions.parts import Part
from gradcalc.questions.point import wider
from gradcalc.questions.subjects import Subject, nearest
from gradcalc.questions.sums.unit_paths import UnitPaths, unit_linear
from gradcalc.questions.sums.unit_steps import step_nodes


def unit_source(at: UnitPoint, chosen: Sequence[Subject], part: Part) -> UnitPaths:
    """The sums over the paths of a narrow network, or over the part of them that is asked for.

    Raises UsageError for a node or an edge that is not there.
    """
    linear = unit_linear(at)
    ways = everything(linear.steps)
    if part.of is not None:
        ways = avoiding(ways, _ends_but(ways, _unit(at, part.of)))
    for name in part.avoid:
        ways = avoiding(ways, _edges(at, ways, name, "--avoid"))
    for name in part.through:
        ways = passing(ways, _edges(at, ways, name, "--through"), _units_or_none(at, name))
    return _within_range(UnitPaths(at, linear, _needed(ways, linear, chosen), chosen))


def _within_range(found: UnitPaths) -> UnitPaths:
    """The same paths in wider numbers where one of them leaves the range of doubles."""
    if found.point.arithmetic.name != "float64" or found.in_range():
        return found
    exact = wider(found.point)
    assert isinstance(exact, UnitPoint)
    with exact.arithmetic.context():
        return found.moved(exact)


def _needed(ways: Ways, linear: UnitSteps, chosen: Sequence[Subject]) -> Ways:
    """Only the edges that paths of the subjects take."""
    starts = [ways.start(node) for subject in chosen for node in step_nodes(linear, subject)]
    kept = ways.steps.between(starts)
    picks = list(zip(kept)) if ways.picks is None else [ways.picks[edge] for edge in kept]
    return contracted(ways._replace(steps=ways.steps.only(kept), picks=picks), starts)


def _edges(at: UnitPoint, ways: Ways, name: str, option: str) -> set[int]:
    """The edges that a node's or an edge's name stands for."""
    units = _units_or_none(at, name)
    if units:
        return entering(ways, set(units))
    found = labelled(ways.steps, name)
    if not found:
        raise UsageError(_unknown(at, name, option))
    return found


def _unit(at: UnitPoint, name: str) -> int:
    """The output unit that is differentiated in place of the loss."""
    units = _units_or_none(at, name)
    if not units:
        raise UsageError(_unknown(at, name, "--of"))
    return units[0]


def _ends_but(ways: Ways, unit: int) -> set[int]:
    """The edges from what is differentiated to all of its units but one."""
    steps = ways.steps
    return {edge for edge, head in enumerate(steps.heads) if head == steps.loss and steps.tails[edge] != unit}


def _units_or_none(at: UnitPoint, name: str) -> list[int]:
    """The output units of a node, or the one unit that is named."""
    for number, node in enumerate(at.graph.network.nodes):
        units = at.layout.units(at.graph.outputs[number])
        if name == node.name:
            return list(units)
        if name.startswith(node.name + "["):
            return [place for unit, place in enumerate(units) if name == f"{node.name}[{unit}]"]
    return []


def _unknown(at: UnitPoint, name: str, option: str) -> str:
    network = at.graph.network
    names = [node.name for node in network.nodes]
    if option != "--of":
        edges = (
            edge for layer in network.layers for edge in (*layer.edges, *layer.into_preactivation, *layer.into_output)
        )
        names += [edge.label for edge in edges]
    return f"{option} {name}: no {'node' if option == '--of' else 'node or edge'} has that name; {nearest(name, names)}"
