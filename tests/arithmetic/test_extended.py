"""Doubles with an exponent of their own: right where doubles end, bounded where exponents end, undisturbing."""

import decimal
from decimal import Decimal
from math import exp, nextafter

import pytest
from activations.definitions import DERIVATIVES, derivative, value
from activations.test_coupled import JACOBIANS
from arithmetic.as_mpmath import flat, to_mpf
from hypothesis import given
from hypothesis import strategies as st
from reference.functions import COUPLED, mp

import gradcalc
from gradcalc import losses as losses
from gradcalc.activations import ACTIVATIONS, bind, from_formula
from gradcalc.arithmetic.extended import CONTEXT, Extended
from gradcalc.errors import LimitError

FAR_OUT = ("-800", "800", "-12345.678", "3e-400", "-3e-400", "-709.9", "745.5")
ANYWHERE = (*FAR_OUT, "0.5", "-0.75", "-12.25", "33", "0", "-3.5", "2.5")
CLOSE = mp.mpf(10) ** -17
PER_CONDITION = mp.mpf(2) ** -50


def computed(function, *arguments):
    with Extended.context():
        return function(*arguments)


@pytest.mark.parametrize("name", [name for name in DERIVATIVES if name != "selu"])
@pytest.mark.parametrize("text", ANYWHERE)
def test_rows_against_mpmath(name, text):
    z, row = Decimal(text), ACTIVATIONS[name]
    x, options = to_mpf(z), {option: mp.mpf(number) for option, number in row.options.items()}
    definitions = value(name, **options), derivative(name, **options)
    for found, definition in zip((Extended.value(row), Extended.derivative(row)), definitions):
        with mp.workdps(400):
            exact = definition(x)
        if name == "exp" and abs(x) > 10**4:
            continue
        y = to_mpf(computed(found, z))
        with mp.workdps(60):
            step = (abs(x) or mp.one) * mp.mpf(10) ** -30
            moves = abs(x * (definition(x + step) - definition(x - step)) / (2 * step))
        outside = abs(exact) < mp.mpf("1e-290") or not exact
        assert abs(y - exact) <= CLOSE * abs(exact) + (0 if outside else PER_CONDITION * max(abs(exact), moves))
        assert bool(y) == bool(exact)


def test_published_values():
    row = bind("sigmoid")
    for function in (Extended.value(row), Extended.derivative(row)):
        assert (
            str(computed(function, Decimal(-800))).startswith("3.66787458417768")
            and computed(function, Decimal(-800)).adjusted() == -348
        )


@pytest.mark.parametrize("name", COUPLED)
@pytest.mark.parametrize("texts", [("-800", "3", "700"), ("0", "1e400"), ("5", "5"), ("1e-300", "-1e-300", "2", "1")])
def test_coupled_rows_against_mpmath(name, texts):
    if name == "maxout" and len(texts) % 2:
        return
    row = bind(name, {"pieces": 2} if name == "maxout" else {})
    zs = [Decimal(text) for text in texts]
    with mp.workdps(1500 if max(zs) < 10**5 else 900):
        xs = [to_mpf(z) for z in zs]
        if "softmax" in name and max(zs) > 10**5:
            return
        found = [to_mpf(y) for y in computed(Extended.value(row), zs)]
        assert_near(found, COUPLED[name](xs))
        if name in JACOBIANS:
            assert_near([to_mpf(y) for y in flat(computed(Extended.derivative(row), zs))], flat(JACOBIANS[name](xs)))


def assert_near(found, exact):
    assert len(found) == len(exact)
    for got, want in zip(found, exact):
        assert abs(got - want) <= mp.mpf(10) ** -13 * abs(want)


@pytest.mark.parametrize("text", ["1.23456789e-320", "1.23456789e-400", "-1.23456789e-300"])
def test_units_of_few_digits_in_float64_that_a_small_eps_makes_large(text):
    """y = z/√eps, and dy/dz = 1/√eps, of units far below √eps = 1e-150; so of two in layer_norm, halved."""
    z, digits = Decimal(text), Decimal("1e-14")
    row, centred = bind("rms_norm", {"eps": 1e-300}), bind("layer_norm", {"eps": 1e-300})
    for found, exact in (
        (computed(Extended.value(row), [z]), [z.scaleb(150)]),
        (computed(Extended.value(row), [z, Decimal("1e-150")])[:1], [z.scaleb(150) / Decimal("1.5").sqrt()]),
        (computed(Extended.value(centred), [z, -z]), [z.scaleb(150), -z.scaleb(150)]),
        (computed(Extended.derivative(row), [z])[0], [Decimal("1e150")]),
        (computed(Extended.derivative(centred), [z, -z])[0], [Decimal("5e149"), Decimal("-5e149")]),
    ):
        assert all(abs(y / true - 1) < digits for y, true in zip(found, exact, strict=True))


