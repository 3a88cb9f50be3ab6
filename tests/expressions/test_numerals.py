"""Numbers as a person and as a machine reads them."""

from __future__ import annotations

import math
from decimal import Decimal

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcalc.expressions.numerals import exact_sum, full, numeral, numerals, percent, text

HIGH = mpmath.MPContext()
HIGH.dps = 50


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (-0.0030212381210528165, "−0.00302124"),
        (-7.363922279841091e-05, "−0.0000736392"),
        (0.10381006537065063, "0.103810"),
        (0.1, "0.1"),
        (0.0, "0"),
        (-2, "−2"),
        (1.0, "1"),
        (123456.7, "123457"),
        (1234567.8, "1234570"),
        (12345678.9, "1.23457×10⁷"),
        (999999.9, "1000000"),
        (9999999.9, "1.00000×10⁷"),
        (1e6, "1000000"),
        (1e22, "1×10²²"),
        (-6.1859889336199905e-16, "−6.18599×10⁻¹⁶"),
        (5e-324, "4.94066×10⁻³²⁴"),
        (2**54, "18014398509481984"),
        pytest.param(10**5000, "1×10⁵⁰⁰⁰", id="5001 digits"),
        (Decimal("-4.2e-905"), "−4.2×10⁻⁹⁰⁵"),
        (HIGH.mpf(1) / 3, "0.333333"),
        (HIGH.mpf("1e-900"), "1×10⁻⁹⁰⁰"),
        (HIGH.mpf(0.5), "0.5"),
        (np.float64(-0.25), "−0.25"),
    ],
)
def test_six_digits(number: object, shown: str) -> None:
    assert text(number, 6) == shown


def column(*numbers: object) -> list[str]:
    return [figure.left + figure.right for figure in numerals(numbers, 6)]


def test_a_column_has_one_number_of_significant_digits() -> None:
    assert column(0.1, 0.10381006537065063, -14.0, 0.0) == ["0.100000", "0.103810", "−14.0000", "0"]
    assert column(3.0, -12.0, 0.0, 100.0) == ["3", "−12", "0", "100"]
    assert column(0.25, 14.0, 4.5) == ["0.25", "14", "4.5"]
    assert column(14, 4.5, 1 / 3) == ["14.0000", "4.50000", "0.333333"]


def test_one_power_of_ten_puts_the_column_into_powers() -> None:
    assert column(0.5, 7.36e-5, 0.0) == ["0.500", "0.0000736", "0"]
    assert column(0.5, 7.36e-6, 0.0) == ["5.00×10⁻¹", "7.36×10⁻⁶", "0"]
    assert column(1 / 3, 1e7) == ["3.33333×10⁻¹", "1.00000×10⁷"]
    assert column(1 / 3, 9999994.0) == ["0.333333", "9999990"]


def test_infinities_of_every_kind_have_their_sign() -> None:
    assert [text(kind(sign * math.inf), 4) for kind in (float, np.float64) for sign in (1, -1)] == ["∞", "−∞"] * 2


@pytest.mark.parametrize(
    ("numbers", "total"),
    [
        ([1e-18, 0.1, -0.1], 1e-18),
        ([0.1, 5e-324, -0.1], 5e-324),
        ([1e308, 1e308, -1e308, -1e308], 0),
        ([Decimal("1e400"), 1e-300, Decimal("-1e400")], 1e-300),
        ([HIGH.mpf(1), HIGH.mpf("1e-90"), HIGH.mpf(-1)], HIGH.mpf("1e-90")),
    ],
)
def test_a_sum_loses_nothing_to_its_order(numbers: list[object], total: object) -> None:
    assert exact_sum(numbers) == total


def test_counts_stay_whole() -> None:
    assert column(1, 2**54, 10**30) == ["1", "18014398509481984", "1×10³⁰"]


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 17))
def test_shown_digits_are_the_number_rounded(number: float, digits: int) -> None:
    figure = numeral(number, digits)
    read = float(f"{figure.whole}.{figure.fraction or 0}e{figure.exponent or 0}") * (-1) ** figure.negative
    assert math.isclose(read, number, rel_tol=10.0 ** (1 - digits)) or read == float(f"{number:.{digits - 1}e}")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_that_looks_short_is_exact(number: float) -> None:
    figure = numeral(number, 6)
    figures = (figure.whole + figure.fraction).lstrip("0")
    if figure.exponent is None and len(figures) < 6 and figure.fraction:
        assert float(text(number, 6).replace("−", "-")) == number


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (1, "100.0"),
        (0.9756, "97.6"),
        (0.0244, "2.4"),
        (0.00099, "< 0.1"),
        (1e-300, "< 0.1"),
        (Decimal("1e-900"), "< 0.1"),
        (-0.0001, "> −0.1"),
        (-0.5238, "−52.4"),
        (1.5238, "152.4"),
        (0, "0.0"),
        (2.5e9, "2.5×10¹¹"),
    ],
)
def test_percentages(share: float, shown: str) -> None:
    figure = percent(share)
    assert isinstance(share, Decimal) or percent(np.float64(share)) == figure
    assert figure.left + figure.right == shown


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (Decimal("-4.2e-905"), "-4.2e-905"),
        (Decimal("6.0464630558516529e-1298"), "6.0464630558516529e-1298"),
        (Decimal("1e400"), "1e400"),
        (Decimal("0.1"), 0.1),
        (Decimal(0), 0.0),
        (HIGH.mpf(1) / 3, "0." + "3" * 50),
    ],
)
def test_all_digits_for_machines(number: object, written: object) -> None:
    assert full(number) == written
