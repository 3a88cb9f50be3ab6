"""What `gradcalc compute` shows: the forward pass, the loss, every gradient as the sum of its paths, and a verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gradcalc.report import Deferred, Report
from gradcalc.results import Computation
from gradcalc.views.compute.facts import facts

if TYPE_CHECKING:
    from gradcalc.blocks import Block, Table


def report(
    computation: Computation, warnings: tuple[str, ...] = (), every: bool = False, entries: bool = False
) -> Report:
    """The computation as a report; `entries` shows gradients by entry instead of by norm, `every` whatever there is."""

    def blocks() -> Iterator[Block]:
        from gradcalc.views.compute.page import page

        return page(computation, every, entries)

    def table() -> Table:
        from gradcalc.views.compute.gradients import flat_table

        return flat_table(computation)

    found = tuple(f"warning: {warning}" for warning in computation.warnings)
    return Report(Deferred(lambda: facts(computation)), blocks, table=table, warnings=(*warnings, *found))
