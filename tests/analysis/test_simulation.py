"""A pass in low precision beside the exact one: errors, what is lost, and where that happens first."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest

from gradcalc import load
from gradcalc.analysis.precision import precision
from gradcalc.analysis.simulation import Simulation, parameters_by_node, simulation
from gradcalc.arithmetic.low_precision import LowPrecision


def run(spec: Any, dtype: str = "float16", **options: Any) -> Simulation:
    low = LowPrecision(dtype, **options)
    return simulation(precision(load(spec), [dtype]), low)


def test_errors_are_relative_to_the_exact_gradients() -> None:
    for one in run("mazur").gradients:
        exact = Fraction(one.quantity.exact)
        assert one.relative_error == pytest.approx(float(abs(Fraction(one.simulated) - exact) / abs(exact)), rel=1e-9)
        assert one.relative_error is not None and one.relative_error < 2.0**-8


def test_the_first_that_is_lost_has_none_before_it() -> None:
    found = run("deep", accumulate="float16")
    assert found.lost == 21 and found.overflown == 0 and found.first is not None
    assert (found.first.quantity.kind, found.first.quantity.of, found.first.becomes) == ("output", "h21", 0)
    factors = found.first.factors
    assert factors is not None and factors.names == ("δ of h22", "w22")
    assert 0 < abs(factors.values[0] * factors.values[1]) <= 2.0**-25


def test_a_derivative_may_be_the_factor() -> None:
    first = run({"input": 1, "target": 1, "weights": [16, 0.001], "activation": "sigmoid"}).first
    assert first is not None and first.factors is not None
    assert (first.quantity.kind, first.quantity.of) == ("delta", "h1")
    assert first.factors.names == ("∂L/∂h1", "σ′(z) of h1") and first.factors.values[1] == 0  # 1 − y of a stored y = 1


def test_an_overflow_by_the_loss_scale_is_the_first_from_the_loss() -> None:
    found = run("residual", loss_scale=2.0**17)
    assert found.first is not None and (found.first.quantity.kind, found.first.quantity.of) == ("output", "y")
    assert math.isinf(found.first.becomes) and found.overflown > 0


def test_a_loss_scale_in_the_window_loses_nothing() -> None:
    for scale in (2.0**8, 2.0**20):
        found = run("resnet", loss_scale=scale)
        assert found.first is None and not found.lost and not found.overflown


def test_several_units_and_examples_have_no_two_factors() -> None:
    spec = {"input": [[1e-5], [1e-5]], "target": [[0], [0]], "activation": "identity", "weights": [1e-3]}
    first = run(spec).first
    assert first is not None and first.factors is None and first.quantity.example == 0


def test_a_tied_weight_is_one_gradient_summed_in_float32() -> None:
    spec = {"input": 0.5, "target": 1, "parameters": {"v": 0.5}, "weights": ["v", "v", "v"]}
    (one,) = run(spec).gradients
    assert one.quantity.of == "v" and one.relative_error is not None and one.relative_error < 2.0**-10


def test_an_input_may_be_the_factor() -> None:
    """δ·x = −2·10⁻⁴·½·10⁻⁴, of which float16 has nothing."""
    first = run({"input": 1e-4, "target": 1e-4, "weights": [0.5], "activation": "identity", "loss": "sse"}).first
    assert first is not None and (first.quantity.kind, first.quantity.of, first.becomes) == ("gradient", "w1", 0)
    assert first.factors is not None and first.factors.names == ("δ of y", "x")
    assert first.factors.values == pytest.approx((-1e-4, 1e-4), rel=1e-3) and first.factors.output is None


def test_parameters_of_a_layer_stand_in_their_order() -> None:
    """The shared b is of the last layer that has it, behind a."""
    layers = [{"weight": "b"}, {"weight": "a", "bias": "b"}]
    network = load({"input": 1, "target": 1, "parameters": {"a": 0.1, "b": 0.2}, "layers": layers})
    assert parameters_by_node(network) == {2: [0, 1]}
