"""Numbers of N digits are right to N digits."""

import pickle
import re
from time import process_time

import mpmath
import pytest
from activations.definitions import DERIVATIVES, derivative, value
from activations.test_coupled import JACOBIANS
from arithmetic.as_mpmath import flat, to_mpf
from reference.functions import COUPLED, mp

from gradcalc import losses
from gradcalc.activations import ACTIVATIONS, bind, from_formula
from gradcalc.arithmetic.extended import Extended
from gradcalc.arithmetic.float64 import Double
from gradcalc.arithmetic.float64_arrays import DoubleArrays
from gradcalc.arithmetic.multiprecision import Blurred, Multiprecision
from gradcalc.errors import LimitError
from gradcalc.expressions.decimal_functions import new_context

ANYWHERE = (
    "-800",
    "800",
    "3e-400",
    "-0.75",
    "-12.3456789",
    "33",
    "0",
    "0.5",
    "-1.2784645427610738",
    "1.5707963267948966",
)
ROUNDED_CONSTANTS = {"selu", "leaky_relu"}
"""Defined with decimal numbers, of which doubles, and the definitions here, have 16 digits."""


@pytest.mark.parametrize("digits", [30, 50])
@pytest.mark.parametrize("name", [name for name in DERIVATIVES if name not in ROUNDED_CONSTANTS])
def test_rows_against_mpmath(name, digits):
    arithmetic, row = Multiprecision(digits), ACTIVATIONS[name]
    for text in ANYWHERE:
        x = arithmetic.number(text)
        with mp.workdps(900):
            exact = value(name)(mp.mpf(x)), derivative(name)(mp.mpf(x))
        for found, want in zip((arithmetic.value(row)(x), arithmetic.derivative(row)(x)), exact):
            assert abs(to_mpf(found) - want) <= mp.mpf(10) ** -digits * abs(want), (text, found)


@pytest.mark.parametrize("name", JACOBIANS)
def test_coupled_rows_against_mpmath(name):
    arithmetic, row = Multiprecision(40), bind(name)
    for texts in (("1e3", "0.001", "0"), ("1", "1.0000000000000000000001"), ("-500", "3", "400"), ("7",)):
        xs = [arithmetic.number(text) for text in texts]
        with mp.workdps(900):
            exact = flat([COUPLED[name]([mp.mpf(x) for x in xs]), JACOBIANS[name]([mp.mpf(x) for x in xs])])
        found = flat([arithmetic.value(row)(xs), arithmetic.derivative(row)(xs)])
        for got, want in zip(found, exact, strict=True):
            assert abs(to_mpf(got) - want) <= mp.mpf(10) ** -40 * abs(want)


@pytest.mark.parametrize(("digits", "text"), [(50, "1e-30"), (400, "1e-300")])
def test_formulas_with_cancellation(digits, text):
    arithmetic = Multiprecision(digits)
    row = from_formula("(1 + x) - 1")
    x = arithmetic.number(text)
    assert abs(arithmetic.value(row)(x) / x - 1) < arithmetic.number(10) ** -digits
    assert arithmetic.derivative(row)(x) == 1


def test_constants_have_all_their_digits():
    arithmetic = Multiprecision(50)
    assert abs(to_mpf(arithmetic.number(0.3333, exact="1/3")) * 3 - 1) < mp.mpf(10) ** -50
    assert abs(to_mpf(arithmetic.number(1.414, exact="sqrt(2)")) ** 2 - 2) < mp.mpf(10) ** -50


@pytest.mark.parametrize("number", [0.1, -1e-300, 1 / 3, 5e-324, 1.7976931348623157e308])
def test_a_double_is_the_shortest_decimal_that_it_is_nearest_to(number):
    decimal = mp.mpf(repr(number))
    assert abs(to_mpf(Multiprecision(50).number(number)) - decimal) <= mp.mpf(10) ** -50 * abs(decimal)


def test_the_constants_of_selu_have_all_their_digits():
    """Klambauer et al. (2017) give 1.05070098735548049341933498529 and 1.67326324235437728481704299167."""
    derivative_of_selu = Multiprecision(28).derivative(bind("selu"))
    scale, left = derivative_of_selu(Multiprecision(28).number(1)), derivative_of_selu(Multiprecision(28).number(0))
    assert abs(to_mpf(scale) - mp.mpf("1.05070098735548049341933498529")) < mp.mpf(10) ** -28
    assert abs(to_mpf(left / scale) - mp.mpf("1.67326324235437728481704299167")) < mp.mpf(10) ** -28


