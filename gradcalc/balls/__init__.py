"""Numbers that carry a bound of their own error, so that a result can be certified: midpoint and radius."""

from __future__ import annotations

from gradcalc.balls.certify import Level, certified

__all__ = ["Level", "certified"]
