"""Losses of the difference d = y − t: d², |d|, and what lies between the two."""

from __future__ import annotations

from gradcalc.losses.loss import Functions, Number
from gradcalc.losses.row import Row, each


def _square(y: Number, t: Number, f: Functions) -> Number:
    difference = y - t
    return difference * difference


MSE = Row(
    "mse",
    term="(y - t)^2",
    terms=each(_square),
    slopes=each(lambda y, t, f: 2 * (y - t)),
    averaged=True,
)
SSE = MSE._replace(name="sse", averaged=False)
HALF_SSE = Row(
    "half_sse",
    term="(y - t)^2/2",
    terms=each(lambda y, t, f: _square(y, t, f) / 2),
    slopes=each(lambda y, t, f: y - t),
)
ROWS = (MSE, SSE, HALF_SSE)
