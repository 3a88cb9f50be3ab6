"""Networks with one fault each, and what the diagnosis has to find first: the label and the layer."""

from typing import Any

TANH = {"weight": [[0.6, 0.4], [-0.5, 0.7]], "activation": "tanh"}
OUTPUT = {"weight": [[0.7, -0.4]], "activation": "identity"}
TWO: dict[str, Any] = {"input": [0.5, -0.3], "target": 0.2}
ONE: dict[str, Any] = {"input": 0.5, "target": 1}
BATCH: dict[str, Any] = {"input": [[0.5, 0.2], [0.1, 0.9], [0.7, 0.4]], "target": [0.2, 0.5, 0.1]}

FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "saturated layer": (
        TWO | {"layers": [TANH, {"weight": [[0.4, 0.3], [0.2, -0.6]], "bias": [14, -12]}, OUTPUT]},
        "saturated",
        "h2",
    ),
    "saturated output": (ONE | {"target": 0, "activation": "sigmoid", "weights": [0.3, 30]}, "saturated", "y"),
    "clipped layer": (
        TWO | {"layers": [{"weight": [[6, 4], [-5, 7]], "activation": "hardtanh"}, OUTPUT]},
        "saturated",
        "h1",
    ),
    "dead unit": (
        BATCH
        | {
            "layers": [
                {"weight": [[0.6, 0.4], [0.5, 0.7], [0.3, 0.8]], "bias": [0.1, -5, 0.1], "activation": "relu"},
                {"weight": [[0.7, 0.4, -0.3]], "activation": "identity"},
            ]
        },
        "inactive",
        "h1",
    ),
    "dead layer": (
        BATCH | {"layers": [{"weight": [[0.6, 0.4]], "bias": [-3], "activation": "relu"}, {"weight": [[0.7]]}]},
        "inactive",
        "h1",
    ),
    "inactive layer": (ONE | {"activation": "relu", "weights": [0.8, -0.7, 0.9, 0.6]}, "inactive", "h2"),
    "symmetric weights": (
        TWO
        | {
            "layers": [
                {"weight": [[0.6, 0.4], [0.6, 0.4], [0.2, -0.8]], "activation": "tanh"},
                {"weight": [[0.7, 0.7, -0.4]], "activation": "identity"},
            ]
        },
        "zero by symmetry",
        "h1",
    ),
    "detached branch": (
        ONE
        | {
            "layers": [
                {"name": "a", "weight": 0.8, "activation": "tanh"},
                {"name": "b", "weight": 0.7, "from": "a", "activation": "step"},
                {"name": "c", "from": {"a": 0.5, "b": 0.6}, "activation": "tanh"},
            ]
        },
        "cut off",
        "b",
    ),
    "weights of 0": (TWO | {"layers": [TANH, {"weight": [[0, 0]], "activation": "identity"}]}, "cut off", "h1"),
    "cancelling skip": (
        ONE
        | {
            "activation": "identity",
            "weights": [0.8, 0.5, 0.6, 0.9],
            "skips": [{"from": "h1", "to": "h3", "weight": -0.3001}],
        },
        "cancelled",
        "h1",
    ),
    "exactly cancelling skip": (
        ONE
        | {"activation": "identity", "weights": [0.8, 0.5, 0.5], "skips": [{"from": "h1", "to": "y", "weight": -0.25}]},
        "zero by symmetry",
        "h1",
    ),
    "exploding weight": (ONE | {"activation": "identity", "weights": [0.8, 0.9, 5000, 0.7]}, "exploded", "h2"),
    "bad initialisation": (
        TWO
        | {
            "layers": [
                TANH,
                *[{"weight": [[0.01, -0.02], [0.02, 0.015]], "activation": "tanh"} for _ in range(3)],
                OUTPUT,
            ]
        },
        "vanished",
        "h1",
    ),
    "too many sigmoids": (ONE | {"activation": "sigmoid", "weights": [1.0] * 8}, "vanished", "h1"),
    "frozen": (ONE | {"activation": "tanh", "weights": [0.8, 0.9, 0.7], "frozen": ["w2"]}, "cut off", "h2"),
    "zero input": (
        ONE | {"input": 0, "layers": [{"weight": 0.8, "bias": 0.1}, {"weight": 0.9}, {"weight": 1.3}]},
        "cut off",
        "h1",
    ),
    "no path": (
        {
            "input": 1,
            "target": {"b": 0.3},
            "layers": [{"name": "a", "weight": 0.7}, {"name": "b", "weight": 0.5, "from": "x"}],
        },
        "cut off",
        "a",
    ),
    "lost in float16": (
        ONE | {"target": 0.5, "activation": "identity", "weights": [1.0, 1.0, 1.00000002]},
        "lost in float16",
        "h2",
    ),
}
"""By what is wrong: the spec, the label, and the layer."""
