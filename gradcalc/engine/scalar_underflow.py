"""Whether a double was lost to the range in a network of single units, and which zeros are zeros by themselves.

Looked for first in bulk, which is all it costs where nothing is wrong; only where something stands out is asked
whether it should: a 0 that has a 0 for a factor is honest, and so is the derivative of a dead ReLU.

Honest is a 0 where the number in extended range is 0 too, or of a size that a double could hold: then nothing was lost
to the range. Rows that are flat on an interval, as a dead ReLU is, need not be asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf, log2
from typing import Any

from gradcalc.arithmetic import Arithmetic, Number
from gradcalc.arithmetic.float64 import HUGE, TINY
from gradcalc.engine.scalar_forward import ends, loss_derivatives, loss_value, reduction
from gradcalc.engine.scalar_layout import ScalarLayout, activation, alphas
from gradcalc.engine.scalar_linear import ScalarLinearGraph
from gradcalc.engine.scalar_point import Example, ScalarPoint, swept, target_rows
from gradcalc.network.linear_graph import LinearGraph

FAR_DOWN, FAR_UP = 1e-150, 1e150
"""Any two numbers between these multiply to a normal double, and sums of many such products overflow nowhere."""

FAR = bytes(sign | exponent for exponent in range(0x21, 0x5F) for sign in (0, 0x80))
"""The leading bytes of doubles from 2^-495 to 2^497: the sign, and seven bits of the exponent."""

MANY = 500
"""Numbers from which on it pays to look at their bytes: `struct` costs that much to import."""


def in_range(point: ScalarPoint) -> bool:
    """Whether nothing was lost; the loss, values, derivatives and adjoints of every example are looked at."""
    if point.loss is not None and (_odd(point.loss) or not honest_loss(point)):
        return False
    linear = point.linear if far_from_ends(point.weights[1:]) else None
    return all((linear and kept(linear, example)) or _honest(point, example) for example in point.examples)


def kept(linear: ScalarLinearGraph, example: Example) -> bool:
    """Whether every factor is so far from the ends of the range that no product of two was lost: enough, mostly.

    The weights must be so too. Sums may cancel to anything, honestly; what is then multiplied is a factor again. A
    derivative that was lost shows in the adjoint of its preactivation, an overflowing preactivation in its activation.
    """
    adjoints = example.adjoints[1 : linear.layout.values]
    return far_from_ends(linear.factors(example.values)) and far_from_ends(adjoints)


def far_from_ends(numbers: Sequence[float]) -> bool:
    """Whether the product of any two of the numbers is a normal double."""
    if len(numbers) < MANY:
        return not numbers or _between(numbers, FAR_DOWN, FAR_UP)
    from struct import pack

    leading = pack(f"<{len(numbers)}d", *numbers)[7::8]
    return not leading.translate(None, FAR)


def _between(numbers: Sequence[float], low: float, high: float) -> bool:
    sizes = list(map(abs, numbers))
    return min(sizes) >= low and sum(sizes) <= high  # a sum, unlike a maximum, cannot overlook a NaN


def _plain(numbers: Sequence[float]) -> bool:
    return not numbers or _between(numbers, TINY, HUGE)


def _honest(point: ScalarPoint, example: Example) -> bool:
    values, derivatives = example.values, example.derivatives
    return (
        (_plain(values) or _honest_values(point, example))
        and (_plain(derivatives) or _honest_derivatives(point, example))
        and (_plain((*values, *derivatives)) or _honest_activations(point, example))
        and _honest_adjoints(point, example)
    )


def _odd(number: float) -> bool:
    """No number that a 0 factor explains: subnormal, infinite or NaN."""
    return number != 0 and not TINY <= abs(number) < inf


def _honest_values(point: ScalarPoint, example: Example) -> bool:
    """Every value finite and normal, or a 0 that comes from a 0."""
    if any(map(_odd, example.values)):
        return False
    layout = point.layout
    return all(
        _honest_node(layout, point.weights, example.values, number)
        for number in range(len(layout.graph.nodes))
        if any(example.values[unit] == 0 for unit in layout.units(number))
    )


def _honest_node(layout: ScalarLayout, weights: Sequence[float], values: Sequence[float], number: int) -> bool:
    node = layout.graph.nodes[number]
    zeros = [unit for unit, place in enumerate(layout.units(number)) if values[place] == 0]
    if node.kind == "affine":
        return not any(_lost(weights[p], values[v]) for unit in zeros for p, v, _ in layout.terms[number][unit])
    if node.kind == "multiply":
        return all(any(values[layout.unit(arc.tail, unit)] == 0 for arc in node.arcs) for unit in zeros)
    return True


def _lost(one: float, other: float) -> bool:
    """Whether a product vanished though neither factor is 0."""
    return one != 0 and other != 0 and one * other == 0


def _honest_derivatives(point: ScalarPoint, example: Example) -> bool:
    """Every derivative finite and normal, or 0; that of a product only where another factor is."""
    if any(map(_odd, example.derivatives)):
        return False
    layout = point.layout
    return not any(
        node.kind == "multiply" and _product_lost(layout, example, number)
        for number, node in enumerate(layout.graph.nodes)
    )


def _product_lost(layout: ScalarLayout, example: Example, number: int) -> bool:
    """Whether the product of all sources but one vanished though none of them is 0."""
    arcs, start = layout.graph.nodes[number].arcs, layout.slots[number]
    for unit, first in enumerate(range(start, start + layout.graph.nodes[number].width * len(arcs), len(arcs))):
        sources = [example.values[layout.unit(arc.tail, unit)] for arc in arcs]
        for place in range(len(arcs)):
            if example.derivatives[first + place] == 0 and all(sources[:place] + sources[place + 1 :]):
                return True
    return False


def _honest_activations(point: ScalarPoint, example: Example) -> bool:
    nodes = point.layout.graph.nodes
    return all(
        honest_activation(point, example, number) for number, node in enumerate(nodes) if node.kind == "activation"
    )


def _honest_adjoints(point: ScalarPoint, example: Example) -> bool:
    """Every adjoint finite and normal, or 0, and no product lost on the way to it; weights by each use likewise."""
    adjoint, products = example.adjoints, example.products
    if any(map(_odd, adjoint)) or any(map(_odd, products)):
        return False
    if point.linear is None:
        return True
    dag = point.linear.dag
    ends = ((adjoint[tail], head, edge) for tail, head, edge in zip(dag.tails[: dag.inner], dag.heads, example.edges))
    uses = zip(products, dag.heads[dag.inner :], example.edges[dag.inner :])
    return not any(one == 0 and _lost(adjoint[head], edge) for one, head, edge in (*ends, *uses))


# Whether a 0 among the values and derivatives of activations and losses is honest: asked of numbers of extended range.


Pair = tuple[float, Any]
"""A double, and the number in extended range that it should be."""


def honest_activation(point: ScalarPoint, example: Example, number: int) -> bool:
    """The values and derivatives of one activation's units."""
    layout = point.layout
    node = layout.graph.nodes[number]
    sigma, start = activation(layout.graph, node), layout.slots[number]
    found = [example.values[unit] for unit in layout.units(number)]
    inner = layout.graph.nodes[node.arcs[0].tail].width if sigma.couples else 1
    derivatives = example.derivatives[start : start + node.width * inner]
    trusted = sigma.flat and not sigma.parametric and sigma.name != "formula"
    if trusted or all((*found, *derivatives)):
        return True
    from gradcalc.arithmetic.extended import Extended

    with Extended.context():
        return not any(map(lost, zip((*found, *derivatives), _bent(point, example, number, Extended))))


