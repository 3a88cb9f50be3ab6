"""Losses: one row each with all there is to it, which a spec binds to options, a scale and a reduction.

L = scale · Σ terms over the units of an example, divided by their number where the row averages. Written, signs and
constant factors stand before the sum, a divisor behind it: 3Σ(y − t)²/2; in numbers: (0.525929 − 1)².
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache, reduce
from importlib import import_module
from typing import TYPE_CHECKING, Any

from gradcalc.expressions import float_functions
from gradcalc.expressions.expression import (
    ONE,
    ZERO,
    Expression,
    Literal,
    call,
    figure,
    fold,
    name,
    substituted,
    with_ratios,
)
from gradcalc.expressions.textbook import Textbook, read, readable
from gradcalc.records import Record

if TYPE_CHECKING:
    ALIASES: Mapping[str, str]
    LOSSES: Mapping[str, Loss]
    UNLIKE: Mapping[str, str]

Number = Any
"""A float, or a number of another arithmetic (Decimal, mpf): anything with + - * / and comparison with its own kind."""

Numbers = Sequence[Number]
Array = Any  # a NumPy array

Functions = Any
"""The functions of one arithmetic: a namespace with exp log log1p sinh cosh tanh sum number … for its own numbers."""

UnitRule = Callable[..., Number]  # (y, t, functions, **options) → a number: one unit's term, or its derivative by y

UnitsRule = Callable[..., list[Number]]
"""(ys, ts, functions, **options) → a list: the terms whose sum is the loss, or the derivatives, one a unit."""

ArrayRule = Callable[..., Array]
"""(Y, T, numpy, **options) with arrays [B, n] → the terms, or the derivatives, [B, n]."""

NONE: Mapping[str, Any] = {}
REDUCTIONS = ("mean", "sum")


class Loss(Record):
    """What one example costs, and ∂L/∂y, of lists of n units. Scale and 1/n are included, a batch's mean is not.

    Numbers are those that `functions` are for. Rules raise `DomainError` where an output is outside the loss's domain.
    """

    name: str
    term: str  # one unit's, in the grammar of formulas: y, t, options; p is softmax(y) of the unit, where coupled
    terms: UnitsRule
    term_derivatives: UnitsRule
    array_terms: ArrayRule | None = None  # None: the engine goes example by example
    array_derivatives: ArrayRule | None = None
    averaged: bool = False  # the sum over the units is divided by their number
    coupled: bool = False  # a term needs the outputs of all units
    classes: bool = False  # a target may be a class index
    takes_target: bool = True
    targets: tuple[float, float] | None = None  # the least and the largest that it is meant for
    kink: Callable[..., bool] | None = None  # (y, t, functions) of one unit; None: smooth
    flat: bool = False  # the derivative can be 0 on an interval, so that a 0 is no underflow
    least_at_target: bool = False  # the derivative is 0 where y is t
    options: Mapping[str, float] = NONE  # all of them, with their values
    takes: str = "any number"  # what y is meant to be
    kinks: str = ""  # where the derivative jumps, and what it is there
    reads: str = ""  # the term as a person reads it, where its formula is not that, with cases by `if … else`
    derivative_reads: str = ""  # the derivative likewise; "": that of the textbook
    textbook: Textbook | None = None  # None: derived from the term
    fused: Textbook | None = None  # as one with the activation: the derivative by its preactivations x, y the outputs
    of_preactivations: Mapping[str, Loss] = NONE  # by activation: the row that reads its preactivations instead
    applies: Mapping[str, str] = NONE  # activations that it applies itself, each with the loss that does not
    aliases: tuple[str, ...] = ()  # names that mean the same in PyTorch, Keras or JAX
    plain_aliases: tuple[str, ...] = ()  # the same, of the row without options
    log_aliases: tuple[str, ...] = ()  # names that take ln y for y: the same where y is an output of log_softmax
    given: Mapping[str, float] = NONE  # options that a spec names
    scale: float = 1.0
    reduction: str = "mean"  # or "sum": over the examples of a batch
    written: str = ""  # as printed, where the name and what is given are not
    functions: Functions = float_functions

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by name and what is given, or as a formula: its rules are made again."""
        return _again, (self.name, self.term, self.reduction, self.scale, self.given, self.written)

    @property
    def all_aliases(self) -> tuple[str, ...]:
        """Every other name."""
        return self.aliases + self.plain_aliases + self.log_aliases

    @property
    def text(self) -> str:
        """As printed: "mse", "huber(delta=0.5)", with what was given and is not the default; a formula as its text."""
        if self.written:
            return self.written
        shown = {name: plain(value) for name, value in self.given.items()}
        shown |= {} if self.reduction == "mean" else {"reduction": self.reduction}
        shown |= {} if self.scale == 1.0 else {"scale": plain(self.scale)}
        inside = ", ".join(f"{name}={value}" for name, value in shown.items())
        return f"{self.name}({inside})" if inside and self.name != self.term else self.name

    @property
    def per_unit(self) -> str:
        """One unit's term as a formula in y and t alone, "" where units are coupled."""
        return "" if self.coupled else self.term

    @property
    def formula(self) -> str:
        """The loss of one unit and one example, scale included: "(y - t)^2"."""
        if self.scale == 1.0 and self.per_unit and not self.options:
            return self.per_unit
        return self.formula_of()

    def formula_of(self, units: int = 1, examples: int = 1, output: str = "y") -> str:
        """(y - t)^2; of several units sum((y - t)^2)/2, of several examples mean(sum((y - t)^2)/2)."""
        from gradcalc.expressions.print_code import FormulaText
        from gradcalc.expressions.walk import write

        text = write(self.expression(units, output), FormulaText())
        return text if examples == 1 else f"{self.reduction}({text})"

    def expression(self, units: int = 1, output: str = "y", to_read: bool = False) -> Expression:
        """The loss of one example in t and y, or in another name for the output; `to_read` by cases where it is one."""
        negative, term, divisor = _term_in_parts(self, units, to_read)
        term = substituted(term, {"p": call("softmax", name(output)), "y": name(output)})
        return _assembled(self, negative, term if units == 1 else call("sum", term), divisor)

    def in_numbers(self, ys: Numbers, ts: Numbers) -> Expression:
        """One example with its numbers put in: a unit whose class is not the target's has no term."""
        negative, term, divisor = _term_in_parts(self, len(ys), to_read=True)
        units = [unit for unit in range(len(ys)) if not (self.classes and ts[unit] == 0)]
        few = len(units) <= MOST_TERMS
        shown = [_of_unit(self, term, ys, ts, unit) for unit in (units if few else units[:2])]
        shown += [] if few else [ELLIPSIS]
        if not shown:
            return ZERO
        return _assembled(self, negative, reduce(lambda a, b: Expression("+", (a, b)), shown), divisor)

    @property
    def of_preactivation(self) -> Loss | None:
        """The same, written over the preactivations x of the activation it is one with, or p, their softmax: where an
        output rounds to 1, ln(1 − y) does not say what ln σ(−z) does."""
        return self._replace(term=self.fused.value, textbook=None) if self.fused and self.fused.value else None

    @property
    def cases(self) -> str:
        """The term by cases, in the grammar of textbooks, where a person reads it so; else ""."""
        return self.textbook.value if self.textbook is not None else ""

    def value(self, ys: Numbers, ts: Numbers) -> Number:
        """L of one example."""
        terms = self.terms(ys, ts, self.functions, **self.options)
        whole = terms[0] if len(terms) == 1 else self.functions.sum(terms)
        if self.scale == 1.0 and (len(ys) == 1 or not self.averaged):
            return whole
        return self._weighed(whole, len(ys))

    def derivatives(self, ys: Numbers, ts: Numbers) -> list[Number]:
        """∂L/∂y of one example."""
        terms = self.term_derivatives(ys, ts, self.functions, **self.options)
        if self.scale == 1.0 and (len(ys) == 1 or not self.averaged):
            return terms
        return [self._weighed(term, len(ys)) for term in terms]

    def _weighed(self, number: Number, units: int) -> Number:
        scaled = number if self.scale == 1.0 else number * self.functions.number(self.scale)
        return scaled / units if self.averaged and units > 1 else scaled

    @property
    def values(self) -> Callable[[Array, Array], Array] | None:
        """L of every example of a batch, [B, n] → [B]; None where there is no rule for arrays."""
        rule = self.array_terms
        return None if rule is None else lambda ys, ts: self._weighed_array(rule, ys, ts).sum(axis=1)

    @property
    def all_derivatives(self) -> Callable[[Array, Array], Array] | None:
        """∂L/∂y of every example, [B, n] → [B, n]; None where there is no rule for arrays."""
        rule = self.array_derivatives
        return None if rule is None else lambda ys, ts: self._weighed_array(rule, ys, ts)

    def _weighed_array(self, rule: ArrayRule, ys: Array, ts: Array) -> Array:
        import numpy as np

        with np.errstate(all="ignore"):
            scaled = rule(ys, ts, np, **self.options) * self.scale
            return scaled / ys.shape[1] if self.averaged else scaled

    @property
    def is_kink(self) -> Callable[[Numbers, Numbers], list[bool]] | None:
        """Which units stand on a kink; None where there is none."""
        kink = self.kink
        return None if kink is None else lambda ys, ts: [kink(y, t, self.functions) for y, t in zip(ys, ts)]

    def after(self, activation: str) -> Loss | None:
        """The same loss from that activation's preactivations, if it has the form; its derivatives are still ∂L/∂y."""
        early = self.of_preactivations.get(activation)
        if early is None:
            return None
        return early._replace(options=self.options, given=self.given, scale=self.scale, reduction=self.reduction)

    def in_arithmetic(self, functions: Functions) -> Loss:
        """The same loss in the numbers that these functions are for."""
        return self._replace(functions=functions)


