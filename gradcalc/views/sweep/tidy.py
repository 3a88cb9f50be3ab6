"""A sweep for data frames: a row for every point, the plain network's columns beside the network's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.blocks import Column, Table
from gradcalc.questions.columns import size
from gradcalc.questions.sweeping import Row, Sweep
from gradcalc.views.sweep.facts import AGAINST, ERROR
from gradcalc.views.sweep.headings import shown_value


def tidy_table(sweep: Sweep, points: Sequence[Row]) -> Table:
    """`depth,loss,gradient:w1,no-skips.loss,no-skips.gradient:w1,error`; of a list its norm."""
    names = [column.name for column in sweep.columns]
    columns = [*sweep.axes, *names, *(f"{AGAINST}.{name}" for name in names if sweep.against), ERROR]
    rows = []
    for row in points:
        sides = [row.found, row.against or {}] if sweep.against else [row.found]
        cells: list[Any] = [single(side.get(name)) for side in sides for name in names]
        rows.append([*map(shown_value, row.values), *cells, row.error or row.against_error])
    return Table([Column(name) for name in columns], rows)


def single(value: Any) -> Any:
    """A value as one number."""
    return None if value is None else size(value)
