"""Formulas with many digits and unbounded exponents, by mpmath: what doubles cannot decide or hold."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from gradcalc.errors import LimitError
from gradcalc.formulas.evaluation import evaluate
from gradcalc.formulas.expression import Expression

LARGEST_EXPONENT = 10**16
"""Of e: beyond it the exponents of results would be integers of many digits themselves."""


def precise(expression: Expression, digits: int, **names: float) -> Any:
    """The formula at these doubles, as an mpf of a context of its own. Raises DomainError, LimitError."""
    functions = Functions(digits)
    return evaluate(expression, functions, **{name: functions.number(value) for name, value in names.items()})


@lru_cache(maxsize=8)
class Functions:
    """mpmath's functions with so many digits, in a context of their own: the global one belongs to others."""

    def __init__(self, digits: int) -> None:
        from mpmath import MPContext

        self.context = context = MPContext()
        context.dps = digits + 10
        self.number = context.mpf
        self.pi, self.e = +context.pi, +context.e
        self.log, self.log1p, self.sqrt, self.erf = context.log, context.log1p, context.sqrt, context.erf
        self.exp, self.sinh, self.cosh, self.tanh = map(
            self._bounded, (context.exp, context.sinh, context.cosh, context.tanh)
        )
        self.sin, self.cos, self.tan = map(self._bounded, (context.sin, context.cos, context.tan))

    def power(self, a: Any, b: Any) -> Any:
        """a^b within its domain."""
        if a and abs(b * self.context.mag(a)) > LARGEST_EXPONENT:
            raise _beyond()
        return a**b

    def _bounded(self, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def at(x: Any) -> Any:
            if abs(x) > LARGEST_EXPONENT:
                raise _beyond()
            return function(x)

        return at


def _beyond() -> LimitError:
    return LimitError("an intermediate value has an exponent beyond ±10^15")
