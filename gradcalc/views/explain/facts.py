"""The facts of `gradcalc explain`, which JSON prints: keys and their order are a contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradcalc
from gradcalc.derivation.explain import notation_of
from gradcalc.derivation.explanation import Derivation, Explanation, Step, Term
from gradcalc.derivation.symbolic_graph import CHAIN
from gradcalc.expressions.expression import Expression, Symbol
from gradcalc.expressions.print_latex import LaTeX
from gradcalc.expressions.walk import Notation, write

MOST_NUMBERS = 4_096


def facts(explanation: Explanation) -> dict[str, Any]:
    """The whole answer."""
    telling = _Telling(explanation)
    derived = {name: telling.derivation(found) for name, found in explanation.derivations.items()}
    told = {
        "gradcalc": gradcalc.__version__,
        "command": "explain",
        "name": explanation.network.name,
        "activations": list(explanation.network.activations),
        "loss": explanation.loss._asdict(),
    }
    kinks = {"kinks": list(explanation.kinks)} if explanation.kinks else {}
    forward = [telling.step(step) for step in explanation.forward]
    return {**told, **({"forward": forward} if forward else {}), "wrt": derived, **kinks}


class _Telling:
    """Expressions as SymPy's text and as LaTeX."""

    def __init__(self, explanation: Explanation) -> None:
        self._text = notation_of(explanation.network)
        self._latex: Notation = LaTeX()

    def derivation(self, found: Derivation) -> dict[str, Any]:
        """One gradient."""
        return {
            "value": found.value,
            "formula": write(found.formula, self._text),
            "where": [[self._text.symbol(symbol), write(tree, self._text)] for symbol, tree in found.where],
            "latex": write(found.short or found.formula, self._latex),
            "steps": [told for step in found.steps for told in self.steps(step)],
            "count": found.count,
            "top": [self.term(term) for term in found.terms],
            "certified": found.certificate._asdict(),
            **({} if found.rounded is None else {"rounded": found.rounded._asdict()}),
        }

    def steps(self, step: Step) -> Iterator[dict[str, Any]]:
        """A step; before it the paths that its sum is made of."""
        for path in step.paths:
            yield self.step(step._replace(rule=CHAIN, right=path.product, numbers=path.numbers, value=path.value))
        yield self.step(step)

    def step(self, step: Step) -> dict[str, Any]:
        """One rule at work: the derivative of what, by what."""
        return {
            "rule": step.rule,
            "of": self._name(step.of),
            "by": self._name(step.by),
            "formula": write(step.right, self._text),
            "numbers": self._or_none(step.numbers, self._text),
            "latex": write(step.right, self._latex),
            "value": _unless_large(step.value),
        }

    def term(self, term: Term) -> dict[str, Any]:
        """One path; `at` only where a tied parameter has several uses."""
        said: dict[str, Any] = {"nodes": list(term.nodes), "through": list(term.through)}
        said |= {"formula": self._or_none(term.formula, self._text), "latex": self._or_none(term.product, self._latex)}
        said |= {"value": term.value, "share": term.share}
        return said if term.at is None else said | {"at": term.at}

    def _or_none(self, tree: Expression | None, notation: Notation) -> str | None:
        return None if tree is None else write(tree, notation)

    def _name(self, symbol: Symbol | None) -> str:
        return "L" if symbol is None else self._text.symbol(symbol)


def _unless_large(value: Any) -> Any:
    """A step's value; null where it is an array of thousands of numbers, which the derivation's own value may be."""
    return None if getattr(value, "size", 0) > MOST_NUMBERS else value
