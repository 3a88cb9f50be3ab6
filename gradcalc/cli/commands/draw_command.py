"""`gradcalc draw`: the network as a picture, in a terminal or as SVG, PNG, Mermaid or DOT."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

from gradcalc.cli.options import (
    NO_STORAGE,
    UNCHANGED,
    Changes,
    Color,
    Dps,
    File,
    Json,
    Of,
    Quiet,
    Source,
    Storage,
    output_option,
    question_option,
)
from gradcalc.errors import LimitError, UsageError
from gradcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradcalc.analysis.results import Computation
    from gradcalc.analysis.unit_edges import UnitEdge
    from gradcalc.network.network import Network
    from gradcalc.report.drawings.characters import Look
    from gradcalc.report.drawings.drawing import Drawing

EXAMPLES = (
    ("gradcalc draw residual", "in the terminal, with the values of the forward pass"),
    ("gradcalc draw residual --wrt w1", "the paths of ∂L/∂w1: every edge with its share"),
    ("gradcalc draw residual --wrt w1 -o residual.svg", "as a picture: width = share, colour = sign"),
    ("gradcalc draw rnn --values backward", "∂L/∂output, δ and the gradients of the weights"),
    ("gradcalc draw resnet --wrt w1", "repeated blocks drawn once"),
    ("gradcalc draw mazur --units", "every unit of layers of several"),
    ("gradcalc draw residual -o residual.mmd", "Mermaid, as GitHub shows it; .dot for Graphviz, .png, .txt, .json"),
)

ENDINGS = {
    ".txt": "text", ".svg": "svg", ".png": "png", ".mmd": "mermaid", ".mermaid": "mermaid", ".dot": "dot",
    ".gv": "dot", ".json": "json",
}  # fmt: skip
VALUES = ("forward", "backward", "none")
MOST_PATHS = 5
DIGITS = 6

Wrt = Annotated[
    str | None,
    question_option(
        "--wrt",
        metavar="NAME",
        help="Show the paths of this gradient: of a parameter (w1), an entry ('w1[0,1]'), a node or a unit (h1).",
    ),
]

Top = Annotated[
    int | None,
    question_option(
        "--top", metavar="N", min=0, help="With --wrt: name the N largest paths [default: 5].", show_default=False
    ),
]


class Shown(Record):
    """What a picture shows, and in which form."""

    values: Annotated[
        str,
        question_option(
            "--values",
            metavar="WHICH",
            help="forward: outputs and weights; backward: ∂L/∂output, δ and gradients; none [default: forward].",
            show_default=False,
        ),
    ] = "forward"
    units: Annotated[bool, question_option("--units", help="Every unit of layers of several as a box of its own.")] = (
        False
    )
    format: Annotated[
        str | None,
        output_option(
            "--format", metavar="FORMAT", help="One of {formats} [default: text, or the format of FILE's extension]."
        ),
    ] = None
    json: Json = False
    digits: Annotated[
        int,
        output_option(
            "--digits",
            metavar="N",
            min=1,
            max=100,
            help=f"Significant digits of every number [default: {DIGITS}]; JSON always has all.",
            show_default=False,
        ),
    ] = DIGITS
    all_rows: Annotated[bool, output_option("--all", help="Every layer, also those of repeated blocks.")] = False
    color: Color = "auto"


USUAL = Shown()


def command(
    source: Source = None,
    changes: Changes = UNCHANGED,
    wrt: Wrt = None,
    top: Top = None,
    shown: Shown = USUAL,
    of: Of = None,
    dps: Dps = None,
    storage: Storage = NO_STORAGE,
    file: File = None,
    quiet: Quiet = False,
) -> str | bytes:
    """Draw the network: nodes with their values, edges with their weights, skips as arcs.

    With --wrt the paths of that gradient are lit up: an edge is as wide as the share of the paths that take it, blue
    where that has the sign of the gradient, orange and dashed where it has the opposite one; the rest is grey. A block
    that is repeated is drawn once, as a box between its first and its last copy. A terminal shows the network from top
    to bottom, a picture from left to right, light or dark as the page around it.
    """
    from gradcalc.cli.output import warn
    from gradcalc.views.draw_page import AS_DRAWN, drawing, facts, lit_up

    form = chosen_form(shown, file)
    refuse_idle(shown, form, wrt, top)
    low = storage.numbers(dps)
    network, warnings = changes.load(source, of, refuse_wide if shown.units else None)
    if shown.all_rows:
        refuse_many_boxes(len(network.nodes), form, True)
    units = edges_of_units(network) if shown.units else ()
    computation = computed(network, shown.values, wrt, MOST_PATHS if top is None else top, of=of, dps=dps, low=low)
    lit = lit_up(computation, wrt, units) if wrt else None
    warn(warnings, quiet)
    if form == "json":
        from gradcalc.report.formats.json import layout

        return layout(facts(computation, lit), 0) + "\n"
    style = AS_DRAWN._replace(values=shown.values, digits=shown.digits)
    if shown.units:
        from gradcalc.views.draw_units import unit_drawing

        return written(unit_drawing(computation, units, lit, style), form, shown, file)
    return written(drawing(computation, lit, style), form, shown, file)


def computed(network: "Network", values: str, wrt: str | None, top: int, **options: Any) -> "Computation":
    """The network at its point with the paths of one gradient; the backward pass is shown with all gradients. Raises
    UsageError where there is none."""
    from gradcalc.analysis.computation import compute
    from gradcalc.analysis.point import refuse_without_loss

    if options["of"] is None and (wrt or values == "backward"):
        refuse_without_loss(network, "no gradient", f"--wrt {wrt}" if wrt else "--values backward")
    found = compute(network, wrt=[wrt] if wrt else (), top=top, **options)
    if wrt and values == "backward":
        every = compute(network, top=0, **options).gradients or {}
        return found._replace(gradients={**every, **(found.gradients or {})})
    return found


def refuse_wide(data: Any) -> None:
    """Raises LimitError for data of more units than a picture shows, before their weights are drawn."""
    from gradcalc.language.building.layers import units_told
    from gradcalc.views.draw_units import refuse_many

    refuse_many(units_told(data))


def edges_of_units(network: "Network") -> "Sequence[UnitEdge]":
    """The edges between units. Raises LimitError for more units than a picture shows."""
    from gradcalc.analysis.unit_edges import unit_edges
    from gradcalc.views.draw_units import refuse_many

    refuse_many(sum(node.width for node in network.nodes))
    return unit_edges(network)


MOST_BOXES = 10_000
"""That a picture lays out: some seconds of work, which grows as their square."""


def refuse_many_boxes(boxes: int, form: str, every: bool) -> None:
    """Raises LimitError for more than a picture lays out; in text they stand one below another. `every` layer is asked
    for, also those of repeated blocks."""
    if boxes > MOST_BOXES and form in ("svg", "png"):
        has = f"a picture in {form} shows {MOST_BOXES:,} nodes at most, and this one would have {boxes:,}"
        fewer = "without --all repeated blocks are one box, " if every else ""
        raise LimitError(f"{has}; {fewer}--format dot has all of them")


def chosen_form(shown: Shown, file: str | None) -> str:
    """The form of the picture, as asked for or by the ending of its file. Raises UsageError."""
    from gradcalc.cli.help import formats_of
    from gradcalc.cli.output import STANDARD_OUTPUT, chosen_format

    form = chosen_format(shown, file, "text", formats_of("draw"), lambda: ENDINGS)
    if form == "png" and file in (None, STANDARD_OUTPUT):
        raise UsageError("--format png: a picture of pixels goes into a file; -o FILE.png names one")
    return form


def refuse_idle(shown: Shown, form: str, wrt: str | None, top: int | None) -> None:
    """Refuse words that mean nothing, and options that change nothing. Raises UsageError."""
    from gradcalc.cli.output import WHEN_COLORED

    if shown.values not in VALUES:
        raise UsageError(f"--values {shown.values} is not one of {', '.join(VALUES)}")
    if shown.color not in WHEN_COLORED:
        raise UsageError(f"--color {shown.color} is not one of {', '.join(WHEN_COLORED)}")
    idle = {
        f"--top {top}": top is not None and wrt is None and "has no effect without --wrt",
        "--color always": shown.color == "always" and form != "text" and f"changes nothing in {form}",
        f"--digits {shown.digits}": shown.digits != DIGITS and form == "json" and "changes nothing in json",
        "--all": shown.all_rows and form == "json" and "changes nothing in json",
        "--units": shown.units and form == "json" and "changes nothing in json",
        f"--values {shown.values}": shown.values != "forward" and form == "json" and "changes nothing in json",
    }
    for option, reason in idle.items():
        if reason:
            raise UsageError(f"{option}: {reason}")


def written(picture: "Drawing", form: str, shown: Shown, file: str | None) -> str | bytes:
    """The picture in its form; no form loads what another needs."""
    if not shown.all_rows:
        from gradcalc.report.drawings.folding import folded

        picture = folded(picture)
    refuse_many_boxes(len(picture.nodes), form, shown.all_rows)
    if form == "svg":
        from gradcalc.report.drawings.svg import svg

        return svg(picture)
    if form == "png":
        from gradcalc.report.drawings.raster import png

        return png(picture)
    if form == "mermaid":
        from gradcalc.report.drawings.mermaid import mermaid

        return mermaid(picture)
    if form == "dot":
        from gradcalc.report.drawings.dot import dot

        return dot(picture)
    from gradcalc.report.drawings.characters import characters

    return characters(picture, terminal_look(shown.color, file))


def terminal_look(color: str, file: str | None) -> "Look":
    """How wide and in which characters standard output shows it."""
    from shutil import get_terminal_size

    from gradcalc.cli.output import STANDARD_OUTPUT, colored, is_unicode
    from gradcalc.report.drawings.characters import Look

    to_file = file not in (None, STANDARD_OUTPUT)
    terminal = not to_file and sys.stdout.isatty()
    columns = get_terminal_size().columns if terminal else None
    return Look(columns, colored(color, terminal), not to_file and not is_unicode(sys.stdout))
