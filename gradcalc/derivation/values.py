"""The numbers of a symbolic graph at a point: of layers, and by these of every unit and entry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gradcalc.analysis.point import Subject
from gradcalc.derivation.evaluation import evaluate, functions_of, listed, unlisted
from gradcalc.derivation.layers import target_symbol
from gradcalc.derivation.rules import PROBABILITIES
from gradcalc.derivation.symbolic_graph import SymbolicGraph
from gradcalc.engine.scalar_point import ScalarPoint, target_rows
from gradcalc.expressions.expression import EXAMPLE, Symbol
from gradcalc.network.graph import Graph
from gradcalc.network.network import Value, numbers

Row = dict[Symbol, Any]
"""The numbers of one example: vectors as lists, matrices as rows [out][in]."""


class Values(dict[Symbol, Any]):
    """The numbers of symbols: of layers, units and entries, of one example and of any."""

    def __init__(self, rows: Iterable[Row]) -> None:
        super().__init__()
        self.rows = list(rows)

    def __missing__(self, symbol: Symbol) -> Any:
        if not symbol.place and not isinstance(symbol.example, int):
            return self.rows[0][symbol]
        row = self.rows[symbol.example if isinstance(symbol.example, int) else 0]
        example = EXAMPLE if isinstance(symbol.example, int) else symbol.example
        value = row[symbol._replace(place=(), example=example)]
        for place in symbol.place:
            value = listed(value)[place]
        return value

    def whole(self, symbol: Symbol) -> Value:
        """The value of a symbol; of any example of a batch one value for each."""
        return [row[symbol] for row in self.rows] if symbol.example == EXAMPLE else self[symbol]

    def plain(self, symbol: Symbol) -> Value:
        """The value as a number or lists."""
        return self[symbol]

    def __contains__(self, symbol: object) -> bool:
        try:
            self[symbol]  # type: ignore[index]
        except KeyError:
            return False
        return True


def values_at(layers: SymbolicGraph, point: ScalarPoint) -> Values:
    """Weights, targets, values, local derivatives and adjoints."""
    weights = dict(_weights(point))
    return Values(weights | _of_example(layers, point, number) for number in range(len(point.examples)))


def given_values(graph: Graph, point: ScalarPoint) -> Values:
    """What the spec gives: inputs, targets, weights."""
    example = EXAMPLE if graph.network.batch else None
    weights, rows = dict(_weights(point)), []
    for number in range(len(point.examples)):
        inputs = {
            Symbol("", node.name, (), example): unlisted(point.output(place)[number])
            for place, node in enumerate(graph.network.inputs)
        }
        rows.append(inputs | dict(_targets(graph, point, number)) | weights)
    return Values(rows)


def _weights(point: ScalarPoint) -> Iterator[tuple[Symbol, Any]]:
    """Every parameter: a number, a list, or rows."""
    for number, parameter in enumerate(point.graph.network.parameters):
        entries = [point.weights[place] for place in point.layout.entries(number)]
        value: Any = unlisted(entries)
        if len(entries) > 1 and len(parameter.shape) == 2:
            columns = parameter.shape[1]
            value = [entries[n : n + columns] for n in range(0, len(entries), columns)]
        yield Symbol("", parameter.name), value


def _targets(graph: Graph, point: ScalarPoint, number: int) -> Iterator[tuple[Symbol, Any]]:
    rows = target_rows(graph, point.arithmetic, number)
    example = EXAMPLE if graph.network.batch else None
    for _, target in graph.ends():
        if target is not None:
            yield target_symbol(graph, target, example), unlisted(rows[target])


def _of_example(layers: SymbolicGraph, point: ScalarPoint, number: int) -> Row:
    example, layout = point.examples[number], point.layout
    values: Row = dict(_targets(layers.graph, point, number))
    for place, symbol in layers.symbols.items():
        units = layout.units(place - 1)
        values[symbol] = unlisted([example.values[unit] for unit in units])
        values[layers.adjoint(place)] = unlisted([example.adjoints[unit] for unit in units])
    for symbol, rows in derivatives_at(layers, point).items():
        own = rows[number]
        values[symbol] = own if layers.shapes.get(symbol) else numbers(own)[0]
    shares = ((symbol, local.read) for symbol, local in layers.derivatives.items() if symbol.letter == PROBABILITIES)
    for symbol, tree in (*layers.statistics.items(), *shares):
        values[symbol] = evaluate(tree, values, functions_of(point.arithmetic))
    return values


def derivatives_at(layers: SymbolicGraph, point: Any) -> Mapping[Symbol, Any]:
    """σ′(z) and Jacobians by their symbols, for all examples."""
    names = {symbol.name: symbol for symbol in layers.derivatives if symbol.letter != PROBABILITIES}
    nodes = enumerate(layers.graph.network.nodes)
    return {names[node.name]: point.derivative(number) for number, node in nodes if node.name in names}


def gradient_at(point: Any, subject: Subject) -> Value:
    """∂L/∂ the subject by the engine: a number, or lists in its shape; of a node of a batch [examples][units]."""
    value: Value
    if subject.is_parameter:
        value = point.gradient(subject.number)
        for place in subject.entry or ():
            value = value[place] if isinstance(value, list) else value
        return value
    rows = point.adjoint(subject.number)
    if subject.entry is not None:
        rows = [[row[subject.entry[0]]] for row in rows]
    if point.graph.network.batch:
        return rows
    return rows[0] if len(rows[0]) > 1 else rows[0][0]
