"""float64 at many points at once: a number is an array with an entry for each point, or a float where it is the same
at all of them.

The rules of a row's arrays stand in for those of its numbers; where a row has none, its numbers' are mapped over the
points. A float stays a float until an array meets it, computed as at one point alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcalc.arithmetic.float64 import _Double
from gradcalc.expressions import float_functions

if TYPE_CHECKING:
    from gradcalc.activations import Activation
    from gradcalc.losses import Loss

Array = Any
Units = Sequence[Any]  # of every unit a number
Rule = Callable[..., Any]


class PointsFunctions:
    """What joins and losses ask of such numbers."""

    number = float

    @staticmethod
    def max(numbers: Units) -> Any:
        """The largest, point by point."""
        return extremum(np.maximum, numbers)

    @staticmethod
    def min(numbers: Units) -> Any:
        """The smallest, point by point."""
        return extremum(np.minimum, numbers)

    @staticmethod
    def sum(numbers: Units) -> Any:
        """The sum."""
        return reduce(add, numbers)


class _DoubleArrays(_Double):
    """IEEE double precision, entry by entry."""

    functions: Any = PointsFunctions

    def __reduce__(self) -> str:
        return "DoubleArrays"

    def value(self, activation: Activation) -> Rule:
        """σ of such a number, or of a list of them where it couples units."""
        rule = coupled if activation.couples else each_entry
        return rule(activation.value, activation.values)

    def derivative(self, activation: Activation) -> Rule:
        """σ′ likewise; the Jacobian's rows where it couples units."""
        if activation.couples:
            return jacobian(activation.derivative, activation.derivatives)
        return each_entry(activation.derivative, activation.derivatives)

    def alpha_derivative(self, activation: Activation) -> Rule | None:
        """∂σ/∂α of a parametric activation."""
        rule = activation.alpha_derivative
        return None if rule is None else each_entry(rule, None)

    def loss(self, loss: Loss) -> Loss:
        """The loss of lists of such numbers."""
        terms = of_units(loss.terms, loss.array_terms)
        return loss._replace(
            terms=terms,
            term_derivatives=of_units(loss.term_derivatives, loss.array_derivatives),
            functions=PointsFunctions,
        )


DoubleArrays = _DoubleArrays()


def is_array(number: Any) -> bool:
    """Whether a number has an entry for each point."""
    return number.__class__ is np.ndarray


def extremum(larger_or_smaller: Rule, numbers: Units) -> Any:
    """The largest or smallest of numbers; a float where all of them are."""
    found = reduce(larger_or_smaller, numbers)
    return found if is_array(found) else float(found)


def each_entry(scalar: Rule, vectorised: Rule | None) -> Rule:
    """A function of one number (prelu's: and alpha)."""

    def apply(*numbers: Any) -> Any:
        if points_of(numbers) is None:
            return scalar(*numbers)
        if vectorised is not None and is_array(numbers[0]):
            return vectorised(*numbers)
        entries = [array.tolist() for array in np.broadcast_arrays(*numbers)]
        return np.array(list(map(scalar, *entries)), dtype=float)

    return apply


def points_of(numbers: Units) -> int | None:
    """How many points there are; None where no number is an array."""
    return next((number.size for number in numbers if is_array(number)), None)


def stacked(units: Units, points: int) -> Array:
    """Numbers as one array [points][units]."""
    if len(units) == 1 and is_array(units[0]):
        return units[0].reshape(points, 1)
    found = np.empty((points, len(units)))
    for unit, number in enumerate(units):
        found[:, unit] = number
    return found


def columns(found: Array) -> list[Array]:
    """Of an array [points][units] one for each unit."""
    return list(np.ascontiguousarray(found.T, dtype=float))


def coupled(scalar: Rule, vectorised: Rule | None) -> Rule:
    """A function of all units of a layer: a number for each output."""

    def apply(units: Units) -> list[Any]:
        if (points := points_of(units)) is None:
            return list(scalar(units))
        rows = stacked(units, points)
        return columns(vectorised(rows) if vectorised else np.array(list(map(scalar, rows.tolist()))))

    return apply


def jacobian(scalar: Rule, vectorised: Rule | None) -> Rule:
    """The derivatives of all outputs by all units, [out][in]."""

    def apply(units: Units) -> list[list[Any]]:
        if (points := points_of(units)) is None:
            return list(scalar(units))
        rows = stacked(units, points)
        found = vectorised(rows) if vectorised else np.array(list(map(scalar, rows.tolist())))
        outputs, inputs = found.shape[1:]
        flat = columns(found.reshape(points, outputs * inputs))
        return [flat[first : first + inputs] for first in range(0, outputs * inputs, inputs)]

    return apply


def of_units(scalar: Rule, vectorised: Rule | None) -> Rule:
    """A loss's terms, or their derivatives, by outputs and targets."""

    def apply(ys: Units, ts: Units, functions: Any, **options: float) -> list[Any]:
        if (points := points_of((*ys, *ts))) is None:
            return list(scalar(ys, ts, float_functions, **options))
        outputs, targets = stacked(ys, points), stacked(ts, points)
        if vectorised is not None:
            return columns(vectorised(outputs, targets, np, **options))
        pairs = zip(outputs.tolist(), targets.tolist())
        return columns(np.array([scalar(y, t, float_functions, **options) for y, t in pairs]))

    return apply
