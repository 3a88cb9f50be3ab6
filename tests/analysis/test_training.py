"""Training: PyTorch's optimizers, published values, one example at a time, what is frozen or tied, early ends."""

from __future__ import annotations

import math
from math import hypot, inf
from typing import Any

import numpy as np
import pytest
from differential.training_networks import NETWORKS, RULES, STEPS
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import specs

import gradcalc
from gradcalc.analysis.optimizers import Optimizer, State, optimizer
from gradcalc.analysis.point import is_narrow
from gradcalc.analysis.training import examples_of, is_finite, round_step, train
from gradcalc.errors import DomainError, UsageError
from gradcalc.network.graph import graph
from gradcalc.network.network import norm, numbers

BY_PYTORCH = {
    ("residual", "sgd"): (0.016258128835398827, 4.411824278223843, 6.2647028306792425),
    ("residual", "adam"): (0.024661449358750125, 4.421727221844433, 5.163637050088955),
    ("residual", "adamw"): (0.013315200917305856, 6.485903260646815, 10.842936869176407),
    ("mazur", "sgd"): (0.011969508626539466, 1.0710037267427706, 5.0016451494818535),
    ("mazur", "adam"): (0.015581915116790322, 1.608642499241375, 4.756233402701685),
    ("mazur", "adamw"): (0.006708360339299502, 8.609535347100941, 15.026877441101243),
    ("classes", "sgd"): (0.03411470888500105, -0.41979497406794475, 19.256448327830288),
    ("classes", "adam"): (0.07234682462359458, -0.5368775359188588, 17.15585221745688),
    ("classes", "adamw"): (0.054768550343351076, -0.9316974755366246, 18.679294220124174),
    ("recurrent", "sgd"): (7.428742132864042e-05, 2.2340059377410975, 1.6739656022004414),
    ("recurrent", "adam"): (1.950300947245454e-05, 2.4639268519797555, 2.1237803855237103),
    ("recurrent", "adamw"): (6.070896369313314e-06, 2.691859387703486, 2.583096677428671),
    ("wide", "sgd"): (0.11537864723571946, -126.04698975013224, 307.1394480678055),
    ("wide", "adam"): (0.00024398321946119097, 0.7138163450642376, 4.859594128442582),
    ("wide", "adamw"): (4.935650091199519e-05, -7.740621215362799, 40.977330982980824),
}
"""The loss, the sum of all parameters and that of their squares after 100 steps of PyTorch 2.13.0, double precision,
by `python -m tests.differential.torch_training --print`."""


LONG = {("wide", "sgd"), ("wide", "adam"), ("wide", "adamw")}


@pytest.mark.parametrize(
    ("name", "rule"), [pytest.param(*one, marks=pytest.mark.slow if one in LONG else ()) for one in BY_PYTORCH]
)
def test_a_hundred_steps_are_those_of_pytorch(name: str, rule: str) -> None:
    found = gradcalc.train(gradcalc.load(NETWORKS[name]), steps=STEPS, **RULES[rule])
    loss, total, squares = BY_PYTORCH[name, rule]
    entries = [number for value in found.parameters.values() for number in numbers(value)]
    assert found.loss_after == pytest.approx(loss, rel=1e-10)
    assert sum(entries) == pytest.approx(total, rel=1e-10)
    assert sum(number**2 for number in entries) == pytest.approx(squares, rel=1e-10)


def test_one_step_is_the_published_one() -> None:
    found = gradcalc.train(gradcalc.load("mazur"), lr=0.5, steps=1)
    assert (found.loss_before, found.loss_after) == (pytest.approx(0.298371109, abs=1e-9), 0.29102777369359933)
    weights = [number for name in ("w1", "w2") for number in numbers(found.parameters[name])]
    published = [0.149780716, 0.19956143, 0.24975114, 0.29950229, 0.35891648, 0.408666186, 0.511301270, 0.561370121]
    assert weights == pytest.approx(published, abs=5e-9)
    assert found.parameters["b1"] == [0.35, 0.35]  # which are frozen