MOST_TERMS = 3  # as many units are written out with their numbers; of more, the first two
ELLIPSIS = name("…")


def _term_in_parts(loss: Loss, units: int, to_read: bool = False) -> tuple[bool, Expression, int]:
    """A unit's term without its sign and the whole number below it, for these belong before and below the sum."""
    names = ("x", "y", "t", "p", *loss.options)
    options = {option: _number(value) for option, value in loss.options.items()}
    if to_read and loss.cases:
        term = readable(with_ratios(substituted(read(loss.cases, names), options)))
    else:
        from gradcalc.expressions.parser import parse

        term = substituted(parse(loss.term, names), options)
    negative, divisor = False, units if loss.averaged else 1
    if term.head == "/" and term.parts[1].head == "number" and term.parts[1].value.isdecimal():
        divisor *= int(term.parts[1].value)
        term = term.parts[0]
    if term.head == "negative":
        negative, term = True, term.parts[0]
    elif term.head == "*" and term.parts[0].head == "negative":
        negative, term = True, term._replace(parts=(term.parts[0].parts[0], term.parts[1]))
    return negative, term, divisor


def _assembled(loss: Loss, negative: bool, whole: Expression, divisor: int) -> Expression:
    """Sign and scale before the sum, the divisor behind it."""
    scale = loss.scale if loss.scale > 0 else abs(loss.scale)  # an exact constant stays one
    if scale.is_integer() and scale:
        common = math.gcd(int(scale), divisor)
        scale, divisor = scale / common, divisor // common
    if scale != 1:
        whole = _led(lambda first: Expression("*", (_number(scale), first)), whole)
    if negative != (loss.scale < 0):
        whole = _led(lambda first: Expression("negative", (first,)), whole)
    return whole if divisor == 1 else Expression("/", (whole, Expression("number", value=str(divisor))))


