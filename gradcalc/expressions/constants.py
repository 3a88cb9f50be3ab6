"""Exact constants such as "1/3" or "sqrt(2)": exact where symbols are computed with, elsewhere rounded once."""

from __future__ import annotations

import math

from gradcalc.errors import DomainError, LimitError
from gradcalc.expressions.compiled import evaluate
from gradcalc.expressions.exact import rational
from gradcalc.expressions.expression import CONSTANTS, Expression, FormulaError
from gradcalc.expressions.parser import parse, tokens

STEADY = 22
"""Digits that make the float64 the nearest one, but for constants that lie as close to the middle of two."""

SIGNS = frozenset("/*^(")
"""A constant that is not just a number holds one of these, or a name."""


def is_constant_text(text: str) -> bool:
    """Whether a text of a spec is meant as an exact constant; whether it has a value is for `constant` to find.

    It holds one of / * ^ ( or one of the names pi and e, and no number followed directly by a number or by e.
    """
    try:
        read = list(tokens(text))
    except FormulaError:
        return False
    is_more = any(token.kind in SIGNS or token.text in CONSTANTS for token in read)
    return is_more and not any(
        left.kind == "number" and (right.kind == "number" or right.text == "e")
        for left, right in zip(read, read[1:], strict=False)
    )


def parse_constant(text: str) -> Expression:
    """The constant as a formula without variables. Raises FormulaError."""
    read = list(tokens(text))
    for left, right in zip(read, read[1:], strict=False):
        if left.kind in ("+", "-") and right.kind in ("+", "-"):
            raise FormulaError(f'two signs follow one another: "{left.text}{right.text}"', left.start, right.end)
        if left.kind == "number" and right.text == "e":
            raise FormulaError(
                'a number directly before e is easily misread; write "*" between them', left.start, right.end
            )
    return parse(text)


def constant(text: str) -> float:
    """The float64 nearest to the constant's value. Raises FormulaError where it has none, or none in range."""
    expression = parse_constant(text)
    exact = rational(expression)
    try:
        value, zero = (exact[0] / exact[1], not exact[0]) if exact else _irrational(expression)
    except OverflowError:
        value, zero = math.inf, False
    except (DomainError, LimitError) as error:
        raise FormulaError(f"the constant has no value: {error}", 0, len(text)) from None
    if math.isinf(value):
        raise FormulaError("the constant is beyond the largest double", 0, len(text))
    if value == 0.0 and not zero:
        raise FormulaError("the constant is not zero but rounds to it", 0, len(text))
    return value


def _irrational(expression: Expression) -> tuple[float, bool]:
    """The float64, and whether the value is 0."""
    from gradcalc.expressions import decimal_functions

    value = decimal_functions.settled(lambda: evaluate(expression, decimal_functions), STEADY)
    return float(value), not value
