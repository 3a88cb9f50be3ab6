"""The options that commands share, each declared once, gathered in records that a command names in its signature.

A command writes `changes: Changes` or `output: Output` among its parameters; the application spreads the record's
fields out as options and hands the record back, filled.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

if TYPE_CHECKING:
    from gradcalc.network import Network

NETWORK = "Network (without SPEC they describe it, with one they change it)"
QUESTION = "Question"
OUTPUT = "Output"


def _complete_spec(incomplete: str) -> list[str]:
    from gradcalc.completion import specs

    return specs(incomplete)


def _complete_format(incomplete: str) -> list[str]:
    from gradcalc.completion import formats

    return formats(incomplete)


Source = Annotated[
    str | None,
    typer.Argument(
        metavar="SPEC",
        help="A spec file (YAML, TOML or JSON), - for standard input, or the name of a built-in example.",
        autocompletion=_complete_spec,
    ),
]

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SPEC",
        help="Spec files (YAML, TOML or JSON), - for standard input, or names of built-in examples.",
        autocompletion=_complete_spec,
    ),
]

Wrt = Annotated[
    list[str] | None,
    typer.Option(
        "--wrt",
        metavar="NAME",
        help="Only these: a parameter (w1), an entry ('w1[0,1]'), a node or unit (h1, 'h1[0]'). "
        "* and ? are wild. Repeatable.",
        rich_help_panel=QUESTION,
    ),
]

Precision = Annotated[
    int | None,
    typer.Option(
        "--precision",
        metavar="N",
        min=1,
        help="Compute with N significant digits instead of doubles.",
        rich_help_panel=QUESTION,
    ),
]


File = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write to FILE, in the format of its extension.",
        rich_help_panel=OUTPUT,
    ),
]

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no warnings.", rich_help_panel=OUTPUT)]


class Changes(NamedTuple):
    """What the command line says of the network itself."""

    input: Annotated[
        str | None,
        typer.Option("--input", metavar="X", help="0.5; 1,2; '[[1,2],[3,4]]'; x1=1,x2=2", rich_help_panel=NETWORK),
    ] = None
    weights: Annotated[
        str | None,
        typer.Option(
            "--weights", metavar="W", help="One weight a layer: 0.2,0.1,0.1. Replaces layers.", rich_help_panel=NETWORK
        ),
    ] = None
    biases: Annotated[
        str | None, typer.Option("--biases", metavar="B", help="One bias a layer: 0.1,null,0", rich_help_panel=NETWORK)
    ] = None
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="T", help="What the output should be: 1; 0.01,0.99", rich_help_panel=NETWORK),
    ] = None
    activation: Annotated[
        str | None,
        typer.Option(
            "--activation",
            metavar="NAME",
            help="For layers that name none: sigmoid, tanh, relu, …",
            rich_help_panel=NETWORK,
        ),
    ] = None
    loss: Annotated[
        str | None, typer.Option("--loss", metavar="NAME", help="mse, bce, cross_entropy, …", rich_help_panel=NETWORK)
    ] = None
    skip: Annotated[
        list[str] | None,
        typer.Option(
            "--skip",
            metavar="FROM:TO[=W]",
            help="Add a skip edge, by default an identity: h1:y=0.1. Repeatable.",
            rich_help_panel=NETWORK,
        ),
    ] = None
    no_skips: Annotated[
        bool, typer.Option("--no-skips", help="Drop every skip of the spec.", rich_help_panel=NETWORK)
    ] = False
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Override a key by its path (layers[0].weight=0.3, loss=bce) or a parameter (w1=0.3). Repeatable.",
            rich_help_panel=NETWORK,
        ),
    ] = None

    def load(self, source: str | None) -> "tuple[Network, Sequence[str]]":
        """The network of `source` with these changes, and the warnings; raises SpecError or UsageError."""
        from gradcalc import spec

        overrides = spec.Overrides(
            input=self.input,
            weights=self.weights,
            biases=self.biases,
            target=self.target,
            activation=self.activation,
            loss=self.loss,
            skips=tuple(self.skip or ()),
            no_skips=self.no_skips,
            settings=tuple(self.settings or ()),
        )
        return spec.load(source, overrides)


class Output(NamedTuple):
    """How a report is written, and where to."""

    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="table, json, jsonl, csv, markdown, latex or html.",
            autocompletion=_complete_format,
            rich_help_panel=OUTPUT,
        ),
    ] = None
    json: Annotated[bool, typer.Option("--json", help="Short for --format json.", rich_help_panel=OUTPUT)] = False
    file: File = None
    digits: Annotated[
        int,
        typer.Option(
            "--digits",
            metavar="N",
            min=1,
            help="Significant digits shown [default: 6]; JSON and CSV always have all.",
            show_default=False,
            rich_help_panel=OUTPUT,
        ),
    ] = 6
    all_rows: Annotated[
        bool, typer.Option("--all", help="Every row of long tables, every entry of matrices.", rich_help_panel=OUTPUT)
    ] = False
    color: Annotated[
        str,
        typer.Option("--color", metavar="WHEN", help="auto, always or never.", rich_help_panel=OUTPUT),
    ] = "auto"
    quiet: Quiet = False
