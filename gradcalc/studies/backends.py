"""What joblib spreads work over: forks of this process, its own, threads, a cluster of Dask or Ray; ended when done."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from gradcalc.problems import LimitError, UsageError


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
    from gradcalc.studies.forks import Forks, can_fork

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
