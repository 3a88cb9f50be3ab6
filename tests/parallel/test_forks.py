"""Processes forked for a sweep: they compute at once, and no end of theirs or of their parent's goes unnoticed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("joblib")

from gradcalc.parallel.jobs import Forks, can_fork

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere joblib's own processes do the work")
HEAVY = "depth=900..1299"
PATIENCE = 30.0
TRIES = 3  # of which the fastest counts: a core is rarely idle all the time


@contextmanager
def sweep(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`gradcalc sweep` on its way: its first row is out."""
    command = [sys.executable, "-m", "gradcalc", "sweep", "deep", "--vary", HEAVY, "--format", "jsonl", *arguments]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a background job's children ignore it
    ) as process:
        assert process.stdout is not None and process.stdout.readline().startswith("{")
        try:
            yield process
        finally:
            process.kill()


def children(process: int) -> list[int]:
    """The processes that a process has started."""
    tasks = Path(f"/proc/{process}/task")
    return [int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()]


def descendants(process: int) -> list[int]:
    """Those, and what they have started."""
    return [one for child in children(process) for one in (child, *descendants(child))]


def gone(pid: int) -> bool:
    """Whether a process has ended (its parent may not have asked after it yet)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.slow
def test_a_process_that_is_killed_is_said() -> None:
    with sweep("--jobs", "2") as process:
        os.kill(children(process.pid)[0], signal.SIGKILL)
        _, said = process.communicate(timeout=PATIENCE)
        assert process.returncode == 3
        assert "--jobs 2: a process was ended from outside" in said and "--resume" in said


@pytest.mark.slow
def test_none_outlives_a_parent_that_is_killed() -> None:
    with sweep("--jobs", "2") as process:
        forks = children(process.pid)
        assert len(forks) == 2
        process.kill()
        process.wait(PATIENCE)
        until = time.monotonic() + PATIENCE
        while not all(map(gone, forks)) and time.monotonic() < until:
            time.sleep(0.1)
        assert all(map(gone, forks))


@pytest.mark.slow
@pytest.mark.parametrize("backend", [[], ["--backend", "loky"], ["--backend", "multiprocessing"]])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_within_two_seconds_none_is_left(backend: list[str], number: signal.Signals) -> None:
    fastest = PATIENCE
    for _ in range(TRIES):
        with sweep("--jobs", "2", *backend) as process:
            others = descendants(process.pid)
            start = time.monotonic()
            process.send_signal(number)
            process.wait(PATIENCE)
            while not all(map(gone, others)) and time.monotonic() < start + PATIENCE:
                time.sleep(0.02)
            fastest = min(fastest, time.monotonic() - start)
            if fastest < 2:
                return
    assert fastest < 2


@pytest.mark.slow
def test_ctrl_c_ends_them_all() -> None:
    with sweep("--jobs", "2") as process:
        forks = children(process.pid)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE)
        assert (process.returncode, said) == (130, "interrupted\n")
        assert all(map(gone, forks))


def test_as_many_as_are_asked_for() -> None:
    processors = os.cpu_count() or 1
    assert [Forks().effective_n_jobs(n) for n in (None, 1, 3, -1)] == [1, 1, 3, processors]
    assert Forks().effective_n_jobs(-processors - 5) == 1


def test_no_fork_beside_a_thread() -> None:
    from threading import Event, Thread

    done = Event()
    thread = Thread(target=done.wait)
    thread.start()
    try:
        assert not can_fork()
    finally:
        done.set()
        thread.join()
