"""A narrow network at a point, unit by unit, in one kind of number: its values, derivatives and adjoints; and whether
any of them was lost to the range of float64.

Lost numbers are looked for first in bulk, which is all it costs where nothing is wrong. Only where a number stands out
is asked why: a 0 is exact where a factor of it is 0, where a sum cancels, and where the number is 0 in extended range,
too; else it is an underflow. Activations that are flat on an interval, as ReLU is, need not be asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from math import inf, isfinite, log2
from operator import mul
from typing import Any

from gradcalc.arithmetic import Arithmetic, Number
from gradcalc.arithmetic.float64 import HUGE, TINY
from gradcalc.engine.scalar_forward import (
    Program,
    all_derivatives,
    compile_program,
    ends,
    forward,
    loss_derivatives,
    loss_value,
)
from gradcalc.engine.scalar_graph import LayerLabels, ScalarLayout, ScalarLinearGraph, layout, scalar_linear_graph
from gradcalc.network.graph import ActivationNode, AffineNode, Graph, InputNode, JoinNode
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

    def values(self, node: int) -> list[list[Number]]:
        """[examples][units] of a node of the graph."""
        return self._units(node, "values")

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by its network and arithmetic, and computed again."""
        return recomputed, (self.graph, self.arithmetic)

    def output(self, node: int) -> list[list[Number]]:
        """[examples][units] of a node of the network."""
        return self.values(self.graph.outputs[node])

    def preactivation(self, node: int) -> list[list[Number]]:
        """[examples][units] of a layer's z."""
        return self.values(self.graph.preactivations[node])

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

    def weight_gradients(self) -> list[Number]:
        """∂L/∂ every P[place], summed over its uses and the examples."""
        assert self.linear is not None
        dag, sums = self.linear.dag, [self.weights[0] - self.weights[0]] * self.linear.dag.size
        for example in self.examples:
            for weight, product in zip(dag.tails[dag.inner :], example.products):
                sums[weight] = sums[weight] + product
        return sums[self.layout.values : -1]

    def in_range(self) -> bool:
        """Whether no float64 was lost to the range: none infinite, NaN or subnormal, none 0 that should not be."""
        if self.loss is not None and (_is_odd(self.loss) or _loss_underflowed(self)):
            return False
        linear = self.linear if far_from_ends(self.weights[1:]) else None
        outputs = [place for end in self.program.ends for place in end.outputs]
        doubtful = [
            one
            for one in self.examples
            if linear is None
            or not factors_far_from_ends(linear, one)
            or not far_from_ends([one.values[place] for place in outputs])  # which may be no factor
        ]
        if not all(_example_in_range(self, example) for example in doubtful):
            return False
        return not doubtful or self.linear is None or all(abs(total) < inf for total in self.weight_gradients())

    def _units(self, node: int, part: str) -> list[list[Number]]:
        span = self.layout.units(node)
        picked = slice(span.start, span.stop, span.step)
        return [getattr(example, part)[picked] for example in self.examples]


def recomputed(graph: Graph, arithmetic: Arithmetic) -> ScalarPoint:
    """The point that was pickled."""
    with arithmetic.context():
        return scalar_point(graph, arithmetic)


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
    linear = scalar_linear_graph(places, LayerLabels) if program.ends else None
    return ScalarPoint(graph, arithmetic, places, program, linear)


def point_at(topology: ScalarPoint, weights: Sequence[Number]) -> ScalarPoint:
    """The network with these weights, P."""
    graph, examples, losses = topology.graph, [], []
    for number in range(graph.network.examples):
        found, loss = example_at(topology, weights, number)
        examples.append(found)
        losses.append(loss)
    loss = sum(losses) / graph.reduction if topology.linear else None
    return topology._replace(weights=weights, loss=loss, examples=examples)


