"""What the three grammars of a spec share: positions of the data, and numbers that are refused.

A number beyond the largest double, one that is not zero but rounds to it, NaN and the infinities become `Refused`
text, so that the reading goes on and the checker can report where a number belongs.

A text that passes a limit is refused as soon as that shows, before it has been read where a glance suffices: what is
sent to exhaust a machine is as short as its author likes, and reading it is what costs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from math import isfinite
from typing import Any

from gradcalc.errors import Problem, SpecPath
from gradcalc.records import Record

DEEPEST = 64  # how far lists and mappings may be nested

NESTED = f"lists and mappings are nested deeper than {DEEPEST}; a spec needs no more than eight levels"
OPENING = re.compile(r'"(?:[^"\\\n]+|\\.)*+"|[][{}]')


def deepest_offset(text: str) -> int:
    """The offset of the first bracket that opens more lists and mappings than may be; texts in double quotes aside."""
    depth = 0
    for found in OPENING.finditer(text):
        depth += (found[0] in "[{") - (found[0] in "]}")
        if depth > DEEPEST:
            return found.start()
    return 0


MAPPING = r"\{[^{}]*+(?:\{[^{}]*+\}[^{}]*+)*+\}"  # in braces, as is each of its values that is one
LONG = 2**20  # characters up to which a text is read at once; of a longer one a glance is taken first
MOST_VALUES = 10_000_000
MANY_VALUES = f"the text holds more than {MOST_VALUES:,} values; let `init` draw weights, or tie them with `share`"
MOST_KEYS = 100_000
MANY_KEYS = f"this mapping has more than {MOST_KEYS:,} keys; a spec has few keys, and its values stand in lists"
LONGEST_NUMBER = 4096
MOST_PROBLEMS = 1000
"""So many errors of a spec are kept, far more than are printed; then the reading, or the checking, stops."""
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


class Places:
    """The places of a text's values, those of `wanted` paths alone where they are given, and of keys that occur a
    second time."""

    def __init__(self, wanted: Collection[SpecPath] | None = None) -> None:
        self.of: dict[SpecPath, Place] = {}
        self.duplicates: list[tuple[SpecPath, Span]] = []
        self._wanted = None if wanted is None else frozenset(wanted)
        self._above = {path[:length] for path in wanted or () for length in range(len(path) + 1)}
        self._left = set(wanted or ())

    def note(self, path: SpecPath, place: Place) -> None:
        """Keep the place of a value, if it is wanted."""
        if self._wanted is None or path in self._wanted:
            self.of[path] = place
            self._left.discard(path)

    def note_all_within(self, path: SpecPath, place: Place) -> None:
        """Keep one place for all that is wanted within a path."""
        for inner in [wanted for wanted in self._left if wanted[: len(path)] == path]:
            self.note(inner, place)

    def leads_on(self, path: SpecPath) -> bool:
        """Whether the path, or one within it, is wanted."""
        return self._wanted is None or path in self._above

    def next_within(self, path: SpecPath, step: int) -> int | None:
        """The next entry of a list, from a step on, that leads to a wanted path; None where no further does."""
        there = (above[-1] for above in self._above if len(above) == len(path) + 1 and above[:-1] == path)
        return min((at for at in there if isinstance(at, int) and at >= step), default=None)

    @property
    def are_complete(self) -> bool:
        """Whether the rest of the text can be left alone: all that is wanted has its place, or too many keys stand
        twice."""
        return bool(self._wanted and not self._left) or len(self.duplicates) >= MOST_PROBLEMS


LARGEST = 1.7976931348623157e308
TOO_LARGE = "is beyond the largest double, 1.7976931348623157e308"
TOO_SMALL = "is not zero but rounds to it; the smallest double is 5e-324"
NOT_FINITE = "is not a finite number"
TOO_LONG = f"has more than {LONGEST_NUMBER:,} characters; no double needs more than 767 digits"
GROUPED = "groups its digits; write it without _"


TOGETHER = 1024  # rows


def are_held(values: Collection[Any]) -> bool:
    """A quick look whether doubles hold all numbers, which may miss that they do."""
    try:
        return isfinite(sum(values)) and max(values) <= LARGEST and min(values) >= -LARGEST
    except OverflowError:
        return False


def unlike(rows: Sequence[Any], are_alike: Callable[[Sequence[Any]], bool]) -> Iterator[tuple[int, Any]]:
    """The rows that have to be looked at one by one, with their places: those of which many together are not alike."""
    for start in range(0, len(rows), TOGETHER):
        together = rows[start : start + TOGETHER]
        if not are_alike(together):
            yield from enumerate(together, start)


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
