"""Derivations of networks too large for formulas of single units: over layers alone, in matrix form throughout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from gradcalc.derivation.certificate import Pairs, certify
from gradcalc.derivation.closed import definitions, needed
from gradcalc.derivation.layers.drawing import layer_chart
from gradcalc.derivation.layers.steps import LayerSteps
from gradcalc.derivation.points import ArrayPoints, Points
from gradcalc.derivation.steps import ByNodes, Derivation, Step, Term
from gradcalc.derivation.subject import gradient
from gradcalc.engine.scalar_point import UnitPoint
from gradcalc.errors import UsageError
from gradcalc.expressions.expression import Expression
from gradcalc.expressions.symbols import Symbol
from gradcalc.questions.subjects import Subject
from gradcalc.results import Paths


class Wide:
    """What the derivations of one wide network share; `at` is a point of units or of arrays."""

    def __init__(self, at: Any, most: int) -> None:
        self.at = at
        self.most = most
        self.points: Points = Points(at) if isinstance(at, UnitPoint) else ArrayPoints(at)

    def derivation(self, subject: Subject) -> Derivation:
        """One derivation, certified step by step."""
        value, paths = gradient(self.at, subject), self._paths(subject)
        steps = self.layers.steps(subject, value)
        last = steps[-1]
        formula = last.right.parts[0] if last.right.head == "group" else last.right
        defined = [*definitions(self.layers.chart), *((step.left.value, step.right) for step in _symbols(steps[:-1]))]
        return Derivation(
            last.left,  # type: ignore[arg-type]
            value,
            steps,
            list(self._terms(subject, paths)),
            paths.count,
            formula,
            needed([formula], defined),
            None,
            None,
            certify(self.points, lambda at: self._compared(at, subject, steps)),
        )

    @cached_property
    def layers(self) -> LayerSteps:
        """The network by whole layers."""
        chart = layer_chart(self.at.graph)
        batch = self.at.graph.network.batch
        if isinstance(self.at, UnitPoint):
            from gradcalc.derivation.layers.values import values_at

            rows = values_at(chart, self.at)
            return LayerSteps(chart, lambda symbol: [row[symbol] for row in rows] if batch else rows[0][symbol])
        from gradcalc.derivation.layers.arrays import array_values

        values = array_values(chart, self.at)
        return LayerSteps(chart, lambda symbol: values[symbol] if batch else values[symbol][0])

    def written_out(self) -> tuple[Expression, list[tuple[Symbol, Expression]]]:
        """The loss and the definitions of the layers."""
        from gradcalc.derivation.writing_out import loss_of_layers

        return loss_of_layers(self.layers.chart), definitions(self.layers.chart)

    def by_nodes(self, subjects: Sequence[Subject]) -> ByNodes:
        """Refused: a function of thousands of arguments is no reading."""
        raise UsageError("--format python writes every weight's entry by itself; of this network there are too many")

    def given_exactly(self) -> tuple[Mapping[Symbol, Any], Mapping[Symbol, str]]:
        """Nothing: exact values are for formulas of single units."""
        return {}, {}

    def _paths(self, subject: Subject) -> Paths:
        from gradcalc.questions.compute import compute

        found = compute(self.at.graph.network, wrt=[subject.name], top=self.most)
        assert found.paths is not None
        return found.paths[subject.name]

    def _terms(self, subject: Subject, paths: Paths) -> Iterator[Term]:
        terms = [
            Term(path.nodes, path.through, None, None, path.contribution, path.share, path.at) for path in paths.top
        ]
        return iter(terms) if subject.entry is not None else self.layers.readable(subject, terms)

    def _compared(self, at: Any, subject: Subject, steps: Sequence[Step]) -> Pairs:
        wanted = gradient(at, subject)
        if isinstance(at, UnitPoint):
            from gradcalc.derivation.layers.steps import compared

            return compared(self.layers.chart, steps, at, wanted)
        from gradcalc.derivation.layers.arrays import compared as compared_in_arrays

        return compared_in_arrays(self.layers.chart, steps, at, wanted)


def _symbols(steps: Sequence[Step]) -> Iterator[Any]:
    """The steps that define a symbol."""
    return (step for step in steps if isinstance(step.left, Expression) and step.left.head == "symbol")
