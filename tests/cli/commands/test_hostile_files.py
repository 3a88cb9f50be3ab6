"""Files that mean harm are refused at once: with a status, a short message, in little time and memory, and no trace."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from hostile_files import KINDS, HostileFile

STATUSES = (2, 3)
MOST_LINES, MOST_COLUMNS = 40, 160
MEBIBYTE = 2**20
ENOUGH = 1024 * MEBIBYTE  # of address space, so that a mistake ends here and not with the machine
MANY = 20  # files of each kind
TRIES = 3  # of which the fastest counts: a core is rarely idle all the time


class Outcome(NamedTuple):
    """What came of a process: its status and output, seconds of the processor, mebibytes at most."""

    status: int
    output: str
    message: str
    seconds: float
    memory: float


def refused(hostile: HostileFile, folder: Path) -> Outcome:
    """The outcome of the command on the file."""
    path = folder / f"net.{hostile.extension}"
    path.write_bytes(hostile.text.encode("utf-8", "surrogatepass") if isinstance(hostile.text, str) else hostile.text)
    if hostile.size:
        os.truncate(path, hostile.size)
    command = [sys.executable, "-m", "gradcalc", hostile.command[0], path.name, *hostile.command[1:]]
    with open(folder / "out", "wb") as out, open(folder / "err", "wb") as err:
        launch = [sys.executable, "-IS", "-c", LAUNCHER, str(ENOUGH), "used", *command]
        subprocess.run(launch, cwd=folder, stdout=out, stderr=err, check=True)
    status, seconds, memory = (folder / "used").read_text().split()
    path.unlink()
    return Outcome(
        int(status),
        (folder / "out").read_text("utf-8", "replace"),
        (folder / "err").read_text("utf-8", "replace"),
        float(seconds),
        int(memory) * 1024 / MEBIBYTE if sys.platform == "linux" else int(memory) / MEBIBYTE,
    )


LAUNCHER = """
import os, resource, sys
enough, report, *command = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_AS, (int(enough), int(enough)))
_, status, used = os.wait4(os.posix_spawn(command[0], command, os.environ), 0)
with open(report, "w") as file:
    print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss, file=file)
"""
"""Starts a command from a small process: one that is forked from the tests begins with all of their memory."""


def check(outcome: Outcome, seconds: float, mebibytes: float) -> None:
    """That it is refused as it should be."""
    lines = outcome.message.splitlines()
    assert outcome.status in STATUSES, (outcome.status, lines[:5])
    assert not outcome.output
    assert lines and len(lines) <= MOST_LINES and max(map(len, lines)) <= MOST_COLUMNS, lines[:12]
    assert "Traceback" not in outcome.message and "mistake of gradcalc" not in outcome.message
    assert all(line.isprintable() for line in lines)
    assert outcome.seconds < seconds and outcome.memory < mebibytes, (outcome.seconds, outcome.memory, lines[0])


def test_there_are_many_kinds() -> None:
    assert len(KINDS) >= 30
    assert len(KINDS) * MANY >= 1400


FAST = list(KINDS)[::6]
"""Every sixth; the slow tests have many of every kind."""


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=() if kind in FAST else pytest.mark.slow) for kind in KINDS])
def test_one_of_each_kind_is_refused(kind: str, tmp_path: Path) -> None:
    check(refused(KINDS[kind](Random(1)), tmp_path), seconds=4, mebibytes=400)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_all_of_each_kind_are_refused_at_once(kind: str, tmp_path: Path) -> None:
    for seed in range(2, 2 + MANY):
        hostile = KINDS[kind](Random(seed))
        outcome = refused(hostile, tmp_path)
        for _ in range(TRIES - 1):
            if outcome.seconds >= 1:
                outcome = min(outcome, refused(hostile, tmp_path), key=lambda one: one.seconds)
        try:
            check(outcome, seconds=1, mebibytes=256)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from None
