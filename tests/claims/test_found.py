"""Networks that once made a command say something false, or crash, checked as the long search does."""

from __future__ import annotations

from typing import Any

import pytest
from claims.networks import Case
from claims.search import Tally, check

CHAIN: dict[str, Any] = {"input": 1, "target": 0, "activation": "identity"}
HUGE = CHAIN | {"input": 1e160, "layers": [{"weight": 1e160, "repeat": 3}]}
LOGARITHMS = CHAIN | {
    "layers": [
        {"weight": [[1], [2]], "activation": "tanh"},
        {"weight": [[1, 0.5], [0.3, 2]], "activation": "log_softmax"},
    ]
}
TINY = {"weight": 1e-200}

ON_KINK: dict[str, Any] = {"input": [[0], [0]], "target": [1, 1], "layers": [{"weight": 1, "activation": "abs"}]}
ROUNDED_TO_0: dict[str, Any] = {
    "input": 50, "target": 1, "activation": "identity",
    "layers": [{"weight": 1}, {"weight": 1, "activation": "softplus"}, {"weight": 1}],
    "skips": [{"from": "h1", "to": "y", "weight": -1}],
}  # fmt: skip
LEFT_BY_ROUNDING: dict[str, Any] = {
    "input": 0.1, "target": 1, "activation": "identity", "layers": [{"weight": 3}, {"weight": 0.1}, {"weight": 3}],
    "skips": [{"from": "h1", "to": "y", "weight": -0.3}],
}  # fmt: skip
SINE: dict[str, Any] = {"input": 0.1, "target": 0, "layers": [{"weight": 1.1, "activation": "identity"}]}
SINE_IN_LOSS, SINE_IN_FORMULA = (
    SINE | {"loss": {"formula": "sin(1e17*y)"}},
    SINE | {"layers": [{"weight": 1.1, "activation": {"formula": "sin(1e17*x)"}}]},
)
CANCELLED: dict[str, Any] = {
    "input": 1, "loss": "mae", "target": [-1, -1e31],
    "layers": [{"weight": 1, "activation": "identity"}, {"weight": [[1], [1]], "activation": "identity"}],
    "skips": [{"from": "h1", "to": "y", "into": "preactivation", "weight": [[1e30], [-1e30]]}],
}  # fmt: skip
EQUAL_BUT_FOR_ROUNDING: dict[str, Any] = {
    "input": 1, "loss": "output", "activation": "identity",
    "layers": [
        {"name": "h", "weight": 1},
        *({"name": f"a{n}", "from": {"h": 0.3 * n}} for n in range(1, 6)),
        *({"name": f"b{n}", "from": {f"a{n}": -1e5 / n}, "activation": "sigmoid"} for n in range(1, 6)),
        {"name": "y", "from": {f"b{n}": 1 for n in range(1, 6)}},
    ],
}  # fmt: skip
FOUND: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "a maximum of two sources that are equal whatever their shared weight is": (
        "sweep",
        CHAIN | {
            "parameters": {"w": 3},
            "layers": [
                {"name": "a", "weight": 3}, {"name": "b", "from": {"x": "w"}}, {"name": "c", "from": {"x": "w"}},
                {"name": "m", "from": ["a", "b", "c"], "join": "max"},
            ],
        },
        {"vary": ["w=2.9,3,3.1"]},
    ),
    "an output that rounds to another, and a gradient with its name that does not": (
        "explain",
        {"input": 1e-10, "target": 1, "layers": [{"weight": 0.3, "activation": {"formula": "(exp(x) - 1 - x)/x^2"}}]},
        {"wrt": ["y"], "decimals": 12},
    ),
    "a maximum of inactive units": (
        "compute",
        CHAIN | {
            "layers": [
                {"name": "a", "weight": -3, "activation": "relu"},
                {"name": "b", "from": {"x": -1}, "activation": "relu"},
                {"name": "m", "from": ["a", "b"], "join": "max"},
            ],
        },
        {},
    ),
    "zeros of which one has no reason beside one that has": (
        "compare",
        CHAIN | {
            "input": 0.1, "parameters": {"w": 3},
            "layers": [
                {"name": "a", "weight": 3}, {"name": "b", "from": {"x": "w"}}, {"name": "c", "from": {"x": "w"}},
                {"name": "d", "from": {"x": -1}, "activation": "relu"},
                {"name": "m", "from": ["a", "b", "d"], "join": "max"}, {"name": "y", "from": {"m": 1, "c": 0}},
            ],
        },
        {"vary": ["w=2.9,3,3.1"]},
    ),
    "sources that share a weight, none of them the maximum": (
        "compute",
        CHAIN | {
            "parameters": {"w": 2},
            "layers": [
                {"name": "a", "weight": 3}, {"name": "b", "from": {"x": "w"}}, {"name": "c", "from": {"x": "w"}},
                {"name": "m", "from": {"a": 0.9, "b": "w", "c": 0.1}, "join": "max"},
            ],
        },
        {},
    ),
    "units that share a weight, all of them inactive": (
        "paths",
        CHAIN | {
            "activation": "relu", "parameters": {"w": -2},
            "layers": [{"name": "b", "from": {"x": "w"}}, {"name": "c", "from": {"x": "w"}, "bias": -1},
                       {"name": "y", "from": ["b", "c"]}],
        },
        {},
    ),
    "outputs of softmax that equal their targets, or have equal derivatives": (
        "compare",
        {"input": 1, "target": [1, 1], "loss": "mse", "layers": [{"weight": [[1], [1]], "activation": "softmax"}]},
        {"vary": ["target=[1,1],[0.5,0.5],[0,1]"]},
    ),
    "several paths of which none is the largest": (
        "compare",
        CHAIN | {
            "target": 1, "layers": [{"weight": 1}] * 3,
            "skips": [
                {"from": "h1", "to": "y", "weight": 0.5, "name": "a"},
                {"from": "h1", "to": "y", "weight": 0.5, "name": "b"},
                {"from": "h1", "to": "y"}, {"from": "h1", "to": "y", "into": "output"},
            ],
        },
        {},
    ),
    "points that six digits do not tell apart": (
        "sweep",
        {
            "input": 1, "activation": "identity", "loss": "output", "weights": [2, 1, 1],
            "skips": [{"from": "h1", "to": "y", "weight": -1, "name": "s"}],
        },
        {"vary": ["s=-1,-0.9999999999999999,-1.0000000000000002"], "show": ["w1"]},
    ),
    "whole numbers of four digits": (
        "sweep",
        {"input": 1, "activation": "identity", "loss": "output", "weights": [2, 3]},
        {"vary": ["w1=2000,2051,2049"], "show": ["w2"]},
    ),
    "a gradient at one point": (
        "sweep", {"input": 1, "activation": "identity", "loss": "output", "weights": [2, 3]}, {"vary": ["w1=1"]},
    ),
    "large gradients that no method can tell from 0": (
        "check", {"input": 1e15, "target": 1, "weights": [1.1, 1], "activation": "sin"}, {},
    ),
    "a loss whose derivative one rounding of the output changes": (
        "check", {"input": 0.1, "target": 0, "loss": {"formula": "sin(1e17*y)"}, "activation": "identity",
                  "weights": [1.1]}, {},
    ),
    "a gradient that a skip changes by a third of a percent": (
        "compare",
        {
            "input": [[1, 2], [3, -1], [0, 0]], "target": [1, 0, 1],
            "layers": [
                {"weight": [[0.5, -0.5], [0.5, 0.5]], "bias": [0.1, 0], "activation": "relu"},
                {"weight": [[1, -1]], "bias": 0},
            ],
            "skips": [{"from": "x", "to": "y", "weight": [[0.1, 0.2]]}],
        },
        {},
    ),
    "a kink that no path of an entry meets": (
        "paths",
        {
            "input": [0, 1], "target": 1,
            "layers": [{"weight": [[0.5, 0], [0, 0]], "activation": "relu"}, {"weight": [[1, -1]]}],
        },
        {"wrt": ["w1[0,0]"]},
    ),
    "variants of which the first has no skips": (
        "compare",
        CHAIN | {"layers": [{"weight": 0.1, "repeat": 9}]},
        {"vary": ["skips=[],[{from: h1, to: y}]"]},
    ),
    "a path from one of the uses of a tied weight": (
        "compare",
        {
            "input": 0.5, "target": 1, "activation": "tanh", "parameters": {"W": 0.7},
            "layers": [{"name": "p", "from": {"x": "W"}}, {"name": "y", "from": {"p": "W"}}],
            "skips": [
                {"from": "p", "to": "y", "weight": "W"}, {"from": "p", "to": "y", "weight": "W", "into": "output"},
                {"from": "x", "to": "y", "weight": "W"},
            ],
        },
        {},
    ),
    "lists of which one puts units on a kink": (
        "sweep",
        {"input": 0.5, "target": 1, "activation": "relu", "weights": [1, 1, 1]},
        {"vary": ["input=[0],[2]"]},
    ),
    "mappings that are swept": (
        "sweep",
        CHAIN | {"layers": [{"weight": 0.1, "repeat": 9}]},
        {"vary": ["skips={every: 1},{every: 2, weight: 0.5},[]"], "show": ["w1", "blocks:w1", "mean_field:w1"]},
    ),
    "variants that all have skips": (
        "compare",
        CHAIN | {"layers": [{"weight": 0.1, "repeat": 9}]},
        {"vary": ["skips={every: 1},{every: 2}"]},
    ),
    "three variants of which one has no skips": (
        "compare",
        CHAIN | {"layers": [{"weight": 0.1, "repeat": 9}, {"weight": 1, "activation": "relu", "bias": -1.1}]},
        {"vary": ["skips={every: 1},[],[{from: x, to: y, weight: 0.1}]"]},
    ),
    "one path of several listed, in extended range": (
        "compute",
        HUGE | {"skips": {"every": 1, "weight": 2}},
        {"top": 1},
    ),
    "a sum of contributions below 10^-999999": (
        "compute",
        CHAIN | {
            "input": -2e5, "activation": "sigmoid", "target": -1e5,
            "layers": [{"weight": -1e5}, {"from": ["x", "h1"], "weight": -1e5}, {"from": {"h2": -1e5}}],
            "skips": {"every": 1, "weight": -1e5},
        },
        {},
    ),
    "equal paths that are rounded in different orders": (
        "compute",
        {
            "input": 1e12, "activation": "identity", "parameters": {"P": 1e12, "Q": -1e80},
            "target": {"y": 1e12, "h2": 1e160},
            "layers": [{"weight": w} for w in (2, "Q", 2, "Q", "Q", "P", "Q", -1e80, 1e160, 1e160, -0.5, 2, "P")],
            "skips": [{"from": "h11", "to": "y", "into": "output", "weight": -0.5}],
        },
        {},
    ),
    "a sigmoid far narrower than the steps of a difference": (
        "check",
        CHAIN | {"input": 1e5, "layers": [{"weight": 1, "activation": "sigmoid"}], "loss": "huber", "target": 1e5,
                 "skips": {"every": 1, "into": "preactivation", "weight": -1}},
        {},
    ),
    "a formula that oscillates within the steps of a difference": (
        "check",
        {"input": 1, "target": 3, "layers": [{"weight": 1, "activation": {"formula": "sin(10^9*x)/1000"}}]},
        {},
    ),
    "a kink of |z| below what rounding leaves of a difference": (
        "check",
        {"input": -1e-9, "target": -1e-9, "activation": "abs", "layers": [
            {"weight": -1e-9}, {"weight": -1e-9}, {"weight": -1e-9, "bias": 0}, {"weight": -1e-9}],
         "skips": [{"from": "h1", "to": "h3", "into": "preactivation", "weight": -1e-9},
                   {"from": "h1", "to": "h2", "into": "preactivation", "weight": -2e-9}]},
        {},
    ),
    "a derivative where units stand on kinks, that their conventions do not give": (
        "check", {"input": 1, "loss": "output", "activation": "leaky_relu", "weights": [0, -2]}, {},
    ),
    "a quotient whose derivative is far smaller than those of its parts": (
        "check", {"input": 1, "target": 3, "layers": [{"weight": 1e20, "activation": "softsign"}]}, {},
    ),
    "an output that float64 alone rounds to its target": (
        "diagnose", {"input": 40, "target": 1, "weights": [1]}, {},
    ),
    "an output that float64 alone rounds to the margin of hinge": (
        "compute",
        {"input": [2, 1], "target": [1, -1], "loss": "hinge", "activation": "identity",
         "layers": [{"weight": [[0.5, 0], [0, -1]], "bias": [1e-17, 1e-17]}]},
        {},
    ),
    "a z that float64 alone rounds to a kink": (
        "check",
        CHAIN | {"input": -1e-160, "target": 1, "layers": [{"weight": 1e-200, "activation": "sign"}, {"weight": 1}]}
        | {"skips": [{"from": "h1", "to": "y", "into": "output", "weight": -1e-12}]},
        {},
    ),
    "a convention of SymPy's for a kink": (
        "check",
        {"input": 0, "target": -1, "activation": "relu", "layers": [{"weight": 1, "bias": 0}, {"weight": -1}]},
        {},
    ),
    "a convention of the complex step's for a kink": (
        "check",
        CHAIN | {"layers": [{"weight": 0}, {"weight": [[1], [-1]], "activation": "abs"}, {"weight": [[1, -1]]}]}
        | {"target": 1},
        {},
    ),
    "steps of a difference that shrink to nothing": (
        "check",
        {"input": [-9, 800, 14], "layers": [{"weight": [[-40, -800, 800], [-40, -14, -9], [-9, 9, -800]], "repeat": 5}],
         "activation": "sin", "target": [40, -9, -800]},
        {},
    ),
    "a complex step that underflows": (
        "check",
        {"input": -1e-160, "layers": [{"weight": "P", "activation": "tanh"}] * 2, "parameters": {"P": 1e-200},
         "skips": [{"from": "h1", "to": "y", "into": "preactivation", "weight": 0.5}], "target": -1e-160},
        {},
    ),
    "a kink within a step of 1e-20": (
        "check",
        {"input": -1e-9, "target": {"y": -1e-9, "h3": -1e-9}, "activation": "gelu", "layers": [
            {"weight": -1e-9, "activation": "identity"}, {"weight": -1e-9, "bias": 0},
            {"weight": -1e-9, "activation": "relu6"}, {"weight": -1e-9},
        ]},
        {},
    ),
    "a loss far smaller than a step of 1e-20": (
        "check",
        CHAIN | {"input": 1e-200, "layers": [{"weight": -1e-160}, {"weight": -1e-9, "bias": 1e-200}], "target": -1e-99},
        {},
    ),
    "an output and a target that are nearly one, and small": (
        "check",
        CHAIN | {"input": [1e-80, 0.5], "layers": [{"weight": -1e-12, "bias": [1e-200, 1e-200]}], "target": [1e-80, 0],
                 "skips": [{"from": "x", "to": "y", "into": "output"}]},
        {},
    ),
    "a gradient that underflows beside one that rounding makes 0": (
        "check", {"input": [60, 800], "target": [1, 0.5], "layers": [{"weight": 1, "activation": "sigmoid"}]}, {},
    ),
    "a maximum of constants that SymPy cannot compare": (
        "check", {"input": 800, "target": 1, "loss": "hinge", "layers": [{"weight": 1, "activation": "tanh"}]}, {},
    ),
    "ratios of thousands of digits in the formula of a loss": (
        "check",
        {"input": 1e-9, "target": 2e-9, "weights": [1e-9] * 6, "activation": {"formula": "x^3 / 3"}},
        {},
    ),
    "a loss scale that float64 knows no digits of behind the point": (
        "precision",
        {"input": 0.3, "loss": "output", "activation": "gelu",
         "layers": [{"weight": w} for w in (-1.1, -1.2, -1.1, 1e9, -1.2)]},
        {},
    ),
    "240 times 256, where the digits of extended range end in 239.99…9": (
        "precision",
        {"input": 1, "loss": "output", "activation": "identity", "weights": [0.3, 800, 1e-320]},
        {"dtype": "float8_e5m2"},
    ),
    "magnitudes whose logarithms float64 has few digits of": (
        "sweep",
        {"input": -3e10, "loss": "output", "activation": "identity",
         "layers": [{"weight": 1, "activation": "sigmoid"}, {"weight": 1}, {"weight": 1}]},
        {"vary": ["w2=1,1.0000001", "w3=1,2"]},
    ),
    "the largest of five equal paths that go through other nodes": (
        "compare",
        {
            "input": [1e-9, 2e-9], "target": [1e-9, 1e-9], "loss": "mse", "parameters": {"P": 1e-9},
            "layers": [{"weight": "P", "repeat": 4, "activation": {"formula": "x^3 / 3"}}],
            "skips": {"every": 1, "into": "output", "weight": "P"},
        },
        {"vary": ["depth=3,5"]},
    ),
    "sources of a minimum that are equal at some points as they are rounded": (
        "sweep",
        {
            "input": [[0.1], [-1e-9], [1e5]], "target": [-1, -1, -1], "activation": "identity",
            "layers": [
                {"from": {"x": 1e-5}, "activation": "relu"}, {"from": ["x", "h1"], "join": "multiply"},
                {"from": {"h1": -0.01, "h2": -1e5, "x": -0.1}, "join": "min"},
                {"from": {"h3": 1e-3, "x": 1e-9}, "join": "mean", "activation": "sigmoid"},
            ],
        },
        {"vary": ["w4_x=1e-3..1e3:log10"]},
    ),
    "a third of extended range times a loss scale of three eighths": (
        "precision",
        {"input": [[1], [1], [1]], "loss": "output", "activation": "identity", "weights": [1e-320, 1, 0.125]},
        {"dtype": "float8_e4m3fn", "loss_scale": 0.375},
    ),
    "an error of a gradient that no float64 holds": (
        "precision",
        {"input": 1001000, "loss": "output", "layers": [{"weight": -1, "bias": 1e6, "activation": "gelu_tanh"}]},
        {"dtype": "bfloat16", "simulate": True},
    ),
    "errors of billions that are equal but for rounding": (
        "precision",
        {"input": [1000030, 1.25, 1.5, 1.75, 2.5, 3.5], "loss": "output",
         "layers": [{"weight": [[-1, 0, 0, 0, 0, 0]], "bias": 1e6, "activation": "sigmoid"}]},
        {"dtype": "bfloat16", "simulate": True},
    ),
    "a product that float32 rounds to half of the least number, which becomes 0": (
        "precision",
        {"input": 1, "loss": "output", "activation": "hard_sigmoid",
         "layers": [{"weight": 1}, {"weight": 1}, {"weight": 3 * 2.0**-24, "activation": "identity"}]},
        {"simulate": True},
    ),
    "errors of an input in two examples": (
        "precision",
        {"input": [[0.6], [0.2]], "layers": [{"from": "x", "activation": "cos"}], "target": [-0.3, -2]},
        {"simulate": True},
    ),
    "heights of a drawing that are the least float64 apart": (
        "train",
        {"input": 1e-80, "loss": "output", "activation": "tanh", "skips": [{"from": "h2", "to": "y", "weight": 1e-200}],
         "layers": [{"weight": w} for w in (1e-200, -1e-160, -1e-12, 1e80)]},
        {"steps": 21, "rule": {"lr": 0.1, "optimizer": "adam"}},
    ),
    "a loss of so few digits as the least float64s have": (
        "train", {"input": 3e-162, "target": 0, "activation": "identity", "weights": [1]}, {"steps": 5, "rule": {}},
    ),
    "a loss that changes in its seventeenth digit": (
        "train",
        {"input": 0.18935516888433981, "target": 0.18935516888433981, "activation": "softplus",
         "weights": [
             -30.05066530194473, -29.991197543500512, -29.97226202661208, -30.02036847492323, -29.99580348004094,
         ]},
        {"steps": 24, "rule": {"lr": 0.3, "momentum": 0.9}},
    ),
    "gradients of values that underflow": (
        "train",
        CHAIN | {"input": 1e-160, "target": 1, "weights": [1e-200, 1e200, 1e100], "frozen": ["w1", "w2"]},
        {"steps": 1, "rule": {"lr": 0.5}},
    ),
    "a gradient without paths, with decimals": (
        "explain",
        {"input": {"a": [1, 2], "b": 1}, "target": 1, "layers": [{"from": {"b": 0.3}}]},
        {"wrt": ["a"], "decimals": 2},
    ),
    "decimals of a number without any": (
        "explain",
        {"input": -100, "layers": [{"weight": -100, "activation": "exp"}], "target": -100},
        {"wrt": ["w1"], "decimals": 0},
    ),
    "entries that are equally far off with decimals": (
        "explain",
        {"input": [0.5, -1], "target": 1, "weights": [[[0.3, 0.1]]], "activation": "identity"},
        {"wrt": ["w1"], "decimals": 1},
    ),
    "terms of a gradient that is 0": (
        "explain",
        CHAIN | {"layers": [{"weight": 1.0000001}, {"weight": 1}], "target": 1.0000001},
        {"wrt": ["w1"], "forward": True},
    ),
    "outputs that round to a kink at the points of a sweep": (
        "sweep",
        {
            "input": [60, 800], "target": [0.5, 1], "loss": "hinge",
            "layers": [{"weight": 2, "activation": "identity"}, {"weight": 1, "activation": "tanh"}],
        },
        {"vary": ["w1=0.1..0.5:0.1"]},
    ),
    "a difference to a target of 10^-209": (
        "compute",
        {"input": 240, "target": 1, "loss": "mae", "layers": [{"weight": 1, "activation": "tanh"}]},
        {},
    ),
    "an overflow in the case that is not taken, with decimals": (
        "explain",
        CHAIN | {"input": 1000, "layers": [{"weight": 1e160, "activation": "celu"}]},
        {"wrt": ["w1"], "decimals": 4},
    ),
    "a saturated unit whose σ′ no float64 holds": (
        "compute",
        CHAIN | {"input": 200, "activation": "tanh", "weights": [100]},
        {},
    ),
    "kinks of more than three units": ("compute", CHAIN | {"input": 0, "activation": "relu", "weights": [1] * 5}, {}),
    "z that is nearly 0, of abs": (
        "compute",
        CHAIN | {"input": 1e-200, "layers": [TINY, TINY, {"weight": -1e-160, "activation": "abs"}, TINY]},
        {},
    ),
    "y that is nearly the target, of mae": (
        "compute",
        CHAIN | {"input": 1e-200, "weights": [1e-200], "loss": "mae"},
        {},
    ),
    "gradients alone in extended range": (
        "compute",
        CHAIN | {"input": [0.5, -1e-160], "target": [1e-80, -1e-160], "activation": "gelu", "weights": [-1e-160]},
        {"wrt": ["y"]},
    ),
    "a kink among values of extended range": (
        "compute",
        CHAIN | {"input": 1e-80, "layers": [{"weight": 0, "activation": "relu"}, {"from": {"x": 1e-300}}]},
        {},
    ),
    "kl of logarithms": ("compute", LOGARITHMS | {"loss": "kl"}, {}),
    "nll of logarithms": ("compute", LOGARITHMS | {"loss": "nll"}, {}),
    "nll of logarithms and of probabilities": (
        "compute",
        LOGARITHMS | {
            "loss": "nll", "target": {"h1": 0, "y": 1},
            "layers": [LOGARITHMS["layers"][0] | {"activation": "softmax"}, LOGARITHMS["layers"][1]],
        },
        {},
    ),
    "a derivation of the output, rounded": (
        "explain",
        {"input": -1, "activation": "tanh", "weights": [0.3, 1], "loss": "output"},
        {"wrt": ["w2"], "decimals": 2},
    ),
    "paths that end in softmax and loss as one": (
        "explain",
        {"input": [1, 0.5], "layers": [{"weight": 0.5, "activation": "softmax"}], "loss": "kl", "target": [0.3, 0.7]},
        {"wrt": ["w1"]},
    ),
    "log_softmax of one unit, as a program": (
        "explain",
        CHAIN | {"layers": [{"weight": 0.4, "activation": "log_softmax"}, {"weight": 2}]},
        {},
    ),
    "a loss of several outputs whose terms have a minus": (
        "compute",
        CHAIN | {"activation": "sigmoid", "weights": [0.5, 2], "loss": "bce", "target": {"h1": 0.3, "y": 0.8}},
        {},
    ),
    "an output that no float64 holds": (
        "compute",
        CHAIN | {"input": -1e80, "activation": "leaky_relu", "weights": [1e160, -1e160]},
        {},
    ),
    "gelu far left of 0, as a program": (
        "explain",
        CHAIN | {"input": -14, "layers": [{"weight": 1, "activation": "gelu"}, {"weight": 0.5}]},
        {},
    ),
    "a norm of numbers whose squares overflow": (
        "explain",
        CHAIN | {
            "input": 1e160, "target": [0.8, 0.2, -0.8],
            "layers": [{"weight": 4}, {"weight": [[1.1], [-0.4], [-0.3]], "activation": "layer_norm"}],
        },
        {"forward": True},
    ),
    "a program whose cosh would overflow": (
        "explain",
        CHAIN | {"input": 1e5, "activation": "mish", "weights": [1]},
        {},
    ),
    "sizes of which only the power of ten is known": (
        "compare",
        CHAIN | {
            "input": 0.1, "target": 0.1, "activation": "gelu",
            "weights": [-1.1, -1.1, -1.1, 1e9, -1.1, -1.1, -1.1, -1.1],
            "skips": {"every": 1, "into": "output", "weight": -0.04},
        },
        {},
    ),
    "relu6 of nearly 0": (
        "explain",
        CHAIN | {"input": 1e-160, "layers": [{"weight": 1e-160, "activation": "relu6"}, {"weight": 1}]},
        {},
    ),
    "a rounded gradient that is off by more than float64 holds": (
        "explain",
        CHAIN | {"input": 1.6, "activation": {"formula": "x^3"}, "layers": [{"weight": 1, "repeat": 8}]},
        {"wrt": ["w1"], "decimals": 0},
    ),
    "a rounded gradient of what is below 10^-999999": (
        "explain",
        CHAIN | {
            "input": -1.45, "target": -1.45, "activation": "gelu",
            "layers": [{"weight": w} for w in (0.001, 1e9, 0.001, 0.001, 0.001, 0.001, 0.001)],
            "skips": {"every": 2, "into": "preactivation"},
        },
        {"wrt": ["w7"], "dps": 30, "decimals": 2},
    ),
    "a rounded gradient with a 0 that stays 0": (
        "explain",
        CHAIN | {"input": [0, 1], "target": 1, "weights": [[[0, 1]], 2]},
        {"wrt": ["w1"], "decimals": 1},
    ),
    "numbers in an exponential of over a million": (
        "explain",
        CHAIN | {
            "input": -899000.99999899901, "activation": {"formula": "x / (1 + exp(-1.702 x))"}, "weights": [1],
        },
        {"wrt": ["w1"]},
    ),
    "outputs that round to a kink, one of them by far less than float64 holds": (
        "sweep",
        CHAIN | {
            "input": [800, 40], "target": [1, 1], "loss": "mae",
            "layers": [{"weight": 2}, {"weight": 2}, {"weight": 1, "activation": "tanh"}],
        },
        {"vary": ["w1=-2..2"]},
    ),
    "an output that thousands of digits tell from its target": (
        "compute",
        CHAIN | {"input": 800, "target": 1, "loss": "mae", "weights": [2], "activation": "sigmoid"},
        {},
    ),
    "points that different numbers of digits show to be on no kink": (
        "sweep",
        CHAIN | {"input": 800, "target": 1, "loss": "mae", "weights": [1], "activation": "tanh"},
        {"vary": ["w1=0.1,1,10"]},
    ),
    "intermediates beyond float64, rounded": (
        "explain",
        CHAIN | {"input": -0.5, "weights": [1e160], "skips": [{"from": "x", "to": "y", "weight": -1e80}]},
        {"decimals": 4},
    ),
    "units of layer_norm that are large and equal": (
        "compute",
        CHAIN | {
            "layers": [{"weight": [[-0.5], [2]], "bias": 1e160, "activation": "layer_norm"}, {"weight": [[1, 2]]}]
        },
        {},
    ),
    "a weight of which one use is behind a derivative of 0": (
        "explain",
        CHAIN | {
            "input": [1, 2, 3], "parameters": {"P": [[1, 2, 0], [0.5, 0, 1]]},
            "layers": [
                {"weight": "P", "activation": "sign"}, {"from": {"x": "P"}}, {"from": {"h2": [[1, 2]], "h1": [[1, 2]]}}
            ],
        },
        {},
    ),
    "a mean length that no float64 holds": (
        "paths",
        CHAIN | {"input": -10, "activation": "sigmoid", "layers": [{"weight": -20, "repeat": 6}],
                 "skips": {"every": 2, "into": "output", "weight": -10}},
        {"unit": "blocks", "all": True},
    ),
    "blocks that multiply by more than float64 holds": (
        "sweep",
        CHAIN | {
            "input": -1, "layers": [{"weight": -1, "repeat": 6, "activation": {"formula": "x^3 / 3"}}, {"weight": -1}],
            "skips": {"every": 1, "into": "output", "weight": -2},
        },
        {"vary": ["depth=5,9", "w1=1e-3..1e3:log10"], "show": ["w_x_h1"], "theory": True},
    ),
    "a law between sizes of which only the power of ten is known": (
        "sweep",
        {"input": -1e12, "activation": "exp", "weights": [1], "loss": "output"},
        {"vary": ["w1=0.5..2.5:0.5"], "show": ["w1"]},
    ),
    "a range of sizes of which only the power of ten is known": (
        "sweep",
        {
            "input": 1e6, "loss": "output", "activation": "identity",
            "layers": [{"weight": 1}, {"weight": 1, "activation": {"formula": "exp(-x^2)"}}],
            "skips": [{"from": "x", "to": "y", "weight": 1}],
        },
        {"vary": ["w_x_y=1,3,4,9"], "show": ["w1"], "against": "no-skips"},
    ),
    "blocks of which next to nothing passes": (
        "compare",
        CHAIN | {
            "input": -0.1, "target": 1, "activation": "gelu_tanh",
            "weights": [-0.6, 0.4, 1.9, -1000, 0.2, 0.3, 0.5, 0.1],
            "skips": {"every": 2, "into": "output"},
        },
        {"wrt": ["w2"], "theory": True},
    ),
    "paths of which some cancel exactly, all, or contribute nothing": (
        "compute",
        CHAIN | {"input": 0.5, "layers": [{"weight": 0.5}, {"weight": 1}, {"weight": 0}, {"weight": 1}],
                 "skips": [{"from": "h1", "to": "y", "weight": 0.6}, {"from": "h2", "to": "y", "weight": -0.6},
                           {"from": "h1", "to": "h3", "weight": 0.1}, {"from": "h2", "to": "h3", "weight": 0.2}]},
        {},
    ),
    **{
        f"paths that add up to another number than is computed, {command}, {weight}": (
            command,
            CHAIN | {"input": 0.5, "target": 1, "activation": "sigmoid", "weights": [0.2, 0, 0.1],
                     "skips": [{"from": "h1", "to": "y", "weight": weight, "into": "output"},
                               {"from": "h1", "to": "y", "weight": 0.1}, {"from": "h1", "to": "y", "weight": -0.1}]},
            {"wrt": ["w1"]},
        )
        for command in ("compute", "paths", "explain")
        for weight in (1e-18, 1e-16)
    },
    "kinks in some examples of a batch": (
        "compute",
        {
            "input": {"x": [[1], [-1], [2]], "v": [[-2], [-1], [1]]}, "target": [[0], [0], [2]], "loss": "mae",
            "activation": "relu",
            "layers": [{"from": {"x": -1}}, {"from": {"h1": 0.5}}, {"from": ["h2", "x"], "join": "max"},
                       {"from": ["h3", "v"], "join": "min", "activation": "identity"}],
        },
        {},
    ),
    "a factor of 0, and what is not the maximum": (
        "compute",
        {
            "input": {"x": 0, "v": 2}, "target": 1, "activation": "identity",
            "layers": [{"from": {"v": 3}}, {"from": ["h1", "x"], "join": "multiply"},
                       {"from": ["h2", "v", "h1"], "join": "min"}, {"from": ["h3", "v"], "join": "max"}],
        },
        {"wrt": ["v", "x", "h1", "w1*"]},
    ),
    "an output beyond the margin": ("compute", CHAIN | {"target": 1, "weights": [2, 3], "loss": "hinge"}, {}),
    "theory of an input that others follow": (
        "compare",
        CHAIN | {
            "input": {"a": 1, "b": 2},
            "layers": [{"weight": [[1, 2]]}, {"weight": 1}],
            "skips": [{"from": "a", "to": "y"}],
        },
        {"wrt": ["a"], "theory": True},
    ),
    "a layer whose Jacobian is 0, read by a weight that is not": (
        "diagnose",
        {
            "input": [0.5, 0.1], "target": [0.5, -1],
            "layers": [{"weight": [[0.3, -2]], "activation": "softmax"}, {"weight": [[1], [2]], "activation": "tanh"}],
        },
        {"tries": 0},
    ),
    "an adjoint that is not 0, of which a Jacobian leaves nothing": (
        "diagnose",
        {
            "input": 0.5, "target": 1,
            "layers": [{"weight": [[1], [2]], "activation": "softmax"}, {"weight": [[1, 1]]}],
        },
        {"tries": 0},
    ),
    "a source that is not the extremum of a layer with a gradient": (
        "diagnose",
        CHAIN | {"layers": [{"weight": 3}, {"from": ["x", "h1"], "join": "min"}]},
        {"tries": 0},
    ),
    "layers beside an output without a target": (
        "diagnose",
        {
            "input": -1, "activation": "identity", "weights": [-2, 0.5, -0.5, 0.5], "loss": "output",
            "skips": [{"from": "h1", "to": "y", "into": "output", "weight": -1}],
        },
        {"tries": 0},
    ),
    "layers beside two outputs": (
        "diagnose",
        CHAIN | {"weights": [0.001, 2, 0.5], "target": {"y": 1, "h2": 5}},
        {"tries": 0},
    ),
    "the gradient of one weight of several, smaller than a float64": (
        "diagnose",
        {
            "input": {"a": 1e-200, "b": 0}, "target": 1, "activation": "identity",
            "layers": [{"from": {"a": 1e-200, "b": 1}}, {"weight": 1}],
        },
        {"tries": 0},
    ),
    "the gradient of one unit in a network of several": (
        "diagnose",
        {
            "input": [1, 2], "target": 0, "activation": "identity",
            "layers": [
                {"weight": [[1, 0], [0, 1]]},
                {"from": {"h1": [[9, -9]]}, "activation": "sigmoid"},
                {"weight": 1},
            ],
        },
        {"tries": 5},
    ),
    "a change with numbers of more than a million powers of ten": (
        "diagnose",
        {
            "input": 100, "activation": {"formula": "x^3 / 3"}, "layers": [{"weight": 100, "repeat": 14}],
            "skips": [{"from": "h10", "to": "y", "weight": 100}], "target": 100,
        },
        {"tries": 5},
    ),
    "three powers of ten but for the rounding of a weight": (
        "compare", {"input": 0.8, "target": 0.8, "activation": "identity", "weights": [1, 1, 1, 1, 1, 1, 1, 1]},
        {"vary": ["w2=1e-3,0.5"]},
    ),
    "a gradient that is an array at one of the points between which it changes sign": (
        "sweep",
        {
            "input": [-0.1, -0.1, -0.2], "loss": "sse", "target": [-0.2, -0.2, -0.1],
            "layers": [
                {"weight": -0.1, "repeat": 5, "activation": "relu"},
                {"weight": [[-0.1, -0.2, -0.2], [-0.1, -0.2, -0.1], [-0.1, -0.1, -0.2]], "activation": "identity"},
            ],
            "skips": {"every": 1, "into": "output", "weight": -0.2},
        },
        {"vary": ["depth=2..5"], "show": ["w3"]},
    ),
    "one unit that two pieces of a maximum share": (
        "diagnose",
        {
            "input": {"x1": 1}, "loss": "half_sse", "target": -1, "parameters": {"P0": [1, 1]},
            "layers": [
                {"from": ["x1"], "weight": [[1], [1]], "bias": "P0", "activation": {"name": "maxout", "pieces": 2}},
                {"bias": 1, "activation": "abs"},
            ],
        },
        {"tries": 0},
    ),
    "a rate of which its logarithm leaves no digits": (
        "diagnose",
        {
            "input": -1.2, "loss": "mse", "target": 1, "activation": "gelu",
            "layers": [{"weight": 1.1}, {"weight": 1}, {"weight": 1e9}, {"weight": 1, "repeat": 3}],
        },
        {"tries": 0},
    ),
    "a layer that is a factor of ten from the rate but for rounding": (
        "diagnose",
        {
            "input": 2.0470829068577276, "target": 0.7758444216990789,
            "layers": [{"weight": -0.8607983623336745, "repeat": 8, "activation": "leaky_relu"}],
            "skips": {"every": 1, "into": "preactivation", "weight": 0.5332650972364381},
        },
        {"tries": 0},
    ),
    "no point but one that could be computed, and 0 there": (
        "sweep",
        {
            "input": -1e80, "activation": "gelu", "target": 1e160,
            "layers": [{"weight": -1e80}, {"weight": 1e12}, {"weight": 1e160, "bias": 0}, {"weight": -0.5}],
            "skips": [
                {"from": "h3", "to": "y", "weight": -0.5},
                {"from": "h1", "to": "h3", "weight": 1e160},
                {"from": "x", "to": "h3", "weight": 1e160},
            ],
        },
        {"vary": ["w4=0.1..0.5:0.1"], "show": ["log10:w1"], "against": "no-skips"},
    ),
    "points on a kink, at some of which no number of digits shows it": (
        "sweep",
        CHAIN | {
            "input": 100, "loss": "hinge", "target": 1,
            "layers": [
                {"weight": 200},
                {"weight": 200, "activation": "sigmoid"},
                {"weight": 100, "activation": "hardtanh"},
            ],
        },
        {"vary": ["w1=1e-3..1e3:log10"], "show": ["w3"]},
    ),
    "a kink of the loss in a unit with a far larger adjoint through those that read it": (
        "compute",
        {
            "input": 1, "loss": "hinge", "target": {"h2": -1, "y": -1},
            "layers": [
                {"weight": 1e5, "activation": "sigmoid"},
                {"weight": -2500, "activation": "tanh"},
                {"weight": -800, "activation": "exp"},
            ],
        },
        {"top": 0},
    ),
    "layers that differ by few powers of ten, of very many": (
        "diagnose",
        CHAIN | {
            "input": 1.4142, "target": 0.1, "activation": "exp",
            "layers": [{"weight": 2}, {"weight": 2}, {"weight": 0.5}],
        },
        {"tries": 0},
    ),
    "a weight of zeros beside one that meets zeros": (
        "diagnose",
        {
            "input": [1, -1], "loss": "mse", "target": [-1.7420675537359263, 1.0839303991811668],
            "layers": [
                {"weight": [[0, 0]], "bias": [-1], "activation": "silu"},
                {"weight": [[0], [-1]], "bias": -1, "activation": "exp"},
                {"weight": [[0, 0], [-1, 0]], "activation": "hard_swish"},
                {"weight": [[1.02, 1.02], [0.51, 0.51]], "activation": "log_softmax"},
            ],
            "skips": [{"from": "h1", "to": "h2", "weight": [[0], [0]]}],
        },
        {"tries": 0},
    ),
    "a loss that becomes twice as large but for rounding": (
        "diagnose",
        {
            "input": [-1e80, 2, 1e12], "loss": "huber", "target": [-0.5, 1e160, -1e80], "parameters": {"P": 1e160},
            "layers": [
                {"weight": [[-0.5, 1e160, 1e12], [2, -1e80, 2], [2, -1e80, -0.5]], "activation": "sign"},
                {"weight": "P", "activation": "sign"},
            ],
            "skips": [{"from": "x", "to": "y", "into": "preactivation", "weight": 2}],
        },
        {"tries": 20},
    ),
    "powers of ten of a factor that the loss has and the activation takes away": (
        "diagnose",
        {
            "input": [0.1, 1e5], "target": [0.4, 0.3], "loss": "bce",
            "layers": [
                {"weight": [[-10, 10], [1e5, 0.01]], "activation": "identity"},
                {"weight": [[100, 1e5], [-1e5, 0.1]], "activation": "sigmoid"},
            ],
        },
        {"tries": 0},
    ),
    "layers measured by an output on the way to another": (
        "diagnose",
        {
            "input": 200, "activation": "relu", "layers": [{"weight": 100, "repeat": 7}], "loss": "mae",
            "skips": [{"from": "h2", "to": "h5", "into": "output"}, {"from": "h4", "to": "h6"}],
            "target": {"y": 100, "h2": 100},
        },
        {"tries": 0},
    ),
    "a layer that is a thousandth of the output but for rounding": (
        "diagnose",
        {
            "input": [-100000, -10, -100], "activation": "identity", "loss": "huber",
            "layers": [
                {"weight": [[-1e5, -0.01, 0.1], [-10, 1e5, 10], [100, 10, -1e-05]]},
                {"weight": [[1e-09, -10, 0.01], [-1e-09, 1, -1], [-0.001, 0.001, 100]]},
                {"weight": 0.001},
                {"weight": 10, "bias": [-0.01, 1, -1]},
            ],
            "skips": [
                {"from": "x", "to": "h3", "into": "output"},
                {"from": "x", "to": "h3", "into": "preactivation", "weight": 1e-05},
            ],
            "target": {"y": [100, -0.01, -0.001], "h3": [100, 0.01, 1e5]},
        },
        {"tries": 5, "dps": 30},
    ),
    "two paths that have half of a matrix each": (
        "compare",
        {
            "input": [2, 1], "layers": [{"weight": "P"}], "parameters": {"P": [[1, 2], [1, -2]]},
            "skips": [{"from": "x", "to": "y", "into": "preactivation", "weight": "P"}], "target": [1, 1],
        },
        {"vary": ["loss=sse,mse"]},
    ),
    "decimals whose products cancel, which the nearest float64 to them do not": (
        "sweep",
        {
            "input": {"a": [-1, -0.9999999], "b": -1}, "loss": "output",
            "layers": [{"from": {"a": [[-0.9999999, 1]], "b": [[1]]}, "join": "min", "activation": "silu"}],
        },
        {"vary": ["b=-1..1"]},
    ),
    "sources of a maximum that are equal in some examples as they are rounded": (
        "explain",
        {
            "input": [[1e-9], [2e-9], [1e-9]], "target": [1, 2, 3],
            "layers": [{"from": "x", "activation": "tanh"}, {"from": ["x", "h1"], "join": "max"}],
        },
        {},
    ),
    "paths that are equal to 12 digits and no more": (
        "compute",
        CHAIN | {
            "input": 2, "layers": [{"weight": -0.5, "repeat": 3, "activation": "identity", "share": True}],
            "skips": {"every": 1, "into": "preactivation", "weight": 1e12}, "target": 1e12,
        },
        {},
    ),
    "units alike but in the gradients of a weight that other layers use": (
        "diagnose",
        {
            "input": [1, -1], "target": [-1, 1], "loss": "mse",
            "layers": [
                {"weight": [[1, 1], [1, 1]], "repeat": 5, "activation": "prelu", "share": True},
                {"weight": 1, "activation": "identity"},
            ],
            "skips": {"every": 2, "into": "preactivation", "weight": [[-1, 1], [1, 1]]},
        },
        {"tries": 0},
    ),
    "a kink nearer than any step that digits can tell, behind which another example is far larger": (
        "check",
        {
            "input": [[-1e-12], [1e-200]], "layers": [{"weight": -1e-160, "activation": "abs"}],
            "loss": "mse", "target": [[1e-80], [-1e-160]],
        },
        {},
    ),
    "the same of a weight of a matrix that all layers share": (
        "check",
        {
            "input": [[1e-80, 0.5], [-1e-12, -1e-160]], "loss": "mse", "target": [[-1e-160, 0.5], [0.5, 1e-80]],
            "layers": [{"weight": 1e-200, "activation": "relu"}, {"weight": 1e-200, "activation": "identity"}],
            "skips": {"every": 1, "into": "preactivation", "weight": [[-1e-160, 0.5], [1e-200, -1e-160]]},
        },
        {},
    ),
    "kinks nearer than the steps of central differences": (
        "check",
        {
            "input": [-1e-12, 1e-80, 1e-80], "target": [0.02, 0.43, 0.47], "loss": "kl",
            "layers": [
                {"weight": [[-1e-160, -1e-160, 0.5]], "bias": 1e-200, "activation": {"name": "prelu", "alpha": -0.3}},
                {"weight": [[-1e-12], [-1e-12], [-1e-160]], "activation": "softmax"},
            ],
        },
        {},
    ),
    "an error of a method that is infinite less infinite": (
        "check",
        {
            "input": [1e-300, 1e12, -2], "loss": "mse", "target": [0, 1e150, 1e-30],
            "layers": [
                {"weight": [[1e-300, 2, -1e-20]], "activation": "sin", "bias": [1e-80]},
                {"weight": [[-1e-160]], "activation": "hard_swish"},
                {"weight": [[1], [-1e-160], [1e-20]], "activation": "softplus"},
            ],
        },
        {},
    ),
    "targets that cancel, of which fewer digits than they have leave one part of a sum": (
        "explain",
        {
            "input": [1, 1, -1], "loss": "mse", "target": [2, 1e160, 1e160],
            "layers": [{"weight": 1, "activation": "hardtanh"}, {"weight": -0.5, "activation": "hardtanh"}],
        },
        {"wrt": ["w2"]},
    ),
    "outputs on the flat side of a kink of the loss that round to it": (
        "compute",
        {
            "input": {"a": [[1], [1], [1]], "b": [[1], [0], [-1]]}, "loss": "hinge", "target": [[1], [1], [1]],
            "layers": [
                {"from": {"a": -100}, "activation": "sigmoid"},
                {"from": ["h1", "b"], "join": "multiply", "activation": "identity"},
                {"from": {"a": 1, "h2": 1}, "activation": "identity"},
            ],
        },
        {},
    ),
    "outputs too small for the digits of SymPy's derivative, behind weights that make up for it": (
        "check",
        {
            "input": 1, "loss": "mse", "target": 3,
            "layers": [
                {"weight": -1000, "activation": "softplus"}, {"weight": 1e200, "activation": "identity"},
                {"weight": 1e200, "activation": "identity"},
            ],
        },
        {},
    ),
    "a derivative of SymPy's that divides by an output that rounds to 0": (
        "check",
        {"input": 1, "loss": "poisson", "target": 3, "layers": [{"weight": -32000, "activation": "softplus"}]},
        {},
    ),
    "a loss that is as flat as a cube is at its middle": (
        "check",
        {
            "input": [0, -1], "loss": "half_sse", "target": [0, -1],
            "layers": [
                {"weight": [[1, 1], [-1, -1]], "activation": "square", "bias": [1, 1]},
                {"weight": 0, "activation": {"formula": "x^3 / 3"}},
            ],
            "skips": [{"from": "x", "to": "h1", "into": "output", "weight": [[1, 0], [-1, -1]]}],
        },
        {},
    ),
    "an input so large that the complex step is none, behind a weight that makes it small": (
        "check",
        {
            "input": 1e150, "target": 0.06, "loss": {"formula": "(y - t)^3"},
            "layers": [{"weight": 1e-200, "activation": "identity", "bias": 0.5}],
        },
        {},
    ),
    "an input's paths that cancel, each rounded": (
        "check",
        {
            "input": 2, "loss": "mse", "target": 3, "skips": [{"from": "x", "to": "y", "into": "output"}],
            "layers": [{"from": ["x"], "activation": {"formula": "-0.9999999*x"}}],
        },
        {},
    ),
    "an output that is its target, which is no decimal in float64": (
        "compute",
        {
            "input": 1e-200, "layers": [{"weight": -1e-12, "repeat": 2, "activation": "relu", "share": True}],
            "skips": {"every": 1, "into": "output"}, "loss": "mae", "target": 1e-200,
        },
        {},
    ),
    "a loss that is nearly 0 here and, with its rounding, is not so a step away": (
        "check",
        {
            "input": [1e-200, 0.5], "loss": "huber", "target": [1e-200, 1e-80],
            "layers": [
                {"weight": [[1e-200, -1e-12], [-1e-12, 1e-200]], "activation": "tanh"},
                {"weight": [[0.5, -1e-160], [-1e-12, 1e-80]], "activation": "identity"},
            ],
            "skips": {"every": 2, "into": "preactivation", "weight": 1e-200},
        },
        {},
    ),
    "too many numbers for a program": (
        "explain",
        {
            "input": [[1, 1, 1]] * 30, "target": [[1, 1, 1]] * 30, "activation": "identity",
            "layers": [{"weight": [[1, 0, 1], [1, 1, 0], [0, 1, 1]]}] * 3,
        },
        {"wrt": ["w1"]},
    ),
    "a power of gradients whose logarithms leave no digits of it": (
        "sweep",
        CHAIN | {
            "input": 1, "loss": "mse", "target": 1, "layers": [
                {"weight": 4e14, "activation": "exp"}, {"weight": 0.5, "activation": "identity"},
            ],
        },
        {"vary": ["w2=0.3,0.5,0.7,1"]},
    ),
    "a path beside others that cancel over single units, and with it as numbers are rounded": (
        "compute",
        CANCELLED,
        {},
    ),
    "paths that make another sum than the gradient, of which rounding left nothing": (
        "compute",
        CANCELLED | {
            "skips": [
                *CANCELLED["skips"],
                {"from": "h1", "to": "y", "into": "preactivation", "weight": [[1e-40], [1e-40]]},
            ],
        },
        {},
    ),
    "outputs on a kink of the loss as they are rounded, one of them to more digits": (
        "compute",
        {"input": [[9], [40]], "layers": [{"weight": -14, "activation": "tanh"}], "loss": "hinge", "target": [-1, -1]},
        {},
    ),
    "blocks of which each makes a contribution more than 10^999999 times as large": (
        "compare",
        {
            "input": -0.1, "layers": [{"weight": 1e3, "repeat": 3, "activation": "exp", "share": True}],
            "skips": {"every": 1, "into": "output", "weight": -0.1}, "loss": "output",
        },
        {"wrt": ["x"], "theory": True},
    ),
    "blocks of which all together multiply by more than float64 holds": (
        "compare",
        {
            "input": 1, "activation": "identity", "loss": "output", "layers": [{"weight": 1e60, "repeat": 4}],
            "skips": {"every": 1, "into": "output", "weight": 1e-50},
        },
        {"vary": ["w1=1,2"], "theory": True},
    ),
    "a unit off its kink by what 60 digits lose and 70 have": (
        "compute",
        CHAIN | {
            "input": [1e-200, 1e-200, 1e-12], "target": 1,
            "layers": [{"weight": 1e-80}, TINY, {"weight": [[-1e-12, 1e-80, 1e-200]], "activation": "abs"}],
        },
        {},
    ),
    "every example of one network, and not of another that has more": (
        "compare",
        ON_KINK,
        {"sources": [ON_KINK, ON_KINK | {"input": [[0], [0], [1]], "target": [1, 1, 1]}]},
    ),
    "units that tie in float64, and not in the extended range that paths need": (
        "paths",
        {
            "input": {"x1": [1e-80, -1e-12, 1e-200], "x2": [1e-80, 0.5, 1e-80]}, "loss": "half_sse",
            "layers": [
                {
                    "from": {"x2": [[-1e-12, 0.5, 1e-200], [0.5, 1e-200, -1e-160]], "x1": "P0"}, "join": "multiply",
                    "activation": {"name": "maxout", "pieces": 2},
                },
                {"weight": [[1e-80], [0.5], [-1e-12]], "bias": 0.5, "activation": "log_softmax"},
            ],
            "target": [1e-200, -1e-160, -1e-12], "parameters": {"P0": [[-1e-12, 1e-200, -1e-12], [0.5, 0.5, 1e-200]]},
        },
        {"wrt": ["P0"]},
    ),
    "0.0 % of a gradient that is 0 but for rounding": (
        "compute",
        {
            "input": [1, 1], "loss": "sse", "target": [1, 1],
            "layers": [
                {"weight": [[1, 1], [1, -1], [1, 1]], "bias": [1, -1, 1], "activation": "softmax"},
                {"weight": [[1, 1, 1], [1, 1, 1]], "bias": 1, "activation": "celu"},
            ],
            "skips": [{"from": "h1", "to": "y", "into": "preactivation", "weight": [[1, 1, 1], [1, 1, 1]]}],
        },
        {},
    ),
    "lengths whose sums add up to another number than all of them, in extended range": (
        "paths",
        {
            "input": 1, "activation": "softplus", "weights": [0.2, 1, -1], "loss": "output",
            "skips": [
                {"from": "h1", "to": "h2", "weight": -1, "into": "preactivation"},
                {"from": "h1", "to": "h2", "weight": 1e-310, "into": "output"},
            ],
        },
        {"wrt": ["w1"], "top": 1},
    ),
    "a gradient that leaves the range where no part of it does": (
        "compute",
        {
            "input": [1e160] * 2, "activation": "identity", "loss": "mse", "target": [-1e80] * 2,
            "parameters": {"Q": 0.1},
            "layers": [{"weight": "Q"}] * 9, "skips": {"every": 1, "into": "output", "weight": "Q"},
        },
        {"top": 0},
    ),
    "a number that 50 and 100 digits have, and no more of them": (
        "compute",
        {
            "input": [1e160, 1e12], "loss": "output",
            "layers": [
                {"from": {"x": "P0"}, "activation": "celu"}, {"from": "h1", "weight": "P1", "activation": "prelu"},
                {"from": "h1", "weight": "P1", "bias": "P2", "activation": "softsign"},
                {"from": {"h1": "P3", "x": "P4", "h2": "P1"}, "join": "concat", "activation": "rms_norm"},
            ],
            "skips": [{"from": "h3", "to": "y", "into": "preactivation", "weight": "P5"}],
            "parameters": {
                "P0": [[1e160, -1e80]], "P1": [[1e160]], "P2": [-0.5], "P3": [[-0.5], [1e160]],
                "P4": [[1e160, -0.5], [1e160, 2], [2, 1e12]], "P5": [[-0.5], [-1e80], [-0.5], [1e12], [1e160], [-1e80]],
            },
        },
        {},
    ),
    "units on a kink behind one that is inactive only as numbers are rounded": (
        "compute",
        {
            "input": [-0.5, -1e80, -0.5], "activation": "relu", "loss": "mse", "target": [1e160, -1e80, 1e12],
            "layers": [{"weight": 1e160}, {"weight": [[-0.5, 1e12, 2], [2, -0.5, 2], [1e160, -0.5, -1e80]]}],
            "skips": {
                "every": 1, "into": "preactivation",
                "weight": [[-0.5, -1e80, 1e160], [2, 1e160, 2], [-1e80, 1e12, 1e160]],
            },
        },
        {},
    ),
    "units of a maximum that a weight multiplies to fewer": (
        "explain",
        {
            "input": [1, 1], "target": 1,
            "layers": [
                {"weight": 1, "activation": "identity"},
                {"from": ["x", "h1"], "join": "max", "weight": [[1, 1]], "activation": "tanh"},
            ],
        },
        {"wrt": ["w2"]},
    ),
    "large angles of a layer that there is not at every depth": (
        "sweep",
        {
            "input": [[-1e5]], "loss": "sse", "target": [[-1e5]],
            "layers": [
                {"weight": -2e5, "repeat": 3, "activation": "sin"}, {"weight": -2e5, "activation": "identity"},
            ],
            "skips": {"every": 1, "into": "preactivation", "weight": -1e5},
        },
        {"vary": ["depth=2..5"], "show": ["w1"]},
    ),
    "a large angle beside one that an exponential makes too large with more digits": (
        "sweep",
        {
            "input": [2, -1e80, -0.5], "loss": "poisson", "target": [0.3, 0.1, 0.4],
            "layers": [
                {"from": ["x"], "weight": "P0", "activation": "sin"},
                {"from": "x", "weight": "P1", "bias": "P2", "activation": "leaky_relu"},
                {"weight": 2, "activation": "softplus"},
            ],
            "skips": [
                {"from": "h1", "to": "h2", "into": "preactivation", "weight": "P0"},
                {
                    "from": "h1", "to": "h2", "into": "output",
                    "weight": [[-0.5, 1e12, 2], [2, 1e160, -1e80], [1e160, 1e12, 1e160]],
                },
            ],
            "parameters": {
                "P0": [[2, 1e160, 2], [1e12, 2, 1e12], [-1e80, 1e12, -0.5]], "P1": 2, "P2": [-0.5, 1e160, 1e12],
            },
        },
        {"vary": ["w3=-2..2"], "show": ["w3"]},
    ),
    "a large angle of earlier rounding under one name of networks": (
        "compare",
        {
            "input": [10, -0.01], "loss": "mse", "target": [-100, 0.001],
            "layers": [
                {"weight": [[0.001, -1e-5], [-0.1, -10]], "activation": "sin"},
                {"weight": [[-0.1, 1e-9], [-1, -1e5]], "activation": "sin"},
                {"weight": 0.001, "activation": "sin"},
                {"weight": [[-1e-5, 0.1], [-0.01, 1e5]], "activation": "sin"},
                {"weight": -1e5, "activation": "sin"},
                {"weight": [[-0.01, 0.1], [1e5, -100]], "activation": "sin"},
            ],
            "skips": [{"from": "h2", "to": "h3", "into": "output", "weight": -10}],
        },
        {},
    ),
    "contributions that add up to 0 in the digits that are asked for": (
        "explain",
        {
            "input": [-1e-9], "loss": "mse", "target": [-0.03480040941658137, -0.24872057318321392],
            "layers": [
                {"weight": -19, "activation": "square"},
                {"weight": [[1e5], [1e5], [1e-3]], "bias": "b", "activation": "layer_norm"},
                {
                    "weight": [[-0.7123848515864892] * 3, [0.28761514841351077] * 3],
                    "activation": "rms_norm",
                },
            ],
            "parameters": {"b": -1e-3},
        },
        {"wrt": ["b"], "dps": 30},
    ),
    "a long path through no skip, the largest of several between two nodes": (
        "compare",
        {"input": 0.7, "target": 0, "activation": "tanh", "layers": [{"weight": 1.1, "repeat": 6}, {"weight": 1}]} | {
            "skips": {"every": 2, "weight": -0.3}
        },
        {},
    ),
    "paths of which only the choice of parallel edges tells some apart": (
        "paths",
        {
            "input": 0.5, "target": 1,
            "layers": [
                {"weight": 0.2}, {"name": "h2", "from": ["h1", "h1"]}, {"name": "y", "from": {"h2": 0.3, "h1": 0.4}},
            ],
            "skips": [{"from": "h1", "to": "y"}, {"from": "h2", "to": "y"}, {"from": "h2", "to": "y", "weight": 0.7}],
        },
        {"wrt": ["w1"]},
    ),
    "five paths whose contributions are equal but for rounding at z = −30000": ("compute", EQUAL_BUT_FOR_ROUNDING, {}),
    "the same beside those of another input": ("compare", EQUAL_BUT_FOR_ROUNDING, {"vary": ["input=1,1.1"]}),
    "a sum of two powers": (
        "sweep",
        {"input": 1, "loss": "output", "layers": [
            {"weight": 1, "activation": "identity"}, {"weight": 1, "activation": {"formula": "x^3 + x"}},
        ]},
        {"vary": ["x=1..5"], "show": ["w2"]},
    ),
    "a power over hundreds of powers of ten that points between are far from": (
        "sweep",
        {"input": 1, "loss": "output", "layers": [
            {"weight": 1, "activation": "identity"},
            {"weight": 1, "activation": {"formula": "x*(1 + 1e6*exp(-(x-1)^2))"}},
        ]},
        {"vary": ["x=1e-200,1e-100,1e-50,2,1e50,1e100,1e200"], "show": ["w2"]},
    ),
    "a loss scale under which two paths are infinite": (
        "explain",
        {"input": 0.5, "target": 1, "weights": [0.2, 0.1, 0.1], "skips": [{"from": "h1", "to": "y", "weight": 0.1}]},
        {"storage": {"dtype": "float16", "loss_scale": 1e6}},
    ),
    "contributions that float16 adds up to another number": (
        "explain",
        {"input": 0.5, "target": 1, "weights": [0.2, 0.1, 0.1], "skips": [{"from": "h1", "to": "y", "weight": 0.1}]},
        {"wrt": ["w1"], "storage": {"dtype": "float16"}},
    ),
    "an angle beyond float16": (
        "explain",
        {"input": 1e6, "target": 1, "weights": [1], "activation": "cos"},
        {"storage": {"dtype": "float16"}},
    ),
    "an input beyond float16 that is rational to any number of digits": (
        "explain",
        {"input": [1, 1e6], "target": 1, "weights": [[[1, 2], [1, 1]], [[1, 1]]], "activation": "relu"},
        {"storage": {"dtype": "float16"}},
    ),
    "an input beyond float16 at which the activation is saturated": (
        "explain",
        {"input": 1e6, "target": 1, "weights": [1], "activation": "tanh"},
        {"storage": {"dtype": "float16"}},
    ),
    "kinks of layers whose output alone a path enters": (
        "explain",
        {
            "input": 1, "loss": "output", "layers": [{"weight": 0, "repeat": 2, "activation": "leaky_relu"}],
            "skips": {"every": 1, "into": "output", "weight": -1},
        },
        {"wrt": ["w2", "w_x_h1"]},
    ),
    "sources of a maximum that tie at one point alone beside kinks that it does not read": (
        "sweep",
        {
            "input": 0, "loss": "huber", "target": 1,
            "layers": [
                {"from": ["x"], "activation": "identity", "name": "h1"},
                {"from": ["x"], "activation": "relu", "name": "h2"},
                {"from": ["h2"], "activation": "relu", "name": "h3"},
                {"from": ["h2", "h1", "x"], "join": "max", "activation": "identity", "name": "y"},
            ],
            "skips": {"every": 2, "into": "output", "weight": -1},
        },
        {"vary": ["input=[0],[2]"]},
    ),
    "sources of a maximum that tie in examples in which one is inactive": (
        "compute",
        {
            "input": [[0], [0], [-1]], "loss": "output",
            "layers": [
                {"from": ["x"], "activation": "relu", "name": "h1"},
                {"from": {"h1": -1, "x": 0}, "join": "max", "activation": "sigmoid", "name": "h2"},
                {"from": ["h1"], "activation": "identity", "name": "h3"},
                {"from": {"h1": 0}, "activation": "relu", "name": "y"},
            ],
            "skips": [{"from": "x", "to": "h1", "into": "preactivation", "weight": -1}],
        },
        {"dps": 30, "of": "h3"},
    ),
    "an output that is its target only on the wrong side of a jump": (
        "compute",
        {
            "input": 0.1, "target": 1, "activation": "identity",
            "layers": [{"weight": 3}, {"weight": 1, "bias": -0.3, "activation": "sign"}, {"weight": 1}],
        },
        {},
    ),
    "two paths that are half of a gradient each and differ in an entry": (
        "compare",
        {
            "input": [-2, 1], "loss": "sse", "target": [-0.5, -2], "activation": "identity",
            "parameters": {"P": [[-0.5, 2, 0.5, -1], [1, 0.5, 0, 0]]},
            "layers": [{"from": "x", "bias": -1}, {"from": ["h1", "x"], "join": "concat", "weight": "P"}],
            "skips": [
                {"from": "h1", "to": "y", "into": "preactivation", "weight": [[1, 2], [-1, 0.5]]},
                {"from": "x", "to": "h1", "into": "preactivation"},
            ],
        },
        {"wrt": ["b1"], "vary": ["loss=sse,mse"]},
    ),
    "large angles of more units at one point than at another": (
        "sweep",
        {
            "input": [[-1e80]], "loss": "output", "skips": {"every": 1, "into": "output", "weight": 2},
            "layers": [{"weight": -0.5, "repeat": 3, "activation": "sin"}, {"weight": 1e12, "activation": "identity"}],
        },
        {"vary": ["skips={every: 2},{every: 1},[]"], "against": "no-skips"},
    ),
    "large angles of points of which the last is told without its units": (
        "sweep",
        {
            "input": [-1e80, 1e160], "loss": "output", "skips": {"every": 1, "into": "preactivation", "weight": -1e80},
            "layers": [
                {"weight": 2, "repeat": 3, "activation": "sin"},
                {"weight": [[1e12, 2], [1e160, -0.5]], "activation": "identity"},
            ],
        },
        {"vary": ["depth=2..5"]},
    ),
    "a kink of a join that a path enters behind": (
        "explain",
        {
            "input": [[1e-200]], "loss": "mae", "target": [[1e-200]],
            "layers": [
                {"from": {"x": -1e-12}, "activation": "identity", "name": "h1"},
                {"from": {"h1": 1, "x": 0.5}, "activation": "identity", "name": "h5"},
                {"from": {"x": -1e-212, "h1": 0.5}, "join": "min", "activation": "sigmoid", "name": "y"},
            ],
            "skips": [{"from": "h5", "to": "y", "into": "preactivation", "weight": 0.5}],
        },
        {"wrt": ["w_h5_y"]},
    ),
    "two of several paths that are equal but for rounding": (
        "compare",
        {
            "input": [2, 2], "loss": "sse", "target": [1e12, 1e12], "parameters": {"Q": 1e12},
            "layers": [{"weight": "Q", "repeat": 3, "activation": "abs"}],
            "skips": {"every": 1, "into": "preactivation"},
        },
        {"vary": ["depth=3,5"]},
    ),
    "large angles of as many units at one point as at others": (
        "sweep",
        {
            "input": [[1e160, -1e80]], "loss": "mse", "target": [[1000000000000.0, 1000000000000.0]],
            "layers": [{"weight": [[-0.5, 2], [2, -0.5]], "repeat": 1, "activation": "sin"}],
            "skips": {"every": 2, "into": "preactivation", "weight": -0.5},
        },
        {"vary": ["depth=2..5"]},
    ),
}  # fmt: skip

