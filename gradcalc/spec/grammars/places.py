"""Where the values of a text stand, as the three grammars tell it; asked only once a problem needs its position."""

from __future__ import annotations

from gradcalc.problems import Problem, SpecPath
from gradcalc.record import Record

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
