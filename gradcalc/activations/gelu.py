"""gelu(x) = x·Φ(x), Φ the normal distribution function, φ its density; gelu′ = Φ + xφ; and its approximation gelu_tanh.

Φ(x) = erfc(−x/√2)/2 with x/√2 as an exact product, as erfc's condition number grows with x². Far left
xΦ(x) = −φ(x)·S and Φ + xφ = φ·(x − S/x), S = 1 − 1/x² + 3/x⁴ − 15/x⁶ … (Abramowitz and Stegun, 26.2.12).

gelu_tanh(x) = x·σ(v), v = 2√(2/π)(x + 0.044715x³) (Hendrycks and Gimpel, 2016). With e = exp(−|v|) and g = x·v′
its derivative is e((1 + g) + e)/(1+e)² left of 0, 1 + e((g − 1) − e)/(1+e)² right of it. v is formed with what its
roundings miss, as its error would become e's relative one.
"""

from __future__ import annotations

from collections.abc import Callable
from math import erfc, exp
from typing import Any

from gradcalc.activations import Activation, Functions, blocked, np
from gradcalc.activations.rounding import FAR_LEFT, difference, patched, product, scaled_exp
from gradcalc.expressions.functions import sigmoid
from gradcalc.expressions.textbook import Textbook

ROOT_HALF = 0.7071067811865476
ROOT_HALF_REST = -4.833646656726457e-17  # √½ − ROOT_HALF
PEAK = 0.3989422804014327  # φ(0)
PEAK_REST = -2.4923272022777433e-17
TWO_OVER_ROOT_PI = 1.1283791670955126
SERIES_BELOW = -26.0  # there seven terms of S reach its last bit
UNDERFLOW_BELOW = -40.0  # and there φ is 0
SERIES = (-135135.0, 10395.0, -945.0, 105.0, -15.0, 3.0, -1.0, 1.0)


def _distribution(x: float) -> float:
    """Φ(x), x ≥ −26."""
    if x >= 0:
        return erfc(-x * ROOT_HALF) / 2
    t, rest = product(x, ROOT_HALF)
    rest += x * ROOT_HALF_REST
    return (erfc(-t) + TWO_OVER_ROOT_PI * exp(-t * t) * rest) / 2


def _times_density(x: float, exp: Callable[[float], float] = exp) -> tuple[float, float]:
    """x·φ(x) in float64 and what it misses but for the rounding of one exponential, |x| ≤ 26."""
    square, square_rest = product(x, x)
    scaled, scaled_rest = product(x, PEAK)
    bell = exp(-square / 2)
    rounded, rest = product(scaled, bell)
    return rounded, rest + (scaled_rest + x * PEAK_REST) * bell - rounded * square_rest / 2


def _root_density(x: float) -> tuple[float, float]:
    """exp(−x²/4), and what its square still lacks to be φ(x)."""
    square, rest = product(x, x)
    return exp(-square / 4), PEAK * (1 - rest / 2)


def _series(x: float) -> float:
    """S, for x far left."""
    r = 1 / (x * x)
    s = 0.0
    for coefficient in SERIES:
        s = s * r + coefficient
    return s


def _gelu(x: float) -> float:
    if x >= SERIES_BELOW:
        return x * _distribution(x)
    if x < UNDERFLOW_BELOW:
        return -0.0
    h, factor = _root_density(x)
    return -h * (factor * _series(x)) * h


def _gelu_derivative(x: float) -> float:
    if x > -SERIES_BELOW:
        return 1.0
    if x >= SERIES_BELOW:
        density, rest = _times_density(x)
        return (_distribution(x) + density) + rest
    if x < UNDERFLOW_BELOW:
        return -0.0
    h, factor = _root_density(x)
    return h * (factor * (x - _series(x) / x)) * h


def _distributions(x: Any) -> Any:
    """Φ of an array, x ≥ −26; erfc is the standard library's, entry by entry."""
    t, rest = product(x, ROOT_HALF)
    rest += x * ROOT_HALF_REST
    tails = np.fromiter(map(erfc, np.ravel(-t).tolist()), float, x.size).reshape(x.shape)
    return (tails + TWO_OVER_ROOT_PI * np.exp(-t * t) * rest) / 2


def _far_left(y: Any, x: Any, rule: Callable[[float], float]) -> Any:
    """The array y, with the rule's results where x is far left, which is seldom."""
    far = x < SERIES_BELOW
    if far.any():
        y[far] = list(map(rule, x[far].tolist()))
    return y


@blocked
def _gelu_derivatives(x: Any) -> Any:
    near = np.clip(x, SERIES_BELOW, -SERIES_BELOW)
    density, rest = _times_density(near, np.exp)
    return _far_left((_distributions(near) + density) + rest, x, _gelu_derivative)


