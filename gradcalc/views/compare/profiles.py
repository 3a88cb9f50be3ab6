"""How the gradient fares layer by layer on its way back, as one line for each network, all to one scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gradcalc.questions.comparing import Comparison
from gradcalc.questions.profile import Profile, profile
from gradcalc.report import Column, Spark, Table
from gradcalc.views.compare.gradients import scale

DEEP = 8
"""Layers from which on a network has a profile worth a line."""

COLUMNS = 40
KEPT = 1.05
"""A change per layer so small that the gradient is kept."""


def profile_table(comparison: Comparison) -> Iterator[Table]:
    """A row for each network, where any is deep."""
    if max(len(side.network.layers) for side in comparison.sides) < DEEP:
        return
    found = [profile(side.at) for side in comparison.sides]
    ends = scale(size for one in found for size in one.log10)
    step = -(-max(len(one.nodes) for one in found) // COLUMNS)
    rows = [
        [side.short, Spark(thinned(one.log10, step), ends.low, ends.high), change(one)]
        for side, one in zip(comparison.sides, found)
    ]
    heading = f"output → input, {ends}" + (f", every {step}th layer" if step > 1 else "")
    yield Table([Column("network"), Column(heading), Column("per layer")], rows, title="∂L/∂z of every layer")


def thinned(sizes: Sequence[float | None], step: int) -> list[float | None]:
    """Every so many."""
    return list(sizes[::step])


def change(of: Profile) -> Any:
    """`2.2 times smaller`, `1.3 times larger`, `kept`."""
    if of.factor is None:
        return None
    if 1 / KEPT < of.factor < KEPT:
        return "kept"
    smaller = of.factor > 1
    return (float(f"{of.factor if smaller else 1 / of.factor:.1e}"), f" times {'smaller' if smaller else 'larger'}")