FOUND |= {
    f"paths whose sum is 0 only as numbers are rounded, {command}": (command, ROUNDED_TO_0, options)
    for command, options in [
        ("compute", {"wrt": ["w1"]}),
        ("explain", {}),
        ("paths", {}),
        ("diagnose", {}),
        ("check", {}),
    ]
}
FOUND |= {
    f"what rounding left of two paths, by {options}": (command, LEFT_BY_ROUNDING, options)
    for command, options in [("compute", {"wrt": ["w1"], "top": 1}), ("explain", {"wrt": ["w1"], "decimals": 3})]
}
FOUND |= {
    f"a large angle within a formula of {where}, {command}": (command, spec, {})
    for where, spec in (("the loss", SINE_IN_LOSS), ("an activation", SINE_IN_FORMULA))
    for command in ("compute", "explain", "paths", "check")
}

FOUND |= {
    f"gradients of few digits in a check, {what}": ("check", spec, {})
    for what, spec in {
        "a bias that is lost": {
            "input": 1e20, "loss": "output", "activation": "identity",
            "layers": [{"weight": 1, "bias": 1}, {"weight": 1, "bias": -1e20}, {"weight": 1}],
        },
        "beside a kink": {
            "input": 0.1, "target": 1,
            "layers": [
                {"weight": 3, "activation": "identity"}, {"weight": 1, "activation": {"formula": "abs(x - 0.3)"}},
            ],
        },
        "zeros beside a jump": {
            "input": 0.1, "target": 1, "activation": "identity",
            "layers": [{"weight": 3}, {"weight": 1, "bias": -0.3, "activation": "sign"}, {"weight": 1}],
        },
        "large angles": {"input": 1e200, "target": 1, "weights": [1e200, 1], "activation": "sin"},
        "large angles that are known": {"input": 1e22, "target": 1, "weights": [1.1, 1], "activation": "sin"},
        "a sum that is 0": {
            "input": [-0.5, 0.1, -0.3], "target": -0.7, "loss": "huber",
            "layers": [{"weight": [[1, 1, 1]], "activation": "identity"}],
        },
        "near its target": {"input": 0.1, "target": 0.3000000000000003, "weights": [3], "activation": "identity"},
        "on the kink of its loss": {
            "input": 0.1, "target": 0.3, "loss": "mae", "weights": [3], "activation": "identity",
        },
    }.items()
}  # fmt: skip


FAST = [*FOUND][1::4]
"""Every fourth; the slow tests have all."""


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in FAST else pytest.mark.slow) for name in FOUND])
def test_what_was_false_is_true(name: str) -> None:
    command, spec, options = FOUND[name]
    tally = Tally()
    check(Case(spec, {command: options}), tally)
    assert not tally.faults, tally.faults
    assert sum(tally.answers.values()) == 1, tally.refused
