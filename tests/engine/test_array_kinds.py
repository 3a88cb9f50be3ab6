"""Arrays of every kind of number, and of many points: a function has at each entry, of each row where it couples units,
what it has of that number alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import gradcalc
from gradcalc.activations import ACTIVATIONS, Activation, bind
from gradcalc.arithmetic.extended import Extended
from gradcalc.arithmetic.extended_arrays import ExtendedArray, extended
from gradcalc.arithmetic.float64 import Double
from gradcalc.arithmetic.low_precision import LowPrecision
from gradcalc.arithmetic.multiprecision import Multiprecision
from gradcalc.engine.array_extended import array_kind
from gradcalc.engine.array_gradients import Plan
from gradcalc.engine.array_point import array_point_at
from gradcalc.engine.array_points import PointsKind, points_pass
from gradcalc.losses import LOSSES
from gradcalc.network.graph import Graph, graph
from gradcalc.network.linear_graph import layer_linear_graph

KINDS: list[Any] = [Double, Extended, Multiprecision(25), LowPrecision("float16")]
NEAR = [[0.5, -1.25, 2.0, 0.0], [-3.0, 0.75, 1.0, -0.5]]
FAR = [["0", "1e-400", "-2e-200", "1e-295"], ["-800", "3", "-1e3", "0.5"], ["-7e-320", "36", "-45", "1e-150"]]
FAR += [["800", "2e5", "-2e5", "-36"]]
"""Entries that float64 has and those that it has not, beside one another."""


def row_of(name: str) -> Activation:
    return bind(name, {"pieces": 2}) if name == "maxout" else bind(name)


def entries(found: Any) -> list[Any]:
    """Those of arrays or nested lists."""
    if isinstance(found, (np.ndarray, ExtendedArray)):
        found = found.tolist()
    return [x for part in found for x in entries(part)] if isinstance(found, list) else [found]


def check(found: Any, wanted: Any, within: str = "4e-15") -> None:
    """Relative to each number, of any size."""
    ours, true = entries(found), entries(wanted)
    assert len(ours) == len(true)
    for one, other in zip(ours, true):
        one, other = (x if isinstance(x, Decimal) else Decimal(str(x)) for x in (one, other))
        assert abs(one - other) <= abs(other) * Decimal(within), (one, other)


def check_row(arithmetic: Any, row: Activation, listed: list[list[Any]], z: Any) -> None:
    """σ, σ′ and ∂σ/∂α of an array, which is listed, too."""
    kind, alpha = array_kind(arithmetic), arithmetic.number(0.25)
    given = [(one,) for one in listed] if row.couples else [(x, alpha)[: 1 + row.parametric] for x in entries(listed)]
    more = (kind.array(0.25, {}),) if row.parametric else ()
    with np.errstate(all="ignore"):  # as all that computes with arrays
        values, derivatives = kind.value(row)(z, *more), kind.derivative(row)(z, *more)
    check(values, [arithmetic.value(row)(*one) for one in given])
    check(derivatives, [arithmetic.derivative(row)(*one) for one in given])
    if row.parametric:
        rule = arithmetic.alpha_derivative(row)
        check(kind.alpha_derivative(row, z, kind.array([0.25] * 4, {})), [rule(*one) for one in given])


ROWS = [*map(row_of, ACTIVATIONS), bind("leaky_relu", {"alpha": 1e-300})]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.text)
def test_an_activation_of_an_array(row: Activation) -> None:
    for arithmetic in KINDS:
        with arithmetic.context():
            listed = [list(map(arithmetic.number, one)) for one in NEAR]
            check_row(arithmetic, row, listed, array_kind(arithmetic).array(NEAR, {}))
    with Extended.context():
        further = [["1e200", "-1e200", "1e150", "-1e-155"], ["-1e-100", "-1", "1", "0"]] if row.rational else []
        listed = [list(map(Decimal, one)) for one in FAR + further]
        check_row(Extended, row, listed, extended(np.array(listed, dtype=object)))


def test_units_that_tie_in_float64_alone() -> None:
    with Extended.context():
        listed = [[Decimal("1e-400"), Decimal(0)], [Decimal(0), Decimal("1e-400")], [Decimal(1), Decimal(1)]]
        z = extended(np.array(listed, dtype=object))
        found = array_kind(Extended).derivative(row_of("maxout"))(z)
        assert found.astype(float).tolist() == [[[1, 0]], [[0, 1]], [[0.5, 0.5]]]


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_of_arrays(name: str) -> None:
    ys, ts = [[0.25, 0.75], [0.125, 0.5]], [[1.0, 0.0], [0.5, 0.25]]
    for arithmetic in KINDS:
        arrays = array_kind(arithmetic)
        with arithmetic.context():
            one, (y, t) = arithmetic.loss(LOSSES[name]), (arrays.array(values, {}) for values in (ys, ts))
            pairs = [[list(map(arithmetic.number, row)) for row in pair] for pair in zip(ys, ts)]
            check(arrays.loss(LOSSES[name], y, t), [one.value(*pair) for pair in pairs])
            check(arrays.loss_derivatives(LOSSES[name], y, t), [one.derivatives(*pair) for pair in pairs])


def spec(activation: Any, loss: str) -> dict[str, Any]:
    """Five examples of two units; a matrix, a bias, a number as a weight, an α for all units."""
    units = 4 if isinstance(activation, dict) else 2
    weight = [[0.5, -0.25], [0.75, 1.0], [-0.5, 0.25], [1.25, 0.5]][:units]
    return {
        "input": [[0.5, 1.5], [-1.0, 0.25], [0.8, -0.3], [0.1, 0.9], [-0.6, -0.7]],
        "loss": loss,
        "layers": [
            {"weight": weight, "bias": [0.3, -0.45, 0.2, 0.7][:units], "activation": activation},
            {"weight": 0.75, "bias": 0.5, "activation": {"name": "prelu", "alpha": 0.5}},
            {"weight": [[0.5, 0.25], [-0.25, 0.75]], "activation": "softmax"},
        ],
    } | ({} if loss == "output" else {"target": [[0.25, 0.75], [0.625, 0.375], [0.5, 0.25], [0.1, 0.9], [0.3, 0.7]]})


CASES = [(name if name != "maxout" else {"name": name, "pieces": 2}, "sse") for name in ACTIVATIONS]
CASES += [("tanh", name) for name in LOSSES]


@pytest.mark.parametrize(("activation", "loss"), CASES)
def test_many_points_have_what_each_has_alone(activation: Any, loss: str) -> None:
    check_points(graph(gradcalc.load(spec(activation, loss))), (0, 1, 3, 4, 5))


def test_an_alpha_that_alone_moves() -> None:
    check_points(graph(gradcalc.load(spec("tanh", "sse"))), (4,))


def check_points(laid: Graph, moving: tuple[int, ...]) -> None:
    """At three points, between which these parameters alone move: the others have no axis of points."""
    linear, points = layer_linear_graph(laid), 3
    own = [np.array(one.value) for one in laid.network.parameters]
    moved = [
        [array + 0.1 * point * (1 + number) * (number in moving) for number, array in enumerate(own)]
        for point in range(points)
    ]
    parameters = [
        np.stack([one[number].reshape((1, 1, *array.shape)[-2:]) for one in moved]) if number in moving else array
        for number, array in enumerate(own)
    ]
    rows = [[np.array(one.rows) for one in given] for given in (laid.network.inputs, laid.network.targets)]
    found = points_pass(Plan(linear, PointsKind()), parameters, *rows, points)
    assert found.lost.tolist() == [False] * points and found.loss.shape == (points,)
    for point in range(points):
        at = array_point_at(laid, Double, linear, moved[point])
        assert found.loss[point] == pytest.approx(at.loss, rel=1e-14)
        for number, value in enumerate(at.at.values):
            ours = found.at.values[number]
            np.testing.assert_allclose(ours[point] if ours.ndim == 3 else ours, value, rtol=1e-14, atol=1e-15)
        for node, adjoint in enumerate(at.adjoints):
            ours = np.broadcast_to(found.sweep.of(node), (points, *np.shape(adjoint)))[point]
            np.testing.assert_allclose(ours, adjoint, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("activation", "loss", "weights"),
    [
        ("identity", "output", [1, 1e-151, 1]),
        ("identity", "output", [1, 1, 1e151, 1]),
        ("identity", "output", [1, 1e-100, 1e-100, 1e-100]),  # the adjoint of the first layer alone
        ("tanh", "output", [87, 1]),  # the derivative, 4e^−350, and what it multiplies
        ("tanh", "output", [400, 1]),  # which is 0 there, as is all that it multiplies
        ("identity", "sse", [1, 1e-76]),  # the loss, 9e-152, alone
        ("identity", "sse", [1, 1e76]),
    ],
)
def test_at_which_points_a_number_may_be_lost(activation: str, loss: str, weights: list[float]) -> None:
    """Layers of one number and a bias of 1, the last one without; the input is 2. At two other points weights are 1."""
    layers = [{"weight": 1, "bias": 1, "activation": activation}, *[{"weight": 1, "bias": 1}] * len(weights[2:])]
    spec = {"input": 2, "loss": loss, "activation": "identity", "layers": [*layers, {"weight": 1}]}
    laid = graph(gradcalc.load(spec | ({} if loss == "output" else {"target": 0})))
    moved = iter(weights)
    parameters = [
        np.array([1.0, next(moved), 1.0]).reshape(3, 1, 1) if one.name[0] == "w" else np.array(1.0)
        for one in laid.network.parameters
    ]
    rows = [[np.array(one.rows, dtype=float) for one in given] for given in (laid.network.inputs, laid.network.targets)]
    found = points_pass(Plan(layer_linear_graph(laid), PointsKind()), parameters, *rows, 3)
    assert found.lost.tolist() == [False, True, False]


def test_a_loss_that_alone_may_be_lost() -> None:
    """1e76 squared; the derivative and all factors are far from the ends of the range."""
    spec = {"input": 2, "loss": "sse", "target": 0, "activation": "identity", "layers": [{"weight": 1, "bias": 1}]}
    laid = graph(gradcalc.load(spec))
    parameters = [np.array(1.0), np.array([1.0, 1e76, 1.0]).reshape(3, 1, 1)]
    plan = Plan(layer_linear_graph(laid), PointsKind())
    found = points_pass(plan, parameters, [np.array([[2.0]])], [np.array([[0.0]])], 3)
    assert found.lost.tolist() == [False, True, False]
