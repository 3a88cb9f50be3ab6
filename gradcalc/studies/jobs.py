"""Points spread over processes by joblib, so that its own backends (loky, threading, dask, ray) may carry them.

Points go out in chunks: a chunk of narrow networks shares what is compiled once, and a row comes back as soon as its
chunk and those before it are done.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from gradcalc.problems import UsageError
from gradcalc.questions.rereading import Values
from gradcalc.questions.sweeping import Row, Task, rows
from gradcalc.studies.packing import pack, unpack

LARGEST_CHUNK, CHUNKS_EACH = 500, 8


def spread_out(task: Task, at: Sequence[Values], jobs: int, backend: str | None) -> Iterator[Row]:
    """The rows in the order of the points. Raises UsageError where joblib or the backend is missing."""
    try:
        import joblib
    except ImportError:
        raise UsageError(
            "--jobs needs joblib, which the extra `cluster` brings: pip install 'gradcalc[cluster]'"
        ) from None
    if backend is not None:
        connect(backend)
    workers = jobs if jobs > 0 else max((os.cpu_count() or 1) + 1 + jobs, 1)
    call = joblib.delayed(chunk_rows)
    calls = [call(task, chunk) for chunk in chunks(at, workers)]
    try:
        with joblib.parallel_config(**({"backend": backend} if backend else {}), n_jobs=jobs):
            for found in results(calls, 2 * workers):
                yield from map(unpacked, found)
    except ValueError as error:
        options = f"--jobs {jobs}" + (f" --backend {backend}" if backend else "")
        raise UsageError(f"{options}: {error}") from None


def results(calls: Sequence[Any], wave: int) -> Iterator[list[Row]]:
    """What the calls return, in their order, as soon as the backend can say: one by one, or wave by wave."""
    import joblib

    try:
        flowing = joblib.Parallel(return_as="generator", batch_size=1)
    except ValueError:
        with joblib.Parallel() as parallel:
            for start in range(0, len(calls), wave):
                yield from parallel(calls[start : start + wave])
        return
    with undisturbed():
        found = flowing(calls)
    yield from found


@contextmanager
def undisturbed() -> Iterator[None]:
    """Processes that are started here leave Ctrl-C to the one that started them."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # not in the main thread, which alone may say so
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def chunk_rows(task: Task, at: Sequence[Values]) -> list[Row]:
    """The rows of one chunk, in a process of its own, in a form that travels."""
    return [row._replace(found=pack(row.found), against=pack(row.against)) for row in rows(task, at)]


def unpacked(row: Row) -> Row:
    """A row that has travelled."""
    return row._replace(found=unpack(row.found), against=unpack(row.against))


def chunks(at: Sequence[Values], workers: int) -> Iterator[Sequence[Values]]:
    """The points in runs, several for each worker, so that none idles while another has a long one."""
    size = min(max(len(at) // (workers * CHUNKS_EACH), 1), LARGEST_CHUNK)
    return (at[start : start + size] for start in range(0, len(at), size))


def connect(backend: str) -> None:
    """Makes joblib know the backend: `dask` at DASK_SCHEDULER_ADDRESS or on this machine, `ray` at RAY_ADDRESS."""
    try:
        if backend == "dask":
            from distributed import Client

            Client(os.environ.get("DASK_SCHEDULER_ADDRESS"))
        elif backend == "ray":
            from ray.util.joblib import register_ray

            register_ray()
    except ImportError as error:
        raise UsageError(f"--backend {backend} needs the package {error.name}: pip install {error.name}") from None
