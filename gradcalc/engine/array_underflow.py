"""Whether a double was lost to the range in arrays, and which zeros are zeros by themselves.

The same question as for narrow networks, of those entries (those rows, where units are coupled) alone that have a 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from gradcalc.arithmetic.extended import Extended
from gradcalc.arithmetic.float64 import HUGE, TINY
from gradcalc.engine.array_edges import NOTHING, ArrayEdge, Diagonal, Jacobians, Matrix, Nothing, Scalar, Start
from gradcalc.engine.array_forward import Array, ArrayKind, affine, alpha
from gradcalc.engine.array_linear import read_by_loss
from gradcalc.engine.array_point import ArrayPoint
from gradcalc.network.linear_graph import Link
from gradcalc.network.network import Index, Value
from gradcalc.semirings.accumulate import ReverseSweep, Total

FAR_UP = 1e290
"""So many of such numbers as memory holds are summed without an overflow."""


def in_range(point: ArrayPoint) -> bool:
    """Whether nothing was lost, in the loss, values, derivatives, adjoints and gradients."""
    with np.errstate(all="ignore"):
        if all(map(_plain, _arrays(point))):
            return True
        return (
            all(map(_kept, _arrays(point)))
            and _honest_values(point)
            and _honest_derivatives(point)
            and (point.loss is None or (honest_loss(point) and _honest_adjoints(point)))
        )


def _arrays(point: ArrayPoint) -> Iterator[Any]:
    if point.loss is not None:
        yield point.loss
    yield from point.at.values
    yield from (adjoint for adjoint in point.adjoints if not isinstance(adjoint, (Nothing, float)))
    yield from (edge.derivatives for edge in point.edges if isinstance(edge, (Diagonal, Jacobians, Start)))


def _plain(array: Any) -> bool:
    """Every entry a normal double: then there is nothing to ask about, which is nearly always so."""
    return within(array, TINY, HUGE)


def _kept(array: Any) -> bool:
    """No entry infinite, NaN or subnormal; zeros are asked about later."""
    sizes = np.abs(array)
    return bool(np.all(np.isfinite(sizes))) and not bool(np.any((sizes < TINY) & (sizes > 0)))


def _honest_values(point: ArrayPoint) -> bool:
    """A 0 is honest in a product of which a factor is 0, in a sum that cancels or whose products all are."""
    values = point.at.values
    for number, node in enumerate(point.graph.nodes):
        if node.kind not in ("affine", "multiply") or values[number].all():
            continue
        if node.kind == "multiply":
            if np.any((values[number] == 0) & np.all([values[arc.tail] != 0 for arc in node.arcs], axis=0)):
                return False
        elif np.any((values[number] == 0) & _sum_lost(point, number)):
            return False
    return True


def _sum_lost(point: ArrayPoint, number: int) -> Array:
    """Where products vanished whose factors are not 0, and nothing larger stands beside them."""
    node = point.graph.nodes[number]
    values = {arc.tail: point.at.values[arc.tail] for arc in node.arcs}
    numbers = {arc.parameter for arc in node.arcs} | {node.bias}
    parameters = {n: point.at.parameters[n] for n in numbers if n is not None}
    if min(map(least, values.values())) * min(map(least, parameters.values()), default=1.0) >= TINY:
        return np.array(False)
    sizes = affine(point.graph, _each(np.abs, parameters), _each(np.abs, values), node)
    reached = affine(point.graph, _each(pattern, parameters), _each(pattern, values), node)
    return (sizes < TINY) & (reached > 0)


def _each(function: Any, arrays: dict[int, Array]) -> dict[int, Array]:
    return {number: function(array) for number, array in arrays.items()}


def _honest_derivatives(point: ArrayPoint) -> bool:
    """A 0 is honest where the activation is flat; in a product of sources, where one of the others is 0."""
    for link, edge in zip(point.linear.links, point.edges):
        if link.kind == "activation" and not (
            honest_activation(point, link, edge.derivatives) and honest_alpha(point, link)
        ):
            return False
        if link.kind == "join" and point.graph.nodes[link.node].kind == "multiply" and not edge.derivatives.all():
            arcs = point.graph.nodes[link.node].arcs
            others = [point.at.values[arc.tail] != 0 for place, arc in enumerate(arcs) if place != link.place]
            if np.any((edge.derivatives == 0) & np.all(others, axis=0)):
                return False
    return True


def _honest_adjoints(point: ArrayPoint) -> bool:
    """A 0 is honest where no product of a head and an edge that feeds it was lost."""
    adjoint, dag = point.adjoints, point.linear.dag
    for tail, head, edge in zip(dag.tails, dag.heads, point.edges):
        if head == dag.loss or isinstance(adjoint[head], Nothing) or np.all(adjoint[tail]):
            continue
        if product_lost(adjoint[head], edge, lambda below=adjoint[tail]: below):  # type: ignore[misc]
            return False
    return True


def product_lost(adjoint: Any, edge: ArrayEdge, total: Callable[[], Any]) -> bool:
    """Whether `said * edge` lost an entry, and nothing larger makes up for it in the `total` that it was added to."""
    (low, high), (least_factor, greatest_factor) = _extent(adjoint), _edge_extent(edge)
    if low * least_factor >= TINY and high * greatest_factor <= FAR_UP:  # nearly always so, and cheap to ask
        return False
    with np.errstate(all="ignore"):
        sizes = np.asarray(np.abs(adjoint) * abs(edge))
        if not np.isfinite(sizes).all():
            return True
        lost = (sizes < TINY) & (pattern(adjoint) * edge.apply(pattern) > 0)
        return bool(lost.any() and np.any(lost & (np.abs(total()) < TINY)))


def _edge_extent(edge: ArrayEdge) -> tuple[float, float]:
    """The least size other than 0 of an edge's entries, and the greatest."""
    found: list[tuple[float, float]] = []

    def note(numbers: Any) -> Any:
        found.append(_extent(numbers))
        return numbers

    edge.apply(note)
    return min(low for low, _ in found), max(high for _, high in found)


