"""Numbers for people: rounded to significant digits, in parts that every format sets in its own way.

A number on its own that the digits hold exactly is written short (0.1); a rounded one has all its zeros (0.103810), so
that a reader sees which is which. The numbers of a column all have the same significant digits and the same notation.
Powers of ten stand below 10⁻⁵ and from 10⁷ on. Floats, integers of any size, Decimals and mpmath's numbers are taken.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from math import fsum, isfinite
from typing import Any

from gradcalc.records import Record

SUPERSCRIPTS = str.maketrans("-−0123456789", "⁻⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MINUS = "−"
INFINITY, NAN = "∞", "NaN"
NOT_FINITE = {INFINITY: r"\infty", NAN: r"\mathrm{NaN}"}
LARGEST_PLAIN_INTEGER = 10**21
LARGEST_PLAIN_PERCENTAGE = 1e7
PLAIN_EXPONENTS = range(-5, 7)
UNSEEN = 2.0**-52  # a relative difference that is rounding
LARGE = 1e290  # float64s below it add up to one
DIGITS_OF_SUMS = 2_000  # more than there are between the largest and the smallest float64
SMALLEST_NORMAL, LARGEST_DOUBLE = 2.2250738585072014e-308, 1.7976931348623157e308


class Numeral(Record):
    """A number in parts: sign, digits before and after the point, power of ten (None: none is written)."""

    negative: bool
    whole: str
    fraction: str
    exponent: int | None = None

    @property
    def left(self) -> str:
        """What stands left of the decimal point, for a person."""
        return MINUS * self.negative + self.whole

    @property
    def right(self) -> str:
        """The decimal point, where there is one, and what follows it, for a person."""
        point = f".{self.fraction}" if self.fraction else ""
        return point if self.exponent is None else f"{point}×10{superscript(self.exponent)}"

    @property
    def latex(self) -> str:
        """The number in LaTeX's mathematics: -6.18599 \\times 10^{-16}."""
        whole = NOT_FINITE.get(self.whole, self.whole)
        figures = "-" * self.negative + whole + (f".{self.fraction}" if self.fraction else "")
        return figures if self.exponent is None else f"{figures} \\times 10^{{{self.exponent}}}"


class DecimalPlaces(float):
    """A float64 that is shown with the decimals that it has been rounded to, whatever digits a page has."""

    __slots__ = ("numeral",)
    numeral: Numeral

    @classmethod
    def of(cls, number: Any) -> DecimalPlaces:
        """Of a Decimal: 0.053, 12345.25, 1."""
        found = cls(number)
        whole, _, fraction = f"{abs(number):f}".partition(".")
        found.numeral = Numeral(number < 0, whole, fraction.rstrip("0"))
        return found


def numeral(number: Any, digits: int) -> Numeral:
    """The number rounded to so many significant digits."""
    if isinstance(number, DecimalPlaces):
        return number.numeral
    if isinstance(number, int) and abs(number) < LARGEST_PLAIN_INTEGER:
        return Numeral(number < 0, str(abs(number)), "")
    rounded = RoundedNumber.of(number, digits)
    return rounded.numeral(rounded.needed, rounded.exponent in PLAIN_EXPONENTS)


def numerals(numbers: Sequence[Any], digits: int) -> list[Numeral]:
    """The numbers of one column: as many significant digits as the one that needs most, up to so many, in all of them;
    with powers of ten in all where one is too small or too large to go without. Whole numbers stay whole."""
    if all(isinstance(number, (int, DecimalPlaces)) for number in numbers):
        return [numeral(number, digits) for number in numbers]
    rounded = [RoundedNumber.of(number, digits) for number in numbers]
    needed = max(one.needed for one in rounded)
    plain = all(one.exponent in PLAIN_EXPONENTS for one in rounded)
    if plain and all(one.needed <= one.exponent + 1 for one in rounded):
        return [one.numeral(one.exponent + 1, plain) for one in rounded]
    return [one.numeral(needed, plain) for one in rounded]


def numerals_of_list(numbers: Sequence[Any], digits: int) -> list[Numeral]:
    """The numbers of a list within a line: each with the digits that it needs, with powers of ten in all or in none."""
    rounded = [RoundedNumber.of(number, digits) for number in numbers]
    plain = all(one.exponent in PLAIN_EXPONENTS for one in rounded)
    return [one.numeral(one.needed, plain) for one in rounded]


class RoundedNumber(Record):
    """A number rounded to significant digits; `needed` of them are enough, fewer than all if it is exact."""

    negative: bool
    figures: str
    exponent: int
    needed: int

    @classmethod
    def of(cls, number: Any, digits: int) -> RoundedNumber:
        """The number, of any kind, rounded."""
        if isinstance(number, int):
            number = decimal(number)
        elif isinstance(number, float) and not isfinite(number):
            return cls(bool(number < 0), NAN if number != number else INFINITY, 0, 1)
        mantissa, exponent = scientific(number, digits)
        figures = mantissa.lstrip("-").replace(".", "")
        exact = is_held(number, in_digits(number, digits))
        needed = len(figures.rstrip("0")) or 1 if exact else len(figures)
        return cls(mantissa.startswith("-") and bool(number), figures, exponent, needed)

    def numeral(self, digits: int, plain: bool) -> Numeral:
        """Its first digits, with a power of ten unless it is plain; 0 is 0."""
        if not self.figures.isdecimal():
            return Numeral(self.negative, self.figures, "")
        if not self.figures.strip("0"):
            return Numeral(False, "0", "")
        return place(self.negative, self.figures[:digits], self.exponent, plain)


