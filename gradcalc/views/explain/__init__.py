"""What `gradcalc explain` shows: every gradient derived step by step, the terms of its sum, and how it was checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gradcalc.report.report import Report
from gradcalc.report.text import gradient, listed

if TYPE_CHECKING:
    from gradcalc.derivation.explanation import Explanation
    from gradcalc.report.report import Block, Table


class Facts(Mapping[str, Any]):
    """The whole answer for scripts, written out when somebody reads it: a page for eyes has no need of it."""

    def __init__(self, explanation: Explanation) -> None:
        self._explanation = explanation
        self._written: Mapping[str, Any] | None = None

    def __getitem__(self, key: str) -> Any:
        return self._facts()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts())

    def __len__(self) -> int:
        return len(self._facts())

    def _facts(self) -> Mapping[str, Any]:
        if self._written is None:
            from gradcalc.views.explain.facts import facts

            self._written = facts(self._explanation)
        return self._written


def report(explanation: Explanation, warnings: tuple[str, ...] = (), digits: int = 6) -> Report:
    """The explanation as a report; headings have numbers of so many digits."""

    def blocks() -> Iterator[Block]:
        from gradcalc.views.explain.page import page

        return page(explanation, digits)

    def table() -> Table:
        from gradcalc.views.explain.page import step_table

        return step_table(explanation)

    def program() -> str:
        from gradcalc.views.explain.program import program as written

        return written(explanation, blocks(), digits)

    shown = listed([gradient(name) for name in explanation.derivations])
    title = f"{explanation.network.name}: derivation of {shown}"
    return Report(Facts(explanation), blocks, table=table, program=program, warnings=warnings, title=title)
