"""The value of an expression of a derivation, in the numbers of any arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import mul
from typing import Any

from gradcalc.arithmetic import Arithmetic
from gradcalc.expressions import float_functions
from gradcalc.expressions.evaluation import rounded
from gradcalc.expressions.exact import ratio_of
from gradcalc.expressions.expression import Expression, fold
from gradcalc.expressions.functions import FUNCTIONS, divide, power
from gradcalc.expressions.symbols import Symbol

Number = Any
Functions = Any


def functions_of(arithmetic: Arithmetic) -> Functions:
    """The functions of an arithmetic's numbers; those of doubles never overflow with an error."""
    return float_functions if arithmetic.name == "float64" else arithmetic.functions


def evaluate(tree: Expression, values: Mapping[Symbol, Number], functions: Functions) -> Number:
    """The value, its symbols standing for `values`. Raises DomainError outside a function's domain."""

    def visit(node: Expression, parts: list[Number]) -> Number:
        return values[node.value] if node.head == "symbol" else node_value(node, parts, functions)

    return fold(tree, visit)


def node_value(node: Expression, parts: Sequence[Number], functions: Functions) -> Number:
    """The value of a node from those of its parts."""
    if not parts:
        return _constant(node, functions)
    if node.head == "^":
        return power(functions, parts[0], _whole(node.parts[1], parts[1]))
    rule = RULES.get(node.head)
    return FUNCTIONS[node.head].rule(functions, *parts) if rule is None else rule(functions, parts)


def _constant(node: Expression, functions: Functions) -> Number:
    if node.head == "figure":
        return node.value
    if node.head == "name":
        return getattr(functions, node.value)
    return rounded(functions, ratio_of(node.value) if node.head == "number" else node.value)


def _whole(exponent: Expression, value: Number) -> Number:
    """An exponent that is written as an integer stays one: a power by multiplication, of negative numbers too."""
    return int(exponent.value) if exponent.head == "number" and exponent.value.isdigit() else value


def _sigmoid(f: Functions, x: Number) -> Number:
    return FUNCTIONS["sigmoid"].rule(f, x)


def _share(f: Functions, parts: Sequence[Number]) -> Number:
    """e^x_0/Σ e^x_j."""
    top = max(parts)
    return f.exp(parts[0] - top) / sum(f.exp(part - top) for part in parts)


def _log_share(f: Functions, parts: Sequence[Number]) -> Number:
    """x_0 − ln Σ e^x_j."""
    top = max(parts)
    at = list(parts).index(top)
    rest = sum((f.exp(part - top) for n, part in enumerate(parts) if n != at), f.number(0))
    return (parts[0] - top) - f.log1p(rest)


def _expm1(f: Functions, x: Number) -> Number:
    own = getattr(f, "expm1", None)
    return own(x) if own else f.exp(x) - 1


RULES: dict[str, Callable[[Functions, Sequence[Number]], Number]] = {
    "+": lambda f, parts: sum(parts[1:], parts[0]),
    "-": lambda f, parts: parts[0] - parts[1],
    "negative": lambda f, parts: -parts[0],
    "/": lambda f, parts: divide(f, parts[0], parts[1]),
    "*": lambda f, parts: reduce(mul, parts),
    "cases": lambda f, parts: parts[0] if parts[2] > 0 else parts[1],
    "share": _share,
    "log_share": _log_share,
    "sigmoid_derivative": lambda f, parts: _sigmoid(f, parts[0]) * _sigmoid(f, -parts[0]),
    "expm1": lambda f, parts: _expm1(f, parts[0]),
}
