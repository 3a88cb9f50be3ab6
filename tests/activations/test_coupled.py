"""Rows over the units of a layer against mpmath's Jacobians, on vectors that are made to hurt."""

import itertools
import math
import random

import numpy as np
import pytest
from arithmetic.as_mpmath import to_mpf
from hypothesis import given
from hypothesis import strategies as st
from reference.functions import COUPLED, maxout_jacobian, mp

from gradcalc.activations import bind
from gradcalc.arithmetic.extended import Extended
from gradcalc.arithmetic.multiprecision import Multiprecision

COUNTS = (10, pytest.param(400, marks=pytest.mark.slow))
UNIT = mp.mpf(2) ** -53
DIGITS = 400
"""So many that even 1 − p is right where p is a saturated share."""
MOST = 4.0


def delta(i, j):
    return 1 if i == j else 0


def softmax_jacobian(xs):
    p = COUPLED["softmax"](xs)
    return [[a * (delta(i, j) - b) for j, b in enumerate(p)] for i, a in enumerate(p)]


def log_softmax_jacobian(xs):
    p = COUPLED["softmax"](xs)
    return [[delta(i, j) - b for j, b in enumerate(p)] for i in range(len(p))]


def layer_norm_jacobian(xs):
    n, y = len(xs), COUPLED["layer_norm"](xs)
    mean = mp.fsum(xs) / n
    r = mp.sqrt(mp.fsum((x - mean) ** 2 for x in xs) / n + mp.mpf("1e-5"))
    return [[(delta(i, j) - mp.one / n - y[i] * y[j] / n) / r for j in range(n)] for i in range(n)]


def rms_norm_jacobian(xs):
    n, y = len(xs), COUPLED["rms_norm"](xs)
    r = mp.sqrt(mp.fsum(x * x for x in xs) / n + mp.mpf("1e-5"))
    return [[(delta(i, j) - y[i] * y[j] / n) / r for j in range(n)] for i in range(n)]


JACOBIANS = {
    "softmax": softmax_jacobian,
    "log_softmax": log_softmax_jacobian,
    "layer_norm": layer_norm_jacobian,
    "rms_norm": rms_norm_jacobian,
}


def vector(generator):
    """Ordinary, spread, nearly equal, of any sizes, saturated, tied, or with one unit far off."""
    n = generator.choice([1, 2, 2, 3, 3, 4, 5, 8])
    base = generator.gauss(0, 1) * 10 ** generator.uniform(-3, 8)
    kinds = (
        lambda: generator.gauss(0, 1),
        lambda: generator.gauss(0, 300),
        lambda: base * (1 + generator.gauss(0, 1) * 10 ** generator.uniform(-16, -6)),
        lambda: generator.gauss(0, 1) * 10 ** generator.uniform(-12, 12),
        lambda: generator.gauss(0, 1) * 10 ** generator.uniform(-90, 90),
        lambda: generator.choice([0.0, 1.0, -1.0, 1e-3, 1e6, 40.0, -40.0, 2e5]),
        lambda: generator.gauss(0, 1e-3),
    )
    draw = generator.choice(kinds)
    units = [draw() for _ in range(n)]
    return [10 ** generator.uniform(0, 10), *units[1:]] if draw is kinds[-1] else units


def extreme_vector(generator):
    """Units from one end of the range to the other, of one size there, tied, nearly equal, or with one far off."""
    n, size = generator.choice([1, 2, 3, 5]), 10 ** generator.uniform(-306, 306)
    draw = generator.choice(
        (
            lambda: generator.gauss(0, 1) * 10 ** generator.uniform(-306, 306),
            lambda: generator.gauss(0, 1) * size,
            lambda: generator.choice([size, -size, size / 3]),
            lambda: size * (1 + generator.choice([0, 1, 3]) * 2**-50),
        )
    )
    units = [draw() for _ in range(n)]
    return units if generator.random() < 0.7 else [size, *(generator.gauss(0, 1) for _ in units[1:])]


