"""A pass in low precision beside the exact one: errors, what is lost, and where that happens first."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import mpmath
import pytest

from gradcalc import load
from gradcalc.analysis.point import point
from gradcalc.analysis.precision import precision, quantities
from gradcalc.analysis.simulation import Simulation, factors, parameters_by_node, simulation
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


SSE: dict[str, Any] = {"input": 2, "target": 1, "loss": "sse", "activation": "square"}
TWO: dict[str, Any] = {"input": {"a": 1, "b": 2}, "target": 0, "loss": "sse", "activation": "square"}
LAST = {"delta y": ("∂L/∂y", "σ′(z) of y")}
HIDDEN = {"delta h1": ("∂L/∂h1", "σ′(z) of h1"), "output h1": ("δ of y", "w2"), "gradient w2": ("δ of y", "h1")}
FIRST = {"output x": ("δ of h1", "w1"), "gradient w1": ("δ of h1", "x")}
SECOND = {"delta h2": ("∂L/∂h2", "σ′(z) of h2"), "output h2": ("δ of y", "w3"), "gradient w3": ("δ of y", "h2")}
OF_TWO = LAST | {"delta g": ("∂L/∂g", "σ′(z) of g"), "output g": ("δ of y", "w2"), "gradient w2": ("δ of y", "g")}


@pytest.mark.parametrize(
    ("spec", "products"),
    [
        (SSE | {"layers": [{"weight": 3, "bias": -5}, {"weight": 0.5}]}, LAST | HIDDEN | FIRST),
        (
            SSE | {"weights": [0.5, 0.25, 2], "skips": [{"from": "h1", "to": "y", "weight": 4}]},
            LAST
            | SECOND
            | FIRST
            | {"delta h1": HIDDEN["delta h1"], "gradient w2": ("δ of h2", "h1")},  # of h1 two terms
        ),
        (
            SSE | {"weights": [0.5, 2], "skips": [{"from": "x", "to": "h1", "weight": 4, "into": "output"}]},
            LAST | HIDDEN | {"gradient w1": FIRST["gradient w1"]},
        ),
        (
            SSE | {"parameters": {"v": 0.5}, "weights": ["v", "v"]},
            LAST | {"delta h1": HIDDEN["delta h1"], "output h1": ("δ of y", "v"), "output x": ("δ of h1", "v")},
        ),
        (
            SSE | {"parameters": {"v": 0.5}, "layers": [{"weight": "v"}, {"weight": 2, "bias": "v"}]},
            LAST | HIDDEN | {"output x": ("δ of h1", "v")},
        ),
        (
            SSE
            | {
                "input": -2,
                "parameters": {"v": 0.5},
                "layers": [{"weight": "v", "activation": {"name": "prelu", "alpha": "v"}}, {"weight": 2}],
            },
            LAST | HIDDEN | {"output x": ("δ of h1", "v")},
        ),
        (TWO | {"layers": [{"name": "g", "from": {"a": 0.5, "b": 2}}, {"name": "y", "weight": 0.25}]}, OF_TWO),
        (
            TWO
            | {
                "layers": [{"name": "g", "from": {"a": 0.5}}, {"name": "y", "weight": 0.25}],
                "skips": [{"from": "b", "to": "y", "weight": 2}],
            },
            OF_TWO | {"output a": ("δ of g", "w1_a"), "gradient w1_a": ("δ of g", "a")},
        ),
        (
            TWO | {"layers": [{"name": "g", "from": ["a", "b"], "join": "multiply", "weight": 0.5}, {"from": "g"}]},
            {"delta g": OF_TWO["delta g"]} | LAST,
        ),
        (
            SSE | {"layers": [{"weight": 3, "activation": "softmax"}]},
            {"output x": ("δ of y", "w1")} | {"gradient w1": ("δ of y", "x")},
        ),
        (
            SSE | {"target": {"h1": 1, "y": 2}, "weights": [0.5, 0.25]},
            LAST | FIRST | {"delta h1": HIDDEN["delta h1"], "gradient w2": HIDDEN["gradient w2"]},
        ),
        (SSE | {"input": [[1], [2]], "target": [[1], [0]], "weights": [0.5]}, {}),
        (SSE | {"input": [1, 2], "weights": [[[1, 2]]]}, {}),
    ],
)
def test_what_is_a_product_of_two_numbers(spec: dict[str, Any], products: dict[str, tuple[str, str]]) -> None:
    at = point(load(spec), low=LowPrecision("float32"))
    backward = [one for one in quantities(at) if one.is_backward]
    found = {f"{one.kind} {one.of}": factors(at, one) for one in backward}
    assert {name: one.names for name, one in found.items() if one} == products
    outputs = {one.of: float(one.exact) for one in quantities(at) if one.kind == "value"}
    for one in backward:
        if of := found[f"{one.kind} {one.of}"]:
            assert math.prod(map(float, of.values)) == pytest.approx(float(one.exact), rel=2.0**-22)
            assert of.output == (outputs[one.of] if one.kind == "delta" else None)


def test_without_parameters_the_gradients_are_those_of_inputs() -> None:
    layer = {"from": ["b", "a"], "activation": "sigmoid"}
    found = run({"input": {"a": 0.5, "b": 0.25}, "target": 1, "layers": [layer, {"activation": "tanh"}]})
    assert [(one.quantity.kind, one.quantity.of) for one in found.gradients] == [("output", "a"), ("output", "b")]
    assert run("residual").gradients[0].quantity.kind == "gradient" and len(run("residual").gradients) == 4


@pytest.mark.parametrize(("z", "at_least_doubles"), [(1.0, False), (1.2, True)])  # y is 3/4 between them
def test_a_derivative_at_least_doubles_the_error_of_its_output(z: float, at_least_doubles: bool) -> None:
    found = run({"input": z, "target": 0, "weights": [1], "activation": "sigmoid"}).magnified
    assert (found is not None) == at_least_doubles


def test_the_derivative_that_is_furthest_off() -> None:
    """Of y(1 − y) at the stored output, in every unit and example, by mpmath; a skip that is added to the output hides
    the one that σ′ is computed from."""
    hidden = {"weight": [[3, 1], [0.5, 0.7], [4, -2]], "activation": "sigmoid"}
    spec = {"input": [[1, 2], [-1, 0.5]], "target": [[1], [0]], "layers": [hidden, {"weight": [[1, 2, -1.5]]}]}
    found = run(spec).magnified
    errors = {}
    for example, row in enumerate(spec["input"]):
        for unit, weights in enumerate(hidden["weight"]):
            y = 1 / (1 + mpmath.exp(-sum(w * x for w, x in zip(weights, row))))
            stored = mpmath.mpf(float(LowPrecision("float16").number(float(y))))
            errors[example, unit] = float(abs(stored * (1 - stored) / (y * (1 - y)) - 1))
    place = max(errors, key=errors.__getitem__)
    assert found is not None and (found.output.kind, found.output.of) == ("value", f"h1[{place[1]}]")
    assert found.output.example == place[0] and found.error == pytest.approx(errors[place], rel=1e-6)
    assert found.stored == float(LowPrecision("float16").number(float(found.output.exact)))
    added = {"input": 7, "target": 0, "weights": [1], "activation": "sigmoid"}
    assert run(added).magnified is not None
    assert run(added | {"skips": [{"from": "x", "to": "y", "into": "output"}]}).magnified is None
