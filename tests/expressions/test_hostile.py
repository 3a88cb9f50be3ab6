"""Texts that mean harm: nothing but FormulaError comes of them, and soon."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcalc.errors import DomainError
from gradcalc.expressions.compiled import compile_float64
from gradcalc.expressions.expression import FormulaError
from gradcalc.expressions.parser import constant, is_constant_text, parse
from gradcalc.expressions.sympy_form import derivative

PIECES = [
    "x",
    "y",
    "(",
    ")",
    "+",
    "-",
    "*",
    "/",
    "^",
    "**",
    ",",
    "1",
    "2.5",
    "9",
    "1e3",
    "e",
    "pi",
    " ",
    ".",
    "_",
    "sin(",
    "exp(",
    "max(",
    "log(",
    "abs(",
    "sqrt(",
    "e9",
    "99",
]


def read(text):
    try:
        return parse(text, ["x", "y"])
    except FormulaError as error:
        assert error.message and 0 <= error.start <= error.end <= max(len(text), 1)
        return None


@given(st.text(max_size=200))
def test_any_text(text):
    read(text)
    is_constant_text(text)


@settings(max_examples=2 * settings.default.max_examples)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_text_of_the_grammars_pieces(text):
    expression = read(text)
    if expression is not None:
        try:
            compile_float64(expression, ["x", "y"])(0.5, 2.0)
        except DomainError as error:
            assert str(error)


@settings(max_examples=2 * settings.default.max_examples)
@given(st.lists(st.sampled_from([piece for piece in PIECES if piece not in "xy"]), max_size=25).map("".join))
def test_constants_of_the_grammars_pieces(text):
    is_constant_text(text)
    try:
        assert isinstance(constant(text), float)
    except FormulaError as error:
        assert error.message


@pytest.mark.parametrize(
    "text",
    [
        "exp(exp(exp(exp(100))))",
        "exp(1e300)^1e3",
        "sin(exp(exp(50)))",
        "exp(1e15)^exp(1e15)",
        "(((((9^9)^9)^9)^9)^9)",
        "2^(2^(2^(2^(2^2))))",
        "1e308^1e308",
        "2*(1+0e999999999)",
        "1/0e-999999999",
        "(1/3)^16000/7^5000",
        "(" * 4096,
        "-" * 4096,
        "9" * 4096,
        "0." + "0" * 4000 + "1/2",
        "pi^pi^pi^pi^pi^pi",
        "sqrt(" * 150 + "2" + ")" * 150,
        "exp(" * 150 + "0-2" + ")" * 150,
        "+".join(f"(1/{n})^999" for n in range(3, 300)),
    ],
)
def test_constants_that_would_take_for_ever(text):
    start = time.perf_counter()
    try:
        constant(text)
    except FormulaError as error:
        assert len(error.message) < 200
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(
    "text",
    [
        "sin(" * 199 + "x" + ")" * 199,
        "x^" * 199 + "x",
        "sigmoid(2*" * 199 + "x" + ")" * 199,
        pytest.param("*".join(f"(x+{n})" for n in range(500)), marks=pytest.mark.slow),
        "+".join(f"sin({n}x)" for n in range(1, 400)),
        "max(x, " * 199 + "x" + ")" * 199,
        "(" * 200 + "x" + ")" * 200,
        "x*" * 2047 + "x",
        pytest.param("(1+x)/" * 600 + "x", marks=pytest.mark.slow),
        "abs(x-" * 199 + "x" + ")" * 199,
        "(x+1)^1000*(x+2)^1000",
    ],
)
def test_derivatives_of_the_longest_formulas(text):
    start = time.perf_counter()
    try:
        derived = derivative(parse(text, ["x"]), "x")
        compile_float64(derived, ["x"])(0.5)
    except (FormulaError, DomainError) as error:
        assert str(error)
    assert time.perf_counter() - start < 10, "SymPy alone takes a minute for some of these"
