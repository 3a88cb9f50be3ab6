"""How many paths there are: over layers, whatever their widths, or over single units."""

from __future__ import annotations

from typing import Protocol

from gradcalc.accumulate import Sweep
from gradcalc.algebras.count import Count
from gradcalc.graph import Graph
from gradcalc.layers import LayerSteps, layer_steps
from gradcalc.questions.listers import step_nodes
from gradcalc.questions.subjects import Subject
from gradcalc.units.linear import UnitSteps


class Counts(Protocol):
    """Counts the paths of one subject."""

    def of(self, subject: Subject) -> int:
        """How many there are."""


class LayerCounts:
    """Counts of paths over layers."""

    def __init__(self, graph: Graph) -> None:
        self._linear: LayerSteps = layer_steps(graph)
        steps = self._linear.steps
        self._sweep = Sweep(steps, (), 1, Count())

    def of(self, subject: Subject) -> int:
        """The number of paths of a whole parameter or node."""
        if subject.is_parameter:
            return int(self._sweep.of(self._linear.parameter(subject.number)))
        return int(self._sweep.of(self._linear.graph.outputs[subject.number]))


class UnitCounts:
    """Counts of paths over single units."""

    def __init__(self, linear: UnitSteps) -> None:
        self._linear = linear
        self._sweep = Sweep(linear.steps, (), 1, Count())

    def of(self, subject: Subject) -> int:
        """The number of paths of an entry or a unit."""
        return sum(self._sweep.of(node) for node in step_nodes(self._linear, subject))
