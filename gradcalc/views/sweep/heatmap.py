"""Two keys as a heat map of characters: a line for each value of the first, a column for each of the second."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gradcalc.blocks import Column, Spark, Table
from gradcalc.questions.columns import Column as Shown
from gradcalc.questions.sweeping import Row, Sweep
from gradcalc.text.numerals import text
from gradcalc.views.scales import scale
from gradcalc.views.sweep.headings import PLAIN, heading_of, height, is_logarithmic

WIDEST = 60


def heat_maps(sweep: Sweep, rows: Sequence[Row]) -> Iterator[Table]:
    """One for each column, and for the plain network, of a sweep over two keys that is not too wide."""
    if len(sweep.axes) != 2 or len(list(sweep.axes.values())[1]) > WIDEST:
        return
    for column in sweep.columns:
        here = [height(column, row.found.get(column.name)) for row in rows]
        plain = [height(column, (row.against or {}).get(column.name)) for row in rows] if sweep.against else []
        known = [each for each in here + plain if each is not None]
        if known:
            yield heat_map(sweep, column, heading_of(column, rows), (here, plain), (min(known), max(known)))


def spelled(value: Any) -> str:
    """A swept value in a heading."""
    return text(value, 6) if isinstance(value, (int, float)) else str(value)


def heat_map(
    sweep: Sweep,
    column: Shown,
    name: str,
    networks: tuple[Sequence[float | None], Sequence[float | None]],
    ends: tuple[float, float],
) -> Table:
    """One column: taller characters are larger values, all to one scale."""
    (first, outer), (second, inner) = sweep.axes.items()
    wide = len(inner)
    lines = [
        [value, *(Spark(heights[row * wide : (row + 1) * wide], *ends) for heights in networks if heights)]
        for row, value in enumerate(outer)
    ]
    names = [first, f"{second} {spelled(inner[0])} → {spelled(inner[-1])}", *([PLAIN] if networks[1] else [])]
    extent = str(scale(ends)) if is_logarithmic(column) else f"{ends[0]:.6g} to {ends[1]:.6g}"
    return Table([Column(name) for name in names], lines, title=f"{name}, {extent}")
