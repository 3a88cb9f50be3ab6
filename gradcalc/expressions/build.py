"""Building expressions: sums and products of any number of parts, flat, without zeros and ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gradcalc.expressions.expression import ONE, ZERO, Expression, fold
from gradcalc.expressions.walk import decimal

Lookup = Callable[[Any], Expression | None]


def number(value: int) -> Expression:
    """An integer."""
    return negative(number(-value)) if value < 0 else Expression("number", value=str(value))


def figure(value: Any) -> Expression:
    """A number of the network's own, which a notation rounds."""
    return Expression("figure", value=value)


def in_figures(value: Any) -> Expression:
    """A number of the network's own as it is put in, 1 for 1.0; a vector or a matrix by its entries."""
    if isinstance(value, list) and isinstance(value[0], list):
        return Expression("matrix", tuple(in_figures(entry) for row in value for entry in row), len(value[0]))
    if isinstance(value, list):
        return call("concat", *map(in_figures, value))
    if value < 0:
        return negative(in_figures(-value))
    return figure(int(value) if value < 10**6 and value == int(value) else value)


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


def replaced(tree: Expression, head: str, lookup: Lookup) -> Expression:
    """The tree with leaves of that head replaced by what `lookup` has for their value, None for as they are."""

    def visit(node: Expression, parts: list[Expression]) -> Expression:
        if parts:
            return rebuilt(node, parts)
        if node.head != head:
            return node
        found = lookup(node.value)
        return node if found is None else found

    return fold(tree, visit)


def readable(tree: Expression) -> Expression:
    """A formula of the grammar, flat, with ratios that are decimals written so (1.702, not 851/500), steps by cases."""
    return fold(replaced(tree, "ratio", _decimal), lambda node, parts: _readable(node, parts))


def _readable(node: Expression, parts: list[Expression]) -> Expression:
    if node.head == "step":
        return cases(ONE, ZERO, parts[0])
    if node.head == "relu":
        return call("max", parts[0], ZERO)
    return rebuilt(node, parts) if parts else node


def _decimal(value: tuple[int, int]) -> Expression | None:
    text = decimal(value)
    if text is None:
        return None
    size = Expression("number", value=text)
    return negative(size) if value[0] < 0 else size


def filled(tree: Expression, names: Mapping[str, Expression]) -> Expression:
    """The tree with its variables filled in."""
    return replaced(tree, "name", names.get)


def size(tree: Expression) -> int:
    """How many leaves it has."""
    return fold(tree, lambda node, parts: sum(parts) if parts else 1)


def symbols_in(tree: Expression) -> list[Any]:
    """The symbols that occur, each once, in order of appearance."""
    found: dict[Any, None] = {}
    fold(tree, lambda node, parts: found.setdefault(node.value) if node.head == "symbol" else None)
    return list(found)
