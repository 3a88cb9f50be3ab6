"""`gradcalc example`: the built-in specs, to read and to start from."""

from typing import Annotated

import typer

from gradcalc.report import Report
from gradcalc.terminal.options import File

EXAMPLES = (
    ("gradcalc example", "the list"),
    ("gradcalc example residual", "one of them, with its comments"),
    ("gradcalc example mazur -o net.yaml", "into a file, to change it"),
)


def complete(incomplete: str) -> list[str]:
    """The names that begin so."""
    from gradcalc import spec

    return [name for name in spec.examples() if name.startswith(incomplete)]


Name = Annotated[
    str | None,
    typer.Argument(metavar="NAME", help="A built-in example; all are listed without it.", autocompletion=complete),
]


def example(name: Name = None, file: File = None) -> Report | str:
    """Print a built-in spec as it was written, comments and all; without a name, list them."""
    from gradcalc import spec

    known = spec.examples()
    if name is None:
        from gradcalc.views.example import report

        return report({each: spec.example_text(each) for each in known})
    if name not in known:
        from gradcalc.problems import UsageError
        from gradcalc.terminal.help import suggestion

        raise UsageError(f'no example "{name}"' + suggestion(name, known))
    return spec.example_text(name)
