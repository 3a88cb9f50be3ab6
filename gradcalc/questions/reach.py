"""Whether paths kept to the range of doubles, from the loss on: a path can be lost to it though no sum of paths is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import log2
from typing import Any

from gradcalc.magnitudes import numbers
from gradcalc.network import Value
from gradcalc.questions.point import TINY, Point
from gradcalc.steps import Steps
from gradcalc.units.losses import reduction
from gradcalc.units.point import UnitPoint

HUGE = 1.7976931348623157e308
LOWEST, HIGHEST = -1021.0, 1023.0
"""log₂ of doubles that are normal and finite, with room for the rounding of the logarithms."""

FAR_FROM_LOST = 2.0**-900
"""An array with such an entry is taken to have no others that are lost."""

FEW = 5_000
"""Edges up to which a network is computed again in wider numbers rather than its numbers looked at one by one."""


def kept(at: Point, contributions: Iterable[Value]) -> bool:
    """Whether the contributions of some paths lost nothing: of a narrow network since no path left the range or, in
    one too large to start again for a path that nobody asked of, since these ended well inside; of a wide one, by
    their sizes."""
    if not isinstance(at, UnitPoint):
        return all(map(_array_kept, contributions))
    steps, seed = _steps(at), 1 / reduction(at.graph)
    if all(keeps(steps, example.edges, seed) for example in at.examples):
        return True
    return len(steps.tails) > FEW and all(TINY <= abs(x) <= HUGE for value in contributions for x in numbers(value))


def keeps(steps: Steps, slopes: Sequence[float], seed: float) -> bool:
    """Whether every product of slopes other than 0, from the loss to any node or parameter, is a normal double."""
    return _surely(steps, slopes, seed) or _by_sweep(steps, slopes, seed)


def fits(value: Value) -> bool:
    """Whether every number is a normal double, or 0."""
    return all(TINY <= abs(x) <= HUGE or x == 0 for x in numbers(value))


def _steps(at: UnitPoint) -> Steps:
    assert at.linear is not None
    return at.linear.steps


def _array_kept(value: Value) -> bool:
    return fits(value) and any(abs(x) >= FAR_FROM_LOST for x in numbers(value))


def _surely(steps: Steps, slopes: Sequence[float], seed: float) -> bool:
    """Whether even a path that took the least slope out of every node would do, and one that took the greatest."""
    least: dict[int, float] = {}
    greatest: dict[int, float] = {}
    for tail, slope in zip(steps.tails[: steps.inner], slopes):
        size = abs(slope)
        if size > greatest.get(tail, 1.0):
            greatest[tail] = size
        elif 0 < size < least.get(tail, 1.0):
            least[tail] = size
    uses = [1.0, *(abs(slope) for slope in slopes[steps.inner :] if slope)]  # a path takes one of them, or none
    low = sum(map(log2, least.values())) + log2(min(uses))
    high = sum(map(log2, greatest.values())) + log2(max(uses))
    return low + log2(seed) >= LOWEST and high + log2(seed) <= HIGHEST


def _by_sweep(steps: Steps, slopes: Sequence[float], seed: float) -> bool:
    from gradcalc.accumulate import accumulate
    from gradcalc.algebras.extent import Extents

    algebra: Any = Extents()
    edges = algebra.edges(steps, slopes)
    said = accumulate(steps, edges, seed, algebra)
    uses = (said[head] * edge for head, edge in zip(steps.heads[steps.inner :], edges[steps.inner :]))
    return all(extent.low >= LOWEST and extent.high <= HIGHEST for extents in (said, uses) for extent in extents)
