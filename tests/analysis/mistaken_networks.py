"""Twelve networks, and mistakes that are made in them: each with what an explanation of it has to say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import ml_dtypes
import numpy as np
from analysis.mistaken_backward import Layer, Net

Seeded = tuple[str, dict[str, Any], tuple[str, ...]]
"""A network's name, the mistakes, and parts of what the first explanation says: one of them at least."""


def _networks() -> Mapping[str, Net]:
    random = np.random.default_rng(7)

    def matrix(rows: int, columns: int) -> Any:
        return random.normal(0, 0.9, (rows, columns)).round(2)

    def vector(size: int) -> Any:
        return random.normal(0, 0.4, size).round(2)

    def single(value: float) -> Any:
        return np.array([[value]])

    found = {}
    found["residual"] = Net(
        {"x": single(0.5)},
        [
            Layer("h1", [("x", "w1")], "sigmoid"),
            Layer("h2", [("h1", "w2")], "sigmoid"),
            Layer("y", [("h2", "w3")], "sigmoid", None, False, [("h1", "w_r", "preactivation")]),
        ],
        {"w1": single(0.2), "w2": single(0.1), "w3": single(0.1), "w_r": single(0.1)},
        {"y": single(1.0)},
        "mse",
    )
    found["chain"] = Net(
        {"x": single(0.8)},
        [
            Layer("h1", [("x", "w1")], "tanh", "b1"),
            Layer("h2", [("h1", "w2")], "tanh", "b2"),
            Layer("h3", [("h2", "w3")], "sigmoid", "b3"),
            Layer("y", [("h3", "w4")], "identity", "b4"),
        ],
        {f"w{n}": single(w) for n, w in enumerate((0.9, -1.3, 0.7, 1.6), 1)}
        | {f"b{n}": np.array([b]) for n, b in enumerate((0.1, 0.2, -0.3, 0.15), 1)},
        {"y": single(0.3)},
        "half_sse",
    )
    found["mlp"] = Net(
        {"x": np.array([[0.05, 0.9]])},
        [Layer("h", [("x", "w1")], "sigmoid", "b1"), Layer("o", [("h", "w2")], "sigmoid", "b2")],
        {"w1": matrix(2, 2), "b1": vector(2), "w2": matrix(2, 2), "b2": vector(2)},
        {"o": np.array([[0.01, 0.99]])},
        "half_sse",
    )
    found["wide"] = Net(
        {"x": random.normal(0, 1, (1, 3)).round(2)},
        [
            Layer("h1", [("x", "w1")], "tanh", "b1"),
            Layer("h2", [("h1", "w2")], "tanh", "b2"),
            Layer("y", [("h2", "w3")], "identity", "b3"),
        ],
        {"w1": matrix(4, 3), "b1": vector(4), "w2": matrix(4, 4), "b2": vector(4), "w3": matrix(2, 4), "b3": vector(2)},
        {"y": np.array([[0.4, -0.6]])},
        "mse",
    )
    classes = np.eye(3)[[0, 2, 1, 1, 0]]
    found["softmax"] = Net(
        {"x": random.normal(0, 1, (5, 3)).round(2)},
        [Layer("h", [("x", "w1")], "tanh", "b1"), Layer("y", [("h", "w2")], "identity", "b2")],
        {"w1": matrix(4, 3), "b1": vector(4), "w2": matrix(3, 4), "b2": vector(3)},
        {"y": classes},
        "cross_entropy",
        True,
    )
    found["probabilities"] = Net(
        {"x": random.normal(0, 1, (5, 3)).round(2)},
        [Layer("h", [("x", "w1")], "relu", "b1"), Layer("y", [("h", "w2")], "softmax", "b2")],
        {"w1": matrix(5, 3), "b1": vector(5), "w2": matrix(3, 5), "b2": vector(3)},
        {"y": classes},
        "nll",
        True,
    )
    found["blocks"] = Net(
        {"x": random.normal(0, 1, (1, 3)).round(2)},
        [
            Layer("h1", [("x", "w1")], "tanh", "b1"),
            Layer("h2", [("h1", "w2")], "tanh", "b2", False, [("h1", None, "output")]),
            Layer("h3", [("h2", "w3")], "tanh", "b3", False, [("h2", None, "output")]),
            Layer("y", [("h3", "w4")], "identity"),
        ],
        {"w1": matrix(3, 3), "b1": vector(3), "w2": matrix(3, 3), "b2": vector(3), "w3": matrix(3, 3), "b3": vector(3)}
        | {"w4": matrix(2, 3)},
        {"y": np.array([[1.0, -1.0]])},
        "half_sse",
    )
    found["recurrent"] = Net(
        {"x1": single(1.0), "x2": single(2.0), "x3": single(-0.5)},
        [
            Layer("s1", [("x1", "Wx")], "tanh", "b"),
            Layer("s2", [("x2", "Wx"), ("s1", "Wh")], "tanh", "b"),
            Layer("s3", [("x3", "Wx"), ("s2", "Wh")], "tanh", "b"),
            Layer("y", [("s3", "Wy")], "identity"),
        ],
        {"Wx": np.array(0.5), "Wh": np.array(0.7), "b": np.array(0.1), "Wy": single(2.0)},
        {"y": single(1.0)},
        "half_sse",
    )
    found["gate"] = Net(
        {"x": random.normal(0, 1, (1, 3)).round(2)},
        [
            Layer("g", [("x", "wg")], "sigmoid", "bg"),
            Layer("c", [("x", "wc")], "tanh", "bc"),
            Layer("m", [("g", None), ("c", None)], "identity", None, True),
            Layer("y", [("m", "wy")], "identity", "by"),
        ],
        {"wg": matrix(2, 3), "bg": vector(2), "wc": matrix(2, 3), "bc": vector(2), "wy": matrix(1, 2), "by": vector(1)},
        {"y": single(0.2)},
        "mse",
    )
    found["binary"] = Net(
        {"x": random.normal(0, 1, (4, 2)).round(2)},
        [Layer("h", [("x", "w1")], "relu", "b1"), Layer("y", [("h", "w2")], "sigmoid", "b2")],
        {"w1": matrix(4, 2), "b1": np.array([0.5, 0.6, 0.4, 0.7]), "w2": matrix(1, 4), "b2": vector(1)},
        {"y": np.array([[1.0], [0.0], [0.0], [1.0]])},
        "bce",
        True,
    )
    found["skips"] = Net(
        {"x": single(0.7)},
        [
            Layer("h1", [("x", "w1")], "tanh"),
            Layer("h2", [("h1", "w2")], "tanh"),
            Layer("h3", [("h2", "w3")], "tanh", None, False, [("h1", "s13", "preactivation")]),
            Layer("y", [("h3", "w4")], "sigmoid", None, False, [("h2", "s24", "preactivation")]),
        ],
        {name: single(w) for name, w in zip(("w1", "w2", "w3", "w4", "s13", "s24"), (0.8, 1.2, -0.6, 1.5, 0.4, 0.9))},
        {"y": single(0.1)},
        "mse",
    )
    found["merge"] = Net(
        {"u": random.normal(0, 1, (3, 2)).round(2), "v": random.normal(0, 1, (3, 2)).round(2)},
        [
            Layer("a", [("u", "wu")], "softplus", "ba"),
            Layer("d", [("a", "wd"), ("v", "wv")], "tanh", "bd"),
            Layer("y", [("d", "wy"), ("a", "wa")], "identity", "by"),
        ],
        {"wu": matrix(3, 2), "ba": vector(3), "wd": matrix(3, 3), "wv": matrix(3, 2), "bd": vector(3)}
        | {"wy": matrix(2, 3), "wa": matrix(2, 3), "by": vector(2)},
        {"y": random.normal(0, 1, (3, 2)).round(2)},
        "mse",
        True,
    )
    found["ladder"] = Net(
        {"x": single(0.4)},
        [
            Layer("h1", [("x", "w1")], "tanh", "b1"),
            Layer("h2", [("h1", "w2")], "tanh", None, False, [("h1", None, "output")]),
            Layer("h3", [("h2", "w3")], "tanh", None, False, [("h2", None, "output")]),
            Layer("h4", [("h3", "w4")], "sigmoid", None, False, [("h3", "s34", "preactivation")]),
            Layer("y", [("h4", "w5")], "identity", None, False, [("h2", "s2y", "preactivation")]),
        ],
        {name: single(w) for name, w in (("w1", 1.1), ("w2", 0.7), ("w3", -1.2), ("w4", 0.9), ("w5", 1.3))}
        | {"b1": np.array([0.2]), "s34": single(-0.4), "s2y": single(0.3)},
        {"y": single(0.2)},
        "half_sse",
    )
    found["regression"] = Net(
        {"x": random.normal(0, 1, (6, 2)).round(2)},
        [Layer("h", [("x", "w1")], "tanh", "b1"), Layer("y", [("h", "w2")], "identity", "b2")],
        {"w1": matrix(3, 2), "b1": vector(3), "w2": matrix(1, 3), "b2": vector(1)},
        {"y": random.normal(0, 1, (6, 1)).round(2)},
        "mse",
        True,
    )
    return found


