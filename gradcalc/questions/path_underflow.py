"""Whether paths kept to the range of doubles, from the loss on: a path can be lost to it though no sum of paths is."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, log2
from typing import Any

from gradcalc.engine.scalar_forward import reduction
from gradcalc.engine.scalar_point import UnitPoint, swept
from gradcalc.network.linear_graph import Steps
from gradcalc.network.network import Value
from gradcalc.questions.subjects import Subject

GREATEST = 1e300
"""Sums of many numbers up to this, each times its logarithm, are doubles."""

LEAST = -1021.0
"""log₂ of a normal double, with room for the rounding of the logarithms."""


def point_holds_paths(at: UnitPoint) -> bool:
    """Whether no path of a narrow network can have been lost, in any example."""
    assert at.linear is not None
    steps, seed = at.linear.steps, 1 / reduction(at.graph)
    return all(holds_paths(steps, example.edges, seed) for example in at.examples)


def holds_paths(steps: Steps, derivatives: Sequence[float], seed: float) -> bool:
    """Whether every product of derivatives other than 0, from the loss to any node or parameter, is a normal double.

    So is the sum of their sizes then.
    """
    sizes = list(map(abs, derivatives))
    nodes, uses = swept(steps, sizes, seed)
    greatest = sum(nodes) + sum(uses)  # unlike a maximum it cannot overlook a NaN
    return greatest <= GREATEST and _least(steps, sizes, seed) >= LEAST


def _least(steps: Steps, sizes: Sequence[float], seed: float) -> float:
    """log₂ of the least product other than 0: along a path logarithms add, side by side the least counts (min-plus)."""
    least = [inf] * steps.size
    least[steps.loss] = log2(seed)
    for tail, head, size in zip(steps.tails, steps.heads, sizes):
        if size:
            longer = least[head] + log2(size)
            if longer < least[tail]:
                least[tail] = longer
    return min(least)


def list_in_range(at: Any, subject: Subject, contributions: Sequence[Value]) -> bool:
    """Whether doubles held what is listed of a wide network: paths of layers, or of an entry those over units."""
    from gradcalc.engine.array_underflow import holds_list, paths_of_layers, paths_of_units
    from gradcalc.questions.sums.array_best import step_node

    node = step_node(at, subject)
    if subject.entry is None:
        return holds_list(contributions, lambda: paths_of_layers(at, node))
    return holds_list(contributions, lambda: paths_of_units(at, node, subject.entry, of_examples=False))