def place(negative: bool, figures: str, exponent: int, plain: bool) -> Numeral:
    """The point set into the figures where it belongs, or behind the first of them with a power of ten."""
    if not plain:
        return Numeral(negative, figures[0], figures[1:], exponent)
    if exponent < 0:
        return Numeral(negative, "0", "0" * (-exponent - 1) + figures)
    whole = figures[: exponent + 1].ljust(exponent + 1, "0")
    return Numeral(negative, whole, figures[exponent + 1 :])


def scientific(number: Any, digits: int) -> tuple[str, int]:
    """Mantissa and exponent, rounded: ("-3.02124", -3)."""
    if hasattr(number, "context"):  # mpmath's numbers do not format themselves
        text = number.context.nstr(number, digits, strip_zeros=False, min_fixed=1, max_fixed=0, show_zero_exponent=True)
    else:
        text = f"{number:.{digits - 1}e}"
    mantissa, _, exponent = text.lower().partition("e")
    return mantissa, int(exponent)


def in_digits(number: Any, digits: int) -> Any:
    """The number of its own kind that is nearest to it of those with so many digits; an infinity itself."""
    if isinstance(number, float) and not isfinite(number):
        return number
    mantissa, exponent = scientific(number, digits)
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(max(limit, digits + 1) if limit else 0)  # these digits are our own, not somebody's text
    try:
        return type(number)(f"{mantissa}e{exponent}")
    finally:
        sys.set_int_max_str_digits(limit)


def is_held(number: Any, rounded: Any) -> bool:
    """Whether a rounded number is the number itself, or for a float64 what rounding has left of it, as 0.3925 for a sum
    of 0.39249999999999996. Not of whole numbers, for 1 − 10⁻¹⁶ is none."""
    if rounded == number or not isinstance(number, float) or rounded % 1 == 0:
        return bool(rounded == number)
    return bool(abs(rounded - number) <= UNSEEN * abs(number))


def full(number: Any) -> Any:
    """A number with all its digits, for machines: a float64 where one holds it, else its text, `-4.2e-905`.

    A float that is infinite or NaN stays so. A number of mpmath's has the digits of its context, which were asked for.
    Raises TypeError for no number.
    """
    if hasattr(number, "context"):
        return number.context.nstr(number, number.context.dps, min_fixed=-5, max_fixed=16).removesuffix(".0")
    nearest = float(number)
    if isinstance(number, float) and not isfinite(nearest):
        return nearest
    if SMALLEST_NORMAL <= abs(nearest) <= LARGEST_DOUBLE or number == 0:
        return nearest
    mantissa, exponent = scientific(number, 17)
    return f"{mantissa.rstrip('0').rstrip('.')}e{exponent}"


def decimal(number: Any) -> Any:
    """A number of any kind as a Decimal: integers of any length, and mpmath's to the digits of their context."""
    from decimal import Decimal

    if hasattr(number, "context"):
        mantissa, exponent = scientific(number, number.context.dps)
        return Decimal(f"{mantissa}e{exponent}")
    return Decimal(number)


def exact_sum(numbers: Sequence[Any]) -> Any:
    """The sum of numbers whatever their order: float64 makes 0 of 0.1 + 10⁻¹⁸ − 0.1."""
    if all(isinstance(number, float) and abs(number) < LARGE for number in numbers):
        return fsum(numbers)
    one = next((number for number in numbers if hasattr(number, "context")), None)
    if one is not None:
        return one.context.fsum(numbers)
    from decimal import MAX_EMAX, MIN_EMIN, localcontext

    with localcontext() as context:
        context.prec, context.Emax, context.Emin = DIGITS_OF_SUMS, MAX_EMAX, MIN_EMIN
        return sum(sorted(map(decimal, numbers), key=abs))


def text(number: Any, digits: int) -> str:
    """The number as a person would write it: −0.00302124, 6.18599×10⁻¹⁶."""
    figure = numeral(number, digits)
    return figure.left + figure.right


def percent(share: Any) -> Numeral:
    """A share as a percentage with one decimal; `< 0.1` of what is smaller, `0.0` of nothing."""
    hundredfold = _scaled_by_100(share) if hasattr(share, "scaleb") else share * 100
    size = abs(float(hundredfold))
    if size == 0 == hundredfold or 0.1 <= size < LARGEST_PLAIN_PERCENTAGE:
        whole, _, fraction = f"{size:.1f}".partition(".")
        return Numeral(bool(hundredfold < 0), whole, fraction)
    if size < 0.1:
        return Numeral(False, f"> {MINUS}0" if hundredfold < 0 else "< 0", "1")
    return numeral(hundredfold, 3)


def _scaled_by_100(share: Any) -> Any:
    """Of a Decimal, whatever its exponent."""
    from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context

    return share.scaleb(2, Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN))


def superscript(number: object) -> str:
    """`-16` as `⁻¹⁶`."""
    return str(number).translate(SUPERSCRIPTS)
