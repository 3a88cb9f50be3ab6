"""What a derivative is: a float64, one with its own exponent, a number of any precision or of a low one, an array of
them.

One file per kind of number. An arithmetic brings numbers that add and multiply, the functions of the activations and
losses on them, and nothing of networks.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from gradcalc.activations import Activation
from gradcalc.errors import DomainError, LimitError
from gradcalc.losses import Loss

Number = Any  # a float, a Decimal, an mpf: whatever `+`, `*` and comparison hold for, among its own kind
VALUE, DERIVATIVE, ALPHA_DERIVATIVE = 0, 1, 2  # places in what an activation's rule gives


def mapped(function: Callable[[Any], Any], numbers: Any) -> Any:
    """The function of a number, or of every entry of nested lists."""
    return [mapped(function, part) for part in numbers] if isinstance(numbers, (list, tuple)) else function(numbers)


LOCAL = (DomainError, LimitError, ArithmeticError)
"""What can be wrong with the value of a node."""


def located(name: str, error: Exception) -> Exception:
    """The error with the name of its node; a number that leaves the widest range of Decimals is a LimitError."""
    if isinstance(error, (DomainError, LimitError)):
        return type(error)(f"{name}: {error}")
    from decimal import Overflow, Underflow

    if not isinstance(error, (Overflow, Underflow)):
        return error
    from gradcalc.arithmetic.extended import product_out_of_range

    return located(name, product_out_of_range())


def decimal_digits(arithmetic: str) -> int | None:
    """50 of `50 decimal digits`; None of an arithmetic that is not chosen by its digits."""
    figures = arithmetic.partition(" ")[0]
    return int(figures) if figures.isdigit() else None


class Arithmetic(Protocol):
    """One kind of number."""

    @property
    def name(self) -> str:
        """As printed: "float64", "extended", "50 decimal digits", "float16"."""

    @property
    def functions(self) -> Any:
        """exp, log, sqrt and more, of such numbers."""

    def context(self) -> AbstractContextManager[object]:
        """What must be entered while computing with these numbers."""

    def number(self, x: Any, exact: str | None = None) -> Number:
        """A float or an integer as such a number, or an exact constant rounded once."""

    def seed(self, examples: int) -> Number:
        """What the sweep starts with at the loss: 1/examples, of as many as it is the mean over."""

    def value(self, activation: Activation) -> Callable[..., Any]:
        """σ as a function of such a number (of a list of them where it couples units)."""

    def derivative(self, activation: Activation) -> Callable[..., Any]:
        """σ′ likewise (the Jacobian, as rows, where it couples units)."""

    def alpha_derivative(self, activation: Activation) -> Callable[..., Any] | None:
        """∂σ/∂α of a parametric activation."""

    def loss(self, loss: Loss) -> Loss:
        """The loss in such numbers."""

    def log10(self, x: Number) -> float | None:
        """log10 |x|, None for an exact 0, and of what is infinite or NaN."""

    def is_normal(self, x: Number) -> bool:
        """Whether x is finite and no subnormal, so that nothing of it was lost to the range."""
