"""`gradcalc compare`: a network with and without its skips, several networks, or variants of one."""

from gradcalc.cli.options import (
    AS_USUAL,
    NO_STORAGE,
    UNCHANGED,
    Changes,
    Dps,
    Output,
    Plot,
    Sources,
    Storage,
    Theory,
    Vary,
    Wrt,
)
from gradcalc.cli.output import refuse_in
from gradcalc.report.report import Report

EXAMPLES = (
    ("gradcalc compare residual", "what the skip changes"),
    ("gradcalc compare plain residual", "two networks, or more"),
    ("gradcalc compare residual --vary activation=sigmoid,tanh,relu", "variants of one"),
    ("gradcalc compare deep --vary depth=10,20,40", "aligned from the output"),
    ("gradcalc compare residual --vary activation=tanh,relu --vary w1=0.2,2", "every combination"),
)


def command(
    sources: Sources = None,
    changes: Changes = UNCHANGED,
    vary: Vary = None,
    plot: Plot = None,
    theory: Theory = False,
    wrt: Wrt = None,
    dps: Dps = None,
    storage: Storage = NO_STORAGE,
    output: Output = AS_USUAL,
) -> Report:
    """Compare gradients: of a network with and without its skips, of several networks, or of variants of one.

    Every gradient in each network, the ratios of their magnitudes, the number of paths and the share of the largest;
    bars on one logarithmic scale; and in words where gradients vanish, explode or are kept.
    """
    from gradcalc.analysis.comparison import compare
    from gradcalc.parallel.networks_compared import networks_to_compare
    from gradcalc.views.compare_page import draw, report

    if theory and plot is None:
        refuse_in(output, ("csv",), "--theory")
    low = storage.numbers(dps, theory)
    networks, differ, warnings = networks_to_compare(sources or [], changes, vary or ())
    comparison = compare(networks, wrt=wrt or (), dps=dps, low=low, differ=differ)
    if plot is not None:
        draw(comparison, plot, theory)
    return report(comparison, warnings, theory)
