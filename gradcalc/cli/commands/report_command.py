"""`gradcalc report`: the network, its gradients and their derivation as one HTML file to look at and to play with."""

from gradcalc.cli.options import UNCHANGED, Changes, Digits, File, Quiet, Source, Top, Wrt
from gradcalc.errors import UsageError

EXAMPLES = (
    ("gradcalc report residual -o residual.html", "drawing, tables, paths, derivation, sliders"),
    ("gradcalc report mazur --wrt w1 -o mazur.html", "one gradient of it"),
    ("gradcalc report deep --no-skips -o deep.html", "any network, changed as for every command"),
)


def command(
    source: Source = None,
    changes: Changes = UNCHANGED,
    wrt: Wrt = None,
    top: Top = 10,
    file: File = None,
    digits: Digits = 6,
    quiet: Quiet = False,
) -> str:
    """Write one HTML page: the drawing, both passes, every gradient with its paths, the derivation.

    It needs no network, and is read and printed without its script. With it, the calculation is stepped through with
    the arrow keys, a gradient that is pointed at lights up its paths, and sliders move weights, inputs and targets.
    """
    if file is not None and not file.lower().endswith((".html", ".htm", "-")):
        raise UsageError(f"--output {file}: a report is one HTML page; name a file that ends in .html")
    from gradcalc.analysis.path_list import refuse_long_chain
    from gradcalc.cli.output import warn
    from gradcalc.language.document import chain_of
    from gradcalc.views.report_page import page

    network, warnings = changes.load(source, fits=lambda data: refuse_long_chain(*chain_of(data), top, False))
    warn(warnings, quiet)
    return page(network, wrt or (), top, digits)
