"""Monte Carlo arithmetic: any kind of number, with every one off by a few of its last digits, up or down at random; a
result that changes with that has no more digits than do not (Parker, Monte Carlo Arithmetic, UCLA CSD-970002, 1997).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import chain
from random import Random
from typing import TYPE_CHECKING, Any, Self

from gradcalc.arithmetic import Arithmetic, Number, decimal_digits
from gradcalc.arithmetic.float64 import Double
from gradcalc.errors import DomainError
from gradcalc.expressions import float_functions

if TYPE_CHECKING:
    from gradcalc.activations import Activation
    from gradcalc.losses import Loss

UNITS = *range(-16, -3), *range(4, 17)  # in the last place, that numbers are off by: two seldom make up for each other
DRAWN = 100  # at a time
FLOAT64_UNIT = 2.0**-52
EXTENDED_DIGITS = 16  # of its numbers that functions of float64 take


class MonteCarlo:
    """The numbers of `base`, off at random; another `seed` puts others off, and an odd one those of the even before it
    the other way. Formulas in float64, which are computed as they are written, are off in every step."""

    name = "Monte Carlo"

    def __init__(self, base: Arithmetic, seed: int) -> None:
        self.base, self.functions, random = base, base.functions, Random(seed // 2)
        self._is_float64 = base.name == "float64"
        with base.context():
            if self._is_float64:
                unit = FLOAT64_UNIT
            else:
                unit = base.number(10) ** -(decimal_digits(base.name) or EXTENDED_DIGITS)
            factors = [1 + unit * step for step in UNITS[:: (-1) ** seed]]
        self._factors = chain.from_iterable(iter(lambda: random.choices(factors, k=DRAWN), None))
        self._formulas = MovedFunctions(self.moved if self._is_float64 else MonteCarlo(Double, seed).moved)

    def moved(self, x: Any) -> Any:
        """A number off by some units in its last place, or lists of them."""
        return list(map(self.moved, x)) if isinstance(x, (list, tuple)) else x * next(self._factors)

    def context(self) -> AbstractContextManager[object]:
        return self.base.context()

    def number(self, x: Any, exact: str | None = None) -> Number:
        return self.moved(self.base.number(x, exact))

    def seed(self, examples: int) -> Number:
        return self.base.seed(examples)

    def value(self, activation: Activation) -> Callable[..., Any]:
        return self._moving(activation, self.base.value(activation), 0)

    def derivative(self, activation: Activation) -> Callable[..., Any]:
        return self._moving(activation, self.base.derivative(activation), 1)

    def alpha_derivative(self, activation: Activation) -> Callable[..., Any] | None:
        found = self.base.alpha_derivative(activation)
        return None if found is None else lambda *given: self.moved(found(*given))

    def loss(self, loss: Loss) -> Loss:
        if not self._is_float64:
            bound = self.base.loss(loss)
            return bound._replace(terms=self._rule(bound.terms), term_derivatives=self._rule(bound.term_derivatives))
        formulas = self._formulas

        def moving(rule: Callable[..., Any]) -> Callable[..., Any]:
            def at(ys: Any, ts: Any, _: Any, **options: Any) -> list[float]:
                ys, ts = (list(map(formulas.number, given)) for given in (ys, ts))
                return list(map(float, rule(ys, ts, formulas, **options)))

            return at

        return loss._replace(terms=moving(loss.terms), term_derivatives=moving(loss.term_derivatives))

    def log10(self, x: Number) -> float | None:
        return self.base.log10(x)

    def is_normal(self, x: Number) -> bool:
        return self.base.is_normal(x)

    def _rule(self, rule: Callable[..., list[Number]]) -> Callable[..., list[Number]]:
        """A rule of a loss, with twice the digits: it changes where its own steps need more than there are."""
        digits = decimal_digits(self.base.name)
        if digits is None:
            from gradcalc.arithmetic.extended import PRECISION, Extended

            def in_extended_range(*given: Any, **options: Any) -> list[Number]:
                with Extended.context(2 * PRECISION):
                    found = rule(*given, **options)
                return list(map(self.moved, found))

            return in_extended_range
        from gradcalc.arithmetic.multiprecision import MpFunctions

        finer = MpFunctions(2 * digits)

        def at(ys: Any, ts: Any, _: Any, **options: Any) -> list[Number]:
            found = rule(list(map(finer.rounded, ys)), list(map(finer.rounded, ts)), finer, **options)
            return [self.moved(self.functions.rounded(x)) for x in found]

        return at

    def _moving(self, activation: Activation, base: Callable[..., Any], part: int) -> Callable[..., Any]:
        if activation.name != "formula" or self.base.name not in ("float64", "extended"):
            return lambda *given: self.moved(base(*given))
        rule, number = activation.any_rule()(self._formulas)[part], self._formulas.number
        if self._is_float64:
            return lambda x: float(rule(number(x)))
        from gradcalc.arithmetic.extended import HIGH, LOW

        def at(x: Number) -> Number:
            """By float64 where that has exponents enough, as extended range does."""
            try:
                found = float(rule(number(float(x))))
            except (ArithmeticError, DomainError):
                found = 0.0
            return self.base.number(found) if LOW < abs(found) < HIGH else self.moved(base(x))

        return at


class MovedFloat(float):
    """A float64 of which every sum, difference, product and ratio is off."""

    __slots__ = ("moved",)
    moved: Callable[[float], float]

    def of(self, x: float) -> Self:
        """A result."""
        found = type(self)(self.moved(x))
        found.moved = self.moved
        return found

    def __add__(self, other: float) -> Self:
        return self.of(float(self) + float(other))

    def __sub__(self, other: float) -> Self:
        return self.of(float(self) - float(other))

    def __rsub__(self, other: float) -> Self:
        return self.of(float(other) - float(self))

    def __mul__(self, other: float) -> Self:
        return self.of(float(self) * float(other))

    def __truediv__(self, other: float) -> Self:
        return self.of(float(self) / float(other))

    def __rtruediv__(self, other: float) -> Self:
        return self.of(float(other) / float(self))

    def __neg__(self) -> Self:
        return self * -1

    def __abs__(self) -> Self:
        return -self if self < 0 else self

    __radd__, __rmul__ = __add__, __mul__


class MovedFunctions:
    """The functions of float64, off as well."""

    max, min, pi, e = max, min, float_functions.pi, float_functions.e

    def __init__(self, moved: Callable[[float], float]) -> None:
        self.moved = moved

    def number(self, x: Any) -> MovedFloat:
        """A float64 as one of these."""
        found = MovedFloat(x)
        found.moved = self.moved
        return found

    def __getattr__(self, name: str) -> Callable[..., MovedFloat]:
        exactly = getattr(float_functions, name)
        return lambda *given: self.number(self.moved(exactly(*given)))
