"""CSV: the one table of a report that is meant for spreadsheets and data frames, numbers in full."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from gradcalc.expressions.numerals import decimal, full
from gradcalc.report.report import Bar, Cell, Percent, Report, Spark, Style, Table
from gradcalc.report.text import printable

EXTENSIONS = (".csv",)


def render(report: Report, style: Style) -> Iterator[str]:
    """A line of names, then every row, of the report's table or else of the block marked `csv` or the first one; bars
    and sparklines have no column."""
    if report.table:
        table = report.table()
    else:
        tables = [block for block in report.blocks() if isinstance(block, Table)]
        table = next((table for table in tables if table.csv), tables[0])
    shown = [i for i in range(len(table.columns)) if not any(isinstance(row[i], (Bar, Spark)) for row in table.rows)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([printable(table.columns[i].key or table.columns[i].name) for i in shown])
    writer.writerows([[plain(row[i]) for i in shown] for row in table.rows])
    yield text.getvalue()


def plain(cell: Cell) -> Any:
    """A cell as data: a share as a fraction, a text that a spreadsheet would take for a formula as text."""
    if isinstance(cell, Percent):
        cell = cell.share
    if isinstance(cell, int):
        return str(decimal(cell))
    if cell is None:
        return ""
    if isinstance(cell, str):
        text = printable(cell)
        return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
    return full(cell)
