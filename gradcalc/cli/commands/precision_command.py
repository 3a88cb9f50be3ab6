"""`gradcalc precision`: which numbers of a pass a low-precision format holds, and which loss scales keep all."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from gradcalc.cli.options import AS_USUAL, UNCHANGED, Against, Changes, Dps, Output, Plot, Source, Wrt, question_option
from gradcalc.errors import UsageError
from gradcalc.report.report import Report

if TYPE_CHECKING:
    from gradcalc.arithmetic.float_formats import FloatFormat
    from gradcalc.language import Document
    from gradcalc.network.network import Network

EXAMPLES = (
    ("gradcalc precision resnet", "float16 and bfloat16: which loss scales keep the backward pass"),
    ("gradcalc precision resnet --dtype float16 --against no-skips", "what the skips have to do with it"),
    ("gradcalc precision deep --dtype float16 --simulate", "the pass as hardware would run it"),
    ("gradcalc precision deep --dtype float8_e5m2 --simulate --loss-scale 1024", "with a loss scale"),
    ("gradcalc precision resnet --plot range.svg", "every layer over the range of the format"),
)

DEFAULT = ("float16", "bfloat16")

Dtypes = Annotated[
    str | None,
    question_option(
        "--dtype",
        metavar="NAMES",
        help="Formats, between commas: float32, float16, bfloat16, float8_e4m3fn, float8_e5m2 [default: "
        "float16,bfloat16].",
        show_default=False,
    ),
]

Simulate = Annotated[
    bool,
    question_option(
        "--simulate", help="Run the pass in low precision, too: the error of each gradient, and which become 0 or inf."
    ),
]


def command(
    source: Source = None,
    changes: Changes = UNCHANGED,
    dtype: Dtypes = None,
    loss_scale: Annotated[
        float,
        question_option(
            "--loss-scale", metavar="S", help="Store the backward pass times S [default: 1].", show_default=False
        ),
    ] = 1.0,
    against: Against = None,
    simulate: Simulate = False,
    accumulate: Annotated[
        str | None,
        question_option(
            "--accumulate",
            metavar="NAME",
            help="With --simulate: where sums of products accumulate, float32 or the format itself [default: float32].",
            show_default=False,
        ),
    ] = None,
    saturate: Annotated[
        bool, question_option("--saturate", help="Of formats of 8 bits: the largest number in place of inf and NaN.")
    ] = False,
    plot: Plot = None,
    wrt: Wrt = None,
    dps: Dps = None,
    output: Output = AS_USUAL,
) -> Report:
    """Show which numbers of the pass a low-precision format holds, and which loss scales keep them.

    Every ∂L/∂output, δ and gradient, stored times the loss scale, is normal, subnormal (fewer digits), zero (lost) or
    an overflow there; what of weights, inputs, z and outputs is not normal, no loss scale changes. The window of loss
    scales that keep the backward pass is that of exact values, each rounded once; --simulate runs a pass on rounded
    numbers. --wrt NAME and --all list quantities with what they are rounded to.
    """
    from gradcalc.analysis.precision import precision
    from gradcalc.analysis.simulation import simulation
    from gradcalc.arithmetic.low_precision import FLOAT32, LowPrecision
    from gradcalc.views.precision_page import PrecisionRun, draw, report

    if accumulate is not None and not simulate:
        raise UsageError(f"--accumulate {accumulate}: has no effect without --simulate")
    formats, missing = chosen(dtype)
    if saturate and not any(held.saturates for held in formats):
        raise UsageError("--saturate: is for formats of 8 bits; others have inf past their largest number")
    document = changes.read(source)
    networks, warnings = asked_about(document, against)
    runs = []
    for name, network in networks:
        found = precision(network, [held.name for held in formats], wrt=wrt or (), loss_scale=loss_scale, dps=dps)
        lows = [
            LowPrecision(held.name, accumulate or FLOAT32, saturate and held.saturates, loss_scale)
            for held in (formats if simulate else ())
        ]
        runs.append(PrecisionRun(name, found, {low.name: simulation(found, low) for low in lows}))
    if plot is not None:
        draw(runs, plot)
    return report(runs, saturate, (*missing, *warnings), output.all_rows)


def asked_about(document: "Document", against: str | None) -> "tuple[Sequence[tuple[str, Network]], Sequence[str]]":
    """The network by its name, and that without its skips; and the warnings of the spec."""
    from gradcalc.language import build
    from gradcalc.language.document import NO_SKIPS, is_against, without_skips

    network, warnings = build(document)
    if not is_against(against, network):
        return [(network.name, network)], warnings
    return [(network.name, network), (NO_SKIPS, build(without_skips(document, network))[0])], warnings


def chosen(text: str | None) -> "tuple[Sequence[FloatFormat], Sequence[str]]":
    """The formats that were asked for; without the extra only those of the default that need none, and a warning."""
    from gradcalc.arithmetic.float_formats import EXTRA, float_format, is_available

    if text is not None:
        return [float_format(name) for name in dict.fromkeys(part.strip() for part in text.split(","))], ()
    missing = [name for name in DEFAULT if not is_available(name)]
    found = [float_format(name) for name in DEFAULT if name not in missing]
    return found, [f"warning: without {name}, which needs ml_dtypes: {EXTRA}" for name in missing]
