"""Sums over paths: of which paths, what is asked of whoever sums them, and whether float64 holds them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, log2
from typing import Any, Protocol

from gradcalc.analysis.point import Point, Subject
from gradcalc.analysis.results import Signs
from gradcalc.engine.scalar_forward import reduction
from gradcalc.engine.scalar_point import ScalarPoint, swept
from gradcalc.network.linear_graph import EdgeLabel, LinearGraph
from gradcalc.network.network import Index, Value
from gradcalc.records import Record
from gradcalc.semirings.entropy import Moments

Term = tuple[int, int, Value, Any]
"""Length, count, contribution, magnitude."""

Found = tuple[Any, Callable[[], list[EdgeLabel]]]
"""A contribution, and what makes the labels of its path."""

Largest = tuple[int, Index, Found]
"""The example, the entry (or unit) of the gradient, the contribution with its path."""


class Part(Record):
    """Which paths: those through and not through some nodes or edges, of a node or unit in place of the loss."""

    through: Sequence[str] = ()
    avoid: Sequence[str] = ()
    of: str | None = None

    def __str__(self) -> str:
        return ", ".join([f"through {name}" for name in self.through] + [f"not through {name}" for name in self.avoid])


WHOLE = Part()


class PathSource(Protocol):
    """Sums over paths at one point."""

    @property
    def point(self) -> Point: ...
    def in_range(self) -> bool:
        """Whether float64 held the sums and the paths that were listed; of units, every path there is."""

    def count(self, subject: Subject) -> int: ...
    def total(self, subject: Subject) -> Value: ...
    def moments(self, subject: Subject) -> Moments: ...
    def signs(self, subject: Subject) -> Signs: ...
    def spectrum(self, subject: Subject) -> list[Term]: ...
    def largest(self, subject: Subject, k: int) -> list[Largest]: ...


# Whether paths kept to the range of float64, from the loss on: a path can be lost to it though no sum of paths is.

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


def list_in_range(at: Any, subject: Subject, contributions: Sequence[Value]) -> bool:
    """Whether float64 held what is listed of a wide network: paths of layers, or of an entry those over units."""
    from gradcalc.analysis.array_path_sums import linear_node
    from gradcalc.engine.array_underflow import holds_list, paths_of_layers, paths_of_units

    node = linear_node(at, subject)
    if subject.entry is None:
        return holds_list(contributions, lambda: paths_of_layers(at, node))
    return holds_list(contributions, lambda: paths_of_units(at, node, subject.entry, of_examples=False))
