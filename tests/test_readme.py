"""Every command of the README is run, and what the README shows of it is what it prints.

`python tests/test_readme.py` writes the outputs anew.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from gradcalc.__main__ import run

README = Path(__file__).parents[1] / "README.md"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)
SPEC = re.compile(r"<!-- (\S+) -->\n```(?:yaml|toml|json)\n(.*?)```", re.DOTALL)
SETUP = "python3 -m venv"


def commands(text: str) -> list[tuple[str, str]]:
    """Every `$ command` of the console blocks with the output that is shown beneath it."""
    found = []
    for block in BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return [(command, output) for command, output in found if not command.startswith((SETUP, ".venv"))]


def printed(command: str, folder: Path) -> str:
    """What a command prints, both streams, in a folder that holds the README's specs."""
    for name, text in SPEC.findall(README.read_text()):
        (folder / name).write_text(text)
    program, *arguments = shlex.split(command)
    assert program == "gradcalc"
    both = io.StringIO()
    with pytest.MonkeyPatch.context() as patched, redirect_stdout(both), redirect_stderr(both):
        patched.chdir(folder)
        patched.setenv("NO_COLOR", "1")
        run(arguments)
    return both.getvalue()


@pytest.mark.parametrize(("command", "shown"), commands(README.read_text()))
def test_command(command: str, shown: str, tmp_path: Path) -> None:
    assert printed(command, tmp_path).rstrip() == shown.rstrip()


@pytest.mark.parametrize(("command", "shown"), commands(README.read_text())[:2])
def test_a_shell_finds_the_command(command: str, shown: str, tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "NO_COLOR": "1"}
    done = subprocess.run(command, shell=True, cwd=tmp_path, env=environment, capture_output=True, timeout=120)
    assert done.stdout.decode().rstrip() == shown.rstrip()


@pytest.mark.parametrize("code", CODE.findall(README.read_text()))
def test_python(code: str) -> None:
    import doctest

    example = doctest.DocTestParser().get_doctest(code, {}, "README", "README.md", 0)
    assert example.examples
    result = doctest.DocTestRunner().run(example)
    assert result.failed == 0


def rewritten(text: str, folder: Path) -> str:
    """The README with every shown output replaced by what is printed today."""

    def block(match: re.Match[str]) -> str:
        parts = re.split(r"^\$ ", match.group(1), flags=re.MULTILINE)
        told = [parts[0]]
        for part in parts[1:]:
            command = part.partition("\n")[0]
            kept = command.startswith((SETUP, ".venv"))
            told.append(f"$ {part}" if kept else f"$ {command}\n{printed(command, folder).rstrip()}\n")
        return f"```console\n{''.join(told)}```"

    return BLOCK.sub(block, text)


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as temporary:
        README.write_text(rewritten(README.read_text(), Path(temporary)))
