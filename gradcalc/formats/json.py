"""JSON: the facts of a report as one valid document, laid out so that what fits on a line stays on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gradcalc.report import Report, Style
from gradcalc.text.notation import encode

EXTENSIONS = (".json",)

LINE = 120


def render(report: Report, style: Style) -> Iterator[str]:
    """The whole document; every key of the facts begins a line."""
    yield layout(report.facts, 0) + "\n"


def layout(value: Any, indent: int) -> str:
    """The value on one line if it fits there, else an entry per line, two spaces further in."""
    if indent and len(line := one_line(value)) <= LINE - indent and line:
        return line
    if isinstance(value, Mapping) and value:
        return block("{", [item(key, entry, indent + 2) for key, entry in value.items()], "}", indent)
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], (Mapping, list, tuple)):
        return block("[", [layout(entry, indent + 2) for entry in value], "]", indent)
    return encode(value)


def item(key: str, entry: Any, indent: int) -> str:
    """A key and its value; mostly both fit on a line, and are written in one go."""
    line = one_line({key: entry}, entry)[1:-1]
    return line if line and len(line) <= LINE - indent else f"{encode(key)}: {layout(entry, indent)}"


def one_line(value: Any, part: Any = ()) -> str:
    """The value on one line, or nothing where it, or the part of it that may be long, has too many entries for that."""
    long = any(isinstance(whole, (Mapping, list, tuple)) and len(whole) >= LINE for whole in (value, part))
    return "" if long else encode(value)


def block(opening: str, entries: list[str], closing: str, indent: int) -> str:
    """Entries on lines of their own between two brackets."""
    inner = " " * (indent + 2)
    return f"{opening}\n" + ",\n".join(inner + entry for entry in entries) + f"\n{' ' * indent}{closing}"
