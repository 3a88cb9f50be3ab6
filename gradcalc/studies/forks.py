"""A backend of joblib's: processes forked from this one. They have from the start all that is loaded here, which takes
joblib's own, started afresh, half a second to load again.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from time import sleep
from typing import Any

from joblib.parallel import ParallelBackendBase

from gradcalc.studies.backends import workers

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
