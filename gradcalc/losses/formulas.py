"""Losses and formulas: a loss that a person wrote, and any loss as an expression, in names or in numbers.

Signs and constant factors stand before the sum over the units, a divisor behind it: 3Σ(y − t)²/2, (0.525929 − 1)².
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache, reduce
from math import gcd
from typing import Any

from gradcalc.expressions import float_functions
from gradcalc.expressions.build import call, figure
from gradcalc.expressions.expression import ONE, ZERO, Expression, fold, name, substituted
from gradcalc.expressions.parser import parse
from gradcalc.losses import Functions, Loss, Number, UnitRule, each, plain

NAMES = ("y", "t")


@lru_cache(maxsize=64)
def row_of_formula(text: str) -> Loss:
    """The row of the loss Σ text, in y and t. Raises FormulaError. SymPy is asked when the first derivative is."""
    from gradcalc.expressions.compiled import is_kink
    from gradcalc.expressions.sympy_form import derivative

    term = parse(text, NAMES)
    kink = is_kink(term, NAMES)
    return Loss(
        text,
        term=text,
        terms=each(_rule(lambda: term)),
        term_derivatives=each(_rule(lambda: derivative(term, "y"))),
        kink=kink,
        flat=kink is not None,
    )


def _rule(formula: Callable[[], Expression]) -> UnitRule:
    """The formula's value: in float64 by a compiled function, in other numbers step by step."""
    from gradcalc.expressions.compiled import compile_float64, evaluate

    compiled = cache(lambda: compile_float64(formula(), NAMES))

    def rule(y: Number, t: Number, f: Functions) -> Number:
        return compiled()(y, t) if f is float_functions else evaluate(formula(), f, y=y, t=t)

    return rule


MOST_TERMS = 3
"""As many units are written out with their numbers; of more, the first two."""
ELLIPSIS = name("…")


def written(loss: Loss, units: int = 1, examples: int = 1, output: str = "y") -> str:
    """(y - t)^2; of several units sum((y - t)^2)/2, of several examples mean(sum((y - t)^2)/2)."""
    from gradcalc.expressions.print_code import FormulaText
    from gradcalc.expressions.walk import write

    text = write(expression(loss, units, output), FormulaText())
    return text if examples == 1 else f"{loss.reduction}({text})"


def expression(loss: Loss, units: int = 1, output: str = "y") -> Expression:
    """The loss of one example in t and y, or in another name for the output."""
    negative, term, divisor = _taken_apart(loss, units)
    term = substituted(term, {"p": call("softmax", name(output)), "y": name(output)})
    return _joined(loss, negative, term if units == 1 else call("sum", term), divisor)


def in_numbers(loss: Loss, ys: Sequence[Any], ts: Sequence[Any]) -> Expression:
    """One example with its numbers put in: a unit whose class is not the target's has no term."""
    negative, term, divisor = _taken_apart(loss, len(ys))
    units = [unit for unit in range(len(ys)) if not (loss.classes and ts[unit] == 0)]
    few = len(units) <= MOST_TERMS
    terms = [_of_unit(loss, term, ys, ts, unit) for unit in (units if few else units[:2])]
    shown = [*terms, *([] if few else [ELLIPSIS])]
    whole = reduce(lambda a, b: Expression("+", (a, b)), shown) if shown else ZERO
    return _joined(loss, negative, whole, divisor)


def _taken_apart(loss: Loss, units: int) -> tuple[bool, Expression, int]:
    """A unit's term without its sign and the whole number below it, for these belong before and below the sum."""
    term = parse(loss.term, ("y", "t", "p", *loss.options))
    term = substituted(term, {option: _number(value) for option, value in loss.options.items()})
    negative, divisor = False, units if loss.averaged else 1
    if term.head == "/" and term.parts[1].head == "number" and term.parts[1].value.isdecimal():
        divisor *= int(term.parts[1].value)
        term = term.parts[0]
    if term.head == "negative":
        negative, term = True, term.parts[0]
    elif term.head == "*" and term.parts[0].head == "negative":
        negative, term = True, term._replace(parts=(term.parts[0].parts[0], term.parts[1]))
    return negative, term, divisor


def _joined(loss: Loss, negative: bool, whole: Expression, divisor: int) -> Expression:
    scale = abs(loss.scale)
    if scale.is_integer() and scale:
        common = gcd(int(scale), divisor)
        scale, divisor = scale / common, divisor // common
    if scale != 1:
        whole = _led(lambda first: Expression("*", (_number(scale), first)), whole)
    if negative != (loss.scale < 0):
        whole = _led(lambda first: Expression("negative", (first,)), whole)
    return whole if divisor == 1 else Expression("/", (whole, Expression("number", value=str(divisor))))


def _led(change: Callable[[Expression], Expression], expression: Expression) -> Expression:
    """A sign or a number before the first of two factors, where a person writes it."""
    if expression.head == "*" and expression.parts[0].head != "*":
        first, second = expression.parts
        return Expression("*", (change(first), second))
    return change(expression)


def _of_unit(loss: Loss, term: Expression, ys: Sequence[Any], ts: Sequence[Any], unit: int) -> Expression:
    """The term of one unit; a class that is the target is no factor 1."""
    target = ONE if loss.classes and ts[unit] == 1 else figure(ts[unit]) if ts else ZERO
    outputs = [figure(y) for y in ys] if len(ys) <= MOST_TERMS else [figure(ys[0]), figure(ys[1]), ELLIPSIS]
    share = Expression("entry", (call("softmax", *outputs),), str(unit))
    names = {"y": figure(ys[unit]), "t": target, "p": share}
    return fold(substituted(term, names), lambda node, parts: _simplified(node._replace(parts=tuple(parts))))


def _simplified(node: Expression) -> Expression:
    return node.parts[1] if node.head == "*" and node.parts[0] == ONE else node


def _number(value: float) -> Expression:
    return Expression("number", value=plain(value))
