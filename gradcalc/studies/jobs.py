"""Points spread over processes by joblib, so that its backends (loky, threading, dask, ray) may carry them too.

Points go out in chunks: a chunk of narrow networks shares what is compiled once, and a row comes back as soon as its
chunk and those before it are done.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from gradcalc.questions.families.rereading import Values
from gradcalc.questions.sweeping import Row, Task, rows
from gradcalc.studies.backends import backend, undisturbed, workers
from gradcalc.studies.packing import pack, unpack

LARGEST_CHUNK, CHUNKS_EACH = 500, 8


def spread_out(task: Task, at: Sequence[Values], jobs: int, name: str | None) -> Iterator[Row]:
    """The rows in the order of the points, by the backend of that name, forks unless one is named.

    Raises UsageError where joblib or the backend is missing.
    """
    with backend(name, jobs) as joblib:
        call = joblib.delayed(chunk_rows)
        calls = [call(task, chunk) for chunk in chunks(at, workers(jobs))]
        for found in results(joblib, calls, 2 * workers(jobs)):
            yield from map(unpacked, found)


def results(joblib: Any, calls: Sequence[Any], wave: int) -> Iterator[list[Row]]:
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


def chunk_rows(task: Task, at: Sequence[Values]) -> list[Row]:
    """The rows of one chunk, in a process of its own, in a form that travels."""
    return [row._replace(found=pack(row.found), against=pack(row.against)) for row in rows(task, at)]


def unpacked(row: Row) -> Row:
    """A row that has travelled."""
    return row._replace(found=unpack(row.found), against=unpack(row.against))


def chunks(at: Sequence[Values], among: int) -> Iterator[Sequence[Values]]:
    """The points in runs, several for each worker, so that none idles while another has a long one."""
    size = min(max(len(at) // (among * CHUNKS_EACH), 1), LARGEST_CHUNK)
    return (at[start : start + size] for start in range(0, len(at), size))
