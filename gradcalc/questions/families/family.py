"""Networks that differ in a few values alone: compiled once, and read at every choice of the values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.scalar_point import UnitPoint, inputs, target_rows, unit_point
from gradcalc.engine.scalar_rerun import Pass, Rerun, gradient
from gradcalc.engine.scalar_underflow import FAR_DOWN, FAR_UP, far_from_ends
from gradcalc.network.graph import graph
from gradcalc.network.network import Network
from gradcalc.questions.columns import Column, read, subject
from gradcalc.questions.families.values_only import Slots
from gradcalc.questions.point import is_narrow
from gradcalc.records import Record

NUMBERS = frozenset((float, int))
Reader = Callable[[Pass], Any]


class Family(Record):
    """The compiled network with its own numbers, where the keys' values go, and what is read."""

    rerun: Rerun
    weights: list[float]
    inputs: list[float]
    targets: list[list[float]]
    slots: Sequence[tuple[int, Slots]]  # by the number of the key
    readers: Sequence[tuple[str, Reader]]
    far: bool  # whether the weights that stay are far from the ends of the range

    def read(self, values: Sequence[Any]) -> Mapping[str, Any] | None:
        """What the columns read at these values; None where doubles do not serve, or something has no value."""
        weights, given, targets, far = self.weights.copy(), self.inputs, self.targets, self.far
        for key, (places, units, aims) in self.slots:
            if values[key].__class__ not in NUMBERS:
                return None
            value = float(values[key])
            far = far and FAR_DOWN <= abs(value) <= FAR_UP
            for place in places:
                weights[place] = value
            if units:
                given = filled(given, units, value)
            if aims:
                targets = aimed(targets, aims, value)
        found = self.rerun(weights, given, targets, far)
        return None if found is None else {name: reader(found) for name, reader in self.readers}


def family(network: Network, slots: Sequence[tuple[int, Slots]], columns: Sequence[Column]) -> Family | None:
    """The family of a network; None where it is not narrow, or a batch, or has no target.

    Raises UsageError for a column that it does not have.
    """
    laid = graph(network)
    if network.examples != 1 or not is_narrow(laid) or not laid.ends():
        return None
    at = unit_point(laid, Double)
    rerun = Rerun(at)
    weights, given, targets = at.weights, inputs(laid, Double, 0), target_rows(laid, Double, 0)
    moving = {place for _, slot in slots for place in slot.weights}
    far = far_from_ends([weight for place, weight in enumerate(weights) if place not in moving])
    readers = [(column.name, reader(rerun, at, column)) for column in columns]
    return Family(rerun, weights, given, targets, slots, readers, far)


def reader(rerun: Rerun, at: UnitPoint, column: Column) -> Reader:
    """How a column is read from a pass: at once where it is one number of it, else from the point."""
    if column.quantity == "loss":
        return loss_of
    if column.quantity == "gradient":
        asked = subject(at, column)
        places = at.layout.entries(asked.number) if asked.is_parameter else ()
        if len(places) == 1:
            return gradient_reader(rerun.uses(places[0]))
    return partial(read_point, rerun=rerun, column=column)


def gradient_reader(uses: Sequence[tuple[int, int]]) -> Reader:
    """∂L/∂ one weight, the sum over its uses; mostly there is one."""
    if len(uses) != 1:
        return partial(gradient, uses=uses)
    edge, head = uses[0]
    return lambda found: found.adjoints[head] * found.edges[edge]


def loss_of(found: Pass) -> float:
    """The loss."""
    return found.loss


def read_point(found: Pass, rerun: Rerun, column: Column) -> Any:
    """Any column."""
    return read(rerun.point(found), column)


def filled(numbers: list[float], places: Sequence[int], value: float) -> list[float]:
    """The numbers with a value at some places."""
    return [value if place in places else number for place, number in enumerate(numbers)]


def aimed(rows: list[list[float]], places: Sequence[tuple[int, int]], value: float) -> list[list[float]]:
    """The rows with a value at some (row, unit)."""
    return [[value if (n, unit) in places else x for unit, x in enumerate(row)] for n, row in enumerate(rows)]
