"""What `gradcalc explain` prints: the facts that JSON holds, a contract, and the derivations that a person reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gradcalc.analysis.lost_derivatives import lost_derivatives
from gradcalc.arithmetic.float64 import is_low_precision
from gradcalc.derivation.certificate import DIGITS, Certificate
from gradcalc.derivation.explain import notation_of
from gradcalc.derivation.explanation import Derivation, Explanation, Step, Term
from gradcalc.derivation.steps import WITHOUT_LOG_OF_0, with_logs_of_powers
from gradcalc.derivation.symbolic_graph import CHAIN
from gradcalc.expressions.expression import Expression, Symbol, symbols_in
from gradcalc.expressions.numerals import text as numeral
from gradcalc.expressions.print_latex import LaTeX
from gradcalc.expressions.print_matrices import write_matrices
from gradcalc.expressions.print_unicode import Unicode
from gradcalc.expressions.walk import Notation, write
from gradcalc.network.network import Layer, Network, bracketed, numbers
from gradcalc.report.report import Aligned, Block, Deferred, Heading, Note, Percent, Report, Style, Words
from gradcalc.report.text import gradient, listed, plural
from gradcalc.views import explain_tables as tables
from gradcalc.views.network_header import (
    computed_in,
    envelope,
    in_arithmetic,
    network_facts,
    not_finite,
    quantity,
    title,
)
from gradcalc.views.zero_reasons import lost_reason, rounded_sum

MOST_STEPS = 60  # steps and gradients of several paths up to which the paths are shown as well

MOST_NUMBERS = 4_096
MOST_LOST = 3  # units whose outputs round to their targets that are named


def report(explanation: Explanation, warnings: tuple[str, ...] = (), digits: int = 6, every: bool = False) -> Report:
    """The explanation as a report; headings have numbers of so many digits. With `every` entry and path."""

    is_symbolic = explanation.symbols is not None and not any(one.rounded for one in explanation.derivations.values())

    def blocks() -> Iterator[Block]:
        return page(explanation, digits, 0 if is_symbolic else tables.ALL if every else tables.MOST_ENTRIES)

    def program(style: Style) -> str:
        from gradcalc.views.explain_python import program

        return program(explanation, blocks, style)

    names = listed([gradient(name, quantity(explanation.network)) for name in explanation.derivations])
    return Report(
        Deferred(lambda: in_arithmetic(facts(explanation), explanation.arithmetic)),
        blocks,
        table=lambda: tables.step_table(explanation),
        program=program,
        warnings=warnings,
        title=f"{explanation.network.name}: derivation of {names}",
    )


def facts(explanation: Explanation) -> dict[str, Any]:
    """The whole answer, which JSON prints: keys and their order are a contract."""
    writing = _Writing(explanation)
    forward = [writing.step(step) for step in explanation.forward]
    derived = {name: writing.derivation(found) for name, found in explanation.derivations.items()}
    kinks = list(dict.fromkeys(kink.node for kink in explanation.kinks if kink.dps is None))
    return {
        **envelope("explain"),
        **network_facts(explanation.network, explanation.loss),
        **({"forward": forward} if forward else {}),
        **({"shapes": writing.shapes()} if explanation.shapes else {}),
        "wrt": derived,
        **({"kinks": kinks} if kinks else {}),
    }


class _Writing:
    """Expressions as SymPy's text and as LaTeX."""

    def __init__(self, explanation: Explanation) -> None:
        self._of = quantity(explanation.network)
        self._shapes = explanation.shapes
        self._text = notation_of(explanation.network)
        self._latex: Notation = LaTeX()

    def derivation(self, found: Derivation) -> dict[str, Any]:
        """One gradient."""
        return {
            "value": found.value,
            "formula": self._sympy(found.formula),
            "where": [[self._text.symbol(symbol), self._sympy(tree)] for symbol, tree in found.where],
            "latex": write(found.short or found.formula, self._latex),
            "steps": [written for step in found.steps for written in self.steps(step)],
            "count": found.count,
            "top": [self.term(term) for term in found.terms],
            "certified": certified(found.certificate),
            **({} if found.rounded is None else {"rounded": found.rounded._asdict()}),
        }

    def steps(self, step: Step) -> Iterator[dict[str, Any]]:
        """A step; before it the paths that its sum is made of."""
        for path in step.paths:
            yield self.step(step._replace(rule=CHAIN, right=path.product, numbers=path.numbers, value=path.value))
        yield self.step(step)

    def step(self, step: Step) -> dict[str, Any]:
        """One rule at work: the derivative of what, by what; without a value of thousands of numbers."""
        formula, in_numbers = step.right, step.numbers
        if step.rule == WITHOUT_LOG_OF_0:
            formula, in_numbers = with_logs_of_powers(formula), in_numbers and with_logs_of_powers(in_numbers)
        return {
            "rule": step.rule,
            "of": self._name(step.of),
            "by": self._name(step.by),
            "formula": self._sympy(formula),
            "numbers": None if in_numbers is None else self._sympy(in_numbers),
            "latex": write(step.right, self._latex),
            "value": None if getattr(step.value, "size", 0) > MOST_NUMBERS else step.value,
        }

    def term(self, term: Term) -> dict[str, Any]:
        """One path; `at` only where a tied parameter has several uses."""
        written: dict[str, Any] = {
            "nodes": list(term.nodes),
            "through": list(term.through),
            "formula": None if term.formula is None else self._sympy(term.formula),
            "latex": None if term.product is None else write(term.product, self._latex),
            "value": term.value,
            "share": term.share,
        }
        return written if term.at is None else written | {"at": term.at}

    def shapes(self) -> dict[str, list[int]]:
        """Rows and columns of what is a MatrixSymbol in the texts of steps over layers."""
        return {self._text.symbol(symbol): [*shape, 1][:2] for symbol, shape in self._shapes.items()}

    def _sympy(self, tree: Expression) -> str:
        return write_matrices(tree, self._text, self._shapes)

    def _name(self, symbol: Symbol | None) -> str:
        return self._of if symbol is None else self._text.symbol(symbol)


