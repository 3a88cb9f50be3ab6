"""The options that commands share, each declared once, gathered in records that a command names in its signature.

A command writes `changes: Changes` or `output: Output` among its parameters; the application spreads the record's
fields out as options and hands the record back, filled.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.arithmetic.low_precision import LowPrecision
    from gradcalc.language import Document, Overrides
    from gradcalc.network.network import Network

NETWORK = "Network (without a SPEC they describe it, with one they override it)"
QUESTION = "Question"
OUTPUT = "Output"
network_option = partial(typer.Option, rich_help_panel=NETWORK)
question_option = partial(typer.Option, rich_help_panel=QUESTION)
output_option = partial(typer.Option, rich_help_panel=OUTPUT)

Source = Annotated[
    str | None,
    typer.Argument(
        metavar="SPEC",
        help="A spec file (YAML, TOML or JSON), - for standard input, or the name of a built-in example.",
    ),
]

Sources = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SPEC", help="Spec files (YAML, TOML or JSON), - for standard input, or names of built-in examples."
    ),
]

Wrt = Annotated[
    list[str] | None,
    question_option(
        "--wrt",
        metavar="NAME",
        help="Only these: parameters (w1), entries ('w1[0,1]'), nodes and units (x, h1, 'h1[0]': ∂L/∂ its output). "
        "* and ? are wild, [ ] is an index. Repeatable.",
    ),
]

Top = Annotated[
    int,
    question_option(
        "--top", metavar="N", min=0, help="List the N largest paths of each gradient [default: 10].", show_default=False
    ),
]

Of = Annotated[
    str | None, question_option("--of", metavar="NODE", help="Differentiate this node in place of the loss: ∂NODE/∂w1.")
]

Vary = Annotated[
    list[str] | None,
    question_option(
        "--vary",
        metavar="KEY=VALUES",
        help="A key as in --set, or depth, and its values: 3,10,40; 1..40; 0.1..2:0.1; 1e-3..1e3:log10 (one value "
        "per factor of ten; log10/4: four); or names. Twice for every combination.",
    ),
]

Dps = Annotated[
    int | None,
    question_option(
        "--dps",
        metavar="N",
        min=1,
        help="Compute with N decimal digits in place of float64; the spec's 0.1 is then exactly 1/10.",
    ),
]

Against = Annotated[
    str | None, question_option("--against", metavar="no-skips", help="Show the network without its skips as well.")
]

Theory = Annotated[
    bool, question_option("--theory", help="Theory as well as measurement: bounds, mean-field χ, binomial paths.")
]


def check_picture(path: str | None) -> str | None:
    """The path of a picture that can be drawn; raises UsageError for another one before anything is computed."""
    if path is not None:
        from gradcalc.report.plots.canvas import check

        check(path)
    return path


Plot = Annotated[
    str | None,
    question_option(
        "--plot",
        metavar="FILE",
        callback=check_picture,
        help="Draw it: FILE.svg, FILE.png or FILE.pdf (needs gradcalc[plot]).",
    ),
]

File = Annotated[
    str | None, output_option("--output", "-o", metavar="FILE", help="Write to FILE, in the format of its extension.")
]

Digits = Annotated[
    int,
    output_option(
        "--digits",
        metavar="N",
        min=1,
        max=100_000,
        help="Significant digits that a person sees [default: 6]; JSON and CSV always have all.",
        show_default=False,
    ),
]

Json = Annotated[bool, output_option("--json", help="Short for --format json.")]

Color = Annotated[
    str, output_option("--color", metavar="WHEN", help="auto, always or never; before NO_COLOR and FORCE_COLOR.")
]

Quiet = Annotated[bool, output_option("--quiet", "-q", help="No progress and no warnings.")]


class Changes(Record):
    """Options that describe a network, or change that of a spec."""

    input: Annotated[
        str | None,
        network_option(
            "--input",
            metavar="X",
            help="A number, a list, a batch, or inputs by name: 0.5; 1,2; '[[1,2],[3,4]]'; x1=1,x2=2",
        ),
    ] = None
    weights: Annotated[
        str | None,
        network_option(
            "--weights", metavar="W", help="One weight per layer: 0.2,0.1,0.1. Replaces the layers of the SPEC."
        ),
    ] = None
    biases: Annotated[
        str | None, network_option("--biases", metavar="B", help="One bias per layer, null for none: 0.1,null,0")
    ] = None
    target: Annotated[
        str | None,
        network_option("--target", metavar="T", help="What the output should be: 1; 0.01,0.99; a class index: 2"),
    ] = None
    activation: Annotated[
        str | None, network_option("--activation", metavar="NAME", help="For layers that name none: {activations}.")
    ] = None
    loss: Annotated[str | None, network_option("--loss", metavar="NAME", help="One of {losses}.")] = None
    skips: Annotated[
        list[str] | None,
        network_option(
            "--skip",
            metavar="FROM:TO[=WEIGHT]",
            help="Add a skip, an identity unless it has a weight: h1:y=0.1. Repeatable.",
        ),
    ] = None
    no_skips: Annotated[bool, network_option("--no-skips", help="Drop every skip of the spec.")] = False
    settings: Annotated[
        list[str] | None,
        network_option(
            "--set",
            metavar="KEY=VALUE",
            help="Override a key by its path in the spec as written (layers[0].weight=0.3, loss=bce), a parameter "
            "(w1=0.3) or an input (x=0.5). VALUE is read as YAML flow: '{name: huber, delta: 0.5}'. A missing "
            "key is added. Repeatable.",
        ),
    ] = None

    def load(
        self, source: str | None, of: str | None = None, fits: "Callable[[Any], None] | None" = None
    ) -> "tuple[Network, Sequence[str]]":
        """The network of `source` with these changes, and the warnings; raises SpecError or UsageError.

        With `of`, a node that is differentiated in place of the loss, options for the loss have no effect. `fits`
        raises LimitError for data of more layers or units than can be done what is asked, before they are built.
        """
        from gradcalc.language import build

        document = self.read(source, fits if of is None else None)
        given = [option for path, option in document.origins.items() if path[0] in ("loss", "target")]
        if of is not None and given:
            from gradcalc.errors import UsageError

            raise UsageError(f"{given[0]}: has no effect, {of} is differentiated in place of the loss")
        return build(document)

    def read(self, source: str | None, fits: "Callable[[Any], None] | None" = None) -> "Document":
        """The spec of `source` with these changes, not yet checked; raises SpecError or UsageError, and what `fits`
        raises for its data."""
        from gradcalc.language import read

        if source is None and not any(self):
            from gradcalc.errors import UsageError

            raise UsageError("no network: name a SPEC (a file, - or a built-in example), or give --input and --weights")
        return read(source, self.overrides(), fits)

    def overrides(self) -> "Overrides":
        """The options as the language takes them."""
        from gradcalc.language import Overrides

        repeated = {"skips": tuple(self.skips or ()), "settings": tuple(self.settings or ())}
        return Overrides(**self._asdict() | repeated)


UNCHANGED = Changes()


class Storage(Record):
    """The format that numbers are stored in, and how sums accumulate."""

    dtype: Annotated[
        str | None,
        question_option(
            "--dtype",
            metavar="NAME",
            help="Compute as hardware of low precision does, in float32, float16, bfloat16, float8_e4m3fn or "
            "float8_e5m2: weights, inputs and every stored value are rounded to it.",
        ),
    ] = None
    accumulate: Annotated[
        str | None,
        question_option(
            "--accumulate",
            metavar="NAME",
            help="With --dtype: where sums of products accumulate, float32, or dtype: the format itself [default: "
            "float32].",
            show_default=False,
        ),
    ] = None
    saturate: Annotated[
        bool,
        question_option("--saturate", help="With a --dtype of 8 bits: its largest number in place of inf and NaN."),
    ] = False
    loss_scale: Annotated[
        float | None,
        question_option(
            "--loss-scale",
            metavar="S",
            help="With --dtype: store the backward pass times S; what is shown is divided by it [default: 1].",
            show_default=False,
        ),
    ] = None

    def numbers(self, dps: int | None, theory: bool = False) -> "LowPrecision | None":
        """The arithmetic that was asked for, None for none. Raises UsageError for options that change nothing, or that
        are of exact numbers."""
        from gradcalc.errors import UsageError

        if self.dtype is None:
            given = {"--accumulate": self.accumulate, "--saturate": self.saturate, "--loss-scale": self.loss_scale}
            for option, value in given.items():
                if value:
                    raise UsageError(f"{option}: has no effect without --dtype, the format that numbers are stored in")
            return None
        if dps is not None:
            raise UsageError(f"--dps {dps} and --dtype {self.dtype}: numbers are of one kind")
        from gradcalc.arithmetic.low_precision import FLOAT32, LowPrecision

        scale = 1.0 if self.loss_scale is None else self.loss_scale
        low = LowPrecision(self.dtype, self.accumulate or FLOAT32, self.saturate, scale)
        if theory:
            raise UsageError(f"--theory is of exact numbers: leave --dtype {low.name} out")
        return low


NO_STORAGE = Storage()


class Output(Record):
    """How a report is written, and where to."""

    format: Annotated[
        str | None,
        output_option(
            "--format", metavar="FORMAT", help="One of {formats} [default: table, or the format of FILE's extension]."
        ),
    ] = None
    json: Json = False
    file: File = None
    digits: Digits = 6
    all_rows: Annotated[bool, output_option("--all", help="Every row of long tables, every entry of matrices.")] = False
    no_legend: Annotated[
        bool, output_option("--no-legend", help="Without the line that says what signs and columns stand for.")
    ] = False
    standalone: Annotated[
        bool, output_option("--standalone", help="Of LaTeX a whole document, and not what another one takes in.")
    ] = False
    color: Color = "auto"
    quiet: Quiet = False


AS_USUAL = Output()