NETWORKS = _networks()


def _everywhere() -> Iterator[Seeded]:  # noqa: C901
    """Those that can be made in any network."""
    for number, (name, net) in enumerate(NETWORKS.items()):
        first = net.layers[0]
        weights = [name for name, value in net.parameters.items() if np.asarray(value).ndim == 2 and name[0] in "wW"]
        hidden = [
            one.name for one in net.layers if one.activation in ("sigmoid", "tanh") and one.name not in net.targets
        ]
        yield name, {"times": -1.0}, ("opposite",)
        if number % 2:
            yield name, {"factor": 2.0}, ("factor 2", "accumulated over 2", "sum over the 2")
        else:
            yield name, {"factor": 0.5}, ("factor ½", "mean over the 2")
        if hidden and name not in ("residual",):
            yield name, {"no derivative": [hidden[-1]]}, (f"z) of {hidden[-1]}",)
        if first.activation in ("sigmoid", "tanh"):
            yield name, {"at output": [first.name]}, (f"z) of {first.name} is evaluated at the output",)
        if number % 3 == 0 and hidden:
            yield name, {"z for y": [hidden[0]]}, ("z stands for y",)
        if number % 3 == 1:
            yield name, {"step": 0.1}, ("new weight w − 0.1",)
        if number % 3 == 2:
            yield name, {"times": 0.01}, ("learning rate 0.01",)
        if number % 2 == 0 and first.reads[0][1] in weights:
            yield name, {"no input": [first.reads[0][1]]}, ("is left out of ∂L/∂", "δ_h1 in place of ∂L/∂w1")
        if first.bias and number % 2:
            yield name, {"no bias": [first.bias]}, (f"bias {first.bias}",)
        if number % 4 == 0:
            yield name, {"rate": 0.5}, ("already updated with learning rate 0.5",)