def _extent(array: Any) -> tuple[float, float]:
    return least(array), float(np.abs(np.asarray(array, dtype=float)).max(initial=0.0))


def pattern(numbers: Any) -> Any:
    """1 where a number is not 0."""
    return np.asarray(np.asarray(numbers) != 0).astype(float)


def holds_list(contributions: Sequence[Value], without_zeros: Callable[[], float]) -> bool:
    """Whether doubles held the contributions of the largest paths.

    Where one of them is 0, all the paths `without_zeros` among their factors stand before it, or one was lost.
    """
    arrays = [np.asarray(value, dtype=float) for value in contributions]
    found = [array for array in arrays if array.any()]
    return all(map(_kept, found)) and (len(found) == len(arrays) or without_zeros() == len(found))


def paths_of_layers(point: ArrayPoint, node: int) -> int:
    """How many paths of layers a node of the linear graph has that take no edge of zeros alone."""
    edges = [int(_edge_extent(edge)[1] > 0) for edge in point.edges]
    return int(ReverseSweep(point.linear.dag, edges, 1, Total(0)).of(node))


def paths_of_units(point: ArrayPoint, node: int, entry: Index | None, of_examples: bool = True) -> float:
    """How many paths over units a node of the linear graph, or an entry of it, has without a 0 among their factors:
    counted in every example, or once for all examples in which any has none.
    """

    def ones(edge: ArrayEdge) -> ArrayEdge:
        varies = not isinstance(edge, (Matrix, Scalar))
        return edge.apply(pattern if of_examples or not varies else _in_any_example)

    with np.errstate(all="ignore"):
        adjoint = ReverseSweep(point.linear.dag, list(map(ones, point.edges)), 1.0, Total(NOTHING)).of(node)
    counts = np.asarray(0.0 if adjoint is NOTHING else adjoint)
    picked: Any = (..., *entry) if entry and counts.ndim else ...
    return float(counts[picked].sum())


