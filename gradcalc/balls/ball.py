"""A ball: a midpoint, and a radius within which the true value lies, with the arithmetic of both.

The midpoint is a float, a Decimal or an mpf; every operation adds its own rounding, |midpoint|·u, to what it inherits.
A comparison that the radii leave open raises `Undecided`: then more digits are needed.
"""

from __future__ import annotations

from typing import Any, Protocol

Number = Any


class Undecided(Exception):
    """The radius does not tell a number from another one, or a double has left its safe range."""


class Field(Protocol):
    """Where balls live: how they round, and how an open comparison is settled."""

    def rounded(self, mid: Number, rad: Number) -> Ball:
        """The ball about a midpoint that was rounded once."""

    def power(self, a: Any, b: Any) -> Ball:
        """a^b."""

    def settle(self) -> int:
        """The sign of a difference that the radii leave open; or raises Undecided."""


class Ball:
    """One number. Operands may be ints, which are exact."""

    __slots__ = ("field", "mid", "rad")

    def __init__(self, field: Field, mid: Number, rad: Number) -> None:
        self.field, self.mid, self.rad = field, mid, rad

    def __add__(self, other: Any) -> Ball:
        mid, rad = _parts(other)
        return self.field.rounded(self.mid + mid, self.rad + rad)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Ball:
        mid, rad = _parts(other)
        return self.field.rounded(self.mid - mid, self.rad + rad)

    def __rsub__(self, other: Any) -> Ball:
        return (-self).__add__(other)

    def __mul__(self, other: Any) -> Ball:
        mid, rad = _parts(other)
        if not (self.mid or self.rad) or not (mid or rad):
            return Ball(self.field, self.mid * 0, self.rad * 0)
        return self.field.rounded(self.mid * mid, abs(self.mid) * rad + (abs(mid) + rad) * self.rad)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Ball:
        return _quotient(self.field, (self.mid, self.rad), _parts(other))

    def __rtruediv__(self, other: Any) -> Ball:
        return _quotient(self.field, _parts(other), (self.mid, self.rad))

    def __pow__(self, exponent: Any) -> Ball:
        return self.field.power(self, exponent)

    def __neg__(self) -> Ball:
        return Ball(self.field, -self.mid, self.rad)

    def __pos__(self) -> Ball:
        return self

    def __abs__(self) -> Ball:
        return Ball(self.field, abs(self.mid), self.rad)

    def __lt__(self, other: Any) -> bool:
        return self._sign(other) < 0

    def __gt__(self, other: Any) -> bool:
        return self._sign(other) > 0

    def __le__(self, other: Any) -> bool:
        return self._sign(other) <= 0

    def __ge__(self, other: Any) -> bool:
        return self._sign(other) >= 0

    def __eq__(self, other: object) -> bool:
        return self._sign(other) == 0

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return self._sign(0) != 0

    def __float__(self) -> float:
        return float(self.mid)

    def __int__(self) -> int:
        return int(self.mid)

    def _sign(self, other: Any) -> int:
        """The sign of self − other, where the radii leave no doubt."""
        mid, rad = _parts(other)
        uncertain = self.rad + rad
        apart = self.mid - mid
        if uncertain and not abs(apart) > uncertain + uncertain / 1000:
            return self.field.settle()
        return int(self.mid > mid) - int(self.mid < mid)


def _parts(number: Any) -> tuple[Number, Number]:
    return (number.mid, number.rad) if isinstance(number, Ball) else (number, 0)


def _quotient(field: Field, above: tuple[Number, Number], below: tuple[Number, Number]) -> Ball:
    """a/b, |error| ≤ (Δa + |a/b|Δb)/(|b| − Δb)."""
    surely = abs(below[0]) - below[1]
    if not surely > 0:
        raise Undecided
    mid = above[0] / below[0]
    return field.rounded(mid, (above[1] + abs(mid) * below[1]) / surely)
