"""The value of an expression of a derivation for one example, in the numbers of any arithmetic.

Numbers are numbers, vectors lists, matrices lists of rows [out][in].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import mul
from typing import Any

from gradcalc.arithmetic import Arithmetic
from gradcalc.expressions import float_functions
from gradcalc.expressions.compiled import rounded
from gradcalc.expressions.exact import ratio_of
from gradcalc.expressions.expression import Expression, Symbol, fold
from gradcalc.expressions.functions import FUNCTIONS, divide, power, sigmoid
from gradcalc.expressions.shares import negative_logs, shares

Number = Any
Value = Any
"""A number, or lists of numbers."""

Functions = Any


def functions_of(arithmetic: Arithmetic) -> Functions:
    """The functions of an arithmetic's numbers; those of doubles never overflow with an error."""
    return float_functions if arithmetic.name == "float64" else arithmetic.functions


def evaluate(tree: Expression, values: Mapping[Symbol, Value], functions: Functions) -> Value:
    """The value, its symbols standing for `values`. Raises DomainError outside a function's domain."""

    def visit(node: Expression, parts: list[Value]) -> Value:
        if node.head == "symbol":
            return values[node.value]
        if node.head in VECTORS:
            return VECTORS[node.head](functions, node, parts)
        if list in map(type, parts):
            return spread(lambda numbers: node_value(node, numbers, functions), parts)
        return node_value(node, parts, functions)

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


RULES: dict[str, Callable[[Functions, Sequence[Number]], Number]] = {
    "+": lambda f, parts: sum(parts[1:], parts[0]),
    "-": lambda f, parts: parts[0] - parts[1],
    "negative": lambda f, parts: -parts[0],
    "/": lambda f, parts: divide(f, parts[0], parts[1]),
    "*": lambda f, parts: reduce(mul, parts),
    "cases": lambda f, parts: parts[0] if parts[2] > 0 else parts[1],
    "share": lambda f, parts: shares(parts, f)[0],
    "log_share": lambda f, parts: -negative_logs(parts, f)[0],
    "sigmoid_derivative": lambda f, parts: sigmoid(f, parts[0]) * sigmoid(f, -parts[0]),
    "expm1": lambda f, parts: f.expm1(parts[0]),
}


def spread(rule: Callable[[list[Any]], Any], parts: Sequence[Value]) -> Value:
    """A rule of numbers, entry by entry where parts are lists; a number goes with every entry."""
    lists = [part for part in parts if isinstance(part, list)]
    if not lists:
        return rule(list(parts))
    places = range(len(lists[0]))
    return [spread(rule, [part[n] if isinstance(part, list) else part for part in parts]) for n in places]


def listed(value: Value) -> list[Any]:
    """A vector; of one unit where it is a number."""
    return value if isinstance(value, list) else [value]


def unlisted(value: list[Any]) -> Value:
    """A vector of one unit as a number."""
    return value[0] if len(value) == 1 else value


def dot(one: Sequence[Any], other: Sequence[Any]) -> Any:
    """Σ a·b."""
    products = [a * b for a, b in zip(one, other)]
    return sum(products[1:], products[0])


def _apply(matrix: Value, vector: Value) -> Value:
    return unlisted([dot(row, listed(vector)) for row in matrix])


def _pull(matrix: Value, vector: Value) -> Value:
    return unlisted([dot(column, listed(vector)) for column in zip(*matrix)])


def _outer(one: Value, other: Value) -> Value:
    return [[a * b for b in listed(other)] for a in listed(one)]


def _concat(*parts: Value) -> Value:
    return [number for part in parts for number in listed(part)]


def _entries(vector: Value) -> Any:
    numbers = listed(vector)
    return sum(numbers[1:], numbers[0])


def _hadamard(*parts: Value) -> Value:
    return reduce(lambda a, b: spread(lambda pair: pair[0] * pair[1], [a, b]), parts)


def _diagonal(vector: Value) -> Value:
    numbers = listed(vector)
    return [[number if i == j else number - number for j in range(len(numbers))] for i, number in enumerate(numbers)]


def _largest(functions: Functions, numbers: list[Any], pieces: int) -> Value:
    """[out][in] of maxout: 1 at the largest of every group, a tie shared."""
    zero, rows = functions.number(0), []
    for start in range(0, len(numbers), pieces):
        group = numbers[start : start + pieces]
        share = functions.number(1) / group.count(max(group))
        row = [share if number == max(group) else zero for number in group]
        rows.append([zero] * start + row + [zero] * (len(numbers) - start - pieces))
    return rows


def _units(node: Expression, vector: Value) -> Value:
    start, _, stop = node.value.partition(":")
    return unlisted(listed(vector)[int(start) : int(stop or int(start) + 1)])


def _maxout(numbers: list[Any], pieces: int) -> Value:
    return unlisted([max(numbers[start : start + pieces]) for start in range(0, len(numbers), pieces)])


VECTORS: dict[str, Callable[[Functions, Expression, list[Value]], Value]] = {
    "apply": lambda f, node, parts: _apply(*parts),
    "pull": lambda f, node, parts: _pull(*parts),
    "outer": lambda f, node, parts: _outer(*parts),
    "inner": lambda f, node, parts: dot(listed(parts[0]), listed(parts[1])),
    "entries": lambda f, node, parts: _entries(parts[0]),
    "mean": lambda f, node, parts: _entries(parts[0]) / len(listed(parts[0])),
    "concat": lambda f, node, parts: _concat(*parts),
    "hadamard": lambda f, node, parts: _hadamard(*parts),
    "diag": lambda f, node, parts: _diagonal(parts[0]),
    "units": lambda f, node, parts: _units(node, parts[0]),
    "softmax": lambda f, node, parts: unlisted(shares(listed(parts[0]), f)),
    "log_softmax": lambda f, node, parts: unlisted([-log for log in negative_logs(listed(parts[0]), f)]),
    "maxout": lambda f, node, parts: _maxout(listed(parts[0]), int(parts[1])),
    "largest": lambda f, node, parts: _largest(f, listed(parts[0]), int(parts[1])),
    "identity": lambda f, node, parts: _diagonal([f.number(1)] * node.value),
    "ones": lambda f, node, parts: [f.number(1)] * node.value,
}
"""What is not made number by number."""
