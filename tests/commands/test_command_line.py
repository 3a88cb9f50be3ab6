"""The command line as a process sees it: statuses, streams, help, errors, files, colour."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from gradcalc.__main__ import run
from gradcalc.terminal.app import COMMANDS, Commands, build

NAMES = Commands().list_commands(None)
A_NET = """
input: [0.5, 1]
target: 1
layers:
  - {weight: {init: xavier_normal}, width: 2, repeat: 3}
  - {weight: {init: xavier_normal}, width: 1}
"""
"""The user's own net.yaml, of which some examples speak."""


def process(arguments: Sequence[str], **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gradcalc", *arguments], capture_output=True, text=True, timeout=60, **options
    )  # type: ignore[call-overload]


def module_of(name: str) -> object:
    return __import__(f"gradcalc.commands.{name}", fromlist=["*"])


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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compue"], 'no command "compue"; did you mean "compute"?'),
        (["compute", "residual", "--paht", "3"], 'no option --paht; did you mean "--paths"?'),
        (["compute", "residual", "--digits", "zero"], "--digits"),
        (["compute", "residual", "--digits", "0"], "--digits"),
        (["compute", "residual", "--paths", "-1"], "--paths"),
        (["compute", "residual", "--paths"], "--paths"),
        (["compute", "residual", "extra"], "extra"),
        (["compute"], "no network"),
        (["compute", "residual", "--format", "jsno"], 'no format "jsno"; did you mean "json"?'),
        (["compute", "residual", "--format", "csv", "--json"], "contradict"),
        (["compute", "residual", "--color", "sometimes"], "--color sometimes"),
        (["compute", "residual", "--wrt", "w9"], "w9"),
        (["compute", "residual", "-o", "out.xyz"], ".json"),
        (["compute", "no-such-file.yaml"], "no-such-file.yaml"),
        (["compute", "residual", "--set", "loss=msee"], "msee"),
        (["compute", "residual", "--set", "input=abc"], "abc"),
        (["example", "mazru"], 'no example "mazru"; did you mean "mazur"?'),
        (["validate", "residual", "nothing.yaml"], "nothing.yaml"),
        (["--verison"], 'no option --verison; did you mean "--version"?'),
    ],
)
def test_a_wrong_command_line_is_status_2_and_one_plain_message(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert "Traceback" not in err and "\x1b" not in err and "╭" not in err
    assert list(tmp_path.iterdir()) == []


def test_without_arguments_the_help_is_shown_as_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    assert "Commands:" in capsys.readouterr().err


def test_text_from_the_command_line_is_escaped_in_errors(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compute", "residual", "--wrt", "w\x1b[31m\u202e"]) == 2
    assert capsys.readouterr().err.replace("\n", "").isprintable()


def test_json_to_standard_output_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compute", "residual", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["gradients"]["w1"] == pytest.approx(-0.0030212381210528165, rel=1e-14)
    assert err == ""


def test_inline_options_equal_the_built_in_example(capsys: pytest.CaptureFixture[str]) -> None:
    line = "compute --input 0.5 --weights 0.2,0.1,0.1 --skip h1:y=0.1 --target 1 --json"
    assert run(shlex.split(line)) == 0
    inline = json.loads(capsys.readouterr().out)
    assert inline["gradients"]["w_h1_y"] == pytest.approx(-0.12410398957513989, rel=1e-14)
    assert inline["name"] == "network"


@pytest.mark.parametrize("digits", [1, 3, 12])
def test_digits_are_those_a_person_sees(digits: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compute", "residual", "--digits", str(digits)]) == 0
    assert f"{0.0030212381210528165:.{digits}g}" in capsys.readouterr().out


def test_a_warning_goes_to_standard_error_unless_quiet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("input: 1\ntarget: 1\nweights: [1]\nparameters: {unused: 2}\n")
    assert run(["compute", str(spec), "--json"]) == 0
    out, err = capsys.readouterr()
    assert "unused" in err and "unused" not in json.loads(out).get("warnings", "")
    assert run(["compute", str(spec), "--json", "-q"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("ending", "opening"),
    [("json", "{"), ("md", "# "), ("html", "<!DOCTYPE"), ("csv", "name,"), ("tex", "\\"), ("txt", "residual")],
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


def test_validate_is_silent_or_says_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", "residual", "mazur"]) == 0
    assert capsys.readouterr() == ("", "")
    bad = tmp_path / "bad.yaml"
    bad.write_text("input: 1\nweights: [abc, def]\nlos: mse\n")
    assert run(["validate", "residual", str(bad)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("error:") == 3


def test_schema_is_a_json_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_example_prints_the_spec_and_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["example", "residual"]) == 0
    assert capsys.readouterr().out.startswith("# ")
    assert run(["example"]) == 0
    assert "mazur" in capsys.readouterr().out


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
    else:
        assert "→" in done.stdout.decode("utf-8")


def test_a_wrong_format_is_refused_before_anything_is_computed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("computed")

    monkeypatch.setattr("gradcalc.questions.compute.compute", fail)
    for option in (["--format", "xml"], ["-o", "out.xyz"], ["--color", "red"]):
        assert run(["compute", "residual", *option]) == 2


@pytest.mark.parametrize("command", ["paths", "compare"])
def test_a_wrong_picture_is_refused_before_the_spec_is_read(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "nowhere.yaml", "--plot", "x.jpg"]) == 2
    assert "--plot x.jpg: a picture ends in .svg, .png, .pdf" in capsys.readouterr().err


def test_a_closed_pipe_is_silent() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "gradcalc", "compute", "deep"], stdout=writing, stderr=subprocess.PIPE, timeout=60
    )
    os.close(writing)
    assert done.stderr == b""
    assert done.returncode == 0


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


def test_an_unexpected_failure_is_one_line_and_asks_for_a_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("gradcalc.questions.compute.compute", fail)
    monkeypatch.delenv("GRADCALC_DEBUG", raising=False)
    assert run(["compute", "residual"]) not in (0, 1, 2, 3, 130)
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert "ZeroDivisionError" in err and "GRADCALC_DEBUG=1" in err


@pytest.mark.parametrize(("error", "status"), [("DomainError", 2), ("LimitError", 3), ("UsageError", 2)])
def test_what_went_wrong_is_told_by_the_status(
    error: str, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from gradcalc import problems

    def fail(*_: object, **__: object) -> None:
        raise getattr(problems, error)("h1: ln of −1")

    monkeypatch.setattr("gradcalc.questions.compute.compute", fail)
    assert run(["compute", "residual"]) == status
    assert capsys.readouterr() == ("", "error: h1: ln of −1\n")


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
    assert "--precision" in offered("gradcalc compute residual --prec")
    assert "residual" in offered("gradcalc compute resid")
    assert "markdown" in offered("gradcalc compute residual --format mark")


def test_the_language_is_printed_for_people_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "--format", "markdown"]) == 0
    assert "| `input` |" in capsys.readouterr().out
    assert run(["schema", "--format", "pdf"]) == 2


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
    assert capsys.readouterr().err.startswith(f"error: {name}: ")
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


@pytest.mark.parametrize("closing", [">&-", "2>&-", ">&- 2>&-", "<&-"])
def test_a_stream_that_the_shell_has_closed_is_no_failure(closing: str) -> None:
    line = f"{shlex.quote(sys.executable)} -m gradcalc compute residual --json {closing}"
    done = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert done.stderr == ""
    assert bool(done.stdout) == (">&-" not in closing.replace("2>&-", ""))
