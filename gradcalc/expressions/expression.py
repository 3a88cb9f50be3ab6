"""An expression as an immutable tree: leaves, the fold over it, trees built from parts, and its exact rational value.

The fold has a stack of its own: a long sum is a deep tree. What came of a computation, a derivative, may hold the same
part in many places; each is visited once. Sums and products are built flat, of any number of parts, without zeros and
ones. Constants are computed with as ratios, so that 1/3 is rounded once, by whichever numbers compute it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from math import gcd
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
        results[id(node)] = visit(node, [results[id(part)] for part in node.parts] if node.parts else [])
    return results[id(expression)]


def in_postorder(expression: Expression) -> list[Expression]:
    """Every node once, parts before the whole and left before right."""
    pending: list[Expression | None] = [expression]  # None behind a node whose parts have been visited
    order: list[Expression] = []
    seen: set[int] = set()
    while pending:
        node = pending.pop()
        if node is None:
            order.append(pending.pop())  # type: ignore[arg-type]
        elif id(node) not in seen:
            seen.add(id(node))
            if node.parts:
                pending += (node, None, *node.parts[::-1])
            else:
                order.append(node)
    return order


@contextmanager
def deep_recursion() -> Iterator[None]:
    """SymPy, and a comparison of two trees, recurse over a formula's levels, several calls to each: 200 levels are more
    than Python's own limit."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 20_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def substituted(expression: Expression, names: Mapping[str, Expression]) -> Expression:
    """The formula with other formulas in place of variables, and else as it is written."""

    def visit(node: Expression, parts: list[Expression]) -> Expression:
        return names.get(node.value, node) if node.head == "name" else node._replace(parts=tuple(parts))

    return fold(expression, visit)


def names_of(expression: Expression) -> set[str]:
    """The variables that occur."""
    return {node.value for node in in_postorder(expression) if node.head == "name"} - set(CONSTANTS)


PREACTIVATION, ACTIVATED, JOINED, SOURCE = "z", "a", "j", "u"
MEAN, SCALE = "μ", "r"
TARGET = "t"
DELTA = "δ"  # ∂L/∂z of a preactivation
ADJOINT = "∂"  # ∂L/∂ of anything else; with a name behind it the derivatives of that node in place of the loss
EXAMPLE = "e"  # any example of a batch


class Symbol(Record):
    """A quantity: `letter` is "" for what the spec names itself (weights, inputs, outputs of layers).

    A derivative has the name of its function for letter, "σ′" or "tanh′"; a unit of a layer of several a `place`.
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


def number(value: int) -> Expression:
    """An integer."""
    return negative(number(-value)) if value < 0 else Expression("number", value=str(value))


def figure(value: Any) -> Expression:
    """A number of the network's own, which a notation rounds."""
    return Expression("figure", value=value)


def in_figures(value: Any) -> Expression:
    """A number of the network's own as it is put in, 1 for 1.0, with its sign; a vector or a matrix by its entries."""
    if isinstance(value, list) and isinstance(value[0], list):
        return Expression("matrix", tuple(in_figures(entry) for row in value for entry in row), len(value[0]))
    if isinstance(value, list):
        return call("concat", *map(in_figures, value))
    return figure(int(value) if abs(value) < 10**6 and value == int(value) else value)


def negative(tree: Expression) -> Expression:
    """−tree."""
    if tree == ZERO:
        return tree
    return tree.parts[0] if tree.head == "negative" else Expression("negative", (tree,))


def product(factors: Iterable[Expression]) -> Expression:
    """The product: 1 without factors, 0 where one is 0; signs and whole numbers stand in front."""
    flat: list[Expression] = []
    sign = False
    for factor in factors:
        if factor.head == "negative":
            sign, factor = not sign, factor.parts[0]
        flat += factor.parts if factor.head == "*" else [factor]
    if ZERO in flat:
        return ZERO
    flat = [factor for factor in flat if factor != ONE]
    flat.sort(key=lambda factor: factor.head not in ("number", "ratio"))
    whole = flat[0] if len(flat) == 1 else Expression("*", tuple(flat)) if flat else ONE
    return negative(whole) if sign else whole


def factors_of(tree: Expression) -> tuple[Expression, ...]:
    """The factors of a product; of a negative one the first is −1."""
    if tree.head == "negative":
        return (negative(ONE), *factors_of(tree.parts[0]))
    return tree.parts if tree.head == "*" else () if tree == ONE else (tree,)


def total(terms: Iterable[Expression]) -> Expression:
    """The sum: 0 without terms."""
    flat: list[Expression] = []
    for term in terms:
        flat += term.parts if term.head == "+" else [term] if term != ZERO else []
    return flat[0] if len(flat) == 1 else Expression("+", tuple(flat)) if flat else ZERO


def quotient(above: Expression, below: Expression) -> Expression:
    """above/below."""
    if below == ONE or above == ZERO:
        return above
    if above.head == "negative":
        return negative(quotient(above.parts[0], below))
    return Expression("/", (above, below))


def power(base: Expression, exponent: Expression) -> Expression:
    """base^exponent."""
    return base if exponent == ONE else Expression("^", (base, exponent))


def call(function: str, *arguments: Expression) -> Expression:
    """A function at its arguments."""
    return Expression(function, arguments)


