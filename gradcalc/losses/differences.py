"""Losses of the difference d = y − t: d², |d|, and what lies between the two."""

from __future__ import annotations

from typing import Any

from gradcalc.losses.loss import Array, Functions, Number
from gradcalc.losses.row import Row, each


def _square(y: Number, t: Number, f: Functions) -> Number:
    difference = y - t
    return difference * difference


def _sign(y: Number, t: Number, f: Functions) -> Number:
    return f.number((y > t) - (y < t))


def _huber(y: Number, t: Number, f: Functions, delta: float) -> Number:
    distance, bound = abs(y - t), f.number(delta)
    return distance * distance / 2 if distance <= bound else bound * (distance - bound / 2)


def _huber_slope(y: Number, t: Number, f: Functions, delta: float) -> Number:
    bound = f.number(delta)
    return max(-bound, min(y - t, bound))


def _log_cosh(y: Number, t: Number, f: Functions) -> Number:
    """ln cosh d = ln(1 + 2 sinh²(d/2)) = |d| + ln(1 + e^−2|d|) − ln 2, whichever does not cancel."""
    distance = abs(y - t)
    if distance > 1:
        return distance + (f.log1p(f.exp(-2 * distance)) - f.log(f.number(2)))
    half = f.sinh(distance / 2)
    return f.log1p(2 * half * half)


def _array_huber(y: Array, t: Array, np: Any, delta: float) -> Array:
    distance = np.abs(y - t)
    return np.where(distance <= delta, distance * distance / 2, delta * (distance - delta / 2))


def _is_target(y: Number, t: Number) -> bool:
    return bool(y == t)


MSE = Row(
    "mse",
    term="(y - t)^2",
    terms=each(_square),
    slopes=each(lambda y, t, f: 2 * (y - t)),
    array_terms=lambda y, t, np: (y - t) ** 2,
    array_slopes=lambda y, t, np: 2 * (y - t),
    averaged=True,
    slope="2*(y - t)",
)
SSE = MSE._replace(name="sse", averaged=False)
HALF_SSE = Row(
    "half_sse",
    term="(y - t)^2/2",
    terms=each(lambda y, t, f: _square(y, t, f) / 2),
    slopes=each(lambda y, t, f: y - t),
    array_terms=lambda y, t, np: (y - t) ** 2 / 2,
    array_slopes=lambda y, t, np: y - t,
    slope="y - t",
)
MAE = Row(
    "mae",
    term="abs(y - t)",
    terms=each(lambda y, t, f: abs(y - t)),
    slopes=each(_sign),
    array_terms=lambda y, t, np: np.abs(y - t),
    array_slopes=lambda y, t, np: np.sign(y - t),
    averaged=True,
    kink=_is_target,
    slope="sign(y - t)",
    kinks="0 at y = t",
)
HUBER = Row(
    "huber",
    term="min(abs(y - t), delta)*(abs(y - t) - min(abs(y - t), delta)/2)",
    terms=each(_huber),
    slopes=each(_huber_slope),
    array_terms=_array_huber,
    array_slopes=lambda y, t, np, delta: np.clip(y - t, -delta, delta),
    averaged=True,
    options={"delta": 1.0},
    slope="max(-delta, min(y - t, delta))",
    reads="(y - t)^2/2 if abs(y - t) <= delta else delta*(abs(y - t) - delta/2)",
)
LOG_COSH = Row(
    "log_cosh",
    term="log(cosh(y - t))",
    terms=each(_log_cosh),
    slopes=each(lambda y, t, f: f.tanh(y - t)),
    averaged=True,
    slope="tanh(y - t)",
)
ROWS = (MSE, SSE, HALF_SSE, MAE, HUBER, LOG_COSH)
