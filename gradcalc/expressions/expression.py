"""An expression as an immutable tree, its leaves, and the fold over it.

The fold has a stack of its own: a long sum is a deep tree. What came of a computation, a derivative, may hold the same
part in many places; each is visited once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from gradcalc.records import Record

Result = TypeVar("Result")


class FormulaError(ValueError):
    """A formula that cannot be read, or a constant without a value; `start` and `end` are offsets into its text."""

    def __init__(self, message: str, start: int = 0, end: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end


class Literal(float):
    """The float64 nearest to a number that none equals, with that number as it is written: "1/3", or 20 digits."""

    __slots__ = ("text",)
    text: str

    @classmethod
    def of(cls, number: float, text: str) -> Literal:
        """`text` is an exact constant, and `number` the float64 nearest to it."""
        literal = cls(number)
        literal.text = text
        return literal


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
    """What `visit(node, results of its parts)` makes of the whole, from the leaves up, shared parts once."""
    results: dict[int, Result] = {}
    for node in in_postorder(expression):
        results[id(node)] = visit(node, [results[id(part)] for part in node.parts])
    return results[id(expression)]


def in_postorder(expression: Expression) -> list[Expression]:
    """Every node once, parts before the whole and left before right."""
    pending, order, seen = [expression], [], set()
    while pending:
        node = pending[-1]
        if node.parts and (waiting := [part for part in node.parts if id(part) not in seen]):
            pending.extend(reversed(waiting))
        elif id(pending.pop()) not in seen:
            seen.add(id(node))
            order.append(node)
    return order


def substituted(expression: Expression, names: Mapping[str, Expression]) -> Expression:
    """The formula with other formulas in place of variables."""

    def visit(node: Expression, parts: list[Expression]) -> Expression:
        return names.get(node.value, node) if node.head == "name" else node._replace(parts=tuple(parts))

    return fold(expression, visit)


def names_of(expression: Expression) -> set[str]:
    """The variables that occur."""
    return {node.value for node in in_postorder(expression) if node.head == "name"} - set(CONSTANTS)


def height(expression: Expression) -> int:
    """The nodes on the longest way from the root to a leaf."""
    return fold(expression, lambda _, heights: 1 + max(heights, default=0))


PREACTIVATION, ACTIVATED, JOINED, SOURCE = "z", "a", "j", "u"
MEAN, SCALE = "μ", "r"
TARGET = "t"
DELTA = "δ"
"""∂L/∂z of a preactivation."""
ADJOINT = "∂"
"""∂L/∂ of anything else; with a name behind it the derivatives of that node in place of the loss."""

EXAMPLE = "e"
"""Any example of a batch."""


class Symbol(Record):
    """A quantity: `letter` is "" for what the spec names itself (weights, inputs, outputs of layers).

    A derivative has the name of its function for letter, "σ′" or "tanh′"; of a layer's units only that has an `place`
    which has several.
    """

    letter: str
    name: str
    place: tuple[int, ...] = ()
    example: int | str | None = None  # "e" for any


def leaf(symbol: Symbol) -> Expression:
    """The symbol as an expression."""
    return Expression("symbol", value=symbol)


def is_derivative(symbol: Symbol) -> bool:
    """Whether it stands for the derivative of an activation."""
    return "′" in symbol.letter
