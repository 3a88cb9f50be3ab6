"""The forward pass as a table: how each preactivation came about, the output, the slope."""

from __future__ import annotations

from gradcalc.report import Column, Table
from gradcalc.results import Computation


def forward_table(computation: Computation, entries: bool) -> Table:
    rows = []
    for name, values in computation.forward.items():
        expression = f"{values.expression} =" if values.expression else ""
        rows.append((name, expression, values.preactivation, values.output, values.slope))
    columns = (Column("node"), Column("preactivation"), Column("", key="preactivation"), Column("output"), Column("slope"))
    return Table(columns, rows, title="Forward")
