"""float64 with exponents of its own, as 19-digit Decimals: libmpdec multiplies those in one machine word.

Where float64 suffices it is taken; else the row is evaluated in Decimals, with more and more digits until 19
of them stay.
"""

from __future__ import annotations

import decimal
import math
from collections.abc import Callable
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow, Underflow
from itertools import chain
from typing import TYPE_CHECKING, Any

from gradcalc.arithmetic import ALPHA_DERIVATIVE, DERIVATIVE, VALUE, mapped
from gradcalc.errors import DomainError, LimitError
from gradcalc.expressions import decimal_functions

if TYPE_CHECKING:
    from gradcalc.activations import Activation
    from gradcalc.losses import Loss

PRECISION = 19
LARGEST_EXPONENT = 10**15
MOST_PLACES = 16  # before the point, of an x whose e^x has such an exponent
LOW, HIGH = 1e-290, 1e290  # between them a float64 has all its bits, with room for what it is multiplied by
SCALE, FINER_SCALE = Decimal(2**60), Decimal(2**80)
AS_INTEGER_FROM, AS_INTEGER_TO = 2.0**-7, 8.0
"""Between them x·2^60 is an integer of at most 19 digits for a float64 x, from `AS_FINER_FROM` to the first x·2^80."""
AS_FINER_FROM = 2.0**-27

CONTEXT = Context(
    prec=PRECISION,
    Emax=LARGEST_EXPONENT,
    Emin=-LARGEST_EXPONENT,
    traps=[InvalidOperation, DivisionByZero, Overflow, Underflow],
)
divided = CONTEXT.divide


class _Entered:
    """The decimal context of a computation; the caller's comes back afterwards."""

    __slots__ = ("caller", "digits")

    def __init__(self, digits: int) -> None:
        self.digits = digits

    def __enter__(self) -> None:
        self.caller, context = decimal.getcontext(), CONTEXT.copy()
        context.prec = self.digits
        decimal.setcontext(context)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        decimal.setcontext(self.caller)
        if isinstance(error, (Overflow, Underflow)):
            raise product_out_of_range() from error


def product_out_of_range() -> LimitError:
    """What is raised where a sum or a product leaves this range."""
    return LimitError("a number has an exponent beyond ±10^15; --dps 50 may go further")


class _Extended:
    """Numbers of 19 digits and exponents to ±10^15, computed with inside `context()`."""

    name = "extended"
    functions = decimal_functions

    def __reduce__(self) -> str:
        return "Extended"

    def context(self, digits: int = PRECISION) -> _Entered:
        """Enter while computing, with more digits where a product needs them. Raises LimitError where an exponent
        leaves ±10^15."""
        return _Entered(digits)

    def number(self, x: Any, exact: str | None = None) -> Decimal:
        if exact is not None:
            return CONTEXT.plus(_constant(exact))
        return from_double(x) if isinstance(x, float) else CONTEXT.create_decimal(x)

    def seed(self, examples: int) -> Decimal:
        return divided(1, examples)

    def value(self, activation: Activation) -> Callable[..., Any]:
        return _bound(activation, VALUE, activation.value)

    def derivative(self, activation: Activation) -> Callable[..., Any]:
        return _bound(activation, DERIVATIVE, activation.derivative)

    def alpha_derivative(self, activation: Activation) -> Callable[..., Any]:
        return _exactly(activation, ALPHA_DERIVATIVE)

    def loss(self, loss: Loss) -> Loss:
        bound = loss.in_arithmetic(decimal_functions)
        terms, derivatives = _where_an_underflow_is_0(bound.terms), _where_an_underflow_is_0(bound.term_derivatives)
        return bound._replace(terms=terms, term_derivatives=derivatives)

    def log10(self, x: Decimal) -> float | None:
        return log10(x.copy_abs()) if x else None

    def is_normal(self, x: Decimal) -> bool:
        return x.is_normal(CONTEXT)


Extended = _Extended()


def _bound(activation: Activation, part: int, in_float64: Callable[..., Any]) -> Callable[..., Any]:
    exact = _exactly(activation, part)
    if activation.rational:
        return exact
    return _float64_first_on_lists(in_float64, exact) if activation.couples else _float64_first(in_float64, exact)


