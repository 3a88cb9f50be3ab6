"""Mermaid: a flowchart, as GitHub shows it in Markdown between ```mermaid and ```."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gradcalc.report.drawings.drawing import Drawing, DrawnEdge, DrawnNode
from gradcalc.report.drawings.svg import edge_color, stroke_width
from gradcalc.report.text import printable

ESCAPES = str.maketrans({sign: f"#{ord(sign)};" for sign in "#\"'<>&`\\{}[]|*_~;%$"})
SHAPES = {"input": ("([", "])"), "layer": ("[", "]"), "loss": ("[", "]"), "fold": ("[[", "]]")}
ARROWS = {"edge": "-->", "skip": "-.->", "loss": "-->"}


def mermaid(drawing: Drawing) -> str:
    """The drawing as a flowchart from left to right; what stands beneath it is its description."""
    return "\n".join(lines(drawing)) + "\n"


def lines(drawing: Drawing) -> Iterator[str]:
    """The chart, its title and description for readers of the screen, nodes, edges, and how edges are drawn."""
    yield "flowchart LR"
    yield f"  accTitle: {sentence(drawing.title)}"
    yield f"  accDescr: {sentence(drawing.description)}"
    for number, node in enumerate(drawing.nodes):
        yield f"  n{number}{box(node)}"
    for edge in drawing.edges:
        label = "<br/>".join(escape(text.line) for text in edge.label)
        arrow = ARROWS["edge" if drawing.is_lit else edge.kind] + (f'|"{label}"|' if label else "")
        yield f"  n{edge.source} {arrow} n{edge.target}"
    for number, edge in enumerate(drawing.edges if drawing.is_lit else ()):
        yield f"  linkStyle {number} {edge_style(edge)}"


def box(node: DrawnNode) -> str:
    """A node's text in quotes, in the shape of its kind."""
    opening, closing = SHAPES[node.kind]
    name, *rest = (escape(text.line) for text in node.lines)
    return f'{opening}"{"<br/>".join([f"<b>{name}</b>", *rest])}"{closing}'


def edge_style(edge: DrawnEdge) -> str:
    """As wide as its share, in the colour of its sign; of the opposite sign dashed."""
    dashes = ",stroke-dasharray:7 3" if edge.share and edge.share < 0 else ""
    return f"stroke:{edge_color(edge, True)},stroke-width:{stroke_width(edge):.1f}px{dashes}"


def escape(text: str) -> str:
    """A text in which nothing has a meaning to Mermaid: signs as the numbers of their letters."""
    return re.sub(r"^(\d+)([.)]) ", r"\1#46; ", printable(text).translate(ESCAPES)).replace("- ", "#45; ")


def sentence(text: str) -> str:
    """A text that Mermaid takes as it is up to the end of its line, but for these signs."""
    return re.sub(r"[;#{}]", ",", printable(text))
