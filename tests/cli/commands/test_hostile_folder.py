"""Nothing in the folder in which gradcalc is started is run or counts, nor do settings of other programs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

MODULES = (
    "__future__", "atexit", "base64", "bisect", "click", "cloudpickle", "collections", "contextlib", "copy", "csv",
    "dataclasses", "decimal", "difflib", "enum", "fractions", "functools", "gmpy2", "gradcalc", "heapq", "html",
    "inspect", "IPython", "joblib", "json", "logging", "loky", "matplotlib", "ml_dtypes", "mpmath", "multiprocessing",
    "numpy", "pickle", "PIL", "random", "re", "safetensors", "shlex", "shutil", "signal", "string", "struct",
    "subprocess", "sympy", "tempfile", "textwrap", "tomllib", "traceback", "typer", "types", "typing", "unicodedata",
    "warnings", "yaml", "zipfile", "zlib",
)  # fmt: skip
PLOT = ["sweep", "residual", "--vary", "w1=0.1,0.2", "--plot"]
SCRIPT = Path(sys.executable).with_name("gradcalc")
PROGRAM = [str(SCRIPT)] if SCRIPT.exists() else [sys.executable, "-P", "-m", "gradcalc"]
OF_PYTHON = ("__future__", "collections", "contextlib", "functools", "gradcalc", "types", "warnings")
"""Modules that `python -m` itself looks for in the folder, before any of the program's code runs."""
SETTINGS = "backend: nosuch\naxes.facecolor: red\nfont.size: 40\nsvg.fonttype: path\nno.such: key\n"
COMMANDS = (
    "compute residual", "compute net.toml --json", "explain residual --format python", "explain residual --symbolic",
    "paths mazur --format latex", "compare residual --format html", "sweep residual --vary w1=0.1..0.4:0.1",
    "sweep residual --vary w1=0.1..0.4:0.1 --jobs 2", "validate residual net.toml", "example residual", "schema",
    "sweep residual --vary w1=0.1..0.4:0.1 --jobs 2 --backend loky",
    "sweep residual --vary w1=0.1..0.4:0.1 --jobs 2 --backend multiprocessing",
    "draw mazur --wrt w1", "draw residual --format svg --units", "report residual",
    "diagnose deep --no-skips --tries 20", "check residual", "check residual --got w1=-0.00302",
    "check residual --got got.npz", "check residual --got got.json", "train residual --steps 3 --explain",
    "precision residual --dtype float16 --simulate", "compare residual --theory",
)  # fmt: skip
ELSEWHERE = {
    "completion": (
        PROGRAM,
        {"_GRADCALC_COMPLETE": "complete_bash", "COMP_WORDS": "gradcalc compute re", "COMP_CWORD": "2"},
    ),
    "a notebook": (
        [sys.executable, "-P", "-c", "import gradcalc; print(gradcalc.compute(gradcalc.load('mazur'))._repr_html_())"],
        {},
    ),
}
"""What is asked of gradcalc by no command line: the command and variables."""


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder of modules that give themselves away when they are run, and of settings."""
    folder = tmp_path / "hostile"
    folder.mkdir()
    for name in MODULES:
        (folder / f"{name}.py").write_text("open(__file__ + '.ran', 'w').close()\nraise SystemExit(9)\n")
    for name in ("matplotlibrc", "setup.cfg", ".env", "pyvenv.cfg"):
        (folder / name).write_text(SETTINGS)
    return folder


def run_in(folder: Path, *arguments: str, program: Sequence[str] = tuple(PROGRAM), **variables: str) -> bytes:
    """What a command prints in a folder, in whose neighbour `home` it leaves nothing."""
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    (folder / "net.toml").write_text("input = 0.5\ntarget = 1\nweights = [0.2, 0.1]\n")
    (folder / "got.json").write_text('{"w1": -0.00302}')
    np.savez(folder / "got.npz", w1=-0.0030212381210528165)
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), **variables}
    done = subprocess.run([*program, *arguments], cwd=folder, env=environment, capture_output=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, b"")
    assert not list(home.iterdir())
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_gives_what_it_gives_elsewhere(command: str, hostile: Path) -> None:
    if "--jobs" in command:
        pytest.importorskip("joblib")
    elsewhere = hostile.parent / "elsewhere"
    elsewhere.mkdir()
    assert run_in(hostile, *command.split()) == run_in(elsewhere, *command.split())
    assert not list(hostile.glob("*.ran"))


@pytest.mark.slow
@pytest.mark.parametrize("what", ELSEWHERE)
def test_so_do_completion_and_notebooks(what: str, hostile: Path) -> None:
    elsewhere, (program, variables) = hostile.parent / "elsewhere", ELSEWHERE[what]
    elsewhere.mkdir()
    found = run_in(hostile, program=program, **variables)
    assert found and found == run_in(elsewhere, program=program, **variables)
    assert not list(hostile.glob("*.ran"))


def test_by_python_m_none_is_run_that_python_does_not_run_itself(hostile: Path) -> None:
    for name in OF_PYTHON:
        (hostile / f"{name}.py").unlink()
    done = subprocess.run([sys.executable, "-m", "gradcalc", "compute", "residual"], cwd=hostile, timeout=60)
    assert done.returncode == 0 and not list(hostile.glob("*.ran"))


@pytest.mark.slow
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_processes_that_are_started_anew_run_none_either(method: str, hostile: Path) -> None:
    pytest.importorskip("joblib")
    arguments = ["sweep", "residual", "--vary", "w1=0.1..0.4:0.1", "--json"]
    spread = [*arguments, "--jobs", "2", "--backend", "multiprocessing"]
    assert run_in(hostile, *spread, JOBLIB_START_METHOD=method) == run_in(hostile, *arguments)
    assert not list(hostile.glob("*.ran"))


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_plots_are_alike_wherever_they_are_made(ending: str, hostile: Path) -> None:
    pytest.importorskip("matplotlib")
    settings = hostile.parent / "settings"
    settings.mkdir()
    (settings / "matplotlibrc").write_text(SETTINGS)
    variables: list[dict[str, str]] = [{}, {"MPLBACKEND": "nosuch"}, {"MATPLOTLIBRC": str(settings)}]
    pictures = []
    for given in variables:
        run_in(hostile, *PLOT, f"plot.{ending}", **given)
        pictures.append((hostile / f"plot.{ending}").read_bytes())
    elsewhere = hostile.parent / "elsewhere"
    elsewhere.mkdir()
    run_in(elsewhere, *PLOT, f"plot.{ending}")
    assert {*pictures} == {(elsewhere / f"plot.{ending}").read_bytes()}
    assert not list(hostile.glob("*.ran"))


@pytest.mark.slow
def test_a_list_of_fonts_that_there_is_is_read_and_not_written(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    cache = tmp_path / "cache" / "matplotlib"
    cache.mkdir(parents=True)
    (cache / "fontlist-v0.json").write_text("{}")
    environment = os.environ | {"XDG_CACHE_HOME": str(cache.parent), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    environment.pop("MPLCONFIGDIR", None)
    command = [sys.executable, "-m", "gradcalc", *PLOT, "plot.svg"]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, timeout=300)
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["fontlist-v0.json", "plot.svg"]
