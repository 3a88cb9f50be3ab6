"""Every elementwise row, scalar and vectorised, against mpmath at 60 digits: 4 ulp × max(1, condition number)."""

import random

import numpy as np
import pytest
from activations.definitions import DERIVATIVES, derivative, excess, value
from activations.points import SPECIAL, points
from reference import functions as reference

from gradcalc.activations import ACTIVATIONS, bind

COUNTS = (90, pytest.param(10_000, marks=pytest.mark.slow))
OPTIONS = [
    ("leaky_relu", {"alpha": 0.3}),
    ("elu", {"alpha": 1e9}),
    ("elu", {"alpha": 0.3}),
    ("celu", {"alpha": 0.3}),
    ("celu", {"alpha": 40.0}),
    ("softplus", {"beta": 0.01}),
    ("softplus", {"beta": 30.0}),
]
CASES = [*((name, {}) for name in DERIVATIVES), *OPTIONS]
MOST = 4.0


def test_the_table_is_complete():
    elementwise = {name for name, row in ACTIVATIONS.items() if not row.couples}
    assert elementwise == {*DERIVATIVES, "prelu"}
    assert elementwise <= set(reference.ELEMENTWISE)


@pytest.mark.parametrize("name", DERIVATIVES)
def test_closed_derivatives_are_differences_of_the_values(name):
    for x in (-30.25, -3.3, -1.3, -0.7, 0.4, 2.9, 7.7):
        exact, differences = derivative(name)(reference.mp.mpf(x)), reference.derivative(value(name), x)
        assert abs(exact - differences) <= abs(exact) * reference.mp.mpf(10) ** -15


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize(("name", "options"), CASES)
def test_scalar(name, options, count):
    row = bind(name, options)
    for x in points(random.Random(name), count):
        assert excess(value(name, **options), x, row.value(x)) <= MOST, x
        assert excess(derivative(name, **options), x, row.derivative(x)) <= MOST, x


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize(("name", "options"), [case for case in CASES if bind(*case).values])
def test_vectorised(name, options, count):
    row = bind(name, options)
    xs = points(random.Random(name), count)
    with np.errstate(all="ignore"):
        values, derivatives = row.values(np.array(xs)), row.derivatives(np.array(xs))
    for x, y, s in zip(xs, values.tolist(), derivatives.tolist()):
        assert excess(value(name, **options), x, y) <= MOST, x
        assert excess(derivative(name, **options), x, s) <= MOST, x


@pytest.mark.parametrize(("name", "options"), [case for case in CASES if bind(*case).values])
def test_arrays_and_single_numbers_agree(name, options):
    """To some last digits, far out as well; but for derivatives next to where they pass 0."""
    row, xs = bind(name, options), np.linspace(-9, 9, 301)
    np.testing.assert_allclose(row.values(xs), list(map(row.value, xs.tolist())), rtol=2e-15)
    np.testing.assert_allclose(row.derivatives(xs), list(map(row.derivative, xs.tolist())), rtol=4e-15, atol=1e-16)


@pytest.mark.parametrize("name", [name for name, row in ACTIVATIONS.items() if row.values and not row.couples])
@pytest.mark.parametrize("shape", [(len(SPECIAL),), (1, len(SPECIAL), 1), (3, 5, 7), (130, 100)])
def test_arrays_of_any_shape(name, shape):
    row = ACTIVATIONS[name]
    x = np.resize(np.array(SPECIAL), shape)
    extra = [np.full(shape, 0.3)] if row.parametric else []
    values, derivatives = row.values(x, *extra), row.derivatives(x, *extra)
    assert values.shape == derivatives.shape == shape
    scalars = [0.3] if row.parametric else []
    assert np.allclose(
        values.ravel()[:20], [row.value(z, *scalars) for z in x.ravel()[:20].tolist()], rtol=1e-13, atol=0
    )
    assert np.allclose(
        derivatives.ravel()[-20:], [row.derivative(z, *scalars) for z in x.ravel()[-20:].tolist()], rtol=1e-13, atol=0
    )


def test_an_empty_array_stays_one():
    assert all(row.values(np.zeros((0, 3))).shape == (0, 3) for row in map(bind, ("tanh", "sigmoid", "silu", "relu")))


@pytest.mark.parametrize(
    ("name", "x", "expected_value", "expected_derivative"),
    [
        ("sigmoid", 40.0, 1.0, 4.248354255291589e-18),
        ("tanh", 20.0, 1.0, 1.6993417021166356e-17),
        ("gelu", -10.0, -7.619853024160526e-23, -7.618400096464814e-22),
        ("softplus", -50.0, 1.928749847963918e-22, 1.928749847963918e-22),
        ("elu", -1e-10, -9.9999999995e-11, 0.9999999999),
    ],
)
def test_published_values(name, x, expected_value, expected_derivative):
    row = bind(name)
    assert row.value(x) == pytest.approx(expected_value, rel=1e-15, abs=0)
    assert row.derivative(x) == pytest.approx(expected_derivative, rel=1e-15, abs=0)


def test_celu_of_a_number_next_to_0_is_that_number():
    """x/alpha has fewer digits than x."""
    row, x = bind("celu", {"alpha": 40.0}), -1.23e-310
    assert row.value(x) == row.values(np.array([x])).item() == x


def test_overflow_is_infinite_and_raises_nothing():
    assert bind("exp").value(800.0) == bind("square").value(1e200) == float("inf")
    for row in ACTIVATIONS.values():
        if not row.couples:
            extra = [0.25] if row.parametric else []
            for x in (float("inf"), float("-inf"), float("nan"), 1.7e308, -1.7e308):
                assert isinstance(row.value(x, *extra), float)
                assert isinstance(row.derivative(x, *extra), float)
