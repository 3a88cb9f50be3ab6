"""Functions on Decimals, with as many digits as the current context has; what `decimal` lacks comes from mpmath."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import (
    MAX_EMAX,
    MIN_EMIN,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    Underflow,
    getcontext,
    localcontext,
)
from functools import lru_cache, partial
from typing import Any

from gradcalc.errors import DomainError, LimitError

DIGITS = (25, 50, 100, 200, 400, 800)
"""Values of float64 that differ, or differ from 0, do so within the last of them."""
GUARD = 10
FARTHEST = 10**9  # above it erfc underflows even here, as e^(−x²) does
HIGHEST_ANGLE = 30_000  # decimal places before the point that a sine is reduced by


def wide(digits: int) -> Context:
    """A context of so many digits with exponents to ±10^18, in which an underflow is 0."""
    return Context(prec=digits, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[InvalidOperation, DivisionByZero, Overflow])


def settled(compute: Callable[[], Any], steady: int) -> Any:
    """A number, or nested lists of numbers, computed with as many digits as it takes for so many to be right.

    Raises LimitError where an exponent passes ±10^18 and the result, or its being there at all, hangs on it.
    """

    def computed(digits: int) -> Any:
        with localcontext(wide(digits)) as context:
            try:
                result = compute()
            except Overflow:
                raise out_of_range() from None
            except DomainError:
                if context.flags[Underflow]:
                    raise out_of_range() from None
                raise
            if context.flags[Underflow] and _has_zero(result):
                raise out_of_range()
            return result

    with localcontext(wide(DIGITS[0])):
        return agreed(computed, DIGITS, steady)


MOST_SPANNED = 4_000  # powers of ten


def spanned(exponents: Iterable[int]) -> int:
    """The digits by which products of two numbers reach from the largest exponent to the smallest, within reason."""
    found = list(exponents)
    return min(2 * (max(found) - min(found)), MOST_SPANNED) if found else 0


@contextmanager
def spanning(numbers: Iterable[Decimal]) -> Iterator[None]:
    """Compute with as many digits more as sums and products of these take."""
    with localcontext() as context:
        context.prec += spanned(x.adjusted() for x in numbers if x)
        yield


def _has_zero(result: Any) -> bool:
    return any(map(_has_zero, result)) if isinstance(result, list) else not result


def out_of_range() -> LimitError:
    """What is raised where the value of a function leaves the widest range."""
    return LimitError("a number has an exponent beyond ±10^15; no option goes further, only numbers nearer to 1 help")


def agreed(compute: Callable[[int], Any], digits: Iterable[int], steady: int) -> Any:
    """A number, or nested lists of numbers, computed with more and more digits until so many are steady (Ziv, 1991).

    Where they never are, every digit was cancelled: the number is 0, as far as anybody computes. Raises DomainError
    where it has no value with most digits.
    """
    before: Any = None
    steady_part: Any = None
    outside: DomainError | None = None
    for more in digits:
        try:
            found = compute(more)
        except DomainError as error:
            before, outside = None, error
            continue
        outside = None
        if before is not None:
            steady_part = _common(before, found, 10**steady)
            if steady_part == found:
                return found
        before = found
    if outside is not None:
        raise outside
    return before if steady_part is None else steady_part


def _common(before: Any, found: Any, scale: int) -> Any:
    """The numbers, with 0 for those that differ by more than 1/scale of themselves."""
    if isinstance(found, list):
        return [_common(one, other, scale) for one, other in zip(before, found)]
    return found if abs(found - before) * scale <= abs(found) else found * 0


number, max, min = Decimal, builtins.max, builtins.min
exp, log, sqrt = Decimal.exp, Decimal.ln, Decimal.sqrt


def log1p(x: Decimal) -> Decimal:
    """ln(1 + x), by u = 1 + x and ln(u)·x/(u − 1), in which u's rounding cancels (Kahan)."""
    u = 1 + x
    return x if u == 1 else u.ln() * x / (u - 1)


def expm1(x: Decimal) -> Decimal:
    """e^x − 1, likewise by (u − 1)·x/ln u, u = e^x."""
    u = x.exp()
    if u == 1:
        return x
    return u - 1 if abs(x) > 1 else (u - 1) * x / u.ln()


