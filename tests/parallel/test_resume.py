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
from gradcalc.analysis.points import Points
from gradcalc.errors import UsageError
from gradcalc.language.ranges import values_of
from gradcalc.parallel.resume import ResumeFile, agree

SWEEP = ["sweep", "residual", "--vary", "w1=0.01..2:0.01", "--vary", "activation=sigmoid,tanh,relu"]


ABOUT = {"network": "0123"}


def lines(path: Path) -> list[dict[str, Any]]:
    """The rows, after the line that says of which sweep they are."""
    first, *rows = map(json.loads, path.read_text().splitlines())
    assert list(first) == ["sweep"]
    return rows


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


@pytest.mark.slow
def test_blocks_of_points_are_taken_up_where_they_were_killed(tmp_path: Path) -> None:
    path, fresh = tmp_path / "rows.jsonl", tmp_path / "fresh.jsonl"
    command = [sys.executable, "-m", "gradcalc", "sweep", "residual", "--vary", "w1=0.0001..3:0.0001", "-o"]
    for delay in (0.6, 0.8, 1.0):
        process = subprocess.Popen([*command, str(tmp_path / "o.jsonl"), "--resume", str(path)])
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
    for options in ([str(tmp_path / "o.jsonl"), "--resume", str(path)], [str(fresh)]):
        assert subprocess.run([*command, *options]).returncode == 0
    assert (tmp_path / "o.jsonl").read_text() == fresh.read_text()
    assert sorted(row["w1"] for row in lines(path)) == [n / 10_000 for n in range(1, 30_001)]


@pytest.mark.slow
def test_the_last_few_rows_are_those_of_the_whole_sweep(tmp_path: Path) -> None:
    path, whole = tmp_path / "rows.jsonl", tmp_path / "whole.jsonl"
    arguments = ["sweep", "residual", "--vary", "w1=0.0004..3:0.0004", "--quiet", "-o"]
    assert run([*arguments, str(whole)]) == 0
    assert run([*arguments, str(tmp_path / "o.jsonl"), "--resume", str(path)]) == 0
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-70]))
    assert run([*arguments, str(tmp_path / "o.jsonl"), "--resume", str(path)]) == 0
    assert (tmp_path / "o.jsonl").read_text() == whole.read_text()


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
    stored = ResumeFile(str(path), ["depth"], Points([[4, 5, 3]]), ABOUT)
    assert stored.last() == 2
    assert stored.row(2) == {"depth": 3, "g": Decimal("-4.2e-905")}
    assert stored.row(0) == {"depth": 4, "error": "why"}
    assert list(stored.missing()) == [(5,)]


