"""Five networks and three optimizers whose steps are compared with those of PyTorch."""

from typing import Any

STEPS = 100
NETWORKS: dict[str, dict[str, Any]] = {
    "residual": {
        "input": 0.5,
        "target": 1,
        "activation": "sigmoid",
        "weights": [0.2, 0.1, 0.1],
        "skips": [{"from": "h1", "to": "y", "weight": 0.1, "name": "w_r"}],
    },
    "mazur": {
        "input": [0.05, 0.1],
        "target": [0.01, 0.99],
        "loss": "half_sse",
        "layers": [
            {"weight": [[0.15, 0.2], [0.25, 0.3]], "bias": [0.35, 0.35]},
            {"weight": [[0.4, 0.45], [0.5, 0.55]], "bias": [0.6, 0.6]},
        ],
    },
    "classes": {
        "input": [[0.5, -1.0], [1.5, 0.3], [-0.7, 0.9]],
        "target": [0, 2, 1],
        "loss": "cross_entropy",
        "layers": [
            {"weight": [[0.2, -0.4], [0.7, 0.1], [-0.3, 0.5]], "bias": [0.1, 0.0, -0.1], "activation": "tanh"},
            {"weight": [[0.3, -0.2, 0.6], [0.1, 0.4, -0.5], [-0.6, 0.2, 0.1]], "activation": "identity"},
        ],
    },
    "recurrent": {
        "input": {"x1": 0.5, "x2": -0.3},
        "target": 0.7,
        "loss": "mse",
        "parameters": {"W": 0.6, "U": 0.4, "b": 0.1},
        "layers": [
            {"name": "s1", "from": {"x1": "W"}, "bias": "b", "activation": "tanh"},
            {"name": "s2", "from": {"x2": "W", "s1": "U"}, "bias": "b", "activation": "tanh"},
            {"name": "y", "weight": 1.2, "activation": "identity"},
        ],
    },
    "wide": {
        "input": [[0.1 * (3 * row + column) - 0.4 for column in range(4)] for row in range(6)],
        "target": [[0.2 * row - 0.3] for row in range(6)],
        "loss": "mse",
        "seed": 3,
        "layers": [
            {"weight": {"init": "xavier_uniform"}, "width": 40, "bias": 0, "activation": "tanh"},
            {"weight": {"init": "xavier_uniform"}, "width": 40, "bias": 0, "activation": "softplus"},
            {"weight": {"init": "xavier_uniform"}, "width": 1, "bias": 0.1, "activation": "identity"},
        ],
    },
}
RULES: dict[str, dict[str, Any]] = {
    "sgd": {"optimizer": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 0.01},
    "adam": {"optimizer": "adam", "lr": 0.02, "weight_decay": 0.01},
    "adamw": {"optimizer": "adamw", "lr": 0.02, "weight_decay": 0.05, "beta1": 0.8, "beta2": 0.99, "epsilon": 1e-6},
}