def _in_any_example(numbers: Any) -> Any:
    found = pattern(numbers)
    return found.max(axis=0, keepdims=True) if found.ndim else found


# Whether a 0 among the values and derivatives of activations and losses is honest: asked of numbers of extended range.


EXTENDED = ArrayKind(Extended)


def honest_activation(point: ArrayPoint, link: Link, derivatives: Array) -> bool:
    """The values and derivatives of one activation; rows that are flat on an interval need not be asked."""
    node = point.graph.nodes[link.node]
    sigma = point.graph.layer(node).activation
    z, values = point.at.values[node.arcs[0].tail], point.at.values[link.node]
    if sigma.flat or sigma.parametric:
        return True
    zero = (
        (values == 0).any(-1) | (derivatives == 0).any((-1, -2))
        if sigma.couples
        else (values == 0) | (derivatives == 0)
    )
    if not zero.any():
        return True
    with Extended.context():
        picked = extended(z[zero])
        found = EXTENDED.value(sigma, picked), EXTENDED.derivative(sigma, picked)
        return not (lost(values[zero], found[0]) or lost(derivatives[zero], found[1]))


def honest_alpha(point: ArrayPoint, link: Link) -> bool:
    """The values of an activation with a parameter: α·z, 0 only where α or z is."""
    node = point.graph.nodes[link.node]
    given = alpha(point.graph, point.at.parameters, node)
    if given is None:
        return True
    z = point.at.values[node.arcs[0].tail]
    return not bool(np.any((point.at.values[link.node] == 0) & (z != 0) & (np.broadcast_to(given, z.shape) != 0)))


def honest_loss(point: ArrayPoint) -> bool:
    """The loss, and its derivatives at every node that has a target."""
    if point.graph.network.loss.flat:
        return True
    with Extended.context():
        return not any(lost(double, number) for double, number in _losses(point))


def _losses(point: ArrayPoint) -> Iterator[tuple[Array, Array]]:
    total = Extended.number(0)
    for link, edge in zip(point.linear.links, point.edges):
        if not isinstance(edge, Start):
            continue
        loss, read, target = read_by_loss(point.at, link.place)
        zero = (edge.derivatives == 0).any(-1)
        rows = extended(read[zero]), extended(target[zero])
        if zero.any():
            yield edge.derivatives[zero], EXTENDED.loss_derivatives(loss, *rows)
        if point.loss == 0:
            total = total + EXTENDED.loss(loss, extended(read), extended(target)).sum()
    yield np.array(point.loss), np.array(total)


def lost(doubles: Array, numbers: Array) -> bool:
    """Whether a double is 0 for want of range."""
    sizes = np.abs(numbers)
    return bool(np.any((doubles == 0) & (sizes > 0) & (sizes < TINY)))


def extended(doubles: Array) -> Array:
    """The same in numbers of extended range."""
    return EXTENDED.array(doubles, {}) if doubles.ndim else doubles


def least(array: Any) -> float:
    """The least size other than 0; infinite where there is none."""
    sizes = np.abs(np.asarray(array, dtype=float))
    low = float(sizes.min(initial=np.inf))
    return low if low > 0 else float(np.min(sizes, initial=np.inf, where=sizes > 0))


def within(array: Any, low: float, high: float, zeros: bool = False) -> bool:
    """Whether the size of every entry is from `low` to `high` or, where `zeros` may be, 0; a NaN's is not."""
    sizes = np.abs(array)
    smallest, largest = np.minimum.reduce(sizes, axis=None), np.maximum.reduce(sizes, axis=None)
    if zeros and smallest == 0:
        smallest = np.min(sizes, initial=np.inf, where=sizes > 0)
    return bool(smallest >= low and largest <= high)
