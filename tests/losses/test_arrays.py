"""The losses on arrays: the same as example by example."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcalc.losses import LOSSES, bind

COMMON = [
    "mse",
    "sse",
    "half_sse",
    "mae",
    "huber",
    "bce",
    "bce_with_logits",
    "cross_entropy",
    "nll",
    "hinge",
    "output",
    "poisson",
]
AFTER = [("bce", "sigmoid"), ("nll", "softmax"), ("nll", "log_softmax"), ("cross_entropy", "log_softmax")]


def batch(seed, name, wide):
    """Three examples of four units, or 300 units, saturated ones among them, with one-hot, soft and plain targets."""
    generator = np.random.default_rng(seed)
    units = 300 if wide else 4
    ys = generator.normal(size=(3, units)) * generator.choice([1.0, 30.0, 300.0])
    if name in ("bce", "nll", "poisson"):
        ys = generator.uniform(1e-6, 1 - 1e-6, size=ys.shape)
    if name == "hinge":
        return ys, generator.choice([-1.0, 1.0, 0.3], size=ys.shape)
    ts = generator.choice([0.0, 1.0, 0.25, 0.9], size=ys.shape)
    return ys, np.eye(units)[generator.integers(units, size=3)] if seed % 2 and name in ("nll", "cross_entropy") else ts


def assert_as_single(loss, ys, ts):
    values, derivatives = loss.values(ys, ts), loss.all_derivatives(ys, ts)
    assert values.shape == ys.shape[:1] and derivatives.shape == ys.shape
    for example, (y, t) in enumerate(zip(ys.tolist(), ts.tolist())):
        cancelled = 1e-14 * (sum(map(abs, y)) if loss.name == "output" else 0)
        assert values[example] == pytest.approx(loss.value(y, t), rel=1e-13, abs=cancelled)
        cancelled = 1e-15 * sum(map(abs, t)) if set(t) - {0.0, 1.0} else 0  # p − t of soft targets
        np.testing.assert_allclose(derivatives[example], loss.derivatives(y, t), rtol=1e-13, atol=cancelled)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("name", COMMON)
@given(seed=st.integers(0, 10**6))
def test_arrays_agree_with_single_examples(name, wide, seed):
    assert_as_single(bind(name, scale=1.5), *batch(seed, name, wide))


@pytest.mark.parametrize(("name", "activation"), AFTER)
@given(seed=st.integers(0, 10**6))
def test_arrays_of_preactivations_agree_with_single_examples(name, activation, seed):
    assert_as_single(bind(name).after(activation), *batch(seed, "cross_entropy", False))


def test_ends_of_the_domain():
    ys, ts = np.array([[0.0, 1.0]]), np.array([[0.0, 1.0]])
    assert bind("bce").values(ys, ts) == [0.0]
    assert bind("bce").all_derivatives(ys, ts).tolist() == [[0.5, -0.5]]
    assert bind("nll").all_derivatives(ys, ts).tolist() == [[0.0, -1.0]]


def test_what_a_weight_of_0_takes_of_what_overflows_is_0():
    """e^800 is infinite: 1/(1 − y) of σ(800) as 1/y of σ(−800), and 1/p beside a unit at 900."""
    zs, ts = np.array([[800.0, -800.0]]), np.array([[1.0, 0.0]])
    assert bind("bce").after("sigmoid").all_derivatives(zs, ts).tolist() == [[-0.5, 0.5]]
    assert bind("bce").after("sigmoid").values(zs, ts).tolist() == [0.0]
    beside = np.array([[0.0, 900.0]])
    assert bind("nll").after("softmax").all_derivatives(beside, 1 - ts).tolist() == [[0.0, -1.0]]
    assert bind("nll").after("softmax").all_derivatives(beside, ts).tolist() == [[-np.inf, 0.0]]


def test_soft_targets_that_are_negative():
    ys, ts = np.array([[0.3, 1.0, -2.0]]), np.array([[-0.5, 1.0, 0.7]])
    assert_as_single(bind("cross_entropy"), ys, ts)


def test_margins_next_to_1():
    """t·y rounds to 1 at the last two, 1 − t·y does not round to 0."""
    ys, ts = np.array([[2.5, 1 / 3, 1 / 49]]), np.array([[0.3, 3.0, 49.0]])
    assert_as_single(bind("hinge"), ys, ts)


def test_a_large_target_takes_nothing_from_the_others():
    """They weigh 3.1, of which a difference of sums has some digits only."""
    zs, ts = [60.0, 0.0, -1.0], np.array([1e9, 3.0, 0.1])
    for sign in (1, -1):
        (derivatives,) = bind("cross_entropy").all_derivatives(np.array([zs]), sign * ts[None])
        assert derivatives[0] == pytest.approx(sign * 3.1, rel=1e-14, abs=0)
        single = bind("cross_entropy").derivatives(zs, (sign * ts).tolist())
        assert single[0] == pytest.approx(sign * 3.1, rel=1e-14, abs=0)


@pytest.mark.parametrize("scale", [2.0, 0.5, -1.0])
@pytest.mark.parametrize("name", COMMON)
def test_a_scale_is_a_factor(name, scale):
    ys, ts = batch(0, name, False)
    plain, scaled = bind(name), bind(name, scale=scale)
    assert scaled.values(ys, ts) == pytest.approx(scale * plain.values(ys, ts), rel=1e-15, abs=0)
    np.testing.assert_allclose(scaled.all_derivatives(ys, ts), scale * plain.all_derivatives(ys, ts), rtol=1e-15)
    assert_as_single(scaled, ys, ts)


def test_the_others_go_example_by_example():
    assert {name for name in LOSSES if bind(name).values is None} == {"kl", "log_cosh"}
