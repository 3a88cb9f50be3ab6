"""Values: as SymPy has them, in doubles and in many digits; constants rounded once; domains; overflow."""

import math
import warnings
from decimal import Decimal, localcontext
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from expressions.random_formulas import formulas
from hypothesis import assume, given
from hypothesis import strategies as st

from gradcalc.arithmetic.multiprecision import MpFunctions
from gradcalc.errors import DomainError, LimitError
from gradcalc.expressions import float_functions
from gradcalc.expressions.compiled import compile_float64, evaluate
from gradcalc.expressions.parser import parse
from gradcalc.expressions.sympy_form import to_sympy

points = st.floats(-3, 3, allow_subnormal=False)


@given(formulas(), points)
def test_values_as_sympy_has_them(expression, x):
    import sympy

    try:
        ours = evaluate(expression, MpFunctions(40), x=MpFunctions(40).number(x))
    except (DomainError, LimitError):
        assume(False)
    theirs = to_sympy(expression).subs(sympy.Symbol("x", real=True), sympy.Float(x, 60)).evalf(40)
    assume(theirs.is_real and abs(theirs) < 1e300)
    assert abs(float(ours) - float(theirs)) <= 1e-14 * (1 + abs(float(theirs)))


@given(formulas(), points)
def test_values_in_doubles_are_off_by_their_rounding_alone(expression, x):
    def at(digits):
        functions = MpFunctions(digits)
        return evaluate(expression, functions, x=functions.number(x))

    try:
        true, *rounded = [at(digits) for digits in (400, 15, 14, 13, 12)]
    except (DomainError, LimitError):
        assume(False)
    assume(1e-100 < abs(true) < 1e300)  # sin(pi), computed, is not 0
    try:
        value = compile_float64(expression, ["x"])(x)
    except DomainError:
        assume(False)
    noise = max(abs(value - true) for value in rounded)
    assert abs(value - true) <= 8 * 2.0**-52 * abs(true) + noise


@pytest.mark.parametrize(
    "function", [math.exp, math.sin, math.cos, math.tan, math.sinh, math.cosh, math.tanh, math.erf, math.sqrt, math.log]
)
def test_functions_of_doubles_are_those_of_the_library(function):
    compiled = compile_float64(parse(f"{function.__name__}(x)", ["x"]), ["x"])
    assert all(compiled(x) == pytest.approx(function(x), rel=4 * 2.0**-52, abs=0) for x in (0.1, 0.5, 1.0, 2.5, 30.0))


@pytest.mark.parametrize(
    ("text", "x", "expected"),
    [
        ("sigmoid(x)", -800.0, 0.0),
        ("sigmoid(x)", -40.0, 4.248354255291589e-18),
        ("softplus(x)", -50.0, 1.928749847963918e-22),
        ("softplus(x)", 800.0, 800.0),
        ("relu(x)", -2.0, 0.0),
        ("relu(x)", 2.0, 2.0),
        ("sign(x)", -3.0, -1.0),
        ("sign(x)", 0.0, 0.0),
        ("abs(x)", -3.0, 3.0),
        ("max(x, 2, -x)", -3.0, 3.0),
        ("min(x, 2, -x)", -3.0, -3.0),
        ("x^0", 0.0, 1.0),
        ("x^3", -2.0, -8.0),
        ("x^-2", -2.0, 0.25),
        ("x^(1/2)", 4.0, 2.0),
        ("exp(x)", 1000.0, math.inf),
        ("exp(x)", 1e9, math.inf),
        ("exp(-x)", 1e9, 0.0),
        ("log(exp(x))", 1e9, 1e9),
        ("-cosh(x)", 1000.0, -math.inf),
        ("sinh(x)", -1000.0, -math.inf),
        ("x*99^199/99^198", 2.0, 198.0),
        ("99^199*x", 2.0, math.inf),
        ("x + 1.00000000000000000001", 0.0, 1.0),
        ("x^1000", 1e10, math.inf),
        ("x^999", -1e10, -math.inf),
    ],
)
def test_values_at_a_point(text, x, expected):
    assert compile_float64(parse(text, ["x"]), ["x"])(x) == pytest.approx(expected, rel=4e-16, abs=0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/exp(x)", math.inf),
        ("exp(-x)/exp(-x)", 1.0),
        ("exp(x)/exp(x)", 1.0),
        ("x^400/x^400", 1.0),
        ("1/(1/x^400)", math.inf),
        ("log(exp(x))", -800.0),
        ("x*exp(-x)/(1 + exp(-x))^2", -800 * 0.0),
        ("(exp(-x) - 1)/(exp(-x) + 1)", 1.0),
    ],
)
def test_an_intermediate_beyond_the_doubles_is_no_edge_of_the_domain(text, expected):
    assert compile_float64(parse(text, ["x"]), ["x"])(-800.0) == expected


