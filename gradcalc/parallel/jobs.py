"""Points spread over processes by joblib: forks of this process, its own workers, threads, a cluster of Dask or Ray.

Points go out in chunks: a chunk of narrow networks shares what is compiled once, and a row comes back as soon as its
chunk and those before it are done.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from multiprocessing import get_context
from time import sleep
from typing import Any

import joblib
from joblib.externals.loky import get_reusable_executor
from joblib.parallel import ParallelBackendBase

from gradcalc.analysis.sweep import SweepRow, Task, Values, rows
from gradcalc.errors import LimitError, UsageError

LARGEST_CHUNK, CHUNKS_EACH = 500, 8


def spread_out(task: Task, at: Sequence[Values], jobs: int, name: str | None) -> Iterator[SweepRow]:
    """The rows in the order of the points, by the backend of that name, forks unless one is named.

    Raises UsageError where the backend is missing.
    """
    with backend(name, jobs):
        call = joblib.delayed(chunk_rows)
        calls = [call(task, chunk) for chunk in chunks(at, workers(jobs))]
        for found in results(calls, 2 * workers(jobs)):
            yield from found


def results(calls: Sequence[Any], wave: int) -> Iterator[list[SweepRow]]:
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
    """The rows of one chunk, in a process of its own."""
    return list(rows(task, at))


def chunks(at: Sequence[Values], among: int) -> Iterator[Sequence[Values]]:
    """The points in runs, several for each worker, so that none idles while another has a long one."""
    size = min(max(len(at) // (among * CHUNKS_EACH), 1), LARGEST_CHUNK)
    return (at[start : start + size] for start in range(0, len(at), size))


@contextmanager
def backend(name: str | None, jobs: int) -> Iterator[None]:
    """The backend for all that runs within: forks unless one is named, where they are safe.

    Raises UsageError where the backend is missing, LimitError where a process was ended from outside.
    """
    options = f"--jobs {jobs}" + (f" --backend {name}" if name else "")
    chosen = name or (Forks() if can_fork() else "loky")
    try:
        with connected(name), joblib.parallel_config(backend=chosen, n_jobs=jobs):
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


GLANCE = 1.0  # seconds between two looks at whether the process that forked another is still there


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


def follow(parent: int) -> None:
    """Ends this process with the one that forked it, even if that is killed and cannot say so."""

    def watch() -> None:
        while os.getppid() == parent:
            sleep(GLANCE)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
