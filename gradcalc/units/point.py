"""A narrow network at a point: its values, slopes and adjoints, unit by unit, in one kind of number."""

from __future__ import annotations

from collections.abc import Sequence
from operator import mul
from typing import Any

from gradcalc.accumulate import accumulate
from gradcalc.algebras.total import Total
from gradcalc.arithmetic import Arithmetic, Number
from gradcalc.graph import Graph
from gradcalc.network import Index, Value
from gradcalc.record import Record
from gradcalc.steps import Steps
from gradcalc.units.layout import Layout, activation, layout
from gradcalc.units.linear import UnitSteps, unit_steps
from gradcalc.units.losses import loss_slopes, loss_value, reduction
from gradcalc.units.marks import ByLayer
from gradcalc.units.program import Program, compile_program, forward


class Example(Record):
    """One example: V, S, the slope of every edge, what the loss says of every node, and what it says of every weight by
    each of its uses (∂L/∂, the reduction over the batch included)."""

    values: list[Number]
    slopes: list[Number]
    edges: Sequence[Number]
    said: list[Number]
    products: list[Number]


class UnitPoint(Record):
    """The network at a point. Without a target there is no loss and examples have no slopes."""

    graph: Graph
    arithmetic: Arithmetic
    layout: Layout
    program: Program
    linear: UnitSteps | None
    uses: list[list[int]]  # of every place of P
    weights: list[Number]
    loss: Number | None
    examples: list[Example]

    def output(self, node: int) -> list[list[Number]]:
        """[examples][units] of a node of the network."""
        return self._units(self.graph.outputs[node], "values")

    def preactivation(self, node: int) -> list[list[Number]]:
        """[examples][units] of a layer's z."""
        return self._units(self.graph.preactivations[node], "values")

    def adjoint(self, node: int) -> list[list[Number]]:
        """[examples][units] of ∂L/∂output."""
        return self._units(self.graph.outputs[node], "said")

    def preactivation_adjoint(self, node: int) -> list[list[Number]]:
        """[examples][units] of ∂L/∂z."""
        return self._units(self.graph.preactivations[node], "said")

    def slope(self, node: int) -> list[Any]:
        """σ′(z) of a layer, [examples][units]; [examples][out][in] where the activation couples units."""
        bend = self._bend(node)
        graph_node, start = self.graph.nodes[bend], self.layout.slots[bend]
        width = graph_node.width
        if not activation(self.graph, graph_node).couples:
            return [example.slopes[start : start + width] for example in self.examples]
        inner = self.graph.nodes[graph_node.arcs[0].tail].width
        rows = range(start, start + width * inner, inner)
        return [[example.slopes[row : row + inner] for row in rows] for example in self.examples]

    def gradient(self, parameter: int) -> Value:
        """∂L/∂ a parameter, in its shape, summed over the examples."""
        sums = [self._said_of(place) for place in self.layout.entries(parameter)]
        return shaped(sums, self.graph.network.parameters[parameter].shape)

    def _said_of(self, place: int) -> Number:
        zero = self.weights[0] - self.weights[0]
        return sum((example.products[use] for example in self.examples for use in self.uses[place]), zero)

    def _units(self, node: int, part: str) -> list[list[Number]]:
        base, step = self.layout.places[node]
        stop = base + step * self.graph.nodes[node].width
        return [getattr(example, part)[base:stop:step] for example in self.examples]

    def _bend(self, node: int) -> int:
        return next(n for n in range(self.graph.preactivations[node], len(self.graph.nodes)) if self._bends(n, node))

    def _bends(self, number: int, node: int) -> bool:
        return self.graph.nodes[number].kind == "bend" and self.graph.nodes[number].of == node


def unit_point(graph: Graph, arithmetic: Arithmetic) -> UnitPoint:
    """Computes a network forward and, where it has a loss, backward."""
    places = layout(graph)
    program = compile_program(places, arithmetic)
    weights = weight_list(graph, arithmetic)
    linear = unit_steps(places, ByLayer(graph)) if program.ends else None
    examples, losses = [], []
    for number in range(graph.network.examples):
        values = forward(program, weights, _inputs(graph, arithmetic, number), arithmetic.number(1))
        slopes = [slope for block in program.blocks for slope in block.slopes(weights, values)]
        if linear is None:
            examples.append(Example(values, slopes, (), [], []))
            continue
        targets = target_rows(graph, arithmetic, number)
        losses.append(loss_value(program.ends, values, targets))
        slopes += loss_slopes(program.ends, values, targets)
        examples.append(_swept(linear, weights, values, slopes, arithmetic.number(1) / reduction(graph)))
    loss = sum(losses) / reduction(graph) if linear else None
    uses = linear.use_lists() if linear else []
    return UnitPoint(graph, arithmetic, places, program, linear, uses, weights, loss, examples)


def weight_list(graph: Graph, arithmetic: Arithmetic) -> list[Number]:
    """P: 1, then the entries of every parameter, row by row."""
    weights = [arithmetic.number(1)]
    for parameter in graph.network.parameters:
        for index, value in flat(parameter.value, parameter.shape):
            weights.append(arithmetic.number(value, parameter.exact.get(index)))
    return weights


def target_rows(graph: Graph, arithmetic: Arithmetic, example: int) -> list[list[Number]]:
    """The targets of one example, [targets][units]."""
    return [
        [arithmetic.number(x, target.exact.get((example, unit))) for unit, x in enumerate(target.rows[example])]
        for target in graph.network.targets
    ]


def flat(value: Value, shape: tuple[int, ...]) -> list[tuple[Index, Any]]:
    """The entries of a parameter's value with their indices, row by row."""
    if not shape:
        return [((), value)]
    if len(shape) == 1:
        return [((i,), x) for i, x in enumerate(value)]
    return [((i, j), x) for i, row in enumerate(value) for j, x in enumerate(row)]


def shaped(entries: list[Any], shape: tuple[int, ...]) -> Value:
    """Entries, row by row, in the shape of a value: a number where there is one entry."""
    if len(entries) == 1:
        return entries[0]
    if len(shape) == 1:
        return entries
    return [entries[start : start + shape[1]] for start in range(0, len(entries), shape[1])]


def _inputs(graph: Graph, arithmetic: Arithmetic, example: int) -> list[Number]:
    return [
        arithmetic.number(x, given.exact.get((example, unit)))
        for given in graph.network.inputs
        for unit, x in enumerate(given.rows[example])
    ]


def _swept(
    linear: UnitSteps, weights: list[Number], values: list[Number], slopes: list[Number], seed: Number
) -> Example:
    edges = linear.gather(weights + values + slopes)
    said, products = swept(linear.steps, edges, seed)
    return Example(values, slopes, edges, said, products)


def swept(steps: Steps, edges: Sequence[Number], seed: Number) -> tuple[list[Number], list[Number]]:
    """What the loss says of every node, and of every weight by each of its uses."""
    said = accumulate(steps, edges, seed, Total(seed - seed))
    return said, list(map(mul, map(said.__getitem__, steps.heads[steps.inner :]), edges[steps.inner :]))
