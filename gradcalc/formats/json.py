"""JSON: the facts of a report as one valid document, laid out so that what fits on a line stays on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gradcalc.notation import encode
from gradcalc.report import Report, Style

EXTENSIONS = (".json",)

LINE = 120


def render(report: Report, style: Style) -> Iterator[str]:
    """The whole document; every key of the facts begins a line."""
    yield layout(report.facts, 0) + "\n"


def layout(value: Any, indent: int) -> str:
    """The value on one line if it fits there, else an entry per line, two spaces further in."""
    if not value or not isinstance(value, (Mapping, list, tuple)):
        return encode(value)
    if indent and len(value) < LINE and len(line := encode(value)) <= LINE - indent:
        return line
    if isinstance(value, Mapping):
        return block("{", [f"{encode(key)}: {layout(entry, indent + 2)}" for key, entry in value.items()], "}", indent)
    if not isinstance(value[0], (Mapping, list, tuple)):
        return encode(value)
    return block("[", [layout(entry, indent + 2) for entry in value], "]", indent)


def block(opening: str, entries: list[str], closing: str, indent: int) -> str:
    """Entries on lines of their own between two brackets."""
    inner = " " * (indent + 2)
    return f"{opening}\n" + ",\n".join(inner + entry for entry in entries) + f"\n{' ' * indent}{closing}"
