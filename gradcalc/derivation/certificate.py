"""Is the derivation right? Closed form and sum of terms against the engine, at the network's point and at random ones.

The derivation is checked as it is printed: the formula by its definitions, the terms by their own products. A
disagreement is an error of gradcalc's, and no derivation is shown then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcalc.derivation.points import Points
from gradcalc.record import Record
from gradcalc.units.point import UnitPoint

Number = Any

TOLERANCE = 1e-9


class Certificate(Record):
    """The largest relative error that was measured, and at how many points."""

    relative_error: float
    points: int


class Disagreement(Exception):
    """A derivation that does not give what the engine gives: a mistake of gradcalc's."""


def certify(points: Points, error_at: Callable[[UnitPoint], float]) -> Certificate:
    """The largest of the errors at all points.

    An error beyond the tolerance is measured again with 50 digits: where numbers nearly cancel, doubles cannot tell.
    Raises Disagreement where it is large then too.
    """
    errors = []
    for number, at in enumerate(points.all):
        error = _entered(error_at, at)
        if not error <= TOLERANCE:
            error = _entered(error_at, points.precise(number))
        if not error <= TOLERANCE:
            raise Disagreement(f"the derivation and the engine differ by {error:.1e}, relatively")
        errors.append(error)
    return Certificate(max(errors), len(errors))


def _entered(error_at: Callable[[UnitPoint], float], at: UnitPoint) -> float:
    with at.arithmetic.context():
        return error_at(at)


def relative(got: Sequence[Number], wanted: Sequence[Number]) -> float:
    """max |got − wanted| over max |wanted|; where all of those are 0, 0 or infinity."""
    scale = max(map(abs, wanted))
    difference = max(abs(one - other) for one, other in zip(got, wanted))
    if scale == 0:
        return 0.0 if difference == 0 else float("inf")
    return float(difference / scale)