def test_losses_and_gradients_after_the_steps_are_those_of_the_network_after_them() -> None:
    found = gradcalc.train(gradcalc.load("rnn"), lr=0.1, steps=7)
    now = gradcalc.compute(found.after)
    assert now.loss is not None
    assert (found.loss_after, dict(found.gradients)) == (now.loss.value, dict(now.gradients or {}))
    last = found.history[-1]
    assert (last.step, last.loss) == (7, found.loss_after)
    assert dict(last.norms) == {name: pytest.approx(norm(value)) for name, value in found.gradients.items()}
    assert [step.step for step in found.history] == list(range(8))


@given(specs(), st.floats(1e-4, 0.01))
def test_a_step_is_along_the_gradient_of_the_network(spec: dict[str, Any], lr: float) -> None:
    network = gradcalc.load(spec)
    assume(network.targets and network.parameters and not all(one.frozen for one in network.parameters))
    before = gradcalc.gradients(network)
    try:
        found = gradcalc.train(network, lr=lr, steps=1)
    except DomainError:
        assume(False)
    assume(found.stopped is None)
    for parameter in network.parameters:
        slope = [0.0] * before[parameter.name].size if parameter.frozen else before[parameter.name].ravel().tolist()
        moved = [old - lr * by for old, by in zip(numbers(parameter.value), slope)]
        scale = max(map(abs, (*moved, *(lr * by for by in slope))), default=0.0)
        assert numbers(found.parameters[parameter.name]) == pytest.approx(moved, rel=1e-12, abs=1e-12 * scale)


def test_a_number_is_one_however_the_spec_writes_it() -> None:
    network = gradcalc.load({"input": 0.5, "target": 1, "layers": [{"weight": [[0.2]], "bias": [0.1]}]})
    found = gradcalc.train(network, lr=1, steps=1)
    assert found.gradients == gradcalc.compute(found.after).gradients
    assert found.parameters == {one.name: numbers(one.value)[0] for one in found.after.parameters}
    assert [one.shape for one in found.after.parameters] == [(1, 1), (1,)]
    assert (
        gradcalc.compute(found.after).loss
        == gradcalc.compute(
            gradcalc.load(
                {"input": 0.5, "target": 1, "weights": [found.parameters["w1"]], "biases": [found.parameters["b1"]]}
            )
        ).loss
    )


WIDE: dict[str, Any] = {
    "input": [[math.sin(3 * row + column) for column in range(30)] for row in range(4)],
    "target": [[0.1 * row] for row in range(4)],
    "layers": [
        {"weight": {"init": "xavier_uniform"}, "width": 70, "bias": 0, "activation": "tanh"},
        {"weight": {"init": "xavier_uniform"}, "width": 70, "activation": {"name": "prelu", "alpha": 0.1}},
        {"weight": {"init": "xavier_uniform"}, "width": 1, "bias": 0.1, "activation": "identity"},
    ],
    "skips": [{"from": "h1", "to": "h2", "weight": 0.5, "into": "output"}],
    "frozen": ["b3"],
}