def page(explanation: Explanation, digits: int, most: int) -> Iterator[Block]:
    """Title, notes of the spec, every derivation, the legend, and how they were checked. Values have at most so many
    entries; in symbols there are none."""
    network = explanation.network
    yield Heading(title(network))
    if network.notes:
        yield from map(Note, filter(str.strip, network.notes.splitlines()))
    if explanation.symbols is not None:
        yield from tables.opening(explanation.symbols, network.of is None)
    if explanation.kinks or explanation.rounded or network.may_lack_digits(explanation.arithmetic):
        from gradcalc.views.kink_sentences import derivative_sentences

        few = explanation.kinks, explanation.rounded, network, explanation.arithmetic
        yield from map(Note, derivative_sentences(*few, quantity(network)))
    if explanation.forward:
        yield Heading("Forward")
        yield Aligned(tables.terse([tables.step_line(step, most) for step in explanation.forward]))
    derivations = list(explanation.derivations.values())
    steps = shared(derivations)
    if len(derivations) > 1:
        yield from together(explanation, steps, most)
    else:
        for name, found in explanation.derivations.items():
            yield from derivation(explanation, name, found, digits, most)
    inputs = {symbol: value for one in derivations for symbol, value in one.inputs.items()}
    if most and (told := tables.values_used(inputs)) is not None:
        yield Note(told)
    yield from rounded_sums(explanation, most)
    yield from ended_early(explanation)
    yield from lost(explanation)
    yield from uncancelled([*explanation.forward, *steps, *(one.steps[-1] for one in derivations)], most)
    yield from carried(explanation)
    meaning = tables.legend(explanation, quantity(network), most)
    if meaning:
        yield Note(meaning, "legend")
    if is_low_precision(explanation.arithmetic):
        yield from in_low_precision(explanation)
    yield Note(certificate(explanation))


def derivation(explanation: Explanation, name: str, found: Derivation, digits: int, most: int) -> Iterator[Block]:
    """The value, the steps, and the paths where there are several; in symbols the closed form."""
    of = quantity(explanation.network)
    value, rounded = found.value, ""
    if found.rounded is not None:
        value, rounded = found.rounded.value, f" with {plural(found.rounded.decimals, 'decimal')},"
    told = "" if not most or isinstance(value, list) else f" = {numeral(value, digits)}"
    over = f", summed over {plural(found.count, 'path')}" if found.count > 1 else ""
    yield Heading(f"{gradient(name, of)}{told}{rounded} by the chain rule{over}")
    yield Aligned(
        tables.terse([line for step in found.steps for line in tables.step_lines(explanation.network, step, most)])
    )
    if found.count > 1:
        yield from paths(explanation.network, gradient(name, of), found, most)
    if explanation.symbols is not None:
        yield from tables.closing(found, explanation.symbols.exact.get(name))