def flat(results):
    return [x for part in results for x in (part if isinstance(part, list) else [part])]


def conditions(rule, xs):
    """Σ_j |x_j ∂f/∂x_j|/|f| of every result f."""
    results = flat(rule(xs))
    moved = [mp.zero] * len(results)
    for place, x in enumerate(xs):
        step = (abs(x) or mp.one) * mp.mpf(10) ** -40
        above, below = ([*xs[:place], at, *xs[place + 1 :]] for at in (x + step, x - step))
        pairs = zip(flat(rule(above)), flat(rule(below)))
        moved = [m + abs(x * (high - low) / (2 * step)) for m, (high, low) in zip(moved, pairs)]
    return [m / abs(result) if result else mp.inf for m, result in zip(moved, results)]


def check(rule, xs, found):
    """Within 4 ulp × max(1, condition), and no false zero."""
    exact = [mp.mpf(x) for x in xs]
    true = flat(rule(exact))
    assert len(found) == len(true)
    for place, (got, want) in enumerate(zip(found, true)):
        if abs(want) < UNIT * mp.mpf(2) ** -1022:
            assert abs(got) <= 5e-324
            continue
        ulps = abs(mp.mpf(got) - want) / math.ulp(float(want))
        assert ulps <= MOST or ulps <= MOST * conditions(rule, exact)[place], (xs, place, got)
        assert got != 0, (xs, place)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize(("draw", "digits"), [(vector, DIGITS), (extreme_vector, 700)])
@pytest.mark.parametrize("name", JACOBIANS)
def test_against_mpmath(name, draw, digits, count):
    row, generator = bind(name), random.Random(name)
    with mp.workdps(digits):
        for _ in range(count):
            xs = draw(generator)
            pair = np.array([xs, xs])
            check(COUPLED[name], xs, row.value(xs))
            check(COUPLED[name], xs, row.values(pair)[1].tolist())
            check(JACOBIANS[name], xs, flat(row.derivative(xs)))
            check(JACOBIANS[name], xs, flat(row.derivatives(pair)[1].tolist()))


@pytest.mark.parametrize("name", ["layer_norm", "rms_norm"])
@pytest.mark.parametrize("size", [1e160, 1e300, 1e-100])
def test_many_units_of_any_size(name, size):
    row, generator = bind(name), np.random.default_rng(2)
    z = generator.normal(size=35) * size
    jacobian = np.array(row.derivative(z.tolist()))
    assert np.allclose(row.values(z[None])[0], row.value(z.tolist()), rtol=1e-13, atol=0)
    assert np.allclose(row.derivatives(z[None])[0], jacobian, rtol=1e-12, atol=0)


def test_large_units_that_are_equal_have_the_jacobian_of_zeros():
    """Their variance is 0, and eps alone is below the root."""
    layer_norm = bind("layer_norm")
    assert layer_norm.value([1e200] * 3) == [0, 0, 0]
    assert layer_norm.derivative([1e200] * 3) == layer_norm.derivative([0.0] * 3)
    assert layer_norm.derivative([1e308]) == [[0]]


def test_layer_norm_of_two_units_keeps_what_eps_leaves():
    """There J = eps/(v + eps)/(2r), which 1 − x̂² loses (PyTorch gives 0 or noise)."""
    a, b = 1e6, -1e6
    v = 1e12
    expected = 1e-5 / (v + 1e-5) / 2 / math.sqrt(v)
    assert bind("layer_norm").derivative([a, b])[0][0] == pytest.approx(expected, rel=1e-15, abs=0)
    assert bind("layer_norm").derivative([a, b])[0][1] == pytest.approx(-expected, rel=1e-15, abs=0)
    in_arrays = bind("layer_norm").derivatives(np.array([[a, b]]))[0].ravel()
    assert in_arrays == pytest.approx([expected, -expected, -expected, expected], rel=1e-14, abs=0)


