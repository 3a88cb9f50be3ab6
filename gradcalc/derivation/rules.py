"""The rules of differentiation: what the textbook of an activation or a loss says, as expressions.

`derivative` is the form to read, σ′ = y(1 − y); `exact` the form to compute with, which loses nothing to cancellation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import combinations
from math import prod
from typing import TYPE_CHECKING

from gradcalc.errors import LimitError
from gradcalc.expressions.expression import (
    MEAN,
    ONE,
    SCALE,
    ZERO,
    Expression,
    Literal,
    call,
    difference,
    factors_of,
    filled,
    in_postorder,
    name,
    names_of,
    negative,
    number,
    product,
    quotient,
    ratio,
    rational,
    reduced,
    size,
    with_ratios,
)
from gradcalc.expressions.textbook import Textbook, read, readable
from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.activations import Activation
    from gradcalc.losses import Loss

Names = Mapping[str, Expression]
Options = tuple[tuple[str, Expression], ...]
JACOBIAN, PROBABILITIES = "J", "p"
STATISTICS = {"mu": MEAN, "r": SCALE}  # the letters of the numbers of a layer that a textbook names

LONGEST_DERIVATIVE = 20_000  # leaves of a derivative that is written out
OF_FORMULA = "derivative of the formula"


class DerivativeRule(Record):
    """What a derivation says of an activation, in x, the output y and the names of `statistics`."""

    name: str  # "sigmoid: σ′ = σ(1 − σ)"
    letter: str  # of the derivative: "σ′"; of a Jacobian "J"
    value: Expression
    derivative: Expression
    exact: Expression
    statistics: Sequence[tuple[str, Expression]] = ()


def rule_of(activation: Activation, units: int = 1) -> DerivativeRule:
    """The rule of an activation, of a formula by SymPy; `units` are those that a row takes together."""
    values = {} if activation.parametric else activation.options
    options = tuple((option, constant(value)) for option, value in values.items())
    texts = activation.formula, activation.derivative_formula, activation.textbook
    return _rule(activation.name, *texts, options, units if activation.couples else 0)


@cache
def _rule(name: str, formula: str, derived: str, book: Textbook | None, options: Options, units: int) -> DerivativeRule:
    if book is None:
        value, in_z = (parsed(formula, ("x",), bound) for bound in ({}, {"x": Expression("name", value="z")}))
        exact = differentiated(formula, ("x",), "x")
        return DerivativeRule(rule_of_formula(in_z), "f′", value, exact, exact)
    if 0 < units <= len(book.few):
        book = book.few[units - 1]
    bound = dict(options) | {name: Expression("constant", value=value) for name, value in book.constants}
    if units:
        ones, identity = Expression("ones", (), units), Expression("identity", (), units)
        bound |= {"n": number(units), "ones": ones, "identity": identity}
        bound["opposite"] = call("concat", ONE, negative(ONE))
    names = ("x", "y", "alpha", *(name for name, _ in book.statistics))
    value, derivative, exact = (
        parsed(text, names, bound)
        for text in (book.value or formula, book.derivative or derived, book.exact or book.derivative or derived)
    )
    statistics = [(name, parsed(text, names, bound)) for name, text in book.statistics]
    return DerivativeRule(
        book.rule, JACOBIAN if units else book.letter or f"{name}′", value, derivative, exact, statistics
    )


def rule_of_formula(value: Expression) -> str:
    """The rule of a formula, with the places where a part of it has no derivative, as |x| has none in |x|³."""
    found = kinks(value)
    if not found:
        return OF_FORMULA
    from gradcalc.expressions.print_unicode import Unicode
    from gradcalc.expressions.walk import write

    return f"{OF_FORMULA}; parts have kinks where " + ", ".join(write(kink, Unicode()) for kink in found)


def kinks(tree: Expression) -> list[Expression]:
    """The equations whose solutions are kinks: x = 0 of |x|, a = b of max(a, b)."""
    found: dict[Expression, Expression] = {}
    for node in in_postorder(tree):
        pairs: list[tuple[Expression, Expression]] = []
        if node.head in ("abs", "sign", "relu", "step", "cases"):
            pairs = [(node.parts[-1], ZERO)]
        elif node.head in ("max", "min"):
            pairs = [pair if pair[0] != ZERO else pair[::-1] for pair in combinations(compared(node), 2)]
        for left, right in pairs:
            found.setdefault(difference(left, right), Expression("=", (left, right)))
    return list(found.values())


def compared(extremum: Expression) -> list[Expression]:
    """The parts of a maximum or a minimum, of those that are constants the one that counts."""
    constants = [part for part in extremum.parts if not names_of(part)]
    if len(constants) < 2:
        return list(extremum.parts)
    from gradcalc.expressions import float_functions
    from gradcalc.expressions.compiled import evaluate

    chosen = {"max": max, "min": min}[extremum.head](constants, key=lambda part: evaluate(part, float_functions))
    return [part for part in extremum.parts if names_of(part) or part is chosen]


def parsed(text: str, names: Sequence[str], bound: Names) -> Expression:
    """A formula of a textbook as a tree with its options' values in it, its sums and products flat."""
    return filled(read(text, (*names, *bound)), bound)


