"""The steepest slope of an activation, max |σ′|: 1/4 for the sigmoid, 1 for tanh, 1.129 for gelu; found, not listed."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from gradcalc.activations import Activation
from gradcalc.errors import DomainError

FAR, STEPS, ROUNDS = 50.0, 1000, 60
FARTHER, TIMES = 1.37, 60
GROWS = 1.01
"""What is so many times steeper far out than near 0 has no bound."""

GOLDEN = 0.6180339887498949


def steepest(activation: Activation, alpha: float | None = None) -> float | None:
    """max |σ′| over the line; None where |σ′| still grows far from 0 (exp, square) or is not defined everywhere.

    A grid finds the hill, golden-section search its top. `alpha` is prelu's.
    """

    def slope(x: float) -> float:
        return float(abs(activation.slope(x) if alpha is None else activation.slope(x, alpha)))

    try:
        grid = [FAR * (2 * step / STEPS - 1) for step in range(STEPS + 1)]
        place = max(range(len(grid)), key=lambda step: slope(grid[step]))
        width = grid[1] - grid[0]
        near = max(slope(grid[place]), top(slope, grid[place] - width, grid[place] + width))
        far = max(slope(sign * FAR * FARTHER**time) for time in range(TIMES) for sign in (1, -1))
    except (DomainError, OverflowError):
        return None
    return max(near, far) if far <= GROWS * near < inf else None


def top(of: Callable[[float], float], low: float, high: float) -> float:
    """The largest value between two ends of a hill."""
    for _ in range(ROUNDS):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        low, high = (left, high) if of(left) < of(right) else (low, right)
    return of((low + high) / 2)
