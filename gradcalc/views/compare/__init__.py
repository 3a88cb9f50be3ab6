"""What `gradcalc compare` shows: gradients side by side, bars to one scale, profiles by layer, and a verdict."""

from __future__ import annotations

from typing import Any

from gradcalc.blocks import Block, Table
from gradcalc.questions.comparing import Comparison, Side
from gradcalc.report import Deferred, Report
from gradcalc.views.scales import boundless


def report(comparison: Comparison, warnings: tuple[str, ...] = (), theory: bool = False) -> Report:
    """The comparison as a report; with `theory`, what is known beside what was measured."""

    def blocks() -> list[Block]:
        from gradcalc.views.compare.page import page

        with boundless():
            return list(page(comparison, theory))

    def table() -> Table:
        from gradcalc.views.compare.tidy import tidy_table

        return tidy_table(comparison)

    return Report(Deferred(lambda: facts(comparison, theory)), blocks, table=table, warnings=warnings)


def facts(comparison: Comparison, theory: bool = False) -> dict[str, Any]:
    """What JSON prints; keys and their order are a contract."""
    said: dict[str, Any] = {
        "command": "compare",
        "networks": [network_facts(side) for side in comparison.sides],
        "ratios": {name: list(row) for name, row in comparison.ratios.items()},
    }
    if theory:
        from gradcalc.views.compare.theory import known

        said["theory"] = [fact for one in known(comparison) for fact in one.facts()]
    return said


def network_facts(side: Side) -> dict[str, Any]:
    """One network."""
    return {
        "name": side.name,
        "loss": side.loss,
        "gradients": dict(side.gradients),
        "log10": dict(side.log10),
        "norms": dict(side.norms),
        "paths": {name: side.paths.count(name) for name in side.gradients},
    }