def honest_loss(point: ScalarPoint) -> bool:
    """The loss of every example, and its derivatives."""
    layout, count = point.layout, sum(len(end.outputs) for end in point.program.ends)
    given = [example.derivatives[layout.derivatives - count :] for example in point.examples]
    if point.loss and all(map(all, given)):
        return True
    from gradcalc.arithmetic.extended import Extended

    with Extended.context():
        return not any(map(lost, _losses(point, given, Extended)))


def lost(pair: Pair) -> bool:
    """Whether a double is 0 for want of range."""
    double, extended = pair
    return not double and 0 < abs(extended) < TINY


def _bent(point: ScalarPoint, example: Example, number: int, arithmetic: Arithmetic) -> list[Number]:
    """Values, then derivatives (row by row where units are coupled), in the numbers of extended range."""
    layout = point.layout
    node = layout.graph.nodes[number]
    sigma = activation(layout.graph, node)
    value, derivative = arithmetic.value(sigma), arithmetic.derivative(sigma)
    zs = [arithmetic.number(example.values[unit]) for unit in layout.units(node.arcs[0].tail)]
    if sigma.couples:
        return [*value(zs), *(x for row in derivative(zs) for x in row)]
    given: list[Sequence[Number]] = [(z,) for z in zs]
    if sigma.parametric:
        given = [(z, arithmetic.number(point.weights[place])) for z, place in zip(zs, alphas(layout, node))]
    return [value(*one) for one in given] + [derivative(*one) for one in given]


def _losses(point: ScalarPoint, given: Sequence[Sequence[float]], arithmetic: Arithmetic) -> Iterator[Pair]:
    read = ends(point.layout, arithmetic)
    total = arithmetic.number(0)
    for number, (example, derivatives) in enumerate(zip(point.examples, given)):
        values = [arithmetic.number(x) for x in example.values]
        targets = target_rows(point.graph, arithmetic, number)
        total = total + loss_value(read, values, targets)
        yield from zip(derivatives, loss_derivatives(read, values, targets))
    assert point.loss is not None
    yield point.loss, total


# Whether paths keep to the range of float64: one can be lost to it though no sum of paths is.

GREATEST = 1e300
"""Sums of many numbers up to this, each times its logarithm, are in the range of float64."""

LEAST = -1021.0
"""log₂ of a normal float64, with room for the rounding of the logarithms."""


def point_holds_paths(at: ScalarPoint) -> bool:
    """Whether no path of a narrow network can have been lost, in any example."""
    assert at.linear is not None
    dag, seed = at.linear.dag, 1 / reduction(at.graph)
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
