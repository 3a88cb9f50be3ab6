"""Losses: one row each with everything there is to say about it, bound to options, scale and reduction by a spec."""

from __future__ import annotations

import math

# Without `from __future__ import annotations`: NamedTuple compiles every annotation that is a string, 20 µs a field.
from collections.abc import Callable, Iterator, Mapping, Sequence

# Without `from __future__ import annotations`: NamedTuple compiles every annotation that is a string, 20 µs a field.
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from gradcalc.expressions import float_functions
from gradcalc.expressions.textbook import Textbook
from gradcalc.records import Record

if TYPE_CHECKING:
    ALIASES: Mapping[str, str]
    LOSSES: Mapping[str, Row]
    UNLIKE: Mapping[str, str]


Number = Any
"""A float, or a number of another arithmetic (Decimal, mpf): anything with + - * / and comparison with its own kind."""

Numbers = Sequence[Number]
Array = Any
"""A NumPy array."""

Functions = Any
"""The functions of one arithmetic: a namespace with exp log log1p sinh cosh tanh number … for its own numbers."""


class Loss(Record):
    """What one example costs, and ∂L/∂y, of lists of n units. The scale and /n are included, a batch's mean is not.

    `value` and `derivatives` take doubles. `generic_value` and `generic_derivatives` are the same definitions over the
    functions of any arithmetic, which passes its own numbers and its namespace: an arithmetic's `.loss(loss)` calls
    `loss.generic_value(ys, ts, functions)`. All raise `DomainError` where an output is outside the loss's domain.
    """

    name: str
    text: str  # as printed: "huber(delta=0.5)"; a formula as its text
    term: str  # one unit's term, in y, t and options in the grammar of formulas; p is softmax(y) of the unit
    per_unit: str  # the same, and "" where the units are coupled
    value: Callable[[Numbers, Numbers], Number]
    derivatives: Callable[[Numbers, Numbers], list[Number]]
    generic_value: Callable[[Numbers, Numbers, Functions], Number]
    generic_derivatives: Callable[[Numbers, Numbers, Functions], list[Number]]
    after: Callable[[str], Loss | None]  # the same loss from the preactivations; its derivatives are still ∂L/∂y
    is_kink: Callable[[Numbers, Numbers], list[bool]] | None  # None: smooth
    flat: bool  # the derivative can be 0 on an interval, so that a 0 is no underflow
    averaged: bool  # the sum over the units is divided by their number
    reduction: str  # "mean" or "sum": over the examples of a batch
    scale: float
    options: Mapping[str, float]
    classes: bool  # a target may be a class index
    takes_target: bool
    targets: tuple[float, float] | None = None  # the least and the largest that it is meant for
    values: Callable[[Any, Any], Any] | None = None  # arrays Y, T [B, n] → [B]
    all_derivatives: Callable[[Any, Any], Any] | None = None  # → [B, n]
    textbook: Textbook | None = None  # None: derived from the term
    fused: Textbook | None = None  # as one with the activation: the derivative by its preactivations x, y the outputs

    @property
    def formula(self) -> str:
        """The loss of one unit and one example, scale included: "(y - t)^2"; `expression.written` has the others."""
        if self.scale == 1.0 and self.per_unit and not self.options:
            return self.per_unit
        from gradcalc.losses.expression import written

        return written(self)


# A loss as its table states it: one unit's term and derivative, or those of all units where they are coupled.


NONE: Mapping[str, Any] = {}
UnitRule = Callable[..., Number]
"""(y, t, functions, **options) → a number: one unit's term, or its derivative by y."""

Rule = Callable[..., list[Number]]
"""(ys, ts, functions, **options) → a list: the terms whose sum is the loss, or the derivatives, one a unit."""

ArrayRule = Callable[..., Any]
"""(Y, T, numpy, **options) with arrays [B, n] → the terms, or the derivatives, [B, n]."""


