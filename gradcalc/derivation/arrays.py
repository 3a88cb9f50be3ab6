"""Derivations of wide networks in arrays: values [examples, units], and the steps taken again with NumPy.

What stands for one example in an expression is computed for all of them at once; a parameter's step is their sum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from operator import add, mul
from typing import Any

import numpy as np

from gradcalc.arithmetic.extended_arrays import ExtendedArray
from gradcalc.derivation.explanation import Step
from gradcalc.derivation.layer_graph import target_symbol
from gradcalc.derivation.symbol_values import derivatives_at, node_value
from gradcalc.derivation.symbolic_graph import SymbolicGraph, units_of
from gradcalc.engine.array_point import ArrayPoint
from gradcalc.expressions.expression import Expression, Symbol, fold
from gradcalc.expressions.shares import shares
from gradcalc.network.network import Value

Array = Any
Pairs = Iterator[tuple[list[Any], list[Any]]]


def array_values(layers: SymbolicGraph, point: ArrayPoint) -> SymbolArrays:
    """Weights, targets, values, local derivatives and adjoints, every vector as [examples, units]."""
    graph, values = layers.graph, SymbolArrays()
    for parameter, array in zip(graph.network.parameters, point.at.parameters):
        values[Symbol("", parameter.name)] = numbers_of(array)
    for _, target in graph.ends():
        if target is not None:
            values[target_symbol(graph, target, layers.example)] = numbers_of(point.at.targets[target])
    for place, symbol in layers.symbols.items():
        values[symbol] = numbers_of(point.at.values[place - 1])
        values[layers.adjoint(place)] = numbers_of(point.adjoint_of(place - 1))
    values.update((symbol, np.asarray(rows)) for symbol, rows in derivatives_at(layers, point).items())
    for symbol, tree in (layers.statistics | layers.probabilities).items():
        values[symbol] = evaluate(tree, values, point.arithmetic.functions)
    return values


def numbers_of(array: Array) -> Array:
    """An array whose entries are numbers, in extended range Decimals: formulas have more functions than its arrays."""
    return np.asarray(array)[()] if isinstance(array, ExtendedArray) else array


def over_examples(tree: Expression, value: Array) -> Array:
    """The sum over the examples, where the value of the tree is not one already, as a product of matrices is."""
    return value if tree.head == "over examples" or _is_summed(tree) or np.ndim(value) < 2 else value.sum(axis=0)


def _is_summed(tree: Expression) -> bool:
    if tree.head in ("outer", "inner"):
        return True
    return tree.head in ("+", "*", "negative") and any(map(_is_summed, tree.parts))


def shaken_arrays() -> Callable[[Value], Array]:
    """A function that moves arrays at random, the same ones in every run."""
    numbers = np.random.default_rng(1)

    def moved(value: Value) -> Array:
        array = np.asarray(value, dtype=float)
        with np.errstate(over="ignore"):
            other = array * (1 + numbers.uniform(-0.5, 0.5, array.shape)) + numbers.uniform(-0.1, 0.1, array.shape)
        return np.where(np.isfinite(other), other, array)

    return moved


class SymbolArrays(dict[Symbol, Any]):
    """Values of layers, [examples, units], that also know those of single units and entries."""

    def whole(self, symbol: Symbol) -> Value:
        """The value of a symbol as a number or lists; of any example of a batch one value for each."""
        value = np.asarray(self[symbol] if symbol.example is not None else self[symbol][0])
        return value.item() if value.size == 1 else value.tolist()

    def map(self, rule: Callable[[Array], Array]) -> SymbolArrays:
        """The values that a rule makes of these."""
        return SymbolArrays((symbol, rule(value)) for symbol, value in self.items())

    def plain(self, symbol: Symbol) -> Value:
        """The value of the only example as a number or lists."""
        value = np.asarray(self[symbol])
        return value.item() if value.size == 1 else (value if len(value) > 1 else value[0]).tolist()

    def __missing__(self, symbol: Symbol) -> Array:
        whole = self[symbol._replace(place=())]
        if len(symbol.place) == 2 or np.ndim(whole) == 1:
            return whole[symbol.place]
        return whole[:, symbol.place[0], None]

    def compared(self, graph: SymbolicGraph, steps: Sequence[Step], gradient: Value, functions: Any) -> Pairs:
        """What the steps come to here, beside backpropagation; local derivatives are its own."""
        found = SymbolArrays(self)
        for step in steps:
            symbol = step.left.value
            if symbol in graph.derivatives:
                continue
            value, wanted = evaluate(step.right, found, functions), np.asarray(self.get(symbol, gradient))
            if np.ndim(value) == 0:  # a 0 that holds throughout
                value = np.broadcast_to(value, wanted.shape)
            elif symbol not in self and symbol._replace(place=()) not in self:
                value = over_examples(step.right, value)
            if symbol in self:
                found[symbol] = value
            yield np.ravel(np.asarray(value)).tolist(), wanted.ravel().tolist()


def evaluate(tree: Expression, values: Mapping[Symbol, Array], functions: Any) -> Array:
    """The value for all examples; sums over them where the expression has such."""

    def visit(node: Expression, parts: list[Array]) -> Array:
        if node.head == "symbol":
            return values[node.value]
        if node.head == "softmax":
            return np.array([shares(row, functions) for row in parts[0].tolist()])
        rule = RULES.get(node.head)
        if rule is not None:
            return rule(node, parts)
        if not any(isinstance(part, np.ndarray) for part in parts):
            return node_value(node, parts, functions)
        mapped = np.frompyfunc(lambda *numbers: node_value(node, numbers, functions), len(parts), 1)(*parts)
        return mapped.astype(float) if functions.number is float else mapped

    return fold(tree, visit)


def _pull(matrix: Array, adjoint: Array) -> Array:
    """Of Jacobians, one for each example, or of one matrix for all."""
    return (adjoint[:, None, :] @ matrix)[:, 0, :] if np.ndim(matrix) == 3 else adjoint @ matrix


RULES: dict[str, Callable[[Expression, list[Array]], Array]] = {
    "+": lambda node, parts: reduce(add, parts),
    "*": lambda node, parts: reduce(mul, parts),
    "hadamard": lambda node, parts: reduce(mul, parts),
    "negative": lambda node, parts: -parts[0],
    "/": lambda node, parts: parts[0] / parts[1],
    "pull": lambda node, parts: _pull(*parts),
    "outer": lambda node, parts: parts[0].T @ parts[1],
    "inner": lambda node, parts: (parts[0] * parts[1]).sum(),
    "entries": lambda node, parts: parts[0].sum(axis=-1, keepdims=True),
    "mean": lambda node, parts: parts[0].mean(axis=-1, keepdims=True),
    "concat": lambda node, parts: np.concatenate(parts, axis=-1),
    "units": lambda node, parts: parts[0][:, units_of(node).start : units_of(node).stop],
    "ones": lambda node, parts: np.ones((1, node.value)),
    "over examples": lambda node, parts: over_examples(node.parts[0], parts[0]),
}
