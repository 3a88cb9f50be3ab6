"""`gradcalc compute`: forward values, the loss, every gradient and the paths that make it up."""

from typing import Annotated

from gradcalc.cli.options import (
    AS_USUAL,
    NO_STORAGE,
    UNCHANGED,
    Changes,
    Dps,
    Of,
    Output,
    Source,
    Storage,
    Wrt,
    question_option,
)
from gradcalc.cli.output import choose_format
from gradcalc.report.report import Report

EXAMPLES = (
    ("gradcalc compute residual", "a built-in example, as a table"),
    ("gradcalc compute residual --json", "the same for a script, all digits"),
    ("gradcalc compute mazur --wrt 'w1[0,0]'", "one entry, by paths over single units"),
    ("gradcalc compute deep --wrt w1 --top 3", "fewer paths of one gradient"),
    ("gradcalc compute residual --of h2", "gradients of the output of h2 in place of the loss"),
    ("gradcalc compute residual --dtype float16", "as hardware of low precision computes it"),
    ("gradcalc compute --input 0.5 --weights 0.2,0.1,0.1 --skip h1:y=0.1 --target 1", "no file at all"),
)

MOST_PATHS = 10

Top = Annotated[
    int | None,
    question_option(
        "--top",
        metavar="N",
        min=0,
        help=f"List the N largest paths of each gradient [default: {MOST_PATHS}; fewer where there are many "
        "gradients].",
        show_default=False,
    ),
]


def command(
    source: Source = None,
    changes: Changes = UNCHANGED,
    wrt: Wrt = None,
    top: Top = None,
    of: Of = None,
    dps: Dps = None,
    storage: Storage = NO_STORAGE,
    output: Output = AS_USUAL,
) -> Report:
    """Compute the forward values, the loss, and the gradient of every parameter as the sum of its paths.

    Each path of the chain rule, from a parameter's layer to the loss, is listed with its contribution and its share
    of the gradient. Without a target only the forward pass is printed.
    """
    from gradcalc.analysis.computation import compute
    from gradcalc.analysis.path_list import refuse_long_chain
    from gradcalc.analysis.point import refuse_without_loss
    from gradcalc.language.document import chain_of
    from gradcalc.views.compute_page import report

    low = storage.numbers(dps)
    listed = MOST_PATHS if top is None else top
    in_full = not wrt and choose_format(output) in ("json", "jsonl", "csv")
    network, warnings = changes.load(source, of, lambda data: refuse_long_chain(*chain_of(data), listed, in_full))
    if of is None and (wrt or top is not None):
        refuse_without_loss(network, "no gradient", f"--wrt {wrt[0]}" if wrt else f"--top {top}")
    computation = compute(network, wrt=wrt or (), top=listed, of=of, dps=dps, low=low)
    return report(computation, tuple(warnings), output.all_rows, entries=bool(wrt), most=top)