def test_what_is_rational_stays_so():
    row = bind("leaky_relu", {"alpha": 0.5})
    assert computed(Extended.value(row), Decimal("-3e-1000")) == Decimal("-1.5e-1000")
    assert computed(Extended.value(bind("square")), Decimal("1e-1000")) == Decimal("1e-2000")
    assert computed(Extended.derivative(bind("abs")), Decimal("-1e-1000")) == -1
    prelu = bind("prelu")
    z, alpha = Decimal("-1e500"), Decimal("0.25")
    assert computed(Extended.value(prelu), z, alpha) == Decimal("-2.5e499")
    assert computed(Extended.derivative(prelu), z, alpha) == alpha
    assert computed(Extended.alpha_derivative(prelu), z, alpha) == z


def test_a_tiny_number_is_not_on_the_kink():
    for name, right in (("selu", "1.0507"), ("relu", "1"), ("elu", "1")):
        assert str(computed(Extended.derivative(bind(name)), Decimal("1e-400"))).startswith(right)
    assert computed(Extended.derivative(bind("selu")), Decimal(0)) == pytest.approx(
        Decimal("1.7580993408473766"), rel=Decimal("1e-15")
    )


def test_formulas():
    row = from_formula("x / (1 + exp(-1.702 x))")
    z = Decimal("-2000")
    exact = to_mpf(z) / (1 + mp.exp(to_mpf(z) * mp.mpf(-1702) / 1000))
    assert abs(to_mpf(computed(Extended.value(row), z)) / exact - 1) < CLOSE
    assert computed(Extended.derivative(from_formula("abs(x - 1) + x^3")), Decimal(1)) == 3


@pytest.mark.parametrize(
    ("name", "text"),
    [("sigmoid", "-1e17"), ("exp", "1e17"), ("gelu", "-1e9"), ("tanh", "1e400"), ("gelu_tanh", "-1e7")],
)
def test_exponents_beyond_the_limit(name, text):
    with pytest.raises(LimitError, match="10\\^15"):
        computed(Extended.derivative(bind(name)), Decimal(text))


def test_products_beyond_the_limit():
    with pytest.raises(LimitError, match="10\\^15"), Extended.context():
        Decimal("1e600000000000000") * Decimal("1e600000000000000")
    with pytest.raises(LimitError, match="10\\^15"), Extended.context():
        Decimal("1e-600000000000000") * Decimal("1e-600000000000000")


def test_saturated_far_out_is_1():
    assert computed(Extended.value(bind("sigmoid")), Decimal("1e400")) == 1
    assert computed(Extended.value(bind("tanh")), Decimal("-1e400")) == -1


def test_the_callers_context_comes_back():
    before = decimal.getcontext().copy()
    with pytest.raises(ZeroDivisionError), Extended.context():
        computed(Extended.value(bind("gelu")), Decimal(-900))
        raise ZeroDivisionError
    after = decimal.getcontext()
    assert (after.prec, after.Emax, after.traps) == (before.prec, before.Emax, before.traps)


def test_numbers():
    assert Extended.name == "extended"
    for entered, digits in ((Extended.context(), 19), (Extended.context(40), 40)):
        with entered:
            assert str(Decimal(1) / 3) == "0." + "3" * digits
    assert Extended.number(0.1) == Decimal("0.1000000000000000056")
    assert Extended.number(1, exact="1/3") == Decimal("0.3333333333333333333")
    assert Extended.number(1.4, exact="sqrt(2)") == Decimal("1.414213562373095049")
    assert Extended.log10(Decimal("-1e-905")) == -905
    assert Extended.log10(Decimal(0)) is None


@given(st.integers(10**18, 10**19 - 1), st.integers(-30, 30) | st.integers(-20_000, 20_000))
def test_log10_is_that_of_all_its_digits(mantissa: int, exponent: int) -> None:
    number = Decimal(f"{mantissa}e{exponent}")
    assert computed(Extended.log10, number) == float(number.log10(CONTEXT))
    assert Extended.is_normal(Decimal("1e-905"))
    assert not Extended.is_normal(Decimal(0))


