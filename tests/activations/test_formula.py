"""The row of a formula: values and derivatives, kinks, domain, what it says of itself."""

import math
from decimal import Decimal

import pytest

from gradcalc.activations import from_formula
from gradcalc.errors import DomainError
from gradcalc.expressions.expression import FormulaError


@pytest.mark.parametrize(
    ("text", "x", "value", "derivative"),
    [
        ("1/(1 + exp(-x))", -40.0, 4.248354255291589e-18, 4.248354255291589e-18),
        ("1/(1 + exp(-x))", 40.0, 1.0, 4.248354255291589e-18),
        ("1/(1 + exp(-x))", -800.0, 0.0, 0.0),
        ("exp(x)/(1 + exp(x))", 800.0, 1.0, 0.0),
        ("tanh(x)", 20.0, 1.0, 1.6993417021166355e-17),
        ("1/exp(x)", -800.0, math.inf, -math.inf),
        ("sqrt(x^2)", 3.0, 3.0, 1.0),
        ("x^0.5", 4.0, 2.0, 0.25),
        ("log(x)", 1.0, 0.0, 1.0),
    ],
)
def test_values_and_derivatives(text, x, value, derivative):
    row = from_formula(text)
    assert row.value(x) == pytest.approx(value, rel=1e-15, abs=0)
    assert row.derivative(x) == pytest.approx(derivative, rel=1e-15, abs=0)


def test_kinks():
    row = from_formula("abs(x - 1) + max(x, 2x) + relu(x - 3)")
    assert [row.is_kink(x) for x in (0.0, 0.5, 1.0, 3.0)] == [True, False, True, True]
    assert row.is_kink(Decimal(1))
    assert row.derivative(1.0) == 2
    assert row.derivative(0.0) == -1 + 1.5
    assert row.flat
    assert from_formula("x^2").is_kink is None
    assert not from_formula("x^2").flat and not from_formula("exp(x)").flat
    assert from_formula("2x + 1").flat and from_formula("3").flat  # of one derivative, which may be 0


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
    assert math.isnan(from_formula("x^2").derivative(math.nan))
