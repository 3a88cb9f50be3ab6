"""CSV: the one table of a report that is meant for spreadsheets and data frames, numbers in full."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from gradcalc.report.report import Report, Style
from gradcalc.report.text import data_rows

EXTENSIONS = (".csv",)
HEEDS = ()


def render(report: Report, style: Style) -> Iterator[str]:
    """A line of names, then every row."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(data_rows(report))
    yield text.getvalue()
