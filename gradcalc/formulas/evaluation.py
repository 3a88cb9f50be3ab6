"""The value of a formula, in the numbers of any arithmetic: a list of steps, laid out once, run at every point."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradcalc.formulas.exact import Ratio, with_ratios
from gradcalc.formulas.expression import Expression, in_postorder
from gradcalc.formulas.functions import FUNCTIONS, Namespace, Number, divide, power

Step = Callable[[Namespace, Mapping[str, Number], list[Number]], Number]
"""(functions, variables, values of the steps before) → the value of this one."""

MOST_KEPT = 256
_laid: dict[int, tuple[Expression, Sequence[Step]]] = {}


def evaluate(expression: Expression, functions: Namespace, **names: Number) -> Number:
    """The formula at these values of its variables. `functions` is the arithmetic's namespace (see functions.py).

    Rational constants are rounded once, by that arithmetic. Raises DomainError outside a function's domain.
    """
    values: list[Number] = []
    for step in steps(expression):
        values.append(step(functions, names, values))
    return values[-1]


def steps(expression: Expression) -> Sequence[Step]:
    """The formula's steps, laid out when first asked for, and found by identity: comparing is as long a walk."""
    known = _laid.get(id(expression))
    if known is not None:
        return known[1]
    if len(_laid) >= MOST_KEPT:
        _laid.clear()
    _laid[id(expression)] = expression, _laid_out(with_ratios(expression))
    return _laid[id(expression)][1]


def _laid_out(expression: Expression) -> list[Step]:
    places: dict[int, int] = {}
    laid: list[Step] = []
    for node in in_postorder(expression):
        laid.append(_step(node, [places[id(part)] for part in node.parts]))
        places[id(node)] = len(places)
    return laid


def _step(node: Expression, places: list[int]) -> Step:
    if node.head == "ratio":
        return lambda functions, names, values: rounded(functions, node.value)
    if node.head == "name":
        return lambda functions, names, values: _named(functions, names, node.value)
    if node.head == "^":
        return _power(node.parts[1], *places)
    if node.head in OPERATORS:
        operation: Step = OPERATORS[node.head](*places)
        return operation
    rule = FUNCTIONS[node.head].rule
    return lambda functions, names, values: rule(functions, *[values[place] for place in places])


def _named(functions: Namespace, names: Mapping[str, Number], name: str) -> Number:
    return names[name] if name in names else getattr(functions, name)


def rounded(functions: Namespace, value: Ratio) -> Number:
    """A ratio in the arithmetic's numbers; Python divides integers of any size into the nearest double."""
    numerator, denominator = value
    if functions.number is float:
        try:
            return numerator / denominator
        except OverflowError:
            return float("inf") if numerator > 0 else -float("inf")
    return (
        functions.number(numerator) if denominator == 1 else functions.number(numerator) / functions.number(denominator)
    )


def _power(exponent: Expression, a: int, b: int) -> Step:
    """A whole exponent stays an int: a power by multiplication, for which a negative base is no trouble."""
    if exponent.head == "ratio" and exponent.value[1] == 1:
        whole = exponent.value[0]
        if whole == 2:
            return lambda functions, names, values: values[a] * values[a]
        return lambda functions, names, values: power(functions, values[a], whole)
    return lambda functions, names, values: power(functions, values[a], values[b])


OPERATORS: dict[str, Any] = {
    "+": lambda a, b: lambda functions, names, values: values[a] + values[b],
    "-": lambda a, b: lambda functions, names, values: values[a] - values[b],
    "*": lambda a, b: lambda functions, names, values: values[a] * values[b],
    "/": lambda a, b: lambda functions, names, values: divide(functions, values[a], values[b]),
    "negative": lambda a: lambda functions, names, values: -values[a],
}
