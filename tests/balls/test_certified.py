"""Certified results: right however much cancels, 0 only where the value is, decided at kinks."""

import math
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.functions import mp

from gradcalc.activations import from_formula
from gradcalc.errors import DomainError, LimitError
from gradcalc.formulas import FormulaError, evaluate, parse
from gradcalc.formulas.precise import Functions

FUNCTIONS = ("exp", "sin", "cos", "tanh", "sinh", "cosh", "erf", "abs", "sign", "sigmoid", "softplus", "relu")
LEAVES = st.sampled_from(["x", "x", "1", "2", "0.1", "1/3", "pi", "e", "1e-9", "1000"])


def grown(formulas):
    return st.one_of(
        st.builds("({} {} {})".format, formulas, st.sampled_from("+-*/"), formulas),
        st.builds("{}({})".format, st.sampled_from(FUNCTIONS), formulas),
        st.builds("({})^{}".format, formulas, st.sampled_from(["2", "3"])),
        st.builds("max({}, {})".format, formulas, formulas),
    )


FORMULAS = st.recursive(LEAVES, grown, max_leaves=7)
XS = st.floats(-50, 50) | st.sampled_from([0.0, 1.0, -1.0, 1e-300, 1e300, -700.0])


@settings(max_examples=150)
@given(FORMULAS, XS)
def test_values_of_formulas_are_those_of_many_digits(text, x):
    try:
        row = from_formula(text)
        functions = Functions(1500)
        exact = evaluate(parse(text, ("x",)), functions, x=functions.number(x))
        found = row.value(x)
    except (DomainError, FormulaError, LimitError):
        return
    if math.isnan(found):  # asked for an exponent beyond all limits
        return
    exact = mp.mpf(exact)
    if abs(exact) >= mp.mpf(2) ** 1024:
        assert math.isinf(found)
    elif abs(exact) < mp.mpf(10) ** -600:
        assert found == 0
    else:
        assert abs(mp.mpf(found) - exact) <= 4 * math.ulp(float(exact)), (text, x)


@pytest.mark.parametrize(
    ("text", "x", "value", "slope"),
    [
        ("(1 + x) - 1", 1e-300, 1e-300, 1.0),
        ("1/(1 + exp(-x))", -40.0, 4.248354255291589e-18, 4.248354255291589e-18),
        ("1/(1 + exp(-x))", 40.0, 1.0, 4.248354255291589e-18),
        ("1/(1 + exp(-x))", -800.0, 0.0, 0.0),
        ("exp(x)/(1 + exp(x))", 800.0, 1.0, 0.0),
        ("tanh(x)", 20.0, 1.0, 1.6993417021166355e-17),
        ("1/exp(x)", -800.0, math.inf, -math.inf),
        ("sin(pi)*x", 1.0, 0.0, 0.0),
        ("sqrt(x^2)", 3.0, 3.0, 1.0),
        ("x^0.5", 4.0, 2.0, 0.25),
        ("log(x)", 1.0, 0.0, 1.0),
    ],
)
def test_values_and_slopes(text, x, value, slope):
    row = from_formula(text)
    assert row.value(x) == pytest.approx(value, rel=1e-15)
    assert row.slope(x) == pytest.approx(slope, rel=1e-15)


def test_kinks():
    row = from_formula("abs(x - 1) + max(x, 2x) + relu(x - 3)")
    assert [row.is_kink(x) for x in (0.0, 0.5, 1.0, 3.0)] == [True, False, True, True]
    assert row.is_kink(Decimal(1))
    assert row.slope(1.0) == 2
    assert row.slope(0.0) == -1 + 1.5
    assert row.flat
    assert from_formula("x^2").is_kink is None
    assert not from_formula("x^2").flat


def test_outside_the_domain():
    with pytest.raises(DomainError, match="ln of -1"):
        from_formula("log(x)").value(-1.0)
    with pytest.raises(DomainError, match="divided by 0"):
        from_formula("1/x").value(0.0)
    with pytest.raises(DomainError, match="square root"):
        from_formula("sqrt(x)").value(-2.0)


def test_what_the_row_says():
    row = from_formula("x / (1 + exp(-1.702 x))")
    assert row.text == row.formula == "x / (1 + exp(-1.702 x))"
    assert row.name == "formula"
    with pytest.raises(FormulaError):
        from_formula("x +")


def test_infinite_and_missing_arguments_are_not_numbers():
    assert math.isnan(from_formula("x^2").value(math.inf))
    assert math.isnan(from_formula("x^2").slope(math.nan))
