"""Rational arithmetic on the constants of a formula, so that 1/3 is rounded once, by whichever numbers compute it."""

from __future__ import annotations

from collections.abc import Callable
from math import gcd

from gradcalc.expressions.expression import Expression, fold, ratio

Ratio = tuple[int, int]
"""Numerator and denominator > 0, in lowest terms."""

LONGEST = 20_000
"""Bits of a ratio from which on operations are left to the arithmetic: exact sums of such would take long."""


def rational(expression: Expression) -> Ratio | None:
    """The value of a formula of rational constants and + - * / ^; None for any other, and where a division is by 0."""
    return fold(expression, lambda node, parts: leaf_ratio(node) if not parts else _operated(node.head, parts))


def with_ratios(expression: Expression) -> Expression:
    """The formula with every part of it that is rational as one ratio."""
    return fold(expression, _with_ratio)


def ratio_of(text: str) -> Ratio:
    """A decimal number's text, "1.702" or "1e-3", as a ratio."""
    digits, _, exponent = text.partition("e")
    whole, _, fraction = digits.partition(".")
    shift = int(exponent or 0) - len(fraction)
    return reduced(int(whole + fraction) * 10 ** max(shift, 0), 10 ** max(-shift, 0))


def reduced(numerator: int, denominator: int) -> Ratio:
    """The ratio in lowest terms, its sign in the numerator."""
    divisor = gcd(numerator, denominator) if denominator > 0 else -gcd(numerator, denominator)
    return numerator // divisor, denominator // divisor


def leaf_ratio(node: Expression) -> Ratio | None:
    """A leaf's value, where it is a number."""
    if node.head == "number":
        return ratio_of(node.value)
    return node.value if node.head == "ratio" else None


def _with_ratio(node: Expression, parts: list[Expression]) -> Expression:
    value = leaf_ratio(node) if not parts else _operated(node.head, [leaf_ratio(part) for part in parts])
    if value is not None:
        return ratio(*value)
    return node._replace(parts=tuple(parts))


def _operated(head: str, parts: list[Ratio | None]) -> Ratio | None:
    operation = OPERATIONS.get(head)
    known = [part for part in parts if part is not None and part[0].bit_length() + part[1].bit_length() <= LONGEST]
    return operation(*known) if operation is not None and len(known) == len(parts) else None


def _power(a: Ratio, b: Ratio) -> Ratio | None:
    if b[1] != 1 or (b[0] < 0 and not a[0]) or (a[0].bit_length() + a[1].bit_length()) * abs(b[0]) > LONGEST:
        return None
    return (a[0] ** b[0], a[1] ** b[0]) if b[0] >= 0 else reduced(a[1] ** -b[0], a[0] ** -b[0])


OPERATIONS: dict[str, Callable[..., Ratio | None]] = {
    "+": lambda a, b: reduced(a[0] * b[1] + b[0] * a[1], a[1] * b[1]),
    "-": lambda a, b: reduced(a[0] * b[1] - b[0] * a[1], a[1] * b[1]),
    "*": lambda a, b: reduced(a[0] * b[0], a[1] * b[1]),
    "/": lambda a, b: reduced(a[0] * b[1], a[1] * b[0]) if b[0] else None,
    "^": _power,
    "negative": lambda a: (-a[0], a[1]),
}