_PATHS: tuple[tuple[list[tuple[str, str]], list[str], str, str], ...] = (
    (
        [("h2", "w2"), ("h3", "skip"), ("h4", "w4"), ("y", "w5")],
        ["w1", "b1"],
        "h1 → h2 → h3 → h4 → y",
        "w2, skip h2→h3, w4, w5",
    ),
    (
        [("h2", "skip"), ("h3", "w3"), ("h4", "s34"), ("y", "w5")],
        ["w1", "b1"],
        "h1 → h2 → h3 → h4 → y",
        "skip h1→h2, w3, s34, w5",
    ),
    ([("h2", "w2"), ("y", "s2y")], ["w1"], "h1 → h2 → y", "w2, s2y"),
    ([("h3", "w3"), ("h4", "w4"), ("y", "w5")], ["w2"], "h2 → h3 → h4 → y", "w3, w4, w5"),
)
_THROUGH_BLOCKS = [("h2", "skip"), ("h3", "w3"), ("y", "w4")], ["w1", "b1"], 0.0

_WITHOUT_UNIT = np.asarray(NETWORKS["wide"].inputs["x"]) * [1.0, 0.0, 1.0]

SEEDED: tuple[Seeded, ...] = (
    *_everywhere(),
    ("residual", {"left out": [("h1", "y")]}, ("h1 → y",)),
    ("residual", {"left out": [("h1", "h2")]}, ("h1 → h2 → y",)),
    ("residual", {"twice": [("h1", "y")]}, ("h1 → y (through w_r) is counted twice",)),
    ("residual", {"average": {"h1": 2}}, ("averaged",)),
    ("residual", {"no skip": [("h1", "y")]}, ("forward pass too",)),
    ("residual", {"derivative of": {"y": "tanh"}}, ("derivative of tanh",)),
    ("chain", {"decimals": 4}, ("rounded to 4 decimals",)),
    ("chain", {"no weight": ["w3"]}, ("factor w3",)),
    ("chain", {"activations": {"h2": "sigmoid"}}, ("h2 has the activation sigmoid",)),
    ("chain", {"seed": "ones"}, ("∂L/∂y, is left out",)),
    ("chain", {"in place of": {"w2": "w3"}}, ("∂L/∂w3 in place",)),
    ("chain", {"rate": 0.1}, ("already updated with learning rate 0.1",)),
    ("mlp", {"rate": 0.5}, ("already updated with learning rate 0.5",)),
    ("mlp", {"rate": 0.03}, ("already updated with learning rate 0.03",)),
    ("mlp", {"untransposed": ["w2"]}, ("w2 in place of its transpose",)),
    ("mlp", {"gradient turned": ["w2"]}, ("∂L/∂w2 is transposed",)),
    ("mlp", {"delta": "y"}, ("y − t", "z) of o is left out")),
    ("mlp", {"dtype": np.float16}, ("float16",)),
    ("wide", {"untransposed": ["w2"]}, ("w2 in place of its transpose",)),
    ("wide", {"turned": ["w2"]}, ("transposed in the forward pass",)),
    ("wide", {"z for input": ["w3"]}, ("takes z_h2",)),
    ("wide", {"loss": "sse"}, ("sum over the 2 outputs", "factor 2")),
    ("softmax", {"divisor": 1}, ("sum over the 5",)),
    ("softmax", {"softmax twice": True}, ("softmax is applied twice",)),
    ("softmax", {"delta": "y"}, ("logits", "y − t")),
    ("softmax", {"example": 4}, ("example 4",)),
    ("probabilities", {"divisor": 1}, ("sum over the 5",)),
    ("probabilities", {"softmax unit by unit": True}, ("unit by unit",)),
    ("probabilities", {"delta": "z"}, ("z − t",)),
    ("probabilities", {"seed": "difference"}, ("y − t",)),
    ("blocks", {"left out": [("h1", "h2")]}, ("h1",)),
    ("blocks", {"no skip": [("h1", "h2")]}, ("h1 → h2", "forward")),
    ("blocks", {"no skip": [("h1", "h2"), ("h2", "h3")]}, ("all skips",)),
    ("blocks", {"average": {"h2": 2}}, ("averaged",)),
    ("blocks", {"untransposed": ["w2", "w3"]}, ("every δ",)),
    ("recurrent", {"one use": {"Wx": "s3"}}, ("Wx is counted at s3",)),
    ("recurrent", {"one use": {"Wh": "s2"}}, ("Wh",)),
    ("recurrent", {"one use": {"Wx": "s3", "Wh": "s3", "b": "s3"}}, ("last use", "through s2")),
    ("recurrent", {"detached": ["s2"]}, ("s2",)),
    ("gate", {"detached": ["c"]}, ("through c",)),
    ("gate", {"activations": {"g": "tanh"}}, ("g has the activation tanh",)),
    ("binary", {"divisor": 1}, ("sum over the 4",)),
    ("binary", {"seed": "difference"}, ("y − t",)),
    ("binary", {"no derivative": ["h"]}, ("z) of h",)),
    ("binary", {"activations": {"h": "leaky_relu"}}, ("h has the activation leaky_relu",)),
    ("skips", {"left out": [("h1", "h3")]}, ("h1 → h3",)),
    ("skips", {"left out": [("h2", "y")]}, ("h2 → y",)),
    ("skips", {"twice": [("h2", "h3")]}, ("h2 → h3 → y (through w3, w4) is counted twice",)),
    ("skips", {"detached": ["h2"]}, ("through h2",)),
    ("skips", {"no skip": [("h2", "y")]}, ("h2 → y", "forward")),
    ("merge", {"left out": [("a", "d")]}, ("a → d",)),
    ("merge", {"twice": [("a", "y")]}, ("a → y (through wa) is counted twice",)),
    ("merge", {"average": {"a": 2}}, ("averaged",)),
    ("merge", {"untransposed": ["wd"]}, ("wd in place",)),
    ("merge", {"divisor": 1}, ("sum over the 3",)),
    *(
        ("ladder", {"paths": [(steps, names, times)]}, (f"{nodes} (through {through}) is {words}",))
        for steps, names, nodes, through in _PATHS
        for times, words in ((0.0, "left out"), (2.0, "counted twice"))
    ),
    ("ladder", {"mean of paths": {"w1": 10, "b1": 10}}, ("10 paths of ∂L/∂w1 are averaged",)),
    ("blocks", {"paths": [_THROUGH_BLOCKS]}, ("h1 → h2 → h3 → y (through skip h1→h2, w3, w4) is left out",)),
    ("chain", {"inputs": {"x": np.ones((1, 1))}}, ("w1 is not multiplied by x (taken as 1), neither",)),
    ("chain", {"inputs": {"x": np.ones((1, 1))}, "own inputs": ["x"]}, ("by x in z (taken as 1), though in ∂L/∂w1",)),
    ("ladder", {"inputs": {"x": np.zeros((1, 1))}, "own inputs": ["x"]}, ("x is left out of z, though not",)),
    ("wide", {"inputs": {"x": _WITHOUT_UNIT}}, ("the input x[1] is left out (taken as 0)",)),
    ("wide", {"inputs": {"x": _WITHOUT_UNIT}, "own inputs": ["x"]}, ("the input x[1] is left out of z",)),
    ("recurrent", {"unread": {"s2": "x2"}}, ("s2 does not read x2 (Wx)",)),
    ("merge", {"unread": {"d": "v"}}, ("d does not read v (wv)",)),
    ("gate", {"no bias": ["by"]}, ("the bias by is not added",)),
    ("chain", {"kind": ml_dtypes.bfloat16}, ("computed in bfloat16",)),
    ("mlp", {"kind": ml_dtypes.bfloat16}, ("computed in bfloat16",)),
    ("softmax", {"kind": ml_dtypes.bfloat16}, ("computed in bfloat16",)),
    ("wide", {"uncounted": 1}, ("the loss of y[1] is not counted",)),
    ("regression", {"broadcast": True}, ("of the shape (6,) are broadcast",)),
    ("regression", {"order": [5, 4, 3, 2, 1, 0]}, ("reverse order",)),
    ("softmax", {"order": [1, 2, 3, 4, 0]}, ("that of the next",)),
    ("probabilities", {"order": [0, 1, 4, 3, 2]}, ("examples 2 and 4",)),
    ("merge", {"units": [1, 0]}, ("units 0 and 1", "reverse order")),
    ("softmax", {"units": [2, 0, 1]}, ("that of the one before",)),
    ("regression", {"decay": 0.01}, ("weight decay 0.01",)),
    ("mlp", {"decay": 0.0005}, ("weight decay 0.0005",)),
    ("merge", {"decay": 0.03}, ("weight decay 0.03",)),
    ("chain", {"after": 0.1}, ("after one step", "learning rate 0.1")),
    ("regression", {"after": 0.01}, ("after one step of gradient descent with learning rate 0.01",)),
    ("mlp", {"after": 0.5, "added": True}, ("a step with learning rate 0.5 and that after it are added",)),
    ("regression", {"after": 0.1, "added": True}, ("a step with learning rate 0.1 and that after it are added",)),
    ("mlp", {"from unit": {"w2": 1}}, ("o[1] to h",)),
    ("softmax", {"from unit": {"w2": 0}}, ("y[0] to h",)),
)
"""Mistakes, one in each."""

