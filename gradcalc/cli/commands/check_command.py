"""`gradcalc check`: every gradient by independent methods, and conditions for continuous integration."""

from typing import Annotated

from gradcalc.cli.options import AS_USUAL, UNCHANGED, Changes, Output, Source, question_option
from gradcalc.report.report import Report

EXAMPLES = (
    ("gradcalc check residual", "every gradient by five independent methods"),
    ("gradcalc check deep --require 'abs(w1) > 1e-18'", "a gradient budget: status 1 where it does not hold"),
    ("gradcalc check net.yaml --require 'loss < 0.3' --require 'norm(w*) < 10' -q", "in continuous integration"),
)

Require = Annotated[
    list[str] | None,
    question_option(
        "--require",
        metavar="CONDITION",
        help="Check this in place of the gradients: 'loss < 0.3', 'abs(w1) > 1e-6', 'norm(w*) < 10' (of gradients; "
        "< <= > >=), 'window(float16)' (some loss scale keeps the backward pass in that format, and nothing of the "
        "forward pass overflows). Repeatable.",
    ),
]


def command(
    source: Source = None, require: Require = None, changes: Changes = UNCHANGED, output: Output = AS_USUAL
) -> Report:
    """Check every gradient against methods that share no backward pass with it, each with its own error estimate.

    Central differences, the complex step, differences in 60 digits, SymPy, and the sum over listed paths. A method
    fails only beyond ten times its own estimate; at a kink both one-sided derivatives are shown. Exit status 1 where
    one fails.
    """
    from gradcalc.analysis.conditions import condition
    from gradcalc.analysis.gradient_check import check, require_all
    from gradcalc.views.check_page import report

    conditions = [condition(text, "--require") for text in require or ()]
    network, warnings = changes.load(source)
    found = require_all(network, conditions) if conditions else check(network)
    return report(found, tuple(warnings))
