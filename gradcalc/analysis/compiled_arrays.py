"""A wide network whose topology is compiled once, at points that differ in values alone, many of them at once: its
arrays with an axis of points in front.

What is read is what each point by itself gives, to rounding. Points at which float64 may have lost a number to its
range, that may stand on a kink or have no value, are told apart: they are to be computed alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcalc.analysis.compiled_network import form, is_number
from gradcalc.analysis.point import Subject, subjects
from gradcalc.analysis.point_blocks import BlockColumn, joined, numbers_of
from gradcalc.analysis.quantities import SweepColumn
from gradcalc.arithmetic.float64_arrays import each_entry
from gradcalc.engine.array_edges import Nothing
from gradcalc.engine.array_gradients import Plan
from gradcalc.engine.array_points import PointsKind, PointsPass, points_pass
from gradcalc.errors import DomainError
from gradcalc.network.graph import ActivationNode, Graph, JoinNode
from gradcalc.network.linear_graph import NodeLink, layer_linear_graph
from gradcalc.network.network import Network
from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.language.building.draws import SeededParameters

Array = Any
Arrays = list[Array]
Places = Mapping[int, Array]  # by parameter, input or target the places of entries, counted row by row
AT_ONCE = 2**20  # numbers that are computed together: many beside what Python costs, and few for the cache
MOST_POINTS = 4096


class ArraySlots(Record):
    """Where a key's value stands: at which entries of parameters, inputs and targets; or which parameters are drawn
    with it."""

    parameters: Places
    inputs: Places
    targets: Places
    seeded: SeededParameters | None = None

    def takes(self, value: Any) -> bool:
        """Whether a value can be filled in."""
        return is_number(value) if self.seeded is None else self.seeded.takes(value)


def arrays_of(network: Network, left_out: Sequence[int] = ()) -> tuple[Arrays, Arrays, Arrays]:
    """The values of parameters, inputs and targets; of parameters that are left out 0."""
    chosen = [0.0 if number in left_out else one.value for number, one in enumerate(network.parameters)]
    given = [one.rows for one in network.inputs], [one.rows for one in network.targets]
    parameters, inputs, targets = ([np.array(value, dtype=float) for value in values] for values in (chosen, *given))
    return parameters, inputs, targets


def array_slots(
    one: Network, other: Network, pair: tuple[float, float], seeded: SeededParameters | None
) -> ArraySlots | None:
    """The slots of a key, from the networks at two of its values; None where anything else differs, too."""
    if form(one) != form(other):
        return None
    drawn = [] if seeded is None else list(seeded.numbers)
    found: list[Places] = []
    for ours, theirs in zip(arrays_of(one, drawn), arrays_of(other, drawn)):
        places: dict[int, Array] = {}
        for number, (before, after) in enumerate(zip(ours, theirs)):
            if (differ := np.flatnonzero(before != after)).size:
                places[number] = differ
                if (before.ravel()[differ] != pair[0]).any() or (after.ravel()[differ] != pair[1]).any():
                    return None
        found.append(places)
    return None if seeded and any(found) else ArraySlots(found[0], found[1], found[2], seeded)


class ArrayReading(Record):
    """How a column is read: an array with a value of this shape for every point, or one that is the same at all."""

    shape: tuple[int, ...]
    values: Callable[[PointsPass], Array]


class CompiledArrays:
    """A wide network that has a loss, compiled once, with its own numbers; where the keys' values go, and what is read.

    `slots` are by the number of the key. Raises NotImplementedError for a column that is not read from arrays.
    """

    def __init__(self, laid: Graph, slots: Sequence[tuple[int, ArraySlots]], columns: Sequence[SweepColumn]) -> None:
        self._graph = laid
        self._plan = Plan(layer_linear_graph(laid), PointsKind())
        self._slots = sorted(
            slots, key=lambda one: one[1].seeded is None
        )  # what options set stays beside what is drawn
        self._arrays = arrays_of(laid.network)
        self._readings = [self._reading(column) for column in columns]
        moving = {number for _, slot in slots for number in (slot.seeded.numbers if slot.seeded else slot.parameters)}
        shapes = [parameter.shape for parameter in laid.network.parameters]
        numbers = sum(prod(shapes[number]) for number in moving) + sum(prod(one.shape) for one in self._readings)
        nodes = laid.network.examples * sum(node.width for node in laid.nodes)
        self.at_once = min(max(AT_ONCE // (numbers + 3 * nodes), 1), MOST_POINTS)
        self._room = [slot.seeded.empty(self.at_once) if slot.seeded else {} for _, slot in self._slots]

    def read_block(self, values: Mapping[int, Sequence[Any]]) -> tuple[list[BlockColumn], list[int]]:
        """The columns at the values that every key has, point by point, and which points are to be read alone."""
        numbers, alone = numbers_of([values[key] for key, _ in self._slots], [slot.takes for _, slot in self._slots])
        parts = []
        for start in range(0, len(alone), self.at_once):
            parts.append(self._read([number[start : start + self.at_once] for number in numbers]))
        columns, found = joined(parts)
        return columns, (found | alone).nonzero()[0].tolist()

    def _read(self, numbers: Sequence[Array]) -> tuple[list[BlockColumn], Array]:
        """The columns with these values of the keys, and which points are to be read alone."""
        points = len(numbers[0])
        try:
            found = points_pass(self._plan, *self._filled(numbers, points), points)
        except (DomainError, OverflowError):
            if points == 1:
                nothing = [BlockColumn(one.shape, np.zeros((prod(one.shape), 1))) for one in self._readings]
                return nothing, np.ones(1, dtype=bool)
            return joined([self._read([number[at : at + 1] for number in numbers]) for at in range(points)])
        with np.errstate(all="ignore"):
            columns = [BlockColumn(one.shape, entries_of(one, found)) for one in self._readings]
            alone = found.lost | on_kinks(self._graph, found)
            for column in columns:
                alone |= ~np.isfinite(column.entries).all(axis=0)
        return columns, alone

    def _filled(self, numbers: Sequence[Array], points: int) -> tuple[Arrays, Arrays, Arrays]:
        """Parameters, inputs and targets with these values of the keys, those that they move with an axis of points."""
        filled = [list(arrays) for arrays in self._arrays]
        for number, (_, slot), room in zip(numbers, self._slots, self._room):
            if slot.seeded is not None:
                drawn = slot.seeded.arrays(list(map(int, number.tolist())), room)
                for at, entries in drawn.items():
                    filled[0][at] = entries.reshape(points, *filled[0][at].shape[-2:])
            for arrays, staying, places in zip(filled, self._arrays, slot[:3]):
                for at, entries in places.items():
                    if arrays[at].ndim == staying[at].ndim:
                        arrays[at] = np.repeat(staying[at][None], points, axis=0)
                    arrays[at].reshape(points, -1)[:, entries] = number[:, None]
        parameters, inputs, targets = filled
        for at, staying in enumerate(self._arrays[0]):  # a bias is [points][1][units], a number [points][1][1]
            if parameters[at].ndim > staying.ndim:
                parameters[at] = parameters[at].reshape(points, *(1, 1, *staying.shape)[-2:])
        return parameters, inputs, targets

    def _reading(self, column: SweepColumn) -> ArrayReading:
        """How a column is read. Raises NotImplementedError."""
        graph = self._graph
        if column.quantity == "loss":
            return ArrayReading((), lambda found: found.loss[:, None])
        if column.quantity == "output":
            number = next(n for n, node in enumerate(graph.network.nodes) if node.name == column.of)
            node, width = graph.outputs[number], graph.network.nodes[number].width
            return ArrayReading(self._shape(width), lambda found: by_point(found.at.values[node], 2))
        if column.quantity == "gradient":
            return self._gradient(subjects(graph.network, [column.of])[0])
        if column.quantity not in ("norm", "log10"):
            raise NotImplementedError(column.quantity)
        parts = [self._gradient(one) for one in subjects(graph.network, [column.of] if column.of else ())]

        def norm(found: PointsPass) -> Array:
            whole = norms(np.column_stack(np.broadcast_arrays(*(norms(part.values(found)) for part in parts))))
            return np.log10(whole) if column.quantity == "log10" else whole

        return ArrayReading((), norm)

    def _gradient(self, asked: Subject) -> ArrayReading:
        """∂L/∂ a parameter, an entry of it, a node or a unit."""
        linear, network = self._plan.linear, self._graph.network
        start = asked.start(linear)
        if asked.is_parameter:
            shape = network.parameters[asked.number].shape
            axes, size, chosen = len(shape), prod(shape), slice(None)
            if asked.entry is not None:
                place = int(np.ravel_multi_index(asked.entry, shape))
                chosen = slice(place, place + 1)
            shape = () if size == 1 or asked.entry is not None else shape
        else:
            axes, width = 2, network.nodes[asked.number].width
            size = network.examples * width
            chosen = slice(None) if asked.entry is None else slice(asked.entry[0], None, width)
            shape = self._shape(width if asked.entry is None else 1)

        def values(found: PointsPass) -> Array:
            adjoint = found.sweep.of(start)
            return (
                np.zeros((1, size))[:, chosen] if isinstance(adjoint, Nothing) else by_point(adjoint, axes)[:, chosen]
            )

        return ArrayReading(shape, values)

    def _shape(self, units: int) -> tuple[int, ...]:
        """That of a value of so many units, as results have it."""
        network = self._graph.network
        return (network.examples, units) if network.batch else () if units == 1 else (units,)


def by_point(array: Array, axes: int) -> Array:
    """[points][entries] of an array that has so many axes at one point, or [1][entries]."""
    array = np.asarray(array)
    return array.reshape(len(array) if array.ndim > axes else 1, -1)


def entries_of(reading: ArrayReading, found: PointsPass) -> Array:
    """[entries][points] of a column."""
    values = reading.values(found)
    return np.broadcast_to(values, (len(found.loss), values.shape[1])).T


def norms(values: Array) -> Array:
    """√Σx² of every row, as a column, scaled by the largest entry so that no square leaves the range."""
    sizes = np.abs(values)
    largest = sizes.max(axis=1, keepdims=True)
    sizes /= np.where(largest == 0, 1.0, largest)
    sizes *= sizes
    return largest * np.sqrt(sizes.sum(axis=1, keepdims=True))


def on_kinks(graph: Graph, found: PointsPass) -> Array:
    """At which points a unit may stand on a kink."""
    alone = np.zeros(len(found.loss), dtype=bool)
    for on_kink, axes in kinks(graph, found):
        alone |= by_point(on_kink, axes).any(axis=1)
    return alone


def kinks(graph: Graph, found: PointsPass) -> Iterator[tuple[Array, int]]:
    """Which entries of nodes may stand on a kink, node by node; and how many axes these have at one point."""
    for link, edge in zip(found.links, found.edges):
        node = graph.nodes[link.node]
        if isinstance(link, NodeLink) and isinstance(node, (ActivationNode, JoinNode)):
            row: Any = node.join if isinstance(node, JoinNode) else node.activation
            if row.is_kink is None:
                continue
            if isinstance(node, JoinNode) or row.couples:  # sources that tie share the derivative
                yield (edge.entries != 0) & (edge.entries != 1), 2 if isinstance(node, JoinNode) else 3
            else:
                z = found.at.values[link.arc.tail]
                may = np.ones(z.shape, dtype=bool) if row.name == "formula" else z == np.rint(z)  # ours: whole numbers
                may[may] = each_entry(row.is_kink, None)(z[may]) != 0
                yield may, 2
    loss = graph.network.loss
    if loss.kink is not None:
        on_kink = each_entry(partial(loss.kink, f=loss.functions), None)
        for end, target in graph.ends():
            if target is not None:
                y, t = np.broadcast_arrays(found.at.values[end], found.at.targets[target])
                yield on_kink(y.ravel(), t.ravel()).reshape(y.shape) != 0, 2