def example_at(topology: ScalarPoint, weights: Sequence[Number], number: int) -> tuple[Example, Number]:
    """One example, and its loss before the reduction over the batch."""
    program, linear, arithmetic = topology.program, topology.linear, topology.arithmetic
    given = inputs(topology.graph, arithmetic, number)
    targets = target_rows(topology.graph, arithmetic, number)
    if arithmetic.name.endswith("digits"):
        from gradcalc.engine.rational_values import rounded_once

        values, derivatives = rounded_once(topology, weights, given, number)
    else:
        values = forward(program, weights, given, arithmetic.number(1))
        derivatives = all_derivatives(program, weights, values)
    if linear is None:
        return Example(values, derivatives, (), [], []), None
    derivatives += loss_derivatives(program.ends, values, targets)
    edges = linear.gather([*weights, *values, *derivatives])
    adjoints, products = swept(linear.dag, edges, arithmetic.seed(topology.graph.reduction))
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


FAR_DOWN, FAR_UP = 1e-150, 1e150
"""Any two numbers between these multiply to a normal float64, and sums of many such products overflow nowhere."""


FAR = bytes(sign | exponent for exponent in range(0x21, 0x5F) for sign in (0, 0x80))
"""The leading bytes of floats from 2^-495 to 2^497: the sign, and seven bits of the exponent."""


MANY = 500  # numbers from which on it pays to look at their bytes: `struct` costs that much to import


def factors_far_from_ends(linear: ScalarLinearGraph, example: Example) -> bool:
    """Whether no product of two factors was lost, provided that the weights are far from the ends of the range, too.

    Sums may cancel to anything; what is then multiplied is a factor again. A derivative that was lost shows in the
    adjoint of its preactivation, an overflowing preactivation in its activation.
    """
    adjoints = example.adjoints[1 : linear.layout.values]
    return far_from_ends(linear.factors(example.values)) and far_from_ends(adjoints)


def far_from_ends(numbers: Sequence[float]) -> bool:
    """Whether the product of any two of the numbers is a normal float64."""
    if len(numbers) < MANY:
        return not numbers or _between(numbers, FAR_DOWN, FAR_UP)
    from struct import pack

    leading = pack(f"<{len(numbers)}d", *numbers)[7::8]
    return not leading.translate(None, FAR)


def _between(numbers: Sequence[float], low: float, high: float) -> bool:
    sizes = list(map(abs, numbers))
    return min(sizes) >= low and sum(sizes) <= high  # a sum, unlike a maximum, cannot overlook a NaN


def _is_odd(number: float) -> bool:
    """Whether a number is one that no factor of 0 explains: subnormal, infinite or NaN."""
    return number != 0 and not TINY <= abs(number) < inf


def _example_in_range(point: ScalarPoint, example: Example) -> bool:
    """Whether all numbers are finite, and normal or exact zeros."""
    computed = (*example.values, *example.derivatives)
    if not _between(computed, TINY, HUGE):
        nodes = range(len(point.graph.nodes))
        if any(map(_is_odd, computed)) or any(_node_underflowed(point, example, number) for number in nodes):
            return False
    adjoints, products = example.adjoints, example.products
    if any(map(_is_odd, adjoints)) or any(map(_is_odd, products)):
        return False
    if point.linear is None:
        return True
    dag = point.linear.dag
    sums = chain(map(adjoints.__getitem__, dag.tails[: dag.inner]), products)  # what the product at an edge is added to
    return not any(
        total == 0 and _product_underflowed(adjoints[head], edge)
        for total, head, edge in zip(sums, dag.heads, example.edges)
    )


def _product_underflowed(one: float, other: float) -> bool:
    return one != 0 and other != 0 and one * other == 0


