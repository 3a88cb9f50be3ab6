"""What a row of the activations says: y = σ(x), its slope σ′(x), its formula and its kinks, in any kind of number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gradcalc.records import Record

NO_OPTIONS: Mapping[str, float] = {}


def same_width(units: int) -> int:
    """Every unit has its own output."""
    return units


class Activation(Record):
    """One activation with its options bound.

    `value` and `slope` take a double (prelu: and alpha), or, where the row couples the units of a layer, the list of
    its preactivations; then `value` gives a list and `slope` the Jacobian's rows [out][in]. Doubles overflow to inf
    and underflow to 0.0, nothing is raised but `DomainError`. Both are within 4 ulp × max(1, condition number);
    a user's formula is computed as it is written.
    """

    name: str
    formula: str  # in the grammar of formulas, in x and the options; "" where the row couples units
    derivative: str  # the slope likewise, in a form without cancellation
    value: Callable[..., Any]
    slope: Callable[..., Any]
    written: str = ""  # as printed, where that is not the name: with the options that were given
    reads: tuple[str, str] | None = None  # value and derivative as a person reads them, in x, the output y, and cases
    # by `if … else`; over a layer's units in x_i, y_i and n of them. None: the formula and the derivative above
    aliases: tuple[str, ...] = ()
    options: Mapping[str, float] = NO_OPTIONS  # all of them, with their values
    required: tuple[str, ...] = ()  # options without a default
    variant: Callable[..., Activation] | None = None  # the row for other options; None: it has none
    is_kink: Callable[..., bool] | None = None  # None: smooth
    flat: bool = False  # the slope is exactly 0 on an interval: then a 0 is no underflow
    couples: bool = False  # over the layer's units
    parametric: bool = False  # value(x, alpha), slope(x, alpha), alpha_slope(x, alpha)
    alpha_slope: Callable[..., Any] | None = None
    width: Callable[[int], int] = same_width  # output units from preactivation units; ValueError where none fits
    values: Callable[..., Any] | None = None  # arrays of any shape; coupled: over the last axis
    slopes: Callable[..., Any] | None = None  # likewise; coupled: Jacobians [..., out, in]
    pullback: Callable[[Any, Any], Any] | None = None  # coupled: G·J from Z [B, in], G [..., B, out], J never formed
    general: Callable[[Any], tuple[Callable[..., Any], ...]] | None = None  # (value, slope[, alpha_slope]) from an
    # arithmetic's functions, in its numbers; None: the formula and the derivative are evaluated
    rational: bool = False  # `general` needs + − × ÷ and comparisons alone, and cancels nowhere

    @property
    def text(self) -> str:
        """As printed: "leaky_relu(alpha=0.2)" where an option was given, else the name; a formula as its text."""
        return self.written or self.name
