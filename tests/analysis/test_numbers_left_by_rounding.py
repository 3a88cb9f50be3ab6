"""Which numbers are computed with more digits: those that change as all are off in their last places, and no others."""

from __future__ import annotations

from itertools import combinations
from math import pi
from typing import Any

import pytest

import gradcalc
from gradcalc.analysis.point import Point, computed, point, subjects
from gradcalc.analysis.rounded_gradients import gradients_of, gradients_of_nodes, in_doubt, loss_of, values_of
from gradcalc.arithmetic.float64 import Double
from gradcalc.arithmetic.low_precision import LowPrecision
from gradcalc.network.graph import graph

LINEAR: dict[str, Any] = {"input": 1, "loss": "output", "activation": "identity"}
LITTLE, MUCH = 1e-9, 1e-3  # of its terms, that rounding leaves few digits of, and many


def one_layer(weight: Any, activation: Any = "identity", **other: Any) -> dict[str, Any]:
    return LINEAR | {"layers": [{"weight": weight, "activation": activation}]} | other


def sum_of(left: float, activation: Any = "identity") -> dict[str, Any]:
    """z = 1 − (1 + left), of terms of 2 in all."""
    return one_layer([[1, 1 + left]], activation, input=[1, -1])


def joined(left: float, join: str) -> dict[str, Any]:
    return LINEAR | {"input": {"a": 1, "b": -1 - left}, "layers": [{"name": "y", "from": ["a", "b"], "join": join}]}


def two_paths(left: float) -> dict[str, Any]:
    """∂y/∂h1 = 1 − (1 + left), and y = 5 − left."""
    skip = {"from": "h1", "to": "y", "weight": -1 - left}
    return LINEAR | {"layers": [{"weight": 1}, {"weight": 1, "bias": 5}, {"weight": 1}], "skips": [skip]}


def of_input(left: float) -> dict[str, Any]:
    """∂y/∂x likewise, of which no gradient of a weight is made."""
    skip = {"from": "x", "to": "y", "weight": -1 - left}
    return LINEAR | {"layers": [{"weight": 1, "bias": 5}, {"weight": 1}], "skips": [skip]}


def normed(left: float) -> dict[str, Any]:
    """Two z, 1 and 1 + left, of which a norm is taken."""
    layer = {"weight": [[1], [0.5]], "bias": [0, 0.5 + left], "activation": "layer_norm"}
    return LINEAR | {"layers": [layer, {"weight": [[1, 2]]}]}


def is_in_doubt(at: Point) -> bool:
    """Whether any number of a page is."""
    network = at.graph.network
    return bool(in_doubt(at, values_of(network) | gradients_of_nodes(network) | gradients_of(subjects(network))))


def of_alpha(left: float) -> dict[str, Any]:
    """∂L/∂α, a sum of two units' −1 and 1 + left."""
    unit = {"name": "prelu", "alpha": "a"}
    layers = [{"weight": [[-1], [-1 - left]], "activation": unit}, {"weight": [[1, -1]], "bias": 5}]
    return LINEAR | {"parameters": {"a": 0.5}, "layers": layers}


@pytest.mark.parametrize(
    "of",
    [
        sum_of,
        lambda left: joined(left, "mean"),
        normed,
        lambda left: one_layer(pi + left, "sin"),
        lambda left: one_layer(pi / 2 + left, "sin"),  # its derivative
        lambda left: one_layer(1 + left, {"formula": "x - 1"}),
        lambda left: one_layer(1, {"formula": "(1 + x) - (1 - left)".replace("left", repr(left - 1))}),
        lambda left: one_layer(left, {"formula": "(1 + x) - 1"}),  # in which its own steps round
        lambda left: one_layer(4 + left, "identity", target=4, loss="sse"),
        lambda left: one_layer(4 + left, "identity", target=4, loss={"formula": "(y - t)^2"}),
        two_paths,
        of_input,
        lambda left: one_layer(1, input=[[1], [-1 - left]]),  # ∂L/∂w1 = −left/2 of two examples
        of_alpha,
    ],
)
def test_what_is_small_beside_its_terms(of: Any) -> None:
    assert [is_in_doubt(point(gradcalc.load(of(left)))) for left in (LITTLE, -LITTLE, MUCH)] == [True, True, False]


