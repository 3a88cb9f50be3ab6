"""Values and derivatives against mpmath on the same doubles: 4 ulp × max(1, condition), and no false zero."""

import math
import random

import pytest
from losses.reference import AFTER, DERIVATIVES, VALUES, condition, mp

from gradcalc.losses import bind

POINTS_QUICK, POINTS_FULL = 60, 10_000
PROBABILITIES = {"bce", "nll", "kl"}
CLASSES = {"cross_entropy", "nll", "kl"}
SMALLEST = 2.2250738585072014e-308
"""Below it doubles lose digits, and the engine computes with numbers that carry their own exponent."""


def magnitude(generator):
    """A number of any usual size and sign, special ones among them."""
    kind = generator.random()
    if kind < 0.1:
        return generator.choice([0.0, 1.0, -1.0, 0.5, 2.0, 1e-8, 20.0, -745.0, 709.0, 1 - 2**-53, 1 + 2**-52])
    if kind < 0.5:
        return generator.uniform(-745, 745)
    return math.copysign(10 ** generator.uniform(-20, 2), generator.random() - 0.5)


def probability(generator):
    """From 0 to 1, often next to an end."""
    kind = generator.random()
    if kind < 0.3:
        return 10 ** generator.uniform(-300, 0)
    if kind < 0.5:
        return 1 - 10 ** generator.uniform(-15, 0)
    return generator.random() or 0.5


def target(generator, name, y):
    if name in CLASSES | {"bce", "bce_with_logits"}:
        return generator.choice([0.0, 1.0, generator.random(), probability(generator)])
    if name == "hinge":
        return generator.choice([-1.0, 1.0])
    if name == "poisson":
        return generator.choice([0.0, 1.0, 7.0, abs(magnitude(generator))])
    return generator.choice([0.0, 1.0, magnitude(generator), y * (1 + 1e-9 * generator.random())])


def example(generator, name):
    units = generator.choice([1, 1, 2, 3, 7])
    draw = probability if name in PROBABILITIES else magnitude
    ys = [draw(generator) for _ in range(units)]
    if name == "poisson":
        ys = [abs(y) or 1.0 for y in ys]
    ts = [target(generator, name, y) for y in ys]
    if name in CLASSES and generator.random() < 0.5:
        chosen = generator.randrange(units)
        ts = [float(i == chosen) for i in range(units)]
    return ys, ts


def assert_exact(got, true, function, big, what):
    """`function` gives the true number at the `big` outputs and targets, which are mpf, and at points beside them."""
    if true == 0:
        assert got == 0 or condition(function, *big) == mp.inf, what
        return
    if abs(true) < SMALLEST or abs(true) > 1.7e308 or (math.isinf(got) and max(map(abs, big[0])) > 350):
        return  # beyond the doubles, or an intermediate was: the engine sees it and computes with exponents
    error = abs(mp.mpf(got) - true) / abs(true) * 2**52
    if error > 4:
        assert error <= 4 * condition(function, *big), (what, *big, got, true, error)


def check(loss, value, derivatives, examples):
    for ys, ts in examples:
        big = list(map(mp.mpf, ys)), list(map(mp.mpf, ts))
        assert_exact(loss.value(ys, ts), value(*big), value, big, (loss.name, "value"))
        for i, (derivative, true) in enumerate(zip(loss.derivatives(ys, ts), derivatives(*big), strict=True)):
            assert_exact(
                derivative, true, lambda us, vs, i=i: derivatives(us, vs)[i], big, (loss.name, "derivative", i)
            )


def examples(name, count):
    generator = random.Random(name)
    return [example(generator, name) for _ in range(count)]


@pytest.mark.parametrize("name", VALUES)
def test_value_and_derivatives(name):
    check(bind(name), VALUES[name], DERIVATIVES[name], examples(name, POINTS_QUICK))


@pytest.mark.parametrize(("name", "activation"), AFTER)
def test_value_and_derivatives_from_the_preactivations(name, activation):
    drawn = [
        ([magnitude(random.Random(repr(ys))) + i for i, _ in enumerate(ys)], ts)
        for ys, ts in examples(name, POINTS_QUICK)
    ]
    check(bind(name).after(activation), *AFTER[name, activation], drawn)


@pytest.mark.slow
@pytest.mark.parametrize("name", VALUES)
def test_value_and_derivatives_at_ten_thousand_points(name):
    check(bind(name), VALUES[name], DERIVATIVES[name], examples(name, POINTS_FULL))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "activation"), AFTER)
def test_preactivations_at_ten_thousand_points(name, activation):
    generator = random.Random(name + activation)
    drawn = [([magnitude(generator) for _ in ys], ts) for ys, ts in examples(name, POINTS_FULL)]
    check(bind(name).after(activation), *AFTER[name, activation], drawn)
