"""Where a number is so small beside its terms that rounding may have made it: 2⁻⁴⁰ of their sizes, and no more."""

from __future__ import annotations

from math import pi
from typing import Any

import pytest

import gradcalc
from gradcalc.analysis.computation import may_be_rounding
from gradcalc.analysis.point import computed, point
from gradcalc.arithmetic.float64 import Double
from gradcalc.arithmetic.low_precision import LowPrecision
from gradcalc.network.graph import graph

LINEAR: dict[str, Any] = {"input": 1, "loss": "output", "activation": "identity"}
LESS, MORE = 0.99, 1.01


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


UNIT = 2.0**-40


@pytest.mark.parametrize(
    ("of", "unit"),
    [
        (sum_of, 2 * UNIT),
        (lambda left: joined(left, "mean"), 2 * UNIT),  # −left/2 beside 1
        (normed, UNIT),
        (lambda left: one_layer(pi + left, "sin"), pi * UNIT),
        (lambda left: one_layer(pi / 2 + left, "sin"), pi / 2 * UNIT),  # its derivative
        (lambda left: one_layer(left, "sin"), UNIT),
        (lambda left: one_layer(1 + left, {"formula": "x - 1"}), UNIT),
        (lambda left: one_layer(4 + left, "identity", target=4, loss="sse"), 4 * UNIT),  # y − t beside t
        (two_paths, 2 * UNIT),
        (of_input, 2 * UNIT),
        (lambda left: one_layer(1, input=[[1], [-1 - left]]), 2 * UNIT),  # ∂L/∂w1 = −left/2 of two examples
    ],
)
def test_what_is_small_beside_its_terms(of: Any, unit: float) -> None:
    found = [may_be_rounding(point(gradcalc.load(of(share * unit)))) for share in (LESS, MORE)]
    assert found == [True, False]
    assert may_be_rounding(point(gradcalc.load(of(-LESS * unit))))


@pytest.mark.parametrize("spec", [sum_of(0), joined(0, "mean"), two_paths(0), of_input(0)])
def test_what_is_0_of_terms_that_are_not(spec: dict[str, Any]) -> None:
    assert may_be_rounding(point(gradcalc.load(spec)))


@pytest.mark.parametrize(
    "spec",
    [
        sum_of(0, "relu"),  # it is on the kink
        one_layer(0, "sin"),
        one_layer(4, target=4, loss="sse"),
        sum_of(UNIT, "relu"),  # it may be on the other side of a kink
        one_layer(UNIT, "tanh"),
        one_layer(4 + UNIT, target=4, loss="mae"),
        one_layer(5, target=4, loss="sse"),
        normed(1),
        two_paths(0.5),
        joined(1, "multiply"),
    ],
)
def test_what_rounding_has_not_made(spec: dict[str, Any]) -> None:
    assert not may_be_rounding(point(gradcalc.load(spec)))


def test_in_decimal_digits_the_last_four_count() -> None:
    for small, found in ((1.9e-46, True), (2.1e-46, False)):
        network = gradcalc.load(one_layer([[1, 1, 1]], input=[1, -1, small]))
        assert may_be_rounding(point(network, 50)) is found
    assert not may_be_rounding(point(gradcalc.load(sum_of(UNIT)), 50))


def test_in_extended_range_as_in_float64_and_in_no_format_of_fewer_bits() -> None:
    small = {"weight": 1e-200}
    for left, found in ((LESS, True), (MORE, False)):
        spec = sum_of(left * 2 * UNIT)
        at = point(gradcalc.load(spec | {"layers": [*spec["layers"], small, small]}))
        assert at.arithmetic.name == "extended" and may_be_rounding(at) is found
        assert not may_be_rounding(point(gradcalc.load(spec), low=LowPrecision("float32")))


def test_wide_networks_and_many_values_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for examples, outputs, found in ((80, 1, True), (69, 3, False)):  # of each 25 values, or 29
        layers = [{"weight": [[1, 1], *([[1, 2]] * 9)]}, {"weight": [[1] * 10] * outputs}]
        spec = LINEAR | {"input": [[1, -1 - UNIT]] * examples, "layers": layers}
        at = point(gradcalc.load(spec))
        assert may_be_rounding(at) is found
    laid = graph(gradcalc.load(sum_of(UNIT)))
    assert may_be_rounding(computed(laid, Double))
    monkeypatch.setattr("gradcalc.analysis.point.THIN", 0)
    assert not may_be_rounding(computed(laid, Double, few=-1))
