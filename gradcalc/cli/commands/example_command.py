"""`gradcalc example`: the built-in specs, to read and to start from."""

import os
from itertools import takewhile
from typing import Annotated

import typer

import gradcalc
from gradcalc.cli.options import File
from gradcalc.report.report import Column, Report, Table

EXAMPLES = (
    ("gradcalc example", "the list"),
    ("gradcalc example residual", "one of them, with its comments"),
    ("gradcalc example mazur -o net.yaml", "into a file, to change it"),
)

Name = Annotated[str | None, typer.Argument(metavar="NAME", help="A built-in example; all are listed without it.")]


def command(name: Name = None, file: File = None) -> Report | str:
    """Print a built-in spec as it was written, comments and all; without a name, list them.

    A FILE that ends in .json, .toml or .yaml has it in that format.
    """
    from gradcalc import language

    known = language.examples()
    if name is None:
        about = {each: first_comment(language.example_text(each)) for each in known}
        table = Table([Column("name"), Column("about")], list(about.items()))
        facts = {"gradcalc": gradcalc.__version__, "command": "example", "examples": about}
        return Report(facts, lambda: [table], title="Built-in examples")
    if name not in known:
        from gradcalc.errors import UsageError
        from gradcalc.language.problems import meant

        raise UsageError(f'no example "{name}"' + meant(name, known))
    text, uncommented = language.example_in(name, os.path.splitext(file or "")[1])
    if uncommented:
        from gradcalc.cli.output import warn

        warn([f"{file}: warning: the comments of {name} are left out; its own file has them: gradcalc example {name}"])
    return text


def first_comment(text: str) -> str:
    """The comment that a spec opens with, up to its first full stop."""
    lines = takewhile(lambda line: line.startswith("#"), text.splitlines())
    return " ".join(line.lstrip("# ") for line in lines).partition(". ")[0].rstrip(".")