@pytest.mark.parametrize(
    "options",
    [
        {"optimizer": "adam", "clip_norm": 0.1},
        *(pytest.param(options, marks=pytest.mark.slow) for options in ({}, {"online": True, "momentum": 0.5})),
    ],
)
def test_a_wide_network_is_trained_as_a_narrow_one(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    network = gradcalc.load(WIDE)
    assert not is_narrow(graph(network))
    found = gradcalc.train(network, steps=2, lr=0.005, **options)
    with monkeypatch.context() as patch:
        patch.setattr("gradcalc.analysis.training.is_narrow", lambda laid: True)
        narrow = gradcalc.train(network, steps=2, lr=0.005, **options)
    assert found.loss_after == pytest.approx(narrow.loss_after, rel=1e-12)
    moves = {name: abs(one.after - one.before) for name, one in narrow.updates.items()}
    least = sorted(moves.values())[-8]
    assert list(found.updates) == [name for name, move in moves.items() if move >= least]
    for name, value in narrow.parameters.items():
        assert numbers(found.parameters[name]) == pytest.approx(numbers(value), rel=1e-10, abs=1e-12)
    moves = sorted((abs(one.after - one.before) for one in narrow.updates.values()), reverse=True)
    assert len(narrow.updates) == found.trained == narrow.trained
    told = sorted((abs(one.after - one.before) for one in found.updates.values()), reverse=True)
    assert told == pytest.approx(moves[:8], rel=1e-9)
    for name, one in found.updates.items():
        assert one.number == narrow.updates[name].number
        assert (one.gradient, one.after) == pytest.approx((narrow.updates[name].gradient, narrow.updates[name].after))


BATCH: dict[str, Any] = {
    "input": [[0.5], [-1.0], [2.0]],
    "target": [[0.3], [0.1], [-0.4]],
    "layers": [{"weight": 0.7, "bias": 0.2, "activation": "tanh"}, {"weight": -0.4, "activation": "identity"}],
}


@pytest.mark.parametrize("width", [1, 40])
def test_one_example_at_a_time_is_a_step_on_each_alone(width: int) -> None:
    first = {"weight": {"init": "xavier_uniform"}, "width": width, "bias": 0.2, "activation": "tanh"}
    network = gradcalc.load({**BATCH, "layers": [first, {"weight": {"init": "normal"}, "width": 1}]})
    found = gradcalc.train(network, lr=0.1, steps=2, online=True, momentum=0.5)
    alone, speed = network, dict[str, Any]()
    for _ in range(2):
        for inputs, targets in zip(BATCH["input"], BATCH["target"]):
            values = {one.name: one.value for one in alone.parameters}
            given = alone.inputs[0]._replace(rows=[inputs])
            one = alone._replace(inputs=(given,), targets=(alone.targets[0]._replace(rows=[targets]),), examples=1)
            slopes = gradcalc.gradients(one)
            speed = {name: 0.5 * speed.get(name, 0.0) + slope for name, slope in slopes.items()}
            moved = {name: value - 0.1 * speed[name] for name, value in values.items()}
            parameters = tuple(each._replace(value=moved[each.name].tolist()) for each in alone.parameters)
            alone = alone._replace(parameters=parameters)
    for parameter in alone.parameters:
        assert numbers(found.parameters[parameter.name]) == pytest.approx(numbers(parameter.value), rel=1e-12)


def test_a_tied_parameter_moves_by_the_sum_over_its_uses() -> None:
    network = gradcalc.load({"input": 0.5, "target": 1, "parameters": {"w": 0.3}, "layers": [{"weight": "w"}] * 2})
    found = gradcalc.train(network, lr=1, steps=1)
    assert found.parameters == {"w": pytest.approx(0.3 - gradcalc.gradients(network)["w"])}


def test_gradients_are_scaled_to_the_norm_and_turned_to_maximize() -> None:
    network = gradcalc.load("residual")
    slopes = {name: float(value) for name, value in gradcalc.gradients(network).items()}
    size = hypot(*slopes.values())
    found = gradcalc.train(network, lr=1, steps=1, clip_norm=size / 4, maximize=True)
    moved = {one.name: one.value + slopes[one.name] / 4 for one in network.parameters}
    assert found.parameters == {name: pytest.approx(value, rel=1e-14) for name, value in moved.items()}
    assert found.loss_after > found.loss_before
    wide = gradcalc.train(network, lr=1, steps=1, clip_norm=size * 4)
    assert wide.parameters == gradcalc.train(network, lr=1, steps=1).parameters


def test_it_stops_where_the_condition_holds() -> None:
    network = gradcalc.load("residual")
    found = gradcalc.train(network, lr=1, steps=1000, until="loss < 0.1")
    before = gradcalc.train(network, lr=1, steps=found.steps - 1)
    assert found.loss_after < 0.1 <= before.loss_after
    assert (found.stopped, found.reason, found.history[-1].step) == ("until", "loss < 0.1", found.steps)
    both = gradcalc.train(network, lr=1, steps=1000, until=["loss < 0.1", "norm(*) < 0.05"])
    assert both.steps > found.steps
    assert norm(list(both.history[-1].norms.values())) < 0.05
    assert gradcalc.train(network, until="loss < 1").steps == 0


LOGARITHM: dict[str, Any] = {"input": 1, "target": 0, "loss": {"formula": "log(y)"}, "activation": "identity"}


@pytest.mark.parametrize(
    ("spec", "lr", "reason"),
    [
        ({"input": 1, "target": 0, "activation": "square", "weights": [3, 3]}, 1, "in step"),
        ({"input": 1, "target": 1, "activation": "identity", "weights": [0.1]}, 0.1, ""),
        ({**LOGARITHM, "weights": [0.1]}, 1, "the loss had no value: y: ln of -9.9"),
    ],
)
def test_where_a_number_is_no_longer_finite_the_last_network_stays(spec: Any, lr: float, reason: str) -> None:
    found = gradcalc.train(gradcalc.load(spec), lr=lr, steps=200)
    assert (found.stopped == "diverged") == bool(reason)
    assert reason in found.reason
    assert abs(found.loss_after) < inf
    after = gradcalc.compute(found.after).loss
    assert after is not None and after.value == pytest.approx(found.loss_after, rel=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": -1}, "--lr -1.0: takes a number from 0 on"),
        ({"lr": float("nan")}, "--lr nan: takes a number from 0 on"),
        ({"momentum": 1}, "--momentum 1.0: takes a number from 0 to 1, 1 excluded"),
        ({"clip_norm": 0}, "--clip-norm 0.0: takes a positive number"),
        ({"optimizer": "rmsprop"}, "--optimizer rmsprop: takes sgd, adam, adamw"),
        ({"optimizer": "adam", "momentum": 0.5}, "--momentum 0.5: has no effect, it is for sgd; adam has --beta1"),
        ({"beta1": 0.5}, "--beta1 0.5: has no effect, it is for adam and adamw"),
        ({"until": "loss"}, "until 'loss' is no condition; write one like loss < 1e-6"),
        ({"until": "norm(q) < 1"}, "no parameter is called q; names are w1, w2, w3, w_r"),
        ({"until": "abs(w*) < 1"}, "w* is more than one number"),
        ({"until": "abs(w1[1]) < 1"}, "w1 has no entry w1[1]"),
        ({"lr": "0.1"}, "lr takes a number, not '0.1'"),
        ({"steps": -1}, "steps takes a whole number from 0 on, not -1"),
    ],
)
def test_options_that_make_no_sense_are_errors(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        gradcalc.train(gradcalc.load("residual"), **options)
    assert message in str(caught.value)


def test_there_has_to_be_something_to_train() -> None:
    with pytest.raises(UsageError, match="without a target"):
        gradcalc.train(gradcalc.load({"input": 1, "weights": [1]}))
    with pytest.raises(UsageError, match="all is frozen"):
        gradcalc.train(gradcalc.load({"input": 1, "target": 1, "weights": [1], "frozen": ["w1"]}))
    with pytest.raises(UsageError, match="there is no weight"):
        gradcalc.train(gradcalc.load({"input": 1, "target": 1, "layers": [{}]}))


@pytest.mark.parametrize(
    ("least", "step"), [(0, 1), (1, 1), (2, 2), (3, 5), (5, 5), (6, 10), (11, 20), (20, 20), (51, 100), (101, 200)]
)
def test_the_history_has_round_steps(least: int, step: int) -> None:
    assert round_step(least) == step


@pytest.mark.parametrize(
    ("block", "finite"),
    [(1.0, True), (inf, False), (math.nan, False), (np.array([1.0, 2.0]), True), (np.array([[1.0], [inf]]), False)],
)
def test_a_number_or_all_of_an_array_is_finite(block: Any, finite: bool) -> None:
    assert is_finite(block) is finite


def test_an_entry_of_an_update_of_an_array() -> None:
    p, g = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.5, -1.0], [2.0, 0.0]])
    state = State(Optimizer("adam", 0.1, beta1=0.5, beta2=0.75, epsilon=1e-300))
    update = state.update({0: p}, [g])[0].of_entry((1, 0))
    assert (update.number, update.before, update.gradient, update.scale, update.used) == (1, 3.0, 2.0, 1.0, 2.0)
    assert (update.first, update.second, update.after) == ((0.0, 1.0), (0.0, 1.0), 3.0 - 0.1 * 2.0 / 2.0)


