"""Where a value is put, as a weight or as a bias: which shapes fit there, and which shape a drawn value has.

A weight of shape () on a source of several units is that number times the identity; a bias of shape () is added to
every unit. A flat list as a weight is one row if the source has as many units as it has entries, else one column.
"""

from __future__ import annotations

from collections.abc import Mapping

from gradcalc.network import NO_CONSTANTS, Index
from gradcalc.problems import SpecPath
from gradcalc.record import Record
from gradcalc.spec.building.reporter import Reporter
from gradcalc.spec.building.values import Given, Shape

WEIGHT_RULE = "a weight has one row per output unit and one column per input unit"
LIST_RULE = "a flat list is one row of as many entries as its source has units, or one column on a source of one unit"
BIAS_RULE = "one number per unit, or one for all of them"


class WeightPlace(Record):
    """A weight on `columns` units of what it reads; `rows` where they are known beforehand. None is unknown."""

    columns: int | None
    reads: str
    rows: int | None = None

    def fit(self, given: Given, at: SpecPath, reporter: Reporter, settled: str = "") -> Given | None:
        if len(given.shape) == 1 and not settled:
            return self._list(given, at, reporter)
        if len(given.shape) == 1:
            reporter.error(at, f"is {shape_text(given.shape)}{settled}, which is a bias; {WEIGHT_RULE}")
        elif given.shape and self.columns is not None and given.shape[1] != self.columns:
            has = f"{self.reads} has {units(self.columns)}"
            reporter.error(at, f"is {shape_text(given.shape)}{settled} but {has}; {WEIGHT_RULE}")
        return given

    def drawn(self, init: str, at: SpecPath, reporter: Reporter) -> Shape | None:
        if self.rows is None and init == "identity" and self.columns is not None:
            return self.columns, self.columns
        if self.rows is None:
            reporter.error(at, "needs the layer's width: init has to know how many units to draw weights for")
            return None
        return None if self.columns is None else (self.rows, self.columns)

    def _list(self, given: Given, at: SpecPath, reporter: Reporter) -> Given | None:
        (length,) = given.shape
        if self.columns is None:
            return None
        if self.columns == length:
            return Given((1, length), [given.value], _indexed(given, row=True))
        if self.columns == 1:
            return Given((length, 1), [[entry] for entry in given.value], _indexed(given, row=False))
        has = f"{self.reads} has {units(self.columns)}"
        reporter.error(at, f"is a flat list of {length} but {has}; {LIST_RULE}")
        return None


class UnitPlace(Record):
    """A bias, or an alpha, on `units` units of a layer; None is unknown."""

    units: int | None
    what: str = "bias"

    def fit(self, given: Given, at: SpecPath, reporter: Reporter, settled: str = "") -> Given | None:
        if len(given.shape) == 2:
            reporter.error(at, f"is {shape_text(given.shape)}{settled}, which is a weight; {self._rule()}")
        elif given.shape and self.units is not None and given.shape[0] != self.units:
            has = f"has {entries(given.shape[0])}"
            reporter.error(at, f"{has}{settled} but the layer has {units(self.units)}; {self._rule()}")
        return given

    def drawn(self, init: str, at: SpecPath, reporter: Reporter) -> Shape | None:
        from gradcalc.spec.building.drawing import INITS

        if INITS[init].needs_fan:
            fit = ", ".join(name for name, row in INITS.items() if not row.needs_fan)
            reporter.error((*at, "init"), f'"{init}" is for weights, {self._rule()}; {fit} are for both')
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


def _indexed(given: Given, *, row: bool) -> Mapping[Index, str]:
    if not given.exact:
        return NO_CONSTANTS
    return {(0, i) if row else (i, 0): text for (i,), text in given.exact.items()}
