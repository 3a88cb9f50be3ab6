"""Results on their way into files: the format is that of the extension, and nothing is lost or half written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gradcalc.__main__ import run


@pytest.mark.parametrize(
    ("ending", "opening"),
    [
        ("json", "{"),
        ("md", "# "),
        ("html", "<!DOCTYPE"),
        ("csv", "name,"),
        ("tex", "% Needs no package."),
        ("txt", "residual"),
    ],
)
def test_a_file_has_the_format_of_its_extension(
    ending: str, opening: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / f"out.{ending}"
    target.write_text("what was here before")
    assert run(["compute", "residual", "-o", str(target), "--color", "auto"]) == 0
    assert capsys.readouterr().out == ""
    assert target.read_text(encoding="utf-8").startswith(opening)
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_a_file_that_cannot_be_written_is_status_2_and_the_old_one_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["compute", "residual", "-o", str(tmp_path / "no" / "out.json")]) == 2
    assert "out.json" in capsys.readouterr().err


def test_a_dash_is_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compute", "residual", "-o", "-"]) == 0
    assert capsys.readouterr().out.startswith("residual")


@pytest.mark.parametrize("name", ["no/out.json", "d"])
def test_a_file_that_cannot_be_written_is_called_as_it_was_typed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d").mkdir()
    assert run(["compute", "residual", "--json", "-o", name]) == 2
    assert f"{name}: " in capsys.readouterr().err.splitlines()[0]
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device here")
@pytest.mark.parametrize("option", [[], ["-o", "/dev/full", "--json"]])
def test_a_full_disk_is_one_line(option: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "gradcalc", "compute", "residual", *option],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "no space left on device" in done.stderr
