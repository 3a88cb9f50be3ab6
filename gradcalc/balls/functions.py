"""The functions of an arithmetic, lifted to balls: f(midpoint), with |f′| over the ball times its radius.

Slopes over a ball are bounded for radii up to 1/8, beyond which the ball says nothing: e^(1/8) < 9/8 + 1/100.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcalc.balls.ball import Ball, Number, Undecided
from gradcalc.errors import LimitError

FAR = 10**16
"""e^−FAR is beyond every exponent that is computed with."""
LIBRARY = 2
HYPERBOLIC = 5
"""Roundings that a library's functions may be off: one unit in the last place is two of them, tanh is off by two."""


class BallFunctions:
    """The namespace in which rules and formulas are evaluated.

    `base` has the functions of the midpoints, `unit` bounds one rounding (2⁻⁵³ in doubles), `tiny` what underflows, and
    `safe` tells whether a nonzero result is inside the range where that bound holds (None: always).
    """

    def __init__(self, base: Any, unit: Number, tiny: Number, safe: Callable[[Number], bool] | None = None) -> None:
        self.base, self.unit, self.tiny, self.safe = base, unit, tiny, safe
        self.lenient = self.underflow = False
        self.pi, self.e = self._given(base.pi), self._given(base.e)

    def settle(self) -> int:
        """An open comparison asks for more digits; where there are no more, the numbers are taken as equal."""
        if self.lenient:
            return 0
        raise Undecided

    def number(self, x: Any) -> Any:
        """An int, a double or a ratio of them as a ball: exact where doubles and ints are."""
        return x if isinstance(x, Ball) else Ball(self, self.base.number(x), self.base.number(0))

    def sum(self, terms: Sequence[Any]) -> Any:
        """Σ terms."""
        return sum(terms, self.number(0))

    def rounded(self, mid: Number, rad: Number, units: int = 1) -> Ball:
        """The ball about a midpoint that is off by so many roundings."""
        if self.safe is not None and mid and not self.safe(mid):
            raise Undecided
        return Ball(self, mid, rad + abs(mid) * self.unit * units)

    def _given(self, mid: Number) -> Ball:
        return self.rounded(mid, mid * 0, LIBRARY)

    def _lifted(self, name: str, x: Any, slope: Number, units: int = LIBRARY) -> Ball:
        """f(midpoint), where |f′| ≤ slope within the ball."""
        x = self.number(x)
        return self.rounded(getattr(self.base, name)(x.mid), x.rad * slope, units)

    def _small(self, x: Any) -> Any:
        ball = self.number(x)
        if ball.rad * 8 > 1:
            raise Undecided
        return ball

    def _reachable(self, exponent: Number) -> Number:
        if abs(exponent) > FAR:
            raise LimitError("a number has an exponent beyond ±10^15; no option goes further")
        return exponent

    def _underflowed(self, mid: Number) -> Ball:
        self.underflow = True
        return Ball(self, mid, self.tiny)

    def exp(self, x: Any) -> Ball:
        """e^x."""
        x = self.number(x)
        if x.mid + x.rad < -FAR:
            return self._underflowed(x.mid * 0)
        mid = self.base.exp(self._reachable(self._small(x).mid))
        return self.rounded(mid, mid * x.rad * 5 / 4, LIBRARY) if mid else self._underflowed(mid)

    def expm1(self, x: Any) -> Ball:
        """e^x − 1."""
        x = self.number(x)
        if x.mid + x.rad < -FAR:
            return self._underflowed(x.mid * 0 - 1)
        x = self._small(x)
        mid = self.base.expm1(self._reachable(x.mid))
        return self.rounded(mid, (1 + mid) * x.rad * 5 / 4, LIBRARY)

    def log(self, x: Any) -> Ball:
        """ln x."""
        x = self.number(x)
        return self._lifted("log", x, 1 / self._surely(x))

    def log1p(self, x: Any) -> Ball:
        """ln(1 + x)."""
        x = self.number(x)
        return self._lifted("log1p", x, 1 / self._surely(1 + x))

    def sqrt(self, x: Any) -> Ball:
        """√x, |error| ≤ Δx/√x."""
        x = self.number(x)
        if not (x.mid or x.rad):
            return Ball(self, x.mid, x.rad)
        self._surely(x)
        mid = self.base.sqrt(x.mid)
        return self.rounded(mid, x.rad / mid)

    def sin(self, x: Any) -> Ball:
        """Sine."""
        return self._lifted("sin", x, 1)

    def cos(self, x: Any) -> Ball:
        """Cosine."""
        return self._lifted("cos", x, 1)

    def tan(self, x: Any) -> Ball:
        """Tangent, |tan′| = 1 + tan²."""
        return self.sin(x) / self.cos(x)

    def sinh(self, x: Any) -> Ball:
        """(e^x − e^−x)/2."""
        x = self._small(x)
        return self._lifted("sinh", x, self.base.cosh(self._reachable(x.mid)) * 5 / 4, HYPERBOLIC)

    def cosh(self, x: Any) -> Ball:
        """(e^x + e^−x)/2; |cosh′| < cosh."""
        x = self._small(x)
        mid = self.base.cosh(self._reachable(x.mid))
        return self.rounded(mid, mid * x.rad * 5 / 4, HYPERBOLIC)

    def tanh(self, x: Any) -> Ball:
        """Hyperbolic tangent; tanh′ ≤ 4e^−2|x|, and ≤ 1."""
        x = self._small(x)
        if abs(x.mid) > FAR:
            return self._underflowed(x.mid * 0 + (1 if x.mid > 0 else -1))
        return self._lifted("tanh", x, min(x.mid * 0 + 1, 6 * self.base.exp(-2 * abs(x.mid))), HYPERBOLIC)

    def erf(self, x: Any) -> Ball:
        """The error function; |erf′| < 5/4."""
        return self._lifted("erf", x, self.base.number(5) / 4)

    def erfc(self, x: Any) -> Ball:
        """1 − erf x; |erfc′| ≤ erfc·(2x + 2) for x ≥ 0."""
        x = self._small(x)
        mid = self.base.erfc(x.mid)
        if x.mid < 0:
            return self.rounded(mid, x.rad * 5 / 4, LIBRARY)
        if not mid:
            return self._underflowed(mid)
        if x.rad * (2 * x.mid + 2) * 8 > 1:
            raise Undecided
        return self.rounded(mid, mid * (2 * x.mid + 2) * x.rad * 3 / 2, LIBRARY)

    def power(self, a: Any, b: Any) -> Ball:
        """a^b: relative error |b|·Δa/|a| + |ln a|·Δb, half as much again for the curvature."""
        a = self.number(a)
        if not (a.mid or a.rad):
            return Ball(self, a.mid + (1 if b == 0 else 0), a.rad)
        exponent, open_exponent = (b.mid, b.rad) if isinstance(b, Ball) else (b, 0)
        relative = abs(exponent) * a.rad / self._surely(abs(a))
        if open_exponent:
            relative = relative + abs(self.base.log(a.mid)) * open_exponent
        if relative * 8 > 1:
            raise Undecided
        mid = self._raised(a.mid, exponent)
        return self.rounded(mid, abs(mid) * relative * 3 / 2, LIBRARY)

    def _raised(self, base: Number, exponent: Number) -> Number:
        own = getattr(self.base, "power", None)
        return own(base, exponent) if own else base**exponent

    def _surely(self, x: Ball) -> Number:
        """The least |value| in the ball, half the midpoint's at least."""
        if not x.rad * 2 < abs(x.mid):
            raise Undecided
        return abs(x.mid) - x.rad
