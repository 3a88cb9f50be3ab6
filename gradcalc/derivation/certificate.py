"""Is the derivation right? Closed form and sum of terms against the engine, at the network's point and at random ones.

The derivation is checked as it is printed: the formula by its definitions, the terms by their own products. A
disagreement is an error of gradcalc's, and no derivation is shown then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from gradcalc.derivation.points import DIGITS
from gradcalc.engine.scalar_point import UnitPoint
from gradcalc.records import Record

Number = Any

TOLERANCE = 1e-9
PRECISE = f"{DIGITS} decimal digits"
NEGLIGIBLE = 1e-40

Pairs = Iterable[tuple[Sequence[Number], Sequence[Number]]]
ErrorsAt = Callable[[Any], Pairs]
"""What the derivation says at a point, and what the engine does, entry by entry."""


class Checked(Protocol):
    """The points to check at, of single units or in arrays."""

    @property
    def all(self) -> Sequence[Any]: ...
    def precise(self, number: int) -> Any: ...


class Certificate(Record):
    """The largest relative error that was measured, and at how many points."""

    relative_error: float
    points: int


class Disagreement(Exception):
    """A derivation that does not give what the engine gives: a mistake of gradcalc's."""


def certify(points: Checked, errors_at: ErrorsAt) -> Certificate:
    """The largest of the errors at all points.

    An error beyond the tolerance is measured again with 50 digits: where numbers nearly cancel, doubles cannot tell.
    Raises Disagreement where it is large then too.
    """
    errors = [_error(points, number, errors_at) for number in range(len(points.all))]
    return Certificate(max(errors), len(errors))


def _error(points: Checked, number: int, errors_at: ErrorsAt) -> float:
    error = _worst(errors_at, points.all[number])
    if not error <= TOLERANCE:
        error = _worst(errors_at, points.precise(number))
    if not error <= TOLERANCE:
        raise Disagreement(f"the derivation and the engine differ by {error:.1e}, relatively")
    return error


def _worst(errors_at: ErrorsAt, at: Any) -> float:
    with at.arithmetic.context():
        return max(relative(at, got, wanted) for got, wanted in errors_at(at))


def relative(at: Any, got: Sequence[Number], wanted: Sequence[Number]) -> float:
    """max |got − wanted| over max |wanted|. Of 50 digits a difference in the last ten is none: a sum whose terms cancel
    to 0 has no relative error."""
    scale = max(map(abs, wanted))
    difference = max(abs(one - other) for one, other in zip(got, wanted))
    if difference == 0 or (at.arithmetic.name == PRECISE and difference < NEGLIGIBLE * size_of(at)):
        return 0.0
    return float(difference / scale) if scale else float("inf")


def size_of(at: Any) -> Number:
    """How large the numbers are that gradients are sums of: the largest value times the largest adjoint."""
    if isinstance(at, UnitPoint):
        values = max(abs(value) for example in at.examples for value in example.values)
        adjoints = max(abs(said) for example in at.examples for said in example.said)
        return max(values, 1) * max(adjoints, 1)
    nodes = range(len(at.graph.nodes))
    sizes = [max(abs(of(node)).max() for node in nodes) for of in (at.at.values.__getitem__, at.said_of)]
    return max(sizes[0], 1) * max(sizes[1], 1)
