"""Whether the doubles of a wide network kept to their range: none lost to 0, subnormals or infinity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcalc.arrays.edges import Diagonal, Nothing, Start
from gradcalc.arrays.point import ArrayPoint

TINY = 2.2250738585072014e-308


def in_range(point: ArrayPoint) -> bool:
    """Whether nothing was lost, in values, slopes, adjoints and gradients."""
    with np.errstate(all="ignore"):
        return all(map(_kept, _arrays(point))) and _honest_values(point) and _honest_adjoints(point)


def _arrays(point: ArrayPoint) -> Iterator[Any]:
    yield from point.at.values
    yield from (said for said in point.said if not isinstance(said, (Nothing, float)))
    yield from (edge.slopes for edge in point.edges if isinstance(edge, (Diagonal, Start)))


def _kept(array: Any) -> bool:
    """No entry infinite, NaN or subnormal; zeros are asked about later."""
    sizes = np.abs(array)
    return bool(np.all(np.isfinite(sizes))) and not bool(np.any((sizes < TINY) & (sizes > 0)))


def _honest_values(point: ArrayPoint) -> bool:
    """A 0 of an activation is honest where it is flat, or where z is 0; its slope likewise."""
    for link, edge in zip(point.linear.links, point.edges):
        if link.kind != "bend" or not isinstance(edge, Diagonal):
            continue
        node = point.graph.nodes[link.node]
        bent = point.graph.network.layers[node.of - len(point.graph.network.inputs)].activation
        away = point.at.values[node.arcs[0].tail] != 0
        if not bent.flat and np.any(away & ((point.at.values[link.node] == 0) | (edge.slopes == 0))):
            return False
    return True


def _honest_adjoints(point: ArrayPoint) -> bool:
    """A 0 is honest where no product of a head and an edge that feeds it has two factors other than 0."""
    said, steps = point.said, point.linear.steps
    for tail, head, edge in zip(steps.tails, steps.heads, point.edges) if said else ():
        if head == steps.loss or isinstance(said[head], Nothing) or not _has_zero(said[tail]):
            continue
        reached = (said[head] != 0).astype(float) * _pattern(edge)
        if np.any((np.asarray(said[tail]) == 0) & (np.asarray(reached) != 0)):
            return False
    return True


def _has_zero(array: Any) -> bool:
    return bool(np.any(np.asarray(array) == 0))


def _pattern(edge: Any) -> Any:
    """The edge with 1 where it is not 0."""
    return edge.apply(lambda numbers: np.asarray(numbers != 0).astype(float))
