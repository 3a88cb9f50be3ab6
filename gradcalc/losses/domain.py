"""Outputs and targets that a loss is defined for, and t·ln y where both may be 0; for numbers, and for arrays
[B, n], of which the first output outside is named."""

from __future__ import annotations

from typing import Any

from gradcalc.errors import DomainError
from gradcalc.losses import Array, Functions, Number


def times_log(t: Number, y: Number, f: Functions, loss: str) -> Number:
    """t ln y, where a target of 0 asks nothing of y. Raises DomainError."""
    if t == 0:
        return f.number(0)
    return t * f.log(positive(y, loss))


def positive(y: Number, loss: str) -> Number:
    """The output itself. Raises DomainError where it has no logarithm."""
    if y <= 0:
        raise DomainError(f"{loss} takes the logarithm of an output, and this one is {float(y):.6g}")
    return y


def probability(y: Number, loss: str) -> Number:
    """The output itself. Raises DomainError where it is no probability."""
    if not 0 <= y <= 1:
        shown = f"{float(y):.6g}"
        raise DomainError(f"{loss} needs outputs from 0 to 1, and this one is {float(y) if shown == '1' else shown}")
    return y


def array_times_log(t: Array, y: Array, np: Any, loss: str) -> Array:
    """t ln y, 0 where t is. Raises DomainError."""
    asked = array_positive(np.where(t == 0, 1.0, y), np, loss)
    return t * np.log(asked)


def array_positive(y: Array, np: Any, loss: str) -> Array:
    """The outputs themselves. Raises DomainError where one has no logarithm."""
    if (y <= 0).any():
        positive(float(y[y <= 0][0]), loss)
    return y


def array_probabilities(y: Array, np: Any, loss: str) -> None:
    """Raises DomainError where an output is no probability."""
    outside = ~((y >= 0) & (y <= 1))
    if outside.any():
        probability(float(y[outside][0]), loss)
