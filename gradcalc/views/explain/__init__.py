"""What `gradcalc explain` shows: every gradient derived step by step, the terms of its sum, and how it was checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gradcalc.report import Report

if TYPE_CHECKING:
    from gradcalc.blocks import Block, Table
    from gradcalc.derivation.steps import Explanation


def report(explanation: Explanation, warnings: tuple[str, ...] = (), digits: int = 6) -> Report:
    """The explanation as a report; headings have numbers of so many digits."""
    from gradcalc.views.explain.facts import Facts

    def blocks() -> Iterator[Block]:
        from gradcalc.views.explain.page import page

        return page(explanation, digits)

    def table() -> Table:
        from gradcalc.views.explain.page import step_table

        return step_table(explanation)

    def program() -> str:
        from gradcalc.views.explain.program import program as written

        return written(explanation, blocks(), digits)

    return Report(Facts(explanation), blocks, table=table, program=program, warnings=warnings)
