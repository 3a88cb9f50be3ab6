"""Whether a 0 among the values and slopes of activations and losses is honest: asked of numbers with a wider range.

The same question as for narrow networks, of those entries (those rows, where units are coupled) alone that have a 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcalc.arithmetic.double import TINY
from gradcalc.arithmetic.extended import Extended
from gradcalc.arrays.edges import Start
from gradcalc.arrays.forward import alpha
from gradcalc.arrays.kinds import Array, ArrayKind
from gradcalc.arrays.point import ArrayPoint
from gradcalc.arrays.slopes import read_by_loss
from gradcalc.layers import Link

WIDER = ArrayKind(Extended)


def honest_bend(point: ArrayPoint, link: Link, slopes: Array) -> bool:
    """The values and slopes of one activation; rows that are flat on an interval need not be asked."""
    node = point.graph.nodes[link.node]
    bent = point.graph.network.layers[node.of - len(point.graph.network.inputs)].activation
    z, values = point.at.values[node.arcs[0].tail], point.at.values[link.node]
    if bent.flat or bent.parametric:
        return True
    zero = (values == 0).any(-1) | (slopes == 0).any((-1, -2)) if bent.couples else (values == 0) | (slopes == 0)
    if not zero.any():
        return True
    with Extended.context():
        picked = wider(z[zero])
        found = WIDER.value(bent, picked), WIDER.slope(bent, picked)
        return not (lost(values[zero], found[0]) or lost(slopes[zero], found[1]))


def honest_alpha(point: ArrayPoint, link: Link) -> bool:
    """The values of an activation with a parameter: α·z, 0 only where α or z is."""
    node = point.graph.nodes[link.node]
    given = alpha(point.graph, point.at.parameters, node)
    if given is None:
        return True
    z = point.at.values[node.arcs[0].tail]
    return not bool(np.any((point.at.values[link.node] == 0) & (z != 0) & (np.broadcast_to(given, z.shape) != 0)))


def honest_loss(point: ArrayPoint) -> bool:
    """The loss, and its slopes at every node that has a target."""
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
        zero = (edge.slopes == 0).any(-1)
        rows = wider(read[zero]), wider(target[zero])
        if zero.any():
            yield edge.slopes[zero], WIDER.loss_slopes(loss, *rows)
        if point.loss == 0:
            total = total + WIDER.loss(loss, wider(read), wider(target)).sum()
    yield np.array(point.loss), np.array(total)


def lost(doubles: Array, numbers: Array) -> bool:
    """Whether a double is 0 for want of range."""
    sizes = np.abs(numbers)
    return bool(np.any((doubles == 0) & (sizes > 0) & (sizes < TINY)))


def wider(doubles: Array) -> Array:
    """The same in numbers with a wider range."""
    return WIDER.array(doubles, {}) if doubles.ndim else doubles


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