class Row(Record):
    """All that there is to know of one loss."""

    name: str
    term: str  # in the grammar of formulas: y, t, option names; p is softmax(y) of the unit, where units are coupled
    terms: Rule
    derivatives: Rule
    averaged: bool = False
    kink: Callable[..., bool] | None = None  # (y, t) of one unit
    flat: bool = False
    options: Mapping[str, float] = NONE
    classes: bool = False
    coupled: bool = False
    takes_target: bool = True
    targets: tuple[float, float] | None = None  # the least and the largest that it is meant for
    derivative_formula: str = ""  # of one unit by y, as a person reads it, with cases by `if … else`
    reads: str = ""  # the term likewise, where its formula is not the form to read
    takes: str = "any number"  # what y is meant to be
    kinks: str = ""  # where the derivative jumps, and what it is there
    array_terms: ArrayRule | None = None  # None: the engine goes example by example
    array_derivatives: ArrayRule | None = None
    textbook: Textbook | None = None  # None: derived from the term
    fused: Textbook | None = None  # of a row that reads preactivations: the derivative by these, y the outputs
    after: Mapping[str, Row] = NONE  # by activation: the row that reads its preactivations instead
    aliases: tuple[str, ...] = ()  # names that mean the same in PyTorch, Keras or JAX
    plain_aliases: tuple[str, ...] = ()  # the same, of the row without options
    log_aliases: tuple[str, ...] = ()  # names that take ln y for y: the same where y is an output of log_softmax

    @property
    def all_aliases(self) -> tuple[str, ...]:
        """Every other name."""
        return self.aliases + self.plain_aliases + self.log_aliases


def each(rule: UnitRule) -> Rule:
    """The rule of one unit, for every unit."""

    def for_every_unit(ys: Numbers, ts: Numbers, functions: Functions, **options: float) -> list[Number]:
        if len(ys) == 1:  # most networks have one output, and a comprehension costs more than the rule
            return [rule(ys[0], ts[0], functions, **options)]
        return [rule(y, t, functions, **options) for y, t in zip(ys, ts, strict=True)]

    return for_every_unit


# What a spec settles about a loss, beside its name.


NO_OPTIONS: Mapping[str, float] = {}


class Settled(Record):
    """`options` are all of the row's, with their values; `given` those that the spec names."""

    reduction: str = "mean"
    scale: float = 1.0
    options: Mapping[str, float] = NO_OPTIONS
    given: Mapping[str, float] = NO_OPTIONS


def plain(number: float) -> str:
    """A double as a spec would have it: 2, 0.5."""
    return repr(number).removesuffix(".0")


# Sums over the units of an example, in any arithmetic; in doubles each is rounded once.


def total(terms: Numbers, f: Functions) -> Number:
    """Σ terms, by the arithmetic's own `sum` where it has one."""
    if len(terms) == 1:
        return terms[0]
    own = getattr(f, "sum", None)
    return own(terms) if own else sum(terms, f.number(0))


def sums_of_others(terms: Numbers, f: Functions) -> list[Number]:
    """Σ over j ≠ i of the terms, for every i: from the total where that loses nothing, else added up anew."""
    whole = total(terms, f)
    return [
        whole - term if 0 <= 2 * term <= whole else total([*terms[:i], *terms[i + 1 :]], f)
        for i, term in enumerate(terms)
    ]


# The functions of a bound loss, L = scale · Σ terms (over n where the row averages), from the rules of its row.


ArrayFunction = Callable[[Array, Array], Array]


def value_of(row: Row, settled: Settled) -> Callable[[Numbers, Numbers, Functions], Number]:
    """L of one example, in the numbers that the functions are for."""
    terms, scale, averaged = _with_options(row.terms, settled), settled.scale, row.averaged

    def value(ys: Numbers, ts: Numbers, functions: Functions) -> Number:
        whole = total(terms(ys, ts, functions), functions)
        units = len(ys) if averaged else 1
        return whole if units == scale == 1 else _weighed(whole, units, scale, functions)

    return value


