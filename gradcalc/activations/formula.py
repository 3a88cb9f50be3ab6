"""An activation given as a formula in x: values and slopes of doubles are certified, whatever cancels in it.

Doubles with an error bound come first; where that bound is too wide mpmath's numbers follow, with more and more digits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from math import isfinite, nan
from typing import Any

from gradcalc.activations.row import Activation
from gradcalc.balls import Level, certified
from gradcalc.balls.functions import BallFunctions
from gradcalc.formulas import Expression, derivative, evaluate, is_kink, parse
from gradcalc.problems import LimitError

UNIT = 2.0**-53
WITHIN = 4 * UNIT  # of a double: 4 ulp at most
DIGITS = (40, 80, 160, 320, 640)


def from_text(text: str) -> Activation:
    """The activation y = text. Raises `formulas.FormulaError`."""
    expression = parse(text, ("x",))
    slope = derivative(expression, "x")
    kinks = is_kink(expression, ("x",))
    return Activation(
        "formula",
        formula=text,
        derivative="",
        value=_of_doubles(expression),
        slope=_of_doubles(slope),
        written=text,
        is_kink=kinks and (lambda x: kinks(float(x))),
        flat=kinks is not None or not _varies(slope),
        general=lambda f: (partial(_at, expression, f), partial(_at, slope, f)),
    )


def _at(expression: Expression, functions: Any, x: Any) -> Any:
    return evaluate(expression, functions, x=x)


def _varies(expression: Expression) -> bool:
    return expression.value == "x" or any(map(_varies, expression.parts))


def _of_doubles(expression: Expression) -> Callable[[float], float]:
    """The formula as a function of doubles, within 4 ulp; inf beyond them, NaN where it asks for numbers beyond all
    exponents. Raises DomainError."""

    def rule(functions: Any) -> Callable[[Any], Any]:
        return partial(_at, expression, functions)

    levels: list[Level] = [_doubles, *[partial(_many_digits, digits) for digits in DIGITS]]

    def at(x: float) -> float:
        try:
            return float(certified(rule, (x,), levels, WITHIN)) if isfinite(x) else nan
        except LimitError:
            return nan

    return at


@contextmanager
def _doubles() -> Iterator[BallFunctions]:
    from gradcalc.formulas import doubles

    yield BallFunctions(doubles, UNIT, 5e-324, lambda x: 1e-290 < abs(x) < 1e290)


@contextmanager
def _many_digits(digits: int) -> Iterator[BallFunctions]:
    from gradcalc.formulas.precise import Functions

    base = Functions(digits)
    yield BallFunctions(base, base.number(10) ** -digits, base.number(2) ** -(10**17))
