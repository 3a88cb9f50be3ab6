"""A line of progress is for terminals alone, comes after a second, and leaves no trace."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradcalc.report.progress import PATIENCE, Progress, duration

pty = pytest.importorskip("pty")


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    """The two ends of a pipe."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    yield reading, writing
    os.close(reading)


def seen(reading: int) -> str:
    try:
        return os.read(reading, 10_000).decode()
    except BlockingIOError:
        return ""


def test_the_line(ends: tuple[int, int]) -> None:
    now = 0.0
    with os.fdopen(ends[1], "w") as stream:
        line = Progress("sweep", stream, lambda: now)
        now = 0.9 * PATIENCE
        line.tick()
        assert seen(ends[0]) == ""
        now = 8.0
        line.tick()
        assert seen(ends[0]) == "\r\x1b[Ksweep, 8 s"
        line.tick()
        assert seen(ends[0]) == ""
        now = 10.0
        line.count(2, 6)
        assert seen(ends[0]) == "\r\x1b[Ksweep 2/6, 20 s left"
        with line.paused():
            assert seen(ends[0]) == "\r\x1b[K"
            now = 20.0
            line.tick()
        line.tick()
        assert seen(ends[0]) == ""
        now += PATIENCE
        line.tick()
        assert seen(ends[0]) == "\r\x1b[Ksweep 2/6, 42 s left"


@pytest.mark.parametrize(("seconds", "text"), [(8.2, "8 s"), (300, "5 min"), (7200, "2.0 h")])
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def on_a_terminal(arguments: list[str], first: bytes = b"", **variables: str) -> tuple[bytes, bytes, int]:
    """What a terminal shows as standard error of a command, what goes to standard output, and the status; a command
    that reads standard input has to wait for it, as long as progress takes to show."""
    screen, terminal = pty.openpty()
    command = [sys.executable, "-m", "gradcalc", *arguments]
    environment = os.environ | {"TERM": "xterm"} | variables
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=terminal, env=environment
    ) as process:
        time.sleep(3 * PATIENCE if first else 0)
        out, _ = process.communicate(first)
    os.close(terminal)
    shown = b""
    try:
        while part := os.read(screen, 10_000):
            shown += part
    except OSError:  # the other end is closed
        pass
    os.close(screen)
    return shown, out, process.returncode


SPEC = b'{"input": 0.5, "target": 1, "weights": [0.2, 0.1]}'


@pytest.mark.slow
@pytest.mark.parametrize("command", ["compute", "explain", "paths", "validate"])
def test_whatever_takes_over_a_second_says_so(command: str) -> None:
    shown, out, status = on_a_terminal([command, "-"], SPEC)
    assert status == 0 and b"\x1b[K" not in out
    assert shown.startswith(b"\r\x1b[K" + command.encode() + b", 1 s")
    assert shown.endswith(b"\r\x1b[K")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "variables"), [(["compute", "-", "--quiet"], {}), (["compute", "-"], {"TERM": "dumb"})]
)
def test_who_does_not_want_it_does_not_see_it(arguments: list[str], variables: dict[str, str]) -> None:
    shown, _, status = on_a_terminal(arguments, SPEC, **variables)
    assert (shown, status) == (b"", 0)


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [[], ["--jobs", "2"]])
def test_a_sweep_says_how_far_it_is(jobs: list[str], tmp_path: Path) -> None:
    if jobs:
        pytest.importorskip("joblib")
    values = ["--vary", "depth=1000..1600", "-o", str(tmp_path / "rows.csv")]
    shown, _, status = on_a_terminal(["sweep", "deep", *values, *jobs])
    assert status == 0
    assert b"/601, " in shown and b" s left" in shown
    assert shown.endswith(b"\r\x1b[K")


@pytest.mark.slow
def test_an_error_stands_on_a_line_of_its_own() -> None:
    shown, _, status = on_a_terminal(["compute", "-"], b"input: [")
    assert status == 2
    before, _, after = shown.rpartition(b"\r\x1b[K")
    assert b"error" not in before and after.startswith(b"<stdin>:1:")
