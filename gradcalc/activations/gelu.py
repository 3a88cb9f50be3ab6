"""gelu(x) = x·Φ(x), Φ the normal distribution function, φ its density; gelu′ = Φ + xφ.

Φ(x) = erfc(−x/√2)/2 with x/√2 as an exact product, as erfc's condition number grows with x². Far left
xΦ(x) = −φ(x)·S and Φ + xφ = φ·(x − S/x), S = 1 − 1/x² + 3/x⁴ − 15/x⁶ … (Abramowitz and Stegun, 26.2.12).
"""

from __future__ import annotations

from collections.abc import Callable
from math import erfc, exp
from typing import Any

from gradcalc.activations import Activation, blocked
from gradcalc.activations.rounding import product
from gradcalc.expressions.textbook import Textbook

ROOT_HALF = 0.7071067811865476
ROOT_HALF_REST = -4.833646656726457e-17  # √½ − ROOT_HALF
PEAK = 0.3989422804014327  # φ(0)
PEAK_REST = -2.4923272022777433e-17
TWO_OVER_ROOT_PI = 1.1283791670955126
SERIES_BELOW = -26.0  # there seven terms of S reach its last bit
UNDERFLOW_BELOW = -40.0  # and there φ is no double any more
SERIES = (-135135.0, 10395.0, -945.0, 105.0, -15.0, 3.0, -1.0, 1.0)


def _distribution(x: float) -> float:
    """Φ(x), x ≥ −26."""
    if x >= 0:
        return erfc(-x * ROOT_HALF) / 2
    t, rest = product(x, ROOT_HALF)
    rest += x * ROOT_HALF_REST
    return (erfc(-t) + TWO_OVER_ROOT_PI * exp(-t * t) * rest) / 2


def _sloping(x: float, exp: Callable[[float], float] = exp) -> tuple[float, float]:
    """x·φ(x) as a double and what it misses but for the rounding of one exponential, |x| ≤ 26."""
    square, square_rest = product(x, x)
    derivative, derivative_rest = product(x, PEAK)
    bell = exp(-square / 2)
    rounded, rest = product(derivative, bell)
    return rounded, rest + (derivative_rest + x * PEAK_REST) * bell - rounded * square_rest / 2


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
        sloping, rest = _sloping(x)
        return (_distribution(x) + sloping) + rest
    if x < UNDERFLOW_BELOW:
        return -0.0
    h, factor = _root_density(x)
    return h * (factor * (x - _series(x) / x)) * h


def _distributions(x: Any) -> Any:
    """Φ of an array, x ≥ −26; erfc is the standard library's, entry by entry."""
    import numpy as np

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
def _gelus(x: Any) -> Any:
    import numpy as np

    return _far_left(x * _distributions(np.clip(x, SERIES_BELOW, -SERIES_BELOW)), x, _gelu)


@blocked
def _gelu_derivatives(x: Any) -> Any:
    import numpy as np

    near = np.clip(x, SERIES_BELOW, -SERIES_BELOW)
    sloping, rest = _sloping(near, np.exp)
    return _far_left((_distributions(near) + sloping) + rest, x, _gelu_derivative)


def _gelu_in(f: Any) -> tuple[Any, Any]:
    def distribution(x: Any) -> Any:
        return f.erfc(-x / f.sqrt(f.number(2))) / 2

    def sloping(x: Any) -> Any:
        return x * f.exp(-x * x / 2) / f.sqrt(2 * f.pi)

    return lambda x: x * distribution(x), lambda x: distribution(x) + sloping(x)


ROWS = (
    Activation(
        "gelu",
        formula="x*(1 + erf(x/sqrt(2)))/2",
        derivative_formula="(1 + erf(x/sqrt(2)))/2 + x*exp(-x^2/2)/sqrt(2*pi)",
        textbook=Textbook("product rule"),
        value=_gelu,
        derivative=_gelu_derivative,
        values=_gelus,
        derivatives=_gelu_derivatives,
        general=_gelu_in,
    ),
)