def derivatives_of(row: Row, settled: Settled) -> Callable[[Numbers, Numbers, Functions], list[Number]]:
    """∂L/∂y of one example."""
    rule, scale, averaged = _with_options(row.derivatives, settled), settled.scale, row.averaged

    def derivatives(ys: Numbers, ts: Numbers, functions: Functions) -> list[Number]:
        units, raw = len(ys) if averaged else 1, rule(ys, ts, functions)
        return raw if units == scale == 1 else [_weighed(derivative, units, scale, functions) for derivative in raw]

    return derivatives


def array_values_of(row: Row, settled: Settled) -> ArrayFunction | None:
    """L of every example of a batch, [B, n] → [B]."""
    derivatives = _array_function(row, row.array_terms, settled)
    return None if derivatives is None else lambda ys, ts: derivatives(ys, ts).sum(axis=1)


def array_derivatives_of(row: Row, settled: Settled) -> ArrayFunction | None:
    """∂L/∂y of every example, [B, n] → [B, n]."""
    return _array_function(row, row.array_derivatives, settled)


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


# Every loss by its name, found in the family's file that holds it.


FAMILIES = ("differences", "classes", "binary")
"""The files that hold rows: a file is loaded when its turn comes and the name is still unknown.

Its UNLIKE are names of other libraries that no row here means, in small letters without `_` and "loss", each with the
difference.
"""


def rows() -> Iterator[Row]:
    """Every row, family by family."""
    for family in FAMILIES:
        yield from import_module(f"gradcalc.losses.{family}").ROWS


def row_of(name: str) -> Row:
    """The row of that name or alias. Raises KeyError."""
    for row in rows():
        if row.name == name or name in row.all_aliases:
            return row
    raise KeyError(name)


def options_by_name() -> dict[str, Mapping[str, Any]]:
    """The options of every loss with their defaults, by name; then by alias."""
    known = tuple(rows())
    aliases = {alias: NONE if alias in row.plain_aliases else row.options for row in known for alias in row.all_aliases}
    return {row.name: row.options for row in known} | aliases


# From a row of the table to a loss with its options, scale and reduction.


REDUCTIONS = ("mean", "sum")


def bind(name: str, reduction: str = "mean", scale: float = 1.0, options: Mapping[str, float] = NO_OPTIONS) -> Loss:
    """The loss of that name or alias.

    Raises KeyError for an unknown name, ValueError for a bad option, reduction or scale.
    """
    row = row_of(name)
    if options and name in row.plain_aliases:
        raise ValueError(f"{name} has no options; write {row.name}")
    return _checked(row, reduction, scale, options)


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
    return _bound(
        row,
        Settled(reduction, scale if isinstance(scale, float) else float(scale), {**row.options, **options}, options),
    )


def _bound(row: Row, settled: Settled) -> Loss:
    value, derivatives = value_of(row, settled), derivatives_of(row, settled)
    return Loss(
        name=row.name,
        text=_text(row, settled),
        term=row.term,
        per_unit="" if row.coupled else row.term,
        value=lambda ys, ts: value(ys, ts, float_functions),
        derivatives=lambda ys, ts: derivatives(ys, ts, float_functions),
        generic_value=value,
        generic_derivatives=derivatives,
        after=lambda activation: _after(row, activation, settled),
        is_kink=kinks_of(row, settled),
        flat=row.flat,
        averaged=row.averaged,
        reduction=settled.reduction,
        scale=settled.scale,
        options=settled.options,
        classes=row.classes,
        takes_target=row.takes_target,
        targets=row.targets,
        values=array_values_of(row, settled),
        all_derivatives=array_derivatives_of(row, settled),
        textbook=row.textbook,
        fused=row.fused,
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


# Losses: one row each, bound to options, scale and reduction when a spec names them.


def __getattr__(name: str) -> Any:
    if name == "LOSSES":
        return {row.name: row for row in rows()}
    if name == "ALIASES":
        return {alias: row.name for row in rows() for alias in row.all_aliases}
    if name == "UNLIKE":
        families = (import_module(f"{__name__}.{family}") for family in FAMILIES)
        return {other: why for family in families for other, why in family.UNLIKE.items()}
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
