"""Doubles: the rows' own functions, as they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcalc.activations import Activation
    from gradcalc.losses import Loss

TINY, HUGE = 2.2250738585072014e-308, 1.7976931348623157e308
"""The smallest normal double and the largest."""


class _Double:
    """IEEE double precision, u = 2⁻⁵³."""

    name = "float64"
    functions = math

    def number(self, x: float, exact: str | None = None) -> float:
        """The double nearest to x, or to the exact constant where its text is given."""
        if exact is None:
            return float(x)
        from gradcalc.expressions.constants import constant

        return constant(exact)

    def value(self, activation: Activation) -> Callable[..., Any]:
        """σ, from doubles (or lists of them) to doubles."""
        return activation.value

    def derivative(self, activation: Activation) -> Callable[..., Any]:
        """σ′ likewise."""
        return activation.derivative

    def alpha_derivative(self, activation: Activation) -> Callable[..., Any] | None:
        """∂σ/∂alpha of a parametric activation, from x and alpha."""
        return activation.alpha_derivative

    def loss(self, loss: Loss) -> Loss:
        """The loss whose `value` and `derivatives` take doubles: itself."""
        return loss

    def log10(self, x: float) -> float | None:
        """log10 |x|; None for an exact zero."""
        return math.log10(abs(x)) if x else None

    def is_normal(self, x: float) -> bool:
        """Whether x has all its 53 bits: neither 0, subnormal, infinite nor NaN."""
        return TINY <= abs(x) < math.inf

    @contextmanager
    def context(self) -> Iterator[None]:
        """Doubles need no setting up."""
        yield


Double = _Double()