@pytest.mark.parametrize(
    "text",
    [
        *("2837.442389857048790", "939404488.8138470687", "0.2040040482243376263", "667.5825493085796955"),
        *(
            "0.4322429072147180583",
            "0.7795349370909674218",
            "0.8390871313053430461",
            "92.76184832203165247",
            "760.9390878483141168",
        ),  # of which exponent and logarithm of mantissa round otherwise
        *("1.00000000000000207E-16", "1.000000000000004105E-32", "9.99999999999991746E+63"),
        "9.999999999999344802E+511",  # and there as the float64 beneath is nearer
    ],
)
def test_log10_is_rounded_once(text: str) -> None:
    with mp.workdps(60):
        exact = float(mp.log10(mp.mpf(text)))
    assert computed(Extended.log10, Decimal(text)) == computed(Extended.log10, -Decimal(text)) == exact


@given(y=st.floats(-30, 30), t=st.floats(-30, 30), share=st.floats(0, 1))
@pytest.mark.parametrize("name", ["mse", "huber", "log_cosh", "bce_with_logits"])
def test_losses_agree_with_doubles(name, y, t, share):
    """To 4 units in the last place of the terms that are summed, with the targets that the loss is meant for."""
    loss = losses.bind(name)
    t = share if loss.targets else t
    sigmoid = 1 / (1 + exp(-y))
    terms = (
        (1 - t) * sigmoid + t * (1 - sigmoid) if loss.targets else 0.0
    )  # of (1 − t) σ(y) − t σ(−y), which may cancel
    with Extended.context():
        bound = Extended.loss(loss)
        value_, derivatives = bound.value([Decimal(y)], [Decimal(t)]), bound.derivatives([Decimal(y)], [Decimal(t)])
    assert float(value_) == pytest.approx(loss.value([y], [t]), rel=2**-50, abs=5e-324)
    own = loss.derivatives([y], [t])[0]
    assert float(derivatives[0]) == pytest.approx(own, rel=2**-50, abs=max(2**-50 * terms, 5e-324))


DIGITS = decimal.Context(prec=19, Emax=10**15, Emin=-(10**15))
POWERS = [2.0**n for n in range(-40, 10)]
"""The numbers from which on doubles are rounded by another integer, and their neighbours, are among them."""


def neighbours(y):
    return [y, nextafter(y, 0), nextafter(y, 2 * y)]


def test_a_share_and_its_inverse_have_all_digits_of_a_difference_of_large_numbers():
    layer = {"weight": [[1, 0], [0, 1]], "activation": "softmax"}
    network = gradcalc.load({"input": [11000000624.1421, -141280.2], "layers": [layer], "loss": "kl", "target": 1})
    assert gradcalc.compute(network).backward["y"].delta == [1, -1]


def test_ln_cosh_of_a_number_whose_e_to_the_power_of_it_is_out_of_range():
    """It is x − ln 2, and its derivative 1; that of σ(x) less 1 is e^−x alone, which is out of range."""
    with Extended.context():
        far = Decimal("1e240")
        loss = Extended.loss(losses.bind("log_cosh"))
        assert loss.value([far], [Decimal(1)]) == far
        assert loss.derivatives([-far], [Decimal(1)]) == [-1]
        with pytest.raises(LimitError, match="10\\^15"):
            Extended.loss(losses.bind("bce_with_logits")).derivatives([far], [Decimal(1)])


@given(
    st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(POWERS).flatmap(lambda power: st.sampled_from(neighbours(power)) | st.floats(power, 2 * power))
)
def test_a_double_is_rounded_once_to_19_digits(y):
    for x in (y, -y):
        assert Extended.number(x) == DIGITS.plus(Decimal(x))


ROUNDED = [name for name in DERIVATIVES if not ACTIVATIONS[name].rational]


@pytest.mark.parametrize("name", ROUNDED)
@given(x=st.floats(-600, 600) | st.floats(-12, 12))
def test_where_a_double_suffices_its_value_is_taken(name, x):
    row = ACTIVATIONS[name]
    for found, in_float64 in ((Extended.value(row), row.value), (Extended.derivative(row), row.derivative)):
        y = in_float64(x)
        if x and 1e-289 < abs(y) < 1e289:
            assert computed(found, Decimal(x)) == DIGITS.plus(Decimal(y))
