"""What a person reads of `gradcalc explain`: the steps of each derivation from the loss down to the gradient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcalc.blocks import Aligned, Block, Column, Heading, Line, Note, Table
from gradcalc.derivation.steps import Derivation, Explanation, Step, Term
from gradcalc.formulas.expression import Expression
from gradcalc.numerals import text as numeral
from gradcalc.phrases import gradient, over, route
from gradcalc.views.explain.sizes import shown
from gradcalc.writing.symbols import leaf
from gradcalc.writing.unicode import Unicode
from gradcalc.writing.walk import write

MOST_TERMS = 12


def page(explanation: Explanation, digits: int) -> Iterator[Block]:
    """Title, notes of the spec, and every derivation."""
    network = explanation.network
    yield Heading(f"{network.name} · {network.activation} · {network.loss.text}")
    if network.notes:
        yield Note(network.notes)
    for name, found in explanation.derivations.items():
        yield from derivation(name, found, digits)
    yield Note(certificate(explanation))


def derivation(name: str, found: Derivation, digits: int) -> Iterator[Block]:
    """The value, the steps, and the paths where there are several."""
    value = "" if isinstance(found.value, list) else f" = {numeral(found.value, digits)}"
    yield Heading(f"{gradient(name)}{value}, {ways(found)}")
    yield Aligned([line(step) for step in found.steps])
    if found.count > 1:
        yield Aligned([term_line(term) for term in found.terms[:MOST_TERMS]])
        if found.count > MOST_TERMS or len(found.terms) < found.count:
            yield Note(
                f"and {found.count - min(len(found.terms), MOST_TERMS)} more paths; the steps above sum them all."
            )


def ways(found: Derivation) -> str:
    """How many paths there are."""
    return f"by the chain rule along {found.count} paths" if found.count > 1 else "by the chain rule"


def line(step: Step) -> Line:
    """A step as a line."""
    return Line(step.left, step.words or step.right, shown(step.value), reason(step))


def reason(step: Step) -> str | Expression:
    """The rule, or what says more than it does."""
    if step.definition is None:
        return step.note or step.rule
    symbol, tree = step.definition
    return Expression("=", (leaf(symbol), tree))


def term_line(term: Term) -> Line:
    """A path as a line."""
    return Line(route(term.nodes), term.product or "", shown(term.value), along(term.through))


def along(through: Sequence[str]) -> str:
    """Over which edges a path goes."""
    return f"over {over(through)}" if through else ""


def certificate(explanation: Explanation) -> str:
    """How the derivations were checked."""
    checks = [found.certificate for found in explanation.derivations.values()]
    worst = max(check.relative_error for check in checks)
    points = min(check.points for check in checks)
    return f"Checked against the engine at {points} points: largest relative error {worst:.1e}."


def step_table(explanation: Explanation) -> Table:
    """Every step as a row, for csv."""
    notation = Unicode()
    rows = []
    for name, found in explanation.derivations.items():
        for step in found.steps:
            left = step.left if isinstance(step.left, str) else write(step.left, notation)
            rows.append([name, left, write(step.right, notation), step.value, step.rule])
    return Table([Column(text) for text in ("name", "what", "formula", "value", "rule")], rows)