def test_two_steps_of_every_rule_by_hand() -> None:
    def after(rule: Optimizer, first: float = 2.0, second: float = -1.0) -> tuple[float, float]:
        state = State(rule)
        one = state.update({0: 1.0}, [first])[0].after
        return one, state.update({0: one}, [second])[0].after

    assert after(Optimizer(lr=0.1)) == pytest.approx((0.8, 0.9))
    assert after(Optimizer(lr=0.1, momentum=0.5)) == pytest.approx((0.8, 0.8))  # v: 2, then 1 − 1
    assert after(Optimizer(lr=0.1, weight_decay=0.5)) == pytest.approx((0.75, 0.8125))  # g: 2.5, then −1 + 0.375
    assert after(Optimizer(lr=0.1, maximize=True)) == pytest.approx((1.2, 1.1))
    assert after(Optimizer(lr=0.1, clip_norm=0.5)) == pytest.approx((0.95, 1.0))
    adam = Optimizer("adam", 0.1, beta1=0.5, beta2=0.75, epsilon=0.5)
    m, v = (0.5 * 1.0 - 0.5) / 0.75, (0.75 * 1.0 + 0.25) / (1 - 0.75**2)
    assert after(adam) == pytest.approx((1 - 0.1 * 2 / 2.5, 1 - 0.1 * 2 / 2.5 - 0.1 * m / (v**0.5 + 0.5)))
    first, _ = after(adam._replace(name="adamw", weight_decay=0.5))
    assert first == pytest.approx(1 - 0.05 - 0.1 * 2 / 2.5)
    assert after(adam._replace(weight_decay=0.5))[0] == pytest.approx(1 - 0.1 * 2.5 / 3.0)


