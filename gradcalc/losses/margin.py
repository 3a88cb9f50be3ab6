"""The hinge loss max(0, 1 − t·y), for targets −1 and 1; at its kink t·y = 1 the slope is 0."""

from __future__ import annotations

from typing import Any

from gradcalc.losses.loss import Array, Number
from gradcalc.losses.row import Row, each


def margin(y: Number, t: Number) -> Number:
    """1 − t·y. Of doubles whose product is near 1 it is computed as a ratio of integers, and rounded once."""
    product = t * y
    if not isinstance(product, float) or not 0.5 < product < 2:
        return 1 - product
    (a, b), (c, d) = t.as_integer_ratio(), y.as_integer_ratio()
    return (b * d - a * c) / (b * d)


def _array_margins(y: Array, t: Array, np: Any) -> Array:
    product = t * y
    margins = 1 - product
    rounded = (product > 0.5) & (product < 2) & (np.abs(t) != 1)
    margins[rounded] = [margin(*pair) for pair in zip(y[rounded].tolist(), t[rounded].tolist())]
    return margins


HINGE = Row(
    "hinge",
    term="max(0, 1 - t*y)",
    terms=each(lambda y, t, f: max(margin(y, t), f.number(0))),
    slopes=each(lambda y, t, f: -t if margin(y, t) > 0 else f.number(0)),
    array_terms=lambda y, t, np: np.maximum(_array_margins(y, t, np), 0),
    array_slopes=lambda y, t, np: np.where(_array_margins(y, t, np) > 0, -t, 0.0),
    averaged=True,
    kink=lambda y, t: bool(margin(y, t) == 0),
    flat=True,
    slope="-t if t*y < 1 else 0",
    takes="any number; targets are −1 and 1",
    kinks="0 at t*y = 1",
)
ROWS = (HINGE,)