def tanh(x: Decimal) -> Decimal:
    """−m/(m + 2), m = expm1(−2|x|)."""
    m = expm1(-2 * abs(x))
    return (-m / (m + 2)).copy_sign(x)


def sinh(x: Decimal) -> Decimal:
    """(m + m/(m + 1))/2, m = expm1|x|."""
    m = expm1(abs(x))
    return ((m + m / (m + 1)) / 2).copy_sign(x)


def cosh(x: Decimal) -> Decimal:
    """(e^x + e^−x)/2."""
    e = abs(x).exp()
    return (e + 1 / e) / 2


def erfc(x: Decimal) -> Decimal:
    """1 − erf x."""
    if abs(x) > FARTHEST:
        return (-x * x).exp() if x > 0 else Decimal(2)
    return _by_mpmath("erfc", x)


def erf(x: Decimal) -> Decimal:
    """The error function."""
    return Decimal(1).copy_sign(x) if abs(x) > FARTHEST else _by_mpmath("erf", x)


def sin(x: Decimal) -> Decimal:
    """Sine."""
    return _by_mpmath("sin", x)


def cos(x: Decimal) -> Decimal:
    """Cosine."""
    return _by_mpmath("cos", x)


def tan(x: Decimal) -> Decimal:
    """Tangent."""
    return sin(x) / cos(x)


def sum(terms: Sequence[Decimal]) -> Decimal:
    """Σ terms."""
    return builtins.sum(terms, Decimal(0))


def power(a: Decimal, b: Any) -> Decimal:
    """a^b within its domain."""
    return Decimal(a**b) if b else Decimal(1)


def __getattr__(name: str) -> Decimal:
    """pi and e, with the digits of the current context."""
    if name == "pi":
        return _pi(getcontext().prec)
    if name == "e":
        return Decimal(1).exp()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@lru_cache(maxsize=16)
def _pi(digits: int) -> Decimal:
    return to_decimal(+mpmath_context(digits + GUARD).pi, digits)


def _by_mpmath(name: str, x: Decimal) -> Decimal:
    """The function by mpmath, with digits enough for the argument's own to count, near a root as well."""
    digits = getcontext().prec
    places = max(x.adjusted(), 0) if x else 0
    if places > HIGHEST_ANGLE:
        raise LimitError("an angle is too large to be reduced: above 10^30,000")
    context = mpmath_context(2 * digits + 2 * places + GUARD)
    return to_decimal(getattr(context, name)(from_decimal(context, x)), digits)


def new_context(digits: int) -> Any:
    """mpmath in a context of its own: the global one belongs to others. Its numbers pickle with their digits, and its
    error functions are ours."""
    from mpmath import MPContext

    from gradcalc.expressions.error_functions import erf, erfc

    context = MPContext()
    context.dps = digits
    context.erf, context.erfc = partial(erf, context), partial(erfc, context)
    context.mpf.__reduce__ = lambda x: (mpmath_number, (digits, x._mpf_))
    return context


@lru_cache(maxsize=16)
def mpmath_context(digits: int) -> Any:
    """The context of so many digits."""
    return new_context(digits)


def mpmath_number(digits: int, parts: tuple[int, int, int, int]) -> Any:
    """A number of that context from its sign, mantissa, exponent and bits."""
    return mpmath_context(digits).make_mpf(parts)


def from_decimal(context: Any, x: Decimal) -> Any:
    """A Decimal as a number of that mpmath context, rounded once or twice."""
    sign, digits, exponent = x.as_tuple()
    whole = context.mpf(int(Decimal((sign, digits, 0))))
    assert isinstance(exponent, int)
    return whole * context.mpf(10) ** exponent if exponent >= 0 else whole / context.mpf(10) ** -exponent


def as_mpf(context: Any, x: Any) -> Any:
    """A number of any arithmetic as one of that mpmath context."""
    return from_decimal(context, x) if isinstance(x, Decimal) else context.convert(x)


def to_decimal(x: Any, digits: int) -> Decimal:
    """A number of mpmath as a Decimal of so many digits, whatever its exponent."""
    with localcontext(wide(digits + GUARD)):
        return Decimal(int(x.man)).copy_sign(Decimal(1 if x >= 0 else -1)) * Decimal(2) ** int(x.exp)
