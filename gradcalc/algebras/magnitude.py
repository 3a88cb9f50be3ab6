"""The gradient that would be if no path cancelled another: the sum of |product| over all paths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.steps import Steps


class Magnitude:
    """Slopes in absolute value; arrays bring their own `abs`."""

    zero: Any = 0.0

    def __init__(self, zero: Any = 0.0) -> None:
        self.zero = zero

    def start(self, seed: Any) -> Any:
        """|seed|."""
        return abs(seed)

    def edges(self, steps: Steps, slopes: Sequence[Any]) -> list[Any]:
        """|slope|, entry by entry."""
        return list(map(abs, slopes))
