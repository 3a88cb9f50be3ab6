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
from gradcalc.analysis.point import is_narrow, point, refuse_without_loss
from gradcalc.analysis.points import Points, Values
from gradcalc.analysis.quantities import SweepColumn, fault, read
from gradcalc.analysis.sweep_rows import NOT_AGAINST, Attempt, ColumnBlock, RowBlock, Rows, SweepRow
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.scalar_point import scalar_point
from gradcalc.errors import DomainError, LimitError, SpecError, UsageError
from gradcalc.network.graph import graph
from gradcalc.network.network import Network, numbers
from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.analysis.compiled_arrays import ArraySlots, CompiledArrays
    from gradcalc.arithmetic.low_precision import LowPrecision
    from gradcalc.language.building.draws import DrawnNetwork

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

    def drawn(self, values: Sequence[Any]) -> DrawnNetwork:
        """The same, with what of it was drawn."""


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
    which a skip adds to the output of the last layer, where depth alone is varied; `network` has the keys left open."""

    name: str
    axes: Mapping[str, Sequence[Any]]
    columns: tuple[SweepColumn, ...]
    against: str | None
    rows: Rows
    networks: tuple[Network, ...] = ()
    arithmetic: str = "float64"  # what the task asks for
    into_last: tuple[int, ...] = ()
    network: OpenNetwork | None = None


def points(axes: Mapping[str, Sequence[Any]]) -> Points:
    """Every choice of values, the last key running fastest."""
    return Points(tuple(axes.values()))


def rows(task: Task, at: Points, readers: Sequence[ColumnReader] = ()) -> Iterator[SweepRow]:
    """A row for every point, by these readers of the task if there are any yet."""
    return chain.from_iterable(row_blocks(task, at, readers))


def readers_of(task: Task, at: Points) -> list[ColumnReader]:
    """What reads the task's networks at any points of the grid of these."""
    networks = [task.network] if task.against is None else [task.network, task.against]
    return [ColumnReader(task, network, at) for network in networks]


def row_blocks(task: Task, at: Points, readers: Sequence[ColumnReader] = ()) -> Iterator[Sequence[SweepRow]]:
    """The rows, those that are computed together as one sequence; the first few of a grid of narrow networks are not,
    and come at once.

    What is computed together is decided by the whole grid, so that a row does not depend on which others are asked for.
    """
    readers = readers or readers_of(task, at)
    staying = {key for reader in readers for key in reader.staying}
    same = prod(map(len, at.axes[max(staying) + 1 :])) if staying else at.total  # points of one structure
    start, alone = 0, bisect_left(at.numbers, FIRST)
    while start < len(at):
        run = at[start : start + BLOCK] if start >= alone else at[start:alone]
        for part in runs(run, staying):
            if blocks := together(readers, part, same if start >= alone else 0, same):
                yield from blocks
                continue
            for values in part:
                found = [reader.attempt(values) for reader in readers]
                yield [SweepRow._make((values, *found[0], *(found[1] if len(found) > 1 else NOT_AGAINST)))]
        start += len(run)


