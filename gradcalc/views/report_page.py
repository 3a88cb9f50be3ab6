"""The page of `gradcalc report`: one HTML file that needs no network, is read and printed without its script, and with
it is computed anew in the page while sliders move."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

import gradcalc
from gradcalc.analysis.computation import compute
from gradcalc.analysis.path_list import GradientPaths
from gradcalc.analysis.point import Point, subjects
from gradcalc.analysis.results import Computation, Paths, RoundedGradient
from gradcalc.network.graph import Graph, graph
from gradcalc.network.network import Network
from gradcalc.report.drawings.drawing import Drawing, roomy
from gradcalc.report.drawings.folding import folded
from gradcalc.report.drawings.svg import svg
from gradcalc.report.formats.html import ELEMENTS
from gradcalc.report.report import Beside, Block, Style, Table, boundless
from gradcalc.report.text import gradient, in_markup, listed, words
from gradcalc.views import compute_page, report_tables
from gradcalc.views.draw_page import AS_DRAWN, drawing, edge_names
from gradcalc.views.network_header import quantity, title_of, title_parts
from gradcalc.views.report_derivation import derivation
from gradcalc.views.report_program import is_small, program
from gradcalc.views.report_tables import scrolled
from gradcalc.views.zero_reasons import zero_reason

MOST_GRADIENTS = 400  # that have a row each
MOST_TOP = 50  # paths of a gradient that a page finds anew
MOST_ZEROS = 8  # gradients of 0 that are told with their reasons
WIDE, NARROW = 1030.0, 560.0  # of the drawing, in pixels
MOVED = "Sliders differ from the values of the spec: the sentences about these are left out."
ROOM, ROOM_AT_EDGES = "−0.000000", "−0.000"  # for numbers in the drawing that sliders change: as long as in `page.js`
SCRIPTS = (
    "functions.js", "numbers.js", "names.js", "engine.js", "page.js", "steps.js", "lighting.js", "knobs.js",
)  # fmt: skip
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
"""What a browser holds the page to: nothing is loaded, nothing is sent."""

OPENING = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="gradcalc {version}">
<title>{name}: gradients and their paths</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>{name}</h1>
<p>{about}</p>
</header>
<main>"""

PLAYER = """\
<div id="player" role="group" aria-label="The calculation, step by step" hidden>
<div class="buttons">
<button type="button" id="first" aria-label="To the first step">|←</button>
<button type="button" id="back" aria-label="One step back (←)">←</button>
<button type="button" id="forth" aria-label="One step on (→)">→</button>
<button type="button" id="end" aria-label="To no step">×</button>
<span id="count"></span>
</div>
<div id="step" aria-live="polite"></div>
</div>"""

KNOBS = """\
<section id="knobs" aria-labelledby="knobs-title" hidden>
<h2 id="knobs-title">Change the numbers</h2>
<p id="readout" aria-live="polite"></p>
<div id="sliders"></div>
<p id="more" hidden><label>another number <select id="others"></select></label></p>
<button type="button" id="reset">Back to the values of the spec</button>
</section>"""


def page(network: Network, wrt: Sequence[str] = (), top: int = 10, digits: int = 6) -> str:
    """The whole file. Raises UsageError for a `wrt` that matches nothing, DomainError, LimitError."""
    computation, laid = compute(network, wrt=wrt, top=top), graph(network)
    paths = computation.paths
    if paths is not None:
        computation = computation._replace(paths=dict(paths))
    style = Style(digits=digits)
    with boundless():
        return "\n".join(_parts(computation, laid, paths, wrt, style, top)) + "\n"


