"""A loss as the engine meets it: bound to its options, scale and reduction, in doubles and in any other numbers."""

# Without `from __future__ import annotations`: NamedTuple compiles every annotation that is a string, 20 µs a field.

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradcalc.records import Record

Number = Any
"""A float, or a number of another arithmetic (Decimal, mpf): anything with + - * / and comparison with its own kind."""

Numbers = Sequence[Number]

Array = Any
"""A NumPy array."""

Functions = Any
"""The functions of one arithmetic: a namespace with exp log log1p sinh cosh tanh number … for its own numbers."""


class Loss(Record):
    """What one example costs, and ∂L/∂y, of lists of n units. The scale and /n are included, a batch's mean is not.

    `value` and `slopes` take doubles. `generic_value` and `generic_slopes` are the same definitions over the functions
    of any arithmetic, which passes its own numbers and its namespace: an arithmetic's `.loss(loss)` calls
    `loss.generic_value(ys, ts, functions)`. All raise `DomainError` where an output is outside the loss's domain.
    """

    name: str
    text: str  # as printed: "huber(delta=0.5)"; a formula as its text
    term: str  # one unit's term, in y, t and options in the grammar of formulas; p is softmax(y) of the unit
    per_unit: str  # the same, and "" where the units are coupled
    value: Callable[[Numbers, Numbers], Number]
    slopes: Callable[[Numbers, Numbers], list[Number]]
    generic_value: Callable[[Numbers, Numbers, Functions], Number]
    generic_slopes: Callable[[Numbers, Numbers, Functions], list[Number]]
    after: "Callable[[str], Loss | None]"  # the same loss from the preactivations; its slopes are still ∂L/∂y
    is_kink: Callable[[Numbers, Numbers], list[bool]] | None  # None: smooth
    flat: bool  # the slope can be 0 on an interval, so that a 0 is no underflow
    averaged: bool  # the sum over the units is divided by their number
    reduction: str  # "mean" or "sum": over the examples of a batch
    scale: float
    options: Mapping[str, float]
    classes: bool  # a target may be a class index
    takes_target: bool
    values: Callable[[Any, Any], Any] | None = None  # arrays Y, T [B, n] → [B]
    all_slopes: Callable[[Any, Any], Any] | None = None  # → [B, n]

    @property
    def formula(self) -> str:
        """The loss of one unit and one example, scale included: "(y - t)^2"; `expression.written` has the others."""
        if self.scale == 1.0 and self.per_unit and not self.options:
            return self.per_unit
        from gradcalc.losses.expression import written

        return written(self)
