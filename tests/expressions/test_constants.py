"""Exact constants: what is one, its nearest double, and what has none."""

import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcalc.expressions.expression import FormulaError
from gradcalc.expressions.parser import constant, is_constant_text, parse_constant
from gradcalc.expressions.sympy_form import to_sympy


@pytest.mark.parametrize(
    "text", ["1/3", "sqrt(2)", "2*3", "2^-3", "pi", "2pi", "-pi/4", "2 exp(1)", "(1)", "e^2", "1e-3/7", "--1/2"]
)
def test_constants(text):
    assert is_constant_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "1",
        "-1",
        "--1",
        "abc",
        "1e3",
        "yes",
        "",
        "2e",
        "2e/3",
        "2 e*1",
        "1 2/3",
        "1.2.3/4",
        "2023-01-01",
        "w1",
        "1_0",
        "0x10",
    ],
)
def test_texts_that_are_none(text):
    assert not is_constant_text(text)


@given(st.integers(-(10**6), 10**6), st.integers(1, 10**6))
def test_fractions_round_once(numerator, denominator):
    assert constant(f"{numerator}/{denominator}") == float(Fraction(numerator, denominator))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sqrt(2)", 2**0.5),
        ("pi", 3.141592653589793),
        ("e", 2.718281828459045),
        ("2pi/3", 2.0943951023931957),
        ("exp(1) - e", 0.0),
        ("sqrt(2)^2 - 2", 0.0),
        ("sin(pi)", 0.0),
        ("(1 + 1e-20) - 1", 1e-20),
        ("exp(1e-20) - 1", 1e-20),
        ("1e308*10/10", 1e308),
        ("exp(1000)/exp(999)", 2.718281828459045),
        ("max(1/3, 0.3)", 1 / 3),
        ("2^0.5", 2**0.5),
        ("-2^2", -4.0),
    ],
)
def test_the_nearest_double(text, expected):
    assert constant(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("--1/2", "two signs"),
        ("2--1", "two signs"),
        ("2e*3", "easily misread"),
        ("1/0", "divided by 0"),
        ("log(0)", "ln of 0"),
        ("sqrt(0-1)", "square root of -1"),
        ("(0-8)^(1/3)", "to the power"),
        ("10^400", "beyond the largest double"),
        ("exp(1000)", "beyond the largest double"),
        ("1/10^400", "rounds to it"),
        ("exp(-1000)", "rounds to it"),
        ("abc/2", "unknown name"),
        ("x/2", "unknown name"),
    ],
)
def test_what_has_no_double(text, said):
    with pytest.raises(FormulaError, match=said):
        constant(text)


def test_kept_exact_in_symbols():
    assert str(to_sympy(parse_constant("0.1 + sqrt(2)/3"))) == "1/10 + sqrt(2)/3"


def test_a_fraction_needs_no_library():
    heavy = "{'mpmath', 'sympy', 'numpy', 'fractions', 'decimal'}"
    asked = "from gradcalc.expressions.parser import constant; constant('1/3')"
    code = f"import sys; {asked}; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
