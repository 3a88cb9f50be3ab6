"""What the three grammars of a spec share: positions of the data, and numbers that are refused.

A number beyond the largest double, one that is not zero but rounds to it, NaN and the infinities become `Refused`
text, so that the reading goes on and the checker can report where a number belongs.
"""

from __future__ import annotations

from typing import Any

from gradcalc.errors import Problem, SpecPath
from gradcalc.records import Record

DEEPEST = 64  # how far lists and mappings may be nested

NESTED = "lists and mappings are nested deeper than 64; a spec needs no more than eight levels"
Reading = tuple[Any, tuple[Problem, ...]]
"""The data of a text, and what was wrong with it that did not stop the reading."""


class Unreadable(Exception):
    """The text breaks its grammar, or holds what is refused, at an offset."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


Span = tuple[int, int]  # the offsets of the first character and of the one after the last


class Place(Record):
    """Where a value stands, and the key that it stands under."""

    key: Span | None
    value: Span


class Places(Record):
    """The places of all values of a text, and of keys that occur a second time."""

    of: dict[SpecPath, Place]
    duplicates: list[tuple[SpecPath, Span]]


LARGEST = 1.7976931348623157e308
TOO_LARGE = "is beyond the largest double, 1.7976931348623157e308"
TOO_SMALL = "is not zero but rounds to it; the smallest double is 5e-324"
NOT_FINITE = "is not a finite number"
GROUPED = "groups its digits; write it without _"


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
