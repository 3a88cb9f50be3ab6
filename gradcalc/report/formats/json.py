"""JSON: the facts of a report as one valid document, laid out so that what fits on a line stays on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gradcalc.report.json_numbers import encode
from gradcalc.report.report import Report, Style

EXTENSIONS = (".json",)
HEEDS = ()
LINE = 120
FEW = LINE // 3  # entries that fit on a line, if each is a figure followed by a comma and a space


def render(report: Report, style: Style) -> Iterator[str]:
    """The whole document; every key of the facts begins a line."""
    yield layout(report.facts, 0) + "\n"


def layout(value: Any, indent: int) -> str:
    """The value on one line if it fits there or holds no other, else an entry per line, two spaces further in."""
    if not nests(value):
        return encode(value)
    if indent and is_small(value) and len(line := encode(value)) <= LINE - indent:
        return line
    if isinstance(value, Mapping):
        return block("{", [item(key, entry, indent + 2) for key, entry in value.items()], "}", indent)
    return block("[", [layout(entry, indent + 2) for entry in value], "]", indent)


def item(key: str, entry: Any, indent: int) -> str:
    """A key and its value; mostly both fit on a line, and are written in one go."""
    if is_small(entry):
        line = encode({key: entry})[1:-1]
        if len(line) <= LINE - indent or not nests(entry):
            return line
    return f"{encode(key)}: {layout(entry, indent)}"


def nests(value: Any) -> bool:
    """Whether a value may need several lines: a mapping, or a list of lists or mappings."""
    if isinstance(value, Mapping):
        return bool(value)
    return isinstance(value, (list, tuple)) and bool(value) and isinstance(value[0], (Mapping, list, tuple))


def is_small(value: Any) -> bool:
    """Whether a value has so few entries, counted at any depth, that it may fit on a line."""
    left = FEW
    entries = [value]
    while entries and left > 0:
        entry = entries.pop()
        left -= 1
        if isinstance(entry, Mapping):
            entries += entry.values()
        elif isinstance(entry, (list, tuple)):
            left -= max(0, len(entry) - FEW)
            entries += entry[:FEW]
    return left > 0


def block(opening: str, entries: list[str], closing: str, indent: int) -> str:
    """Entries on lines of their own between two brackets."""
    inner = " " * (indent + 2)
    return f"{opening}\n" + ",\n".join(inner + entry for entry in entries) + f"\n{' ' * indent}{closing}"
