"""Sweeps with --resume that run into each other, are killed, or find no room: each point once, nothing half written, no
process left.

Each happens a few times at chosen moments; `DISTURBED=30 python -m pytest -m slow tests/parallel/test_disturbed.py`
lets it happen more often.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

TIMES = int(os.environ.get("DISTURBED", "2"))
VARIED = ["--vary", "w1=0.01..2:0.01", "--vary", "activation=sigmoid,tanh,relu"]
SWEEP = ["sweep", "residual", *VARIED, "--quiet", "--json"]
POINTS = 600
LEFT = 2.0  # seconds after which no worker may be there

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")]


def start(rows: Path, *options: str, limit: int | None = None) -> subprocess.Popen[str]:
    """A sweep whose rows go to that file; with a limit in bytes for each file, as of a disk that is full."""
    command = [sys.executable, "-m", "gradcalc", *SWEEP, "--resume", str(rows), "-o", f"{rows}.json", *options]
    if limit is not None:
        command = [sys.executable, "-c", LIMITED, str(limit), *command]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)


LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
os.execv(sys.argv[2], sys.argv[2:])
"""


def is_whole(rows: Path) -> bool:
    """Whether every line is a row, and each point is there once."""
    _, *found = map(json.loads, rows.read_text().splitlines())
    points = [(row["w1"], row["activation"]) for row in found]
    return len(points) == len(set(points)) == POINTS


def finish(rows: Path) -> None:
    """The same sweep once more, undisturbed: what is there is taken, the rest is computed."""
    process = start(rows)
    assert process.communicate(timeout=120)[1] == "" and process.returncode == 0
    assert is_whole(rows)


def descendants(parent: int) -> set[int]:
    """The processes that it has started, and those that these have."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, above = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            parents[int(stat.parent.name)] = int(above)
    found, new = set[int](), {parent}
    while new:
        new = {process for process, above in parents.items() if above in new}
        found |= new
    return found


def are_gone(processes: set[int]) -> bool:
    return not any(is_there(process) for process in processes)


def is_there(process: int) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("turn", range(TIMES))
def test_of_two_sweeps_on_one_file_each_point_is_there_once(turn: int, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    first = start(rows)
    time.sleep(Random(turn).uniform(0, 0.4))
    told = [(process.communicate(timeout=120)[1], process.returncode) for process in (start(rows), first)]
    assert {status for _, status in told} <= {0, 2} and any(status == 0 for _, status in told), told
    assert all("another sweep" in " ".join(text.split()) for text, status in told if status == 2), told
    assert is_whole(rows)


@pytest.mark.parametrize("turn", range(TIMES))
def test_a_killed_sweep_leaves_no_worker_and_loses_no_row(turn: int, tmp_path: Path) -> None:
    rows, random = tmp_path / "rows.jsonl", Random(turn)
    process, workers = start(rows, "--jobs", "2"), set[int]()
    until = time.monotonic() + random.uniform(0.1, 3)
    while time.monotonic() < until and process.poll() is None:
        workers |= descendants(process.pid)
        time.sleep(0.02)
    sent = random.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM))
    process.send_signal(sent)
    process.wait(60)
    dead = time.monotonic()
    while not are_gone(workers) and time.monotonic() < dead + LEFT:
        time.sleep(0.02)
    assert are_gone(workers)
    if sent == signal.SIGTERM:
        assert not list(tmp_path.glob("*.part"))
    assert process.stderr is not None
    process.stderr.close()
    finish(rows)


@pytest.mark.parametrize("turn", range(TIMES))
def test_a_full_disk_names_the_file_and_leaves_whole_rows(turn: int, tmp_path: Path) -> None:
    rows, random = tmp_path / "rows.jsonl", Random(turn)
    process = start(rows, *random.choice(((), ("--jobs", "2"))), limit=random.randint(0, 40_000))
    told = " ".join(process.communicate(timeout=120)[1].split())
    assert process.returncode == 2 and "rows.jsonl" in told and "file too large" in told, told
    text = rows.read_text() if rows.exists() else ""
    assert text == "" or text.endswith("\n")
    assert all(map(json.loads, text.splitlines()))
    assert not list(tmp_path.glob("*.part"))
    finish(rows)
