"""No module of the folder in which gradcalc is started is run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MODULES = ("atexit", "gmpy2", "joblib", "json", "matplotlib", "mpmath", "numpy", "pickle", "sympy", "typer", "yaml")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    folder = tmp_path / "hostile"
    folder.mkdir()
    for name in MODULES:
        (folder / f"{name}.py").write_text("open(__file__ + '.ran', 'w').close()\nraise SystemExit(9)\n")
    return folder


def run_in(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), **variables}
    command = [sys.executable, "-m", "gradcalc", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    assert not list(home.iterdir())
    return done


@pytest.mark.slow
def test_modules_of_the_working_directory_are_not_run(hostile: Path) -> None:
    assert run_in(hostile, "compute", "residual").stdout == run_in(hostile.parent, "compute", "residual").stdout
    assert not list(hostile.glob("*.ran"))


@pytest.mark.slow
def test_processes_run_none_of_them_either(hostile: Path) -> None:
    pytest.importorskip("joblib")
    run_in(hostile, "sweep", "residual", "--vary", "w1=0.1..0.4:0.1", "--jobs", "2", "--backend", "loky")
    assert not list(hostile.glob("*.ran"))


@pytest.mark.slow
def test_settings_of_other_plots_do_not_count(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    pictures = []
    for name, settings in (("without", ""), ("with", "axes.facecolor: red\nfont.size: 40\nsvg.fonttype: path\n")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "matplotlibrc").write_text(settings)
        command = [sys.executable, "-m", "gradcalc", "sweep", "residual", "--vary", "w1=0.1,0.2", "--plot", "plot.svg"]
        environment = os.environ | ({"MPLBACKEND": "none"} if settings else {})
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, timeout=300)
        pictures.append((folder / "plot.svg").read_bytes())
    assert pictures[0] == pictures[1]
