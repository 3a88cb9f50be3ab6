"""Standard streams as a process meets them: colour, encodings, pipes, Ctrl-C, streams that are closed."""

from __future__ import annotations

import io
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gradcalc.__main__ import run


@pytest.mark.parametrize(
    ("variables", "option", "colored"),
    [
        ({}, [], False),
        ({"FORCE_COLOR": "1"}, [], True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, [], False),
        ({"NO_COLOR": "1"}, ["--color", "always"], True),
        ({"FORCE_COLOR": "1"}, ["--color", "never"], False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, [], True),
    ],
)
def test_colour(
    variables: dict[str, str],
    option: list[str],
    colored: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert run(["compute", "residual", *option]) == 0
    assert ("\x1b[" in capsys.readouterr().out) == colored


@pytest.mark.parametrize("name", ["table", "json", "html"])
def test_a_terminal_of_an_old_encoding_gets_its_own_letters_and_documents_are_utf8(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gradcalc", "compute", "deep", "--format", name],
        capture_output=True,
        timeout=60,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 0
    if name == "table":
        assert b"-6.18599e-16" in done.stdout and b"dL/dw1" in done.stdout and b"(y - t)^2" in done.stdout
        assert b"\\u" not in done.stdout
    else:
        assert "→" in done.stdout.decode("utf-8")


@pytest.mark.parametrize("arguments", ["explain residual --wrt w1", "explain mazur --wrt w1", "compute --help"])
def test_an_old_encoding_spells_what_it_has_no_letters_for(arguments: str) -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "gradcalc", *arguments.split()]
    shown = subprocess.run(command, capture_output=True, timeout=60, env=environment).stdout.decode("ascii")
    assert "\\u" not in shown
    rows = [line for line in shown.splitlines() if "sigma'(" in line and line.startswith(" d") and "chain rule" in line]
    assert len({line.index("chain rule") for line in rows}) <= 1, "columns that do not align"


def test_an_old_encoding_spells_errors_too() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gradcalc", "compute", "residual", "--wrt", "σ"],
        capture_output=True,
        timeout=60,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )
    assert done.stderr.startswith(b"error: --wrt sigma: no parameter")


def test_a_closed_pipe_is_silent() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "gradcalc", "compute", "deep"], stdout=writing, stderr=subprocess.PIPE, timeout=60
    )
    os.close(writing)
    assert done.stderr == b""
    assert done.returncode == 0


def test_an_error_keeps_its_status_where_nobody_reads_standard_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([sys.executable, "-m", "gradcalc", "compute", "no.yaml"], stderr=writing, timeout=60)
    os.close(writing)
    assert done.returncode == 2


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device here")
@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["compute", "no.yaml"], 2),
        (["compute", "plain", "--json"], 0),
        (["validate", "plain", "--activation", "relu"], 0),
    ],
)
def test_a_status_stays_where_standard_error_takes_nothing(arguments: list[str], status: int) -> None:
    for stream in ("/dev/full", None):
        command = [sys.executable, "-m", "gradcalc", *arguments]
        closed = None if stream else lambda: os.close(2)
        with open(stream or os.devnull, "w") as full:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=full, preexec_fn=closed, timeout=60)
        assert done.returncode == status


def test_ctrl_c_is_one_line_and_130(tmp_path: Path) -> None:
    fifo = tmp_path / "spec.yaml"
    os.mkfifo(fifo)
    running = subprocess.Popen(
        [sys.executable, "-m", "gradcalc", "compute", str(fifo)],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a background job's children ignore it
    )
    writer = os.open(fifo, os.O_WRONLY)  # returns once the process reads the spec
    time.sleep(0.1)
    out, err = interrupted(running)
    os.close(writer)
    assert running.returncode == 130
    assert out == ""
    assert err == "interrupted\n"


def interrupted(running: subprocess.Popen[str]) -> tuple[str, str]:
    """What a process prints that is interrupted; again, should the signal have come just before a read that blocks."""
    for _ in range(20):
        running.send_signal(signal.SIGINT)
        try:
            return running.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError("the process does not heed an interrupt")


@pytest.mark.parametrize("closing", [">&-", "2>&-", ">&- 2>&-", "<&-"])
def test_a_stream_that_the_shell_has_closed_is_no_failure(closing: str) -> None:
    line = f"{shlex.quote(sys.executable)} -m gradcalc compute residual --json {closing}"
    done = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert done.stderr == ""
    assert bool(done.stdout) == (">&-" not in closing.replace("2>&-", ""))


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_in_a_terminal_the_lines_of_a_problem_fit_and_its_excerpt_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tmp_path / "twice.yaml"
    spec.write_text("input: [1]\ntarget: [1]\nlayers: [{weight: 1, activation: softmax}]\nloss: cross_entropy\n")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert run(["validate", str(spec)]) == 0
    *told, excerpt, caret = sys.stderr.getvalue().splitlines()
    assert len(told) > 2 and excerpt == "  4 | loss: cross_entropy" and caret == "    |       ^~~~~~~~~~~~~"
    assert all(len(line) <= 60 or " " not in line for line in told)
