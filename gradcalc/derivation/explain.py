"""The derivations of a network's gradients, each checked against the engine before anybody sees it."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.derivation.numbers import Numbers
from gradcalc.derivation.steps import Explanation
from gradcalc.network import Network
from gradcalc.problems import UsageError
from gradcalc.questions.point import point
from gradcalc.questions.subjects import subjects
from gradcalc.units.marks import ByUnit
from gradcalc.units.point import UnitPoint, unit_point
from gradcalc.writing.sympy_text import SymPyText
from gradcalc.writing.walk import write


def explain(network: Network, *, wrt: Sequence[str] = (), paths: int = 10) -> Explanation:
    """How the chain rule arrives at each gradient; where a gradient has very many paths, the `paths` largest.

    Raises UsageError for a `wrt` that matches nothing or a network without a target, DomainError, LimitError, and
    Disagreement where a derivation does not give the engine's number.
    """
    chosen = subjects(network, wrt)
    at = point(network)
    if at.loss is None:
        raise UsageError("without a target there is no loss, and nothing to derive: add target, or --target")
    at = at if isinstance(at, UnitPoint) else unit_point(at.graph, at.arithmetic)
    notation = notation_of(network)
    with at.arithmetic.context():
        numbers = Numbers(at, ByUnit(at.layout), paths, lambda tree: write(tree, notation))
        return Explanation(network, at.loss, {s.name: numbers.derivation(s) for s in chosen}, at.arithmetic.name)


def notation_of(network: Network) -> SymPyText:
    """SymPy's text in which the spec's names stay as they are."""
    names = [*(node.name for node in network.nodes), *(parameter.name for parameter in network.parameters)]
    return SymPyText(names)
