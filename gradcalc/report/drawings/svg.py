"""SVG: one picture without script or fonts of its own, light or dark as the page around it is.

Elements have stable names for a page that changes them: a node's group has `data-node`, an edge's `data-edge` (h1→y),
`data-from`, `data-to`, `data-through` (what a path calls it) and `data-parameter`, a number `data-number` (what it is:
output, parameter, …) and `data-of` (the node's or parameter's name). Edges on paths that are lit up have the class
`lit` and `same` or `opposite`, all others `unlit`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcalc.records import Record
from gradcalc.report.drawings.columns import LABEL, LABEL_LINE, LINE, SIZES
from gradcalc.report.drawings.drawing import Drawing, DrawnEdge, DrawnNode, DrawnText
from gradcalc.report.drawings.layout import HEAD, MARGIN, MOST_WIDTH, Frame, Layout, Spot, Stroke, layout
from gradcalc.report.drawings.text_widths import text_width
from gradcalc.report.text import in_markup, wrap

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', Verdana, sans-serif"
TITLE, NOTE = 14.0, 12.0
NOTE_LINE = 18.0
NARROWEST_PAGE = 340.0
MOST_LABELS = 400  # edges of one picture that have labels
THIN, BROAD = 1.4, 7.0  # widths of an edge with no share of the gradient, and with all of it

LIGHT = {
    "paper": "#ffffff", "ink": "#1f2328", "quiet": "#59636e", "line": "#57606a", "unlit": "#8c959f",
    "box": "#f6f8fa", "input": "#eaf3fb", "loss": "#fdf3e3", "same": "#0072b2", "opposite": "#c2410c",
}  # fmt: skip
DARK = {
    "paper": "#0d1117", "ink": "#e6edf3", "quiet": "#9aa4af", "line": "#a5adb6", "unlit": "#656d76",
    "box": "#161b22", "input": "#10233a", "loss": "#2d2413", "same": "#56b4e9", "opposite": "#f0883e",
}  # fmt: skip
"""Blue and orange are told apart by every kind of colour vision; what has the opposite sign is dashed as well."""
FILLS = {"input": LIGHT["input"], "layer": LIGHT["box"], "loss": LIGHT["loss"], "fold": LIGHT["box"]}
"""Of boxes, by their kind, where a picture has no style to look it up in."""

RULES = """\
.gradcalc-drawing text {{ font-family: {font}; fill: {ink} }}
.gradcalc-drawing .paper {{ fill: {paper} }}
.gradcalc-drawing .name {{ font-weight: bold }}
.gradcalc-drawing .note, .gradcalc-drawing .share {{ fill: {quiet} }}
.gradcalc-drawing rect.box {{ fill: {box}; stroke: {line}; stroke-width: 1.2 }}
.gradcalc-drawing .input rect.box {{ fill: {input} }}
.gradcalc-drawing .loss rect.box {{ fill: {loss} }}
.gradcalc-drawing .fold rect.box {{ stroke-dasharray: 4 3 }}
.gradcalc-drawing .edge path {{ fill: none; stroke: {line} }}
.gradcalc-drawing .edge polygon {{ fill: {line} }}
.gradcalc-drawing .unlit path {{ stroke: {unlit} }}
.gradcalc-drawing .unlit polygon {{ fill: {unlit} }}
.gradcalc-drawing .subject.unlit path {{ stroke: {ink} }}
.gradcalc-drawing .subject.unlit polygon {{ fill: {ink} }}
.gradcalc-drawing .same path {{ stroke: {same} }}
.gradcalc-drawing .same polygon, .gradcalc-drawing .same .share {{ fill: {same} }}
.gradcalc-drawing .opposite path {{ stroke: {opposite}; stroke-dasharray: 7 3 }}
.gradcalc-drawing .opposite polygon, .gradcalc-drawing .opposite .share {{ fill: {opposite} }}
.gradcalc-drawing .lit rect.box {{ stroke: {ink}; stroke-width: 1.8 }}
.gradcalc-drawing .subject text {{ font-weight: bold }}"""


class Page(Record):
    """A layout with what stands above and beneath it, in lines; where it begins."""

    placed: Layout
    width: float
    height: float
    left: float
    above: float
    heading: Sequence[str]
    notes: Sequence[str]


def page(drawing: Drawing, is_whole: bool = True, most_width: float = MOST_WIDTH) -> Page:
    """The page of a drawing; one that is not whole has neither heading nor notes."""
    told = [*drawing.notes, *legend(drawing)]
    if sum(bool(edge.label) for edge in drawing.edges) > MOST_LABELS:
        told.append("The edges are too many for labels; each tells its own where it is pointed at.")
        drawing = drawing._replace(edges=[edge._replace(label=()) for edge in drawing.edges])
    placed = layout(drawing, most_width)
    width = max(placed.width, NARROWEST_PAGE if is_whole else 0)
    heading = lines([drawing.title], TITLE, width) if is_whole else []
    notes = lines(told, NOTE, width) if is_whole else []
    above = len(heading) * LINE + (MARGIN if heading else 0)
    height = above + placed.height + len(notes) * NOTE_LINE + (MARGIN / 2 if notes else 0)
    return Page(placed, width, height, (width - placed.width) / 2, above, heading, notes)


def legend(drawing: Drawing) -> list[str]:
    """What the width of a line and its dashes mean."""
    if not drawing.is_lit:
        return []
    told = "Width of an edge: the share of the gradient that comes through it"
    return [f"{told}; dashed: of the opposite sign." if drawing.has_opposite else f"{told}."]


def svg(drawing: Drawing, prefix: str = "gradcalc", is_whole: bool = True, most_width: float = MOST_WIDTH) -> str:
    """The picture. `prefix` begins the ids of its title and description, which are to be unique in a page; a picture
    that is not whole has neither heading nor notes, which the page around it has."""
    placed, width, height, left, above, heading, notes = page(drawing, is_whole, most_width)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="gradcalc-drawing" role="img" viewBox="0 0 {number(width)} '
        f'{number(height)}" width="{number(width)}" height="{number(height)}" aria-labelledby="{prefix}-title '
        f'{prefix}-description" style="max-width: 100%; height: auto">',
        f'<title id="{prefix}-title">{in_markup(drawing.title)}</title>',
        f'<desc id="{prefix}-description">{in_markup(drawing.description)}</desc>',
        f"<style>\n{style()}\n</style>",
        '<rect class="paper" width="100%" height="100%"/>',
        *(text_element(MARGIN + LINE * (row + 0.75), TITLE, "name", line) for row, line in enumerate(heading)),
        f'<g transform="translate({number(left)} {number(above)})">',
        *picture(drawing, placed),
        "</g>",
        *(
            text_element(above + placed.height + NOTE_LINE * (row + 0.75), NOTE, "note", line)
            for row, line in enumerate(notes)
        ),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def style() -> str:
    """The rules of a light page, and those of a dark one."""
    light, dark = (RULES.format(font=FONT, **colors) for colors in (LIGHT, DARK))
    return f"{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}"


def lines(texts: Sequence[str], size: float, page: float) -> list[str]:
    """Texts broken into lines that the page is wide enough for."""
    found = []
    for text in texts:
        columns = max(20, int((page - 2 * MARGIN) / (size * 0.5)))
        while columns > 20 and any(text_width(line, size) > page - 2 * MARGIN for line in wrap(text, columns)):
            columns -= 2
        found += wrap(text, columns)
    return found


def picture(drawing: Drawing, placed: Layout) -> Iterator[str]:
    """The edges, then the boxes, then the labels: what a reader reads stands in front."""
    for edge, stroke in zip(drawing.edges, placed.strokes):
        yield from edge_elements(edge, stroke, drawing)
    for node, frame in zip(drawing.nodes, placed.boxes):
        yield from node_elements(node, frame)
    for edge, label in zip(drawing.edges, placed.labels):
        if label is not None:
            yield from label_elements(edge, label, drawing)


def edge_classes(edge: DrawnEdge, is_lit: bool) -> str:
    """`edge skip lit same subject`, `edge unlit`"""
    lit = [] if not is_lit else ["unlit"] if not edge.share else ["lit", "same" if edge.share > 0 else "opposite"]
    return " ".join(["edge", *([edge.kind] if edge.kind != "edge" else []), *lit, *["subject"] * edge.is_subject])


def edge_data(edge: DrawnEdge, drawing: Drawing) -> str:
    """The attributes that tell which edge it is."""
    data = {
        "edge": edge.name,
        "from": drawing.nodes[edge.source].name,
        "to": drawing.nodes[edge.target].name,
        "through": edge.through,
        "parameter": edge.parameter,
    }
    return "".join(f' data-{key}="{in_markup(value)}"' for key, value in data.items() if value)


def stroke_width(edge: DrawnEdge) -> float:
    """By its share of the gradient, up to all of it."""
    return THIN if edge.share is None else THIN + (BROAD - THIN) * min(abs(edge.share), 1)


def edge_color(edge: DrawnEdge, is_lit: bool) -> str:
    """Grey, or by its sign where paths are lit up."""
    if not is_lit:
        return LIGHT["line"]
    return LIGHT["unlit" if not edge.share else "same" if edge.share > 0 else "opposite"]


def arrow_head(edge: DrawnEdge, x: float, y: float) -> tuple[Spot, Spot, Spot]:
    """The corners of its arrow, the point first, wider and longer with the edge."""
    half = max(4.0, stroke_width(edge) * 1.1)
    length = max(HEAD, half * 1.3)
    return (x, y), (x - length, y - half), (x - length, y + half)


def edge_elements(edge: DrawnEdge, stroke: Stroke, drawing: Drawing) -> Iterator[str]:
    """A line and the head of its arrow; what its label says in words for whoever points at it."""
    corners = arrow_head(edge, *stroke.end)
    path = [f"M{spot(stroke.start)}"]
    path += [f"L{spot(piece[0])}" if len(piece) == 1 else f"C{' '.join(map(spot, piece))}" for piece in stroke.pieces]
    path[-1] = f"L{spot((corners[1][0] + 1, stroke.end[1]))}"
    source, target = (drawing.nodes[node].name or "L" for node in (edge.source, edge.target))
    words = ", ".join([f"{source} → {target}", *(text.line for text in edge.label)])
    yield f'<g class="{edge_classes(edge, drawing.is_lit)}"{edge_data(edge, drawing)}><title>{in_markup(words)}</title>'
    yield f'<path d="{"".join(path)}" stroke-width="{number(stroke_width(edge))}"/>'
    yield f'<polygon points="{" ".join(map(spot, corners))}"/></g>'


def node_elements(node: DrawnNode, frame: Frame) -> Iterator[str]:
    """A box with its lines of text."""
    data = f' data-node="{in_markup(node.name)}"' if node.name else " data-loss=''" if node.kind == "loss" else ""
    yield f'<g class="node {node.kind}{" lit" * node.is_lit}"{data}>'
    corner = min(frame.height / 2, 14) if node.kind == "input" else 5
    yield (
        f'<rect class="box" x="{number(frame.left)}" y="{number(frame.top)}" width="{number(frame.width)}" '
        f'height="{number(frame.height)}" rx="{number(corner)}"/>'
    )
    down = frame.top + (frame.height - len(node.lines) * LINE) / 2
    for row, text in enumerate(node.lines):
        yield line_element(frame.left + frame.width / 2, down + LINE * (row + 0.75), SIZES[text.kind], text)
    yield "</g>"


def label_elements(edge: DrawnEdge, frame: Frame, drawing: Drawing) -> Iterator[str]:
    """The label of an edge, on paper that hides the line beneath it."""
    yield f'<g class="label {edge_classes(edge, drawing.is_lit)}"{edge_data(edge, drawing)}>'
    middle, width = frame.left + frame.width / 2, 4 + max(text_width(text.line, LABEL, True) for text in edge.label)
    width = min(width, frame.width - 2)
    yield (
        f'<rect class="paper" x="{number(middle - width / 2)}" y="{number(frame.top + 1)}" '
        f'width="{number(width)}" height="{number(frame.height - 2)}" rx="3"/>'
    )
    for row, text in enumerate(edge.label):
        yield line_element(frame.left + frame.width / 2, frame.top + 1 + LABEL_LINE * (row + 0.78), LABEL, text)
    yield "</g>"


def line_element(x: float, y: float, size: float, text: DrawnText) -> str:
    """A line of text in its middle at x; a number that may change in a part of its own."""
    content = in_markup(text.text)
    if text.number:
        data = f' data-number="{text.number}"' + (f' data-of="{in_markup(text.of)}"' if text.of else "")
        content = f"{in_markup(text.before)}<tspan{data}>{content}</tspan>"
    elif text.before:
        content = in_markup(text.before) + content
    return (
        f'<text class="{text.kind}" x="{number(x)}" y="{number(y)}" font-size="{number(size)}" '
        f'text-anchor="middle">{content}</text>'
    )


def text_element(y: float, size: float, kind: str, text: str) -> str:
    """A line of text at the left edge of the page."""
    place = f'x="{number(MARGIN)}" y="{number(y)}" font-size="{number(size)}"'
    return f'<text class="{kind}" {place}>{in_markup(text)}</text>'


def spot(point: Spot) -> str:
    """`12.5 30`"""
    return f"{number(point[0])} {number(point[1])}"


def number(size: float) -> str:
    """Pixels with one decimal at most."""
    return f"{size:.1f}".removesuffix(".0")
