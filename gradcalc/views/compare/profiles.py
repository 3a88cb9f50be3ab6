"""How the gradient fares layer by layer on its way back, as one line for each network, all to one scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcalc.blocks import Column, Spark, Table
from gradcalc.questions.comparing import Comparison
from gradcalc.questions.profile import Profile, profile
from gradcalc.views.scales import figure, scale

DEEP = 8
"""Layers from which on a network has a profile worth a line."""

COLUMNS = 40
ORDINALS = {2: "nd", 3: "rd"}
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
    heading = f"output → input, {ends}"
    yield Table([Column("network"), Column(heading), Column("per layer")], rows, title=heading_of(step))


def heading_of(step: int) -> str:
    """What the lines are of."""
    return "∂L/∂z of every layer" if step == 1 else f"∂L/∂z of every {step}{ORDINALS.get(step, 'th')} layer"


def decades(of: Profile) -> float | None:
    """Powers of ten that the gradient grows by from the output to the first layer: along its straight line or from end
    to end, whichever is less; 0 where the two differ in sign, for then it goes up and down."""
    ends = ends_apart(of)
    if of.slope is None or ends is None:
        return None
    line = of.slope * (len(of.nodes) - 1)
    return 0.0 if line * ends < 0 else min(line, ends, key=abs)


def ends_apart(of: Profile) -> float | None:
    """Powers of ten from the output's gradient to the first layer's."""
    last, first = of.log10[0], of.log10[-1]
    return None if last is None or first is None else first - last


def lost_at(of: Profile) -> str | None:
    """The layer from which on the gradient is exactly 0 on its way back."""
    known = [place for place, size in enumerate(of.log10) if size is not None]
    first = known[-1] + 1 if known else 0
    return of.nodes[first] if first < len(of.nodes) else None


def thinned(sizes: Sequence[float | None], step: int) -> list[float | None]:
    """Every so many."""
    return list(sizes[::step])


def change(of: Profile) -> str | None:
    """`2.2 times smaller`, `1.3 times larger`, `kept`; `0 from h3 on` where nothing comes farther."""
    lost = lost_at(of)
    if lost is not None:
        return f"0 from {lost} on"
    if of.factor is None:
        return None
    if 1 / KEPT < of.factor < KEPT:
        return "kept"
    smaller = of.factor > 1
    return f"{figure(of.factor if smaller else 1 / of.factor, 2)} times {'smaller' if smaller else 'larger'}"
