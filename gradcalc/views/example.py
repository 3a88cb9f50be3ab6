"""What `gradcalc example` shows without a name: the built-in specs, each with the first line of its comments."""

from __future__ import annotations

from collections.abc import Mapping

import gradcalc
from gradcalc.blocks import Column, Table
from gradcalc.report import Report


def report(texts: Mapping[str, str]) -> Report:
    """Names and what they are about."""
    about = {name: first_comment(text) for name, text in texts.items()}
    table = Table([Column("name"), Column("about")], list(about.items()))
    facts = {"gradcalc": gradcalc.__version__, "command": "example", "examples": about}
    return Report(facts, lambda: [table])


def first_comment(text: str) -> str:
    """The comment that a spec opens with, up to its first full stop."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("# "))
    return " ".join(lines).partition(". ")[0].rstrip(".")