def together(readers: Sequence[ColumnReader], at: Points, narrow: int, wide: int) -> Iterator[RowBlock] | None:
    """What the readers find at these points, many at once; None where one of them cannot. There are so many points of
    one structure to be computed together, of narrow networks and of wide ones."""
    compiled = [reader.in_blocks(at[0], narrow, wide) for reader in readers]
    known = [one for one in compiled if one is not None]
    if len(known) < len(readers):
        return None
    step = min(one.at_once for one in known)
    parts = (at[start : start + step] for start in range(0, len(at), step))
    return (
        RowBlock(part, [reader.block(one, part) for reader, one in zip(readers, known, strict=True)]) for part in parts
    )


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
        self._built: dict[str, DrawnNetwork] = {}  # those that slots were found in last
        self._pairs: list[tuple[float, float] | None] = []
        for axis in at.axes:
            first: Any = next((value for value in axis if value.__class__ in NUMBERS), None)
            other: Any = next((value for value in axis if value.__class__ in NUMBERS and value != first), None)
            self._pairs.append(None if other is None else (first, other))
        exact = task.dps is None and task.low is None
        self._moving = self._value_keys(Points(at.axes)) if exact and at.total >= WORTH else []
        self.staying = [key for key in range(len(self._pairs)) if key not in self._moving]
        self._points = at.total
        self._compiled: dict[Values, CompiledNetwork | CompiledArrays | None] = {}

    def __call__(self, values: Values) -> ColumnsRead:
        """What the columns read there, and the kinks. Raises SpecError, UsageError, DomainError, LimitError."""
        if self._moving:
            compiled = self._compiled_at(values)
            if isinstance(compiled, CompiledNetwork) and (known := compiled.read(values)) is not None:
                return known
        built = self._built.get(repr(values))
        network = built.network if built else self._network.network(values)
        refuse_without_loss(network, "no gradient")
        at = point(network, self._dps, low=self._low)
        with at.arithmetic.context():
            found = {column.name: read(at, column) for column in self._columns}
            sizes = [abs(one) for value in found.values() if value is not None for one in numbers(value)]
            if any(size != size for size in sizes):  # asked first: a Decimal that is NaN has no order
                raise DomainError("a value is NaN")
            if not all(size < float("inf") for size in sizes):
                raise DomainError("a value is infinite")
            return found, kinks_at(at)

    def attempt(self, values: Values) -> Attempt:
        """What was read, or why it could not be, and the kinks there."""
        try:
            found, kinks = self(values)
            return found, None, kinks
        except SpecError as error:
            return {}, error.problems[0].sentence if error.problems else str(error), ()
        except (UsageError, DomainError, LimitError, OverflowError) as error:
            return {}, str(error), ()

    def in_blocks(self, values: Values, narrow: int, wide: int) -> CompiledNetwork | CompiledArrays | None:
        """The compiled network of points to be read all at once, one of which this is; None where that is not possible,
        or does not pay for so many points of narrow and of wide networks: the decision is of the whole sweep, so that a
        row does not depend on those that are computed with it."""
        if not self._moving or wide < WORTH:
            return None
        compiled = self._compiled_at(values)
        if not isinstance(compiled, CompiledNetwork):
            return compiled
        if narrow < SHORTEST or self._points < MANY or self._points * compiled.edges < WORTH_ARRAYS:
            return None
        return None if compiled.blocks is None else compiled

    def block(self, compiled: CompiledNetwork | CompiledArrays, at: Points) -> ColumnBlock:
        """What was read at points of one compiled network, all at once but for those that are to be read alone."""
        found, alone = compiled.read_block({key: at.values(key) for key in self._moving})
        columns = dict(zip((column.name for column in self._columns), found))
        return ColumnBlock(columns, {place: self.attempt(at[place]) for place in alone})

    def _compiled_at(self, values: Values) -> CompiledNetwork | CompiledArrays | None:
        """The compiled network of a point, which others share."""
        structure = tuple([repr(values[key]) for key in self.staying]) if self.staying else ()
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

    def _slots(self, values: Values, key: int) -> Slots | ArraySlots | None:
        """The slots of a key, from the networks at two of its values; None where anything else differs, too."""
        pair = self._pairs[key]
        if pair is None:
            return None
        one, other = (self._network_at((*values[:key], number, *values[key + 1 :])) for number in pair)
        if len(one.network.layers) != len(other.network.layers):  # as of depth: told before their graphs are made
            return None
        seeded = one.seeded(other, pair)
        if is_narrow(graph(one.network)):
            return slots(one.network, other.network, pair, seeded)
        from gradcalc.analysis.compiled_arrays import array_slots

        return array_slots(one.network, other.network, pair, seeded)

    def _network_at(self, values: Values) -> DrawnNetwork:
        """The network at these values, built once for the slots of all keys."""
        name = repr(values)
        if name not in self._built:
            if len(self._built) > len(values):
                self._built.clear()
            self._built[name] = self._network.drawn(values)
        return self._built[name]

    def _compiled_network(self, values: Values) -> CompiledNetwork | CompiledArrays | None:
        """A network compiled once; None where it has no target or no such column, or a narrow one is a small batch."""
        try:
            moving: Any = [(key, slot) for key in self._moving if (slot := self._slots(values, key)) is not None]
            laid = graph(self._network_at(values).network)
            if len(moving) < len(self._moving) or not laid.ends():
                return None
            if any(fault(laid.network, column) for column in self._columns):  # which is a row's reason
                return None
            if not is_narrow(laid):
                from gradcalc.analysis.compiled_arrays import CompiledArrays

                return CompiledArrays(laid, moving, self._columns)
            if laid.network.examples != 1 and self._points < MANY:
                return None
            return CompiledNetwork(scalar_point(laid, Double), moving, self._columns)
        except (SpecError, UsageError, DomainError, LimitError, NotImplementedError):
            return None
