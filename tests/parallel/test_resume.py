"""Rows that survive an interruption: none lost, none doubled, whatever stands at the end of the file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gradcalc.__main__ import run
from gradcalc.errors import UsageError
from gradcalc.parallel.resume import ResumeFile, agree

SWEEP = ["sweep", "residual", "--vary", "w1=0.01..2:0.01", "--vary", "activation=sigmoid,tanh,relu"]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def resumed(path: Path, *options: str) -> int:
    return run([*SWEEP, "--resume", str(path), "--quiet", "--format", "csv", "-o", os.devnull, *options])


def is_whole(path: Path) -> bool:
    points = [(row["w1"], row["activation"]) for row in lines(path)]
    return len(points) == len(set(points)) == 600


def test_a_torn_line_is_cut_off_and_its_point_computed_again(tmp_path: Path) -> None:
    whole, torn = tmp_path / "whole.jsonl", tmp_path / "torn.jsonl"
    assert resumed(whole) == 0
    assert is_whole(whole)
    raw = whole.read_bytes()
    for cut in (0, 1, 100, len(raw) // 2, len(raw) - 1, len(raw)):
        torn.write_bytes(raw[:cut])
        assert resumed(torn) == 0
        assert torn.read_bytes() == raw


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_killed_at_any_moment_each_point_is_there_once(tmp_path: Path, jobs: str) -> None:
    pytest.importorskip("joblib")
    path = tmp_path / "rows.jsonl"
    command = [
        sys.executable,
        "-m",
        "gradcalc",
        *SWEEP,
        "--resume",
        str(path),
        "--quiet",
        "--jobs",
        jobs,
        "-o",
        str(tmp_path / "o.csv"),
    ]
    for delay in (0.05, 0.15, 0.2, 0.25, 0.3, 0.35):
        process = subprocess.Popen(command)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert resumed(path) == 0
    assert is_whole(path)


def test_more_values_take_up_the_rows_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rows.jsonl"
    arguments = ["sweep", "plain", "--resume", str(path), "--format", "jsonl", "--vary"]
    assert run([*arguments, "w1=0.1,0.3"]) == 0
    before = path.read_text()
    capsys.readouterr()
    assert run([*arguments, "w1=0.1,0.2,0.3"]) == 0
    assert path.read_text().startswith(before)
    assert [row["w1"] for row in map(json.loads, capsys.readouterr().out.splitlines())] == [0.1, 0.2, 0.3]
    assert len(lines(path)) == 3


def test_rows_of_another_network_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rows.jsonl"
    assert run(["sweep", "plain", "--vary", "w1=0.1,0.3", "--resume", str(path)]) == 0
    before = path.read_text()
    assert run(["sweep", "residual", "--vary", "w1=0.1,0.3,0.5", "--resume", str(path)]) == 2
    assert "another network" in capsys.readouterr().err
    assert run(["sweep", "plain", "--vary", "w2=0.1,0.3", "--resume", str(path)]) == 2
    assert "no row of a sweep over w2" in capsys.readouterr().err
    assert path.read_text() == before


def test_numbers_beyond_doubles_and_failures_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"depth": 3, "g": -4.2e-905}\n{"depth": 4, "error": "why"}\n')
    stored = ResumeFile(str(path), ["depth"])
    assert stored.of([3]) == {"depth": 3, "g": Decimal("-4.2e-905")}
    assert stored.of([4]) == {"depth": 4, "error": "why"}
    assert stored.of([5]) is None


def test_numbers_of_many_digits_come_back_with_all_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rows.jsonl"
    small = ["--set", "w2=1e-200", "--set", "w3=1e-200"]
    arguments = ["sweep", "plain", *small, "--dps", "30", "--resume", str(path), "--format", "jsonl", "--vary"]
    assert run([*arguments, "w1=0.5,1"]) == 0
    first = capsys.readouterr().out
    assert first == path.read_text() and "e-40" in first
    assert run([*arguments, "w1=0.5,1"]) == 0
    assert capsys.readouterr().out == first == path.read_text()
    assert run([*arguments, "w1=0.5,1,2", "--show", "w2"]) == 2
    assert "mpf" not in capsys.readouterr().err


@pytest.mark.parametrize("text", ["hello", '{"depth": 3}\n# mine', "[1, 2]"])
def test_an_end_that_is_no_torn_row_is_not_cut_off(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(text)
    with pytest.raises(UsageError, match="no row of a sweep over depth"):
        ResumeFile(str(path), ["depth"])
    assert path.read_text() == text


def test_output_does_not_take_the_place_of_the_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rows.jsonl"
    arguments = ["sweep", "plain", "--resume", str(path), "--quiet", "--vary"]
    assert run([*arguments, "w1=1,2"]) == 0
    before = path.read_text()
    capsys.readouterr()
    assert run([*arguments, "w1=1", "-o", f"{tmp_path}/./rows.jsonl"]) == 2
    assert "--output goes there, too" in capsys.readouterr().err
    assert path.read_text() == before


def test_two_sweeps_do_not_write_to_one_file(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    path = tmp_path / "rows.jsonl"
    writing = ResumeFile(str(path), ["w1"]).append(iter([{"w1": 3}, {"w1": 4}]), dict)
    next(writing)
    command = [
        sys.executable,
        "-m",
        "gradcalc",
        "sweep",
        "plain",
        "--vary",
        "w1=5",
        "--resume",
        str(path),
        "--show",
        "w1",
    ]
    other = subprocess.run(command, capture_output=True, text=True)
    assert other.returncode == 2 and "another sweep is writing" in other.stderr
    assert len(list(writing)) == 1
    assert [row["w1"] for row in lines(path)] == [3, 4]
    assert subprocess.run(command, capture_output=True).returncode == 0
    assert [row["w1"] for row in lines(path)] == [3, 4, 5]


def test_what_is_no_row_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("hello\n")
    with pytest.raises(UsageError, match="line 1"):
        ResumeFile(str(path), ["depth"])


def test_agreement() -> None:
    assert agree({"a": 1.0, "b": [1, 2], "c": None}, {"a": 1.0 + 1e-12, "b": [1, 2], "c": None})
    assert not agree({"a": 1.0}, {"a": 1.1})
    assert not agree({"a": 1.0}, {"b": 1.0})
    assert not agree({"a": None}, {"a": 1.0})
    assert agree(Decimal("1e-905"), Decimal("1e-905"))
