"""`gradcalc example`: the built-in specs, to read and to start from."""

import os
from collections.abc import Mapping
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
        return report({each: language.example_text(each) for each in known})
    if name not in known:
        from gradcalc.cli.help import suggestion
        from gradcalc.errors import UsageError

        raise UsageError(f'no example "{name}"' + suggestion(name, known))
    text, uncommented = language.example_in(name, os.path.splitext(file or "")[1])
    if uncommented:
        from gradcalc.cli.output import warn

        warn([f"{file}: warning: the comments of {name} are left out; its own file has them: gradcalc example {name}"])
    return text


def report(texts: Mapping[str, str]) -> Report:
    """Names and what they are about."""
    about = {name: first_comment(text) for name, text in texts.items()}
    table = Table([Column("name"), Column("about")], list(about.items()))
    facts = {"gradcalc": gradcalc.__version__, "command": "example", "examples": about}
    return Report(facts, lambda: [table], title="Built-in examples")


def first_comment(text: str) -> str:
    """The comment that a spec opens with, up to its first full stop."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("# "))
    return " ".join(lines).partition(". ")[0].rstrip(".")
