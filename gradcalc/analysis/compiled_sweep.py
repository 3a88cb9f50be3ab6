"""A network with open keys at one point after another: compiled once for all points that differ in values alone,
built anew where the structure changes or float64 does not serve."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from gradcalc.analysis.point import is_narrow, point
from gradcalc.analysis.quantities import SweepColumn, is_finite, read, subject
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.scalar_point import ScalarPoint, inputs, scalar_point, target_rows, weight_list
from gradcalc.engine.scalar_rerun import Pass, Rerun, gradient
from gradcalc.engine.scalar_underflow import FAR_DOWN, FAR_UP, far_from_ends
from gradcalc.errors import DomainError, LimitError, SpecError, UsageError
from gradcalc.network.graph import graph
from gradcalc.network.network import Layer, Network
from gradcalc.records import Record

Values = tuple[Any, ...]
WORTH = 4
"""Points of one structure from which on compiling it pays."""

KEPT = 32
"""Compiled networks that are kept."""

NUMBERS = frozenset((float, int))
Reading = Callable[[Pass], Any]


class CompiledNetwork(Record):
    """The compiled network with its own numbers, where the keys' values go, and what is read."""

    rerun: Rerun
    weights: list[float]
    inputs: list[float]
    targets: list[list[float]]
    slots: Sequence[tuple[int, Slots]]  # by the number of the key
    readings: Sequence[tuple[str, Reading]]
    far: bool  # whether the weights that stay are far from the ends of the range

    def read(self, values: Sequence[Any]) -> Mapping[str, Any] | None:
        """What the columns read at these values; None where float64 does not serve, or something has no value."""
        weights, given, targets, far = self.weights.copy(), self.inputs, self.targets, self.far
        for key, (places, units, aims) in self.slots:
            if values[key].__class__ not in NUMBERS:
                return None
            value = float(values[key])
            far = far and FAR_DOWN <= abs(value) <= FAR_UP
            for place in places:
                weights[place] = value
            if units:
                given = [value if unit in units else x for unit, x in enumerate(given)]
            if aims:
                rows = enumerate(targets)
                targets = [[value if (n, unit) in aims else x for unit, x in enumerate(row)] for n, row in rows]
        found = self.rerun(weights, given, targets, far)
        return None if found is None else {name: reads(found) for name, reads in self.readings}


def compiled_network(
    network: Network, slots: Sequence[tuple[int, Slots]], columns: Sequence[SweepColumn]
) -> CompiledNetwork | None:
    """A network compiled once; None where it is not narrow, or a batch, or has no target.

    Raises UsageError for a column that it does not have.
    """
    laid = graph(network)
    if network.examples != 1 or not is_narrow(laid) or not laid.ends():
        return None
    at = scalar_point(laid, Double)
    rerun = Rerun(at)
    weights, given, targets = at.weights, inputs(laid, Double, 0), target_rows(laid, Double, 0)
    moving = {place for _, slot in slots for place in slot.weights}
    far = far_from_ends([weight for place, weight in enumerate(weights) if place not in moving])
    readings = [(column.name, reading(rerun, at, column)) for column in columns]
    return CompiledNetwork(rerun, weights, given, targets, slots, readings, far)


def reading(rerun: Rerun, at: ScalarPoint, column: SweepColumn) -> Reading:
    """How a column is read from a pass: at once where it is one number of it, else from the point."""
    if column.quantity == "loss":
        return lambda found: found.loss
    if column.quantity == "gradient":
        asked = subject(at, column)
        places = at.layout.entries(asked.number) if asked.is_parameter else ()
        if len(places) == 1:
            uses = rerun.uses(places[0])
            edge, head = uses[0] if uses else (0, 0)
            if len(uses) == 1:  # mostly so
                return lambda found: found.adjoints[head] * found.edges[edge]
            return partial(gradient, uses=uses)
    return lambda found: read(rerun.point(found), column)


class Open(Protocol):
    """A network with some keys left open."""

    def network(self, values: Sequence[Any]) -> Network:
        """The network with these values. Raises SpecError, UsageError."""


