"""Sweeps as a command runs them, and what formats print of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from gradcalc import language
from gradcalc.analysis.sweep import Sweep
from gradcalc.language.ranges import varied
from gradcalc.parallel.sweep_run import SweepRun, chosen_axes
from gradcalc.report.report import Style, format_module
from gradcalc.views.sweep_page import report

RANDOM: dict[str, Any] = {
    "name": "random",
    "input": [0.5, -1, 0.3],
    "target": 1,
    "activation": "tanh",
    "layers": [
        {"weight": {"init": "normal", "std": 0.4}, "width": 16, "repeat": 3},
        {"weight": {"init": "normal", "std": 0.4}, "width": 1},
    ],
}


def swept(
    data: Any, *vary: str, show: Sequence[str] = (), against: bool = False, theory: bool = False, dps: int | None = None
) -> Sweep:
    axes = chosen_axes(varied(vary))
    return SweepRun.planned(language.read(data), axes, "no-skips" if against else None, show, (), dps, theory).run()


def printed(
    sweep: Sweep, form: str = "table", columns: int | None = None, summary: bool = False, digits: int = 6
) -> str:
    return "".join(format_module(form).render(report(sweep, (), summary), Style(width=columns, digits=digits)))


def flowing(text: str) -> str:
    return " ".join(text.split())


def rows(sweep: Sweep) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed(sweep, "jsonl").splitlines()]
