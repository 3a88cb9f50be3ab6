"""Sums over paths: of which paths, and what is asked of whoever sums them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from gradcalc.analysis.point import Point, Subject
from gradcalc.analysis.results import Signs
from gradcalc.network.linear_graph import EdgeLabel, LayerLinearGraph
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


def layer_node(linear: LayerLinearGraph, subject: Subject) -> int:
    """The node of the linear graph of layers where the paths of a subject start."""
    return linear.parameter(subject.number) if subject.is_parameter else linear.graph.outputs[subject.number]
