"""float64: the rows' own functions, as they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gradcalc.expressions import float_functions

if TYPE_CHECKING:
    from gradcalc.activations import Activation
    from gradcalc.losses import Loss

TINY, HUGE = 2.2250738585072014e-308, 1.7976931348623157e308  # the smallest normal number and the largest


def is_low_precision(name: str) -> bool:
    """Whether an arithmetic of that name rounds what it stores to a format of fewer bits than float64 has."""
    return "float" in name and name != "float64"


class _Double:
    """IEEE double precision, u = 2⁻⁵³."""

    name = "float64"
    functions = float_functions

    def __reduce__(self) -> str:
        return "Double"

    def number(self, x: float, exact: str | None = None) -> float:
        if exact is None:
            return float(x)
        from gradcalc.expressions.parser import constant

        return constant(exact)

    def seed(self, examples: int) -> float:
        return 1.0 / examples

    def value(self, activation: Activation) -> Callable[..., Any]:
        return activation.value

    def derivative(self, activation: Activation) -> Callable[..., Any]:
        return activation.derivative

    def alpha_derivative(self, activation: Activation) -> Callable[..., Any] | None:
        return activation.alpha_derivative

    def loss(self, loss: Loss) -> Loss:
        return loss

    def log10(self, x: float) -> float | None:
        return math.log10(abs(x)) if x else None

    def is_normal(self, x: float) -> bool:
        """Whether x has all its 53 bits: neither 0, subnormal, infinite nor NaN."""
        return TINY <= abs(x) < math.inf

    @contextmanager
    def context(self) -> Iterator[None]:
        yield


Double = _Double()
