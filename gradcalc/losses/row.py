"""A loss as its table states it: one unit's term and slope, or those of all units where they are coupled."""

# Without `from __future__ import annotations`: NamedTuple compiles every annotation that is a string, 20 µs a field.

from collections.abc import Callable, Mapping
from typing import Any

from gradcalc.losses.loss import Functions, Number, Numbers
from gradcalc.records import Record

NONE: Mapping[str, Any] = {}

UnitRule = Callable[..., Number]
"""(y, t, functions, **options) → a number: one unit's term, or its slope by y."""

Rule = Callable[..., list[Number]]
"""(ys, ts, functions, **options) → a list: the terms whose sum is the loss, or the slopes, one a unit."""


ArrayRule = Callable[..., Any]
"""(Y, T, numpy, **options) with arrays [B, n] → the terms, or the slopes, [B, n]."""


class Row(Record):
    """All that is to say about one loss."""

    name: str
    term: str  # in the grammar of formulas: y, t, option names; p is softmax(y) of the unit, where units are coupled
    terms: Rule
    slopes: Rule
    averaged: bool = False
    kink: Callable[..., bool] | None = None  # (y, t) of one unit
    flat: bool = False
    options: Mapping[str, float] = NONE
    classes: bool = False
    coupled: bool = False
    takes_target: bool = True
    slope: str = ""  # of one unit by y, as a person reads it, with cases by `if … else`
    reads: str = ""  # the term likewise, where its formula is not the form to read
    takes: str = "any number"  # what y is meant to be
    kinks: str = ""  # where the slope jumps, and what it is there
    array_terms: ArrayRule | None = None  # None: the engine goes example by example
    array_slopes: ArrayRule | None = None
    after: "Mapping[str, Row]" = NONE  # by activation: the row that reads its preactivations instead


def each(rule: UnitRule) -> Rule:
    """The rule of one unit, for every unit."""

    def for_every_unit(ys: Numbers, ts: Numbers, functions: Functions, **options: float) -> list[Number]:
        if len(ys) == 1:  # most networks have one output, and a comprehension costs more than the rule
            return [rule(ys[0], ts[0], functions, **options)]
        return [rule(y, t, functions, **options) for y, t in zip(ys, ts, strict=True)]

    return for_every_unit
