"""The simplest law that a magnitude follows along a key: exponential, log10|g| = a + s·x, or a power, a + s·log10 x."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10
from typing import Any

from gradcalc.records import Record

GOOD = 0.98
"""The part of the variance that a law has to explain."""

FEWEST = 4


class Law(Record):
    """`slope` is s; `fit` the part of the variance explained, R²."""

    kind: str  # "exponential", "power"
    slope: float
    fit: float


def law(points: Sequence[tuple[Any, float | None]]) -> Law | None:
    """The law that fits better, where one fits well: from x and log10|g|, None for an exact 0 or a missing value."""
    known = [(float(x), y) for x, y in points if y is not None and isinstance(x, (int, float))]
    if len(known) < FEWEST or len(known) < len(points):
        return None
    found = [fitted("exponential", known)]
    if all(x > 0 for x, _ in known):
        found.append(fitted("power", [(log10(x), y) for x, y in known]))
    best = max(found, key=lambda one: one.fit)
    return best if best.fit >= GOOD else None


def fitted(kind: str, points: Sequence[tuple[float, float]]) -> Law:
    """The straight line of least squares, whatever the size of x."""
    unit = max(abs(x) for x, _ in points) or 1.0
    points = [(x / unit, y) for x, y in points]
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread_x = sum((x - mean_x) ** 2 for x, _ in points)
    spread_y = sum((y - mean_y) ** 2 for _, y in points)
    both = sum((x - mean_x) * (y - mean_y) for x, y in points)
    if not spread_x or not spread_y:
        return Law(kind, 0.0, 0.0)
    return Law(kind, both / spread_x / unit, both * both / (spread_x * spread_y))
