"""Whether the doubles of a wide network, its sums and its lists of paths kept to their range: none was lost to
0, subnormals or infinity."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from gradcalc.accumulate import Sweep
from gradcalc.algebras.total import Total
from gradcalc.arithmetic.double import HUGE, TINY
from gradcalc.arrays.edges import NOTHING, Diagonal, Edge, Jacobians, Matrix, Nothing, Scalar, Start
from gradcalc.arrays.forward import affine
from gradcalc.arrays.kinds import Array
from gradcalc.arrays.point import ArrayPoint
from gradcalc.arrays.zeros import honest_alpha, honest_bend, honest_loss, least, within
from gradcalc.network import Index, Value

FAR_UP = 1e290
"""So many of such numbers as memory holds are summed without an overflow."""


def in_range(point: ArrayPoint) -> bool:
    """Whether nothing was lost, in the loss, values, slopes, adjoints and gradients."""
    with np.errstate(all="ignore"):
        if all(map(_plain, _arrays(point))):
            return True
        return (
            all(map(_kept, _arrays(point)))
            and _honest_values(point)
            and _honest_slopes(point)
            and (point.loss is None or (honest_loss(point) and _honest_adjoints(point)))
        )


def _arrays(point: ArrayPoint) -> Iterator[Any]:
    if point.loss is not None:
        yield point.loss
    yield from point.at.values
    yield from (said for said in point.said if not isinstance(said, (Nothing, float)))
    yield from (edge.slopes for edge in point.edges if isinstance(edge, (Diagonal, Jacobians, Start)))


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


def _honest_slopes(point: ArrayPoint) -> bool:
    """A 0 is honest where the activation is flat; in a product of sources, where one of the others is 0."""
    for link, edge in zip(point.linear.links, point.edges):
        if link.kind == "bend" and not (honest_bend(point, link, edge.slopes) and honest_alpha(point, link)):
            return False
        if link.kind == "join" and point.graph.nodes[link.node].kind == "multiply" and not edge.slopes.all():
            arcs = point.graph.nodes[link.node].arcs
            others = [point.at.values[arc.tail] != 0 for place, arc in enumerate(arcs) if place != link.place]
            if np.any((edge.slopes == 0) & np.all(others, axis=0)):
                return False
    return True


def _honest_adjoints(point: ArrayPoint) -> bool:
    """A 0 is honest where no product of a head and an edge that feeds it was lost."""
    said, steps = point.said, point.linear.steps
    for tail, head, edge in zip(steps.tails, steps.heads, point.edges):
        if head == steps.loss or isinstance(said[head], Nothing) or np.all(said[tail]):
            continue
        if product_lost(said[head], edge, lambda below=said[tail]: below):  # type: ignore[misc]
            return False
    return True


def product_lost(said: Any, edge: Edge, total: Callable[[], Any]) -> bool:
    """Whether `said * edge` lost an entry, and nothing larger makes up for it in the `total` that it was added to."""
    (low, high), (least_factor, greatest_factor) = _extent(said), _edge_extent(edge)
    if low * least_factor >= TINY and high * greatest_factor <= FAR_UP:  # nearly always so, and cheap to ask
        return False
    with np.errstate(all="ignore"):
        sizes = np.asarray(np.abs(said) * abs(edge))
        if not np.isfinite(sizes).all():
            return True
        lost = (sizes < TINY) & (pattern(said) * edge.apply(pattern) > 0)
        return bool(lost.any() and np.any(lost & (np.abs(total()) < TINY)))


def _edge_extent(edge: Edge) -> tuple[float, float]:
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
    """How many paths of layers a step node has that take no edge of zeros alone."""
    edges = [int(_edge_extent(edge)[1] > 0) for edge in point.edges]
    return int(Sweep(point.linear.steps, edges, 1, Total(0)).of(node))


def paths_of_units(point: ArrayPoint, node: int, entry: Index | None, of_examples: bool = True) -> float:
    """How many paths over units a step node, or an entry of it, has without a 0 among their factors: counted in every
    example, or once for all examples in which any has none."""

    def ones(edge: Edge) -> Edge:
        varies = not isinstance(edge, (Matrix, Scalar))
        return edge.apply(pattern if of_examples or not varies else _in_any_example)

    with np.errstate(all="ignore"):
        said = Sweep(point.linear.steps, list(map(ones, point.edges)), 1.0, Total(NOTHING)).of(node)
    counts = np.asarray(0.0 if said is NOTHING else said)
    picked: Any = (..., *entry) if entry and counts.ndim else ...
    return float(counts[picked].sum())


def _in_any_example(numbers: Any) -> Any:
    found = pattern(numbers)
    return found.max(axis=0, keepdims=True) if found.ndim else found
