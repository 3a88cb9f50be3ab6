"""A chart with its numbers: the value of every symbol at the network's point, and every local derivative there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradcalc.derivation.adjoints import adjoint_symbol, exact
from gradcalc.derivation.chart import Chart, entry_symbol
from gradcalc.derivation.drawing import chart
from gradcalc.derivation.evaluation import evaluate, functions_of
from gradcalc.derivation.reading import targets
from gradcalc.engine.scalar_layout import activation
from gradcalc.engine.scalar_linear import Marks
from gradcalc.engine.scalar_point import Example, UnitPoint, target_rows
from gradcalc.expressions.symbols import Symbol
from gradcalc.records import Record

Number = Any


class Situation(Record):
    """`values` of weights, targets, units, slopes and adjoints; `slopes` of the chart's hops, in their order."""

    chart: Chart
    point: UnitPoint
    values: Mapping[Symbol, Number]
    slopes: list[Number]


def situations(point: UnitPoint, marks: Marks) -> list[Situation]:
    """One for each example."""
    return [_situation(point, chart(point.layout, marks, number), number) for number in range(len(point.examples))]


def _situation(point: UnitPoint, drawn: Chart, number: int) -> Situation:
    values = given(point, drawn, number)
    example = point.examples[number]
    for place, symbol in drawn.symbols.items():
        values[symbol] = example.values[place]
        values[adjoint_symbol(drawn, place)] = example.said[place]
    values.update(_slopes(point, drawn, example))
    functions = functions_of(point.arithmetic)
    for symbol, tree in drawn.beside.items():
        values[symbol] = evaluate(tree, values, functions)
    return Situation(drawn, point, values, [evaluate(exact(hop), values, functions) for hop in drawn.hops])


def given(point: UnitPoint, drawn: Chart, number: int) -> dict[Symbol, Number]:
    """The values of what the spec gives: the weights, and the inputs and targets of one example."""
    return weights(point) | inputs_and_targets(point, drawn, number)


def weights(point: UnitPoint) -> dict[Symbol, Number]:
    """The entries of all parameters."""
    layout = point.layout
    return {entry_symbol(layout, place): point.weights[place] for place in range(1, layout.weights)}


def inputs_and_targets(point: UnitPoint, drawn: Chart, number: int) -> dict[Symbol, Number]:
    """The inputs and targets of one example."""
    values: dict[Symbol, Number] = {}
    for node, laid in enumerate(drawn.graph.nodes):
        if laid.kind == "input":
            for place in drawn.layout.units(node):
                values[drawn.symbols[place]] = point.examples[number].values[place]
    for _, target in drawn.graph.ends():
        if target is not None:
            rows = target_rows(drawn.graph, point.arithmetic, number)[target]
            values.update((tree.value, t) for tree, t in zip(targets(drawn, target), rows))
    return values


def _slopes(point: UnitPoint, drawn: Chart, example: Example) -> dict[Symbol, Number]:
    """The values of the symbols of slopes: those of every bend's units in order."""
    found: dict[Symbol, Number] = {}
    symbols = iter(drawn.slopes)
    for number in range(len(drawn.graph.nodes) - 1, -1, -1):
        node = drawn.graph.nodes[number]
        if node.kind == "bend" and not activation(drawn.graph, node).couples:
            if activation(drawn.graph, node).name == "identity":
                continue
            start = point.layout.slots[number]
            slopes = example.derivatives[start : start + node.width]
            found.update((symbol, slope) for slope, symbol in zip(slopes, symbols))
    return found