def test_kinks_by_the_same_convention():
    arithmetic = Multiprecision(30)
    zero = arithmetic.number(0)
    assert arithmetic.derivative(bind("relu"))(zero) == 0
    assert arithmetic.derivative(bind("elu"))(zero) == 1
    assert arithmetic.derivative(bind("hard_swish"))(arithmetic.number(3)) == 1
    assert arithmetic.derivative(bind("maxout", {"pieces": 2}))([zero, zero]) == [[0.5, 0.5]]


def test_the_global_context_is_left_alone():
    import mpmath

    before = mpmath.mp.dps
    Multiprecision(77).value(bind("gelu"))(Multiprecision(77).number(-3))
    assert mpmath.mp.dps == before


def test_erf_rounds_to_1_far_out_without_a_series():
    """That of 12,800 digits took 23 s at 240."""
    functions = Multiprecision(12_800).functions
    assert functions.erfc(functions.number(-240.5)) == 2 and functions.erf(functions.number(240.5)) == 1


@pytest.mark.parametrize("digits", [15, 50, 60, 410, pytest.param(1600, marks=pytest.mark.slow)])
def test_error_functions_are_right_to_the_last_digit(digits):
    """Also where the series for large x begins to have as many, and where erf rounds to 1."""
    context, exact = new_context(digits), mpmath.MPContext()
    exact.dps = digits + 20
    least = (context.prec + 20) * 0.7
    turns = [context.sqrt(context.prec * by) for by in (0.99, 1.01)] + [context.sqrt(least * by) for by in (0.99, 1.01)]
    for x in map(
        context.mpf, ("1e-1000", "1e-30", "1e-9", "0.1", "1", "2.7", "9.4", "31.4", "1e3", "1e5", "1e9", *turns)
    ):
        for name in ("erf", "erfc"):
            for signed in (x, -x):
                right = getattr(exact, name)(signed)
                assert abs(getattr(context, name)(signed) - right) <= abs(right) * exact.ldexp(1, -context.prec)
    assert context.erf(context.mpf(0)) == 0 and context.erfc(context.mpf(0)) == 1


@pytest.mark.parametrize("z", [-33.3, 110, -110, -1e4, -1e5])
def test_thousands_of_digits_of_gelu_take_no_seconds(z):
    """mpmath's own erfc takes five of its value at −110."""
    arithmetic, begin = Multiprecision(6_400), process_time()
    assert arithmetic.value(bind("gelu"))(arithmetic.number(z))
    assert process_time() - begin < 1.5


def test_exponents_have_a_limit():
    arithmetic = Multiprecision(30)
    huge = arithmetic.number(10) ** (6 * 10**14)
    assert arithmetic.value(bind("identity"))(huge) == huge
    with pytest.raises(LimitError, match="10\\^15"):
        arithmetic.value(bind("exp"))(arithmetic.number(10) ** 17)
    with pytest.raises(LimitError, match="10\\^15"):
        arithmetic.derivative(bind("sigmoid"))(-(arithmetic.number(10) ** 17))


@pytest.mark.parametrize("name", ["sin", "cos"])
def test_angles_have_a_limit(name):
    arithmetic = Multiprecision(30)
    with pytest.raises(LimitError, match="too large to be reduced"):
        arithmetic.value(bind(name))(arithmetic.number(10) ** 40_000)


def test_what_a_number_is():
    arithmetic = Multiprecision(50)
    assert arithmetic.name == "50 decimal digits"
    assert arithmetic.log10(arithmetic.number(10) ** -905) == -905
    assert arithmetic.log10(arithmetic.number(0)) is None
    assert arithmetic.is_normal(arithmetic.number("1e-905"))
    context = arithmetic.functions.context
    assert not any(map(arithmetic.is_normal, (arithmetic.number(0), context.inf, -context.inf, context.nan)))


FAR = Multiprecision(30).number(10) ** 17
"""Where mpmath would compute more digits of e^x than memory holds."""


@pytest.mark.parametrize(
    ("row", "left", "right"),
    [
        (bind("sigmoid"), None, 1),
        (bind("tanh"), -1, 1),
        (bind("elu"), -1, FAR),
        (bind("gelu"), None, FAR),
        (from_formula("erf(x)"), -1, 1),
        (from_formula("exp(-x)"), None, None),
        (from_formula("sinh(x)"), None, None),
        (from_formula("cosh(x)"), None, None),
        (from_formula("1 + exp(x)"), 1, None),
    ],
    ids=lambda part: getattr(part, "text", None),
)
def test_far_out_values_are_limits_or_out_of_range(row, left, right):
    found = Multiprecision(30).value(row)
    for x, limit in ((-FAR, left), (FAR, right)):
        if limit is None:
            with pytest.raises(LimitError, match="10\\^15"):
                found(x)
        else:
            assert found(x) == limit


