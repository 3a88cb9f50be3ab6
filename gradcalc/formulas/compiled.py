"""Formulas as functions of doubles that are right to 4 ulp, whatever cancels, underflows or overflows on the way.

Doubles that carry a bound of their error come first; where that bound is too wide, mpmath's numbers with more and more
digits follow.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any

from gradcalc.balls import Level, certified
from gradcalc.balls.ball import Undecided
from gradcalc.balls.functions import BallFunctions
from gradcalc.errors import LimitError
from gradcalc.formulas import doubles
from gradcalc.formulas.evaluation import evaluate
from gradcalc.formulas.expression import Expression

UNIT = 2.0**-53
WITHIN = 4 * 2.0**-52
"""Four units in the last place, relative; the bound counts every rounding at its worst and is seldom met."""
SAFE = 1e290
"""Within it and its inverse doubles have all their digits, and bounds on their errors hold."""
LARGEST_EXACT = 2**53
DIGITS = (40, 80, 160, 320, 640)


def compile_double(expression: Expression, arguments: Sequence[str]) -> Callable[..., float]:
    """The formula as a function of doubles in this order, with a relative error below 4·2⁻⁵².

    Beyond the doubles its value is inf or 0; NaN where an argument is not finite, or where the value asks for exponents
    or digits without end. Raises DomainError outside the domain.
    """

    def rule(functions: Any) -> Callable[..., Any]:
        return lambda *values: evaluate(expression, functions, **dict(zip(arguments, values)))

    def at(*values: float) -> float:
        try:
            return float(certified(rule, values, LEVELS, WITHIN)) if all(map(math.isfinite, values)) else math.nan
        except LimitError:
            return math.nan

    return at


def _exactly(x: float) -> float:
    """An int or a double as a double. Raises Undecided where that would round it, which a ball takes no account of."""
    if abs(x) <= LARGEST_EXACT or isinstance(x, float):
        return float(x)
    raise Undecided


BASE = SimpleNamespace(**{**{name: getattr(doubles, name) for name in doubles.__all__}, "number": _exactly})


@contextmanager
def _in_doubles() -> Iterator[BallFunctions]:
    yield BallFunctions(BASE, UNIT, 5e-324, lambda x: 1 / SAFE < abs(x) < SAFE)


@contextmanager
def _in_digits(digits: int) -> Iterator[BallFunctions]:
    from gradcalc.formulas.precise import Functions

    base = Functions(digits)
    yield BallFunctions(base, base.number(10) ** -digits, base.number(2) ** -(10**17))


LEVELS: Sequence[Level] = (_in_doubles, *(partial(_in_digits, digits) for digits in DIGITS))