def _node_underflowed(point: ScalarPoint, example: Example, number: int) -> bool:
    """Whether a 0 among the values of a node or its derivatives is none: of a sum where a product in it was lost, else
    where the number is none in extended range."""
    layout, node, values = point.layout, point.graph.nodes[number], example.values
    if isinstance(node, AffineNode):
        return any(
            _product_underflowed(point.weights[p], values[v])
            for terms, place in zip(layout.terms[number], layout.units(number))
            if values[place] == 0
            for p, v, _ in terms
        )
    start, sources = layout.slots[number], [layout.units(arc.tail) for arc in node.arcs]
    if isinstance(node, InputNode):
        return False
    couples = isinstance(node, ActivationNode) and node.activation.couples
    count = node.width * len(sources[0] if couples else sources)
    found = [values[unit] for unit in layout.units(number)] + example.derivatives[start : start + count]
    if node.flat or all(found):
        return False
    from gradcalc.arithmetic.extended import Extended

    with Extended.context():
        columns = [[Extended.number(values[unit]) for unit in units] for units in sources]
        if isinstance(node, ActivationNode) and node.activation.parametric:
            columns.append([Extended.number(point.weights[place]) for place in layout.alphas(node)])
        return any(map(_underflowed, found, _computed(node, columns)))


def _computed(node: ActivationNode | JoinNode, columns: Sequence[Sequence[Number]]) -> list[Number]:
    """The values of a node in extended range, then its derivatives, from those of what it reads."""
    from gradcalc.arithmetic.extended import Extended

    rows = list(zip(*columns))
    if isinstance(node, JoinNode):
        functions, join = Extended.functions, node.join
        partials = [partial for row in rows for partial in join.partials(functions, row)]
        return [*(join.value(functions, row) for row in rows), *partials]
    value, derivative = Extended.value(node.activation), Extended.derivative(node.activation)
    if node.activation.couples:
        (row,) = columns
        return [*value(row), *chain.from_iterable(derivative(row))]
    return [value(*row) for row in rows] + [derivative(*row) for row in rows]


def _loss_underflowed(point: ScalarPoint) -> bool:
    """Whether a 0 is none that is the loss or a derivative of it, or may be none, as other values are not finite."""
    layout, count = point.layout, sum(len(end.outputs) for end in point.program.ends)
    found = [example.derivatives[layout.derivatives - count :] for example in point.examples]
    if point.loss and all(map(all, found)):
        return False
    if not all(isfinite(value) for example in point.examples for value in example.values):
        return True
    from gradcalc.arithmetic.extended import Extended

    with Extended.context():
        read, total = ends(layout, Extended), Extended.number(0)
        for number, (example, derivatives) in enumerate(zip(point.examples, found)):
            values, targets = list(map(Extended.number, example.values)), target_rows(point.graph, Extended, number)
            if any(map(_underflowed, derivatives, loss_derivatives(read, values, targets))):
                return True
            total = total + loss_value(read, values, targets)
        return _underflowed(point.loss, total)


def _underflowed(found: Any, extended: Any) -> bool:
    """Whether a number is 0 for want of range: not so in extended range."""
    return not found and 0 < abs(extended) < TINY


GREATEST = 1e300  # sums of many numbers up to this, each times its logarithm, are in the range of float64


LEAST = -1021.0  # log₂ of a normal float64, with room for the rounding of the logarithms


def point_holds_paths(at: ScalarPoint) -> bool:
    """Whether no path of a narrow network can have been lost, in any example."""
    assert at.linear is not None
    dag, seed = at.linear.dag, 1 / at.graph.reduction
    return all(holds_paths(dag, example.edges, seed) for example in at.examples)


def holds_paths(dag: LinearGraph, derivatives: Sequence[float], seed: float) -> bool:
    """Whether every product of derivatives other than 0, from the loss to any node or parameter, is a normal float64.

    So is the sum of their sizes then.
    """
    sizes = list(map(abs, derivatives))
    nodes, uses = swept(dag, sizes, seed)
    greatest = sum(nodes) + sum(uses)  # unlike a maximum it cannot overlook a NaN
    return greatest <= GREATEST and _least(dag, sizes, seed) >= LEAST


def _least(dag: LinearGraph, sizes: Sequence[float], seed: float) -> float:
    """log₂ of the least product other than 0: along a path logarithms add, side by side the least counts (min-plus)."""
    least = [inf] * dag.size
    least[dag.loss] = log2(seed)
    for tail, head, size in zip(dag.tails, dag.heads, sizes):
        if size:
            longer = least[head] + log2(size)
            if longer < least[tail]:
                least[tail] = longer
    return min(least)