@pytest.mark.parametrize(
    ("text", "x", "expected"),
    [
        ("x^400/x^400", 1e-3, 1.0),
        ("1/x^400", 0.1, math.inf),
        ("x^400/x^399", 1e-3, 1e-3),
        ("1/((1 + x) - 1)", 1e-300, 1e300),
        ("log(1 + x^400 - 1)", 1e-1, -400 * math.log(10)),
    ],
)
def test_what_underflows_divides_nothing_by_0(text, x, expected):
    assert compile_float64(parse(text, ["x"]), ["x"])(x) == pytest.approx(expected, rel=1e-15, abs=0)


@pytest.mark.parametrize(("text", "x", "expected"), [("sign(x)", -3.0, -1.0), ("x^2", 1e200, math.inf)])
def test_numbers_of_an_array_are_numbers(text, x, expected):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # NumPy's, of an overflow that is ours to deal with
        assert compile_float64(parse(text, ("x",)), ("x",))(np.float64(x)) == expected


def test_what_cancels_in_doubles_is_as_it_is_written():
    assert compile_float64(parse("(1 + x) - 1", ["x"]), ["x"])(1e-17) == 0.0
    assert compile_float64(parse("(1 + x) - 1", ["x"]), ["x"])(1e-15) == (1 + 1e-15) - 1


@pytest.mark.parametrize(
    ("text", "x", "said"),
    [
        ("log(x)", -2.0, "ln of -2"),
        ("log(x)", 0.0, "ln of 0"),
        ("sqrt(x)", -2.0, "square root of -2"),
        ("1/x", 0.0, "1 divided by 0"),
        ("x/x", 0.0, "0 divided by 0"),
        ("x^-1", 0.0, "0 to the power -1"),
        ("x^0.5", -2.0, "-2 to the power 0.5"),
        ("x^x", -0.5, "-0.5 to the power -0.5"),
    ],
)
def test_outside_its_domain_a_formula_has_no_value(text, x, said):
    with pytest.raises(DomainError, match=said):
        compile_float64(parse(text, ["x"]), ["x"])(x)
    with pytest.raises(DomainError, match=said):
        evaluate(parse(text, ["x"]), MpFunctions(40), x=MpFunctions(40).number(x))


def test_not_a_number_stays_one():
    assert math.isnan(compile_float64(parse("sin(x) + x", ["x"]), ["x"])(math.inf))
    assert math.isnan(compile_float64(parse("log(x)", ["x"]), ["x"])(math.nan))


def test_rational_constants_are_rounded_once_by_whichever_numbers_compute_them():
    expression = parse("(1/3 + 1/7)*x", ["x"])
    exact = Fraction(1, 3) + Fraction(1, 7)
    assert evaluate(expression, float_functions, x=1.0) == float(exact)
    assert compile_float64(expression, ["x"])(1.0) == float(exact)
    with localcontext() as context:
        context.prec = 30
        numbers = SimpleNamespace(number=Decimal)
        assert evaluate(expression, numbers, x=Decimal(1)) == Decimal(exact.numerator) / Decimal(exact.denominator)
    many = MpFunctions(60)
    assert abs(evaluate(expression, many, x=many.number(1)) - many.number(10) / 21) < many.number(10) ** -55


def test_several_arguments_in_their_order():
    assert compile_float64(parse("y - 2t", ["y", "t"]), ["t", "y"])(1.0, 5.0) == 3.0


def test_a_sum_in_float64_is_what_ieee_has() -> None:
    largest = 1.7e308
    assert float_functions.sum([largest, largest, -largest]) == largest
    assert math.isnan(float_functions.sum([largest, largest, math.inf, -math.inf]))
    assert float_functions.sum([largest, largest]) == math.inf
