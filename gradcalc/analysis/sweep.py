"""A network at many points: one or two keys over their values, row by row, each as soon as it is known.

Narrow networks that differ in values alone share what is compiled once; a network is built anew where the structure
changes or float64 does not serve.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain, groupby
from math import prod
from typing import TYPE_CHECKING, Any, Protocol

from gradcalc.analysis.compiled_network import NUMBERS, ColumnsRead, CompiledNetwork, Slots, slots
from gradcalc.analysis.kinks import kinks_at
from gradcalc.analysis.point import is_narrow, point
from gradcalc.analysis.points import Points, Values
from gradcalc.analysis.quantities import SweepColumn, fault, read
from gradcalc.analysis.sweep_rows import Attempt, ColumnBlock, RowBlock, Rows, SweepRow
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.scalar_point import scalar_point
from gradcalc.errors import DomainError, LimitError, SpecError, UsageError, no_target
from gradcalc.network.graph import graph
from gradcalc.network.network import Network, numbers
from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.arithmetic.low_precision import LowPrecision

WORTH = 4  # points of one structure from which on compiling it pays
MOST_COMPILED = 32  # compiled networks that are remembered
FIRST = 32  # points that are computed one by one before any are together
BLOCK = 4096  # points that are computed together
SHORTEST = 64  # points of one structure from which on it pays
MANY, WORTH_ARRAYS = 256, 50_000  # points, and edges of all of them together, from which on it pays to load NumPy


class OpenNetwork(Protocol):
    """A network with some keys left open."""

    def network(self, values: Sequence[Any]) -> Network:
        """The network with these values. Raises SpecError, UsageError."""


class Task(Record):
    """What is asked at every point."""

    network: OpenNetwork
    columns: tuple[SweepColumn, ...]
    against: OpenNetwork | None = None
    dps: int | None = None
    low: LowPrecision | None = None

    @property
    def arithmetic(self) -> str:
        """What was asked for: where extended range serves, it is taken."""
        if self.low is not None:
            return self.low.name
        return "float64" if self.dps is None else f"{self.dps} decimal digits"


class Sweep(Record):
    """`axes` are the keys with their values; `rows` come when they are asked for, in the order of `points`. `networks`
    are those of the first and the last point, and one for each value that is no number; `into_last` are the depths at
    which a skip adds to the output of the last layer, where depth alone is varied."""

    name: str
    axes: Mapping[str, Sequence[Any]]
    columns: tuple[SweepColumn, ...]
    against: str | None
    rows: Rows
    networks: tuple[Network, ...] = ()
    arithmetic: str = "float64"  # what the task asks for
    into_last: tuple[int, ...] = ()


def points(axes: Mapping[str, Sequence[Any]]) -> Points:
    """Every choice of values, the last key running fastest."""
    return Points(tuple(axes.values()))


def rows(task: Task, at: Points) -> Iterator[SweepRow]:
    """A row for every point."""
    return chain.from_iterable(row_blocks(task, at))


def row_blocks(task: Task, at: Points) -> Iterator[Sequence[SweepRow]]:
    """The rows, those that are computed together as one sequence; the first few of a grid are not, and come at once.

    What is computed together is decided by the whole grid, so that a row does not depend on which others are asked for.
    """
    networks = [task.network] if task.against is None else [task.network, task.against]
    readers = [ColumnReader(task, network, at) for network in networks]
    staying = {key for reader in readers for key in reader.staying}
    pays = not staying or prod(map(len, at.axes[max(staying) + 1 :])) >= SHORTEST
    start, alone = 0, bisect_left(at.numbers, FIRST)
    while start < len(at):
        run = at[start : start + BLOCK] if start >= alone else at[start:alone]
        for part in runs(run, staying) if start >= alone else [run]:
            if pays and start >= alone and (blocks := together(readers, part)):
                yield RowBlock(part, blocks)
                continue
            for values in part:
                here, *there = (reader.attempt(values) for reader in readers)
                yield [SweepRow(values, *here, *(there[0] if there else ()))]
        start += len(run)


def together(readers: Sequence[ColumnReader], at: Points) -> list[ColumnBlock]:
    """What the readers find at these points all at once; nothing where one of them cannot."""
    compiled = [reader.in_blocks(at[0]) for reader in readers]
    return [reader.block(one, at) for reader, one in zip(readers, compiled) if one] if all(compiled) else []


def runs(at: Points, staying: Collection[int]) -> Iterator[Points]:
    """The points in runs that differ in the other keys alone."""
    start = 0
    for _, same in groupby(zip(*(map(repr, at.values(key)) for key in staying)) if staying else ()):
        count = sum(1 for _ in same)
        yield at[start : start + count]
        start += count
    if not staying:
        yield at


class ColumnReader:
    """The columns of one network with open keys, to be read at points of the grid of `at`."""

    def __init__(self, task: Task, network: OpenNetwork, at: Points) -> None:
        self._network = network
        self._columns, self._dps, self._low = task.columns, task.dps, task.low
        self._pairs: list[tuple[float, float] | None] = []
        for axis in at.axes:
            first: Any = next((value for value in axis if value.__class__ in NUMBERS), None)
            other: Any = next((value for value in axis if value.__class__ in NUMBERS and value != first), None)
            self._pairs.append(None if other is None else (first, other))
        exact = task.dps is None and task.low is None
        self._moving = self._value_keys(Points(at.axes)) if exact and at.total >= WORTH else []
        self.staying = [key for key in range(len(self._pairs)) if key not in self._moving]
        self._points = at.total
        self._compiled: dict[Values, CompiledNetwork | None] = {}

    def __call__(self, values: Values) -> ColumnsRead:
        """What the columns read there, and the kinks. Raises SpecError, UsageError, DomainError, LimitError."""
        if self._moving:
            compiled = self._compiled_at(values)
            if compiled is not None and (known := compiled.read(values)) is not None:
                return known
        at = point(self._network.network(values), self._dps, low=self._low)
        if at.loss is None:
            raise no_target("no gradient")
        with at.arithmetic.context():
            found = {column.name: read(at, column) for column in self._columns}
            sizes = [abs(one) for value in found.values() if value is not None for one in numbers(value)]
            if not all(size < float("inf") for size in sizes):
                raise DomainError("a value is NaN" if any(size != size for size in sizes) else "a value is infinite")
            return found, kinks_at(at)

    def attempt(self, values: Values) -> Attempt:
        """What was read, or why it could not be, and the kinks there."""
        try:
            found, kinks = self(values)
            return found, None, kinks
        except SpecError as error:
            return {}, error.problems[0].message if error.problems else str(error), ()
        except (UsageError, DomainError, LimitError, OverflowError) as error:
            return {}, str(error), ()

    def in_blocks(self, values: Values) -> CompiledNetwork | None:
        """The compiled network of points to be read all at once, one of which this is; None where that is not possible,
        or does not pay: the decision is of the whole sweep, so that a row does not depend on those that are computed
        with it."""
        compiled = self._compiled_at(values) if self._moving and self._points >= MANY else None
        if compiled is None or self._points * compiled.edges < WORTH_ARRAYS:
            return None
        return None if compiled.blocks is None else compiled

    def block(self, compiled: CompiledNetwork, at: Points) -> ColumnBlock:
        """What was read at points of one compiled network, all at once but for those that are to be read alone."""
        found, alone = compiled.read_block({key: at.values(key) for key in self._moving})
        columns = dict(zip((column.name for column in self._columns), found))
        return ColumnBlock(columns, {place: self.attempt(at[place]) for place in alone})

    def _compiled_at(self, values: Values) -> CompiledNetwork | None:
        """The compiled network of a point, which others share."""
        structure = tuple([repr(values[key]) for key in self.staying])
        if structure not in self._compiled:
            if len(self._compiled) >= MOST_COMPILED:
                self._compiled.clear()
            pairs = [pair if key in self._moving else None for key, pair in enumerate(self._pairs)]
            first = tuple([value if pair is None else pair[0] for value, pair in zip(values, pairs)])
            self._compiled[structure] = self._compiled_network(first)
        return self._compiled[structure]

    def _value_keys(self, at: Points) -> list[int]:
        """The keys that change values alone, as far as the first point that can be built tells."""
        for values in at[:WORTH]:
            try:
                return [key for key in range(len(values)) if self._slots(values, key) is not None]
            except (SpecError, UsageError):
                continue
        return []

    def _slots(self, values: Values, key: int) -> Slots | None:
        """The slots of a key, from the networks at two of its values; None where anything else differs, too."""
        pair = self._pairs[key]
        if pair is None:
            return None
        one, other = (self._network.network((*values[:key], number, *values[key + 1 :])) for number in pair)
        return slots(one, other, pair)

    def _compiled_network(self, values: Values) -> CompiledNetwork | None:
        """A network compiled once; None where it is not narrow, or has no target or no such column."""
        try:
            moving = [(key, slot) for key in self._moving if (slot := self._slots(values, key)) is not None]
            laid = graph(self._network.network(values))
            one_by_one = self._points < MANY
            if len(moving) < len(self._moving) or not is_narrow(laid) or not laid.ends():
                return None
            if laid.network.examples != 1 and one_by_one:
                return None
            if any(fault(laid.network, column) for column in self._columns):  # which is a row's reason
                return None
            return CompiledNetwork(scalar_point(laid, Double), moving, self._columns)
        except (SpecError, UsageError, DomainError, LimitError):
            return None