def test_what_was_ever_clipped_is_remembered() -> None:
    state = State(Optimizer(clip_norm=5.0))
    state.update({0: 0.0, 1: 0.0}, [3.0, 4.0, 1e9])  # the norm is 5, and the third is not trained
    assert not state.clipped
    state.update({0: 0.0, 1: 0.0}, [3.0, 4.1])
    assert state.clipped
    state.update({0: 0.0, 1: 0.0}, [0.0, 0.0])
    assert state.clipped and state.updates == 3


@pytest.mark.parametrize(
    ("steps", "every", "told"),
    [
        (7, None, list(range(8))),
        (40, None, list(range(0, 41, 2))),
        (41, None, [*range(0, 41, 5), 41]),
        (101, None, [*range(0, 101, 10), 101]),
        (5, 3, [0, 3, 5]),
        (0, None, [0]),
    ],
)
def test_a_history_of_about_twenty_steps(steps: int, every: int | None, told: list[int]) -> None:
    network, seen = gradcalc.load({"input": 1, "target": 1, "weights": [0.5]}), list[int]()
    found = train(network, Optimizer(), steps, every=every, seen=lambda number, trainer: seen.append(number))
    assert [one.step for one in found.history] == told and seen == list(range(steps + 1))
    assert (found.steps, found.trained, found.stopped, found.reason) == (steps, 1, None, "")
    assert found.in_range and not found.online and not found.clipped


def test_an_optimizer_does_by_itself_what_the_published_ones_do() -> None:
    """Kingma & Ba's β₁, β₂ and ε; plain gradient descent else."""
    rule = Optimizer()
    assert (rule.name, rule.lr, rule.momentum, rule.weight_decay) == ("sgd", 0.01, 0, 0)
    assert (rule.beta1, rule.beta2, rule.epsilon, rule.clip_norm, rule.maximize) == (0.9, 0.999, 1e-8, None, False)
    others = [rule._replace(momentum=0.1), rule._replace(weight_decay=0.1), rule._replace(name="adam")]
    assert rule.rests and not any(other.rests for other in others)
    state = State(Optimizer(clip_norm=2.0))
    assert state.update({0: 1.0}, [0.0])[0].scale == 1.0 and state.update({0: 1.0}, [8.0])[0].scale == 0.25


