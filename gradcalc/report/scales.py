"""Scales of magnitudes: from one power of ten to another, for bars and lines that are to be read against each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil, floor, inf, isfinite
from math import log10 as log10_of_float
from typing import Any

from gradcalc.expressions.numerals import SMALLEST_NORMAL, RoundedNumber, decimal, scientific, superscript, text
from gradcalc.network.network import power_of_ten
from gradcalc.records import Record
from gradcalc.report.json_numbers import written
from gradcalc.report.report import boundless

LEAST_CHANGE = 1e-9  # of a factor; less is rounding
SPARE = 4  # digits beyond those of a rounded number that are 0 in float64, too
HELD = 15 - SPARE  # digits of a rounded number that a float64 has with those
THINNEST = 0.005  # a bar that is seen, where one of 0 is not
PLAIN = 7  # powers of ten from which on numbers are printed with one
MOST, MANY = 17, 100  # digits of a float64; values of a key that are not all told apart
EXACT_POWER = 1e11
"""Above it a float64 leaves a power of ten too few digits behind the point for three of its figures."""


class Scale(Record):
    """The powers of ten that it goes from and to."""

    low: int
    high: int

    def __str__(self) -> str:
        return f"10{superscript(self.low)} to 10{superscript(self.high)}"

    def fraction(self, size: float | None) -> float:
        """Where a log10 stands on it, from 0 to 1; 0 for that of an exact 0, and for no other."""
        return 0.0 if size is None else max((size - self.low) / (self.high - self.low), THINNEST)


def scale(sizes: Iterable[float | None]) -> Scale:
    """The narrowest powers of ten around all sizes, which are log10s."""
    known = [size for size in sizes if size is not None] or [0.0]
    low = floor(min(known))
    return Scale(low, max(ceil(max(known)), low + 1))


def thinned(values: Sequence[float | None], most: int) -> list[float | None]:
    """At most so many values: of every few neighbours the one farthest from the mean of all, a gap before any."""
    known, size = [value for value in values if value is not None], -(-len(values) // most)
    mean = sum(known) / max(len(known), 1)
    groups = (values[at : at + size] for at in range(0, len(values), size))
    return [max(group, key=lambda value: inf if value is None else abs(value - mean)) for group in groups]


def rounded(number: Any, digits: int) -> Any:
    """A number of any kind, rounded to so many significant digits; integers, infinities and None stay as they are."""
    if number is None or isinstance(number, int) or (isinstance(number, float) and not isfinite(number)):
        return number
    mantissa, exponent = scientific(number, digits)
    return type(number)(f"{mantissa}e{exponent}")


def figure(number: Any, digits: int) -> str:
    """A number within a sentence: so many digits, and no zeros at the end of them; 2 times, 39.84 times."""
    if isinstance(number, float) and isfinite(number) and (digits > HELD or 0 < abs(number) < SMALLEST_NORMAL):
        number = decimal(number)  # a float64 has not the digits that what it is rounded to has
    return text(rounded(number, digits), digits + SPARE)


def is_numeric(value: Any) -> bool:
    """Whether a value of a key is a number; true and false are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def value_text(value: Any, digits: int = 6) -> str:
    """A value of a key, in a heading or beneath an axis: −0.5, 1×10⁻⁹, tanh."""
    return figure(value, digits) if is_numeric(value) else written(value)


def digits_apart(values: Sequence[Any]) -> int:
    """How many digits tell the numbers among values of a key apart, 6 or more; of many values those at the ends."""
    some = values if len(values) <= MANY else [*values[:2], *values[-2:]]
    numbers = set(filter(is_numeric, some))
    told = (digits for digits in range(6, MOST) if len({figure(one, digits) for one in numbers}) == len(numbers))
    return next(told, MOST)


def whole_digits(size: float, digits: int) -> int:
    """So many digits, or more of a number that is printed without a power of ten: 2051 is not 2050."""
    return max(digits, floor(size) + 1) if size < PLAIN else digits


def power_text(size: float, digits: int) -> str:
    """10^size in so many digits: `1.97×10⁻¹⁶`; `about 10⁻⁶²²²⁵⁰⁶¹⁹³³⁵³³` where no more of it is known."""
    if abs(size) > EXACT_POWER:
        return f"about 10{superscript(round(size))}"
    return figure(power_of_ten(size), digits)


def factor(power: float, digits: int) -> str:
    """A power of ten as a factor: `÷ 8.2`, `× 2.0`; near 1 with two digits of what it changes by: `÷ 1.053`."""
    if abs(power) > EXACT_POWER:
        return f"{'÷' if power < 0 else '×'} {power_text(abs(power), digits)}"
    change, size, most = 10 ** min(abs(power), 1) - 1, power_of_ten(abs(power)), digits
    if LEAST_CHANGE <= change < 1:
        most = max(digits, 2 - floor(log10_of_float(change)))
    needed = next(few for few in range(digits, most + 1) if rounded(size, few) == rounded(size, most))
    shown = RoundedNumber.of(size, needed)
    told = shown.numeral(needed, True) if shown.exponent < needed else None
    return f"{'÷' if power < 0 else '×'} {told.left + told.right if told else figure(size, digits)}"


def log10(number: Any) -> float | None:
    """log10 of the absolute value of a number of any kind; None for an exact 0, and of what is infinite or NaN."""
    if not number or (isinstance(number, float) and not isfinite(number)):
        return None
    if isinstance(number, (int, float)):
        return log10_of_float(abs(number))
    if hasattr(number, "context"):
        return float(number.context.log10(abs(number)))
    from gradcalc.arithmetic.extended import LARGEST_EXPONENT
    from gradcalc.arithmetic.extended import log10 as log10_of_decimal

    if abs(number.adjusted()) < LARGEST_EXPONENT:
        return log10_of_decimal(number.copy_abs())
    with boundless():
        return float(abs(number).log10())
