"""Products and sums of float64 that round once, for derivatives without cancellation and tails without early underflow.

Products and differences take arrays as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import exp
from typing import Any

from gradcalc.activations import np
from gradcalc.expressions.float_functions import sum as sum_once

SPLITTER = 134217729.0  # 2^27 + 1 (Veltkamp, 1968)
FAR_LEFT = -700.0  # below it e^x comes near the subnormals


def scaled_exp(factor: float, x: float) -> float:
    """factor·e^x for x ≤ 0, nonzero where that is, though e^x alone may underflow."""
    if x > FAR_LEFT:
        return factor * exp(x)
    half = exp(x / 2)
    return factor * half * half


def patched(y: Any, x: Any, factor: Any) -> Any:
    """The array y, with factor·e^x in its place where x is far left, which is seldom."""
    if x.size and x.min() < FAR_LEFT:
        far = x < FAR_LEFT
        half = np.exp(x[far] / 2)
        y[far] = np.broadcast_to(factor, x.shape)[far] * half * half
    return y


def split(x: float) -> tuple[float, float]:
    """x = high + low, each of at most 26 bits (|x| < 1e300)."""
    carried = SPLITTER * x
    high = carried - (carried - x)
    return high, x - high


def product(x: float, y: float) -> tuple[float, float]:
    """x·y as the rounded product and what it misses (Dekker, 1971), for products in range."""
    rounded = x * y
    a, b = split(x)
    c, d = split(y)
    return rounded, ((a * c - rounded) + a * d + b * c) + b * d


def difference(x: float, y: float) -> tuple[float, float]:
    """x − y as the rounded difference and what it misses (Knuth, 1969)."""
    rounded = x - y
    virtual = x - rounded
    return rounded, (x - (rounded + virtual)) + (virtual - y)


def squares_about_mean(z: Sequence[float]) -> float:
    """Σ(z − mean)², rounded about once: from exact differences to a number near the mean."""
    near = sum_once(z) / len(z)
    apart = [difference(x, near) for x in z]
    drift = sum_once([part for parts in apart for part in parts])
    return sum_once([*_products(apart, apart), -drift * drift / len(z)])


def products_of_differences(z: Sequence[float], i: int, j: int) -> float:
    """Σ_c (z_c − z_i)(z_c − z_j), rounded about once."""
    return sum_once([*_products([difference(x, z[i]) for x in z], [difference(x, z[j]) for x in z])])


def _products(xs: Sequence[tuple[float, float]], ys: Sequence[tuple[float, float]]) -> Iterator[float]:
    """Terms whose sum is Σ xy, of numbers given with their rests; the product of two rests does not count."""
    for (x, x_rest), (y, y_rest) in zip(xs, ys):
        rounded, rest = product(x, y)
        yield rounded
        yield rest + (x * y_rest + y * x_rest)
