"""What `gradcalc sweep` shows: a row for every point with sparklines beneath, a heat map of two keys, a summary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gradcalc.blocks import Block, Table
from gradcalc.questions.sweeping import Sweep
from gradcalc.report import Deferred, Report
from gradcalc.views.sweep.facts import facts, row_facts


def report(sweep: Sweep, warnings: tuple[str, ...] = (), summary: bool = False) -> Report:
    """The sweep as a report; `summary` puts the spread over the last key's values in place of its rows."""

    def blocks() -> Iterator[Block]:
        from gradcalc.views.sweep.page import page

        return page(sweep, summary)

    def table() -> Table:
        from gradcalc.views.sweep.summary import summary_table
        from gradcalc.views.sweep.tidy import tidy_table

        return summary_table(sweep) if summary else tidy_table(sweep)

    def made() -> dict[str, Any]:
        if not summary:
            return facts(sweep)
        from gradcalc.views.sweep.summary import summary_facts

        return facts(sweep) | {"summary": summary_facts(sweep)}

    def records() -> Iterator[Mapping[str, Any]]:
        return (row_facts(list(sweep.axes), row) for row in sweep.rows)

    return Report(Deferred(made), blocks, records, table, warnings=warnings)
