"""Functions on float64, with overflow as inf and no argument refused for its size: never an OverflowError."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Sequence

number, max, min = float, builtins.max, builtins.min
pi, e = math.pi, math.e
log, log1p, sqrt, tanh, erf, erfc = math.log, math.log1p, math.sqrt, math.tanh, math.erf, math.erfc
SAFE = 709.0  # up to here e^x, and so sinh and cosh, are finite


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
    """Sine; NaN at ±inf, as cosine and tangent are."""
    return math.sin(x) if math.isfinite(x) else math.nan


def cos(x: float) -> float:
    """Cosine."""
    return math.cos(x) if math.isfinite(x) else math.nan


def tan(x: float) -> float:
    """Tangent."""
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
    except OverflowError:  # of a partial sum
        scale = 2.0 ** len(terms).bit_length()
        return scale * sum([term / scale for term in terms])
    except ValueError:  # inf − inf
        return math.nan


def _overflowing(function: Callable[[float], float], x: float) -> float:
    try:
        return function(x)
    except OverflowError:
        return math.inf
