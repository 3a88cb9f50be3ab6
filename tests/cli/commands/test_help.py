"""What the program says of itself: help, examples, version, completion, the language."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from gradcalc.__main__ import run
from gradcalc.cli.app import COMMANDS, Commands, build
from tests.cli.commands.processes import process

NAMES = Commands().list_commands(None)
A_NET = """
input: [0.5, 1]
target: 1
layers:
  - {weight: {init: xavier_normal}, width: 2, repeat: 3}
  - {weight: {init: xavier_normal}, width: 1}
"""
"""The user's own net.yaml, of which some examples speak."""


def module_of(name: str) -> object:
    return __import__(f"gradcalc.cli.commands.{name}", fromlist=["*"])


def test_commands_are_the_files_of_the_room() -> None:
    files = {file[:-3] for file in os.listdir(COMMANDS) if file.endswith(".py") and file != "__init__.py"}
    assert {name + "_" * (name == "import") for name in NAMES} == files
    assert {"compute", "validate", "schema", "example"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_command_is_documented(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    page = capsys.readouterr().out
    assert all(len(line) <= 80 for line in page.splitlines())
    assert "\x1b" not in page and "╭" not in page
    for command, _ in module_of(name).EXAMPLES:  # type: ignore[attr-defined]
        assert command in page
    command = build(name, module_of(name))
    assert command.help
    assert all(param.help for param in command.params), "an option without a word of help"


@pytest.mark.parametrize("line", [line for name in NAMES for line, _ in module_of(name).EXAMPLES])  # type: ignore[attr-defined]
def test_the_examples_of_the_help_run(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(A_NET)
    assert run(shlex.split(line)[1:]) == 0, capsys.readouterr().err


def test_help_names_the_program_and_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    page = capsys.readouterr().out
    assert all(f"  {name} " in page for name in NAMES)
    assert all(len(line) <= 80 for line in page.splitlines())


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == "gradcalc 0.1.0\n"


def test_without_arguments_the_help_is_shown_as_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    assert "Commands:" in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_offers_commands_options_and_examples(shell: str) -> None:
    def offered(words: str) -> str:
        environment = os.environ | {
            "_GRADCALC_COMPLETE": f"complete_{shell}",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split(" ")) - 1),
            "_TYPER_COMPLETE_ARGS": words,
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        }
        return process([], env=environment).stdout

    assert "compute" in offered("gradcalc comp")
    assert "--dps" in offered("gradcalc compute residual --dp")
    assert "residual" in offered("gradcalc compute resid")
    assert "markdown" in offered("gradcalc compute residual --format mark")


def test_the_language_is_printed_for_people_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "--format", "markdown"]) == 0
    assert "| `input` |" in capsys.readouterr().out
    assert run(["schema", "--format", "pdf"]) == 2
