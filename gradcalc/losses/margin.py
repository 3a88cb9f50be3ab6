"""The hinge loss max(0, 1 − t·y), for targets −1 and 1; at its kink t·y = 1 the slope is 0."""

from __future__ import annotations

from gradcalc.losses.loss import Number
from gradcalc.losses.row import Row, each


def margin(y: Number, t: Number) -> Number:
    """1 − t·y. Of doubles whose product is near 1 it is computed as a ratio of integers, and rounded once."""
    product = t * y
    if not isinstance(product, float) or not 0.5 < product < 2:
        return 1 - product
    (a, b), (c, d) = t.as_integer_ratio(), y.as_integer_ratio()
    return (b * d - a * c) / (b * d)


HINGE = Row(
    "hinge",
    term="max(0, 1 - t*y)",
    terms=each(lambda y, t, f: max(margin(y, t), f.number(0))),
    slopes=each(lambda y, t, f: -t if margin(y, t) > 0 else f.number(0)),
    averaged=True,
    kink=lambda y, t: bool(margin(y, t) == 0),
    flat=True,
)
ROWS = (HINGE,)
