"""The rows of a sweep: one by one where they were computed so, else in blocks that hold numbers by columns and make a
row when it is asked for."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, chain
from math import inf
from typing import TYPE_CHECKING, Any, overload

from gradcalc.analysis.kinks import Kink
from gradcalc.analysis.points import Values
from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.analysis.point_blocks import BlockColumn

Attempt = tuple[Mapping[str, Any], str | None, Sequence[Kink]]  # what was read or why it could not be, and the kinks


class SweepRow(Record):
    """One point: the keys' values, and what the columns read there; or why they could not (`error`).

    `kinks` are those that its units stand on, None where nobody has looked. `against` is what the columns read of the
    network that it is set against, `against_error` and `against_kinks` likewise.
    """

    values: Values
    found: Mapping[str, Any]
    error: str | None = None
    kinks: Sequence[Kink] | None = ()
    against: Mapping[str, Any] | None = None
    against_error: str | None = None
    against_kinks: Sequence[Kink] | None = ()


NOT_AGAINST = None, None, ()


class ColumnBlock(Record):
    """What the columns of a network read at many points, and of those that were read alone."""

    columns: Mapping[str, BlockColumn]
    alone: Mapping[int, Attempt]

    def attempts(self) -> Iterator[Attempt]:
        """What was read, point by point."""
        names = tuple(self.columns)
        for place, found in enumerate(zip(*(column.values() for column in self.columns.values()))):
            yield self.alone.get(place) or (dict(zip(names, found)), None, [])

    def read(self, place: int) -> Attempt:
        """What was read at one of the points."""
        return {name: column.value(place) for name, column in self.columns.items()}, None, []


class RowBlock(Sequence[SweepRow]):
    """Rows that were computed together, each made when it is asked for: what the columns of a network read, and those
    of the one that it is set against."""

    def __init__(self, points: Sequence[Values], networks: Sequence[ColumnBlock]) -> None:
        self.points = points
        self.networks = networks

    def __len__(self) -> int:
        return len(self.points)

    def __iter__(self) -> Iterator[SweepRow]:
        here, *there = (network.attempts() for network in self.networks)
        if not there:
            for values, (found, error, kinks) in zip(self.points, here):
                yield SweepRow._make((values, found, error, kinks, *NOT_AGAINST))
            return
        for values, found, against in zip(self.points, here, *there):
            yield SweepRow._make((values, *found, *against))

    @overload
    def __getitem__(self, place: int) -> SweepRow: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[SweepRow]: ...
    def __getitem__(self, place: int | slice) -> SweepRow | Sequence[SweepRow]:
        """One row or several."""
        if isinstance(place, slice):
            return [self[number] for number in range(len(self))[place]]
        at = range(len(self))[place]
        found = [network.alone.get(at) or network.read(at) for network in self.networks]
        return SweepRow(self.points[at], *found[0], *(found[1] if len(found) > 1 else ()))


class Floats(list[float]):
    """Many finite floats, also as an array."""

    @cached_property
    def array(self) -> Any:
        """The same as an array."""
        import numpy as np

        return np.array(self, dtype=float)


MANY = 10_000  # values from which on arrays of them pay


class RowTable(Sequence[SweepRow]):
    """All rows, in blocks; a column of them is made once."""

    def __init__(self, blocks: Sequence[Sequence[SweepRow]]) -> None:
        self._blocks = blocks
        self._stops = list(accumulate(map(len, blocks)))
        self._columns: dict[tuple[str, int], list[Any]] = {}

    def column(self, name: str, network: int) -> list[Any]:
        """What a column read at every point, of the first network or of that which it is set against; None where
        it read nothing. `Floats` where there are many, and nothing else."""
        if (name, network) not in self._columns:
            values = [value for block in self._blocks for value in column_of(block, name, network)]
            if len(values) >= MANY and set(map(type, values)) == {float}:
                floats = Floats(values)
                values = floats if abs(floats.array).max() < inf else values
            self._columns[name, network] = values
        return self._columns[name, network]

    def alone(self) -> Iterator[SweepRow]:
        """The rows of points that were computed by themselves: no other failed, or stands on a kink."""
        for block in self._blocks:
            if isinstance(block, RowBlock):
                yield from (block[place] for place in sorted(set().union(*(one.alone for one in block.networks))))
            else:
                yield from block

    def __len__(self) -> int:
        return self._stops[-1] if self._stops else 0

    def __iter__(self) -> Iterator[SweepRow]:
        return chain.from_iterable(self._blocks)

    @overload
    def __getitem__(self, place: int) -> SweepRow: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[SweepRow]: ...
    def __getitem__(self, place: int | slice) -> SweepRow | Sequence[SweepRow]:
        """One row or several."""
        part = range(len(self))[place]
        if not isinstance(part, int):
            return [self[number] for number in part]
        block = bisect(self._stops, part)
        return self._blocks[block][part - self._stops[block]]


class Rows:
    """Rows that are computed once and then remembered; `failed` says whether any of them could not be computed."""

    def __init__(self, coming: Iterable[Sequence[SweepRow]]) -> None:
        self._coming = iter(coming)
        self._known: list[Sequence[SweepRow]] = []
        self._done: Callable[[], object] | None = None
        self.failed = False

    def __iter__(self) -> Iterator[SweepRow]:
        return chain.from_iterable(self.blocks())

    def blocks(self) -> Iterator[Sequence[SweepRow]]:
        """The rows, those that come together in one sequence."""
        yield from self._known
        for block in self._coming:
            self._known.append(block)
            self.failed = self.failed or has_failed(block)
            yield block
        done, self._done = self._done, None
        if done is not None:
            done()

    def passing(self) -> Iterator[Sequence[SweepRow]]:
        """The same for the last time: if nothing is to be done afterwards, they are not remembered."""
        if self._done is not None:
            yield from self.blocks()
            return
        yield from self._known
        for block in self._coming:
            self.failed = self.failed or has_failed(block)
            yield block

    def table(self) -> RowTable:
        """All rows, once they are known."""
        return RowTable(list(self.blocks()))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled with every row known."""
        return Rows, ([list(self)],)

    def afterwards(self, done: Callable[[], object]) -> None:
        """What is to be done, once, when the last row is known."""
        self._done = done


def column_of(rows: Iterable[SweepRow], name: str, network: int) -> list[Any]:
    """What a column read at every point, of the first network or of that which it is set against."""
    if isinstance(rows, RowTable):
        return rows.column(name, network)
    if isinstance(rows, RowBlock):
        block = rows.networks[network]
        if name not in block.columns:
            return [None] * len(rows)
        values = block.columns[name].values()
        for place, (found, *_) in block.alone.items():
            values[place] = found.get(name)
        return values
    return [(row.against or {} if network else row.found).get(name) for row in rows]


def alone(rows: Sequence[SweepRow]) -> Iterable[SweepRow]:
    """The rows among which are all that failed, or stand on kinks."""
    return rows.alone() if isinstance(rows, RowTable) else rows


def has_failed(block: Sequence[SweepRow]) -> bool:
    """Whether any of the rows could not be computed."""
    if isinstance(block, RowBlock):
        return any(error is not None for one in block.networks for _, error, _ in one.alone.values())
    return any(row.error is not None or row.against_error is not None for row in block)
