"""`gradcalc sweep`: one or two keys over their values, a row for each point."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated

from gradcalc.cli.options import (
    AS_USUAL,
    NO_STORAGE,
    UNCHANGED,
    Against,
    Changes,
    Dps,
    Output,
    Plot,
    Source,
    Storage,
    Theory,
    Vary,
    Wrt,
    question_option,
)
from gradcalc.report.report import Report

EXAMPLES = (
    ("gradcalc sweep deep --vary depth=3,10,20,40,100 --against no-skips", "what depth does, with skips and without"),
    ("gradcalc sweep residual --vary w_r=0..2:0.1 --show w1 --show share:w1:h1-y", "one weight, two columns"),
    ("gradcalc sweep residual --vary w2=0.1..2:0.1 --vary w3=0.1..2:0.1", "a grid, as a heat map"),
    ("gradcalc sweep net.yaml --vary seed=0..99 --summary", "mean and quantiles over seeds"),
    ("gradcalc sweep net.yaml --vary depth=2..200 --jobs 2 --resume rows.jsonl", "continued where it was interrupted"),
)

Show = Annotated[
    list[str] | None,
    question_option(
        "--show",
        metavar="COLUMN",
        help="A column of those below [default: loss and the first gradient]. Repeatable.",
        show_default=False,
    ),
]


def glossary() -> Mapping[str, Sequence[tuple[str, str]]]:
    """What `--show` can name."""
    from gradcalc.analysis.quantities import QUANTITIES

    return {"Columns of --show": [(one.form, one.about) for one in QUANTITIES.values()]}


Summary = Annotated[
    bool, question_option("--summary", help="Mean and quantiles over the values of the last key, such as seeds.")
]

Jobs = Annotated[
    int, question_option("--jobs", metavar="N", help="Spread the points over N processes (-1: all processors).")
]

Backend = Annotated[
    str | None,
    question_option(
        "--backend",
        metavar="NAME",
        help="joblib's backend for --jobs: loky, threading, dask, ray [default: forked processes, or loky].",
    ),
]

Resume = Annotated[
    str | None,
    question_option(
        "--resume", metavar="FILE.jsonl", help="Keep every row in FILE, and continue from there after an interruption."
    ),
]


def command(
    source: Source = None,
    vary: Vary = None,
    show: Show = None,
    against: Against = None,
    summary: Summary = False,
    jobs: Jobs = 1,
    backend: Backend = None,
    resume: Resume = None,
    plot: Plot = None,
    theory: Theory = False,
    changes: Changes = UNCHANGED,
    wrt: Wrt = None,
    dps: Dps = None,
    storage: Storage = NO_STORAGE,
    output: Output = AS_USUAL,
) -> Report:
    """Compute a network at every value of one key or two, and show the loss, gradients or path sums of each.

    A point that fails is a row with its reason, and the exit status is 1 at the end. With --format jsonl a row is
    printed as soon as it is known.
    """
    from gradcalc.language.ranges import repeated, varied
    from gradcalc.parallel.sweep_run import SweepRun, chosen_axes
    from gradcalc.views.sweep_page import report

    low = storage.numbers(dps, theory)
    axes = chosen_axes(varied(vary or ()))
    planned = SweepRun.planned(changes.read(source), axes, against, show or (), wrt or (), dps, theory, low)
    found = planned.run(jobs, backend, resume)
    if plot is not None:
        from gradcalc.views.sweep_plot import draw

        found.rows.afterwards(partial(draw, found, plot, bool(show), summary))
    return report(found, tuple(repeated(vary or ())), summary=summary, once=True)
