"""The derivations of a network's gradients, each checked against the engine before anybody sees it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from gradcalc.derivation.adjoints import Backward, backward, read
from gradcalc.derivation.certificate import Pairs, certify
from gradcalc.derivation.closed import factored
from gradcalc.derivation.layers.drawing import layer_chart
from gradcalc.derivation.layers.steps import LayerSteps
from gradcalc.derivation.layers.values import values_at
from gradcalc.derivation.numbers import Numbers, Written
from gradcalc.derivation.points import Points, units_at
from gradcalc.derivation.scalar import steps
from gradcalc.derivation.steps import Derivation, Explanation, Step
from gradcalc.derivation.subject import entries
from gradcalc.network import Network
from gradcalc.problems import UsageError
from gradcalc.questions.compute import gradient
from gradcalc.questions.subjects import Subject, subjects
from gradcalc.results import Paths
from gradcalc.units.marks import ByUnit
from gradcalc.units.point import UnitPoint
from gradcalc.writing.symbols import leaf
from gradcalc.writing.sympy_text import SymPyText
from gradcalc.writing.walk import write

MOST_UNIT_STEPS = 40


def explain(network: Network, *, wrt: Sequence[str] = (), paths: int = 10) -> Explanation:
    """How the chain rule arrives at each gradient; where a gradient has very many paths, the `paths` largest.

    Raises UsageError for a `wrt` that matches nothing or a network without a target, DomainError, LimitError, and
    Disagreement where a derivation does not give the engine's number.
    """
    chosen = subjects(network, wrt)
    at = units_at(network)
    if at.loss is None:
        raise UsageError("without a target there is no loss, and nothing to derive: add target, or --target")
    with at.arithmetic.context():
        deriving = _Deriving(at, paths)
        derived = {subject.name: deriving.derivation(subject) for subject in chosen}
        return Explanation(network, at.loss, derived, at.arithmetic.name, lambda: deriving.numbers.by_nodes(chosen))


def notation_of(network: Network) -> SymPyText:
    """SymPy's text in which the spec's names stay as they are."""
    names = [*(node.name for node in network.nodes), *(parameter.name for parameter in network.parameters)]
    return SymPyText(names)


class _Deriving:
    """What the derivations of one network share."""

    def __init__(self, at: UnitPoint, most: int) -> None:
        notation = notation_of(at.graph.network)
        self.at = at
        self.points = Points(at)
        self.most = most
        self.numbers = Numbers(at, ByUnit(at.layout), most, lambda tree: len(write(tree, notation)))

    def derivation(self, subject: Subject) -> Derivation:
        """One derivation, certified."""
        value = gradient(self.at, subject)
        found = entries(subject, self.numbers.charts)
        whole = found.columns is not None
        written = self.numbers.written(found, value, self._layer_paths(subject) if whole else None)
        situation, source = self.numbers.situations[0], found.sources[0][0]
        way = backward(situation.chart, [origin.head for origin in source.origins])
        by_layers = whole or self.at.graph.network.batch or self._is_wide(way)
        said = self.layers.steps(subject, value, source) if by_layers else steps(situation, way, source)
        return Derivation(
            leaf(found.symbol),
            value,
            said,
            [*self.layers.readable(subject, written.terms)] if whole and found.is_whole else written.terms,
            written.count,
            written.formula,
            written.where,
            None if whole else factored(way, source, read),
            certify(self.points, lambda at: self._compared(at, subject, written, said if by_layers else ())),
        )

    @cached_property
    def layers(self) -> LayerSteps:
        """The network by whole layers."""
        chart = layer_chart(self.at.graph)
        return LayerSteps(chart, values_at(chart, self.at), self.numbers.charts[0])

    def _is_wide(self, way: Backward) -> bool:
        """Whether a step for every unit on the way would be too many where one for every layer is enough."""
        return len(way.leaving) > MOST_UNIT_STEPS and any(node.width > 1 for node in self.at.graph.nodes)

    def _compared(self, at: UnitPoint, subject: Subject, written: Written, by_layers: Sequence[Step]) -> Pairs:
        wanted = gradient(at, subject)
        yield from self.numbers.compared(at, written, wanted)
        if by_layers:
            yield from self.layers.compared(by_layers, at, wanted)

    def _layer_paths(self, subject: Subject) -> Paths:
        from gradcalc.questions.compute import compute

        found = compute(self.at.graph.network, wrt=[subject.name], paths=self.most)
        assert found.paths is not None
        return found.paths[subject.name]
