"""What the three grammars of a spec share: positions of the data, and scalars.

A number beyond the largest double, one that is not zero but rounds to it, NaN and the infinities become `Refused`
text, so that the reading goes on and the checker can report where a number belongs.
"""

from __future__ import annotations

from math import isfinite
from typing import Any

from gradcalc.errors import Problem, SpecPath
from gradcalc.records import Record

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


# Positions of the values of a text; found only once a problem needs its own.


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


# Scalars: numbers, truth values and null of the YAML 1.2 core schema, and numbers that no double holds.


DIGITS = 17
"""So many tell doubles apart: a number of no more is the shortest decimal of its double, one of more has its own."""

LARGEST = 1.7976931348623157e308
TOO_LARGE = "is beyond the largest double, 1.7976931348623157e308"
TOO_SMALL = "is not zero but rounds to it; the smallest double is 5e-324"
NOT_FINITE = "is not a finite number"
GROUPED = "groups its digits; write it without _"

WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}

Scalar = None | bool | int | float | str


class Refused(str):
    """The text of a number that cannot be used, with the reason."""

    __slots__ = ("reason",)
    reason: str

    @classmethod
    def because(cls, text: str, reason: str) -> Refused:
        """`text` as it was written, `reason` to follow it in a sentence."""
        refused = cls(text)
        refused.reason = reason
        return refused


def core_scalar(text: str) -> Scalar:
    """A plain scalar of YAML 1.2's core schema: `1e-3`, `-.5` and `010` (ten) are numbers, `yes` is text."""
    if text[:1] in "0123456789+-." and text:
        return _numeral(text)
    return WORDS.get(text, text)


def real(text: str) -> float | Refused:
    """A decimal number of any grammar as a double."""
    if "_" in text:
        return Refused.because(text, GROUPED)
    value = float(text)
    if not isfinite(value):
        return Refused.because(text, TOO_LARGE if any(c.isdigit() for c in text) else NOT_FINITE)
    digits = text.lower().partition("e")[0].strip("+-.0")
    if value == 0.0 and digits:
        return Refused.because(text, TOO_SMALL)
    return value if len(digits) <= DIGITS else _literal(value, text, digits)


def _literal(value: float, text: str, digits: str) -> float:
    """A number of more digits than tell doubles apart, with its text."""
    if len(digits.replace(".", "")) <= DIGITS:
        return value
    from gradcalc.expressions.expression import Literal

    return Literal.of(value, text)


def whole(text: str) -> int | Refused:
    """A whole number in decimal; Python itself refuses to read more than 4,300 digits."""
    try:
        return int(text)
    except ValueError:
        return Refused.because(text, TOO_LARGE)


def _numeral(text: str) -> Scalar:
    if not text.strip("0123456789+-.eE"):
        return _decimal(text)
    if text[:2] in ("0x", "0o"):
        return _prefixed(text)
    if text.lower() in (".nan", ".inf", "-.inf", "+.inf"):
        return Refused.because(text, NOT_FINITE)
    return text


def _decimal(text: str) -> Scalar:
    try:
        return whole(text) if text[text[0] in "+-" :].isdigit() else real(text)
    except ValueError:
        return text


def _prefixed(text: str) -> Scalar:
    digits = "0123456789abcdefABCDEF" if text[1] == "x" else "01234567"
    return int(text, 0) if text[2:] and not text[2:].strip(digits) else text
