"""The arrows between the rooms go one way, as pyproject.toml has it."""

from pathlib import Path

from importlinter.cli import lint_imports


def test_import_contracts(monkeypatch):
    monkeypatch.chdir(Path(__file__).parents[1])
    assert lint_imports(no_cache=True) == 0
