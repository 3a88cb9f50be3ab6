"""The functions of a bound loss, L = scale · Σ terms (over n where the row averages), from the rules of its row."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from gradcalc.losses.loss import Array, Functions, Number, Numbers
from gradcalc.losses.row import ArrayRule, Row, Rule
from gradcalc.losses.settled import Settled
from gradcalc.losses.sums import total

ArrayFunction = Callable[[Array, Array], Array]


def value_of(row: Row, settled: Settled) -> Callable[[Numbers, Numbers, Functions], Number]:
    """L of one example, in the numbers that the functions are for."""
    terms, scale, averaged = _with_options(row.terms, settled), settled.scale, row.averaged

    def value(ys: Numbers, ts: Numbers, functions: Functions) -> Number:
        whole = total(terms(ys, ts, functions), functions)
        units = len(ys) if averaged else 1
        return whole if units == scale == 1 else _weighed(whole, units, scale, functions)

    return value


def slopes_of(row: Row, settled: Settled) -> Callable[[Numbers, Numbers, Functions], list[Number]]:
    """∂L/∂y of one example."""
    rule, scale, averaged = _with_options(row.slopes, settled), settled.scale, row.averaged

    def slopes(ys: Numbers, ts: Numbers, functions: Functions) -> list[Number]:
        units, raw = len(ys) if averaged else 1, rule(ys, ts, functions)
        return raw if units == scale == 1 else [_weighed(slope, units, scale, functions) for slope in raw]

    return slopes


def array_values_of(row: Row, settled: Settled) -> ArrayFunction | None:
    """L of every example of a batch, [B, n] → [B]."""
    slopes = _array_function(row, row.array_terms, settled)
    return None if slopes is None else lambda ys, ts: slopes(ys, ts).sum(axis=1)


def array_slopes_of(row: Row, settled: Settled) -> ArrayFunction | None:
    """∂L/∂y of every example, [B, n] → [B, n]."""
    return _array_function(row, row.array_slopes, settled)


def kinks_of(row: Row, settled: Settled) -> Callable[[Numbers, Numbers], list[bool]] | None:
    """Which units stand on a kink; None where there is none."""
    kink = row.kink
    if kink is None:
        return None
    return lambda ys, ts: [kink(y, t, **settled.options) for y, t in zip(ys, ts)]


def _array_function(row: Row, rule: ArrayRule | None, settled: Settled) -> ArrayFunction | None:
    if rule is None:
        return None

    def function(ys: Array, ts: Array) -> Array:
        import numpy as np

        with np.errstate(all="ignore"):
            result = rule(ys, ts, np, **settled.options)
            result = result if settled.scale == 1.0 else result * settled.scale
            return result / ys.shape[1] if row.averaged else result

    return function


def _with_options(rule: Rule, settled: Settled) -> Rule:
    return partial(rule, **settled.options) if settled.options else rule


def _weighed(value: Number, units: int, scale: float, functions: Functions) -> Number:
    scaled: Any = value if scale == 1.0 else value * functions.number(scale)
    return scaled if units == 1 else scaled / units
