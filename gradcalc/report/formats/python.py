"""Python: a report that is also a program, as that program."""

from __future__ import annotations

from collections.abc import Iterator

from gradcalc.errors import UsageError
from gradcalc.report.report import Report, Style

EXTENSIONS = (".py",)
HEEDS = ("digits", "legend")


def render(report: Report, style: Style) -> Iterator[str]:
    """The program; raises UsageError for a report that is none."""
    if report.program is None:
        raise UsageError("--format python is for explain: a gradient's formula is a program, this answer is none")
    yield report.program(style)
