"""The rows of a sweep in a file, a line of JSON each: appended as they are known, taken up after an interruption.

A line that a killed process left half written is cut off; its point is computed again. While a process writes, no
other may.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TextIO, TypeVar

from gradcalc.errors import UsageError
from gradcalc.report.json_numbers import encode

Facts = Mapping[str, Any]
Row = TypeVar("Row")
FLOAT64_DIGITS = 17  # digits that a float64 has at most


class ResumeFile:
    """The rows in one file; `keys` tell which point a row is. Raises UsageError where it holds anything else."""

    def __init__(self, path: str, keys: Sequence[str]) -> None:
        self._path = path
        self._keys = keys
        self._known: dict[str, Facts] = {}
        try:
            is_output = os.path.samestat(os.stat(path), os.fstat(sys.stdout.fileno()))
        except (OSError, ValueError):
            is_output = False
        if is_output:  # every row would stand there twice
            raise UsageError(f"--resume {path}: standard output goes there, too; --resume writes every row itself")
        if not os.path.exists(path):
            return
        with open(path, "rb") as file:
            raw = file.read()
        whole = raw.rfind(b"\n") + 1
        for number, line in enumerate(raw[:whole].splitlines(), 1):
            try:
                row = json.loads(line, parse_float=number_of)
            except ValueError:
                row = None
            if not isinstance(row, dict) or any(key not in row for key in keys):
                raise self._no_row(f"line {number}")
            self._known[point_key([row[key] for key in keys])] = row
        if whole < len(raw):
            begins = encode({keys[0]: 0}).removesuffix("0}").encode()
            torn = raw[whole:]
            if torn[: len(begins)] != begins[: len(torn)]:  # somebody's, and stays
                raise self._no_row("its end")
            os.truncate(path, whole)

    def of(self, values: Sequence[Any]) -> Facts | None:
        """The row of a point, where there is one."""
        return self._known.get(point_key(values))

    def append(self, rows: Iterable[Row], facts: Callable[[Row], Facts]) -> Iterator[Row]:
        """Every row as it comes, after what is to be written of it has been handed to the system."""
        with open(self._path, "a", encoding="utf-8", newline="\n") as file:
            if not is_ours(file):
                raise UsageError(f"--resume {self._path}: another sweep is writing to it")
            for row in rows:
                file.write(encode(facts(row)) + "\n")
                file.flush()
                yield row

    def _no_row(self, what: str) -> UsageError:
        keys = ", ".join(self._keys)
        return UsageError(
            f"--resume {self._path}: {what} is no row of a sweep over {keys}; name another file, or remove this one"
        )


def is_ours(file: TextIO) -> bool:
    """Whether no other process holds the file, which this one does from now on; where systems have no locks, yes.

    The lock is this process's own: those of --jobs do not hold it when this one is killed.
    """
    try:
        from fcntl import LOCK_EX, LOCK_NB, lockf

        lockf(file, LOCK_EX | LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except (ImportError, OSError):
        return True
    return True


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
