"""softmax and log_softmax over the units of a layer: p_i = exp(z_i)/Σ exp(z_j), and ln p_i.

The Jacobians are p_i(δ_ij − p_j) and δ_ij − p_j, with 1 − p_i as the sum of the other shares.
"""

from __future__ import annotations

from typing import Any

from gradcalc.activations import Functions, by_rule, np
from gradcalc.expressions.shares import (
    Numbers,
    array_negative_logs,
    array_powers,
    array_shares_and_complements,
    negative_logs,
    shares,
    shares_and_complements,
)
from gradcalc.expressions.textbook import Textbook


def _softmax_jacobian(z: Numbers, f: Functions) -> list[list[Any]]:
    p, rest = shares_and_complements(z, f)
    return [[a * rest[i] if i == j else -a * b for j, b in enumerate(p)] for i, a in enumerate(p)]


def _log_softmax_jacobian(z: Numbers, f: Functions) -> list[list[Any]]:
    p, rest = shares_and_complements(z, f)
    return [[rest[i] if i == j else -b for j, b in enumerate(p)] for i in range(len(p))]


def _with_diagonal(off: Any, diagonal: Any) -> Any:
    return np.where(np.eye(off.shape[-1], dtype=bool), diagonal[..., :, None], off)


def _softmaxes(z: Any) -> Any:
    powers, _, others = array_powers(z)
    return powers / (1 + others)


def _softmax_jacobians(z: Any) -> Any:
    p, rest = array_shares_and_complements(z)
    return _with_diagonal(-p[..., :, None] * p[..., None, :], p * rest)


def _log_softmax_jacobians(z: Any) -> Any:
    p, rest = array_shares_and_complements(z)
    return _with_diagonal(np.broadcast_to(-p[..., None, :], (*p.shape, p.shape[-1])), rest)


ROWS = (
    by_rule(
        "softmax",
        lambda f: (lambda z: shares(z, f), lambda z: _softmax_jacobian(z, f)),
        reads=("exp(x_i)/sum(exp(x_j))", "y_i*((1 if i == j else 0) - y_j)"),
        textbook=Textbook(
            "softmax Jacobian", "diag(y) - outer(y, y)", "with_diagonal(-outer(y, y), y*others(y))", value="softmax(x)"
        ),
        couples=True,
        values=_softmaxes,
        derivatives=_softmax_jacobians,
    ),
    by_rule(
        "log_softmax",
        lambda f: (lambda z: [-x for x in negative_logs(z, f)], lambda z: _log_softmax_jacobian(z, f)),
        aliases=("logsoftmax",),
        reads=("x_i - log(sum(exp(x_j)))", "(1 if i == j else 0) - exp(y_j)"),
        textbook=Textbook(
            "log-softmax Jacobian",
            "identity - outer(ones, exp(y))",
            "with_diagonal(-outer(ones, exp(y)), others(exp(y)))",
            value="log_softmax(x)",
        ),
        couples=True,
        values=lambda z: -array_negative_logs(z),
        derivatives=_log_softmax_jacobians,
    ),
)
UNLIKE = {
    "softmin": "is softmax of −x; negate weight and bias before softmax",
    "gumbelsoftmax": "draws at random, and nothing is random here",
}
