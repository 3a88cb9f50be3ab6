"""Networks that sums over paths are shown of: blocks, a batch, a tied weight, and gradients of 0 for either reason."""

from __future__ import annotations

from typing import Any

Spec = dict[str, Any]

BLOCKS: Spec = {
    "input": 0.5,
    "target": 1,
    "activation": "tanh",
    "layers": [{"weight": 0.15, "repeat": 54}],
    "skips": {"every": 1, "into": "output"},
}
"""C(53, k) paths of length k pass the first weight."""

BATCH: Spec = {
    "input": [[0.5, -1.0], [1.0, 0.3], [-0.2, 0.8]],
    "target": [[1], [0], [0.5]],
    "activation": "tanh",
    "parameters": {"b1": 0.1},
    "layers": [
        {"weight": [[0.4, -0.7], [0.3, 0.6]], "bias": "b1"},
        {"weight": [[0.5, -0.4], [-0.8, 0.2]]},
        {"weight": [[0.9, -0.5]]},
    ],
    "skips": [{"from": "h1", "to": "h2", "into": "output"}],
}

TIED: Spec = {
    "input": 0.5,
    "target": 1,
    "activation": "tanh",
    "parameters": {"w": 0.7},
    "layers": [{"weight": "w", "repeat": 3}],
}

DEAD: Spec = {
    "input": 0.5,
    "target": 1,
    "activation": "relu",
    "weights": [-1.0, 1.0, 1.0],
    "skips": [{"from": "h1", "to": "y"}],
}
"""Every path has a rate of 0."""

CANCELLING: Spec = {
    "input": 0.5,
    "loss": "output",
    "activation": "identity",
    "parameters": {"c": 1.0, "d": -1.0},
    "layers": [
        {"weight": 1.0, "name": "h1"},
        {"from": "x", "weight": 1.0, "name": "h2"},
        {"from": {"h1": "c", "h2": "d"}},
    ],
}
"""y = x − x."""
