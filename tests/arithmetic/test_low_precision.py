"""What is stored, what accumulates, and what a loss scale moves; at both grains alike."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest

from gradcalc import load, losses
from gradcalc.activations import ACTIVATIONS, bind
from gradcalc.analysis.computation import compute
from gradcalc.arithmetic.float_formats import FORMATS, rounding
from gradcalc.arithmetic.low_precision import LowPrecision, TwoFactors, everywhere
from gradcalc.engine.array_point import array_point
from gradcalc.engine.scalar_point import scalar_point
from gradcalc.errors import UsageError
from gradcalc.losses import LOSSES
from gradcalc.network.graph import graph

HALF = rounding("float16")


def half(**options: Any) -> LowPrecision:
    return LowPrecision("float16", **options)


def test_products_accumulate_in_float32_and_are_rounded_once() -> None:
    kind = half()
    one, small = kind.number(1), kind.number(2.0**-11)
    assert one + one * small + one * small == 1 + 2.0**-10  # each alone would be lost beside 1
    assert (one + one * small + one * small).sum == 1 + 2.0**-10


def test_in_the_pure_case_every_sum_is_rounded() -> None:
    kind = half(accumulate="float16")
    one, small = kind.number(1), kind.number(2.0**-11)
    assert one + one * small + one * small == 1


def test_products_take_what_is_stored() -> None:
    kind = half()
    whole = kind.number(1) + kind.number(2.0**-11) * kind.number(1)
    assert whole.sum == 1 + 2.0**-11 and whole == 1 and (whole * kind.number(1)).sum == 1


@pytest.mark.parametrize("dtype", FORMATS)
def test_every_value_of_a_pass_is_a_number_of_the_format(dtype: str) -> None:
    rounded, at = rounding(dtype), scalar_point(graph(load("resnet")), LowPrecision(dtype))
    for node in range(len(at.graph.network.nodes)):
        for rows in (at.output(node), at.adjoint(node)):
            assert all(rounded(x) == x for row in rows for x in row)
    assert all(rounded(at.gradient(number)) == at.gradient(number) for number in range(41))


def test_a_loss_scale_moves_the_range_and_nothing_else() -> None:
    plain, moved = (compute(load("mazur"), low=half(loss_scale=scale)) for scale in (1.0, 2.0**10))
    assert plain.gradients == moved.gradients and plain.forward == moved.forward
    deep = load("deep")
    lost = [sum(g == 0 for g in compute(deep, top=0, low=half(loss_scale=s)).gradients.values()) for s in (1, 2**16)]
    assert lost[1] < lost[0]


def test_past_the_largest_number_is_infinite_and_saturated_it_is_the_largest() -> None:
    spec = load({"input": 100, "target": 0, "activation": "identity", "weights": [100, 100]})
    assert compute(spec, low=half()).forward["y"].output == math.inf
    assert math.isnan(compute(spec, low=LowPrecision("float8_e4m3fn")).forward["y"].output)
    assert compute(spec, low=LowPrecision("float8_e4m3fn", saturate=True)).forward["y"].output == 448


SPECS = {
    "a batch of three": {
        "input": [[0.1, 0.2], [0.3, 0.4], [0.5, -0.6]],
        "target": [[0.5], [0.6], [0.1]],
        "layers": [
            {"weight": [[1.3, 2.1], [0.3, 0.4]], "bias": [0.1, 0.2], "activation": "tanh"},
            {"weight": [[0.7, -1.1]], "activation": "sigmoid"},
        ],
    },
    "a mean": {
        "input": {"a": 0.1, "b": 0.3, "c": 0.7},
        "target": 0.7,
        "layers": [{"from": ["a", "b", "c"], "join": "mean", "weight": 0.3, "activation": "tanh"}],
    },
    "a softmax": {
        "input": [0.1, 0.2],
        "target": 1,
        "loss": "cross_entropy",
        "layers": [{"weight": [[1.3, 2.1], [0.3, 0.4]], "activation": "softmax"}, {"weight": [[1.5, 2.5], [3, -4]]}],
    },
}


@pytest.mark.parametrize("accumulate", ["float32", "float16"])
@pytest.mark.parametrize("spec", ["residual", "mazur", "circuit", "rnn", "resnet", *SPECS])
def test_both_grains_have_the_same_numbers(spec: str, accumulate: str) -> None:
    laid, kind = graph(load(SPECS.get(spec, spec))), half(accumulate=accumulate)
    units, arrays = scalar_point(laid, kind), array_point(laid, kind)
    near = {"rtol": 2.0**-10, "atol": 2.0**-24}  # sums of three terms and more may be added in another order
    np.testing.assert_allclose(float(units.loss), float(arrays.loss), rtol=1e-6)
    for node in range(len(laid.network.nodes)):
        np.testing.assert_allclose(units.output(node), np.array(arrays.output(node), float), **near)
        np.testing.assert_allclose(units.adjoint(node), np.array(arrays.adjoint(node), float), **near)
    for number in range(len(laid.network.parameters)):
        np.testing.assert_allclose(units.gradient(number), np.array(arrays.gradient(number), float), **near)


def test_targets_are_compared_with_in_float32() -> None:
    found = compute(load({"input": 1, "target": 0.1, "activation": "identity", "weights": [0.5]}), low=half())
    assert found.loss is not None and found.loss.value == pytest.approx((0.5 - 0.1) ** 2, rel=1e-6)


def test_weights_and_inputs_are_rounded() -> None:
    found = compute(load({"input": 0.1, "target": 1, "activation": "identity", "weights": [0.3]}), low=half())
    assert found.forward["x"].output == HALF(0.1)
    assert found.forward["y"].output == HALF(HALF(0.1) * HALF(0.3))


def test_an_arithmetic_and_its_numbers_are_pickled() -> None:
    kind = pickle.loads(pickle.dumps(LowPrecision("float8_e5m2", "float8_e5m2", True, 8.0)))
    assert (kind.name, kind.accumulate, kind.saturate, kind.loss_scale) == ("float8_e5m2", "float8_e5m2", True, 8.0)
    number = pickle.loads(pickle.dumps(half().number(0.1)))
    assert type(number) is float and number == HALF(0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"accumulate": "float64"}, "sums accumulate in float32 or in float16"),
        ({"saturate": True}, "is for formats of 8 bits"),
        ({"loss_scale": 0.0}, "takes a positive number"),
        ({"loss_scale": math.inf}, "takes a positive number"),
    ],
)
def test_what_changes_nothing_or_means_nothing_is_an_error(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        half(**options)


def test_sums_go_on_with_what_was_summed_and_products_with_what_is_stored() -> None:
    """Next to 3 the numbers of float16 are 2⁻⁹ apart."""
    three, little = half().number(3.0), 2.0**-12
    more = three + little
    assert (float(more), more.sum) == (3.0, 3 + little) == (float(little + three), (little + three).sum)
    assert ((-more).sum, abs(-more).sum, float(-more)) == (-3 - little, 3 + little, -3.0)
    assert (more - three).sum == little and (1 - more).sum == -2 - little and (more - 1).sum == 2 + little
    assert (more * 2).sum == 6.0 == (2.0 * more).sum and (more * three).sum == 9.0
    assert (more / 2).sum == 1.5 + little / 2 and float(more / 2) == 1.5 and type(more / 2.0) is float
    behind = half(loss_scale=4.0).of_backward(3.0)
    assert type(behind / 2) is float and behind / 2 == 1.5 and behind.is_backward and (three * behind).is_backward
    assert (three + behind).is_backward and not (three + three).is_backward
    third = half().number(1 / 3)
    assert (third.given, float(third), third.sum) == (float(np.float32(1 / 3)), HALF(1 / 3), HALF(1 / 3))
    assert type(pickle.loads(pickle.dumps(third))) is float


def test_each_product_of_two_factors_is_rounded() -> None:
    three = half().number(3.0)
    twice = three * TwoFactors(0.4, 0.77)
    assert float(twice) == HALF(HALF(3 * 0.4) * 0.77) != HALF(3 * 0.308) and TwoFactors(0.5) == 0.5
    assert float(TwoFactors(0.25, 0.5)) == 0.125


OF_THE_OUTPUT = {"sigmoid": lambda y: y * (1 - y), "tanh": lambda y: 1 - y**2, "exp": lambda y: y}


@pytest.mark.parametrize("accumulate", ["float32", "float16"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_stored_and_its_derivative_is_in_float32(name: str, accumulate: str) -> None:
    row, kind, single = bind(name, {"pieces": 2} if name == "maxout" else {}), half(accumulate=accumulate), np.float32
    numbers = [kind.number(x) for x in (0.3, -1.7, 2.2, 0.9)]
    alpha = kind.number(0.3)
    for z in [numbers] if row.couples else numbers:
        given, floats = (z, alpha)[: 1 + row.parametric], ([*map(float, z)] if row.couples else float(z), float(alpha))
        values, exact = kind.value(row)(*given), row.value(*floats[: len(given)])
        assert np.array(values).tolist() == np.array(exact).astype(single).astype(np.float16).astype(float).tolist()
        derivatives, exact = kind.derivative(row)(*given), row.derivative(*floats[: len(given)])
        if name in OF_THE_OUTPUT:
            exact = OF_THE_OUTPUT[name](float(values))
        if name == "sigmoid" and accumulate == "float16":  # two factors, which multiply one after the other
            assert (derivatives.first, derivatives.second) == (HALF(1 - float(values)), float(values))
            continue
        assert np.array(derivatives).tolist() == np.array(exact).astype(single).astype(float).tolist()
        if row.alpha_derivative:
            assert kind.alpha_derivative(row)(*given) == float(single(row.alpha_derivative(*floats)))
    assert (kind.alpha_derivative(row) is None) == (not row.parametric)


@pytest.mark.parametrize("scale", [1.0, 1024.0])
@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_in_float32_of_stored_outputs_and_given_targets(name: str, scale: float) -> None:
    kind, row = half(loss_scale=scale), losses.bind(name, scale=0.5)
    ys, ts = ([kind.number(x) for x in numbers] for numbers in ((0.3, 0.7), (0.9, 0.1)))
    outputs, targets = [HALF(0.3), HALF(0.7)], [float(np.float32(0.9)), float(np.float32(0.1))]
    assert kind.loss(row).value(ys, ts) == float(np.float32(row.value(outputs, targets)))
    for found, exact in zip(kind.loss(row).derivatives(ys, ts), row.derivatives(outputs, targets), strict=True):
        assert found.sum == float(found) == float(np.float32(exact)) and found.is_backward  # not stored yet
        assert found * 1 == HALF(found.sum * scale) / scale
    assert kind.loss(row).value(ys, [0.9, 0.1]) == float(np.float32(row.value(outputs, [0.9, 0.1])))


def test_a_number_of_the_backward_pass_is_stored_times_the_loss_scale() -> None:
    tiny = 2.0**-26  # less than half of the smallest number of float16
    assert half().of_backward(tiny) == 0 and half(loss_scale=4.0).of_backward(tiny) == tiny
    assert half().number(0.1, exact="1/3") == HALF(1 / 3) and half().number(0.1, "1/3").given == float(
        np.float32(1 / 3)
    )


def test_the_range_of_normal_numbers() -> None:
    kind = half()
    assert kind.is_normal(2.0**-14) and kind.is_normal(-65504.0)
    assert not kind.is_normal(2.0**-15) and not kind.is_normal(65505.0) and not kind.is_normal(0.0)
    assert (kind.log10(-100.0), kind.log10(0.0), kind.log10(math.inf)) == (2.0, None, None)
    assert kind.seed(3) == float(np.float32(1 / 3)) and kind.functions.exp(0.0) == 1.0


def test_what_a_function_cannot_take_is_not_a_number() -> None:
    assert math.isnan(everywhere(math.log)(-1.0)) and everywhere(math.log)(1.0) == 0.0
    assert list(map(math.isnan, everywhere(lambda row: [math.exp(x) for x in row])([1e9, 1.0]))) == [True, True]
