"""Formulas as functions of doubles: closures over closures, without a look-up at run time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from gradcalc.formulas import doubles
from gradcalc.formulas.evaluation import evaluate, leaf
from gradcalc.formulas.exact import with_ratios
from gradcalc.formulas.expression import Expression, fold, height
from gradcalc.formulas.functions import FUNCTIONS, power
from gradcalc.problems import DomainError, LimitError

Run = Callable[[Sequence[float]], float]
HIGHEST = 100
"""Closures nest as deeply as the formula; a higher one is evaluated by a loop."""
RESCUE_DIGITS = 40


def compile_double(expression: Expression, arguments: Sequence[str]) -> Callable[..., float]:
    """The formula as a function of doubles in this order. Overflow is inf; raises DomainError outside the domain.

    Where doubles come to NaN or to a domain's edge though the arguments are finite (an intermediate underflowed or
    overflowed, as in 1/exp(−800)), the value is computed with unbounded exponents and then rounded.
    """
    run = _run(expression, arguments)

    def at(*values: float) -> float:
        try:
            value = run(values)
        except (DomainError, ZeroDivisionError):
            return _rescued(expression, arguments, values)
        return value if value == value else _rescued(expression, arguments, values)

    return at


def _rescued(expression: Expression, arguments: Sequence[str], values: Sequence[float]) -> float:
    if not all(map(math.isfinite, values)):
        return math.nan
    from gradcalc.formulas.precise import precise

    try:
        return float(precise(expression, RESCUE_DIGITS, **dict(zip(arguments, values, strict=True))))
    except LimitError:
        return math.nan


def _run(expression: Expression, arguments: Sequence[str]) -> Run:
    folded = with_ratios(expression)
    if height(folded) > HIGHEST:
        return lambda values: evaluate(folded, doubles, **dict(zip(arguments, values, strict=True)))
    return fold(folded, lambda node, parts: _closure(node, parts, arguments))


def _closure(node: Expression, parts: list[Run], arguments: Sequence[str]) -> Run:
    if node.head == "name" and node.value in arguments:
        index = arguments.index(node.value)
        return lambda values: values[index]
    if not parts:
        number = _constant(node)
        return lambda values: number
    if node.head in OPERATORS:
        return OPERATORS[node.head](node, *parts)
    return _call(FUNCTIONS[node.head].rule, getattr(doubles, node.head, None), parts)


def _constant(node: Expression) -> float:
    try:
        return leaf(node, doubles, {})  # type: ignore[no-any-return]
    except OverflowError:
        return math.inf if node.value[0] > 0 else -math.inf


def _call(rule: Callable[..., float], plain: Callable[[float], float] | None, parts: list[Run]) -> Run:
    if len(parts) > 1:
        return lambda values: rule(doubles, *[part(values) for part in parts])
    (argument,) = parts
    if plain is not None and rule.__name__ == "direct":
        return lambda values: plain(argument(values))
    return lambda values: rule(doubles, argument(values))


def _power(node: Expression, base: Run, exponent: Run) -> Run:
    if node.parts[1] == Expression("ratio", value=(2, 1)):
        return lambda values: (x := base(values)) * x
    return lambda values: power(doubles, base(values), exponent(values))


OPERATORS: dict[str, Callable[..., Run]] = {
    "+": lambda node, a, b: lambda values: a(values) + b(values),
    "-": lambda node, a, b: lambda values: a(values) - b(values),
    "*": lambda node, a, b: lambda values: a(values) * b(values),
    "/": lambda node, a, b: lambda values: a(values) / b(values),
    "^": _power,
    "negative": lambda node, a: lambda values: -a(values),
}