def ended_early(explanation: Explanation) -> Iterator[Note]:
    """Where loss and softmax are one, that paths of single units are fewer here than where each output ends one."""
    network = explanation.network
    over_units = [found for name, found in explanation.derivations.items() if name.endswith("]")]
    rules = {step.rule for found in over_units for step in found.steps}
    for node in dict.fromkeys(target.node for target in network.targets):
        layer, early = network.nodes[node], network.fused_loss(node)
        if early is None or early.fused is None or early.fused.rule not in rules or not isinstance(layer, Layer):
            continue
        if layer.activation.couples and layer.width > 1:
            one = f"{network.loss.name} and {layer.activation.text} of {layer.name} are differentiated as one"
            others = f"`compute` and `paths` count it once for each of {layer.width} outputs"
            yield Note(f"{one}: a path to a z of {layer.name} is one path here, {others}.")


def together(explanation: Explanation, steps: Sequence[Step], most: int) -> Iterator[Block]:
    """Several derivations: the steps that they share once, from the loss back, then the last step of each; of few steps
    the paths as well."""
    derivations, of = explanation.derivations, quantity(explanation.network)
    if steps:
        yield Heading(f"From {'the loss' if explanation.network.of is None else of} back")
        yield Aligned(
            tables.terse([line for step in steps for line in tables.step_lines(explanation.network, step, most)])
        )
    yield Heading("Gradients")
    yield Aligned([tables.step_line(found.steps[-1], most) for found in derivations.values()])
    several = {name: found for name, found in derivations.items() if found.count > 1}
    if len(steps) + len(several) > MOST_STEPS:
        yield Note("--wrt NAME derives one of them along its paths.")
        several = {}
    for name, found in several.items():
        yield from paths(explanation.network, gradient(name, of), found, most)
    if explanation.symbols is not None:
        for name, found in derivations.items():
            yield from tables.closing(found, explanation.symbols.exact.get(name))


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


def paths(network: Network, name: str, found: Derivation, most: int) -> Iterator[Block]:
    """The products along the paths, the largest first, as many as leave the derivation readable."""
    lines = list(tables.fitting(network, found.terms, most))
    number = len(lines)
    which = f"{number} {'largest ' * (number < found.count)}paths" if number > 1 else "largest path"
    yield Heading(f"The {which} of {name}")
    yield Aligned(lines)
    if number < found.count:
        yield Note(f"and {plural(found.count - number, 'more path')}; the steps above sum them all.")


def lost(explanation: Explanation) -> Iterator[Block]:
    """Which derivatives of the loss are 0 only as numbers are rounded, where gradients are 0."""
    network, values = explanation.network, [found.value for found in explanation.derivations.values()]
    if all(all(numbers(value)) for value in values if not hasattr(value, "tolist")):
        return
    found = lost_derivatives(network, explanation.arithmetic)
    places = list(dict.fromkeys((one.node, one.unit) for one in found))
    for node, unit in places[:MOST_LOST]:
        yield Note(f"{lost_reason(network, explanation.arithmetic, node, unit)}.")
    if len(places) > MOST_LOST:
        yield Note(f"So it is of {plural(len(places) - MOST_LOST, 'other unit')} of outputs.")


def rounded_sums(explanation: Explanation, most: int) -> Iterator[Note]:
    """Which gradients are not what their paths add up to, as numbers are rounded."""
    gradients = (one for one in explanation.rounded if one.kind == "gradient")
    without_digits = {one.name for one in gradients if one.left != "few digits"}
    for name, found in explanation.derivations.items() if most else ():
        several = len(found.terms) == found.count > 1 and name not in without_digits
        if several and not isinstance(found.value, list) and not hasattr(found.value, "tolist"):
            subject, parts = gradient(name, quantity(explanation.network)), [term.value for term in found.terms]
            if (told := rounded_sum(subject, found.value, parts, explanation.arithmetic)) is not None:
                yield Note(told)


