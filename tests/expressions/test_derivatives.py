"""Derivatives: against differences in 60 digits and complex steps, by convention at kinks, without cancellation."""

import cmath
import math
from types import SimpleNamespace

import pytest
from expressions.random_formulas import formulas
from hypothesis import assume, given
from hypothesis import strategies as st

from gradcalc.arithmetic.multiprecision import MpFunctions
from gradcalc.errors import DomainError, LimitError
from gradcalc.expressions.compiled import compile_float64, evaluate, is_kink
from gradcalc.expressions.expression import FormulaError
from gradcalc.expressions.parser import parse
from gradcalc.expressions.sympy_form import chained, derivative, from_sympy, to_sympy

MANY = MpFunctions(70)
points = st.one_of(st.floats(-2, -0.01), st.floats(0.01, 2))


def differences(expression, x):
    """Central differences in 70 digits: an error of 1e-40 times the third derivative."""
    h = MANY.number(10) ** -20
    up, down = (evaluate(expression, MANY, x=MANY.number(x) + step) for step in (h, -h))
    return (up - down) / (2 * h)


@pytest.mark.parametrize("derived", [derivative, chained])
@given(expression=formulas(), x=points)
def test_derivatives_against_differences(derived, expression, x):
    try:
        true = differences(expression, x)
        ours = evaluate(derived(expression, "x"), MANY, x=MANY.number(x))
    except (DomainError, LimitError):
        assume(False)
    assume(abs(true) < 1e50)
    assert abs(ours - true) <= 1e-25 * (1 + abs(true) + abs(evaluate(expression, MANY, x=MANY.number(x))))


COMPLEX = SimpleNamespace(
    number=float, exp=cmath.exp, sin=cmath.sin, cos=cmath.cos, tanh=cmath.tanh, pi=math.pi, e=math.e
)


@pytest.mark.parametrize(
    "text", ["x/(1 + exp(-1.702x))", "x^3 - 2x + 1", "exp(-x^2)*sin(3x)", "tanh(x/2)^2", "2^x", "cos(x)/(x^2 + 1)"]
)
@pytest.mark.parametrize("x", [-1.5, 0.3, 2.0])
def test_derivatives_against_the_complex_step(text, x):
    expression = parse(text, ["x"])
    true = evaluate(expression, COMPLEX, x=complex(x, 1e-200)).imag / 1e-200
    assert compile_float64(derivative(expression, "x"), ["x"])(x) == pytest.approx(true, rel=1e-13)


@pytest.mark.parametrize(
    ("text", "x", "expected"),
    [
        ("abs(x)", 0.0, 0.0),
        ("sign(x)", 0.0, 0.0),
        ("relu(x)", 0.0, 0.0),
        ("max(x, 0)", 0.0, 0.5),
        ("min(x, 0)", 0.0, 0.5),
        ("max(x, -x)", 0.0, 0.0),
        ("max(x, 2x, 3x)", 0.0, 2.0),
        ("max(x, 2x, 3x)", 1.0, 3.0),
        ("min(x, 2x, 3x)", 1.0, 1.0),
        ("abs(x - 1)", 3.0, 1.0),
        ("relu(-2x)", -1.0, -2.0),
        ("min(max(x, -1), 1)", 0.5, 1.0),
        ("min(max(x, -1), 1)", 5.0, 0.0),
    ],
)
@pytest.mark.parametrize("derived", [derivative, chained])
def test_conventions_at_kinks(derived, text, x, expected):
    assert compile_float64(derived(parse(text, ["x"]), "x"), ["x"])(x) == pytest.approx(expected, rel=4e-16)


@pytest.mark.parametrize(
    ("text", "x", "expected"),
    [
        ("tanh(x)", 20.0, 1.6993417021166356e-17),
        ("sigmoid(x)", 40.0, 4.248354255291589e-18),
        ("sigmoid(x)", -40.0, 4.248354255291589e-18),
        ("softplus(x)", -50.0, 1.928749847963918e-22),
        ("softplus(x)", 800.0, 1.0),
        ("sqrt(x)", 4.0, 0.25),
        ("log(x)", 4.0, 0.25),
        ("1/(1 + exp(-x))", -700.0, math.exp(-700)),
        ("1/(1 + exp(-x))", -744.0, 0.0),
    ],
)
def test_derivatives_do_not_cancel_or_overflow(text, x, expected):
    got = compile_float64(derivative(parse(text, ["x"]), "x"), ["x"])(x)
    assert got == pytest.approx(expected, rel=4e-16, abs=1e-308)


def test_by_each_variable():
    loss = parse("(y - t)^2 / 2", ["y", "t"])
    assert compile_float64(derivative(loss, "y"), ["y", "t"])(3.0, 1.0) == 2.0
    assert compile_float64(derivative(loss, "t"), ["y", "t"])(3.0, 1.0) == -2.0


def test_without_the_variable_the_derivative_is_zero():
    assert compile_float64(derivative(parse("3", ["x"]), "x"), ["x"])(1.0) == 0.0


def test_derived_once():
    text = "sin(x)^2 + x"
    assert derivative(parse(text, ["x"]), "x") is derivative(parse(text, ["x"]), "x")


@pytest.mark.parametrize("text", ["log(-2)*x", "sqrt(-1)*x"])
def test_no_real_derivative(text):
    with pytest.raises(FormulaError, match="no derivative"):
        derivative(parse(text, ["x"]), "x")


@pytest.mark.parametrize(
    ("text", "kink", "smooth"),
    [
        ("abs(x - 1)", 1.0, 2.0),
        ("relu(x)", 0.0, 1.0),
        ("sign(x)", 0.0, 1.0),
        ("max(x, 2)", 2.0, 1.0),
        ("min(x, x^2)", 1.0, 2.0),
        ("1 + exp(abs(x))", 0.0, 1.0),
        ("max(x, 2x, 3)", 1.5, 3.0),
        ("max(x, 2x, 3x)", 0.0, 1.0),
    ],
)
def test_kinks(text, kink, smooth):
    stands = is_kink(parse(text, ["x"]), ["x"])
    assert stands(kink)
    assert not stands(smooth)


@pytest.mark.parametrize(
    "text",
    ["abs(x)^3", "x*abs(x)", "max(x, 0)^2", "max(abs(x), 5)", "cos(abs(x))", "max(tanh(x), x)", "min(exp(x), 1 + x)"],
)
def test_a_part_with_a_kink_makes_none_of_a_smooth_formula(text):
    assert not is_kink(parse(text, ["x"]), ["x"])(0.0)


def test_smooth_formulas_have_no_kinks():
    assert is_kink(parse("exp(x) + tanh(x)", ["x"]), ["x"]) is None


def test_outside_the_domain_there_is_no_kink():
    assert not is_kink(parse("abs(x) + log(x - 1)", ["x"]), ["x"])(-1.0)


@given(formulas(), points)
def test_through_sympy_and_back(expression, x):
    try:
        there = evaluate(expression, MANY, x=MANY.number(x))
        back = evaluate(from_sympy(to_sympy(expression)), MANY, x=MANY.number(x))
    except (DomainError, LimitError):
        assume(False)
    assume(abs(there) < 1e50)
    assert abs(there - back) <= 1e-25 * (1 + abs(there))


def test_decimals_are_rationals_in_sympy():
    assert str(to_sympy(parse("0.1x + 1e-3", ["x"]))) == "x/10 + 1/1000"


def test_symbols_of_the_callers():
    import sympy

    w = sympy.Symbol("w", positive=True)
    assert to_sympy(parse("sqrt(x^2)", ["x"]), {"x": w}) == w
