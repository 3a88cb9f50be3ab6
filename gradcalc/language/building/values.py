"""Values of a spec, numbers, lists and rows with exact constants among them, as floats in the shape of their parameter.

A weight of shape () on a source of several units is that number times the identity; a bias of shape () is an entry of
`parameters`, or of a layer of one unit: any other number is a bias of each unit. A flat list as a weight is one row if
the source has as many units as it has entries, else one column.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from typing import Any

from gradcalc.errors import SpecPath
from gradcalc.expressions.expression import Literal
from gradcalc.language.grammars import Refused, unlike
from gradcalc.language.problems import Problems, kind_of, quoted
from gradcalc.network.network import NO_CONSTANTS, Index, Value
from gradcalc.records import Record

Shape = tuple[int, ...]
LARGEST_WHOLE = 2**53  # every whole number up to it is a double
CONSTANTS = frozenset(("pi", "e"))


class Given(Record):
    """A value as the spec has it: shape () a number, (n,) a flat list, (rows, columns) a list of lists."""

    shape: Shape
    value: Value
    exact: Mapping[Index, str] = NO_CONSTANTS

    def for_each(self, units: int) -> Given:
        """A number as a list of it, one entry for each unit; a list as it is."""
        if self.shape:
            return self
        exact: Mapping[Index, str] = {(unit,): text for text in self.exact.values() for unit in range(units)}
        return Given((units,), [self.value] * units, exact or NO_CONSTANTS)


def read_value(raw: Any, path: SpecPath, problems: Problems) -> Given | None:
    """A number, an exact constant, a flat list or a list of rows; None where there is a mistake, which is reported."""
    if not isinstance(raw, list):
        number, text = read_number(raw, path, problems), exact_text(raw)
        return None if number is None else Given((), number, NO_CONSTANTS if text is None else {(): text})
    if list not in map(type, raw):
        found = _read_row(raw, path, problems)
        if found is None:
            return None
        numbers, texts = found
        return Given((len(numbers),), numbers, {(i,): text for i, text in texts.items()} if texts else NO_CONSTANTS)
    return _read_rows(raw, path, problems)


def _read_rows(raw: Sequence[Any], path: SpecPath, problems: Problems) -> Given | None:
    """A list of rows; those that are nothing but numbers are made doubles only where nothing is wrong with others."""
    width = next((len(row) for row in raw if isinstance(row, list) and row), 0)
    read: dict[int, Row | None] = {}
    for i, row in unlike(raw, lambda rows: _are_plain_rows(rows, width)):
        read[i] = found = _read_row(row, (*path, i), problems)
        if found is not None and len(found[0]) != width:
            has = f"has {entries(len(found[0]))} but the first row has {width}"
            problems.error((*path, i), f"{has}; all rows are equally long")
            read[i] = None
    told = {i: found for i, found in read.items() if found is not None}
    if len(told) < len(read):
        return None
    exact: dict[Index, str] = {(i, j): text for i, (_, texts) in told.items() for j, text in texts.items()}
    rows = [told[i][0] if i in told else list(map(float, row)) for i, row in enumerate(raw)]
    return Given((len(rows), width), rows, exact or NO_CONSTANTS)


def exact_text(raw: Any) -> str | None:
    """The text of a number that no double holds: of an exact constant, or one of more digits; else None."""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, Literal):
        return raw.text
    return str(raw) if type(raw) is int and abs(raw) > LARGEST_WHOLE else None


def read_option(raw: Any, path: SpecPath, problems: Problems) -> float | None:
    """A number or an exact constant as a double that knows its text, where it has one."""
    number, text = read_number(raw, path, problems), exact_text(raw)
    return number if number is None or text is None else Literal.of(number, text)


def read_number(raw: Any, path: SpecPath, problems: Problems) -> float | None:
    """A number or an exact constant as a double."""
    if isinstance(raw, float):
        return float(raw)
    if type(raw) is int:
        try:
            return float(raw)
        except OverflowError:
            problems.error(path, f"{quoted(raw)} is beyond the largest double")
            return None
    if type(raw) is Refused:
        problems.error(path, f"{quoted(raw)[1:-1]} {raw.reason}")
        return None
    if isinstance(raw, str):
        return read_constant(raw, path, problems)
    problems.error(path, f"{kind_of(raw)} stands where a number belongs")
    return None


def read_constant(
    text: str,
    path: SpecPath,
    problems: Problems,
    else_a: str = 'an exact constant, such as "1/3"',
    names: Collection[str] = (),
) -> float | None:
    """An exact constant, rounded once; `else_a` is what else the text might have been, one of `names`."""
    from gradcalc.expressions.expression import FormulaError
    from gradcalc.expressions.parser import constant, is_constant_text

    if not is_constant_text(text) or (text.isidentifier() and text not in CONSTANTS):
        from gradcalc.language.kinds import unlike_a_number

        hint = unlike_a_number(text) or problems.meant(text, names)
        problems.error(path, f"{quoted(text)} is neither a number nor {else_a}{hint}")
        return None
    try:
        return constant(text)
    except FormulaError as error:
        problems.error(path, f"{quoted(text)} is no exact constant: {error}", span=(error.start, error.end))
        return None


Row = tuple[list[float], Mapping[int, str]]
"""The numbers of a list, and those of them that are exact constants."""


def _read_row(raw: Any, path: SpecPath, problems: Problems) -> Row | None:
    """The entries of a list as doubles, in a list of their own, and those of them that are exact constants."""
    if not isinstance(raw, list):
        problems.error(path, f"{kind_of(raw)} stands where a list of numbers belongs, as in the other rows")
        return None
    if not raw:
        problems.error(path, "is an empty list; it needs at least one number")
        return None
    if are_plain(raw):
        return list(map(float, raw)), {}
    found = [read_number(entry, (*path, i), problems) for i, entry in enumerate(raw)]
    numbers = [number for number in found if number is not None]
    texts = {i: text for i, entry in enumerate(raw) if (text := exact_text(entry)) is not None}
    return (numbers, texts) if len(numbers) == len(found) else None


def are_plain(numbers: Collection[Any]) -> bool:
    """Whether all are numbers that a double is exactly."""
    kinds = set(map(type, numbers))
    return kinds == {float} or (kinds <= {float, int} and max(map(abs, numbers), default=0) <= LARGEST_WHOLE)


def _are_plain_rows(raw: Sequence[Any], width: int) -> bool:
    """Whether all are rows of so many such numbers."""
    return set(map(type, raw)) == {list} and set(map(len, raw)) == {width} and are_plain([*chain.from_iterable(raw)])


# Places of a value, weight or bias: which shapes fit there, and which shape a drawn value has.


WEIGHT_RULE = "a weight has one row per output unit and one column per input unit"
LIST_RULE = "a flat list is one row of as many entries as its source has units, or one column on a source of one unit"
BIAS_RULE = "one number per unit, or one for all of them"


class WeightPlace(Record):
    """A weight on `columns` units of what it reads; `rows` where they are known beforehand. None is unknown."""

    columns: int | None
    reads: str
    rows: int | None = None

    @property
    def fan_in(self) -> int | None:
        """The units that it reads."""
        return self.columns

    def fit(self, given: Given, at: SpecPath, problems: Problems, settled: str = "") -> Given | None:
        if len(given.shape) == 1 and not settled:
            length, columns, exact = given.shape[0], self.columns, given.exact.items()
            if columns == length:
                texts: Mapping[Index, str] = {(0, i): text for (i,), text in exact}
                return Given((1, length), [given.value], texts or NO_CONSTANTS)
            if columns == 1:
                texts = {(i, 0): text for (i,), text in exact}
                return Given((length, 1), [[entry] for entry in given.value], texts or NO_CONSTANTS)
            if columns is not None:
                problems.error(at, f"is a flat list of {length} but {self.reads} has {units(columns)}; {LIST_RULE}")
            return None
        if len(given.shape) == 1:
            problems.error(at, f"is {shape_text(given.shape)}{settled}, which is a bias; {WEIGHT_RULE}")
        elif given.shape and self.columns is not None and given.shape[1] != self.columns:
            has = f"{self.reads} has {units(self.columns)}"
            problems.error(at, f"is {shape_text(given.shape)}{settled} but {has}; {WEIGHT_RULE}")
        return given

    def drawn(self, init: str, at: SpecPath, problems: Problems) -> Shape | None:
        if self.rows is None and init == "identity" and self.columns is not None:
            return self.columns, self.columns
        if self.rows is None:
            problems.error(at, "needs the layer's width: init has to know how many units to draw weights for")
            return None
        return None if self.columns is None else (self.rows, self.columns)


class UnitPlace(Record):
    """A bias, or an alpha, on `units` units of a layer; None is unknown."""

    units: int | None
    what: str = "bias"
    fan_in: int | None = None  # of its layer's weight

    def fit(self, given: Given, at: SpecPath, problems: Problems, settled: str = "") -> Given | None:
        if len(given.shape) == 2:
            problems.error(at, f"is {shape_text(given.shape)}{settled}, which is a weight; {self._rule()}")
        elif given.shape and self.units is not None and given.shape[0] != self.units:
            has = f"has {entries(given.shape[0])}"
            problems.error(at, f"{has}{settled} but the layer has {units(self.units)}; {self._rule()}")
        return given

    def drawn(self, init: str, at: SpecPath, problems: Problems) -> Shape | None:
        from gradcalc.language.building.initializers import INITS

        if INITS[init].needs_fan:
            fit = ", ".join(name for name, row in INITS.items() if not row.needs_fan)
            problems.error((*at, "init"), f'"{init}" is for weights, {self._rule()}; {fit} are for both')
        if init == "torch_linear" and self.fan_in is None and self.units is not None:
            problems.error((*at, "init"), "needs a layer with one weight, whose fan-in it takes")
            return None
        return None if self.units is None else (self.units,)

    def _rule(self) -> str:
        return f"{'an' if self.what == 'alpha' else 'a'} {self.what} is {BIAS_RULE}"


Place = WeightPlace | UnitPlace
"""Each fits a value, `settled` telling where a shared one got its shape, or names the shape that init is to draw."""


def shape_text(shape: Shape) -> str:
    """2×3 (out×in); a number; a list of 3."""
    if len(shape) == 2:
        return f"{shape[0]}×{shape[1]} (out×in)"
    return f"a list of {shape[0]}" if shape else "a number"


def units(count: int) -> str:
    """1 unit, 2 units."""
    return "1 unit" if count == 1 else f"{count} units"


def entries(count: int) -> str:
    """1 entry, 2 entries."""
    return "1 entry" if count == 1 else f"{count} entries"


def units_of(shape: Shape, columns: int | None) -> int | None:
    """How many units a weight of this shape makes of `columns` units."""
    return shape[0] if shape else columns
