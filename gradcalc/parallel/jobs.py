"""Points spread over processes by joblib: forks of this process, its own workers, threads, a cluster of Dask or Ray.

Points go out in chunks, whose rows come back as soon as each of them is done, in whatever order.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from itertools import islice
from multiprocessing import get_context
from time import perf_counter, sleep
from typing import Any

import joblib
from joblib.externals.loky import get_reusable_executor
from joblib.parallel import ParallelBackendBase

from gradcalc.analysis.points import Points
from gradcalc.analysis.sweep import ColumnReader, Task, readers_of, rows
from gradcalc.analysis.sweep_rows import SweepRow
from gradcalc.errors import LimitError, UsageError

SOON = 0.25  # seconds that a chunk should take
LARGEST_CHUNK = 500
Chunk = tuple[list[SweepRow], int, float]  # its rows, the number of the first, the seconds that they took


def spread_out(task: Task, at: Points, jobs: int, name: str | None) -> Iterator[tuple[int, SweepRow]]:
    """The rows, each with the number of its point, as soon as they are known, by the backend of that name: forks unless
    one is named.

    On this machine there are no more processes than processors. Raises UsageError where the backend is missing.
    """
    parent = 0 if name in ELSEWHERE else os.getpid()
    jobs = jobs if name else min(workers(jobs), workers(-1))
    with backend(name, jobs):
        call, pace = joblib.delayed(chunk_rows), Pace(workers(jobs))
        sweep = os.urandom(16)  # tells its chunks from those of other sweeps, in a process that outlives it
        calls = (call(sweep, task, chunk, first, parent) for first, chunk in pace.chunks(at))
        for rows, first, seconds in results(calls, 2 * workers(jobs)):
            pace.took(len(rows), seconds)
            yield from enumerate(rows, first)


def results(calls: Iterator[Any], wave: int) -> Iterator[Chunk]:
    """What the calls return as soon as the backend can say: one by one in any order, or wave by wave."""
    try:
        flowing = joblib.Parallel(return_as="generator_unordered", batch_size=1)
    except ValueError:
        with joblib.Parallel() as parallel:
            while some := list(islice(calls, wave)):
                yield from parallel(some)
        return
    with undisturbed():
        found = flowing(calls)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "[0-9]+ tasks (have been|which were)")  # cancelled, as was wanted
        yield from found


def chunk_rows(sweep: bytes, task: Task, at: Points, first: int, parent: int) -> Chunk:
    """The rows of one chunk, in a process of its own, which ends with its parent if it has one on this machine."""
    if parent not in (0, os.getpid()):
        follow(os.getppid())  # which is the parent, or a server of its that forks others and ends with it
    start = perf_counter()
    return list(rows(task, at, LAST_READERS(sweep, task, at))), first, perf_counter() - start


class LastReaders(threading.local):
    """What a thread read its last chunk with: the chunks of a sweep share what the first has built to see which keys
    change values alone, and what was compiled."""

    def __init__(self) -> None:
        self._sweep = b""
        self._readers: list[ColumnReader] = []

    def __call__(self, sweep: bytes, task: Task, at: Points) -> list[ColumnReader]:
        """The readers of a sweep's task at points of its grid."""
        if self._sweep != sweep:
            self._sweep, self._readers = sweep, readers_of(task, at)
        return self._readers


LAST_READERS = LastReaders()