def uncancelled(steps: Sequence[Step], most: int) -> Iterator[Block]:
    """Which numbers of a page's steps are those of a form without cancellation, and why."""
    found = [step for step in steps if step.is_exact and step.numbers]
    if most and found:
        left = list(dict.fromkeys(write(step.left, Unicode()) for step in found))
        form = next((form for name, form in FORMS.items() if any(step.rule.startswith(name) for step in found)), "")
        yield Note(
            f"Rounded numbers would cancel in {listed(left)}: they are put into a form without cancellation{form}."
        )


FORMS = {"sigmoid": ", such as σ(z)·σ(−z) for σ(z)(1 − σ(z))", "tanh": ", such as 1/cosh(z)² for 1 − tanh(z)²"}
"""Such forms, by how the rules of activations begin that have them."""


def carried(explanation: Explanation) -> Iterator[Block]:
    """Where numbers are rounded, how far that leads off: of a matrix its worst entry; nothing of what has no digit, and
    of 0 in place of 0 that it is one."""
    gradients = (one for one in explanation.rounded if one.kind == "gradient")
    without_digits = {one.name for one in gradients if one.left != "few digits"}
    for name, found in explanation.derivations.items():
        if found.rounded is not None:
            decimals, value, error, entry = found.rounded
            places = f"With every number rounded to {plural(decimals, 'decimal')}"
            values = (tables.shown(number) for number in (value, found.value))
            ours, exact = (number if isinstance(number, tuple) else (number,) for number in values)
            start = f"{places} {gradient(name, quantity(explanation.network))} is "
            if error is None and not any(numbers(value)):
                yield Note((start, *ours, ", as it is without."))
                continue
            which = f"; the worst entry, {bracketed(entry)}, is " if entry else ": "
            off: Words = (which, "0 without") if error is None else (which, Percent(error), " off")
            told = () if name in without_digits or (error is None and not entry) else off
            yield Note((start, *ours, " in place of ", *exact, *told, "."))


def in_low_precision(explanation: Explanation) -> Iterator[Block]:
    """Which gradients are no numbers there, and how all were computed."""
    found = {name: one.value for name, one in explanation.derivations.items()}
    values = {name: value.tolist() if hasattr(value, "tolist") else value for name, value in found.items()}
    if (told := not_finite(values, explanation.network, explanation.arithmetic)) is not None:
        yield Note(told, "result")
    yield Note(f"{computed_in(explanation.arithmetic)} A line may differ from its numbers by that rounding.")


def certified(found: Certificate) -> dict[str, Any]:
    """How far a derivation is off, and at how many points; where at some it could not be told, at how many, and whether
    the network's own was compared."""
    error, points, unresolved, here = found
    told = {"unresolved": unresolved, "here": here} if unresolved else {}
    return {"relative_error": error, "points": points, **told}


def certificate(explanation: Explanation) -> str:
    """How the derivations were checked, and where they could not be."""
    checks = [found.certificate for found in explanation.derivations.values()]
    points, here = min(check.points for check in checks), all(check.here for check in checks)
    unresolved = any(check.unresolved for check in checks)
    why = f"{DIGITS[-1]:,} digits leave nothing to compare, as rounding is amplified"
    if not points:
        return f"Not checked: {why}."
    errors = [check.relative_error for check in checks if check.relative_error is not None]
    others = points - here
    random = f"at {others} random points" if others > 1 else "at a random point"
    where = " and ".join(["here"] * here + [f"{random} (other weights and inputs)"] * bool(others))
    formulas = "these formulas equal" if len(checks) > 1 else "this formula equals"
    how = f"to a relative difference of {numeral(max(errors), 2)}" if max(errors) else "in every digit computed"
    rest = f" {'At other points' if here else 'Here'} {why}." if unresolved else ""
    numbers = " in float64" * is_low_precision(explanation.arithmetic)  # a formula is of numbers that nothing rounds so
    numbers += " without that rounding" * any(one.rounded is not None for one in explanation.derivations.values())
    return f"Checked{numbers}: {where} {formulas} backpropagation {how}.{rest}"
