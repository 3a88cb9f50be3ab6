"""What a person reads of `gradcalc explain`: the steps of each derivation from the loss down to the gradient."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gradcalc.derivation.explanation import Derivation, Explanation, Step, Term
from gradcalc.expressions.build import size, symbols_in
from gradcalc.expressions.expression import Expression
from gradcalc.expressions.numerals import text as numeral
from gradcalc.expressions.print_unicode import Unicode
from gradcalc.expressions.symbols import Symbol, leaf
from gradcalc.expressions.walk import write
from gradcalc.report.report import Aligned, Block, Column, Heading, Line, Note, Table
from gradcalc.report.text import gradient, over, route
from gradcalc.views.explain.sizes import shown

MOST_TERMS, MOST_LEAVES, MOST_STEPS, MOST_REASONS = 12, 100, 60, 24


def page(explanation: Explanation, digits: int) -> Iterator[Block]:
    """Title, notes of the spec, and every derivation."""
    network = explanation.network
    yield Heading(f"{network.name} · {network.activation} · {network.loss.text}")
    if network.notes:
        yield from map(Note, filter(str.strip, network.notes.splitlines()))
    if explanation.symbols is not None:
        from gradcalc.views.explain.symbols import opening

        yield from opening(explanation.symbols)
    if explanation.kinks:
        yield Note(
            f"On a kink: {', '.join(explanation.kinks)}. The number there is gradcalc's convention, no derivative."
        )
    derivations = explanation.derivations
    if len(derivations) > 1 and sum(len(found.steps) for found in derivations.values()) > MOST_STEPS:
        yield from together(explanation)
    else:
        for name, found in derivations.items():
            yield from derivation(explanation, name, found, digits)
    yield Note(certificate(explanation))


def together(explanation: Explanation) -> Iterator[Block]:
    """Many derivations: what they share once, from the loss back, then the last step of each."""
    valued, derivations = explanation.symbols is None, explanation.derivations.values()
    yield Heading("From the loss back")
    yield Aligned(terse([line(step, valued) for step in shared(list(derivations))]))
    yield Heading("Gradients")
    yield Aligned([line(found.steps[-1], valued) for found in derivations])
    if any(found.paths > 1 for found in derivations):
        yield Note("--wrt NAME derives one of them along its paths.")


def shared(derivations: Sequence[Derivation]) -> list[Step]:
    """The steps of the longest derivation, and of the others what their own last steps need beside them."""
    found: dict[Symbol, Step] = {}
    for derivation in sorted(derivations, key=lambda one: len(one.steps), reverse=True):
        own = {step.left.value: step for step in derivation.steps[:-1]}
        wanted = set(symbols_in(derivation.steps[-1].right)) if found else set(own)
        more: dict[Symbol, Step] = {}
        for symbol, step in reversed(own.items()):
            if symbol in wanted and symbol not in found:
                more[symbol] = step
                wanted.update(symbols_in(step.right))
        found |= dict(reversed(more.items()))
    return list(found.values())


def derivation(explanation: Explanation, name: str, found: Derivation, digits: int) -> Iterator[Block]:
    """The value, the steps, and the paths where there are several; in symbols the closed form."""
    in_symbols = explanation.symbols is not None
    value = "" if in_symbols or isinstance(found.value, list) else f" = {numeral(found.value, digits)}"
    yield Heading(f"{gradient(name)}{value}, {ways(found)}")
    yield Aligned(terse([line for step in found.steps for line in lines(step, not in_symbols)]))
    if found.paths > 1:
        yield from paths(found, not in_symbols)
    if explanation.symbols is not None:
        from gradcalc.views.explain.symbols import closing

        yield from closing(found, explanation.symbols.exact.get(name))


def paths(found: Derivation, valued: bool) -> Iterator[Block]:
    """The products along the paths, the largest first, as many as leave the derivation readable."""
    shown_terms = list(fitting(term_line(term, valued) for term in found.terms))
    yield Aligned(shown_terms)
    if len(shown_terms) < found.paths:
        yield Note(f"and {found.paths - len(shown_terms)} more paths; the steps above sum them all.")


def fitting(lines: Iterable[Line]) -> Iterator[Line]:
    """The first dozen, fewer where they are long; always one."""
    leaves = 0
    for number, line in enumerate(lines):
        leaves += 1 if isinstance(line.right, str) else size(line.right)
        if number and (number >= MOST_TERMS or leaves > MOST_LEAVES):
            return
        yield line


def terse(lines: list[Line]) -> list[Line]:
    """Of many lines the rule only where it is another than in the line before."""
    if len(lines) <= MOST_REASONS:
        return lines
    before = [None, *(line.reason for line in lines)]
    return [line._replace(reason="") if line.reason == last else line for line, last in zip(lines, before)]


def ways(found: Derivation) -> str:
    """How many paths there are."""
    return f"by the chain rule along {found.paths} paths" if found.paths > 1 else "by the chain rule"


def lines(step: Step, valued: bool) -> Iterator[Line]:
    """A step as lines: before it the paths that its sum is made of."""
    for path in step.paths:
        yield Line(route(path.nodes), path.product, path.value if valued else None, along(path.through))
    yield line(step, valued)


def line(step: Step, valued: bool) -> Line:
    """A step as a line."""
    return Line(step.left, step.right, shown(step.value) if valued else None, reason(step))


def reason(step: Step) -> str | Expression:
    """The rule, or what says more than it does."""
    if step.definition is None:
        return step.rule
    symbol, tree = step.definition
    return Expression("=", (leaf(symbol), tree))


def term_line(term: Term, valued: bool) -> Line:
    """A path as a line."""
    value = shown(term.value) if valued or term.product is None else None
    return Line(route(term.nodes), term.product or "", value, along(term.through))


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
    """Every entry of every step as a row, for csv."""
    from gradcalc.network.network import entries

    notation = Unicode()
    rows = []
    for name, found in explanation.derivations.items():
        for step in found.steps:
            left = write(step.left, notation)
            formula = write(step.right, notation)
            for index, value in entries(step.value):
                rows.append([name, left, ",".join(map(str, index)), formula, value, step.rule])
    return Table([Column(text) for text in ("name", "what", "entry", "formula", "value", "rule")], rows)
