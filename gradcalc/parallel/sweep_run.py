"""A sweep from its options to its rows: which points, how many processes, what an earlier run has left."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from gradcalc.analysis.points import RUN, Points, Values
from gradcalc.analysis.quantities import check, columns, with_theory
from gradcalc.analysis.sweep import Sweep, Task, points, row_blocks, rows
from gradcalc.analysis.sweep_rows import Rows, SweepRow
from gradcalc.errors import SpecError, UsageError
from gradcalc.language import Document
from gradcalc.language.document import NO_SKIPS, Variants, is_against
from gradcalc.language.problems import SET
from gradcalc.language.ranges import EvenRange
from gradcalc.network.network import Network
from gradcalc.parallel.resume import ResumeFile, agree
from gradcalc.records import Record
from gradcalc.report.json_numbers import encode
from gradcalc.report.progress import count
from gradcalc.views.sweep_tables import ERROR, row_facts, row_of

if TYPE_CHECKING:
    from gradcalc.arithmetic.low_precision import LowPrecision

T = TypeVar("T", bound=Sized)
MOST_JOBS = 1000
MOST_DEPTHS, MOST_LAYERS = 64, 256  # up to which the network of every depth is looked at


class SweepRun(Record):
    """What is asked at every point, the points, and some of their networks."""

    name: str
    axes: Mapping[str, Sequence[Any]]
    task: Task
    networks: tuple[Network, ...]

    @staticmethod
    def planned(
        document: Document,
        axes: Mapping[str, Sequence[Any]],
        against: str | None,
        show: Sequence[str],
        wrt: Sequence[str],
        dps: int | None,
        theory: bool = False,
        low: LowPrecision | None = None,
    ) -> SweepRun:
        """The sweep of a spec over these keys. Raises UsageError, and SpecError where no point can be built."""
        variants = Variants(document, tuple(axes))
        first, last = ends(variants, points(axes))
        plain = variants._replace(plain=True) if is_against(against, first, last) else None
        shown = columns(show, wrt, first)
        check(shown, [first, last])
        if low is not None and any(one.quantity == "window" for one in shown):
            raise UsageError(f"--show window: is of exact values; leave --dtype {low.name} out")
        shown = with_theory(shown, [first, last]) if theory else shown
        shown = tuple(one._replace(name=f"value of {one.name}") if one.name in axes else one for one in shown)
        return SweepRun(
            first.name, axes, Task(variants, shown, plain, dps, low), (first, last, *of_names(variants, axes))
        )

    def run(self, jobs: int = 1, backend: str | None = None, resume: str | None = None) -> Sweep:
        """The sweep, its rows computed as they are asked for, each once."""
        at = points(self.axes)
        if jobs == 1 and backend is None and resume is None:
            found = row_blocks(self.task, at)
        elif resume is None:
            found = ([row] for row in in_order(self._computed(at, jobs, backend)))
        else:
            found = self._resumed(resume, jobs, backend)
        against = NO_SKIPS if self.task.against else None
        coming = Rows(watched(found, len(at)))
        into_last = tuple(self._into_last())
        return Sweep(
            self.name,
            self.axes,
            self.task.columns,
            against,
            coming,
            self.networks,
            self.task.arithmetic,
            into_last,
            self.task.network,
        )

    def _into_last(self) -> Iterator[int]:
        """The depths at which a skip adds to the output of the last layer."""
        depths = self.axes.get("depth", ())
        few = len(self.axes) == 1 and len(depths) <= MOST_DEPTHS
        if not few or not any(one.has_skips for one in self.networks) or len(self.networks[1].layers) > MOST_LAYERS:
            return
        for depth in depths:
            with suppress(SpecError, UsageError):
                if self.task.network.network((depth,)).layers[-1].into_output:
                    yield depth

    def _computed(self, at: Points, jobs: int, backend: str | None) -> Iterator[tuple[int, SweepRow]]:
        """The rows with their numbers, as soon as they are known."""
        if jobs == 0 or jobs > MOST_JOBS:
            raise UsageError(f"--jobs {jobs}: takes 1 to {MOST_JOBS:,} processes, or -1 for all processors")
        try:
            from gradcalc.parallel.jobs import spread_out
        except ModuleNotFoundError as error:
            extra = "of the extra `cluster`: pip install 'gradcalc[cluster]'"
            raise UsageError(f"--jobs needs {error.name}, {extra}") from None

        return spread_out(self.task, at, min(jobs, len(at) or 1), backend)

    def _resumed(self, path: str, jobs: int, backend: str | None) -> Iterator[Sequence[SweepRow]]:
        """The rows of the file where it has them; the others computed and written to it as soon as they are known.

        Raises UsageError where the last row in the file is not what this sweep finds there.
        """
        keys, at = list(self.axes), points(self.axes)
        file = ResumeFile(path, keys, at, self._about())
        last = file.last()
        if last is not None:
            row, found = file.row(last), row_facts(keys, next(rows(self.task, at[last : last + 1])))
            if not agree(found, row):
                raise UsageError(
                    f"--resume {path}: its rows are of another network or other columns: at {encode(at[last])} it has "
                    f"{encode(row)}, and now it is {encode(found)}; name another file"
                )
        missing = file.missing()
        fresh = self._added(file, missing, jobs, backend)

        def stored(start: int, stop: int) -> Iterator[Sequence[SweepRow]]:
            for first in range(start, stop, RUN):
                yield [row_of(keys, file.row(number)) for number in range(first, min(first + RUN, stop))]

        def coming() -> Iterator[Sequence[SweepRow]]:
            due = 0
            for first, block in placed(missing.numbers, fresh):
                yield from stored(due, first)
                yield block
                due = first + len(block)
            yield from stored(due, len(at))
            file.close()

        return coming()

    def _added(self, file: ResumeFile, missing: Points, jobs: int, backend: str | None) -> Iterator[Sequence[SweepRow]]:
        """The rows that the file has not, in order, each written to it as soon as it is known."""
        keys = list(self.axes)
        if jobs == 1 and backend is None:
            blocks = row_blocks(self.task, missing)
            return (file.keep(block, (row_facts(keys, row) for row in block)) for block in blocks)
        computed = self._computed(missing, jobs, backend)
        return ([row] for row in in_order(file.keep((number, row), [row_facts(keys, row)]) for number, row in computed))

    def _about(self) -> Mapping[str, Any]:
        """What rows are of: sweeps in which it is the same may share a file, whatever their values."""
        from hashlib import sha256

        from gradcalc.language.keys import NOT_COMPUTED

        variants = self.task.network
        assert isinstance(variants, Variants)
        document, left_out = variants.document, {*NOT_COMPUTED, *self.axes}
        given = [(name, value) for name, value in {**document.data, **document.values}.items() if name not in left_out]
        text, precision = json.dumps([*sorted(given), document.thinned], default=str), self.task.arithmetic
        if self.task.low is not None:
            from gradcalc.views.precision_sentences import settings

            precision = f"{precision}, {settings(self.task.low)}"
        return {
            "network": sha256(text.encode()).hexdigest()[:16],
            "precision": precision,
            "list of columns": [column.name for column in self.task.columns],
            "comparison": NO_SKIPS if self.task.against else None,
        }


def placed(numbers: Sequence[int], blocks: Iterable[Sequence[T]]) -> Iterator[tuple[int, Sequence[T]]]:
    """Blocks of items that have these numbers, each with that of its first; one by one where numbers do not follow."""
    taken = 0
    for block in blocks:
        mine = numbers[taken : taken + len(block)]
        if mine[-1] - mine[0] == len(block) - 1:
            yield mine[0], block
        else:
            yield from ((number, [item]) for number, item in zip(mine, block))
        taken += len(block)


def in_order(numbered: Iterable[tuple[int, T]]) -> Iterator[T]:
    """The items by their numbers, each as soon as those before it have come."""
    waiting: dict[int, T] = {}
    due = 0
    for number, item in numbered:
        waiting[number] = item
        while due in waiting:
            yield waiting.pop(due)
            due += 1


def chosen_axes(axes: Mapping[str, Sequence[Any]]) -> Mapping[str, Sequence[Any]]:
    """The one or two keys that are varied, with their values. Raises UsageError."""
    if not 1 <= len(axes) <= 2:
        raise UsageError("a sweep varies one key or two: --vary KEY=VALUES, such as --vary depth=3,10,40")
    for key, values in axes.items():
        if not isinstance(key, str) or key in (ERROR, NO_SKIPS):
            raise UsageError(f"--vary {key}: no such key")
        if not values:
            raise UsageError(f"--vary {key}: there are no values")
    return axes


def ends(variants: Variants, at: Sequence[Values]) -> tuple[Network, Network]:
    """The network of the first point that has one, and of the last; of a sweep over depth the deepest.

    Raises the error of the first point where none of the first twenty has one, or where nothing has the one key's name.
    """
    errors: list[Exception] = []
    for values in at[:20]:
        try:
            first = variants.network(values)
            break
        except (SpecError, UsageError) as error:
            errors.append(error)
            problems = error.problems if isinstance(error, SpecError) and len(variants.keys) == 1 else ()
            if any(problem.path[:1] == (SET,) and problem.on == "key" for problem in problems):
                raise errors[0] from None
    else:
        raise errors[0]
    with suppress(SpecError, UsageError):
        return first, variants.network(at[-1])
    return first, first


def of_names(variants: Variants, axes: Mapping[str, Sequence[Any]]) -> Iterator[Network]:
    """The network at each value that is no number, the other key at its first; those that cannot be built left out."""
    firsts = {key: values[0] for key, values in axes.items()}
    for key, values in axes.items():
        for value in () if isinstance(values, EvenRange) else values:
            with suppress(SpecError, UsageError):
                if not isinstance(value, (int, float)):
                    yield variants.network(tuple((firsts | {key: value}).values()))


def watched(blocks: Iterable[T], total: int) -> Iterator[T]:
    """Blocks of rows as they come, counted for the person who waits."""
    done = 0
    for block in blocks:
        done += len(block)
        count(done, total)
        yield block
