"""How many files of the package a command runs through, by tracing: `python -m tests.benchmarks.files_run_through`.

A file counts when one of its functions is called: importing it alone is no step of the way, nor is a comprehension that
runs then. Every command is a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

WRONG = "input: 0.5\nweights: [0.2, abc]\nloss: msee\nform: 1\n"
BOUNDS = (
    (("compute", "residual"), 50),
    (("paths", "resnet", "--wrt", "w1", "--top", "3"), 60),
    (("explain", "residual", "--wrt", "w1", "--symbolic"), 70),
    (("validate", "{wrong}"), 30),
)
"""Commands, and the most files that each may run through."""

PROGRAM = """
import inspect, os, sys
seen = set()
def trace(frame, event, argument):
    code = frame.f_code
    at_import = code.co_qualname in ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")
    if code.co_flags & inspect.CO_OPTIMIZED and not at_import:
        seen.add(code.co_filename)
sys.setprofile(trace)
from gradcalc.__main__ import run
run({arguments!r})
sys.setprofile(None)
import gradcalc
package = os.path.dirname(gradcalc.__file__)
print(*sorted(os.path.relpath(file, package) for file in seen if file.startswith(package)), sep="\\n", file=sys.stderr)
"""


def files(*arguments: str) -> list[str]:
    """The files of the package that a command runs through."""
    program = PROGRAM.format(arguments=list(arguments))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return [line for line in done.stderr.splitlines() if line.endswith(".py") and " " not in line]


def main() -> None:
    """Print the table, and with --list the files."""
    with tempfile.TemporaryDirectory() as folder:
        wrong = Path(folder) / "wrong.yaml"
        wrong.write_text(WRONG, encoding="utf-8")
        for command, most in BOUNDS:
            found = files(*(argument.format(wrong=wrong) for argument in command))
            print(f"{len(found):4} files, at most {most}: gradcalc {' '.join(command)}")
            if "--list" in sys.argv:
                print(*(f"       {file}" for file in found), sep="\n")


if __name__ == "__main__":
    main()
