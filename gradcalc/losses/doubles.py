"""The functions that losses of doubles use; an overflow is inf, as IEEE 754 has it, and never an exception."""

from __future__ import annotations

import math
from collections.abc import Sequence
from math import log, log1p, tanh

__all__ = ["cosh", "exp", "log", "log1p", "number", "sinh", "sum", "tanh"]

number = float


def exp(x: float) -> float:
    """e^x."""
    return math.exp(x) if x < 709.0 else _beyond(math.exp, x)


def sinh(x: float) -> float:
    """(e^x − e^−x)/2."""
    return math.sinh(x) if -709.0 < x < 709.0 else _beyond(math.sinh, x)


def cosh(x: float) -> float:
    """(e^x + e^−x)/2."""
    return math.cosh(x) if -709.0 < x < 709.0 else _beyond(math.cosh, x)


def sum(terms: Sequence[float]) -> float:
    """The sum, rounded once."""
    if len(terms) == 1:
        return terms[0]
    try:
        return math.fsum(terms)
    except (OverflowError, ValueError):  # a partial sum beyond the range, or inf − inf
        return _plain_sum(terms)


def _plain_sum(terms: Sequence[float]) -> float:
    total = 0.0
    for term in terms:
        total += term
    return total


def _beyond(function: object, x: float) -> float:
    try:
        return function(x)  # type: ignore[operator, no-any-return]
    except OverflowError:
        return math.copysign(math.inf, x) if function is math.sinh else math.inf