def test_an_entry_of_layer_norm_whose_products_nearly_cancel():
    """Σ_c (z_c − z_0)(z_c − z_1) = −9/4 + 9/4 but for the rounding of the last unit."""
    z = [0.0, 3.0, 1.5, 1.5 * (1 + math.sqrt(2))]
    expected = layer_norm_jacobian([mp.mpf(x) for x in z])[0][1]
    assert bind("layer_norm").derivative(z)[0][1] == pytest.approx(float(expected), rel=1e-15, abs=0)


def test_rms_norm_of_one_unit_keeps_what_eps_leaves():
    expected = 1e-5 / (1e8 + 1e-5) ** 1.5
    assert bind("rms_norm").derivative([1e4])[0][0] == pytest.approx(expected, rel=1e-15, abs=0)
    assert bind("rms_norm").derivatives(np.array([[1e4]]))[0] == pytest.approx(expected, rel=1e-14, abs=0)


def test_softmax_of_a_saturated_unit():
    rows = bind("softmax").derivative([0.0, 100.0])
    assert rows[1][1] == pytest.approx(math.exp(-100), rel=1e-15, abs=0)
    assert rows[1][0] == -rows[1][1]


@pytest.mark.parametrize("name", JACOBIANS)
@pytest.mark.parametrize("size", [1e200, 1.5e308])
def test_huge_units_raise_nothing(name, size):
    row = bind(name)
    xs = [size, -size / 3, size / 2]
    assert not any(map(math.isnan, [*row.value(xs), *flat(row.derivative(xs))]))
    assert all(map(math.isfinite, flat(row.derivative(xs))))


@given(
    pieces=st.integers(1, 4),
    groups=st.lists(st.lists(st.sampled_from([-1.0, 0.0, 0.0, 2.0, 2.0]), min_size=4, max_size=4), min_size=1),
)
def test_maxout_shares_ties(pieces, groups):
    xs = [x for group in groups for x in group[:pieces]]
    row = bind("maxout", {"pieces": pieces})
    assert row.width(len(xs)) == len(groups)
    assert row.value(xs) == [max(group[:pieces]) for group in groups]
    jacobian = np.array([[float(x) for x in line] for line in maxout_jacobian(xs, pieces)])
    assert np.array_equal(np.array(row.derivative(xs)), jacobian)
    assert row.is_kink(xs) == any(group[:pieces].count(max(group[:pieces])) > 1 for group in groups)
    z = np.array([xs, xs])
    assert np.array_equal(row.values(z)[1], row.value(xs))
    assert np.array_equal(row.derivatives(z)[0], jacobian)


def test_maxout_needs_whole_groups():
    with pytest.raises(ValueError, match="multiple of 2"):
        bind("maxout", {"pieces": 2}).width(5)


@pytest.mark.parametrize("name", ["layer_norm", "rms_norm"])
@pytest.mark.parametrize("arithmetic", [Extended, Multiprecision(30)])
@pytest.mark.parametrize(
    "units",
    [
        [1e-200, 1e150, -1e150],
        [2.0**500, -(2.0**1000), 2.0**510, -(2.0**500), 2.0**1000],
        [2.0**500, 0.0, -(2.0**500), -5e-324, 2.0**1000],
        [-(2.0**1000), 2.0**-900, 2.0**1000],
        [1.0, 2.0**-1000, 2.0**-1000, 2.0],
    ],
)
def test_norms_of_units_whose_exponents_are_far_apart(name, arithmetic, units):
    """The small ones are what is left where large ones cancel."""
    row, numbers = bind(name), [arithmetic.number(unit) for unit in units]
    with arithmetic.context():
        values, found = arithmetic.value(row)(numbers), arithmetic.derivative(row)(numbers)
    with mp.workdps(4000):
        given = [to_mpf(number) for number in numbers]
        pairs = list(zip(values, COUPLED[name](given), strict=True))
        pairs += zip(itertools.chain(*found), itertools.chain(*JACOBIANS[name](given)), strict=True)
        for ours, true in pairs:
            assert abs(to_mpf(ours) - true) <= abs(true) * 8 * UNIT