def test_rows_are_found_by_their_points_whatever_their_order_and_length(tmp_path: Path) -> None:
    """Of two keys, one an even range; a value that repeats has one row, 1 and 1.0 are two values."""
    path = tmp_path / "rows.jsonl"
    axes = [values_of("0.001..2:0.001"), ["tanh", 1.0, 1, "tanh"]]
    rows = [
        {"w1": 0.003, "activation": "tanh", "error": "long " * 300},
        {"w1": 2.0, "activation": 1.0, "loss": 0.25},
        {"w1": 0.0015, "activation": "tanh", "loss": 1},
        {"w1": 1, "activation": "tanh", "loss": 2},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    stored = ResumeFile(str(path), ["w1", "activation"], Points(axes), ABOUT)
    assert stored.row(2 * 4) == stored.row(2 * 4 + 3) == rows[0]
    assert stored.row(1999 * 4 + 1) == rows[1]
    assert stored.last() == 1999 * 4 + 1
    assert len(stored.missing()) == 8000 - 3


def test_stored_rows_stand_between_new_ones(tmp_path: Path) -> None:
    """Also where those that are computed together have stored ones among them."""
    path, whole = tmp_path / "rows.jsonl", tmp_path / "whole.jsonl"
    arguments = ["sweep", "residual", "--vary", "w1=0.001..3:0.001", "--quiet", "-o"]
    assert run([*arguments, str(whole)]) == 0
    rows = whole.read_text().splitlines()
    assert run([*arguments, str(tmp_path / "o.jsonl"), "--resume", str(path)]) == 0
    about = path.read_text().partition("\n")[0]
    path.write_text("\n".join([about, *reversed(rows[500:1000:7]), *rows[2000:2500]]) + "\n")
    assert run([*arguments, str(tmp_path / "o.jsonl"), "--resume", str(path)]) == 0
    assert (tmp_path / "o.jsonl").read_text() == whole.read_text()
    assert len({row["w1"] for row in lines(path)}) == len(lines(path)) == 3000


def test_numbers_of_many_digits_come_back_with_all_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rows.jsonl"
    small = ["--set", "w2=1e-200", "--set", "w3=1e-200"]
    arguments = ["sweep", "plain", *small, "--dps", "30", "--resume", str(path), "--format", "jsonl", "--vary"]
    assert run([*arguments, "w1=0.5,1"]) == 0
    first = capsys.readouterr().out
    assert first == path.read_text().partition("\n")[2] and "e-40" in first
    assert run([*arguments, "w1=0.5,1"]) == 0
    assert capsys.readouterr().out == first == path.read_text().partition("\n")[2]
    assert run([*arguments, "w1=0.5,1,2", "--show", "w2"]) == 2
    assert "mpf" not in capsys.readouterr().err


def test_a_file_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    path = str(tmp_path / "nowhere" / "rows.jsonl")
    with pytest.raises(UsageError, match=rf"--resume {path}: there is no folder {tmp_path}/nowhere"):
        ResumeFile(path, ["depth"], Points([[1, 2]]), ABOUT)


@pytest.mark.parametrize("text", ["hello", '{"depth": 3}\n# mine', "[1, 2]"])
def test_an_end_that_is_no_torn_row_is_not_cut_off(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(text)
    with pytest.raises(UsageError, match="no row of a sweep over depth"):
        ResumeFile(str(path), ["depth"], Points([[1, 2]]), ABOUT)
    assert path.read_text() == text


def test_output_does_not_take_the_place_of_the_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rows.jsonl"
    arguments = ["sweep", "plain", "--resume", str(path), "--quiet", "--vary"]
    assert run([*arguments, "w1=1,2"]) == 0
    before = path.read_text()
    capsys.readouterr()
    assert run([*arguments, "w1=1", "-o", f"{tmp_path}/./rows.jsonl"]) == 2
    assert "--output goes there, too" in " ".join(capsys.readouterr().err.split())
    assert path.read_text() == before


def test_two_sweeps_do_not_write_to_one_file(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    path = tmp_path / "rows.jsonl"
    assert run(["sweep", "plain", "--vary", "w1=3", "--resume", str(path), "--show", "w1"]) == 0
    about = json.loads(path.read_text().partition("\n")[0])["sweep"]
    writing = ResumeFile(str(path), ["w1"], Points([[3]]), about)
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
    assert [row["w1"] for row in lines(path)] == [3]
    writing.close()
    assert subprocess.run(command, capture_output=True).returncode == 0
    assert [row["w1"] for row in lines(path)] == [3, 5]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--dps", "30"], "another precision (float64, and not 30 decimal digits)"),
        (["--set", "w2=0.30000001"], "another network"),
        (["--set", "loss=sse"], "another network"),
        (["--show", "w2"], "another list of columns"),
        (["--dtype", "float16"], "another precision (float64, and not float16, sums in float32, no loss scale)"),
        (["--against", "no-skips"], "another comparison (None, and not no-skips)"),
    ],
)
def test_rows_of_another_sweep_are_refused_even_where_they_are_alike(
    options: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.jsonl"
    arguments = ["sweep", "residual", "--resume", str(path), "--vary", "w3=0.1,0"]  # at 0 all are alike
    assert run([*arguments, "--set", "w2=0.3"]) == 0
    before = path.read_text()
    capsys.readouterr()
    assert run([*arguments, *([] if "w2=0.30000001" in options else ["--set", "w2=0.3"]), *options]) == 2
    assert told in " ".join(capsys.readouterr().err.split())
    assert path.read_text() == before


@pytest.mark.parametrize(
    "row", ["[" * 100_000, '{"w1": ' * 100_000 + "1" + "}" * 100_000, '{"w1": ' + "9" * 9999 + "}"]
)
def test_a_row_that_cannot_be_read_is_no_row(row: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(row + "\n")
    assert run(["sweep", "plain", "--vary", "w1=1", "--resume", str(path)]) == 2
    assert "line 1 is no row of a sweep over w1" in " ".join(capsys.readouterr().err.split())
    assert path.read_text() == row + "\n"


def test_rows_are_kept_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sweep", "plain", "--vary", "w1=1", "--resume", os.devnull]) == 2
    assert "no file that rows can be kept in" in capsys.readouterr().err


@pytest.mark.slow
def test_of_two_sweeps_at_once_one_gives_way(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    path = tmp_path / "rows.jsonl"
    command = [sys.executable, "-m", "gradcalc", *SWEEP, "--resume", str(path), "--quiet", "-o", os.devnull, "--json"]
    pair = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = {process.communicate(timeout=60)[1]: process.returncode for process in pair}
    assert set(said.values()) <= {0, 2}
    assert all("another sweep is writing to it" in text for text, status in said.items() if status == 2)
    assert is_whole(path)


def test_a_full_disk_is_said_of_the_file_and_leaves_whole_rows(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    path = tmp_path / "rows.jsonl"
    full = 2000  # bytes that a file may have

    def limited(*options: str, size: int = -1) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            # -B: modules compiled now would be cut off at the limit, too, and stay so
            [
                sys.executable,
                "-Bm",
                "gradcalc",
                "sweep",
                "plain",
                "--vary",
                "w1=1..40",
                "--resume",
                str(path),
                *options,
            ],
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY)),
            capture_output=True,
            text=True,
            timeout=60,
        )

    done = limited(size=full)
    assert (done.returncode, " ".join(done.stderr.split())) == (2, f"error: {path}: file too large")
    assert 10 < len(lines(path)) < 40 and path.stat().st_size <= full
    assert limited("--format", "csv").returncode == 0
    assert [row["w1"] for row in lines(path)] == list(range(1, 41))


def test_what_is_no_row_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("hello\n")
    with pytest.raises(UsageError, match="line 1"):
        ResumeFile(str(path), ["depth"], Points([[1, 2]]), ABOUT)


def test_agreement() -> None:
    assert agree({"a": 1.0, "b": [1, 2], "c": None}, {"a": 1.0 + 1e-12, "b": [1, 2], "c": None})
    assert not agree({"a": 1.0}, {"a": 1.1})
    assert not agree({"a": 1.0}, {"b": 1.0})
    assert not agree({"a": None}, {"a": 1.0})
    assert agree(Decimal("1e-905"), Decimal("1e-905"))
