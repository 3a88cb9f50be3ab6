"""Points spread over processes by joblib, and their progress with the time left, where standard error is a terminal.

Points go out in chunks: a chunk of narrow networks shares what is compiled once, and a row comes back as soon as its
chunk and those before it are done.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from time import monotonic
from typing import Any, TextIO, TypeVar

from gradcalc.analysis.compiled_sweep import Values
from gradcalc.analysis.sweep_rows import SweepRow, Task, rows
from gradcalc.parallel.backends import backend, pack, undisturbed, unpack, workers

T = TypeVar("T")
PATIENCE, INTERVAL = 0.7, 0.15


def watched(
    items: Iterable[T], total: int, what: str, quiet: bool = False, stream: TextIO | None = None
) -> Iterator[T]:
    """The items as they come, with their number on standard error meanwhile: `sweep 1200/10000, 8 s left`."""
    stream = sys.stderr if stream is None else stream
    if quiet or not stream.isatty():
        yield from items
        return
    start = monotonic()
    due, shown = start + PATIENCE, False
    try:
        for done, item in enumerate(items, 1):
            if (now := monotonic()) >= due:
                due, shown = now + INTERVAL, True
                stream.write(f"\r\x1b[K{what} {done}/{total}, {left((now - start) / done * (total - done))} left")
                stream.flush()
            yield item
    finally:
        if shown:
            stream.write("\r\x1b[K")
            stream.flush()


def left(seconds: float) -> str:
    """`8 s`, `3 min`, `2 h`: as much as a person wants to know."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


# Points spread over processes by joblib, so that its backends (loky, threading, dask, ray) may carry them too.


LARGEST_CHUNK, CHUNKS_EACH = 500, 8


def spread_out(task: Task, at: Sequence[Values], jobs: int, name: str | None) -> Iterator[SweepRow]:
    """The rows in the order of the points, by the backend of that name, forks unless one is named.

    Raises UsageError where joblib or the backend is missing.
    """
    with backend(name, jobs) as joblib:
        call = joblib.delayed(chunk_rows)
        calls = [call(task, chunk) for chunk in chunks(at, workers(jobs))]
        for found in results(joblib, calls, 2 * workers(jobs)):
            yield from map(unpacked, found)


def results(joblib: Any, calls: Sequence[Any], wave: int) -> Iterator[list[SweepRow]]:
    """What the calls return, in their order, as soon as the backend can say: one by one, or wave by wave."""
    try:
        flowing = joblib.Parallel(return_as="generator", batch_size=1)
    except ValueError:
        with joblib.Parallel() as parallel:
            for start in range(0, len(calls), wave):
                yield from parallel(calls[start : start + wave])
        return
    with undisturbed():
        found = flowing(calls)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "[0-9]+ tasks (have been|which were)")  # cancelled, as was wanted
        yield from found


def chunk_rows(task: Task, at: Sequence[Values]) -> list[SweepRow]:
    """The rows of one chunk, in a process of its own, in a form that travels."""
    return [row._replace(found=pack(row.found), against=pack(row.against)) for row in rows(task, at)]


def unpacked(row: SweepRow) -> SweepRow:
    """A row that has travelled."""
    return row._replace(found=unpack(row.found), against=unpack(row.against))


def chunks(at: Sequence[Values], among: int) -> Iterator[Sequence[Values]]:
    """The points in runs, several for each worker, so that none idles while another has a long one."""
    size = min(max(len(at) // (among * CHUNKS_EACH), 1), LARGEST_CHUNK)
    return (at[start : start + size] for start in range(0, len(at), size))
