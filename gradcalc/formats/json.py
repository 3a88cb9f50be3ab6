"""JSON: the facts of a report as one valid document, numbers in full, whatever their size.

Values are written by the standard library, laid out so that what fits on a line stays on it. A number that no double
holds has no place there: it passes through as a marked text, and is put back as the number it is, `-4.2e-905`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from gradcalc.numerals import full
from gradcalc.report import Report, Style
from gradcalc.typography import escape_json, printable

EXTENSIONS = (".json",)

LINE = 120
MARK, ENCODED_MARK = "\0", "\\u0000"


def render(report: Report, style: Style) -> Iterator[str]:
    """The whole document. Integers may have any number of digits, where Python's own limit is 4,300."""
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        yield layout(report.facts, 0) + "\n"
    finally:
        sys.set_int_max_str_digits(limit)


def layout(value: Any, indent: int) -> str:
    """The value on one line if it fits there, else an entry per line, two spaces further in."""
    if not value or not isinstance(value, (Mapping, list, tuple)):
        return encode(value)
    if indent and (len(value) < LINE) and len(line := encode(value)) <= LINE - indent:
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


def encode(value: Any) -> str:
    """The value on one line."""
    text = printable(encoder.encode(value), escape_json)
    return re.sub(MARKED, r"\1", text) if ENCODED_MARK in text else text


def beyond_double(value: Any) -> Any:
    """What the standard library does not write: mappings that are no dict, arrays, numbers beyond a double."""
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    number = full(value)
    return number if isinstance(number, float) else f"{MARK}{number}{MARK}"


encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=beyond_double)

MARKED = r'"\\u0000(-?[0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?)\\u0000"'
