"""A narrow network at a point: its values, derivatives and adjoints, unit by unit, in one kind of number."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from operator import mul
from typing import Any

from gradcalc.arithmetic import Arithmetic, Number
from gradcalc.engine.scalar_forward import (
    Program,
    all_derivatives,
    compile_program,
    forward,
    loss_derivatives,
    loss_value,
)
from gradcalc.engine.scalar_graph import LayerLabels, ScalarLayout, ScalarLinearGraph, layout, scalar_linear_graph
from gradcalc.network.graph import ActivationNode, Graph
from gradcalc.network.linear_graph import LinearGraph
from gradcalc.network.network import Value, entries
from gradcalc.records import Record
from gradcalc.semirings.accumulate import Total, accumulate


class Example(Record):
    """One example: V, S, the local derivative of every edge, the adjoint of every node, and that of every weight by
    each of its uses; the reduction over the batch is included.
    """

    values: list[Number]
    derivatives: list[Number]
    edges: Sequence[Number]
    adjoints: list[Number]
    products: list[Number]


class ScalarPoint(Record):
    """The network at a point: what is the same at every one, compiled once, then the numbers at this one. Without a
    target there is no loss and examples have no derivatives."""

    graph: Graph
    arithmetic: Arithmetic
    layout: ScalarLayout
    program: Program
    linear: ScalarLinearGraph | None
    weights: Sequence[Number] = ()
    loss: Number | None = None
    examples: Sequence[Example] = ()

    def output(self, node: int) -> list[list[Number]]:
        """[examples][units] of a node of the network."""
        return self._units(self.graph.outputs[node], "values")

    def preactivation(self, node: int) -> list[list[Number]]:
        """[examples][units] of a layer's z."""
        return self._units(self.graph.preactivations[node], "values")

    def adjoint(self, node: int) -> list[list[Number]]:
        """[examples][units] of ∂L/∂output."""
        return self._units(self.graph.outputs[node], "adjoints")

    def delta(self, node: int) -> list[list[Number]]:
        """[examples][units] of ∂L/∂z."""
        return self._units(self.graph.preactivations[node], "adjoints")

    def derivative(self, node: int) -> list[Any]:
        """σ′(z) of a layer, [examples][units]; [examples][out][in] where the activation couples units."""
        number = self.graph.preactivations[node] + 1
        activation, start = self.graph.nodes[number], self.layout.slots[number]
        width, inner = activation.width, self.graph.nodes[number - 1].width
        if not (isinstance(activation, ActivationNode) and activation.activation.couples):
            return [example.derivatives[start : start + width] for example in self.examples]
        rows = range(start, start + width * inner, inner)
        return [[example.derivatives[row : row + inner] for row in rows] for example in self.examples]

    def gradient(self, parameter: int) -> Value:
        """∂L/∂ a parameter, in its shape, summed over the examples."""
        assert self.linear is not None
        zero, first = self.weights[0] - self.weights[0], self.linear.dag.inner
        sums = []
        for place in self.layout.entries(parameter):
            uses = self.linear.uses(place)
            sums.append(sum((example.products[use - first] for example in self.examples for use in uses), zero))
        return shaped(sums, self.graph.network.parameters[parameter].shape)

    def _units(self, node: int, part: str) -> list[list[Number]]:
        span = self.layout.units(node)
        picked = slice(span.start, span.stop, span.step)
        return [getattr(example, part)[picked] for example in self.examples]


def scalar_point(graph: Graph, arithmetic: Arithmetic) -> ScalarPoint:
    """Computes a network forward and, where it has a loss, backward."""
    return point_at(compiled(graph, arithmetic), weight_list(graph, arithmetic))


def again(point: ScalarPoint, arithmetic: Arithmetic) -> ScalarPoint:
    """The network of a point in another kind of number; its layout and linear graph stay."""
    topology = point._replace(arithmetic=arithmetic, program=compile_program(point.layout, arithmetic))
    return point_at(topology, weight_list(point.graph, arithmetic))


def compiled(graph: Graph, arithmetic: Arithmetic) -> ScalarPoint:
    """A network in one kind of number, at no point yet; linear in the number of weight entries."""
    places = layout(graph)
    program = compile_program(places, arithmetic)
    linear = scalar_linear_graph(places, LayerLabels(graph)) if program.ends else None
    return ScalarPoint(graph, arithmetic, places, program, linear)


def point_at(topology: ScalarPoint, weights: Sequence[Number]) -> ScalarPoint:
    """The network with these weights, P."""
    graph, arithmetic, examples, losses = topology.graph, topology.arithmetic, [], []
    for number in range(graph.network.examples):
        targets = target_rows(graph, arithmetic, number)
        found, loss = example_at(topology, weights, inputs(graph, arithmetic, number), targets)
        examples.append(found)
        losses.append(loss)
    loss = sum(losses) / graph.reduction if topology.linear else None
    return topology._replace(weights=weights, loss=loss, examples=examples)


def example_at(
    topology: ScalarPoint, weights: Sequence[Number], given: Sequence[Number], targets: Sequence[Sequence[Number]]
) -> tuple[Example, Number]:
    """One example, and its loss before the reduction over the batch."""
    program, linear, one = topology.program, topology.linear, topology.arithmetic.number(1)
    values = forward(program, weights, given, one)
    derivatives = all_derivatives(program, weights, values)
    if linear is None:
        return Example(values, derivatives, (), [], []), None
    derivatives += loss_derivatives(program.ends, values, targets)
    edges = linear.gather([*weights, *values, *derivatives])
    adjoints, products = swept(linear.dag, edges, one / topology.graph.reduction)
    return Example(values, derivatives, edges, adjoints, products), loss_value(program.ends, values, targets)


def weight_list(graph: Graph, arithmetic: Arithmetic) -> list[Number]:
    """P: 1, then the entries of every parameter, row by row."""
    number = arithmetic.number
    weights = [number(1)]
    for _, _, shape, value, _, exact in graph.network.parameters:
        if exact:
            weights += [number(x, exact.get(index)) for index, x in entries(value)]
        elif not shape:
            weights.append(number(value))
        else:
            weights += map(number, value if len(shape) == 1 else chain.from_iterable(value))
    return weights


def inputs(graph: Graph, arithmetic: Arithmetic, example: int) -> list[Number]:
    """The inputs of one example, one after the other."""
    return [
        arithmetic.number(x, given.exact.get((example, unit)))
        for given in graph.network.inputs
        for unit, x in enumerate(given.rows[example])
    ]


def target_rows(graph: Graph, arithmetic: Arithmetic, example: int) -> list[list[Number]]:
    """The targets of one example, [targets][units]."""
    return [
        [arithmetic.number(x, target.exact.get((example, unit))) for unit, x in enumerate(target.rows[example])]
        for target in graph.network.targets
    ]


def shaped(found: list[Any], shape: tuple[int, ...]) -> Value:
    """Entries, row by row, in the shape of a value: a number where there is one entry."""
    if len(found) == 1:
        return found[0]
    if len(shape) == 1:
        return found
    return [found[start : start + shape[1]] for start in range(0, len(found), shape[1])]


def swept(dag: LinearGraph, edges: Sequence[Number], seed: Number) -> tuple[list[Number], list[Number]]:
    """The adjoint of every node, and of every weight by each of its uses."""
    adjoint = accumulate(dag, edges, seed, Total(seed - seed))
    return adjoint, list(map(mul, map(adjoint.__getitem__, dag.heads[dag.inner :]), edges[dag.inner :]))