class ColumnReader:
    """The columns of one network with open keys, to be read at the points `at` or some of them."""

    def __init__(self, network: Open, columns: Sequence[SweepColumn], dps: int | None, at: Sequence[Values]) -> None:
        self._network = network
        self._columns = columns
        self._dps = dps
        self._pairs = [two_numbers([values[key] for values in at]) for key in range(len(at[0]) if at else 0)]
        self._moving = self._classified(at) if dps is None and len(at) >= WORTH else []
        self._staying = [key for key in range(len(self._pairs)) if key not in self._moving]
        self._compiled_networks: dict[Values, CompiledNetwork | None] = {}

    def __call__(self, values: Values) -> Mapping[str, Any]:
        """What the columns read there. Raises SpecError, UsageError, DomainError, LimitError."""
        if self._moving:
            compiled = self._compiled_network(values)
            if compiled is not None and (found := compiled.read(values)) is not None:
                return found
        return self._anew(values)

    def _anew(self, values: Values) -> Mapping[str, Any]:
        at = point(self._network.network(values), self._dps)
        if at.loss is None:
            raise UsageError("there is no target, so there are no gradients; --target gives one")
        with at.arithmetic.context():
            found = {column.name: read(at, column) for column in self._columns}
        if not all(map(is_finite, found.values())):
            raise DomainError("a value is infinite")
        return found

    def _classified(self, at: Sequence[Values]) -> list[int]:
        """The keys that change values alone, as far as the first point that can be built tells."""
        for values in at[:WORTH]:
            try:
                return [key for key in range(len(values)) if self._slots(values, key) is not None]
            except (SpecError, UsageError):
                continue
        return []

    def _slots(self, values: Values, key: int) -> Any:
        pair = self._pairs[key]
        if pair is None:
            return None
        return slots([self._network.network((*values[:key], one, *values[key + 1 :])) for one in pair], pair)

    def _compiled_network(self, values: Values) -> CompiledNetwork | None:
        structure = tuple([repr(values[key]) for key in self._staying])
        if structure not in self._compiled_networks:
            if len(self._compiled_networks) >= KEPT:
                self._compiled_networks.clear()
            self._compiled_networks[structure] = self._compiled(values)
        return self._compiled_networks[structure]

    def _compiled(self, values: Values) -> CompiledNetwork | None:
        try:
            found = [(key, self._slots(values, key)) for key in self._moving]
            if any(slot is None for _, slot in found):
                return None
            return compiled_network(self._network.network(values), found, self._columns)
        except (SpecError, UsageError, DomainError, LimitError):
            return None


def two_numbers(values: Sequence[Any]) -> tuple[float, float] | None:
    """Two different numbers among the values."""
    numbers = [value for value in values if value.__class__ is float or value.__class__ is int]
    other = next((number for number in numbers if number != numbers[0]), None)
    return None if other is None else (numbers[0], other)


# Whether a key changes values alone, and which: the weights, inputs and targets that take the value of a key.


class Slots(Record):
    """Where a key's value stands: places in P, among the input units, and (target, unit)."""

    weights: tuple[int, ...]
    inputs: tuple[int, ...]
    targets: tuple[tuple[int, int], ...]


def slots(networks: Sequence[Network], values: Sequence[float]) -> Slots | None:
    """The slots, from the networks at two different values of the key; None where anything else differs, too."""
    one, other = networks
    if form(one) != form(other):
        return None
    found = [changed(*parts) for parts in zip(numbers(one), numbers(other))]
    if any(tuple(map(float, values)) != pair for part in found for pair in part.values()):
        return None
    weights, given, targets = found
    places = [(number, unit) for number, target in enumerate(one.targets) for unit in range(len(target.rows[0]))]
    return Slots(tuple(weights), tuple(given), tuple(places[place] for place in targets))


def form(network: Network) -> Any:
    """All of a network but the values of parameters, inputs and targets."""
    return (
        network.activation,
        (network.loss.text, network.loss.reduction, network.loss.scale),
        [(given.name, given.width) for given in network.inputs],
        [bare(layer) for layer in network.layers],
        [(parameter.name, parameter.shape) for parameter in network.parameters],
        [(target.node, len(target.rows[0])) for target in network.targets],
        network.examples,
    )


def bare(layer: Layer) -> Any:
    """A layer with the text of its activation in its place: one built twice is not the same object."""
    return tuple(part.text if part is layer.activation else part for part in layer)


def numbers(network: Network) -> tuple[list[float], list[float], list[float]]:
    """P, the inputs and the targets of the first example, each in one list."""
    laid = graph(network)
    targets = [x for row in target_rows(laid, Double, 0) for x in row]
    return weight_list(laid, Double), inputs(laid, Double, 0), targets


def changed(one: Sequence[float], other: Sequence[float]) -> dict[int, tuple[float, float]]:
    """What differs, by its place."""
    return {place: pair for place, pair in enumerate(zip(one, other)) if pair[0] != pair[1]}