def _led(change: Callable[[Expression], Expression], expression: Expression) -> Expression:
    """A sign or a number before the first of two factors, where a person writes it."""
    if expression.head == "*" and expression.parts[0].head != "*":
        first, second = expression.parts
        return Expression("*", (change(first), second))
    return change(expression)


def _of_unit(loss: Loss, term: Expression, ys: Numbers, ts: Numbers, unit: int) -> Expression:
    """The term of one unit, of outputs or of preactivations; a class that is the target is no factor 1."""
    target = ONE if loss.classes and ts[unit] == 1 else figure(ts[unit]) if ts else ZERO
    outputs = [figure(y) for y in ys] if len(ys) <= MOST_TERMS else [figure(ys[0]), figure(ys[1]), ELLIPSIS]
    share = Expression("entry", (call("softmax", *outputs),), str(unit))
    names = {"x": figure(ys[unit]), "y": figure(ys[unit]), "t": target, "p": share}
    term = _case(term, float(ys[unit]), float(ts[unit])) if term.head == "cases" else term

    def visit(node: Expression, parts: list[Expression]) -> Expression:
        if node.head == "negative" and parts[0].head == "figure":  # σ(42), not σ(−(−42))
            return figure(-parts[0].value)
        return parts[1] if node.head == "*" and parts[0] == ONE else node._replace(parts=tuple(parts))

    return fold(substituted(term, names), visit)


def _case(term: Expression, y: float, t: float) -> Expression:
    """Which of two cases holds of a unit."""
    from gradcalc.expressions.compiled import evaluate

    return term.parts[0] if evaluate(term.parts[2], float_functions, y=y, t=t) > 0 else term.parts[1]


def _number(value: float) -> Expression:
    if isinstance(value, Literal):
        from gradcalc.expressions.parser import parse_constant

        return parse_constant(value.text)
    return Expression("number", value=plain(value))


