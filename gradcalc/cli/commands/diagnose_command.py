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
            "--tries", metavar="N", min=0, help="Try at most N changes [default: as many as take about two seconds]."
        ),
    ] = None,
    dps: Dps = None,
    output: Output = AS_USUAL,
) -> Report:
    """Say what is wrong with the gradients of a network: where, why, and what helps most.

    Every layer is labelled: healthy, vanished, exploded, inactive, saturated, cancelled, zero by symmetry, cut off, or
    lost in float16. What σ′, the weights and other factors cost a gradient is given in powers of ten that add up.
    Changes (skips, activations, initialisations, a bias) are computed and ranked, each with the command that shows it.
    """
    from gradcalc.parallel.remedies import diagnosed
    from gradcalc.views.diagnose_page import report

    found, warnings = diagnosed(source, changes.overrides(), top, tries, dps)
    return report(found, tuple(warnings), output.all_rows)
