"""Functions on doubles, with overflow as inf and no argument refused for its size: never an OverflowError."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from math import e, erf, erfc, log, log1p, pi, sqrt

__all__ = [
    "cos",
    "cosh",
    "e",
    "erf",
    "erfc",
    "exp",
    "expm1",
    "log",
    "log1p",
    "number",
    "pi",
    "power",
    "sin",
    "sinh",
    "sqrt",
    "sum",
    "tan",
    "tanh",
]

number = float
tanh = math.tanh
SAFE = 709.0
"""Up to here e^x, and so sinh and cosh, are doubles."""


def exp(x: float) -> float:
    """e^x."""
    return math.exp(x) if x < SAFE else _overflowing(math.exp, x)


def expm1(x: float) -> float:
    """e^x − 1."""
    return math.expm1(x) if x < SAFE else _overflowing(math.expm1, x)


def sinh(x: float) -> float:
    """(e^x − e^−x)/2."""
    return math.sinh(x) if -SAFE < x < SAFE else math.copysign(_overflowing(math.sinh, abs(x)), x)


def cosh(x: float) -> float:
    """(e^x + e^−x)/2."""
    return math.cosh(x) if -SAFE < x < SAFE else _overflowing(math.cosh, x)


def sin(x: float) -> float:
    """sin x; NaN at ±inf."""
    return math.sin(x) if math.isfinite(x) else math.nan


def cos(x: float) -> float:
    """cos x; NaN at ±inf."""
    return math.cos(x) if math.isfinite(x) else math.nan


def tan(x: float) -> float:
    """tan x; NaN at ±inf."""
    return math.tan(x) if math.isfinite(x) else math.nan


def power(a: float, b: float) -> float:
    """a^b within its domain."""
    try:
        return math.pow(a, b)
    except OverflowError:
        return -math.inf if a < 0 and b % 2 == 1 else math.inf


def sum(terms: Sequence[float]) -> float:
    """The sum, rounded once; inf or NaN where IEEE 754 has it so."""
    if len(terms) == 1:
        return terms[0]
    try:
        return math.fsum(terms)
    except (OverflowError, ValueError):  # a partial sum beyond the range, or inf − inf
        return _one_by_one(terms)


def _one_by_one(terms: Sequence[float]) -> float:
    total = 0.0
    for term in terms:
        total += term
    return total


def _overflowing(function: Callable[[float], float], x: float) -> float:
    try:
        return function(x)
    except OverflowError:
        return math.inf
