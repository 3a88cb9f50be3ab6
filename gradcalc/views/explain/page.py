"""What a person reads of `gradcalc explain`: the steps of each derivation from the loss down to the gradient."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gradcalc.derivation.explanation import Derivation, Explanation, Step, Term
from gradcalc.derivation.rules import JACOBIAN
from gradcalc.expressions.build import size, symbols_in
from gradcalc.expressions.expression import (
    BENT,
    DELTA,
    JOINED,
    MEAN,
    PREACTIVATION,
    SCALE,
    SOURCE,
    TARGET,
    Expression,
    Symbol,
    is_derivative,
    leaf,
)
from gradcalc.expressions.numerals import text as numeral
from gradcalc.expressions.print_unicode import Unicode
from gradcalc.expressions.walk import write
from gradcalc.report.report import Aligned, Block, Column, Heading, Line, Note, Percent, Table
from gradcalc.report.text import edge_list, gradient, node_list
from gradcalc.views.explain.sizes import shown
from gradcalc.views.title import title

MOST_TERMS, MOST_LEAVES, MOST_STEPS, MOST_REASONS = 12, 100, 60, 24


def page(explanation: Explanation, digits: int) -> Iterator[Block]:
    """Title, notes of the spec, and every derivation."""
    network = explanation.network
    yield Heading(title(network))
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
    if explanation.forward:
        yield Heading("Forward")
        yield Aligned(terse([line(step, explanation.symbols is None) for step in explanation.forward]))
    if len(derivations) > 1:
        yield from together(explanation)
    else:
        for name, found in derivations.items():
            yield from derivation(explanation, name, found, digits)
    yield from carried(explanation, digits)
    meant = legend(explanation)
    if meant:
        yield Note(meant, "legend")
    yield Note(certificate(explanation))


def carried(explanation: Explanation, digits: int) -> Iterator[Block]:
    """Where intermediates are rounded, how far that leads off."""
    for name, found in explanation.derivations.items():
        if found.rounded is not None:
            places = f"{found.rounded.decimals} decimal{'s' * (found.rounded.decimals != 1)}"
            error, exact = found.rounded.relative_error, shown(found.value)
            parts = exact if isinstance(exact, tuple) else (exact,)
            off = ("; it is 0 without.",) if error is None else (": ", Percent(error), " off.")
            said = f"With intermediates rounded to {places} {gradient(name)} is "
            result = shown(found.rounded.value)
            yield Note((said, *(result if isinstance(result, tuple) else (result,)), " in place of ", *parts, *off))


LEGEND = {
    DELTA: "δ = ∂L/∂z",
    PREACTIVATION: "z: the preactivation of a layer",
    BENT: "a: the activation of a layer, before a skip is added",
    JOINED: "j: the joined sources of a layer",
    SOURCE: "u: a weighed source of a layer",
    MEAN: "μ: the mean of a layer's preactivations",
    SCALE: "r: the factor of a norm",
    JACOBIAN: "J: the Jacobian of a layer's activation",
    TARGET: "t: the target",
}
"""What the letters mean that no spec defines."""


def legend(explanation: Explanation) -> str:
    """A line that defines the letters of the steps, δ first."""
    steps = [step for found in explanation.derivations.values() for step in found.steps]
    symbols = {symbol for step in steps for tree in (step.left, step.right) for symbol in symbols_in(tree)}
    letters = {PREACTIVATION if is_derivative(symbol) else symbol.letter[:1] for symbol in symbols}
    meanings = [meaning for letter, meaning in LEGEND.items() if letter in letters]
    return "; ".join(meanings) + "." if meanings else ""


def together(explanation: Explanation) -> Iterator[Block]:
    """Several derivations: the steps that they share once, from the loss back, then the last step of each; of few steps
    the paths as well."""
    valued, derivations = explanation.symbols is None, explanation.derivations
    steps = shared(list(derivations.values()))
    if steps:
        yield Heading("From the loss back")
        yield Aligned(terse([line for step in steps for line in lines(step, valued)]))
    yield Heading("Gradients")
    yield Aligned([line(found.steps[-1], valued) for found in derivations.values()])
    several = {name: found for name, found in derivations.items() if found.count > 1}
    if len(steps) + len(several) > MOST_STEPS:
        yield Note("--wrt NAME derives one of them along its paths.")
        several = {}
    for name, found in several.items():
        yield Heading(f"{gradient(name)}, summed over {found.count} paths")
        yield from paths(found, valued)
    if explanation.symbols is not None:
        from gradcalc.views.explain.symbols import closing

        for name, found in derivations.items():
            yield from closing(found, explanation.symbols.exact.get(name))


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
    yield Heading(f"{gradient(name)}{value} {summation(found)}")
    yield Aligned(terse([line for step in found.steps for line in lines(step, not in_symbols)]))
    if found.count > 1:
        yield from paths(found, not in_symbols)
    if explanation.symbols is not None:
        from gradcalc.views.explain.symbols import closing

        yield from closing(found, explanation.symbols.exact.get(name))


def paths(found: Derivation, valued: bool) -> Iterator[Block]:
    """The products along the paths, the largest first, as many as leave the derivation readable."""
    shown_terms = list(fitting(term_line(term, valued) for term in found.terms))
    yield Aligned(shown_terms)
    if len(shown_terms) < found.count:
        yield Note(f"and {found.count - len(shown_terms)} more paths; the steps above sum them all.")


def fitting(lines: Iterable[Line]) -> Iterator[Line]:
    """The first dozen, fewer where they are long; always one."""
    leaves = 0
    for number, line in enumerate(lines):
        leaves += 1 if isinstance(line.right, str) else size(line.right)
        if number and (number >= MOST_TERMS or leaves > MOST_LEAVES):
            return
        yield line


def terse(lines: list[Line]) -> list[Line]:
    """Of many lines the rule only where it is another than in the line before, and no numbers put in."""
    if len(lines) <= MOST_REASONS:
        return lines
    lines = [line._replace(numbers=None) for line in lines]
    before = [None, *(line.reason for line in lines)]
    return [line._replace(reason="") if line.reason == last else line for line, last in zip(lines, before)]


def summation(found: Derivation) -> str:
    """How many paths there are."""
    return f"by the chain rule, summed over {found.count} paths" if found.count > 1 else "by the chain rule"


def lines(step: Step, valued: bool) -> Iterator[Line]:
    """A step as lines: under it the paths that its sum is made of."""
    yield line(step, valued)
    for path in step.paths:
        yield Line(f"  {along(path.through)}", path.product, path.value if valued else None)


def line(step: Step, valued: bool) -> Line:
    """A step as a line."""
    numbers = step.numbers if valued and step.right.parts else None
    return Line(step.left, step.right, shown(step.value) if valued else None, reason(step), numbers)


def reason(step: Step) -> str | Expression:
    """The rule, or what says more than it does."""
    if step.definition is None:
        return f"sum over {len(step.paths)} paths" if step.paths else step.rule
    symbol, tree = step.definition
    if step.local is None:
        return Expression("=", (leaf(symbol), tree))
    return Expression("=", (Expression("partial", (leaf(symbol), leaf(step.by))), step.local))


def term_line(term: Term, valued: bool) -> Line:
    """A path as a line."""
    value = shown(term.value) if valued or term.product is None else None
    return Line(node_list(term.nodes), term.product or "", value, along(term.through))


def along(through: Sequence[str]) -> str:
    """The weights and skips on a path."""
    return f"through {edge_list(through)}" if through else ""


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
