"""softmax and log_softmax over the units of a layer: p_i = exp(z_i)/Σ exp(z_j), and ln p_i.

1 − p_i is the sum of the other units' shares, never a difference; ln p_i = (z_i − max z) − log1p(sum of the others).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.activations import Activation
from gradcalc.activations.rounding import DoubleFunctions
from gradcalc.expressions.textbook import Textbook

Numbers = Sequence[Any]


def _weights(f: Any, z: Numbers) -> list[Any]:
    largest = max(z)
    return [f.exp(x - largest) for x in z]


def _shares(weights: Numbers, whole: Any) -> list[Any]:
    return [weight / whole for weight in weights]


def _without(weights: Numbers, i: int) -> list[Any]:
    return [*weights[:i], *weights[i + 1 :]]


def _remainders(f: Any, weights: Numbers, whole: Any) -> list[Any]:
    """1 − p_i for every unit."""
    return [f.sum(_without(weights, i)) / whole for i in range(len(weights))]


def _softmax(f: Any, z: Numbers) -> list[Any]:
    weights = _weights(f, z)
    return _shares(weights, f.sum(weights))


def _softmax_jacobian(f: Any, z: Numbers) -> list[list[Any]]:
    """p_i(δ_ij − p_j), rows [out][in]."""
    weights = _weights(f, z)
    whole = f.sum(weights)
    shares, remainders = _shares(weights, whole), _remainders(f, weights, whole)
    return [[p * remainders[i] if i == j else -p * q for j, q in enumerate(shares)] for i, p in enumerate(shares)]


def _log_softmax(f: Any, z: Numbers) -> list[Any]:
    largest = max(z)
    first = list(z).index(largest)
    rest = f.log1p(f.sum(_without(_weights(f, z), first)))
    return [(x - largest) - rest for x in z]


def _log_softmax_jacobian(f: Any, z: Numbers) -> list[list[Any]]:
    """δ_ij − p_j, rows [out][in]."""
    weights = _weights(f, z)
    whole = f.sum(weights)
    shares, remainders = _shares(weights, whole), _remainders(f, weights, whole)
    return [[remainders[i] if i == j else -q for j, q in enumerate(shares)] for i in range(len(z))]


def _array_weights(z: Any) -> tuple[Any, Any, Any]:
    """exp(z − max z), where the (first) largest stands, and the sum of the others."""
    import numpy as np

    first = np.argmax(z, axis=-1, keepdims=True)
    weights = np.exp(z - np.take_along_axis(z, first, -1))
    at = np.arange(z.shape[-1]) == first
    return weights, at, np.where(at, 0.0, weights).sum(-1, keepdims=True)


def _softmaxes(z: Any) -> Any:
    weights, _, others = _array_weights(z)
    return weights / (1 + others)


def _array_remainders(z: Any) -> tuple[Any, Any]:
    """p and 1 − p: only that of the largest unit can cancel, and is the sum of the others."""
    import numpy as np

    weights, at, others = _array_weights(z)
    p = weights / (1 + others)
    return p, np.where(at, others / (1 + others), 1 - p)


def _with_diagonal(off: Any, diagonal: Any) -> Any:
    import numpy as np

    return np.where(np.eye(off.shape[-1], dtype=bool), diagonal[..., :, None], off)


def _softmax_jacobians(z: Any) -> Any:
    p, remainder = _array_remainders(z)
    return _with_diagonal(-p[..., :, None] * p[..., None, :], p * remainder)


def _log_softmaxes(z: Any) -> Any:
    import numpy as np

    _, _, others = _array_weights(z)
    return (z - z.max(-1, keepdims=True)) - np.log1p(others)


def _log_softmax_jacobians(z: Any) -> Any:
    import numpy as np

    p, remainder = _array_remainders(z)
    return _with_diagonal(np.broadcast_to(-p[..., None, :], (*p.shape, p.shape[-1])), remainder)


def _softmax_pullback(z: Any, g: Any) -> Any:
    """p_i(g_i(1 − p_i) − Σ_{k≠i} g_k p_k)."""
    import numpy as np

    weights, at, others = _array_weights(z)
    p = weights / (1 + others)
    elsewhere = np.where(at, 0.0, g * p).sum(-1, keepdims=True)
    at_largest = g * (others / (1 + others)) - elsewhere
    all_of_it = elsewhere + np.where(at, g * p, 0.0).sum(-1, keepdims=True)
    return p * np.where(at, at_largest, g - all_of_it)


def _log_softmax_pullback(z: Any, g: Any) -> Any:
    """g_i(1 − p_i) − p_i Σ_{k≠i} g_k."""
    import numpy as np

    p, remainder = _array_remainders(z)
    largest = np.argmax(z, axis=-1, keepdims=True)
    at = np.arange(z.shape[-1]) == largest
    elsewhere = np.where(at, 0.0, g).sum(-1, keepdims=True)
    at_largest = g * remainder - p * elsewhere
    return np.where(at, at_largest, g - p * (elsewhere + np.where(at, g, 0.0).sum(-1, keepdims=True)))


ROWS = (
    Activation(
        "softmax",
        textbook=Textbook("softmax Jacobian", "diag(y) - outer(y, y)", value="softmax(x)"),
        formula="",
        derivative_formula="",
        reads=("exp(x_i)/sum(exp(x_j))", "y_i*((1 if i == j else 0) - y_j)"),
        value=lambda z: _softmax(DoubleFunctions, z),
        derivative=lambda z: _softmax_jacobian(DoubleFunctions, z),
        couples=True,
        values=_softmaxes,
        derivatives=_softmax_jacobians,
        pullback=_softmax_pullback,
        general=lambda f: (lambda z: _softmax(f, z), lambda z: _softmax_jacobian(f, z)),
    ),
    Activation(
        "log_softmax",
        textbook=Textbook("log-softmax Jacobian", "identity - outer(ones, exp(y))", value="log_softmax(x)"),
        aliases=("logsoftmax",),
        formula="",
        derivative_formula="",
        reads=("x_i - log(sum(exp(x_j)))", "(1 if i == j else 0) - exp(y_j)"),
        value=lambda z: _log_softmax(DoubleFunctions, z),
        derivative=lambda z: _log_softmax_jacobian(DoubleFunctions, z),
        couples=True,
        values=_log_softmaxes,
        derivatives=_log_softmax_jacobians,
        pullback=_log_softmax_pullback,
        general=lambda f: (lambda z: _log_softmax(f, z), lambda z: _log_softmax_jacobian(f, z)),
    ),
)
UNLIKE = {
    "softmin": "is softmax of −x; negate weight and bias before softmax",
    "gumbelsoftmax": "draws at random, and nothing is random here",
}
