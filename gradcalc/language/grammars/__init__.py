"""The three grammars of a spec, a file each: text to data, and positions of the data for a problem's line."""

from __future__ import annotations

from typing import Any

from gradcalc.errors import Problem, SpecPath
from gradcalc.records import Record

# The three grammars of a spec, a file each for reading (text → data) and for finding the places of the data again.


DEEPEST = 64


"""How far lists and mappings may be nested."""


NESTED = "lists and mappings are nested deeper than 64; a spec needs no more than eight levels"


Reading = tuple[Any, tuple[Problem, ...]]


"""The data of a text, and what was wrong with it that did not stop the reading."""


class Unreadable(Exception):
    """The text breaks its grammar, or holds what is refused, at an offset."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Both from 1, in characters."""
    start = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, offset) + 1, offset - start + 1


def offset_of(text: str, line: int, column: int) -> int:
    """The offset of a line and column, both from 1; a place beyond the end is the end."""
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
        if not start:
            return len(text)
    return min(start + column - 1, len(text))


def fault(text: str, path: SpecPath, message: str, offset: int) -> Problem:
    """A problem of the text itself; its span are offsets of the text, an empty one for the word that stands there."""
    return Problem(path, message, on="key", at=line_and_column(text, offset), span=(offset, offset))


# Where the values of a text stand, as the three grammars tell it; asked only once a problem needs its position.


Span = tuple[int, int]


"""The offsets of the first character and of the one after the last."""


class Place(Record):
    """Where a value stands, and the key that it stands under."""

    key: Span | None
    value: Span


class Places(Record):
    """The places of all values of a text, and of keys that occur a second time."""

    of: dict[SpecPath, Place]
    duplicates: list[tuple[SpecPath, Span]]


def duplicate_problems(text: str, places: Places) -> tuple[Problem, ...]:
    """A key that stands twice is refused, at its second place."""
    found = []
    line, newline, at = 1, -1, 0
    for path, span in places.duplicates:
        line += text.count("\n", at, span[0])
        newline = max(newline, text.rfind("\n", at, span[0]))
        at = span[0]
        message = f'duplicate key "{path[-1]}"; each key stands once'
        found.append(Problem(path, message, on="key", at=(line, at - newline), span=span))
    return tuple(found)
