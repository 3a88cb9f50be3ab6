"""What a person reads of `gradcalc explain`: the steps of each derivation from the loss down to the gradient."""

from __future__ import annotations

from collections.abc import Iterator

from gradcalc.blocks import Aligned, Block, Column, Heading, Line, Note, Table
from gradcalc.derivation.steps import Derivation, Explanation, Step, Term
from gradcalc.numerals import text as numeral
from gradcalc.phrases import gradient, over, route
from gradcalc.writing.unicode import Unicode
from gradcalc.writing.walk import write

DIGITS = 6


def page(explanation: Explanation) -> Iterator[Block]:
    """Title, notes of the spec, and every derivation."""
    network = explanation.network
    yield Heading(f"{network.name} · {network.activation} · {network.loss.text}")
    if network.notes:
        yield Note(network.notes)
    for name, found in explanation.derivations.items():
        yield from derivation(name, found)
    yield Note(certificate(explanation))


def derivation(name: str, found: Derivation) -> Iterator[Block]:
    """The value, the steps, and the paths where there are several."""
    yield Heading(f"{gradient(name)} = {numeral(found.value, DIGITS)}        {ways(found)}")
    yield Aligned([line(step) for step in found.steps])
    if found.count > 1:
        yield Aligned([term_line(term) for term in found.terms])


def ways(found: Derivation) -> str:
    """How many paths there are."""
    return "by the chain rule" + (f", along {found.count} paths" if found.count > 1 else "")


def line(step: Step) -> Line:
    """A step as a line."""
    return Line(step.left, step.words or step.right, step.value, reason(step))


def reason(step: Step) -> str:
    """The rule, or what says more than it does."""
    if step.definition is None:
        return step.note or step.rule
    symbol, tree = step.definition
    notation = Unicode()
    return f"{notation.symbol(symbol)} = {write(tree, notation)}"


def term_line(term: Term) -> Line:
    """A path as a line."""
    return Line(route(term.nodes), term.product, term.value, over(term.through))


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
