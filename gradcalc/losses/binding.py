"""From a row of the table to a loss with its options, scale and reduction."""

from __future__ import annotations

import math
from collections.abc import Mapping

from gradcalc.formulas import doubles
from gradcalc.losses.loss import Loss
from gradcalc.losses.row import Row
from gradcalc.losses.rules import array_slopes_of, array_values_of, kinks_of, slopes_of, value_of
from gradcalc.losses.settled import NO_OPTIONS, Settled, plain
from gradcalc.losses.table import row_of

REDUCTIONS = ("mean", "sum")


def bind(name: str, reduction: str = "mean", scale: float = 1.0, options: Mapping[str, float] = NO_OPTIONS) -> Loss:
    """The loss of that name. Raises KeyError for an unknown name, ValueError for a bad option, reduction or scale."""
    return _checked(row_of(name), reduction, scale, options)


def from_formula(text: str, reduction: str = "mean", scale: float = 1.0) -> Loss:
    """The loss Σ formula over the units, in y and t. Raises formulas.FormulaError; ValueError as `bind`."""
    from gradcalc.losses.formula import row_of_formula

    return _checked(row_of_formula(text), reduction, scale, NO_OPTIONS)


def _checked(row: Row, reduction: str, scale: float, options: Mapping[str, float]) -> Loss:
    if reduction not in REDUCTIONS:
        raise ValueError(f'reduction is "mean" or "sum", not "{reduction}"')
    if not math.isfinite(scale):
        raise ValueError(f"scale is a finite number, not {scale}")
    for option, value in options.items():
        if option not in row.options:
            raise ValueError(f'{row.name} has no option "{option}"; it has {", ".join(row.options) or "none"}')
        if not 0 < value < math.inf:
            raise ValueError(f"{option} is a positive number, not {value}")
    return _bound(row, Settled(reduction, float(scale), {**row.options, **options}, options))


def _bound(row: Row, settled: Settled) -> Loss:
    value, slopes = value_of(row, settled), slopes_of(row, settled)
    return Loss(
        name=row.name,
        text=_text(row, settled),
        term=row.term,
        per_unit="" if row.coupled else row.term,
        value=lambda ys, ts: value(ys, ts, doubles),
        slopes=lambda ys, ts: slopes(ys, ts, doubles),
        generic_value=value,
        generic_slopes=slopes,
        after=lambda activation: _after(row, activation, settled),
        is_kink=kinks_of(row, settled),
        flat=row.flat,
        averaged=row.averaged,
        reduction=settled.reduction,
        scale=settled.scale,
        options=settled.options,
        classes=row.classes,
        takes_target=row.takes_target,
        values=array_values_of(row, settled),
        all_slopes=array_slopes_of(row, settled),
    )


def _after(row: Row, activation: str, settled: Settled) -> Loss | None:
    early = row.after.get(activation)
    return None if early is None else _bound(early, settled)


def _text(row: Row, settled: Settled) -> str:
    """mse, huber(delta=0.5): with what was given and is not the default; a formula stands for itself."""
    said = {name: plain(value) for name, value in settled.given.items()}
    said |= {} if settled.reduction == "mean" else {"reduction": settled.reduction}
    said |= {} if settled.scale == 1.0 else {"scale": plain(settled.scale)}
    inside = ", ".join(f"{name}={value}" for name, value in said.items())
    return f"{row.name}({inside})" if inside and row.name != row.term else row.name
