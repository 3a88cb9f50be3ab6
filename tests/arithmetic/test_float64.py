"""Doubles hand the rows' own functions on."""

import math

from gradcalc import losses
from gradcalc.activations import bind
from gradcalc.arithmetic.float64 import Double


def test_rows_are_passed_through():
    row, loss = bind("tanh"), losses.bind("mse")
    assert Double.value(row) is row.value
    assert Double.derivative(row) is row.derivative
    assert Double.alpha_derivative(bind("prelu")) is bind("prelu").alpha_derivative
    assert Double.loss(loss) is loss


def test_what_a_number_is():
    assert Double.name == "float64"
    assert Double.number(1) == 1.0
    assert Double.number(0.0, exact="1/3") == 1 / 3
    assert Double.log10(-1e-300) == -300
    assert Double.log10(0.0) is None
    assert Double.is_normal(-2.2250738585072014e-308)
    assert not any(map(Double.is_normal, (0.0, 5e-324, math.inf, math.nan)))
    with Double.context():
        assert Double.functions.exp(0.0) == 1
