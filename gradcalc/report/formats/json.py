"""JSON: the facts of a report as one valid document, laid out so that what fits on a line stays on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, repeat
from typing import Any

from gradcalc.report.json_numbers import BETWEEN, PLAIN, encode, encode_entries
from gradcalc.report.report import Report, Style

EXTENSIONS = (".json",)
HEEDS = ()
LINE = 120
FEW = LINE // 3  # entries that fit on a line, if each is a figure followed by a comma and a space
MANY = 500  # entries that are encoded at once, if they are more than `FEW`
CHUNK = 2**16  # characters that are written at once


def render(report: Report, style: Style) -> Iterator[str]:
    """The whole document, some thousand entries at a time; every key of the facts begins a line."""
    text = ""
    for piece in pieces(report.facts, 0):
        text += piece
        if len(text) > CHUNK:
            yield text
            text = ""
    yield text + "\n"


def layout(value: Any, indent: int) -> str:
    """The value on one line if it fits there or holds no other, else an entry per line, two spaces further in."""
    return "".join(pieces(value, indent))


def pieces(value: Any, indent: int) -> Iterator[str]:
    """The layout from its start to its end."""
    if not nests(value):
        yield encode(value)
        return
    if indent and is_small(value) and len(line := encode(value)) <= LINE - indent:
        yield line
        return
    opening, closing = "{}" if isinstance(value, Mapping) else "[]"
    inner = "\n" + " " * (indent + 2)
    before, comma = opening + inner, "," + inner
    for part in parts(value):
        encoded = encode_entries(part) if len(part) > FEW else None
        if encoded is None:
            for piece in (entry_pieces(*entry, indent + 2) for entry in keyed(part)):
                yield before
                yield from piece
                before = comma
        else:
            yield before + comma.join(map(fitted, encoded, keyed(part), repeat(indent + 2)))
            before = comma
    yield f"\n{' ' * indent}{closing}"


def fitted(encoded: str, keyed: tuple[str | None, Any], indent: int) -> str:
    """An entry that is encoded already on one line or, of a mapping for which that is too short, on several."""
    length = len(encoded) + encoded.count(BETWEEN)
    if length <= LINE - indent or encoded[-1] != "}":
        return encoded.replace(BETWEEN, ", ")
    key, entry = keyed
    start = "" if key is None else f'"{key}": '
    has_lists = encoded.count("[") > encoded.count("[]")
    if not encoded.startswith(start + "{") or length - len(start) <= LINE - indent or has_lists:
        return "".join(entry_pieces(key, entry, indent))
    outer = "\n" + " " * indent
    inner = encoded[len(start) + 1 : -1].replace(BETWEEN, f",{outer}  ")
    return f"{start}{{{outer}  {inner}{outer}}}"


def parts(value: Mapping[str, Any] | Sequence[Any]) -> Iterator[Any]:
    """The value itself, or where it has many entries some of them after the other."""
    if len(value) <= MANY:
        yield value
        return
    kind: Any = dict if isinstance(value, Mapping) else list
    entries = iter(value.items() if isinstance(value, Mapping) else value)
    while part := kind(islice(entries, MANY)):
        yield part


def keyed(part: Any) -> Iterable[tuple[str | None, Any]]:
    """Every entry with its key, of a list None."""
    return part.items() if isinstance(part, Mapping) else ((None, entry) for entry in part)


def entry_pieces(key: str | None, entry: Any, indent: int) -> Iterator[str]:
    """A key and its value; mostly both fit on a line, and are written in one go."""
    if key is not None:
        if is_small(entry):
            line = encode({key: entry})[1:-1]
            if len(line) <= LINE - indent or not nests(entry):
                yield line
                return
        yield f"{encode(key)}: "
    yield from pieces(entry, indent)


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
        if type(entry) in PLAIN:
            continue
        if isinstance(entry, Mapping):
            entries += entry.values()
        elif isinstance(entry, (list, tuple)):
            left -= max(0, len(entry) - FEW)
            entries += entry[:FEW]
    return left > 0
