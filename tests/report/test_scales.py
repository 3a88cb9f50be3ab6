"""Factors as sentences say them, and scales from one power of ten to another."""

from __future__ import annotations

from math import log10

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcalc.report.formats.latex import cell
from gradcalc.report.report import Bar
from gradcalc.report.scales import factor, scale
from gradcalc.report.text import bar


@pytest.mark.parametrize(
    ("times", "text"),
    [
        (8.2, "× 8.2"),
        (1 / 2.19, "÷ 2.2"),
        (2.0, "× 2.0"),
        (1.53, "× 1.53"),
        (1 / 1.0526, "÷ 1.053"),
        (1.00023, "× 1.00023"),
        (1.0, "× 1.0"),
        (1.96, "× 1.96"),
        (9.96, "× 10"),
        (10**20.3, "× 2×10²⁰"),
    ],
)
def test_a_factor_has_two_digits_of_what_it_changes(times: float, text: str) -> None:
    assert factor(log10(times), 2) == text


def test_a_factor_has_no_digits_where_its_logarithm_leaves_none() -> None:
    assert factor(-86813378579889.66, 2) == "÷ about 10⁸⁶⁸¹³³⁷⁸⁵⁷⁹⁸⁹⁰"


@given(st.floats(1e-5, 40))
def test_a_factor_that_is_not_1_is_not_called_1(power: float) -> None:
    assert factor(power, 2) != "× 1" and factor(-power, 2) != "÷ 1"


def test_a_scale_goes_around_all_sizes() -> None:
    assert str(scale([-2.5, None, 0.2])) == "10⁻³ to 10¹"
    assert scale([None]).fraction(None) == 0


def test_the_least_magnitude_has_the_thinnest_bar_and_0_has_none() -> None:
    bars = [Bar(scale([0.0, 1.0]).fraction(size)) for size in (None, 0.0, 0.001, 1.0)]
    assert [bar(one, 20) for one in bars] == ["", "▏", "▏", "█" * 20]
    assert [bar(one._replace(under=0.0), 20) for one in bars] == ["", "▀", "▀", "▀" * 20]
    assert ["rule{0.00em}" in cell(one, False, 6) for one in bars] == [True, False, False, False]
