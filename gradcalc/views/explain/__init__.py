"""What `gradcalc explain` shows: every gradient derived step by step, the terms of its sum, and how it was checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gradcalc.report.report import Deferred, Report, Style
from gradcalc.report.text import gradient, listed

if TYPE_CHECKING:
    from gradcalc.derivation.explanation import Explanation
    from gradcalc.report.report import Block, Table


def report(explanation: Explanation, warnings: tuple[str, ...] = (), digits: int = 6) -> Report:
    """The explanation as a report; headings have numbers of so many digits."""

    def facts() -> Mapping[str, Any]:
        from gradcalc.views.explain.facts import facts

        return facts(explanation)

    def blocks() -> Iterator[Block]:
        from gradcalc.views.explain.page import page

        return page(explanation, digits)

    def table() -> Table:
        from gradcalc.views.explain.page import step_table

        return step_table(explanation)

    def program(style: Style) -> str:
        from gradcalc.views.explain.program import program

        return program(explanation, blocks, style)

    shown = listed([gradient(name) for name in explanation.derivations])
    title = f"{explanation.network.name}: derivation of {shown}"
    return Report(Deferred(facts), blocks, table=table, program=program, warnings=warnings, title=title)
