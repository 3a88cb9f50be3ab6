"""The value of a formula, in the numbers of any arithmetic."""

from __future__ import annotations

from typing import Any

from gradcalc.formulas.exact import with_ratios
from gradcalc.formulas.expression import Expression, fold
from gradcalc.formulas.functions import FUNCTIONS, Namespace, Number, divide, power


def evaluate(expression: Expression, functions: Namespace, **names: Number) -> Number:
    """The formula at these values of its variables. `functions` is the arithmetic's namespace (see functions.py).

    Rational constants are rounded once, by that arithmetic. Raises DomainError outside a function's domain.
    """

    def visit(node: Expression, parts: list[Number]) -> Number:
        return leaf(node, functions, names) if not parts else applied(node, parts, functions)

    return fold(with_ratios(expression), visit)


def leaf(node: Expression, functions: Namespace, names: dict[str, Number]) -> Number:
    """A ratio, pi, e, or the value of a variable."""
    if node.head == "ratio":
        return rounded(functions, *node.value)
    return names[node.value] if node.value in names else getattr(functions, node.value)


def applied(node: Expression, parts: list[Number], functions: Namespace) -> Number:
    """An operator or function at the values of its parts."""
    if node.head == "^":
        return power(functions, parts[0], whole_exponent(node.parts[1], parts[1]))
    rule: Any = OPERATORS.get(node.head) or FUNCTIONS[node.head].rule
    return rule(functions, *parts)


def rounded(functions: Namespace, numerator: int, denominator: int) -> Number:
    """A ratio in the arithmetic's numbers; Python divides integers of any size into the nearest double."""
    if functions.number is float:
        return numerator / denominator
    return (
        functions.number(numerator) if denominator == 1 else functions.number(numerator) / functions.number(denominator)
    )


def whole_exponent(node: Expression, value: Number) -> Number:
    """The exponent as an int where it is one: a power by multiplication, for which a negative base is no trouble."""
    return node.value[0] if node.head == "ratio" and node.value[1] == 1 else value


OPERATORS: dict[str, Any] = {
    "+": lambda f, a, b: a + b,
    "-": lambda f, a, b: a - b,
    "*": lambda f, a, b: a * b,
    "/": divide,
    "negative": lambda f, a: -a,
}
