"""How exactly numbers are given: the values of texts and arrays, how far each may be off, and how far two are apart.

A number in text is right where the network's own rounds to it: its tolerance is half a unit of the last digit given.
One from a binary file or an array is right within some units in the last place of its format, as a backward pass in
that format rounds at every step. Numbers outside the range of float64 are Decimals.
"""

from __future__ import annotations

from contextlib import suppress
from math import inf, isfinite, nan
from typing import Any

from gradcalc.arithmetic.float_formats import BITS, FORMATS, rounding
from gradcalc.errors import DomainError, LimitError, UsageError
from gradcalc.expressions.expression import FormulaError
from gradcalc.expressions.numerals import decimal
from gradcalc.expressions.parser import constant, is_constant_text
from gradcalc.network.network import Value, entries, mapped_entries, numbers
from gradcalc.report.report import boundless

ULPS, FEW_ULPS = 16, 4
"""Half units in the last place that a backward pass may be off: each of its sums and products rounds by at most one,
and errors of both signs add up to about the square root of their number, so 16 serve some 200 in a row. In formats of
16 bits sums accumulate in float32, and a value is rounded once where it is stored: 4."""

LONGEST_EXPONENT = 19  # with its sign
as_float32 = rounding("float32")
FLOAT32_DIGITS = 9  # that tell any two float32 apart; a float32 written as a float64 has more


def read_numbers(text: str, data: Value, dtype: str) -> tuple[Value, Value]:
    """The values, and how far each may be off."""
    if not dtype:
        pairs = [(index, decimal_number(text, one)) for index, one in entries(data)]
        finest = min((tolerance for _, (value, tolerance) in pairs if value), default=0.0)
        found = {index: (value, tolerance or finest) for index, (value, tolerance) in pairs}
        return mapped_entries(data, lambda at, _: found[at][0]), mapped_entries(data, lambda at, _: found[at][1])
    values = mapped_entries(data, lambda _, x: float(x))
    largest = max((abs(x) for x in numbers(values) if isfinite(x)), default=0.0)
    least = FORMATS[dtype].normal if dtype in FORMATS else 0.0  # smaller numbers lose digits in the format
    tolerance = max(largest * (ULPS if BITS[dtype] > 16 else FEW_ULPS) * 2.0 ** -BITS[dtype], least)
    return values, mapped_entries(data, lambda *_: tolerance)


def decimal_number(name: str, text: Any) -> tuple[Any, Any]:
    """A number in text, and half a unit of its last digit; of a zero without decimals nothing. Raises UsageError."""
    text = str(text).strip().replace("−", "-").replace("\N{MULTIPLICATION SIGN}10^", "e")
    if text.lstrip("+-").lstrip(".").lower() in ("nan", "inf", "infinity"):  # ".inf" in YAML
        text = text.replace(".", "")
    try:
        value: Any = float(text.replace("_", "?"))
    except ValueError:
        with suppress(FormulaError, DomainError, LimitError):
            if is_constant_text(text):
                value = constant(text)
                return value, abs(value) * 2.0**-53
        raise UsageError(f"{name}: {text[:60]!r} is no number") from None
    if "n" in text.lower():
        return value, 0.0
    mantissa, _, exponent = text.lower().partition("e")
    if len(exponent) > LONGEST_EXPONENT:
        raise UsageError(f"{name}: {text[:60]} has an exponent past ±10^18")
    digits = mantissa.lstrip("+-").replace(".", "").lstrip("0")
    decimals = len(mantissa.partition(".")[2]) - int(exponent or 0)
    if not value or not isfinite(value):
        from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, InvalidOperation

        try:
            exact = Decimal(text)
        except InvalidOperation:
            raise UsageError(f"{name}: {text[:60]} has an exponent past ±10^18") from None
        if exact:  # outside the range of float64
            return exact, Decimal(5).scaleb(-decimals - 1, Context(Emax=MAX_EMAX, Emin=MIN_EMIN))
        return 0.0, 0.5 * 10.0**-decimals if decimals > 1 else 0.0
    tolerance = 0.5 * 10.0**-decimals if -decimals < 308 else inf
    if FLOAT32_DIGITS - 2 <= len(digits) <= FLOAT32_DIGITS:
        tolerance = max(tolerance, float32_tolerance(value, digits))
    return value, tolerance


def float32_tolerance(value: float, digits: str) -> float:
    """What a number in the digits that tell a float32 from others may be off by: a unit in its last place; 0 of others,
    which have more digits or fewer."""
    stored = as_float32(value)
    if not isfinite(stored):
        return 0.0
    shortest = next(n for n in range(1, 18) if as_float32(float(f"{stored:.{n}g}")) == stored)
    is_shortest = shortest == len(digits) and float(f"{stored:.{shortest}g}") == value
    return abs(value) * 2.0 ** (1 - BITS["float32"]) if is_shortest else 0.0


def format_of(data: Value) -> str:
    """ "float32" of texts that are all float32 in more digits than one has, as `tensor.item()` prints them; else ""."""
    texts = [str(one) for one in numbers(data)]
    try:
        is_stored = any(map(is_long, texts)) and all(as_float32(float(text)) == float(text) for text in texts)
    except ValueError:
        return ""
    return "float32" if is_stored else ""


def is_long(text: str) -> bool:
    """Whether a text has more digits than a float32."""
    return len(text.lower().partition("e")[0].replace(".", "").lstrip("+-0")) > FLOAT32_DIGITS


def float64_or_decimal(x: Any) -> Any:
    """A number that float64 holds as such, so that it goes with others."""
    return x if isinstance(x, float) else float(x) if isinstance(x, int) else decimal(x)


def is_within(off: Any, tolerance: Any, slack: Any) -> bool:
    """off ≤ tolerance + slack."""
    if isinstance(off, float) and isinstance(tolerance, float) and isinstance(slack, float):
        return off <= tolerance + slack
    return bool(is_finite(off) and decimal(off) <= decimal(tolerance) + decimal(slack))


def times(factor: float, x: Any) -> Any:
    """A number of either kind times a factor."""
    return factor * x if isinstance(x, float) else decimal(factor) * x


def is_finite(x: Any) -> bool:
    """Whether it is a number, and not infinite."""
    return isfinite(x) if isinstance(x, float) else bool(x.is_finite()) if hasattr(x, "is_finite") else True


def difference(one: Any, other: Any) -> Any:
    """|one − other|; NaN where one is infinite or none."""
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other)
    return abs(decimal(one) - decimal(other)) if is_finite(one) and is_finite(other) else nan


def relative(one: Any, other: Any) -> float:
    """|one − other| / |other|; infinite where the other is 0 and the one is not, or one of them is no number."""
    with boundless():
        off = difference(one, other)
        if not off:
            return 0.0
        if not is_finite(off) or not other:
            return inf
        return float(off / abs(other) if isinstance(off, float) else off / abs(decimal(other)))
