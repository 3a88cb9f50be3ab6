"""What a notebook shows of the package's answers: the page of the command that gives the same answer, of a network its
drawing; as HTML, or as Markdown where that is asked for."""

from __future__ import annotations

from typing import Any
from zlib import crc32

from gradcalc.errors import GradcalcError
from gradcalc.network.network import Network
from gradcalc.report.formats import markdown as markdown_format
from gradcalc.report.formats.html import ELEMENTS
from gradcalc.report.report import Report, Style
from gradcalc.report.text import in_markup
from gradcalc.views import network_header

PAGES = {
    "Computation": "compute_page",
    "PathAnalysis": "paths_page",
    "Explanation": "explain_page",
    "Comparison": "compare_page",
    "Sweep": "sweep_page",
    "GradientCheck": "check_page",
    "GivenCheck": "given_page",
    "Diagnosis": "diagnose_page",
    "Precision": "precision_page",
    "Training": "train_page",
}
STYLE = """\
.gradcalc td.number, .gradcalc td.drawn, .gradcalc p.formula { font-family: ui-monospace, monospace; white-space: pre }
.gradcalc td, .gradcalc th, .gradcalc caption { text-align: left }
.gradcalc div.derivation { overflow-x: auto }"""


def report(answer: Any) -> Report:
    """The report of the command that answers likewise."""
    module: Any = __import__(f"gradcalc.views.{PAGES[type(answer).__name__]}", fromlist=["report"])
    if type(answer).__name__ == "Precision":
        answer = [module.PrecisionRun(answer.network.name, answer)]
    made: Report = module.report(answer)
    return made


def html(answer: Any) -> str:
    """A part of a page, with a style of its own; of a computation with the drawing of its network."""
    style, parts = Style(), [f"<style>\n{STYLE}\n</style>"]
    if isinstance(answer, Network) or type(answer).__name__ == "Computation":
        parts.append(drawn(answer))
    if not isinstance(answer, Network):
        parts += [ELEMENTS[type(block)](block, style) for block in report(answer).shown(style)]
    return f'<div class="gradcalc">{"".join(parts)}</div>'


def drawn(answer: Any) -> str:
    """The drawing of a network with its values, the same whenever it is made; its title where it has none."""
    from gradcalc.analysis.computation import compute
    from gradcalc.report.drawings.svg import svg
    from gradcalc.views.draw_page import drawing

    network = answer if isinstance(answer, Network) else answer.network
    try:
        picture = drawing(compute(answer, top=0) if isinstance(answer, Network) else answer)
        return svg(picture, f"gradcalc-{crc32(svg(picture).encode()):08x}")
    except GradcalcError:
        return f"<p>{in_markup(network_header.title(network))}</p>"


def markdown(answer: Any) -> str:
    """A document; of a network its title and its drawing in Mermaid."""
    if not isinstance(answer, Network):
        return "".join(markdown_format.render(report(answer), Style()))
    from gradcalc.analysis.computation import compute
    from gradcalc.report.drawings.mermaid import mermaid
    from gradcalc.views.draw_page import drawing

    title = f"**{markdown_format.escape(network_header.title(answer))}**"
    try:
        return f"{title}\n\n```mermaid\n{mermaid(drawing(compute(answer, top=0)))}```\n"
    except GradcalcError:
        return f"{title}\n"