PAIRS: tuple[tuple[str, dict[str, Any], tuple[str, str]], ...] = (
    ("residual", {"left out": [("h1", "y")], "factor": 0.5}, ("h1 → y", "½")),
    ("residual", {"times": -1.0, "at output": ["h1"]}, ("opposite", "σ′(z) of h1")),
    ("residual", {"no derivative": ["h2"], "twice": [("h1", "y")]}, ("σ′(z) of h2", "twice")),
    ("chain", {"no bias": ["b1"], "times": -1.0}, ("bias b1", "opposite")),
    ("chain", {"no weight": ["w3"], "factor": 2.0}, ("w3", "2")),
    ("chain", {"no derivative": ["h1"], "at output": ["h3"]}, ("of h1", "of h3")),
    ("mlp", {"rate": 0.5, "factor": 2.0}, ("updated", "2")),
    ("mlp", {"untransposed": ["w2"], "times": -1.0}, ("w2 in place", "opposite")),
    ("mlp", {"no bias": ["b2"], "no derivative": ["h"]}, ("b2", "of h")),
    ("wide", {"untransposed": ["w2"], "no derivative": ["h1"]}, ("w2", "of h1")),
    ("wide", {"times": -1.0, "z for input": ["w3"]}, ("opposite", "z_h2")),
    ("softmax", {"divisor": 1, "times": -1.0}, ("sum over the 5", "opposite")),
    ("softmax", {"no derivative": ["h"], "divisor": 1}, ("of h", "sum over the 5")),
    ("probabilities", {"softmax unit by unit": True, "divisor": 1}, ("unit by unit", "sum over the 5")),
    ("blocks", {"no skip": [("h1", "h2")], "times": -1.0}, ("h1 → h2", "opposite")),
    ("blocks", {"average": {"h2": 2}, "no derivative": ["h1"]}, ("averaged", "of h1")),
    ("recurrent", {"one use": {"Wx": "s3"}, "factor": 2.0}, ("Wx", "2")),
    ("gate", {"detached": ["c"], "times": 0.1}, ("through c", "0.1")),
    ("binary", {"divisor": 1, "no bias": ["b1"]}, ("sum over the 4", "b1")),
    ("merge", {"left out": [("a", "d")], "factor": 0.5}, ("a → d", "½")),
)
"""Two mistakes together."""