def test_where_a_number_leaves_the_range_of_float64() -> None:
    far = {"input": 10, "target": 0, "loss": "sse", "activation": "identity", "weights": [0.5]}
    found = gradcalc.train(gradcalc.load(far), lr=1e307, steps=3)  # the gradient is 2·5·10
    assert (found.stopped, found.reason, found.steps) == (
        "diverged", "in step 1 a parameter left the range of float64", 0,
    )  # fmt: skip
    square = far | {"input": 1e160, "weights": [1e-160]}  # y is −10¹⁵⁰ after the step, and −2·10³¹⁰ the gradient
    found = gradcalc.train(gradcalc.load(square), lr=5e-171, steps=3)
    assert (found.reason, found.steps) == ("in step 1 a gradient left the range of float64", 0)
    small = gradcalc.load(far | {"input": 1, "target": 1, "weights": [1e-200, 1e-200]})
    assert not gradcalc.train(small, steps=0).in_range and gradcalc.train(gradcalc.load(far), steps=0).in_range
    past = gradcalc.load({"input": 1e17, "target": 0.5, "activation": "sigmoid", "weights": [1]})
    assert not gradcalc.train(past, steps=0).in_range  # σ′ is e^(−10¹⁷), of an exponent that extended range has not
    lost = {"input": 1, "loss": "output", "activation": "identity", "weights": [1e-300, 1e200, 1e200]}
    with pytest.raises(DomainError, match="beyond the range of float64 before the first step"):
        gradcalc.train(gradcalc.load(lost))


def test_each_example_of_a_batch_is_a_batch_of_one() -> None:
    spec = {
        "input": {"a": [[1, "pi"], [3, 4], ["1/3", 6]], "b": [[7], [8], [9]]},
        "target": {"y": [[0.1], ["1/7"], [0.3]]},
        "layers": [{"name": "y", "from": {"a": [[1, 2]], "b": 3}}],
    }
    whole = gradcalc.load(spec)
    found = list(examples_of(whole))
    assert [one.examples for one in found] == [1, 1, 1] and {one.batch for one in found} == {True}
    for place in (0, 1):
        assert [one.inputs[place].rows for one in found] == [[row] for row in whole.inputs[place].rows]
    assert [one.targets[0].rows for one in found] == [[row] for row in whole.targets[0].rows]
    exact = whole.inputs[0].exact
    assert [dict(one.inputs[0].exact) for one in found] == [{(0, 1): exact[0, 1]}, {}, {(0, 0): exact[2, 0]}]
    assert [dict(one.targets[0].exact) for one in found] == [{}, {(0, 0): whole.targets[0].exact[1, 0]}, {}]


def test_the_optimizer_that_options_describe() -> None:
    assert optimizer() == optimizer(optimizer=None, lr=None, maximize=False) == Optimizer()
    assert optimizer(lr=0.5, momentum=0.0, clip_norm=2.0) == Optimizer("sgd", 0.5, clip_norm=2.0)
    adam = Optimizer("adamw", weight_decay=0.1, beta1=0.0, beta2=0.5, epsilon=0.0, maximize=True)
    assert optimizer(optimizer="adamw", weight_decay=0.1, beta1=0, beta2=0.5, epsilon=0, maximize=True) == adam
    for options in ({"momentum": 0.999}, {"weight_decay": 1e9}, {"lr": 0}, {"clip_norm": 1e-9}):
        assert optimizer(**options) == Optimizer()._replace(**options)
    for options in (
        {"momentum": 1.0}, {"optimizer": "adam", "beta1": 1.0}, {"optimizer": "adam", "beta2": 1}, {"lr": inf},
        {"weight_decay": -1e-9}, {"clip_norm": 0.0}, {"beta2": 0.5}, {"epsilon": 0.1}, {"optimizer": ""} | {"beta1": 0},
        {"optimizer": "adamw", "momentum": 0.0}, {"optimizer": "adam", "epsilon": -1.0},
    ):  # fmt: skip
        with pytest.raises(UsageError):
            optimizer(**options)
