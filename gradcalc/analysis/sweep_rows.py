"""A network at many points: one or two keys over their values, row by row, each as soon as it is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

from gradcalc.analysis.compiled_sweep import ColumnReader, Open, Values
from gradcalc.analysis.quantities import SweepColumn
from gradcalc.errors import DomainError, LimitError, SpecError, UsageError
from gradcalc.network.network import Network
from gradcalc.records import Record


class SweepRow(NamedTuple):  # one is made at every point, and a Record costs more to make
    """One point: the keys' values, and what the columns read there; or why they could not (`error`).

    `against` is what they read of the network that it is set against, `against_error` likewise.
    """

    values: Values
    found: Mapping[str, Any]
    error: str | None = None
    against: Mapping[str, Any] | None = None
    against_error: str | None = None


class Task(Record):
    """What is asked at every point."""

    network: Open
    columns: tuple[SweepColumn, ...]
    against: Open | None = None
    dps: int | None = None


class Rows:
    """Rows that are computed once and then remembered; `done` is called when the last one is; `failed` says whether any
    of them could not be computed."""

    def __init__(self, coming: Iterable[SweepRow], done: Callable[[], object] = lambda: None) -> None:
        self._coming = iter(coming)
        self._known: list[SweepRow] = []
        self._done = done
        self.failed = False

    def __iter__(self) -> Iterator[SweepRow]:
        yield from self._known
        for row in self._coming:
            self._known.append(row)
            self.failed = self.failed or row.error is not None or row.against_error is not None
            yield row
        done, self._done = self._done, lambda: None
        done()

    def afterwards(self, done: Callable[[], object]) -> None:
        """What is to be done when the last row is known."""
        self._done = done


class Sweep(Record):
    """`axes` are the keys with their values; `rows` come when they are asked for, in the order of `points`. `networks`
    are those of the first and the last point, and one for each value that is no number."""

    name: str
    axes: Mapping[str, Sequence[Any]]
    columns: tuple[SweepColumn, ...]
    against: str | None
    rows: Rows
    networks: tuple[Network, ...] = ()


def points(axes: Mapping[str, Sequence[Any]]) -> list[Values]:
    """Every choice of values, the last key running fastest."""
    return list(product(*axes.values()))


def rows(task: Task, at: Sequence[Values]) -> Iterator[SweepRow]:
    """A row for every point."""
    here = ColumnReader(task.network, task.columns, task.dps, at)
    if task.against is None:
        for values in at:
            found, error = attempt(here, values)
            yield SweepRow(values, found, error)
        return
    plain = ColumnReader(task.against, task.columns, task.dps, at)
    for values in at:
        yield SweepRow(values, *attempt(here, values), *attempt(plain, values))


def attempt(reader: ColumnReader, values: Values) -> tuple[Mapping[str, Any], str | None]:
    """What was read, or why it could not be."""
    try:
        return reader(values), None
    except SpecError as error:
        return NOTHING, error.problems[0].message if error.problems else str(error)
    except (UsageError, DomainError, LimitError, OverflowError) as error:
        return NOTHING, str(error)


NOTHING: Mapping[str, Any] = {}
