"""JSON Lines: one record a line, written as soon as it is known; a report without records is one line of facts."""

from __future__ import annotations

from collections.abc import Iterator

from gradcalc.report.json_numbers import line
from gradcalc.report.report import Report, Style

EXTENSIONS = (".jsonl", ".ndjson")
HEEDS = ()


def render(report: Report, style: Style) -> Iterator[str]:
    """Every record as a line of its own."""
    for part in report.records() if report.records else [[report.facts]]:
        yield "".join([line(record) + "\n" for record in part])
