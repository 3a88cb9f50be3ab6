"""Losses of the difference d = y − t: d², |d| and what lies between the two; the hinge loss of margins 1 − t·y; and Σ y
itself, for circuits and for the gradient of a value."""

from __future__ import annotations

from typing import Any

from gradcalc.expressions.textbook import Textbook
from gradcalc.losses import Array, Functions, Loss, Number, each


def margin(y: Number, t: Number) -> Number:
    """1 − t·y. Of float64 whose product is near 1 it is computed as a ratio of integers, and rounded once."""
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


HINGE = Loss(
    "hinge",
    term="max(0, 1 - t*y)",
    terms=each(lambda y, t, f: max(margin(y, t), f.number(0))),
    term_derivatives=each(lambda y, t, f: -t if margin(y, t) > 0 else f.number(0)),
    array_terms=lambda y, t, np: np.maximum(_array_margins(y, t, np), 0),
    array_derivatives=lambda y, t, np: np.where(_array_margins(y, t, np) > 0, -t, 0.0),
    averaged=True,
    kink=lambda y, t, f: bool(margin(y, t) == 0),
    flat=True,
    derivative_reads="-t if t*y < 1 else 0",
    textbook=Textbook("piecewise linear", "cases(-t, 0, 1 - t*y)"),
    takes="any number; targets are −1 and 1",
    kinks="0 at t*y = 1",
)

OUTPUT = Loss(
    "output",
    term="y",
    terms=lambda ys, ts, f: list(ys),
    term_derivatives=lambda ys, ts, f: [f.number(1) for _ in ys],
    array_terms=lambda y, t, np: y,
    array_derivatives=lambda y, t, np: np.ones_like(y),
    takes_target=False,
    textbook=Textbook("identity", "1"),
)


def _square(y: Number, t: Number, f: Functions) -> Number:
    difference = y - t
    return difference * difference


def _huber(y: Number, t: Number, f: Functions, delta: float) -> Number:
    distance, bound = abs(y - t), f.number(delta)
    return distance * distance / 2 if distance <= bound else bound * (distance - bound / 2)


def _huber_derivative(y: Number, t: Number, f: Functions, delta: float) -> Number:
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


MSE = Loss(
    "mse",
    term="(y - t)^2",
    terms=each(_square),
    term_derivatives=each(lambda y, t, f: 2 * (y - t)),
    array_terms=lambda y, t, np: (y - t) ** 2,
    array_derivatives=lambda y, t, np: 2 * (y - t),
    textbook=Textbook("power rule", "2*(y - t)"),
    averaged=True,
    least_at_target=True,
    aliases=("mean_squared_error", "mse_loss"),
)

SSE = MSE._replace(name="sse", averaged=False, aliases=())

HALF_SSE = Loss(
    "half_sse",
    term="(y - t)^2/2",
    terms=each(lambda y, t, f: _square(y, t, f) / 2),
    term_derivatives=each(lambda y, t, f: y - t),
    array_terms=lambda y, t, np: (y - t) ** 2 / 2,
    array_derivatives=lambda y, t, np: y - t,
    textbook=Textbook("power rule", "y - t"),
    least_at_target=True,
)

MAE = Loss(
    "mae",
    term="abs(y - t)",
    terms=each(lambda y, t, f: abs(y - t)),
    term_derivatives=each(lambda y, t, f: f.number((y > t) - (y < t))),
    array_terms=lambda y, t, np: np.abs(y - t),
    array_derivatives=lambda y, t, np: np.sign(y - t),
    textbook=Textbook("|x|′ = sign x", "sign(y - t)"),
    averaged=True,
    least_at_target=True,
    kink=lambda y, t, f: bool(y == t),
    kinks="0 at y = t",
    aliases=("l1", "l1_loss", "mean_absolute_error"),
)

HUBER = Loss(
    "huber",
    term="min(abs(y - t), delta)*(abs(y - t) - min(abs(y - t), delta)/2)",
    terms=each(_huber),
    term_derivatives=each(_huber_derivative),
    array_terms=_array_huber,
    array_derivatives=lambda y, t, np, delta: np.clip(y - t, -delta, delta),
    averaged=True,
    least_at_target=True,
    options={"delta": 1.0},
    reads="(y - t)^2/2 if abs(y - t) <= delta else delta*(abs(y - t) - delta/2)",
    textbook=Textbook(
        "power rule where |y − t| ≤ {delta:g}, linear beyond",
        "max(-delta, min(y - t, delta))",
        value="cases(delta*(abs(y - t) - delta/2), (y - t)^2/2, abs(y - t) - delta)",
    ),
    aliases=("huber_loss",),
    plain_aliases=("smooth_l1", "smooth_l1_loss"),
)

LOG_COSH = Loss(
    "log_cosh",
    term="log(cosh(y - t))",
    terms=each(_log_cosh),
    term_derivatives=each(lambda y, t, f: f.tanh(y - t)),
    textbook=Textbook("(ln cosh)′ = tanh", "tanh(y - t)"),
    averaged=True,
    least_at_target=True,
    aliases=("logcosh",),
)

ROWS = (MSE, SSE, HALF_SSE, MAE, HUBER, LOG_COSH, HINGE, OUTPUT)
UNLIKE = {
    **dict.fromkeys(
        ("l2", "squarederror"), "may be a sum or a mean, with or without ½; write mse (mean), sse (sum) or half_sse"
    ),
    **dict.fromkeys(
        ("mape", "meanabsolutepercentageerror"), 'is not built in; for one unit write {formula: "100 abs((t - y) / t)"}'
    ),
    **dict.fromkeys(
        ("msle", "meansquaredlogarithmicerror"),
        'is not built in; for one unit write {formula: "(log(1 + t) - log(1 + y))^2"}',
    ),
    "halfmse": "is half of mse; write {name: mse, scale: 0.5}",
    **dict.fromkeys(("mbe", "meanbiaserror"), 'is not built in; for one unit write {formula: "t - y"}'),
    "hingeembedding": "is y where t = 1, max(0, 1 − y) where t = −1; hinge is max(0, 1 − t·y)",
    "squaredhinge": 'is not built in; for one unit write {formula: "max(0, 1 - t*y)^2"}',
    "softmargin": 'is not built in; for one unit write {formula: "softplus(-t*y)"}',
}
