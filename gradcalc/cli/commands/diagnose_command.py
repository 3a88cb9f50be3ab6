"""`gradcalc diagnose`: what is wrong with the gradients of a network, where, why, and what would help."""

from typing import Annotated

from gradcalc.cli.options import AS_USUAL, UNCHANGED, Changes, Dps, Output, Source, question_option
from gradcalc.report.report import Report

EXAMPLES = (
    ("gradcalc diagnose deep --no-skips", "why an early layer does not learn, and what helps"),
    ("gradcalc diagnose plain --top 3", "the three changes that help most"),
    ("gradcalc diagnose residual", "a healthy network is called healthy"),
    ("gradcalc diagnose net.yaml --json", "labels, costs and remedies for a script"),
)


def command(
    source: Source = None,
    changes: Changes = UNCHANGED,
    top: Annotated[
        int,
        question_option(
            "--top", metavar="N", min=0, help="List the N changes that help most [default: 10].", show_default=False
        ),
    ] = 10,
    tries: Annotated[
        int | None,
        question_option(
            "--tries",
            metavar="N",
            min=0,
            help="Try at most N changes [default: fewer of a larger network, 10 at least].",
            show_default=False,
        ),
    ] = None,
    dps: Dps = None,
    output: Output = AS_USUAL,
) -> Report:
    """Say what is wrong with the gradients of a network: where, why, and what helps most.

    Every layer has a label: vanished (|δ| a thousandth of the output's or less, in the layer and in those before it),
    exploded (a thousand times or more), saturated (σ′ of a unit a thousandth of its largest value or less), inactive
    (every unit below the kink of a rectifier, or some in every example of a batch: dead), cancelled (the terms of a sum
    100 times the sum or more), zero by symmetry (terms cancel to 0, or units are alike and stay so), cut off (no
    gradient reaches the layer or its weights, or they are frozen), lost in float16 (every entry of the gradient would
    be rounded to 0 there), else healthy. What σ′, the weights and other factors cost a gradient is given in powers of
    ten that add up. Changes (skips, activations, initialisations, a bias) are computed and ranked by the number of
    layers that are healthy then, by the loss and by |δ|, each with the command that shows it.
    """
    from gradcalc.parallel.remedies import diagnosed
    from gradcalc.views.diagnose_page import report

    found, warnings = diagnosed(source, changes.overrides(), top, tries, dps)
    return report(found, tuple(warnings), output.all_rows)