def _gelu_rule(f: Functions) -> tuple[Any, Any]:
    def distribution(x: Any) -> Any:
        return f.erfc(-x / f.sqrt(f.number(2))) / 2

    def density(x: Any) -> Any:
        return x * f.exp(-x * x / 2) / f.sqrt(2 * f.pi)

    return lambda x: x * distribution(x), lambda x: distribution(x) + density(x)


CUBIC = 0.044715
INNER = 1.5957691216057308  # 2√(2/π)
INNER_REST = -9.969308809110973e-17
SATURATED = 40.0  # from there on the value is x or 0 to the last bit


def _inner(x: float) -> tuple[float, float, float]:
    """v in float64, what it misses, and x·v′ − v."""
    p, p_rest = product(x, INNER)
    t = CUBIC * x * x
    w, missed = difference(1.0, -t)
    v, v_rest = product(p, w)
    return v, v_rest + (p_rest + x * INNER_REST) * w + p * missed, 2 * p * t


def _gelu_tanh(x: float) -> float:
    if abs(x) > SATURATED:
        return x if x > 0 else -0.0
    v, rest, _ = _inner(x)
    if v <= FAR_LEFT:
        return scaled_exp(x, v)
    e = _corrected(exp(-abs(v)), v, rest)
    return x / (1 + e) if x >= 0 else x * e / (1 + e)


def _corrected(e: float, v: float, rest: float) -> float:
    """exp(−|v + rest|) from e = exp(−|v|)."""
    return e + e * rest if v < 0 else e - e * rest


def _gelu_tanh_derivative(x: float) -> float:
    if abs(x) > SATURATED:
        return 1.0 if x > 0 else -0.0
    v, rest, more = _inner(x)
    if v <= FAR_LEFT:
        return scaled_exp(1 + v + more, v)
    e = _corrected(exp(-abs(v)), v, rest)
    d = 1 + e * (2 + e)
    if x >= 0:
        return 1 + e * (((v - 1) + (more + rest)) - e) / d
    return e * (((1 + v) + (more + rest)) + e) / d


def _array_inner(x: Any) -> tuple[Any, Any, Any]:
    """v and e of an array, and x·v′ − v with v's rest."""
    v, rest, more = _inner(np.clip(x, -SATURATED, SATURATED))
    e = np.exp(-np.abs(v))
    return v, e - e * rest * np.where(v < 0, -1.0, 1.0), more + rest


@blocked
def _gelu_tanhs(x: Any) -> Any:
    v, e, _ = _array_inner(x)
    return patched(x * np.where(x < 0, e, 1.0) / (1 + e), v, x)


@blocked
def _gelu_tanh_derivatives(x: Any) -> Any:
    v, e, more = _array_inner(x)
    right = v >= 0
    rest = e * ((np.where(right, v - 1, -1 - v) + np.where(right, more, -more)) - e) / (1 + e * (2 + e))
    return patched(np.where(right, 1 + rest, -rest), v, 1 + v + more)


def _gelu_tanh_rule(f: Functions) -> tuple[Any, Any]:
    cubic = f.number(44715) / 1000000

    def inner(x: Any, by: int = 1) -> Any:
        return 2 * f.sqrt(2 / f.pi) * (x + by * cubic * x * x * x)

    def gate(x: Any) -> Any:
        return sigmoid(f, inner(x))

    return lambda x: x * gate(x), lambda x: gate(x) * (1 + inner(x, 3) * gate(-x))


ROWS = (
    Activation(
        "gelu",
        formula="x*(1 + erf(x/sqrt(2)))/2",
        derivative_formula="(1 + erf(x/sqrt(2)))/2 + x*exp(-x^2/2)/sqrt(2*pi)",
        textbook=Textbook(
            "product rule", "one_plus_erf(x/sqrt(2))/2 + x*exp(-x^2/2)/sqrt(2*pi)", value="x*one_plus_erf(x/sqrt(2))/2"
        ),
        value=_gelu,
        derivative=_gelu_derivative,
        values=blocked(lambda x: _far_left(x * _distributions(np.clip(x, SERIES_BELOW, -SERIES_BELOW)), x, _gelu)),
        derivatives=_gelu_derivatives,
        rule=_gelu_rule,
    ),
    Activation(
        "gelu_tanh",
        aliases=("gelu_new", "gelu_pytorch_tanh"),
        textbook=Textbook("product rule", value="x*one_plus_tanh(sqrt(2/pi)*(x + 0.044715*x^3))/2"),
        formula="x*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x^3)))/2",
        derivative_formula="sigmoid(2*sqrt(2/pi)*(x + 0.044715*x^3))*(1 + 2*sqrt(2/pi)*(x + 0.134145*x^3)"
        "*sigmoid(-2*sqrt(2/pi)*(x + 0.044715*x^3)))",
        value=_gelu_tanh,
        derivative=_gelu_tanh_derivative,
        values=_gelu_tanhs,
        derivatives=_gelu_tanh_derivatives,
        rule=_gelu_tanh_rule,
    ),
)
