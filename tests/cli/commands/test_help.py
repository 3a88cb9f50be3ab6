"""What the program says of itself: help, examples, version, completion, the language."""

from __future__ import annotations

import io
import os
import shlex
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from gradcalc.__main__ import run
from gradcalc.analysis.quantities import QUANTITIES
from gradcalc.cli.app import COMMANDS, Commands, build
from gradcalc.cli.help import formats_of
from gradcalc.language.known_names import activations, losses
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
    return __import__(f"gradcalc.cli.commands.{name}_command", fromlist=["*"])


def test_commands_are_the_files_of_the_room() -> None:
    files = {file for file in os.listdir(COMMANDS) if file.endswith(".py") and file != "__init__.py"}
    assert {f"{name}_command.py" for name in NAMES} == files
    assert {"compute", "validate", "schema", "example"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_command_is_documented(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    page = capsys.readouterr().out
    assert all(len(line) <= 80 for line in page.splitlines())
    assert "\x1b" not in page and "╭" not in page
    for command, _ in module_of(name).EXAMPLES:  # type: ignore[attr-defined]
        assert command in page
    command = build(name)
    assert command.help
    assert all(param.help for param in command.params), "an option without a word of help"


LONG = ("sweep net.yaml --vary depth=2..200 --jobs 2", "diagnose deep --no-skips", "report deep --no-skips")
LINES = [line for name in NAMES for line, _ in module_of(name).EXAMPLES]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "line", [pytest.param(line, marks=pytest.mark.slow if any(long in line for long in LONG) else ()) for line in LINES]
)
def test_the_examples_of_the_help_run(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(A_NET)
    (tmp_path / "gradients.json").write_text('{"0.weight": [[0.1, 0.1], [0.1, 0.1]]}')
    assert run(shlex.split(line)[1:]) in ((0, 1) if "--got" in line else (0,)), capsys.readouterr().err


def test_help_names_the_program_and_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    page = capsys.readouterr().out
    assert all(f"  {name} " in page for name in NAMES)
    assert all(len(line) <= 80 for line in page.splitlines())


@pytest.mark.parametrize("name", NAMES)
def test_the_same_page_by_three_names(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    pages = set()
    for arguments in ([name, "--help"], [name, "-h"], ["help", name]):
        assert run(arguments) == 0
        pages.add(capsys.readouterr().out)
    assert len(pages) == 1


def test_help_alone_is_the_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["help"]) == run(["-h"]) == 0
    page, again = capsys.readouterr().out.split("Usage: ")[1:]
    assert page == again
    for status in ("0", "1", "2", "3", "70", "130"):
        assert f"\n  {status} " in page


def test_lists_of_choices_are_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compute", "--help"]) == 0
    page = " ".join(capsys.readouterr().out.replace("\n", " ").split())
    assert ", ".join(activations().canonical) in page
    assert ", ".join(losses().canonical) in page
    assert ", ".join(formats_of("compute")) in page
    assert run(["sweep", "--help"]) == 0
    page = capsys.readouterr().out
    assert all(f"\n  {quantity.form} " in page for quantity in QUANTITIES.values())


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == "gradcalc 0.1.0\n"


def test_without_arguments_the_help_is_shown_as_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    assert "Commands:" in capsys.readouterr().err


def asking(words: str, shell: str) -> dict[str, str]:
    """The variables in which a shell asks what it may offer for the last of the words."""
    return {
        "_GRADCALC_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
        "_TYPER_COMPLETE_ARGS": words,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }


def offered(words: str, shell: str = "zsh") -> str:
    """What the shell is given."""
    with pytest.MonkeyPatch.context() as patched, redirect_stdout(io.StringIO()) as printed:
        for name, value in asking(words, shell).items():
            patched.setenv(name, value)
        with pytest.raises(SystemExit):
            run([])
    return printed.getvalue()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_offers_commands_options_and_examples(shell: str) -> None:
    assert "compute" in process([], env=os.environ | asking("gradcalc comp", shell)).stdout
    assert "--dps" in offered("gradcalc compute residual --dp", shell)
    assert "residual" in offered("gradcalc compute resid", shell)
    assert "markdown" in offered("gradcalc compute residual --format mark", shell)


@pytest.mark.parametrize(
    ("words", "expected", "others"),
    [
        ("compute residual --wrt w", "w1 w2 w3 w_r", "h1"),
        ("compute residual --wrt ", "w1 x h1 y", "w9"),
        ("compute mazur --wrt w1[", "w1[0,0] w1[1,1]", "w2["),
        ("compute mazur --wrt h[", "h[0] h[1]", "o[0]"),
        ("compute --input 1 --weights 2,3 --wrt ", "w1 w2 x h1 y", "w3"),
        ("compute nothing.yaml --wrt ", "", "w1"),
        ("compare plain residual --wrt w", "w1 w2 w3", "w_r"),
        ("paths residual --through ", "h1 w2 w_r", "w9"),
        ("paths deep --avoid skip", "skip x→h2", "h1"),
        ("paths residual --of h", "h1 h2", "y"),
        ("paths residual --unit b", "blocks", "layers"),
        ("compute residual --set w", "weights= w1= w_r=", "w9="),
        ("compute residual --set loss=m", "loss=mse loss=mae", "loss=sse"),
        ("compute residual --skip h1:", "h1:h2 h1:y", "h2:"),
        ("compute residual --loss h", "huber hinge", "mse"),
        ("compute residual --activation hard", "hardtanh hard_swish", "tanh "),
        ("sweep deep --vary d", "depth=", "w1="),
        ("sweep deep --vary activation=relu,ta", "activation=relu,tanh", "sigmoid"),
        ("sweep residual --show no", "norm norm:", "loss"),
        ("sweep residual --show share:w", "share:w1 share:w_r", "share:x"),
        ("sweep residual --show output:", "output:x output:y", "output:w1"),
        ("sweep residual --show window:", "window:float16 window:bfloat16", "window:w1"),
        ("compute residual --dtype fl", "float16 float32 float8_e5m2", "bfloat16"),
        ("precision residual --dtype float16,b", "float16,bfloat16", "bfloat16"),
        ("draw residual --values b", "backward", "forward"),
        ("draw residual --format ", "text svg png mermaid dot json", "latex"),
        ("check residual --got delta_", "delta_h1= delta_y=", "delta_x="),
        ("check residual --got specs/", "specs/net.toml", "w1="),
        ("schema --format ", "json markdown", "latex"),
        ("example m", "mazur", "residual"),
        ("validate spec", "specs/", "other"),
        ("compute specs/", "specs/net.toml", "residual"),
    ],
)
def test_completion_offers_what_the_spec_at_hand_has(
    words: str, expected: str, others: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "net.toml").touch()
    found = offered(f"gradcalc {words}").replace("\\\\:", ":")
    wanted = [expected] if expected.startswith("skip") else expected.split()
    assert all(f'"{offer}"' in found for offer in wanted)
    assert f'"{others}' not in found


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--set", "loss", "=", "hu"], "huber"),
        (["--set", "loss", "="], "mse"),
        (["--skip", "h1", ":", "h"], "h2"),
        (["--wrt", "=", "w_"], "w_r"),
    ],
)
def test_bash_cuts_words_at_its_own_signs(words: list[str], expected: str) -> None:
    """It passes `loss=hu` as three words, and puts what it is given in place of the last."""
    found = offered(" ".join(["gradcalc", "compute", "residual", *words]), "bash").split()
    assert expected in found and not any("=" in offer or ":" in offer for offer in found)


def test_the_language_is_printed_for_people_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "--format", "markdown"]) == 0
    assert "| `input` |" in capsys.readouterr().out
    assert run(["schema", "--format", "pdf"]) == 2
