"""Bars of a sweep: log10 of the first gradient's magnitude at every point, the plain network's beneath it."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.blocks import Bar
from gradcalc.questions.columns import Column
from gradcalc.questions.sweeping import Row, Sweep
from gradcalc.record import Record
from gradcalc.views.scales import scale
from gradcalc.views.sweep.headings import height, magnitude_of

DRAWN = ("gradient", "norm", "log10", "magnitude")


class Bars(Record):
    """One for each point; the heading says of what and to which scale."""

    heading: str
    bars: Sequence[Bar | None]


def drawn_column(sweep: Sweep) -> Column | None:
    """The first column that is a gradient's magnitude."""
    return next((column for column in sweep.columns if column.quantity in DRAWN), None)


def bars(sweep: Sweep, rows: Sequence[Row]) -> Bars | None:
    """The bars, where there is a gradient among the columns and more than one point."""
    column = drawn_column(sweep)
    if column is None or len(rows) < 2:
        return None
    here = [height(column, row.found.get(column.name)) for row in rows]
    plain = [height(column, (row.against or {}).get(column.name)) for row in rows]
    ends = scale([*here, *plain])
    legend = f"{magnitude_of(column, rows)}, {ends}"
    if not sweep.against:
        return Bars(legend, [None if one is None else Bar(ends.fraction(one)) for one in here])
    return Bars(legend, [Bar(ends.fraction(one), ends.fraction(other)) for one, other in zip(here, plain)])
