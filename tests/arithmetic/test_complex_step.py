"""Complex steps: values and derivatives against mpmath, and an order that no step changes."""

from __future__ import annotations

from math import erf, inf
from typing import Any

import mpmath
import pytest

from gradcalc.arithmetic.complex_step import STEP, ComplexFunctions, ComplexNumber, ComplexStep
from gradcalc.errors import DomainError
from gradcalc.expressions.expression import Literal

FUNCTIONS: Any = ComplexFunctions()
EVERYWHERE = [-300.0, -30.0, -3.0, -1.0, -0.5, -1e-9, 1e-9, 0.3, 1.0, 2.5, 300.0]
INSIDE = [-0.9, -0.5, -1e-9, 1e-9, 0.3, 1.0, 2.5, 1e9]
POSITIVE = [1e-9, 0.3, 1.5, 2.5, 1e9]


def stepped(x: float) -> ComplexNumber:
    return ComplexNumber(complex(x, STEP))


@pytest.mark.parametrize(
    ("name", "places"),
    [("exp", EVERYWHERE), ("expm1", EVERYWHERE), ("log1p", INSIDE), ("log", POSITIVE), ("sqrt", POSITIVE)]
    + [(name, [x for x in EVERYWHERE if abs(x) < 10]) for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")],
)
def test_a_function_has_its_value_and_its_derivative(name: str, places: list[float]) -> None:
    with mpmath.workdps(360):
        exact = getattr(mpmath, name)
        for x in places:
            found = getattr(FUNCTIONS, name)(stepped(x)).of
            for part, wanted in ((found.real, exact(mpmath.mpf(x))), (found.imag / STEP, mpmath.diff(exact, x))):
                assert abs(part - wanted) <= 1e-14 * abs(wanted), (name, x, part, wanted)


@pytest.mark.parametrize(
    ("a", "b"), [(2.0, 3), (2.0, -1.5), (0.3, 0.7), (-1.7, 3), (-1.7, -2), (-0.4, 41), (0.9, 2.0**40)]
)
def test_a_power_has_its_value_and_its_derivatives(a: float, b: float) -> None:
    value = mpmath.mpf(a) ** mpmath.mpf(b)
    of_base = FUNCTIONS.power(stepped(a), b).of
    assert of_base.real == pytest.approx(float(value), rel=1e-13)
    assert of_base.imag / STEP == pytest.approx(float(mpmath.mpf(b) * value / a), rel=1e-13)
    if a > 0:
        of_exponent = FUNCTIONS.power(a, stepped(b)).of
        assert of_exponent.imag / STEP == pytest.approx(float(value * mpmath.log(a)), rel=1e-13)


def test_numbers_are_ordered_by_their_real_parts() -> None:
    for x, y in ((-1.0, 0.0), (0.0, 1.0), (1.0, 2.0)):
        less, more = stepped(x), ComplexNumber(complex(y, -STEP))
        assert less < more and less <= more and more > less and more >= less and less != more
        assert not (less > more or less >= more or more < less or more <= less or less == more)
        assert less <= stepped(x) and less >= stepped(x) and less == x and not less < x and not less > x
        assert FUNCTIONS.max([less, more]) is more and FUNCTIONS.min([less, more]) is less


def test_the_size_of_a_number_keeps_the_side_it_is_on() -> None:
    assert abs(stepped(-2.0)).of == complex(2, -STEP) and abs(stepped(2.0)).of == complex(2, STEP)
    assert (-stepped(2.0)).of == complex(-2, -STEP)


def test_only_0_without_a_step_is_nothing() -> None:
    assert [bool(one) for one in (ComplexNumber(0j), ComplexNumber(1 + 0j), stepped(0.0))] == [False, True, True]


def test_numbers_are_added_and_multiplied_as_complex_ones() -> None:
    a, b = ComplexNumber(3 + 2j), ComplexNumber(1 - 4j)
    assert [(a + b).of, (a - b).of, (a * b).of, (a / b).of] == [4 - 2j, 2 + 6j, 11 - 10j, (3 + 2j) / (1 - 4j)]
    assert [(a + 2).of, (2 + a).of, (a - 2).of, (2 - a).of] == [5 + 2j, 5 + 2j, 1 + 2j, -1 - 2j]
    assert [(a * 2).of, (2 * a).of, (a / 2).of, (2 / a).of] == [6 + 4j, 6 + 4j, 1.5 + 1j, 2 / (3 + 2j)]
    assert (int(ComplexNumber(-3.7 + 9j)), float(a)) == (-3, 3.0)
    assert FUNCTIONS.sum([a, 1.0, b]).of == 5 - 2j


def test_a_complex_number_as_the_number_of_an_arithmetic() -> None:
    arithmetic = ComplexStep()
    assert (arithmetic.number(0.5).of, arithmetic.seed(4).of) == (0.5 + 0j, 0.25 + 0j)
    assert arithmetic.number(arithmetic.number(2.0)).of == 2.0
    assert arithmetic.log10(ComplexNumber(-1000 + 0j)) == 3.0 and arithmetic.log10(ComplexNumber(0j)) is None
    assert arithmetic.is_normal(stepped(1.0)) and not arithmetic.is_normal(ComplexNumber(complex(inf, 0)))
    assert FUNCTIONS.erf(0.5).of == erf(0.5)
    for refused in (lambda: FUNCTIONS.erf(stepped(0.5)), lambda: FUNCTIONS.gamma, lambda: FUNCTIONS.log(0.0)):
        with pytest.raises(DomainError):
            refused()


def test_a_number_keeps_its_step() -> None:
    assert FUNCTIONS.number(stepped(2.0)).of == complex(2, STEP) and FUNCTIONS.number(3).of == 3
    assert FUNCTIONS.number(Literal("0.1")).of == 0.1