def _exactly(activation: Activation, part: int) -> Callable[..., Any]:
    """One part of the row in Decimals, right to 19 digits."""
    rule = activation.any_rule()
    if activation.rational:
        return rule(decimal_functions)[part]

    def at(*arguments: Any) -> Any:
        settled = decimal_functions.settled(lambda: rule(decimal_functions)[part](*arguments), PRECISION)
        try:
            return mapped(CONTEXT.plus, settled)
        except (Overflow, Underflow):
            raise decimal_functions.out_of_range() from None

    return at


def _where_an_underflow_is_0(rule: Callable[..., list[Decimal]]) -> Callable[..., list[Decimal]]:
    """A rule of a loss with e^−x of a large x as 0 where nothing hangs on it: ln cosh x is x − ln 2 there; in as many
    digits more as x may have before its point, of which e^x leaves none behind it."""

    def at(*arguments: Any, **options: Any) -> list[Decimal]:
        with decimal.localcontext(decimal_functions.wide(decimal.getcontext().prec + MOST_PLACES)) as context:
            found = rule(*arguments, **options)
            if context.flags[Underflow] and not all(found):
                raise decimal_functions.out_of_range()
        return list(map(decimal.getcontext().plus, found))

    return at


def _float64_first(
    in_float64: Callable[[float], float], exact: Callable[[Decimal], Decimal]
) -> Callable[[Decimal], Decimal]:
    """The float64 function where its argument and result have all their bits."""

    def at(z: Decimal) -> Decimal:
        x = float(z)
        try:
            y = in_float64(x)
        except DomainError:  # x may be a 0 that z is not
            return exact(z)
        if x and AS_INTEGER_FROM <= y < AS_INTEGER_TO:  # as from_double does, a call spared
            return divided(int(y * 2.0**60), SCALE)
        return from_double(y) if (x or not z) and LOW < abs(y) < HIGH else exact(z)

    return at


def _float64_first_on_lists(in_float64: Callable[..., Any], exact: Callable[..., Any]) -> Callable[..., Any]:
    """The same of the units of a layer, their values or their Jacobian."""

    def at(zs: list[Decimal]) -> Any:
        xs = [float(z) for z in zs]
        if all(LOW < abs(x) < HIGH for x in xs):
            results = in_float64(xs)
            entries = chain(*results) if isinstance(results[0], list) else results
            if all(LOW < abs(y) < HIGH for y in entries):
                return mapped(from_double, results)
        return exact(zs)

    return at


def from_double(y: float) -> Decimal:
    """A float64 rounded to 19 digits; by way of an integer or of text, as all digits of a small one are hundreds."""
    if AS_INTEGER_FROM <= y < AS_INTEGER_TO or -AS_INTEGER_TO < y <= -AS_INTEGER_FROM:
        return divided(int(y * 2.0**60), SCALE)
    if AS_FINER_FROM <= abs(y) < AS_INTEGER_FROM:
        return divided(int(y * 2.0**80), FINER_SCALE)
    return Decimal(f"{y:.18e}")


LOG_ERROR = 2.0**-50  # of log10 of a mantissa from 1 to 10 as a float64, its argument rounded
DIGITS_ERROR = 10.0 ** (1 - PRECISION)  # of a logarithm in Decimals, relative to it


def log10(x: Decimal) -> float:
    """log10 of a positive number: its exponent plus the logarithm of its mantissa. Where their errors might round the
    sum otherwise it is the logarithm in Decimals, which takes twenty times as long."""
    exponent = x.adjusted()
    fraction = math.log10(float(x.scaleb(-exponent, CONTEXT)))
    total = exponent + fraction
    room = math.ulp(total) / 2 - abs(fraction - (total - exponent))
    is_power_of_two = math.frexp(abs(total))[0] == 0.5  # the float64 beneath is nearer there than an ulp
    if room > LOG_ERROR + DIGITS_ERROR * abs(total) and not is_power_of_two:
        return total
    return float(x.log10(CONTEXT))


def _constant(text: str) -> Decimal:
    from gradcalc.expressions.compiled import exact_constant

    return decimal_functions.settled(lambda: exact_constant(text, decimal_functions), PRECISION)  # type: ignore[no-any-return]
