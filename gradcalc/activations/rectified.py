"""Activations that are straight lines, whole or in pieces: identity, relu."""

from __future__ import annotations

from typing import Any

from gradcalc.activations.row import Activation


def _relus(x: Any) -> Any:
    import numpy as np

    return np.maximum(x, 0.0)


def _ones(x: Any) -> Any:
    import numpy as np

    return np.ones_like(x)


ROWS = (
    Activation(
        "identity",
        formula="x",
        derivative="1",
        value=lambda x: x,
        slope=lambda x: 1.0,
        text="identity",
        values=lambda x: x,
        slopes=_ones,
        aliases=("linear",),
        general=lambda f: (lambda x: x, lambda x: f.number(1)),
        rational=True,
    ),
    Activation(
        "relu",
        formula="relu(x)",
        derivative="(1 + sign(x))*abs(sign(x))/2",
        value=lambda x: x if x > 0 else 0.0,
        slope=lambda x: 1.0 if x > 0 else 0.0,
        text="relu",
        is_kink=lambda x: x == 0,
        flat=True,
        values=_relus,
        slopes=lambda x: (x > 0).astype(float),
        general=lambda f: (lambda x: x if x > 0 else f.number(0), lambda x: f.number(1 if x > 0 else 0)),
        rational=True,
    ),
)
