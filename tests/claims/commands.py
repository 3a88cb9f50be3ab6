"""The commands as they are run, in this process, and the formats that print them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from typing import Any

from claims.claim import Answer, printed, strict_json

from gradcalc import language
from gradcalc.cli.commands import (
    check_command,
    compare_command,
    compute_command,
    diagnose_command,
    explain_command,
    paths_command,
    precision_command,
    sweep_command,
    train_command,
)
from gradcalc.cli.options import Output, Storage
from gradcalc.errors import GradcalcError
from gradcalc.report.report import Report, Style

FORMATS = ("csv", "jsonl", "markdown", "latex", "html")
INTERNAL = 70


def answer(command: str, spec: Any, options: Mapping[str, Any]) -> Answer | str:
    """What the command answers; its message where it refuses, as it says it does."""
    try:
        network = language.load(spec)[0]
        report = run(command, spec, options)
        facts = strict_json(printed(report))
        return Answer(command, spec, network, report, facts, list(report.shown(Style(), side_by_side=True)), options)
    except GradcalcError as error:
        if error.status == INTERNAL:
            raise
        return f"{type(error).__name__}: {error}"


def run(command: str, spec: Any, options: Mapping[str, Any]) -> Report:
    """The report of a command with these options."""
    quiet = Output(quiet=True, all_rows=bool(options.get("all")))
    given = {name: value for name, value in options.items() if value is not None and name != "all"}
    if "storage" in given:
        given["storage"] = Storage(**given["storage"])
    if command == "train":
        given["rule"] = train_command.Rule(**given.get("rule", {}))
    if command == "compare":
        return compare_command.command(given.pop("sources", [spec]), output=quiet, **given)
    commands = {
        "check": check_command.command,
        "compute": compute_command.command,
        "diagnose": diagnose_command.command,
        "explain": explain_command.command,
        "paths": paths_command.command,
        "precision": precision_command.command,
        "sweep": sweep_command.command,
        "train": train_command.command,
    }
    return commands[command](spec, output=quiet, **given)


def print_all(found: Answer, formats: tuple[str, ...] = FORMATS) -> None:
    """Prints it in these formats and reads what can be read; raises where that cannot be done."""
    for form in formats:
        text = printed(found.report, form)
        if form == "jsonl":
            [strict_json(line) for line in text.splitlines()]
        elif form == "csv":
            rows = list(csv.reader(io.StringIO(text)))
            assert len({len(row) for row in rows}) == 1, "rows of csv differ in length"
        elif form == "html":
            assert text.count("<table") == text.count("</table"), "tables of html are not closed"
        assert (
            "Traceback" not in text and "object at 0x" not in text and not re.search(r"(?<!\S)None(?! of )(?!\S)", text)
        ), f"{form}: {text}"
    printed(found.report, "table", width=80, ascii=True)
