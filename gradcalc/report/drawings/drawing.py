"""What a picture of a network shows, before anything has a place: nodes with their lines of text, edges with labels.

Every form of the picture is made of this: SVG and PNG through the places that `layout.py` finds, the text of a
terminal, Mermaid and DOT by rules of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.expressions.numerals import percent
from gradcalc.records import Record


class DrawnText(Record):
    """A line of text. Of a number that may change `number` says which it is, as `output` of a node: the number is then
    the end of the line, after `before`."""

    text: str
    kind: str = "value"  # "name", "note", "value", "share"
    number: str = ""  # "output", "adjoint", "delta", "parameter", "gradient", "loss", "target"
    of: str = ""  # the node or the parameter whose number it is
    before: str = ""  # what stands before the number
    room: str = ""  # a number as wide as any that a page may put in its place

    @property
    def line(self) -> str:
        """All of it."""
        return self.before + self.text


class DrawnNode(Record):
    """A box. `name` is that of an input, a layer or (with its index) a unit; "" of the loss and of what is folded."""

    kind: str  # "input", "layer", "loss", "fold"
    name: str
    lines: tuple[DrawnText, ...]
    is_lit: bool = False  # whether paths that are lit up pass it
    inside: tuple[str, ...] = ()  # of what is folded the nodes


class DrawnEdge(Record):
    """A line from one box to another, which has a greater number."""

    source: int
    target: int
    name: str  # what tells it from all others: "h1→y", of parallel ones "h1→y 2"
    through: str  # what a path calls it: "w2", "skip h1→h3", "h1→h3"; "" of one that paths do not name
    kind: str = "edge"  # "edge", "skip", "loss"
    label: tuple[DrawnText, ...] = ()
    parameter: str = ""
    share: float | None = None  # of the gradient whose paths are lit up; None where no path takes it
    is_subject: bool = False  # whether it has the weight whose gradient is lit up
    together: tuple[str, ...] = ()  # the names of several edges that are drawn as this one


class Drawing(Record):
    """A picture of one network. `notes` stand beneath it: what is lit up, and its largest paths."""

    title: str
    description: str
    nodes: Sequence[DrawnNode]
    edges: Sequence[DrawnEdge]
    notes: Sequence[str] = ()

    @property
    def is_lit(self) -> bool:
        """Whether the paths of a gradient are lit up."""
        return any(edge.share is not None for edge in self.edges)

    @property
    def has_opposite(self) -> bool:
        """Whether paths that are lit up have, taken together at an edge, the opposite sign to the gradient."""
        return any(edge.share is not None and edge.share < 0 for edge in self.edges)


def roomy(drawing: Drawing, number: str, weight: str = "") -> Drawing:
    """The drawing with room for such a number wherever one stands that may change, at edges for such a weight."""

    def wide(texts: Sequence[DrawnText], number: str = number) -> tuple[DrawnText, ...]:
        return tuple(text._replace(room=number) if text.number else text for text in texts)

    return drawing._replace(
        nodes=[node._replace(lines=wide(node.lines)) for node in drawing.nodes],
        edges=[edge._replace(label=wide(edge.label, weight or number)) for edge in drawing.edges],
    )


def share_text(share: Any) -> DrawnText:
    """97.6 %"""
    figure = percent(share)
    return DrawnText(f"{figure.left}{figure.right} %", "share")
