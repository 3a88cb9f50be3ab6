"""DOT, the language of Graphviz: nodes and edges as the drawing has them, laid out by whoever reads it."""

from __future__ import annotations

from collections.abc import Iterator

from gradcalc.report.drawings.drawing import Drawing, DrawnEdge, DrawnNode
from gradcalc.report.drawings.svg import FILLS, LIGHT, edge_color, stroke_width
from gradcalc.report.text import printable

STYLES = {"input": "rounded,filled", "layer": "filled", "loss": "filled", "fold": "dashed,filled"}


def dot(drawing: Drawing) -> str:
    """The drawing as a directed graph from left to right, what stands beneath it as its label."""
    return "\n".join(lines(drawing)) + "\n"


def lines(drawing: Drawing) -> Iterator[str]:
    """The graph, how it is drawn, its nodes and its edges."""
    label = "\\l".join(map(escape, [drawing.title, *drawing.notes]))
    yield f'digraph "{escape(drawing.title)}" {{'
    yield f'  graph [rankdir=LR, label="{label}\\l", labelloc=b, labeljust=l, fontname="Helvetica", fontsize=12]'
    yield f'  node [shape=box, fontname="Helvetica", fontsize=12, color="{LIGHT["line"]}"]'
    yield f'  edge [fontname="Helvetica", fontsize=11, color="{LIGHT["line"]}"]'
    for number, node in enumerate(drawing.nodes):
        yield f"  n{number} [{node_attributes(node)}]"
    for edge in drawing.edges:
        yield f"  n{edge.source} -> n{edge.target} [{edge_attributes(edge, drawing.is_lit)}]"
    yield "}"


def node_attributes(node: DrawnNode) -> str:
    """The text of a node, and how its box looks."""
    label = "\\n".join(escape(text.line) for text in node.lines)
    return f'label="{label}", style="{STYLES[node.kind]}", fillcolor="{FILLS[node.kind]}"'


def edge_attributes(edge: DrawnEdge, is_lit: bool) -> str:
    """The label of an edge, as wide as its share, in the colour of its sign."""
    told = [f'label="{" ".join(escape(text.line) for text in edge.label)}"'] if edge.label else []
    if edge.kind == "skip" and not is_lit:
        told.append("style=dashed")
    if is_lit:
        told += [f'color="{edge_color(edge, is_lit)}"', f"penwidth={stroke_width(edge):.1f}"]
        told += ["style=dashed"] if edge.share and edge.share < 0 else []
    return ", ".join(told)


def escape(text: str) -> str:
    """A text in quotes."""
    return printable(text).replace("\\", "\\\\").replace('"', '\\"')
