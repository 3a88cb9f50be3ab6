"""Files that mean harm are refused at once: with a status, a short message, in little time and memory, and no trace."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

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
    line = json.dumps([str(folder), hostile.command[0], path.name, *hostile.command[1:]])
    print(line, file=runner().stdin, flush=True)
    status, seconds, memory = runner().stdout.readline().split()
    path.unlink()
    return Outcome(
        int(status),
        (folder / "out").read_text("utf-8", "replace"),
        (folder / "err").read_text("utf-8", "replace"),
        float(seconds),
        int(memory) * 1024 / MEBIBYTE if sys.platform == "linux" else int(memory) / MEBIBYTE,
    )


@cache
def runner() -> Any:
    """A process that runs a command line in a folder for each line it is given, and answers with what that took."""
    command = [sys.executable, "-c", RUNNER, str(ENOUGH)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


RUNNER = """
import json, os, resource, sys, time
from gradcalc.__main__ import lazy_modules, main

with lazy_modules():
    import gradcalc.cli.app
enough, begun = int(sys.argv[1]), time.process_time()
for line in sys.stdin:
    folder, *arguments = json.loads(line)
    if not (child := os.fork()):
        os.chdir(folder)
        for number, file in enumerate((os.devnull, "out", "err")):
            os.dup2(os.open(file, os.O_RDWR | os.O_CREAT | os.O_TRUNC), number)
        resource.setrlimit(resource.RLIMIT_AS, (enough, enough))
        sys.argv[1:] = arguments
        main()
    _, status, used = os.wait4(child, 0)
    print(os.waitstatus_to_exitcode(status), begun + used.ru_utime + used.ru_stime, used.ru_maxrss, flush=True)
"""
"""It forks where a run has all that every run begins with, whose seconds count: a file costs what is its own."""


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


FAST = list(KINDS)[::12]
"""Every twelfth; the slow tests have many of every kind."""


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
