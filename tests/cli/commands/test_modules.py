"""Which modules a command may load: start-up is a promise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.files_run_through import BOUNDS, WRONG, files

from gradcalc.__main__ import run

HEAVY = {
    "numpy",
    "sympy",
    "mpmath",
    "rich",
    "yaml",
    "tomllib",
    "dataclasses",
    "decimal",
    "fractions",
    "importlib.metadata",
    "matplotlib",
    "joblib",
    "logging",
    "asyncio",
    "unicodedata",
}

PROGRAM = """
import sys
from gradcalc.__main__ import run
assert run({arguments!r}) in (0, 1)
sys.stderr.write("\\n".join(sys.modules))
"""


def loaded(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(arguments=list(arguments))], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines())


@pytest.fixture
def narrow(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("specs") / "residual.json"
    path.write_text('{"input": 0.5, "target": 1, "weights": [0.2, 0.1, 0.1], "skips": [{"from": "h1", "to": "y"}]}')
    return str(path)


def test_compute_as_json_loads_nothing_heavy_and_no_layout(narrow: str) -> None:
    modules = loaded("compute", narrow, "--json")
    assert not modules & HEAVY
    assert not modules & {"gradcalc.views.compute_tables", "gradcalc.report.formats.table", "gradcalc.cli.help"}


def test_compute_as_a_table_loads_nothing_heavy(narrow: str) -> None:
    assert not loaded("compute", narrow) & HEAVY


def test_a_window_of_loss_scales_is_found_without_numpy() -> None:
    assert loaded("precision", "resnet") & HEAVY == {"yaml"}


def test_a_small_network_is_diagnosed_without_numpy() -> None:
    assert loaded("diagnose", "plain") & HEAVY <= {"yaml", "decimal"}


@pytest.mark.parametrize("value", ["-0.00302", "-0.00303"])
def test_a_given_value_is_checked_without_numpy_and_sympy(value: str) -> None:
    assert loaded("check", "residual", "--got", f"w1={value}") & HEAVY <= {"yaml", "unicodedata"}


def test_json_is_loaded_for_json_alone() -> None:
    assert "json" not in loaded("compute", "residual")


def test_yaml_is_loaded_for_yaml_alone() -> None:
    assert loaded("compute", "residual", "--json") & HEAVY == {"yaml"}


@pytest.mark.parametrize("name", ["table", "markdown", "latex", "html", "csv"])
def test_a_format_loads_no_other(name: str, narrow: str) -> None:
    formats = {
        module
        for module in loaded("compute", narrow, "--format", name)
        if module.startswith("gradcalc.report.formats.")
    }
    assert formats == {f"gradcalc.report.formats.{name}"}


@pytest.mark.parametrize("arguments", [("compute", "{narrow}"), ("schema",), ("validate", "{narrow}"), ("example",)])
def test_a_command_loads_no_other(arguments: tuple[str, ...], narrow: str) -> None:
    modules = loaded(*(argument.format(narrow=narrow) for argument in arguments))
    assert {module for module in modules if module.startswith("gradcalc.cli.commands.")} == {
        f"gradcalc.cli.commands.{arguments[0]}_command"
    }
    shared = {"gradcalc.views.network_header", "gradcalc.views.zero_reasons"}
    views = {module for module in modules if module.startswith("gradcalc.views.")}
    assert all(module.startswith(f"gradcalc.views.{arguments[0]}_") for module in views - shared)


def test_the_version_loads_no_command() -> None:
    assert not {module for module in loaded("--version") if module.startswith("gradcalc.cli.commands")}


def test_a_sweep_in_one_process_loads_decimals_at_most(narrow: str) -> None:
    assert loaded("sweep", narrow, "--vary", "input=0.5,1") & HEAVY <= {"decimal"}


def test_joblib_is_named_where_it_is_missing(
    narrow: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "joblib", None)
    monkeypatch.delitem(sys.modules, "gradcalc.parallel.jobs", raising=False)
    assert run(["sweep", narrow, "--vary", "input=0.5,1"]) == 0
    assert run(["sweep", narrow, "--vary", "input=0.5,1", "--jobs", "2"]) == 2
    assert "--jobs needs joblib, of the extra `cluster`" in capsys.readouterr().err


@pytest.mark.parametrize(("arguments", "most"), BOUNDS)
def test_a_command_runs_through_few_files(arguments: tuple[str, ...], most: int, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(WRONG)
    found = files(*(argument.format(wrong=wrong) for argument in arguments))
    assert 10 < len(found) <= most
