"""Many points of a network at once: its program, compiled once, run on arrays of points in place of numbers.

What is read is what each point by itself gives, to the rounding of NumPy's functions. Points at which float64 may have
lost a number to its range, or has none, are told apart: they are to be computed alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial, reduce
from math import prod
from operator import add
from typing import Any

import numpy as np

from gradcalc.analysis.compiled_network import Given
from gradcalc.analysis.point import Subject, subjects
from gradcalc.analysis.quantities import SweepColumn, subject
from gradcalc.arithmetic.float64 import TINY
from gradcalc.arithmetic.float64_arrays import DoubleArrays, each_entry, is_array
from gradcalc.engine.scalar_forward import all_derivatives, compile_program, forward, loss_derivatives, loss_value
from gradcalc.engine.scalar_graph import ScalarLayout
from gradcalc.engine.scalar_point import FAR_DOWN, FAR_UP, ScalarPoint
from gradcalc.errors import DomainError
from gradcalc.network.graph import ActivationNode, JoinNode
from gradcalc.records import Record
from gradcalc.semirings.accumulate import Total, accumulate

Array = Any
Numbers = Sequence[Any]  # floats, or arrays of one for each point


class ExampleBlock(Record):
    """One example at all points: V, S, the derivative of every edge, the adjoint of every node; and its loss."""

    values: Numbers
    derivatives: Numbers
    edges: Numbers
    adjoints: Numbers
    loss: Any


class BlockReading(Record):
    """How a column is read: its entries row by row, in a shape as values of the network have them."""

    shape: tuple[int, ...]
    entries: Callable[[Sequence[ExampleBlock]], Numbers]


class BlockColumn(Record):
    """What was read: an array [points] for each entry of a value of this shape."""

    shape: tuple[int, ...]
    entries: Array

    def values(self) -> list[Any]:
        """The value at every point: a number, a list, or rows."""
        if not self.shape:
            return list(self.entries[0].tolist())
        return list(self.entries.T.reshape(-1, *self.shape).tolist())

    def value(self, place: int) -> Any:
        """The value at one of the points."""
        return self.entries[:, place].reshape(self.shape).tolist()


class BlockNetwork:
    """A network that has a loss, at blocks of points."""

    def __init__(self, at: ScalarPoint, columns: Sequence[SweepColumn]) -> None:
        """Raises NotImplementedError for a column that is not read from numbers of one point alone."""
        assert at.linear is not None
        self._program_of_numbers = at.program
        self._at = at._replace(arithmetic=DoubleArrays, program=compile_program(at.layout, DoubleArrays))
        self._linear = at.linear
        self._readings = [self._reading(column) for column in columns]
        self._size = sum(prod(one.shape) for one in self._readings)

    def read(self, weights: Numbers, examples: Sequence[Given], points: int) -> tuple[list[BlockColumn], Array]:
        """The columns with these P, inputs and targets; and which of the points are to be computed alone."""
        entries, alone = self._entries(weights, examples, points)
        columns, first = [], 0
        for shape, _ in self._readings:
            columns.append(BlockColumn(shape, entries[first : first + prod(shape)]))
            first += prod(shape)
        return columns, alone

    def _entries(self, weights: Numbers, examples: Sequence[Given], points: int) -> tuple[Array, Array]:
        """All entries of all columns, [entries][points], and the points that are to be computed alone."""
        found = np.zeros((self._size, points))
        try:
            with np.errstate(all="ignore"):
                blocks = [self._example(weights, *example) for example in examples]
                rows = [number for reading in self._readings for number in reading.entries(blocks)]
                for row, number in enumerate(rows):
                    found[row] = number
                alone = ~np.isfinite(found).all(axis=0)
                for block, (_, targets) in zip(blocks, examples):
                    alone |= self._alone(weights, block, targets)
            return found, alone
        except (DomainError, OverflowError):
            some = [place for place in range(points) if self._has_value(weights, examples, place)]
        none = np.ones(points, dtype=bool)
        if 0 < len(some) < points:
            there = [(cut(given, some), [cut(units, some) for units in targets]) for given, targets in examples]
            found[:, some], none[some] = self._entries(cut(weights, some), there, len(some))
        return found, none

    def _has_value(self, weights: Numbers, examples: Sequence[Given], place: int) -> bool:
        """Whether one of the points, by itself, has a loss and its derivatives."""
        program, p = self._program_of_numbers, at_place(weights, place)
        try:
            for given, targets in examples:
                wanted = [at_place(units, place) for units in targets]
                values = forward(program, p, at_place(given, place), 1.0)
                all_derivatives(program, p, values)
                loss_derivatives(program.ends, values, wanted)
                loss_value(program.ends, values, wanted)
        except (DomainError, OverflowError):
            return False
        return True

    def _example(self, weights: Numbers, given: Numbers, targets: Sequence[Numbers]) -> ExampleBlock:
        """One example, the reduction over the batch included. Raises DomainError where a point has no value."""
        program, dag, reduction = self._at.program, self._linear.dag, self._at.graph.reduction
        values = forward(program, weights, given, 1.0)
        derivatives = all_derivatives(program, weights, values)
        derivatives += loss_derivatives(program.ends, values, targets)
        edges = self._linear.gather([*weights, *values, *derivatives])
        adjoints = accumulate(dag, edges, 1.0 / reduction, Total())
        return ExampleBlock(values, derivatives, edges, adjoints, loss_value(program.ends, values, targets) / reduction)

    def _alone(self, weights: Numbers, block: ExampleBlock, targets: Sequence[Numbers]) -> Array:
        """At which points a number may have been lost to the range, or a unit stand on a kink.

        Nothing is lost where all that is multiplied is far from the ends of the range; where some of it is 0, if no 0
        may be an underflow and no other number is subnormal.
        """
        alone: Array = np.False_
        zeros: Array = np.False_
        factors = self._linear.factors(block.values)
        for number in (*weights[1:], *factors, *block.adjoints[1 : self._at.layout.values], block.loss):
            size = abs(number)
            least, largest = (size.min(), size.max()) if is_array(size) else (size, size)
            if least >= FAR_DOWN and largest <= FAR_UP:  # a NaN is neither
                continue
            is_zero = size == 0
            alone = alone | ~np.asarray(((size >= FAR_DOWN) & (size <= FAR_UP)) | is_zero)
            zeros = zeros | is_zero
        layout, loss = self._at.layout, self._at.graph.network.loss
        nodes = [(n, one) for n, one in enumerate(self._at.graph.nodes) if isinstance(one, (ActivationNode, JoinNode))]
        for number, node in nodes:
            alone = any_of(kinks(layout, node, number, block), alone)
        if np.any(zeros):
            suspects = [part for number, node in nodes for part in no_zeros(layout, node, number, block)]
            if not loss.flat:
                ends = sum(len(end.outputs) for end in self._at.program.ends)
                suspects += [block.loss, *block.derivatives[layout.derivatives - ends :]]
            lost = any_of(part == 0 for part in suspects)
            computed = (*block.values, *block.derivatives)
            alone = alone | (zeros & any_of(((part != 0) & (abs(part) < TINY) for part in computed), lost))
        return any_of(self._loss_kinks(block, targets), alone)

    def _loss_kinks(self, block: ExampleBlock, targets: Sequence[Numbers]) -> Iterator[Array]:
        """At which points the loss may have no derivative by an output, output by output."""
        loss = self._at.graph.network.loss
        if loss.kink is None:
            return
        on_kink = each_entry(partial(loss.kink, f=loss.functions), None)
        for end in self._at.program.ends:
            ys = (block.values[unit] for unit in end.outputs)
            for y, t in zip(ys, () if end.target is None else targets[end.target]):
                yield on_kink(y, t) != 0

    def _reading(self, column: SweepColumn) -> BlockReading:
        """How a column is read. Raises NotImplementedError."""
        network, layout = self._at.graph.network, self._at.layout
        if column.quantity == "loss":
            return BlockReading((), lambda blocks: [total(block.loss for block in blocks)])
        if column.quantity == "output":
            number = next(n for n, node in enumerate(network.nodes) if node.name == column.of)
            units = layout.units(self._at.graph.outputs[number])
            return BlockReading(
                self._shape(len(units)), lambda blocks: [block.values[unit] for block in blocks for unit in units]
            )
        if column.quantity == "gradient":
            return self._gradient(subject(self._at, column))
        if column.quantity not in ("norm", "log10"):
            raise NotImplementedError(column.quantity)
        asked = [subject(self._at, column)] if column.of else subjects(network)
        parts = [self._gradient(one) for one in asked]

        def norm(blocks: Sequence[ExampleBlock]) -> Numbers:
            sizes = [reduce(np.hypot, map(abs, part.entries(blocks))) for part in parts]
            whole = reduce(np.hypot, sizes)
            return [np.log10(whole) if column.quantity == "log10" else whole]

        return BlockReading((), norm)

    def _gradient(self, asked: Subject) -> BlockReading:
        """∂L/∂ a parameter, an entry of it, a node or a unit."""
        layout, linear = self._at.layout, self._linear
        if not asked.is_parameter:
            units = layout.units(self._at.graph.outputs[asked.number])
            chosen = units if asked.entry is None else units[asked.entry[0] : asked.entry[0] + 1]
            return BlockReading(
                self._shape(len(chosen)), lambda blocks: [block.adjoints[unit] for block in blocks for unit in chosen]
            )
        places, shape = layout.entries(asked.number), self._at.graph.network.parameters[asked.number].shape
        if asked.entry is not None:
            row, *column = asked.entry
            place = row * shape[1] + column[0] if column else row
            places = places[place : place + 1]
        uses = [[(edge, linear.dag.heads[edge]) for edge in linear.uses(place)] for place in places]

        def entries(blocks: Sequence[ExampleBlock]) -> Numbers:
            return [
                total(block.adjoints[head] * block.edges[edge] for block in blocks for edge, head in of_entry)
                for of_entry in uses
            ]

        return BlockReading(() if len(places) == 1 else shape, entries)

    def _shape(self, units: int) -> tuple[int, ...]:
        """That of a value of so many units, as results have it."""
        network = self._at.graph.network
        return (network.examples, units) if network.batch else () if units == 1 else (units,)


def numbers_of(keys: Sequence[Any], held: Sequence[Callable[[Any], bool]]) -> tuple[list[Array], Array]:
    """The values of every key as an array, and the points at which one of them is none that is held there."""
    found, alone = [], np.zeros(len(keys[0]), dtype=bool)
    for key, is_held in zip(keys, held):
        none = [not is_held(value) for value in key]
        values = list(key)
        if any(none):
            alone |= none
            values = [1.0 if is_none else value for is_none, value in zip(none, values)]
        found.append(np.array(values, dtype=float))
    return found, alone


def joined(parts: Sequence[tuple[Sequence[BlockColumn], Array]]) -> tuple[list[BlockColumn], Array]:
    """Blocks one after the other as one."""
    if len(parts) == 1:
        return list(parts[0][0]), parts[0][1]
    columns = [
        BlockColumn(column[0].shape, np.concatenate([one.entries for one in column], axis=1))
        for column in zip(*(columns for columns, _ in parts))
    ]
    return columns, np.concatenate([alone for _, alone in parts])


def derivatives(layout: ScalarLayout, node: ActivationNode | JoinNode, number: int, block: ExampleBlock) -> Numbers:
    """Those of the outputs of a node by its sources."""
    first, sources = layout.slots[number], len(node.arcs)
    if isinstance(node, ActivationNode) and node.activation.couples:
        sources = len(layout.units(node.arcs[0].tail))
    return block.derivatives[first : first + node.width * sources]


def no_zeros(layout: ScalarLayout, node: ActivationNode | JoinNode, number: int, block: ExampleBlock) -> Numbers:
    """Numbers of a node of which a 0 may be an underflow: not where it is flat; σ(0) is what it is."""
    values = [block.values[unit] for unit in layout.units(number)]
    if isinstance(node, JoinNode):
        return [] if node.flat or len(node.arcs) == 2 else values
    if node.flat:
        return []
    if not node.activation.couples:
        zs = (block.values[z] for z in layout.units(node.arcs[0].tail))
        values = [abs(value) + (z == 0) for value, z in zip(values, zs)]
    return [*values, *derivatives(layout, node, number, block)]


def kinks(layout: ScalarLayout, node: ActivationNode | JoinNode, number: int, block: ExampleBlock) -> Iterator[Array]:
    """At which points the units of a node may stand on a kink, unit by unit."""
    row: Any = node.join if isinstance(node, JoinNode) else node.activation
    if row.is_kink is None:
        return
    if isinstance(node, JoinNode) or row.couples:  # sources that tie share the derivative
        yield from ((share != 0) & (share != 1) for share in derivatives(layout, node, number, block))
        return
    on_kink = each_entry(row.is_kink, None)
    for unit in layout.units(node.arcs[0].tail):
        z = block.values[unit]
        if row.name == "formula" or not is_array(z):
            yield on_kink(z) != 0
        else:  # those of our rows are whole numbers
            found = z == np.rint(z)
            found[found] = on_kink(z[found]) != 0
            yield found


def any_of(conditions: Iterable[Any], one: Any = np.False_) -> Any:
    """Whether one or any of the conditions holds, point by point."""
    return reduce(np.logical_or, conditions, one)


def total(numbers: Iterable[Any]) -> Any:
    """The sum; 0.0 of none."""
    return reduce(add, numbers) if (numbers := list(numbers)) else 0.0


def cut(numbers: Numbers, places: Sequence[int]) -> Numbers:
    """The numbers at some of the points."""
    return [number[places] if is_array(number) else number for number in numbers]


def at_place(numbers: Numbers, place: int) -> Numbers:
    """The numbers at one of the points."""
    return [number.item(place) if is_array(number) else number for number in numbers]
