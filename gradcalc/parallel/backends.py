"""What joblib spreads work over: forks of this process, its own workers, threads, a cluster of Dask or Ray."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from multiprocessing import get_context
from time import sleep
from typing import Any

from joblib.parallel import ParallelBackendBase

from gradcalc.errors import LimitError, UsageError
from gradcalc.records import Record


class Packed(Record):
    """The number as mpmath holds it, (sign, mantissa, exponent, bits), and the digits of its context."""

    parts: tuple[int, int, int, int]
    digits: int


def pack(value: Any) -> Any:
    """The value with every number of mpmath packed, however deep in lists and mappings."""
    if isinstance(value, Mapping):
        return {key: pack(part) for key, part in value.items()}
    if isinstance(value, list):
        return [pack(part) for part in value]
    return Packed(value._mpf_, value.context.dps) if hasattr(value, "_mpf_") else value


def unpack(value: Any) -> Any:
    """The value as it was packed."""
    if isinstance(value, Mapping):
        return {key: unpack(part) for key, part in value.items()}
    if isinstance(value, list):
        return [unpack(part) for part in value]
    return context(value.digits).make_mpf(value.parts) if isinstance(value, Packed) else value


@lru_cache(maxsize=4)
def context(digits: int) -> Any:
    """A context of mpmath's with so many digits."""
    from mpmath import MPContext

    found = MPContext()
    found.dps = digits
    return found


# A backend of joblib's: processes forked from this one. They have from the start all that is loaded here, which takes
# joblib's own, started afresh, half a second to load again.


GLANCE = 1.0
"""Seconds between two looks at whether the process that forked another is still there."""


class Forks(ParallelBackendBase):  # type: ignore[misc]  # joblib has no types
    """Forks, as many as are asked for; -1 is all processors, -2 all but one."""

    supports_retrieve_callback = True

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """How many processes there will be."""
        return workers(n_jobs or 1)

    def configure(self, n_jobs: int = 1, parallel: Any = None, **_: Any) -> int:
        """Gets the processes ready; they are forked when there is work."""
        self.parallel = parallel
        jobs = self.effective_n_jobs(n_jobs)
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


# What joblib spreads work over: forks of this process, its own, threads, a cluster of Dask or Ray; ended when done.


@contextmanager
def backend(name: str | None, jobs: int) -> Iterator[Any]:
    """joblib, with the backend for all that runs within. Raises UsageError where joblib or the backend is missing,
    LimitError where a process was ended from outside."""
    joblib = imported()
    from concurrent.futures import BrokenExecutor

    options = f"--jobs {jobs}" + (f" --backend {name}" if name else "")
    try:
        with connected(name), joblib.parallel_config(backend=name or default(), n_jobs=jobs):
            yield joblib
    except ValueError as error:
        raise UsageError(f"{options}: {error}") from None
    except BrokenExecutor:
        raise LimitError(
            f"{options}: a process was ended from outside, perhaps for want of memory; fewer --jobs need less, "
            "and --resume FILE.jsonl keeps the rows that are done"
        ) from None


def default() -> Any:
    """Forks where they are safe, else joblib's own processes."""

    return Forks() if can_fork() else "loky"


def workers(jobs: int) -> int:
    """How many processes there will be: −1 stands for all processors, −2 for all but one."""
    return jobs if jobs > 0 else max((os.cpu_count() or 1) + 1 + jobs, 1)


def imported() -> Any:
    """joblib."""
    try:
        import joblib
    except ImportError:
        raise UsageError("--jobs needs joblib, of the extra `cluster`: pip install 'gradcalc[cluster]'") from None
    return joblib


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
    return nullcontext() if name not in (None, "loky") else ended()


@contextmanager
def ended() -> Iterator[None]:
    """joblib's own processes would idle for five minutes; they end with the work."""
    from joblib.externals.loky import get_reusable_executor

    try:
        yield
    finally:
        get_reusable_executor().shutdown()


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