def each(rule: UnitRule) -> UnitsRule:
    """The rule of one unit, for every unit."""

    def for_every_unit(ys: Numbers, ts: Numbers, functions: Functions, **options: float) -> list[Number]:
        if len(ys) == 1:  # most networks have one output, and a comprehension costs more than the rule
            return [rule(ys[0], ts[0], functions, **options)]
        return [rule(y, t, functions, **options) for y, t in zip(ys, ts, strict=True)]

    return for_every_unit


def plain(number: float) -> str:
    """A number as a spec has it: 2, 0.5, 1/3."""
    return number.text if isinstance(number, Literal) else repr(number).removesuffix(".0")


FAMILIES = ("differences", "classes", "binary")
"""The files that hold rows: a file is loaded when its turn comes and the name is still unknown.

Its UNLIKE are names of other libraries that no row here means, in small letters without `_` and "loss", each with the
difference.
"""


def bind(name: str, reduction: str = "mean", scale: float = 1.0, options: Mapping[str, float] = NONE) -> Loss:
    """The loss of that name or alias.

    Raises KeyError for an unknown name, ValueError for a bad option, reduction or scale.
    """
    for row in _rows():
        if row.name == name or name in row.all_aliases:
            if options and name in row.plain_aliases:
                raise ValueError(f"{name} has no options; write {row.name}")
            return _bound(row, reduction, scale, options)
    raise KeyError(name)


def _again(name: str, term: str, reduction: str, scale: float, given: Mapping[str, float], written: str) -> Loss:
    by_formula = name == term
    loss = from_formula(term, reduction, scale) if by_formula else bind(name, reduction, scale, given)
    return loss._replace(written=written) if written != loss.written else loss


def from_formula(text: str, reduction: str = "mean", scale: float = 1.0) -> Loss:
    """The loss Σ formula over the units, in y and t. Raises FormulaError; ValueError as `bind`."""
    return _bound(_row_of_formula(text), reduction, scale, NONE)


@lru_cache(maxsize=64)
def _row_of_formula(text: str) -> Loss:
    """SymPy is asked for the derivative when the first one is asked for."""
    from gradcalc.expressions.compiled import compile_float64, evaluate, is_kink
    from gradcalc.expressions.parser import parse
    from gradcalc.expressions.sympy_form import derivative

    names = ("y", "t")
    term = parse(text, names)
    kinks = is_kink(term, names)

    def rule(formula: Callable[[], Expression]) -> UnitsRule:
        compiled = cache(lambda: compile_float64(formula(), names))
        return each(lambda y, t, f: compiled()(y, t) if f is float_functions else evaluate(formula(), f, y=y, t=t))

    return Loss(
        text,
        term=text,
        terms=rule(lambda: term),
        term_derivatives=rule(lambda: derivative(term, "y")),
        kink=kinks and (lambda y, t, f: kinks(y, t, functions=f)),
    )


def _bound(row: Loss, reduction: str, scale: float, options: Mapping[str, float]) -> Loss:
    if reduction not in REDUCTIONS:
        raise ValueError(f'reduction is "mean" or "sum", not "{reduction}"')
    if not math.isfinite(scale):
        raise ValueError(f"scale is a finite number, not {scale}")
    for option, value in options.items():
        if option not in row.options:
            raise ValueError(f'{row.name} has no option "{option}"; it has {", ".join(row.options) or "none"}')
        if not 0 < value < math.inf:
            raise ValueError(f"{option} is a positive number, not {value}")
    scale = scale if isinstance(scale, float) else float(scale)  # a Literal stays one
    return row._replace(reduction=reduction, scale=scale, options={**row.options, **options}, given=options)


def options_by_name() -> dict[str, Mapping[str, Any]]:
    """The options of every loss with their defaults, by name; then by alias."""
    known = tuple(_rows())
    aliases = {alias: NONE if alias in row.plain_aliases else row.options for row in known for alias in row.all_aliases}
    return {row.name: row.options for row in known} | aliases


def _families() -> Iterator[Any]:
    return (import_module(f"{__name__}.{family}") for family in FAMILIES)


def _rows() -> Iterator[Loss]:
    return (row for family in _families() for row in family.ROWS)


def __getattr__(name: str) -> Any:
    if name == "LOSSES":
        return {row.name: row for row in _rows()}
    if name == "ALIASES":
        return {alias: row.name for row in _rows() for alias in row.all_aliases}
    if name == "UNLIKE":
        return {other: why for family in _families() for other, why in family.UNLIKE.items()}
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
