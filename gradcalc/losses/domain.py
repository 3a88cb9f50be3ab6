"""Logarithms of outputs within losses: 0·ln 0 is 0, and any other logarithm of what is not positive an error."""

from __future__ import annotations

from gradcalc.errors import DomainError
from gradcalc.losses.loss import Functions, Number


def times_log(t: Number, y: Number, f: Functions, loss: str) -> Number:
    """t ln y, where a target of 0 asks nothing of y. Raises DomainError."""
    if t == 0:
        return f.number(0)
    return t * f.log(positive(y, loss))


def positive(y: Number, loss: str) -> Number:
    """The output itself. Raises DomainError where it has no logarithm."""
    if y <= 0:
        raise DomainError(f"{loss} takes the logarithm of an output, and this one is {float(y):.6g}")
    return y


def probability(y: Number, loss: str) -> Number:
    """The output itself. Raises DomainError where it is no probability."""
    if not 0 <= y <= 1:
        raise DomainError(f"{loss} needs outputs from 0 to 1, and this one is {float(y):.6g}")
    return y