class Pace:
    """How many points a chunk has: few at first, then as many as are done soon, by the time that others took.

    Large chunks of narrow networks share what is compiled once; of small ones the rows are back soon.
    """

    def __init__(self, among: int) -> None:
        self._among = among
        self._size = 1

    def took(self, points: int, seconds: float) -> None:
        """So many points have taken so long."""
        done_soon = int(SOON * points / max(seconds, 1e-9))
        self._size = max(min(done_soon, 2 * points, LARGEST_CHUNK), 1)

    def chunks(self, at: Points) -> Iterator[tuple[int, Points]]:
        """The points in runs, each with the number of the first; short ones at the end, so that no process idles."""
        start = 0
        while start < len(at):
            size = max(min(self._size, (len(at) - start) // (2 * self._among)), 1)
            yield start, at[start : start + size]
            start += size


@contextmanager
def backend(name: str | None, jobs: int) -> Iterator[None]:
    """The backend for all that runs within: forks unless one is named, where they are safe.

    Raises UsageError where the backend is missing, LimitError where a process was ended from outside.
    """
    options = f"--jobs {jobs}" + (f" --backend {name}" if name else "")
    chosen = name or (Forks() if can_fork() else "loky")
    at_start = {"initializer": follow, "initargs": (os.getpid(),)} if chosen == "loky" else {}  # also of idle ones
    try:
        with connected(name), joblib.parallel_config(backend=chosen, n_jobs=jobs, **at_start):
            yield
    except ValueError as error:
        raise UsageError(f"{options}: {error}") from None
    except BrokenExecutor:
        raise LimitError(
            f"{options}: a process was ended from outside, perhaps for want of memory; fewer --jobs need less, "
            "and --resume FILE.jsonl keeps the rows that are done"
        ) from None
    finally:
        if chosen == "loky":  # its processes would idle for five minutes
            get_reusable_executor().shutdown()


ELSEWHERE = ("dask", "ray")
"""Backends whose processes may be on other machines."""


def workers(jobs: int) -> int:
    """How many processes there will be: −1 stands for all processors, −2 for all but one."""
    return jobs if jobs > 0 else max((os.cpu_count() or 1) + 1 + jobs, 1)


def connected(name: str | None) -> AbstractContextManager[Any]:
    """What has to stand while a backend works: for `dask` a client of DASK_SCHEDULER_ADDRESS, or of a cluster on this
    machine; `ray` finds RAY_ADDRESS itself."""
    try:
        if name == "dask":
            from distributed import Client

            client: AbstractContextManager[Any] = Client(os.environ.get("DASK_SCHEDULER_ADDRESS"))
            return client
        if name == "ray":
            from ray.util.joblib import register_ray

            register_ray()
    except ImportError as error:
        raise UsageError(f"--backend {name} needs the package {error.name}: pip install {error.name}") from None
    return nullcontext()


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


GLANCE = 0.2  # seconds between two looks at whether the process that forked another is still there


class Forks(ParallelBackendBase):  # type: ignore[misc]  # joblib has no types
    """A backend of joblib's: processes forked from this one, as many as are asked for; -1 is all processors, -2 all but
    one. They have from the start all that is loaded here, which joblib's own take half a second to load again."""

    supports_retrieve_callback = True

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """How many processes there will be."""
        return workers(n_jobs or 1)

    def configure(self, n_jobs: int = 1, parallel: Any = None, **_: Any) -> int:
        """Gets the processes ready; they are forked when there is work."""
        self.parallel, jobs = parallel, workers(n_jobs)
        self._pool = ProcessPoolExecutor(jobs, get_context("fork"), initializer=follow, initargs=(os.getpid(),))
        return jobs

    def submit(self, func: Callable[[], Any], callback: Callable[[Any], None] | None = None) -> Future[Any]:
        """Work for one of them."""
        future = self._pool.submit(func)
        if callback is not None:
            future.add_done_callback(callback)
        return future

    def retrieve_result_callback(self, out: Future[Any]) -> Any:
        """What came of it."""
        return out.result()

    def terminate(self) -> None:
        """Ends them when what they have begun is done."""
        self._pool.shutdown(cancel_futures=True)

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """Ends them at once."""
        for process in list((self._pool._processes or {}).values()):
            process.terminate()
        self.terminate()


def can_fork() -> bool:
    """Whether a fork is safe: on Linux, and where no other thread could hold a lock at that moment."""
    return sys.platform == "linux" and threading.active_count() == 1


@cache  # once in a process
def follow(parent: int) -> None:
    """Ends this process with the one that started it, even if that is killed and cannot say so."""

    def watch() -> None:
        while os.getppid() == parent:
            sleep(GLANCE)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
