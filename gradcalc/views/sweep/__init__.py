"""What `gradcalc sweep` shows: a row for every point with sparklines beneath, a heat map of two keys, a summary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gradcalc.blocks import Block, Table
from gradcalc.questions.sweeping import Sweep
from gradcalc.report import Deferred, Report
from gradcalc.views.scales import boundless
from gradcalc.views.sweep.facts import facts, row_facts


def report(sweep: Sweep, warnings: tuple[str, ...] = (), summary: bool = False) -> Report:
    """The sweep as a report; `summary` puts the spread over the last key's values in place of its rows."""

    def blocks() -> list[Block]:
        from gradcalc.views.sweep.page import page

        rows = list(sweep.rows)
        with boundless():
            return list(page(sweep, rows, summary))

    def table() -> Table:
        from gradcalc.views.sweep.summary import summary_table
        from gradcalc.views.sweep.tidy import tidy_table

        rows = list(sweep.rows)
        with boundless():
            return summary_table(sweep, rows) if summary else tidy_table(sweep, rows)

    def summarized() -> list[Mapping[str, Any]]:
        from gradcalc.views.sweep.summary import summary_facts

        rows = list(sweep.rows)
        with boundless():
            return summary_facts(sweep, rows)

    def made() -> dict[str, Any]:
        return facts(sweep) | ({"summary": summarized()} if summary else {})

    def records() -> Iterator[Mapping[str, Any]]:
        return iter(summarized()) if summary else (row_facts(list(sweep.axes), row) for row in sweep.rows)

    return Report(Deferred(made), blocks, records, table, warnings=warnings)