def test_no_two_terms_are_off_alike() -> None:
    """Wherever they stand in a row, and in examples of however many numbers."""
    terms = 1, -1 - LITTLE / 100
    for width in (6, 7, 8, 10):
        for places in combinations(range(width), 2):
            row = [dict(zip(places, terms)).get(place, 0) for place in range(width)]
            assert is_in_doubt(point(gradcalc.load(one_layer([[1] * width], input=row)))), (width, places)
    for width in range(90, 100):
        batch = [[x, *[0] * width] for x in terms]
        assert is_in_doubt(point(gradcalc.load(one_layer([[1] * (width + 1)], input=batch)))), width


@pytest.mark.parametrize("spec", [sum_of(0), joined(0, "mean"), two_paths(0), of_input(0)])
def test_what_is_0_of_terms_that_are_not(spec: dict[str, Any]) -> None:
    assert is_in_doubt(point(gradcalc.load(spec)))


@pytest.mark.parametrize(
    "spec",
    [
        one_layer(0, "sin"),
        one_layer(LITTLE, "sin"),
        one_layer(LITTLE, "tanh"),
        one_layer(5, target=4, loss="sse"),
        one_layer(4 + MUCH, target=4, loss="mae"),
        normed(1),
        two_paths(0.5),
        joined(1, "multiply"),
        one_layer(-1, {"name": "prelu", "alpha": 0.5}),
    ],
)
def test_what_rounding_has_not_made(spec: dict[str, Any]) -> None:
    assert not is_in_doubt(point(gradcalc.load(spec)))


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("activation", ["relu", "abs", {"formula": "max(x, 0)"}, {"formula": "abs(x)"}])
def test_a_sum_that_may_be_on_the_other_side_of_a_kink(side: int, activation: Any) -> None:
    """One unit in the last place of its terms away from it."""
    assert is_in_doubt(point(gradcalc.load(sum_of(-side * 2.0**-52, activation))))
    assert is_in_doubt(point(gradcalc.load(one_layer(4 + side * 2.0**-50, target=4, loss="mae"))))


def test_in_decimal_digits_their_last_count() -> None:
    for small, found in ((1e-46, True), (1e-38, False)):
        network = gradcalc.load(one_layer([[1, 1, 1]], input=[1, -1, small]))
        assert is_in_doubt(point(network, 50)) is found
    assert not is_in_doubt(point(gradcalc.load(sum_of(LITTLE)), 50))


def test_in_extended_range_as_in_float64_and_in_no_format_of_fewer_bits() -> None:
    small = {"weight": 1e-200}
    for left, found in ((1e-12, True), (MUCH, False)):
        spec = sum_of(left)
        at = point(gradcalc.load(spec | {"layers": [*spec["layers"], small, small]}))
        assert at.arithmetic.name == "extended" and is_in_doubt(at) is found
        assert not is_in_doubt(point(gradcalc.load(spec), low=LowPrecision("float32")))


@pytest.mark.parametrize(("formula", "y"), [("(1 + y) - 1", 1e-40), ("cosh(y) - 1", 1e-20)])
def test_losses_that_have_too_few_digits_for_their_own_steps(formula: str, y: float) -> None:
    for dps, weights in ((30, [y]), (None, [1e-200, y, 1e-200, 1e200, 1e200])):
        for last, found in ((1, True), (0.1 / y, False)):
            layers = [{"weight": weight, "activation": "identity"} for weight in (*weights, last)]
            at = point(gradcalc.load({"input": 1, "target": 0, "loss": {"formula": formula}, "layers": layers}), dps)
            assert at.arithmetic.name == (f"{dps} decimal digits" if dps else "extended")
            assert bool(in_doubt(at, loss_of(at.graph.network))) is found, (dps, last)


def test_wide_networks_and_many_values_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for examples, outputs, found in ((80, 1, True), (69, 3, False)):  # of each 25 values, or 29
        layers = [{"weight": [[1, 1], *([[1, 2]] * 9)]}, {"weight": [[1] * 10] * outputs}]
        spec = LINEAR | {"input": [[1, -1 - LITTLE]] * examples, "layers": layers}
        assert is_in_doubt(point(gradcalc.load(spec))) is found
    laid = graph(gradcalc.load(sum_of(LITTLE)))
    assert is_in_doubt(computed(laid, Double))
    monkeypatch.setattr("gradcalc.analysis.point.THIN", 0)
    assert not is_in_doubt(computed(laid, Double, few=-1))
