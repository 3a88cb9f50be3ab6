"""What domain.py asks of numbers, asked of arrays [B, n]: the first output outside is named."""

from __future__ import annotations

from typing import Any

from gradcalc.losses.domain import positive, probability
from gradcalc.losses.loss import Array


def array_times_log(t: Array, y: Array, np: Any, loss: str) -> Array:
    """t ln y, 0 where t is. Raises DomainError."""
    asked = array_positive(np.where(t == 0, 1.0, y), np, loss)
    return t * np.log(asked)


def array_times_log_complement(t: Array, y: Array, np: Any, loss: str) -> Array:
    """(1 − t) ln(1 − y), 0 where 1 − t is. Raises DomainError."""
    asked = np.where(t == 1, 0.0, y)
    array_positive(1 - asked, np, loss)
    return (1 - t) * np.log1p(-asked)


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