def differentiated(formula: str, names: Sequence[str], variable: str) -> Expression:
    """The derivative of a formula, by SymPy. Raises LimitError where it would fill pages."""
    from gradcalc.expressions.parser import parse
    from gradcalc.expressions.sympy_form import derivative

    found = derivative(parse(formula, names), variable)
    if size(found) > LONGEST_DERIVATIVE:
        shown = f"{formula[:40]}…" if len(formula) > 40 else formula
        message = f"the derivative of {shown} has {size(found):,} numbers and names, written out, more than"
        raise LimitError(f"{message} {LONGEST_DERIVATIVE:,}; compute, paths and sweep need not write it out")
    return readable(found)


def constant(value: float) -> Expression:
    """A number of a spec, as it is written: 0.01, 2, 1/3."""
    if isinstance(value, Literal):
        from gradcalc.expressions.parser import parse_constant

        tree = filled(parse_constant(value.text), {})
        known = rational(tree)
        return tree if known is None else readable(ratio(*known))
    text = repr(float(abs(value))).removesuffix(".0")
    tree = Expression("number", value=text)
    return negative(tree) if value < 0 else tree


def loss_rule(loss: Loss, hard: bool = False) -> tuple[str, Expression, Expression]:
    """The rule by which the loss is differentiated, and its derivative by y, in y, t and total, to read and exactly;
    `hard` is one for targets 0 and 1 alone."""
    book = loss.textbook
    if book is None:
        derivative = differentiated(loss.per_unit, ("y", "t"), "y")
        return rule_of_formula(loss_term(loss)), derivative, derivative
    texts = (book.hard, book.hard) if hard else (book.derivative, book.exact or book.derivative)
    derivative, exact = (parsed(text, ("y", "t", "total", "p"), _options(loss)) for text in texts)
    return book.rule.format(**loss.options) + ", for targets 0 and 1" * hard, derivative, exact


def fused_rule(loss: Loss) -> tuple[str, Expression, Expression] | None:
    """The rule of a loss that is one with the activation before it, and the derivative by the preactivations x, to read
    and exactly; None where they are differentiated one after the other."""
    if loss.fused is None:
        return None
    texts = loss.fused.derivative, loss.fused.exact
    derivative, exact = (parsed(text, ("x", "y", "t", "total", "p"), {}) for text in texts)
    return loss.fused.rule, derivative, exact


def exact_by_output(loss: Loss, activation: Activation) -> Expression | None:
    """The derivative by the outputs y of a loss that is one with the activation, to compute with: that by x over σ′, in
    x, y and t, which loses nothing where y rounds to a bound; None where they are not one, or units are coupled."""
    fused = fused_rule(loss)
    return None if fused is None or activation.couples else quotient(fused[2], rule_of(activation).exact)


def loss_term(loss: Loss, of: str = "y") -> Expression:
    """One unit's term to read, in t and y, or x where it is written over those; that of a loss which takes the units
    together is one of whole layers."""
    share = {"p": call("softmax", name(of))}
    found = parsed(loss.cases or loss.term, (of, "t", "p"), _options(loss) | share)
    return readable(with_ratios(found)) if loss.cases else found


def _options(loss: Loss) -> dict[str, Expression]:
    return {option: constant(value) for option, value in loss.options.items()}


def scaled(loss: Loss, tree: Expression, units: int) -> Expression:
    """The tree with the loss's scale, multiplied into a number in front, and its division by the number of units."""
    scale, units = constant(loss.scale), units if loss.averaged else 1
    if tree.head == "negative":
        return negative(scaled(loss, tree.parts[0], units))
    if tree.head == "/" and tree.parts[1].head == "number" and tree.parts[1].value.isdigit():
        tree, units = tree.parts[0], int(tree.parts[1].value) * units
    numbers = [known for factor in (scale, *factors_of(tree)) if (known := rational(factor)) is not None]
    others = [factor for factor in (scale, *factors_of(tree)) if rational(factor) is None]
    above, below = (prod(parts) for parts in zip(*numbers)) if numbers else (1, 1)
    found = divided(product((readable(ratio(*reduced(abs(above), below))), *others)), units)
    return negative(found) if above < 0 else found


def divided(tree: Expression, by: int) -> Expression:
    """tree/by, a 2 in front cancelled where it can be."""
    if by == 1:
        return tree
    if tree.head == "*" and tree.parts[0].head == "number" and tree.parts[0].value.isdigit():
        factor = int(tree.parts[0].value)
        if factor % by == 0:
            return product((number(factor // by), *tree.parts[1:]))
        if by % factor == 0:
            return quotient(product(tree.parts[1:]), number(by // factor))
    if tree.head == "/" and tree.parts[1].head == "number" and tree.parts[1].value.isdigit():
        return divided(tree.parts[0], by * int(tree.parts[1].value))
    return quotient(tree, number(by))
