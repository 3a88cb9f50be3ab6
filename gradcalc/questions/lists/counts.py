"""How many paths there are: over layers, whatever their widths, or over single units."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from gradcalc.engine.scalar_linear import UnitSteps
from gradcalc.network.graph import Graph
from gradcalc.network.linear_graph import LayerSteps, layer_steps
from gradcalc.questions.lists.listers import step_nodes
from gradcalc.questions.lists.listing import LISTED
from gradcalc.questions.subjects import Subject, subjects
from gradcalc.semirings.accumulate import Sweep
from gradcalc.semirings.count import Count


class Counts(Protocol):
    """Counts the paths of one subject."""

    def of(self, subject: Subject) -> int:
        """How many there are."""

    def listable(self, linear: UnitSteps) -> Collection[int]:
        """The step nodes of units and entries that have so few paths that all can be listed."""


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

    def few(self) -> list[Subject]:
        """The parameters and nodes whose paths can all be listed."""
        return [subject for subject in subjects(self._linear.graph.network, ["*"]) if self.of(subject) <= LISTED]

    def listable(self, linear: UnitSteps) -> Collection[int]:
        """The step nodes of these."""
        return [node for subject in self.few() for node in step_nodes(linear, subject)]


class UnitCounts:
    """Counts of paths over single units."""

    def __init__(self, linear: UnitSteps) -> None:
        self._linear = linear
        self._sweep = Sweep(linear.steps, (), 1, Count())

    def of(self, subject: Subject) -> int:
        """The number of paths of an entry or a unit."""
        return sum(self._sweep.of(node) for node in step_nodes(self._linear, subject))

    def listable(self, linear: UnitSteps) -> Collection[int]:
        """The step nodes that have so few paths that all can be listed."""
        return [node for node in {*linear.steps.tails} if self._sweep.of(node) <= LISTED]
