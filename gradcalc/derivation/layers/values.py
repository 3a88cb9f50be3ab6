"""The numbers of a chart of layers at a point: vectors and matrices for its symbols, for each example."""

from __future__ import annotations

from typing import Any

from gradcalc.derivation.adjoints import adjoint_symbol
from gradcalc.derivation.evaluation import functions_of
from gradcalc.derivation.layers.chart import LayerChart
from gradcalc.derivation.layers.drawing import JACOBIAN
from gradcalc.derivation.layers.evaluation import evaluate, unlisted
from gradcalc.derivation.layers.reading import target_symbol
from gradcalc.engine.scalar_point import UnitPoint, target_rows
from gradcalc.expressions.symbols import Symbol, is_derivative

Values = dict[Symbol, Any]


def values_at(chart: LayerChart, point: UnitPoint) -> list[Values]:
    """Weights, targets, values, slopes and adjoints, example by example."""
    shared = weights(point)
    return [shared | _of_example(chart, point, number) for number in range(len(point.examples))]


def weights(point: UnitPoint) -> Values:
    """Every parameter: a number, a list, or rows."""
    found: Values = {}
    for number, parameter in enumerate(point.graph.network.parameters):
        places = point.layout.entries(number)
        entries = [point.weights[place] for place in places]
        if len(entries) > 1 and len(parameter.shape) == 2:
            columns = parameter.shape[1]
            found[Symbol("", parameter.name)] = [entries[n : n + columns] for n in range(0, len(entries), columns)]
        else:
            found[Symbol("", parameter.name)] = unlisted(entries)
    return found


def _of_example(chart: LayerChart, point: UnitPoint, number: int) -> Values:
    example, layout, values = point.examples[number], point.layout, Values()
    for place, symbol in chart.symbols.items():
        units = layout.units(place - 1)
        values[symbol] = unlisted([example.values[unit] for unit in units])
        values[adjoint_symbol(chart, place)] = unlisted([example.said[unit] for unit in units])
    for _, target in chart.graph.ends():
        if target is not None:
            values[target_symbol(chart, target)] = unlisted(target_rows(chart.graph, point.arithmetic, number)[target])
    values.update(_slopes(chart, point, number))
    for symbol, tree in chart.beside.items():
        values[symbol] = evaluate(tree, values, functions_of(point.arithmetic))
    return values


def _slopes(chart: LayerChart, point: UnitPoint, number: int) -> Values:
    """Slopes, unit by unit, and Jacobians."""
    symbols = {symbol.name: symbol for symbol in chart.widths if is_derivative(symbol) or symbol.letter == JACOBIAN}
    found: Values = {}
    for node, laid in enumerate(chart.graph.network.nodes):
        symbol = symbols.get(laid.name)
        if symbol is not None:
            rows = list(point.derivative(node)[number])
            found[symbol] = rows if symbol.letter == JACOBIAN else unlisted(rows)
    return found
