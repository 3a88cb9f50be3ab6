"""The value of an expression over layers: numbers, vectors as lists, matrices as lists of rows [out][in]."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

from gradcalc.derivation.evaluation import node_value
from gradcalc.expressions.expression import Expression, fold
from gradcalc.expressions.symbols import Symbol

Value = Any
Functions = Any


def evaluate(tree: Expression, values: Mapping[Symbol, Value], functions: Functions) -> Value:
    """The value for one example. Raises DomainError outside a function's domain."""

    def visit(node: Expression, parts: list[Value]) -> Value:
        if node.head == "symbol":
            return values[node.value]
        if node.head in SHAPED:
            return SHAPED[node.head](functions, node, parts)
        if node.head in MATRICES:
            return MATRICES[node.head](*parts)
        return spread(lambda numbers: node_value(node, numbers, functions), parts)

    return fold(tree, visit)


class ByUnit(dict[Symbol, Value]):
    """Values of layers that also know those of single units and entries."""

    def __missing__(self, symbol: Symbol) -> Value:
        value = self[symbol._replace(place=())]
        for place in symbol.place:
            value = listed(value)[place]
        return value


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


MATRICES: dict[str, Callable[..., Value]] = {
    "apply": _apply,
    "pull": _pull,
    "outer": _outer,
    "inner": lambda one, other: dot(listed(one), listed(other)),
    "entries": _entries,
    "concat": _concat,
    "hadamard": _hadamard,
    "diag": _diagonal,
}


def _units(functions: Functions, node: Expression, parts: list[Value]) -> Value:
    start, _, stop = node.value.partition(":")
    return unlisted(listed(parts[0])[int(start) : int(stop or int(start) + 1)])


def _softmax(functions: Functions, node: Expression, parts: list[Value]) -> Value:
    numbers = listed(parts[0])
    powers = [functions.exp(number - max(numbers)) for number in numbers]
    whole = sum(powers[1:], powers[0])
    return unlisted([power / whole for power in powers])


def _mean(functions: Functions, node: Expression, parts: list[Value]) -> Value:
    return _entries(parts[0]) / len(listed(parts[0]))


def _identity(functions: Functions, node: Expression, parts: list[Value]) -> Value:
    return _diagonal([functions.number(1)] * node.value)


SHAPED: dict[str, Callable[[Functions, Expression, list[Value]], Value]] = {
    "units": _units,
    "softmax": _softmax,
    "mean of": _mean,
    "identity": _identity,
    "ones": lambda functions, node, parts: [functions.number(1)] * node.value,
}