def _parts(
    computation: Computation, laid: Graph, paths: Mapping[str, Paths] | None, wrt: Sequence[str], style: Style, top: int
) -> Iterator[str]:
    network = computation.network
    live = is_live(computation)
    known = {"policy": POLICY, "version": gradcalc.__version__, "style": _file("page.css")}
    yield OPENING.format(name=in_markup(network.name), about=in_markup(title_of(title_parts(network))), **known)
    yield '<section id="network" aria-labelledby="network-title"><h2 id="network-title">Network</h2>'
    picture = folded(drawing(computation, style=AS_DRAWN._replace(digits=style.digits)))
    if live:
        picture = roomy(picture, ROOM, ROOM_AT_EDGES)
    yield scrolled("Drawing", _pictures(picture))
    yield f"{_loss(computation, style)}{PLAYER}</section>"
    yield KNOBS
    yield from _meaning(computation, compute_page.rounded(computation, paths), style)
    if computation.paths is not None and len(computation.paths) <= MOST_GRADIENTS:
        yield f"<section>{_asked(computation, wrt)}{report_tables.gradients(computation, style.digits)}</section>"
        passes = report_tables.passes(computation, laid, style.digits) if live else _passes(computation, style)
        yield f"<section>{passes}</section>"
    else:
        yield f"<section>{_blocks(compute_page.page(computation, False, False, None), style)}</section>"
    if computation.loss is not None:
        yield '<section id="derivation">'
        yield from derivation(network, laid, wrt, style.digits)
        yield f"<p>Numbers are shown with {style.digits} digits and computed with all of them.</p></section>"
    yield f"</main>\n<footer><p>Made by gradcalc {gradcalc.__version__}.</p></footer>"
    point = paths.point if isinstance(paths, GradientPaths) else None
    yield from _scripts(computation, laid if live else None, style, top, _lit(computation, point, wrt, picture))
    yield "</body>\n</html>"


def is_live(computation: Computation) -> bool:
    """Whether the page computes the network anew: it is small, has a loss, float64 holds all of it, and its gradients
    are those of whole parameters and nodes."""
    network = computation.network
    whole = {one.name for one in (*network.parameters, *network.nodes)}
    held = computation.loss is not None and computation.arithmetic == "float64"
    return held and is_small(network) and whole >= set(computation.gradients or {})


def _pictures(picture: Drawing) -> str:
    """The drawing as wide as a page is, and where that differs once more for a narrow one."""
    wide, narrow = svg(picture, "network-svg", False, WIDE), svg(picture, "narrow-svg", False, NARROW)
    if wide.replace("network-svg", "narrow-svg") == narrow:
        return wide
    return f'<div class="wide">{wide}</div><div class="narrow">{narrow}</div>'


def _asked(computation: Computation, wrt: Sequence[str]) -> str:
    """Which gradients the page has, where these are not all."""
    if not wrt:
        return ""
    of = quantity(computation.network)
    names = listed([gradient(name, of) for name in computation.gradients or {}])
    return f"<p>This page has the gradients that --wrt names: {in_markup(names)}. Without --wrt it has all.</p>"


def _lit(computation: Computation, point: Point | None, wrt: Sequence[str], picture: Drawing) -> dict[str, Any]:
    """What lights up in the drawing: which edges and nodes are drawn as one and, where the page computes nothing anew,
    the shares of the edges for every gradient."""
    network, of = computation.network, quantity(computation.network)
    edges = edge_names(network)
    ends = [target.node for target in network.targets] or [len(network.nodes) - 1]
    edges |= {(end, -1, 0): f"{network.nodes[end].name}→{of}" for end in ends}
    folds = [node for node in picture.nodes if node.kind == "fold"]
    drawn: dict[str, Any] = {
        "together": {edge.name: edge.together for edge in picture.edges if edge.together},
        "inside": {name: place for place, node in enumerate(folds) for name in node.inside},
        "edges": [],
        "shares": [],
    }
    if point is None or is_live(computation) or len(computation.gradients or ()) > MOST_GRADIENTS:
        return drawn
    shares = report_tables.drawn_shares(computation, subjects(network, wrt), point, edges)
    return drawn | ({"edges": list(edges.values()), "shares": shares} if shares else {})


def _loss(computation: Computation, style: Style) -> str:
    """The loss with its numbers put in."""
    if computation.loss is None:
        return "<p>No target, so there is no loss and no gradient: only the forward pass is shown.</p>"
    parts = (quantity(computation.network), " = ", *compute_page.loss_in_numbers(computation))
    value = words((computation.loss.value,), style.digits)
    given = in_markup(words(parts, style.digits))
    return f'<p id="loss"><span id="given">{given}</span><span data-q="L">{in_markup(value)}</span></p>'


