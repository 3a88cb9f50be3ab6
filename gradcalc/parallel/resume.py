"""The rows of a sweep in a file, a line of JSON each: appended as they are known, taken up after an interruption.

A line that a killed process left half written is cut off; its point is computed again. While one process has the
file, no other reads it or writes to it. Of a row in the file only its place is held.
"""

from __future__ import annotations

import json
import os
from array import array
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from io import BufferedReader
from typing import Any, TypeVar

from gradcalc.analysis.points import Points
from gradcalc.errors import UsageError
from gradcalc.language.ranges import EvenRange
from gradcalc.report.files import check_folder, is_ours
from gradcalc.report.json_numbers import encode

Facts = Mapping[str, Any]
T = TypeVar("T")
ABOUT = "sweep"  # the only key of the first line
LINE = 512  # bytes that most rows are shorter than
FLOAT64_DIGITS = 17  # digits that a float64 has at most


class ResumeFile:
    """The rows in one file, which is this process's alone until it is closed; `keys` tell which of the points `at` a
    row is. Rows of other points stay as they are.

    The first line says of which sweep they are (`about`): rows of another one are not taken up. Raises UsageError
    where the file is another process's, or holds anything else.
    """

    def __init__(self, path: str, keys: Sequence[str], at: Points, about: Facts) -> None:
        self._path = path
        self._keys = keys
        self._at = at
        self._axes = list(map(PlacesOf, at.axes))
        self._starts = array("q")  # of every point where its row begins in the file, or −1; empty where there is none
        check_folder("--resume", path)
        if os.path.exists(path) and not os.path.isfile(path):
            raise UsageError(f"--resume {path}: is no file that rows can be kept in")
        self._file = open(path, "a+b", buffering=0)  # noqa: SIM115  # as long as this object
        if not is_ours(self._file):
            raise UsageError(f"--resume {path}: another sweep is writing to it")
        self._file.seek(0)
        self._size, torn, lines = 0, b"", BufferedReader(self._file)
        for number, line in enumerate(lines, 1):
            if not line.endswith(b"\n"):
                torn = line
                break
            self._take(number, line, about)
            self._size += len(line)
        lines.detach()
        if torn:
            beginnings = (encode({key: 0}).removesuffix("0}").encode() for key in (keys[0], ABOUT))
            if not any(torn[: len(begins)] == begins[: len(torn)] for begins in beginnings):  # somebody's, and stays
                raise self._no_row("its end")
            self._file.truncate(self._size)
        if not self._size:
            self.keep(None, [{ABOUT: about}])

    def _take(self, number: int, line: bytes, about: Facts) -> None:
        """One line of an earlier run. Raises UsageError where it is no row of this sweep."""
        try:
            row = ROUNDED.decode(line.decode())
        except (ValueError, RecursionError):
            row = None
        if isinstance(row, dict) and list(row) == [ABOUT] and isinstance(row[ABOUT], dict):
            if (differs := next((part for part in about if row[ABOUT].get(part) != about[part]), None)) is not None:
                of = "" if differs == "network" else f" ({row[ABOUT].get(differs)}, and not {about[differs]})"
                raise UsageError(f"--resume {self._path}: its rows are of another {differs}{of}; name another file")
        elif isinstance(row, dict) and all(key in row for key in self._keys):
            for place in self._numbers([row[key] for key in self._keys]):
                self._starts = self._starts or array("q", [-1]) * len(self._at)
                self._starts[place] = self._size
        else:
            raise self._no_row(f"line {number}")

    def _numbers(self, values: Sequence[Any]) -> list[int]:
        """The numbers of the points that have these values: one, none, or several where values repeat."""
        numbers = [0]
        for axis, value in zip(self._axes, values):
            numbers = [number * axis.size + place for number in numbers for place in axis.places(value)]
        return numbers

    def last(self) -> int | None:
        """The number of the last point that has a row."""
        return next((number for number in range(len(self._starts) - 1, -1, -1) if self._starts[number] >= 0), None)

    def missing(self) -> Points:
        """The points that have none."""
        if not self._starts:
            return self._at
        numbers = array("q", (number for number, start in enumerate(self._starts) if start < 0))
        is_run = bool(numbers) and numbers[-1] - numbers[0] == len(numbers) - 1
        return Points(self._at.axes, range(numbers[0], numbers[-1] + 1) if is_run else numbers)

    def row(self, number: int) -> Facts:
        """The row of a point that has one."""
        self._file.seek(self._starts[number])
        line, end = b"", b""
        while not end:
            part, end, _ = self._file.read(LINE).partition(b"\n")
            line += part
        found: Facts = EXACT.decode(line.decode())
        return found

    def keep(self, found: T, rows: Iterable[Facts]) -> T:
        """What was found, when the system has its rows. Raises OSError, which names the file."""
        lines, written = "".join([encode(row) + "\n" for row in rows]).encode(), 0
        try:
            while written < len(lines):
                written += self._file.write(lines[written:]) or 0
        except OSError as error:  # the disk is full
            with suppress(OSError):
                self._file.truncate(self._size + lines.rfind(b"\n", 0, written) + 1)
            raise OSError(error.errno, error.strerror, self._path) from None
        self._size += len(lines)
        return found

    def close(self) -> None:
        """From now on the file is anybody's."""
        self._file.close()

    def _no_row(self, what: str) -> UsageError:
        keys = ", ".join(self._keys)
        return UsageError(
            f"--resume {self._path}: {what} is no row of a sweep over {keys}; name another file, or remove this one"
        )


class PlacesOf:
    """Where values are in an axis."""

    def __init__(self, axis: Sequence[Any]) -> None:
        self.size = len(axis)
        self._range = axis if isinstance(axis, EvenRange) else None
        self._places: dict[str, list[int]] = {}
        for place, value in enumerate(axis if self._range is None else ()):
            self._places.setdefault(key_of(value), []).append(place)

    def places(self, value: Any) -> list[int]:
        """Those of a value."""
        if self._range is None:
            return self._places.get(key_of(value), [])
        try:
            return [self._range.index(value)]
        except ValueError:
            return []


def key_of(value: Any) -> str:
    """What tells a value from others."""
    return json.dumps(value, sort_keys=True)


def number_of(text: str) -> Any:
    """A float64, or where none holds the number a Decimal, or one of mpmath's with all the digits there are."""
    number = float(text)
    if repr(number) == text:
        return number
    digits = sum(character.isdigit() for character in text.lower().partition("e")[0].lstrip("-0."))
    if digits > FLOAT64_DIGITS:
        from gradcalc.expressions.decimal_functions import mpmath_context

        return mpmath_context(-(-digits // 10) * 10).mpf(text)
    if number and abs(number) < float("inf"):
        return number
    from decimal import Decimal

    return Decimal(text) if Decimal(text) else number


ROUNDED, EXACT = json.JSONDecoder(), json.JSONDecoder(parse_float=number_of)


def agree(one: Any, other: Any) -> bool:
    """Whether two rows say the same, numbers to nine digits."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(agree(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(agree, one, other))
    if isinstance(one, (str, bool, type(None))) or isinstance(other, (str, bool, type(None))):
        return bool(one == other)
    from gradcalc.arithmetic.extended import Extended
    from gradcalc.expressions.numerals import decimal

    with Extended.context():
        return bool(abs(decimal(one) - decimal(other)) <= decimal(1e-9) * abs(decimal(one)))
