"""Numbers of any precision, by mpmath in contexts of our own: computed with ten digits more than are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from fractions import Fraction
from functools import lru_cache, partial
from math import isfinite
from random import Random
from typing import TYPE_CHECKING, Any

from gradcalc.arithmetic import ALPHA_DERIVATIVE, DERIVATIVE, VALUE, mapped
from gradcalc.errors import DomainError, LimitError
from gradcalc.expressions.decimal_functions import agreed, new_context, out_of_range, spanned
from gradcalc.expressions.expression import Literal, rational

if TYPE_CHECKING:
    from gradcalc.activations import Activation
    from gradcalc.expressions.compiled import Step, Tape
    from gradcalc.losses import Loss

GUARD = 10
LARGEST_EXPONENT = 10**15
LARGEST_BINARY = LARGEST_EXPONENT * 332193 // 100000
FARTHEST = 10**16
HIGHEST_ANGLE = 100_000  # binary places before the point that a sine is reduced by
FLOAT64_DIGITS = 17
DOUBLINGS = 5  # of the digits, until so many as are asked for stay
MOST_BITS = 4_000  # of one that is computed exactly: sums of such take as long as those of so many digits


class NotRational(ValueError):
    """What has no value as a ratio of whole numbers, or none that is short."""


class RationalFunctions:
    """The functions that have one."""

    max, min, evaluated = max, min, None

    @staticmethod
    def number(x: Any) -> Fraction:
        """A float64 is the shortest decimal that it is nearest to, as in any number of digits; a literal its text."""
        if isinstance(x, Literal):
            from gradcalc.expressions.parser import parse_constant

            found = rational(parse_constant(x.text))
            if found is None:
                raise NotRational(x.text)
            return Fraction(*found)
        return Fraction(float.__repr__(x) if isinstance(x, float) else x)

    @staticmethod
    def power(a: Fraction, b: Any) -> Fraction:
        if b != int(b) or size(a) * abs(b) > MOST_BITS:
            raise NotRational
        return Fraction(a) ** int(b)

    def __getattr__(self, name: str) -> Any:
        raise NotRational(name)


RATIONALS = RationalFunctions()


def exactly(compute: Callable[[RationalFunctions], Any]) -> Fraction | None:
    """What comes of these functions; None where that is not rational, or long."""
    with suppress(NotRational, DomainError, ZeroDivisionError):
        found = Fraction(compute(RATIONALS))
        return found if size(found) <= MOST_BITS else None
    return None


def size(number: Fraction) -> int:
    """Its bits, which are the time that it takes to compute with it."""
    return number.numerator.bit_length() + number.denominator.bit_length()


class MpFunctions:
    """mpmath's functions with so many digits; where e^x has too large an exponent, a LimitError.

    Far below the smallest one it is a negligible number: nothing where it is added to anything, and no value that a
    result may hang on (`settled`).
    """

    def __init__(self, digits: int) -> None:
        self.context = context = new_context(digits)
        self.neglected, self.negligible_exponent = 0, -10 * LARGEST_BINARY
        self.pi, self.e = +context.pi, +context.e
        self.log, self.log1p, self.sqrt = context.log, context.log1p, context.sqrt
        self.tanh, self.erf, self.max, self.min = context.tanh, context.erf, max, min

    def number(self, x: Any) -> Any:
        """A number with all digits; a float64 is the shortest decimal that it is nearest to, so that 0.1 is 1/10."""
        if isinstance(x, Literal):
            from gradcalc.expressions.compiled import exact_constant

            return exact_constant(x.text, self)
        return self.context.mpf(float.__repr__(x) if isinstance(x, float) else x)

    def rounded(self, x: Any) -> Any:
        """A rational number as one of these; others with its digits."""
        if not isinstance(x, Fraction):
            return self.context.convert(x)
        from mpmath.libmp import from_rational

        return self.context.make_mpf(from_rational(x.numerator, x.denominator, self.context.prec, "n"))

    def exactly(self, x: Any) -> Any:
        """The rational number that another is rounded from, if that is a decimal of no more digits than a float64, or a
        ratio of two numbers that have a quarter of these digits; else the number."""
        if isinstance(x, Fraction):
            return x
        nearest = float(x)
        if not isfinite(nearest):
            return x
        few = self.context.dps // 2
        text = float.__repr__(nearest) if few >= FLOAT64_DIGITS else f"{nearest:.{few}g}"
        if self.context.mpf(text) == x:
            return Fraction(text)
        most = 10 ** (self.context.dps // 4)
        if not 1 <= most * abs(x) <= most**2:
            return x
        from mpmath.libmp import to_rational

        ratio = Fraction(*map(int, to_rational(x._mpf_))).limit_denominator(most)
        return ratio if self.rounded(ratio) == x else x

    def evaluated(self, tape: Tape, names: Mapping[str, Any]) -> Any:
        """The value of a formula. Where it has kinks, or a variable is a Fraction, parts that are rational are computed
        exactly and rounded once: 3·(1/3) − 1 is 0."""
        known = {name: self.exactly(x) for name, x in names.items()} if tape.is_kinked else names
        exact = {name: x for name, x in known.items() if isinstance(x, Fraction)}
        given, ratios, values = {name: self.rounded(x) for name, x in names.items()}, list[Any](), list[Any]()
        for step, parts in zip(tape.steps, tape.parts):
            ratio = None
            if exact and all(ratios[part] is not None for part in parts):
                ratio = exactly(partial(_stepped, step, exact, ratios))
            ratios.append(ratio)
            values.append(step(self, given, values) if ratio is None else self.rounded(ratio))
        return values[-1]

    def settled(self, compute: Callable[[], Any]) -> Any:
        """What is computed of these functions. Raises LimitError where it hangs on how small a negligible number is."""
        self.neglected = 0
        found = compute()
        if self.neglected:
            self.neglected, self.negligible_exponent = 0, 2 * self.negligible_exponent
            try:
                if compute() != found:
                    raise out_of_range()
            finally:
                self.negligible_exponent //= 2
        return found

    def negligible(self) -> Any:
        """A positive number far below the smallest one, another every time."""
        self.neglected += 1
        return self.context.ldexp(1, self.neglected * self.negligible_exponent)

    def exp(self, x: Any) -> Any:
        return self.negligible() if x < -FARTHEST else self.context.exp(_reachable(x))

    def expm1(self, x: Any) -> Any:
        return self.number(-1) if x < -FARTHEST else self.context.expm1(_reachable(x))

    def sinh(self, x: Any) -> Any:
        return self.context.sinh(_reachable(x))

    def cosh(self, x: Any) -> Any:
        return self.context.cosh(_reachable(x))

    def sin(self, x: Any) -> Any:
        return self.context.sin(self._reducible(x))

    def cos(self, x: Any) -> Any:
        return self.context.cos(self._reducible(x))

    def tan(self, x: Any) -> Any:
        return self.context.tan(self._reducible(x))

    def erfc(self, x: Any) -> Any:
        return self.negligible() if x > FARTHEST else self.context.erfc(x)

    def sum(self, terms: Sequence[Any]) -> Any:
        return self.context.fsum(terms)

    def spanning(self, numbers: Sequence[Any]) -> AbstractContextManager[Any]:
        """Compute with as many digits more as sums and products of these take."""
        exponents = [self.context.mag(x) * 302 // 1000 for x in numbers if x]
        return self.context.workdps(self.context.dps + spanned(exponents))  # type: ignore[no-any-return]

    def power(self, a: Any, b: Any) -> Any:
        if a and abs(b * self.context.mag(a)) > LARGEST_BINARY:
            raise out_of_range()
        return a**b

    def _reducible(self, x: Any) -> Any:
        if self.context.mag(x) > HIGHEST_ANGLE:
            raise LimitError("an angle is too large to be reduced: above 2^100,000")
        return x


class Multiprecision:
    """Numbers of so many significant digits; exponents to ±10^15."""

    def __init__(self, digits: int) -> None:
        self.digits = digits
        self.functions = _functions(digits + GUARD)
        self._digits = [GUARD + ((digits + GUARD) << doubling) for doubling in range(DOUBLINGS + 1)]

    def __reduce__(self) -> tuple[Any, ...]:
        return Multiprecision, (self.digits,)

    @property
    def name(self) -> str:
        return f"{self.digits} decimal digits"

    def context(self) -> nullcontext[None]:
        return nullcontext()

    def number(self, x: Any, exact: str | None = None) -> Any:
        return self.functions.number(x if exact is None else Literal.of(x, exact))

    def seed(self, examples: int) -> Any:
        return self.number(1) / examples

    def value(self, activation: Activation) -> Callable[..., Any]:
        return self._bound(activation, VALUE)

    def derivative(self, activation: Activation) -> Callable[..., Any]:
        return self._bound(activation, DERIVATIVE)

    def alpha_derivative(self, activation: Activation) -> Callable[..., Any]:
        return self._bound(activation, ALPHA_DERIVATIVE)

    def loss(self, loss: Loss) -> Loss:
        def settled(rule: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
            return lambda *of, **options: self.functions.settled(partial(rule, *of, **options))

        bound = loss.in_arithmetic(self.functions)
        return bound._replace(terms=settled(bound.terms), term_derivatives=settled(bound.term_derivatives))

    def log10(self, x: Any) -> float | None:
        return float(self.functions.context.log10(abs(x))) if x else None

    def is_normal(self, x: Any) -> bool:
        return bool(x) and bool(self.functions.context.isfinite(x))

    def _bound(self, activation: Activation, part: int) -> Callable[..., Any]:
        rule = activation.any_rule()
        if activation.rational:
            return rule(self.functions)[part]
        is_kinked = activation.name == "formula" and activation.is_kink  # at 1/3, and that in more digits

        def at(*arguments: Any) -> Any:
            def computed(digits: int) -> Any:
                functions = _functions(digits)
                arguments = given if is_kinked else mapped(functions.rounded, given)
                return functions.settled(lambda: rule(functions)[part](*arguments))

            given = mapped(self.functions.exactly, arguments) if is_kinked else arguments
            return mapped(self._rounded, agreed(computed, self._digits, self.digits + GUARD // 2))

        return at

    def _rounded(self, x: Any) -> Any:
        rounded = +self.functions.context.convert(x)
        if rounded and abs(self.functions.context.mag(rounded)) > LARGEST_BINARY:
            raise out_of_range()
        return rounded


class Blurred(Multiprecision):
    """The same, with what formulas are evaluated of off by its last digit, up or down (`sign`), as in Monte Carlo
    arithmetic (Parker, 1997): a result that changes with it was never there."""

    def __init__(self, digits: int, sign: int) -> None:
        super().__init__(digits)
        self.functions = functions = MpFunctions(digits + GUARD)
        self._last, self._random = sign * functions.context.mpf(10) ** -digits, Random(0)
        names = ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "erf", "erfc")
        for name in names:
            exactly = getattr(functions, name)
            setattr(functions, name, lambda x, exactly=exactly: self.moved(exactly(x)))

    def loss(self, loss: Loss) -> Loss:
        return loss.in_arithmetic(self.functions)  # which is another number every time

    def moved(self, value: Any) -> Any:
        """A number, or an array of numbers, off by a last digit."""
        return value + value * (self._last * self._random.random())


def _stepped(step: Step, names: Mapping[str, Any], values: list[Any], functions: Any) -> Any:
    """What a step makes of the values of those before it."""
    return step(functions, names, values)


@lru_cache(maxsize=16)
def _functions(digits: int) -> MpFunctions:
    return MpFunctions(digits)


def _reachable(x: Any) -> Any:
    if abs(x) > FARTHEST:
        raise out_of_range()
    return x