def _meaning(computation: Computation, rounded: Sequence[RoundedGradient], style: Style) -> Iterator[str]:
    """What the numbers mean, and what signs stand for."""
    yield '<section id="meaning" aria-labelledby="meaning-title"><h2 id="meaning-title">What the numbers mean</h2>'
    yield f'<p id="moved" hidden>{MOVED}</p><div id="of-spec">'
    for note in compute_page.sentences(computation, rounded):
        yield f'<p class="{note.kind}">{in_markup(words(note.text, style.digits))}</p>'
    for name in report_tables.zeros(computation)[:MOST_ZEROS]:
        if (reason := zero_reason(computation, name)) is not None:
            told = f"{gradient(name, quantity(computation.network))} is 0: {words(reason, style.digits)}."
            yield f'<p class="note">{in_markup(told)}</p>'
    yield "</div>"
    if told := mean_over_outputs(computation.network):
        yield f'<p class="note">{in_markup(told)}</p>'
    if computation.loss is not None:
        yield f'<p class="legend">{in_markup(compute_page.legend(computation))}</p>'
    yield "</section>"


def mean_over_outputs(network: Network) -> str:
    """That the loss is a mean, where the factor that it has in a formula, ½ of two outputs, does not tell; else ""."""
    widths = {network.nodes[target.node].name: network.nodes[target.node].width for target in network.targets}
    if not network.loss.averaged or max(widths.values(), default=1) == 1:
        return ""
    several = len(widths) > 1
    counts = listed([f"{width} of {name}" if several else str(width) for name, width in widths.items()])
    return f"{network.loss.text} is the mean over the units of an output: Σ is divided by their number, {counts}."


def _passes(computation: Computation, style: Style) -> str:
    """Both passes as `compute` has them, of a network that is too large to be computed in a page."""
    from gradcalc.views.compute_tables import passes

    return _blocks([passes(computation, False)], style)


def _blocks(blocks: Iterable[Block], style: Style) -> str:
    """The tables among some blocks."""
    shown: list[Block] = []
    for block in blocks:
        shown += [block.first, block.second] if isinstance(block, Beside) else [block]
    tables = [block._replace(title=block.title.partition(" (--")[0]) for block in shown if isinstance(block, Table)]
    return "\n".join(scrolled("Table", ELEMENTS[type(block)](block, style)) for block in tables)


def _scripts(
    computation: Computation, laid: Graph | None, style: Style, top: int, lit: dict[str, Any]
) -> Iterator[str]:
    """The network as data, the functions in it, and the script of the page."""
    network = computation.network
    numbers = {one.name: number for number, one in enumerate(network.parameters)}
    nodes = {node.name: number for number, node in enumerate(network.nodes)}
    subjects: list[dict[str, Any]] = [
        {"label": gradient(name, quantity(network)), "parameter": numbers.get(name), "node": nodes.get(name)}
        | {"name": name.partition("[")[0]}
        for name in computation.gradients or {}
    ]
    data: dict[str, Any] = {"digits": style.digits, "quantity": quantity(network), "subjects": subjects}
    data |= {"most": report_tables.paths_each(computation), "top": min(top, MOST_TOP)}
    made = program(laid) if laid is not None else None
    data["network"] = None if made is None else made.operations
    data |= lit
    yield f'<script type="application/json" id="data">{_in_script(json.dumps(data, ensure_ascii=False))}</script>'
    functions = "const activations = [], joins = [], losses = [];" if made is None else made.functions
    first, *others = map(_file, SCRIPTS)
    yield "<script>\n" + "\n".join([first, functions, *others]) + "</script>"


def _in_script(text: str) -> str:
    """JSON that no name in it can end the script by."""
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _file(name: str) -> str:
    return (files("gradcalc") / "page" / name).read_text("utf-8")
