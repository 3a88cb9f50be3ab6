"""The rows of a sweep in a file, a line of JSON each: appended as they are known, and taken up after an interruption.

A line that a killed process left half written is cut off; its point is computed again.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from gradcalc.problems import UsageError
from gradcalc.text.notation import encode

Facts = Mapping[str, Any]


class Ledger:
    """The rows in one file; `keys` are the keys of a row that say which point it is. Raises UsageError where the file
    holds anything but such rows."""

    def __init__(self, path: str, keys: Sequence[str]) -> None:
        self._path = path
        self._keys = keys
        self._known: dict[str, Facts] = {}
        if is_standard_output(path):
            raise UsageError(f"--resume {path}: standard output goes there, too; --resume writes every row itself")
        self._read()

    def of(self, values: Sequence[Any]) -> Facts | None:
        """The row of a point, where there is one."""
        return self._known.get(spelled(values))

    def append(self, rows: Iterable[Facts]) -> Iterator[Facts]:
        """Every row as it comes, after it has been handed to the system."""
        with open(self._path, "a", encoding="utf-8", newline="\n") as file:
            for row in rows:
                file.write(encode(row) + "\n")
                file.flush()
                yield row

    def _read(self) -> None:
        if not os.path.exists(self._path):
            return
        with open(self._path, "rb") as file:
            raw = file.read()
        whole = raw.rfind(b"\n") + 1
        for number, line in enumerate(raw[:whole].splitlines(), 1):
            row = self._row(line, number)
            self._known[spelled([row[key] for key in self._keys])] = row
        if whole < len(raw):
            os.truncate(self._path, whole)

    def _row(self, line: bytes, number: int) -> Facts:
        try:
            row = json.loads(line, parse_float=number_of)
        except ValueError:
            row = None
        if not isinstance(row, dict) or any(key not in row for key in self._keys):
            raise UsageError(
                f"--resume {self._path}: line {number} is no row of a sweep over {', '.join(self._keys)}; "
                "name another file, or remove this one"
            )
        return row


def is_standard_output(path: str) -> bool:
    """Whether somebody sends standard output to the file, so that every row would stand there twice."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(sys.stdout.fileno()))
    except (OSError, ValueError):
        return False


def spelled(values: Sequence[Any]) -> str:
    """What tells a point from others."""
    return json.dumps(list(values), sort_keys=True)


def number_of(text: str) -> Any:
    """A double, or a Decimal where no double holds the number."""
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
    from decimal import Decimal

    return abs(Decimal(one) - Decimal(other)) <= Decimal("1e-9") * abs(Decimal(one))
