"""Whether paths kept to the range of doubles, from the loss on: a path can be lost to it though no sum of paths is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from math import log2
from typing import TYPE_CHECKING, Any

from gradcalc.arithmetic.double import HUGE, TINY
from gradcalc.magnitudes import numbers
from gradcalc.network import Value
from gradcalc.questions.point import Point
from gradcalc.steps import Steps
from gradcalc.units.losses import reduction
from gradcalc.units.point import UnitPoint

if TYPE_CHECKING:
    from gradcalc.accumulate import Sweep
    from gradcalc.algebras.routes import Names

LOWEST, HIGHEST = -1021.0, 1023.0
"""log₂ of doubles that are normal and finite, with room for the rounding of the logarithms."""

LOGARITHM = 10
"""log₂ of the greatest logarithm of a double, rounded up."""

FEW = 5_000
"""Edges up to which a network is computed again in wider numbers rather than its paths looked at one by one."""


def kept(at: Point, listed: Callable[[], bool]) -> bool:
    """Whether the paths that were listed lost nothing: of a narrow network since no path left the range; of one that
    is wide, or too large to start again for a path that nobody asked of, since `listed` says so of these."""
    if isinstance(at, UnitPoint):
        steps, seed = _steps(at), 1 / reduction(at.graph)
        if all(keeps(steps, example.edges, seed) for example in at.examples):
            return True
        if len(steps.tails) <= FEW:
            return False
    return listed()


def keeps(steps: Steps, slopes: Sequence[float], seed: float) -> bool:
    """Whether every product of slopes other than 0, from the loss to any node or parameter, is a normal double."""
    return surely(steps, slopes, seed, 1) or _by_sweep(steps, slopes, seed)


def fits(value: Value) -> bool:
    """Whether every number is a normal double, or 0."""
    return all(TINY <= abs(x) <= HUGE or x == 0 for x in numbers(value))


def rankings_kept(steps: Steps, slopes: Sequence[float], sweep: Sweep, nodes: Collection[int]) -> bool:
    """Whether no path was lost that may be among the largest of the nodes, of those on its way to them."""
    for edge in steps.between(nodes):
        slope, above, below = slopes[edge], sweep.of(steps.heads[edge]), sweep.of(steps.tails[edge])
        ends = [below.candidates[place][0] for place in (0, -1)] if below.candidates else []
        if slope and not _holds(*ends) and any(_lost(value, slope) for value, _ in above.candidates):
            return False
    return True


def listings_kept(steps: Steps, slopes: Sequence[float], sweep: Sweep, nodes: Collection[int], names: Names) -> bool:
    """Whether no sum of the paths of one name, at the nodes or on its way to them, has lost one of them."""
    for edge in steps.between(nodes):
        slope, mark = slopes[edge], steps.marks[edge]
        lost = [route for route, value in sweep.of(steps.heads[edge]).of.items() if slope and _lost(value, slope)]
        below = sweep.of(steps.tails[edge]).of if lost else {}
        if not all(_holds(below[names.number(mark, route) if mark else route]) for route in lost):
            return False
    return True


def _holds(*numbers: float) -> bool:
    return all(TINY <= abs(number) <= HUGE for number in numbers)


def _lost(value: float, slope: float) -> bool:
    return value != 0 and not _holds(value * slope)


def _steps(at: UnitPoint) -> Steps:
    assert at.linear is not None
    return at.linear.steps


def surely(steps: Steps, slopes: Sequence[float], seed: float, paths: int) -> bool:
    """Whether even a path that took the least slope out of every node would do, and as many `paths` (at least one) that
    took the greatest, each times the logarithm of its size."""
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
    return low + log2(seed) >= LOWEST and high + log2(seed) + log2(paths) + LOGARITHM <= HIGHEST


def _by_sweep(steps: Steps, slopes: Sequence[float], seed: float) -> bool:
    from gradcalc.accumulate import accumulate
    from gradcalc.algebras.extent import Extents

    algebra: Any = Extents()
    edges = algebra.edges(steps, slopes)
    said = accumulate(steps, edges, seed, algebra)
    uses = (said[head] * edge for head, edge in zip(steps.heads[steps.inner :], edges[steps.inner :]))
    return all(extent.low >= LOWEST and extent.high <= HIGHEST for extents in (said, uses) for extent in extents)
