"""`gradcalc paths`: every gradient as a sum over its paths, exact at any depth."""

from typing import Annotated, Any

from gradcalc.cli.options import (
    AS_USUAL,
    NO_STORAGE,
    UNCHANGED,
    Changes,
    Dps,
    Of,
    Output,
    Plot,
    Source,
    Storage,
    Top,
    Wrt,
    question_option,
)
from gradcalc.cli.output import choose_format, refuse_in
from gradcalc.report.report import Report

EXAMPLES = (
    ("gradcalc paths residual --wrt w1", "the paths of one gradient, largest first"),
    ("gradcalc paths resnet --wrt w1 --top 3", "524288 paths by length, the three largest listed"),
    ("gradcalc paths resnet --wrt w1 --unit blocks", "the same by the number of residual blocks passed"),
    ("gradcalc paths mazur --wrt 'w1[0,0]'", "one entry, by paths over single units"),
    ("gradcalc paths residual --wrt w1 --avoid h2", "the part of the gradient that does not pass h2"),
    ("gradcalc paths deep --wrt w1 --through h20 --top 0", "the part that does pass h20"),
    ("gradcalc paths resnet --wrt w1 --plot spectrum.svg", "by length: paths, mean |path| and their product"),
    ("gradcalc paths residual --wrt w1 --of h2", "the paths of h2 in place of those of the loss: ∂h2/∂w1"),
)

MOST_PATHS = 10

Through = Annotated[
    list[str] | None,
    question_option("--through", metavar="NAME", help="Only paths that pass this node or edge (h2, w_r). Repeatable."),
]
Avoid = Annotated[
    list[str] | None,
    question_option("--avoid", metavar="NAME", help="Only paths that do not pass this node or edge. Repeatable."),
]
Unit = Annotated[
    str,
    question_option(
        "--unit",
        metavar="UNIT",
        help="What lengths count: layers; or blocks, the residual blocks that a path passes. A block is what a skip "
        "leads around; a path passes it if it leaves the skip's first node by another edge.",
    ),
]


def command(
    source: Source = None,
    changes: Changes = UNCHANGED,
    wrt: Wrt = None,
    top: Top = MOST_PATHS,
    through: Through = None,
    avoid: Avoid = None,
    of: Of = None,
    unit: Unit = "layers",
    plot: Plot = None,
    dps: Dps = None,
    storage: Storage = NO_STORAGE,
    output: Output = AS_USUAL,
) -> Report:
    """Show every gradient as a sum over paths: how many, how large, of what length, and the largest of them.

    Counts are exact and nothing is listed to find the largest: a residual net of 54 blocks has 2^54 paths. Sums are
    split by length, the number of layers entered after the parameter's own (--unit blocks: of residual blocks passed).
    Cancellation is Σ|contribution| / |Σ contribution|; 2^entropy of the |contribution| shares is the effective number
    of paths.
    """
    from gradcalc.analysis.path_analysis import paths
    from gradcalc.analysis.path_list import refuse_many_nodes
    from gradcalc.analysis.results import Part
    from gradcalc.language.document import chain_of
    from gradcalc.views.paths_page import draw, report

    if top != MOST_PATHS:
        refuse_in(output, ("csv",), f"--top {top}")
    low = storage.numbers(dps)
    part, in_full = Part(tuple(through or ()), tuple(avoid or ()), of), choose_format(output) in ("json", "jsonl")
    all_told = top and in_full and not (wrt or any(part))

    def refuse(data: Any) -> None:
        chain = chain_of(data)
        refuse_many_nodes(chain.weights, chain.layers * chain.weights)

    network, warnings = changes.load(source, of, refuse if all_told else None)
    analysis = paths(network, wrt=wrt or (), top=top, part=part, dps=dps, low=low, unit=unit)
    if plot is not None:
        draw(analysis, plot)
    return report(analysis, tuple(warnings), every=output.all_rows)
