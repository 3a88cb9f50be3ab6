"""The rows of a sweep in a file, a line of JSON each: appended as they are known, taken up after an interruption.

A line that a killed process left half written is cut off; its point is computed again. While one process has the
file, no other reads it or writes to it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from gradcalc.errors import UsageError
from gradcalc.report.files import check_folder, is_ours
from gradcalc.report.json_numbers import encode

Facts = Mapping[str, Any]
ABOUT = "sweep"  # the only key of the first line
FLOAT64_DIGITS = 17  # digits that a float64 has at most


class ResumeFile:
    """The rows in one file, which is this process's alone until it is closed; `keys` tell which point a row is.

    The first line says of which sweep they are (`about`): rows of another one are not taken up. Raises UsageError
    where the file is another process's, or holds anything else.
    """

    def __init__(self, path: str, keys: Sequence[str], about: Facts) -> None:
        self._path = path
        self._keys = keys
        self._known: dict[str, Facts] = {}
        check_folder("--resume", path)
        if os.path.exists(path) and not os.path.isfile(path):
            raise UsageError(f"--resume {path}: is no file that rows can be kept in")
        self._file = open(path, "a+b", buffering=0)  # noqa: SIM115  # as long as this object
        if not is_ours(self._file):
            raise UsageError(f"--resume {path}: another sweep is writing to it")
        self._file.seek(0)
        raw = self._file.read()
        whole = raw.rfind(b"\n") + 1
        for number, line in enumerate(raw[:whole].splitlines(), 1):
            self._take(number, line, about)
        if whole < len(raw):
            beginnings = (encode({key: 0}).removesuffix("0}").encode() for key in (keys[0], ABOUT))
            torn = raw[whole:]
            if not any(torn[: len(begins)] == begins[: len(torn)] for begins in beginnings):  # somebody's, and stays
                raise self._no_row("its end")
            self._file.truncate(whole)
        self._size = whole
        if not whole:
            self.append({ABOUT: about})

    def _take(self, number: int, line: bytes, about: Facts) -> None:
        """One line of an earlier run. Raises UsageError where it is no row of this sweep."""
        try:
            row = json.loads(line, parse_float=number_of)
        except (ValueError, RecursionError):
            row = None
        if isinstance(row, dict) and list(row) == [ABOUT] and isinstance(row[ABOUT], dict):
            if (differs := next((part for part in about if row[ABOUT].get(part) != about[part]), None)) is not None:
                of = "" if differs == "network" else f" ({row[ABOUT].get(differs)}, and not {about[differs]})"
                raise UsageError(f"--resume {self._path}: its rows are of another {differs}{of}; name another file")
        elif isinstance(row, dict) and all(key in row for key in self._keys):
            self._known[point_key([row[key] for key in self._keys])] = row
        else:
            raise self._no_row(f"line {number}")

    def of(self, values: Sequence[Any]) -> Facts | None:
        """The row of a point, where there is one."""
        return self._known.get(point_key(values))

    def append(self, row: Facts) -> None:
        """A row more, which the system has when this returns. Raises OSError, which names the file."""
        line, written = (encode(row) + "\n").encode(), 0
        try:
            while written < len(line):
                written += self._file.write(line[written:]) or 0
        except OSError as error:  # the disk is full
            with suppress(OSError):
                self._file.truncate(self._size)
            raise OSError(error.errno, error.strerror, self._path) from None
        self._size += len(line)

    def close(self) -> None:
        """From now on the file is anybody's."""
        self._file.close()

    def _no_row(self, what: str) -> UsageError:
        keys = ", ".join(self._keys)
        return UsageError(
            f"--resume {self._path}: {what} is no row of a sweep over {keys}; name another file, or remove this one"
        )


def point_key(values: Sequence[Any]) -> str:
    """What tells a point from others."""
    return json.dumps(list(values), sort_keys=True)


def number_of(text: str) -> Any:
    """A float64, or where none holds the number a Decimal, or one of mpmath's with all the digits there are."""
    digits = sum(character.isdigit() for character in text.lower().partition("e")[0].lstrip("-0."))
    if digits > FLOAT64_DIGITS:
        from gradcalc.expressions.decimal_functions import mpmath_context

        return mpmath_context(-(-digits // 10) * 10).mpf(text)
    number = float(text)
    if number and abs(number) < float("inf"):
        return number
    from decimal import Decimal

    return Decimal(text) if Decimal(text) else number


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