@pytest.mark.parametrize("sign", [1, -1])
def test_powers_have_the_same_limit(sign):
    arithmetic = Multiprecision(30)
    power = arithmetic.value(from_formula(f"x^{sign * 1000}"))
    for size in (1, -1):
        within, beyond = (arithmetic.number(10) ** (size * exponent) for exponent in (998 * 10**9, 1002 * 10**9))
        assert abs(arithmetic.log10(power(within)) / (sign * size * 998 * 10**12) - 1) < 1e-12
        with pytest.raises(LimitError, match="10\\^15"):
            power(beyond)
    assert arithmetic.value(from_formula("x^1000"))(arithmetic.number(0)) == 0


@pytest.mark.parametrize(
    "formula", ["exp(x)", "log(exp(x))", "exp(x)^0.001", "x*exp(x)", "sigmoid(x)", "exp(x)/exp(x-1)"]
)
def test_no_result_hangs_on_an_exponential_past_the_limit(formula):
    """The same of an activation and of a loss: it was as if e^x were 10^(−10^16)."""
    arithmetic = Multiprecision(30)
    y, t = arithmetic.number(10) ** 17, arithmetic.number(0)
    with pytest.raises(LimitError, match="10\\^15"):
        arithmetic.value(from_formula(formula))(-y)
    of_loss = arithmetic.loss(losses.from_formula(re.sub(r"\bx\b", "(-y)", formula)))
    with pytest.raises(LimitError, match="10\\^15"):
        of_loss.value([y], [t])


@pytest.mark.parametrize(
    ("loss", "value", "slope"), [("log_cosh", lambda y: y - mp.ln2, 1), ("bce_with_logits", lambda y: y, 1)]
)
def test_an_exponential_past_the_limit_that_is_added_is_nothing(loss, value, slope):
    arithmetic = Multiprecision(30)
    y, t = arithmetic.number(10) ** 17, arithmetic.number(0)
    bound = arithmetic.loss(losses.bind(loss))
    assert abs(to_mpf(bound.value([y], [t])) - value(mp.mpf(10) ** 17)) < 1e-20
    assert bound.derivatives([y], [t]) == [slope]


def test_an_angle_within_the_limit_is_reduced():
    arithmetic = Multiprecision(30)
    x = arithmetic.number(10) ** 30_000
    sine, cosine, tangent = (arithmetic.value(from_formula(f"{name}(x)"))(x) for name in ("sin", "cos", "tan"))
    assert abs(sine**2 + cosine**2 - 1) < arithmetic.number(10) ** -28
    assert abs(tangent * cosine - sine) < arithmetic.number(10) ** -28
    with mp.workdps(30_060):
        assert abs(to_mpf(sine) - mp.sin(mp.mpf(x))) < mp.mpf(10) ** -29
    with pytest.raises(LimitError, match="too large to be reduced"):
        arithmetic.value(from_formula("tan(x)"))(arithmetic.number(10) ** 40_000)


def test_a_function_off_by_its_last_digit_shows_what_hangs_on_it():
    exact = Multiprecision(30).functions
    for sign in (1, -1):
        moved = Blurred(30, sign).functions
        offs = [sign * (moved.exp(n) / exact.exp(n) - 1) for n in range(1, 8)]
        assert all(0 < off < mpmath.mpf(10) ** -30 for off in offs) and len(set(offs)) == 7
        assert sign * (moved.erfc(moved.number(0.5)) - exact.erfc(exact.number(0.5))) > 0
    assert Blurred(30, 1).moved(100) > 100 > Blurred(30, -1).moved(100)


def test_an_arithmetic_is_known_by_its_digits():
    found = pickle.loads(pickle.dumps(Multiprecision(31)))
    assert (found.digits, found.name) == (31, "31 decimal digits")
    assert found.is_normal(found.number(1)) and not found.is_normal(found.number(0))
    assert found.log10(found.number(-1000)) == 3.0 and found.log10(found.number(0)) is None
    for one in (Double, DoubleArrays, Extended):
        assert pickle.loads(pickle.dumps(one)) is one
    assert [one.log10(one.number(-100.0)) for one in (Double, Extended)] == [2.0, 2.0]
    assert [one.is_normal(one.number(2.0**-1022)) for one in (Double, Extended)] == [True, True]
    assert [one.is_normal(one.number(0.0)) for one in (Double, Extended)] == [False, False]
    assert not Double.is_normal(2.0**-1023) and not Double.is_normal(float("inf")) and Double.is_normal(-1e308)
