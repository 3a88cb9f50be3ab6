"""What the judge of two programs takes for wrong, for rounding, for the slope on a kink, and for a sum by length."""

import pytest
from reference.network import flat

import gradcalc
from differential.judging import LENGTH, Comparison, Judge, judge, judges_of, relative
from differential.plain_spec import read

WELL_CONDITIONED = {
    "a formula": {
        "input": 0.7, "target": 0.2,
        "layers": [{"weight": 1.3, "activation": {"formula": "x - tanh(x)"}}, {"weight": 0.8, "activation": "tanh"}],
    },
    "a norm and a skip": {
        "input": [0.3, -1.2], "target": [0.1, 0.4], "loss": {"formula": "abs(y - t)^3"},
        "layers": [
            {"weight": [[0.7, -0.4], [0.2, 1.1]], "activation": "rms_norm"},
            {"weight": [[0.5, 0.3], [-0.8, 0.6]], "bias": 0.1, "activation": "gelu"},
        ],
        "skips": {"every": 1, "weight": 0.3},
    },
    "a batch": {
        "input": [[0.5], [-0.25], [1.5]], "target": [1, 0, 0.5],
        "layers": [{"weight": [[0.9], [-0.6]], "activation": "softmax"}, {"weight": [[0.4, 0.3]], "activation": "elu"}],
    },
}  # fmt: skip
CANCELLING = {
    "input": 1.3e-5, "target": 0.01, "loss": {"formula": "abs(y - t)^3"},
    "layers": [
        {"weight": 1.1, "activation": {"formula": "x - tanh(x)"}},
        {"weight": 0.9, "activation": {"name": "rms_norm", "eps": 1e-8}},
    ],
}  # fmt: skip
"""x − tanh(x) is about x³/3 there: less than a millionth of that is known."""


def on(activation, bias=0):
    """Examples on both sides of a kink as soon as the weight moves."""
    layers = [{"weight": 0, "bias": bias, "activation": activation}]
    return {"input": [[1.3], [-0.7], [2]], "target": [5, 7, 11], "layers": layers}


def joined(join, activation="identity"):
    layer = {"from": {"x1": 1, "x2": 1}, "join": join, "activation": activation}
    inputs = {"x1": [[1.5], [-2]], "x2": [[1.5], [-2]]}
    return {"input": inputs, "target": [3, 7], "layers": [layer]}


KINKS = {
    "relu": on("relu"), "leaky_relu": on("leaky_relu"), "elu": on({"name": "elu", "alpha": 0.7}), "selu": on("selu"),
    "prelu": on({"name": "prelu", "alpha": 0.3}), "celu": on("celu"), "hardtanh": on("hardtanh", 1),
    "relu6": on("relu6", 6), "hard_sigmoid": on("hard_sigmoid", -3), "hard_swish below": on("hard_swish", -3),
    "hard_swish above": on("hard_swish", 3), "step": on("step"), "sign": on("sign"), "abs": on("abs"),
    "formulas": on({"formula": "relu(x) - 2abs(x) + sign(x) + min(x, 3x) + max(x/2, -x, 0)"}),
    "max": joined("max"), "min": joined("min"), "relu of min": joined("min", "relu"),
    "maxout": {
        "input": [[1.5], [-2]], "target": [3, 7],
        "layers": [{"weight": [[0.4], [0.4]], "activation": {"name": "maxout", "pieces": 2}}],
    },
    "mae": {"input": [[1], [2]], "target": [0.5, 1], "loss": "mae", "weights": [0.5], "activation": "identity"},
    "hinge": {"input": [[1], [-2]], "target": [2, 1], "loss": "hinge", "weights": [0.5], "activation": "identity"},
    "beside a skip": {
        "input": [[1.3], [-0.7], [2]], "target": [1, 2, 3], "skips": [{"from": "x", "to": "y", "into": "output"}],
        "layers": [{"weight": 0.5, "activation": "tanh"}, {"weight": 0, "activation": "relu"}],
    },
}  # fmt: skip


def verdict(spec, name, numbers, theirs):
    """Of a gradient, where no more is known of rounding than noise says."""
    return judge(judges_of(read(spec)), Comparison(f"gradient {name}", numbers, theirs, relative(numbers, theirs)), 0.0)


def gradients(spec):
    return {name: flat(value) for name, value in gradcalc.compute(gradcalc.load(spec), top=0).gradients.items()}


@pytest.mark.parametrize("name", WELL_CONDITIONED)
def test_a_gradient_that_is_off_by_1e_9_is_wrong(name):
    spec = WELL_CONDITIONED[name]
    for parameter, right in gradients(spec).items():
        place = max(range(len(right)), key=lambda n: abs(right[n]))
        wrong = [x * (1 + 1e-9) if n == place else x for n, x in enumerate(right)]
        assert verdict(spec, parameter, wrong, right).who == "ours", parameter
        assert verdict(spec, parameter, right, wrong).who == "PyTorch", parameter


def test_what_cancels_in_a_formula_is_rounding_and_no_more_than_that():
    for parameter, (found,) in gradients(CANCELLING).items():
        (true,) = Judge(read(CANCELLING)).gradient(parameter)
        assert abs(found - true) > 1e-9 * abs(true)
        assert verdict(CANCELLING, parameter, [found], [2 * found]).who == "rounding"
        assert verdict(CANCELLING, parameter, [found * (1 + 1e-3)], [found]).who == "ours"


@pytest.mark.parametrize("name", KINKS)
def test_on_a_kink_a_slope_is_that_of_the_conventions(name):
    spec = KINKS[name]
    for parameter, found in gradients(spec).items():
        true = Judge(read(spec)).gradient(parameter)
        assert found == pytest.approx(list(map(float, true)), rel=1e-13, abs=1e-30), parameter


def test_sums_by_length():
    spec = WELL_CONDITIONED["a norm and a skip"]
    for name, sums in gradcalc.paths(gradcalc.load(spec), wrt=["w1", "b2", "x"], top=0).sums.items():
        found = [LENGTH**term.length * x for term in sums.by_length for x in flat(term.contribution)]
        size = len(found) // len(sums.by_length)
        true = Judge(read(spec)).value(f"lengths {name}", range(size))
        assert [sum(found[n::size]) for n in range(size)] == pytest.approx(list(map(float, true)), rel=1e-13), name


@pytest.mark.parametrize("avoid", ["h1", "w1"])
def test_sums_past_a_node_or_a_weight(avoid):
    spec = WELL_CONDITIONED["a norm and a skip"]
    for name, sums in gradcalc.paths(gradcalc.load(spec), wrt=["w1", "w2", "h1", "x"], avoid=avoid, top=0).sums.items():
        found = flat(sums.value)
        true = Judge(read(spec)).value(f"without:{avoid} {name}", range(len(found)))
        assert found == pytest.approx(list(map(float, true)), rel=1e-13, abs=1e-30), name
