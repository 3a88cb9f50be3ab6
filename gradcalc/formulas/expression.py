"""A formula as an immutable tree, and the one walk over it. The walk keeps its own stack: a long sum is a deep tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from gradcalc.record import Record

Result = TypeVar("Result")


class Expression(Record):
    """An operator or function over its parts, or a leaf with its value.

    Heads: "+", "-", "*", "/", "^" of two parts, "negative" of one, a function's name; leaves are "number" (its text),
    "ratio" (numerator and denominator) and "name" (a variable, or the constants pi and e).
    """

    head: str
    parts: tuple[Expression, ...] = ()
    value: Any = None


ZERO = Expression("number", value="0")
ONE = Expression("number", value="1")
CONSTANTS = ("pi", "e")


def name(text: str) -> Expression:
    """A variable, or pi or e."""
    return Expression("name", value=text)


def ratio(numerator: int, denominator: int) -> Expression:
    """A rational number as it came out of a computation."""
    return Expression("ratio", value=(numerator, denominator))


def fold(expression: Expression, visit: Callable[[Expression, list[Result]], Result]) -> Result:
    """What `visit(node, results of its parts)` makes of the whole tree, from the leaves up, left before right."""
    results: list[Result] = []
    for node in in_postorder(expression):
        first = len(results) - len(node.parts)
        parts = results[first:]
        del results[first:]
        results.append(visit(node, parts))
    return results[0]


def in_postorder(expression: Expression) -> list[Expression]:
    """Every node, parts before the whole and left before right."""
    pending, order = [expression], []
    while pending:
        node = pending.pop()
        order.append(node)
        pending.extend(node.parts)
    return order[::-1]


def names_of(expression: Expression) -> set[str]:
    """The variables that occur."""
    return {node.value for node in in_postorder(expression) if node.head == "name"} - set(CONSTANTS)


def heads_of(expression: Expression) -> set[str]:
    """The operators, functions and kinds of leaves that occur."""
    return {node.head for node in in_postorder(expression)}


def height(expression: Expression) -> int:
    """The nodes on the longest way from the root to a leaf."""
    return fold(expression, lambda _, heights: 1 + max(heights, default=0))