def hadamard(factors: Iterable[Expression]) -> Expression:
    """The product of vectors unit by unit, flat."""
    flat: list[Expression] = []
    for factor in factors:
        flat += factor.parts if factor.head == "hadamard" else [factor]
    return Expression("hadamard", tuple(flat))


def sum_of_entries(tree: Expression) -> Expression:
    """Σ of a vector's entries, its sign and whole numbers before and below the sum."""
    if tree.head == "negative":
        return negative(sum_of_entries(tree.parts[0]))
    if tree.head == "/" and tree.parts[1].head == "number":
        return quotient(sum_of_entries(tree.parts[0]), tree.parts[1])
    return Expression("entries", (tree,))


def cases(above: Expression, below: Expression, of: Expression) -> Expression:
    """`above` where `of` is positive, else `below`."""
    return above if above == below else Expression("cases", (above, below, of))


def difference(one: Expression, other: Expression) -> Expression:
    """one − other."""
    return total((one, negative(other)))


def rebuilt(node: Expression, parts: Iterable[Expression]) -> Expression:
    """The node over other parts, with what that makes simpler."""
    maker = MAKERS.get(node.head)
    return maker(tuple(parts)) if maker else node._replace(parts=tuple(parts))


MAKERS: dict[str, Callable[[tuple[Expression, ...]], Expression]] = {
    "+": total,
    "-": lambda parts: difference(*parts),
    "*": product,
    "/": lambda parts: quotient(*parts),
    "^": lambda parts: power(*parts),
    "negative": lambda parts: negative(*parts),
    "cases": lambda parts: cases(*parts),
    "hadamard": hadamard,
}


def replaced(tree: Expression, head: str, lookup: Callable[[Any], Expression | None]) -> Expression:
    """The tree with leaves of that head replaced by what `lookup` has for their value, None for as they are."""

    def visit(node: Expression, parts: list[Expression]) -> Expression:
        if parts:
            return rebuilt(node, parts)
        if node.head != head:
            return node
        found = lookup(node.value)
        return node if found is None else found

    return fold(tree, visit)


def filled(tree: Expression, names: Mapping[str, Expression]) -> Expression:
    """The tree with its variables filled in, its sums and products flat and without zeros and ones."""
    return replaced(tree, "name", names.get)


def size(tree: Expression) -> int:
    """How many leaves it has."""
    return fold(tree, lambda node, parts: sum(parts) if parts else 1)


def symbols_in(tree: Expression) -> list[Any]:
    """The symbols that occur, each once, in order of appearance."""
    found: dict[Any, None] = {}
    fold(tree, lambda node, parts: found.setdefault(node.value) if node.head == "symbol" else None)
    return list(found)


Ratio = tuple[int, int]  # numerator and denominator > 0, in lowest terms

LONGEST = 20_000
"""Bits of a ratio from which on operations are left to the arithmetic: exact sums of such would take long."""
LONGEST_DECIMAL = 17


def rational(expression: Expression) -> Ratio | None:
    """The value of a formula of rational constants and + - * / ^; None for any other, and where a division is by 0."""
    return fold(expression, lambda node, parts: _operated(node.head, parts) if parts else leaf_ratio(node))


def with_ratios(expression: Expression) -> Expression:
    """The formula with every part of it that is rational as one ratio."""

    def visit(node: Expression, parts: list[Expression]) -> Expression:
        value = _operated(node.head, [leaf_ratio(part) for part in parts]) if parts else leaf_ratio(node)
        return ratio(*value) if value is not None else node._replace(parts=tuple(parts))

    return fold(expression, visit)


def ratio_of(text: str) -> Ratio:
    """A decimal number's text, "1.702" or "1e-3", as a ratio."""
    digits, _, exponent = text.partition("e")
    if not digits.strip("0."):
        return 0, 1
    whole, _, fraction = digits.partition(".")
    shift = int(exponent or 0) - len(fraction)
    return reduced(int(whole + fraction) * 10 ** max(shift, 0), 10 ** max(-shift, 0))


def reduced(numerator: int, denominator: int) -> Ratio:
    """The ratio in lowest terms, its sign in the numerator."""
    divisor = gcd(numerator, denominator) if denominator > 0 else -gcd(numerator, denominator)
    return numerator // divisor, denominator // divisor


def decimal_text(value: Ratio) -> str | None:
    """The size of a ratio as a decimal number, where that is one of a few digits."""
    numerator, denominator = value
    for places in range(LONGEST_DECIMAL):
        if 10**places % denominator == 0:
            digits = str(abs(numerator) * (10**places // denominator)).rjust(places + 1, "0")
            text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
            return text if len(digits) <= LONGEST_DECIMAL else None
    return None


def leaf_ratio(node: Expression) -> Ratio | None:
    """A leaf's value, where it is a number."""
    if node.head == "number":
        return ratio_of(node.value)
    return node.value if node.head == "ratio" else None


def _operated(head: str, parts: list[Ratio | None]) -> Ratio | None:
    operation = OPERATIONS.get(head)
    known = [part for part in parts if part is not None and part[0].bit_length() + part[1].bit_length() <= LONGEST]
    if operation is None or len(known) < len(parts):
        return None
    found = operation(*known[:2])  # a sum has any number of terms
    for part in known[2:]:
        found = found and operation(found, part)
    return found


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
