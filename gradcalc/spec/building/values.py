"""Values of a spec, numbers, lists and rows with exact constants among them, as floats with their shape."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from gradcalc.network import NO_CONSTANTS, Index, Value
from gradcalc.problems import SpecPath
from gradcalc.record import Record
from gradcalc.spec.building.reporter import Reporter
from gradcalc.spec.scalars import Refused
from gradcalc.spec.wording import kind_of, quoted

Shape = tuple[int, ...]
NUMBERS = frozenset((float, int))
CONSTANTS = frozenset(("pi", "e"))
NO_TEXTS: Mapping[int, str] = {}


class Given(Record):
    """A value as the spec has it: shape () a number, (n,) a flat list, (rows, columns) a list of lists."""

    shape: Shape
    value: Value
    exact: Mapping[Index, str] = NO_CONSTANTS


def read_value(raw: Any, path: SpecPath, reporter: Reporter) -> Given | None:
    """A number, an exact constant, a flat list or a list of rows; None where there is a mistake, which is reported."""
    if isinstance(raw, list):
        if any(type(entry) is list for entry in raw):
            return read_rows(raw, path, reporter)
        return read_list(raw, path, reporter)
    number = read_number(raw, path, reporter)
    if number is None:
        return None
    return Given((), number, {(): raw} if isinstance(raw, str) else NO_CONSTANTS)


def read_number(raw: Any, path: SpecPath, reporter: Reporter) -> float | None:
    """A number or an exact constant as a double."""
    if type(raw) is float:
        return raw
    if type(raw) is int:
        return _double(raw, path, reporter)
    if type(raw) is Refused:
        reporter.error(path, f"{quoted(raw)[1:-1]} {raw.reason}")
        return None
    if isinstance(raw, str):
        return read_constant(raw, path, reporter)
    reporter.error(path, f"{kind_of(raw)} stands where a number belongs")
    return None


def read_constant(
    text: str,
    path: SpecPath,
    reporter: Reporter,
    else_a: str = 'an exact constant, such as "1/3"',
    names: Collection[str] = (),
) -> float | None:
    """An exact constant, rounded once; `else_a` says what else the text might have been, one of `names`."""
    from gradcalc.formulas import FormulaError, constant, is_constant_text

    if not is_constant_text(text) or (text.isidentifier() and text not in CONSTANTS):
        reporter.error(path, f"{quoted(text)} is neither a number nor {else_a}{_hint(text, names, reporter)}")
        return None
    try:
        return constant(text)
    except FormulaError as error:
        reporter.error(path, f"{quoted(text)} is no exact constant: {error}", span=(error.start, error.end))
        return None


def read_list(raw: list[Any], path: SpecPath, reporter: Reporter) -> Given | None:
    """A flat list of numbers, its exact constants by (i,)."""
    found = _read_row(raw, path, reporter)
    if found is None:
        return None
    numbers, texts = found
    return Given((len(numbers),), numbers, {(i,): text for i, text in texts.items()} if texts else NO_CONSTANTS)


def read_rows(raw: list[Any], path: SpecPath, reporter: Reporter) -> Given | None:
    """A list of rows of one length, its exact constants by (i, j)."""
    rows: list[list[float]] = []
    exact: dict[Index, str] = {}
    sound = True
    for i, row in enumerate(raw):
        found = _read_row(row, (*path, i), reporter)
        if found is None:
            sound = False
            continue
        numbers, texts = found
        rows.append(numbers)
        sound = _as_long(numbers, rows[0], (*path, i), reporter) and sound
        exact.update({(i, j): text for j, text in texts.items()})
    return Given((len(rows), len(rows[0])), rows, exact or NO_CONSTANTS) if sound else None


def _read_row(raw: Any, path: SpecPath, reporter: Reporter) -> tuple[list[float], Mapping[int, str]] | None:
    """The entries of a list as doubles, in a list of their own, and those of them that are exact constants."""
    if not isinstance(raw, list):
        reporter.error(path, f"{kind_of(raw)} stands where a list of numbers belongs, as in the other rows")
        return None
    if not raw:
        reporter.error(path, "is an empty list; it needs at least one number")
        return None
    if NUMBERS.issuperset(map(type, raw)):
        try:
            return list(map(float, raw)), NO_TEXTS
        except OverflowError:  # said of the very entry below
            pass
    found = [read_number(entry, (*path, i), reporter) for i, entry in enumerate(raw)]
    numbers = [number for number in found if number is not None]
    texts = {i: entry for i, entry in enumerate(raw) if isinstance(entry, str)}
    return (numbers, texts) if len(numbers) == len(found) else None


def _as_long(row: list[float], first: list[float], path: SpecPath, reporter: Reporter) -> bool:
    if len(row) == len(first):
        return True
    has = "has 1 entry" if len(row) == 1 else f"has {len(row)} entries"
    reporter.error(path, f"{has} but the first row has {len(first)}; all rows are equally long")
    return False


def _hint(text: str, names: Collection[str], reporter: Reporter) -> str:
    from gradcalc.spec.kinds import unlike_a_number

    return unlike_a_number(text) or reporter.meant(text, names)


def _double(whole: int, path: SpecPath, reporter: Reporter) -> float | None:
    try:
        return float(whole)
    except OverflowError:
        reporter.error(path, f"{quoted(whole)} is beyond the largest double")
        return None
