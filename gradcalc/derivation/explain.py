"""The derivations of a network's gradients, each checked against the engine before anybody sees it."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.derivation.adjoints import backward, read
from gradcalc.derivation.certificate import Certificate, certify
from gradcalc.derivation.closed import factored
from gradcalc.derivation.numbers import Numbers, Written
from gradcalc.derivation.points import Points, units_at
from gradcalc.derivation.scalar import steps
from gradcalc.derivation.steps import Derivation, Explanation
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
        paths = None if found.columns is None else self._layer_paths(subject)
        written = self.numbers.written(found, value, paths)
        certificate = self._certificate(subject, written)
        situation, source = self.numbers.situations[0], found.sources[0][0]
        way = backward(situation.chart, [origin.head for origin in source.origins])
        return Derivation(
            leaf(found.symbol),
            value,
            steps(situation, way, source),
            written.terms,
            written.count,
            written.formula,
            written.where,
            factored(way, source, read),
            certificate,
        )

    def _layer_paths(self, subject: Subject) -> Paths:
        from gradcalc.questions.compute import compute

        found = compute(self.at.graph.network, wrt=[subject.name], paths=self.most)
        assert found.paths is not None
        return found.paths[subject.name]

    def _certificate(self, subject: Subject, written: Written) -> Certificate:
        return certify(self.points, lambda at: self.numbers.error(at, written, gradient(at, subject)))
