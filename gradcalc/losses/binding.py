"""From a row of the table to a loss: L = scale · Σ term(y, t), divided by n where the row says so."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from gradcalc.formulas import doubles
from gradcalc.losses.loss import Functions, Loss, Number, Numbers
from gradcalc.losses.row import Row
from gradcalc.losses.sums import total
from gradcalc.losses.table import row_of

Options = Mapping[str, float]
NO_OPTIONS: Options = {}
REDUCTIONS = ("mean", "sum")


def bind(name: str, reduction: str = "mean", scale: float = 1.0, options: Options = NO_OPTIONS) -> Loss:
    """The loss of that name. Raises KeyError for an unknown name, ValueError for a bad option, reduction or scale."""
    row = row_of(name)
    _check(row, reduction, scale, options)
    return _bound(row, reduction, float(scale), {**row.options, **options})


def from_formula(text: str, reduction: str = "mean", scale: float = 1.0) -> Loss:
    """The loss Σ formula over the units, in y and t. Raises formulas.FormulaError; ValueError as `bind`."""
    from gradcalc.losses.formula import row_of_formula

    row = row_of_formula(text)
    _check(row, reduction, scale, NO_OPTIONS)
    return _bound(row, reduction, float(scale), NO_OPTIONS)


def _check(row: Row, reduction: str, scale: float, options: Options) -> None:
    if reduction not in REDUCTIONS:
        raise ValueError(f'reduction is "mean" or "sum", not "{reduction}"')
    if not math.isfinite(scale):
        raise ValueError(f"scale is a finite number, not {scale}")
    for option in options:
        if option not in row.options:
            raise ValueError(f"{row.name} has no option {option}")


def _bound(row: Row, reduction: str, scale: float, options: Options) -> Loss:
    value, slopes = _value(row, scale, options), _slopes(row, scale, options)
    return Loss(
        name=row.name,
        text=_text(row, reduction, scale, options),
        formula=_formula(row, scale, options),
        per_unit="" if row.coupled else row.term,
        value=lambda ys, ts: value(ys, ts, doubles),
        slopes=lambda ys, ts: slopes(ys, ts, doubles),
        generic_value=value,
        generic_slopes=slopes,
        after=lambda activation: _after(row, activation, reduction, scale, options),
        is_kink=_kinks(row, options),
        flat=row.flat,
        averaged=row.averaged,
        reduction=reduction,
        scale=scale,
        options=options,
        classes=row.classes,
        takes_target=row.takes_target,
    )


def _value(row: Row, scale: float, options: Options) -> Callable[[Numbers, Numbers, Functions], Number]:
    def value(ys: Numbers, ts: Numbers, functions: Functions) -> Number:
        whole = total(row.terms(ys, ts, functions, **options), functions)
        return _weighed(whole, len(ys) if row.averaged else 1, scale, functions)

    return value


def _slopes(row: Row, scale: float, options: Options) -> Callable[[Numbers, Numbers, Functions], list[Number]]:
    def slopes(ys: Numbers, ts: Numbers, functions: Functions) -> list[Number]:
        units = len(ys) if row.averaged else 1
        return [_weighed(slope, units, scale, functions) for slope in row.slopes(ys, ts, functions, **options)]

    return slopes


def _weighed(value: Number, units: int, scale: float, functions: Functions) -> Number:
    scaled = value if scale == 1.0 else value * functions.number(scale)
    return scaled if units == 1 else scaled / units


def _after(row: Row, activation: str, reduction: str, scale: float, options: Options) -> Loss | None:
    early = row.after.get(activation)
    return None if early is None else _bound(early, reduction, scale, options)


def _kinks(row: Row, options: Options) -> Callable[[Numbers, Numbers], list[bool]] | None:
    kink = row.kink
    if kink is None:
        return None
    return lambda ys, ts: [kink(y, t, **options) for y, t in zip(ys, ts, strict=True)]


def _text(row: Row, reduction: str, scale: float, options: Options) -> str:
    said: dict[str, Any] = {name: value for name, value in options.items() if value != row.options[name]}
    said |= {} if reduction == "mean" else {"reduction": reduction}
    said |= {} if scale == 1.0 else {"scale": scale}
    inside = ", ".join(
        f"{name}={value:g}" if name != "reduction" else f"{name}={value}" for name, value in said.items()
    )
    return f"{row.name}({inside})" if inside else row.name


def _formula(row: Row, scale: float, options: Options) -> str:
    return row.term if scale == 1.0 else f"{scale:g}*{row.term}"
