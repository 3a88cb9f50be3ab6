"""Repeated blocks drawn once: of a block that comes n times in a row the first and the last copy, between them a box.

Two layers are alike that say the same but for their numbers and names, and read nodes that stand equally far before
them in the same manner.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.report.drawings.drawing import Drawing, DrawnEdge, DrawnNode, DrawnText, share_text

LONGEST_BLOCK = 12  # layers of a block
FEWEST_COPIES = 4  # of a block that is folded: two are drawn, and one box in place of two would say less

Fold = tuple[int, int, int]  # the first node in a box, the first after it, the layers of a block


def folded(drawing: Drawing) -> Drawing:
    """The drawing with a box in place of the copies of a block between its first and its last."""
    folds = repeated(drawing)
    if not folds:
        return drawing
    places: list[int] = []  # of every node the number of its box
    nodes: list[DrawnNode] = []
    starts = {first: (first, after, length) for first, after, length in folds}
    number = 0
    while number < len(drawing.nodes):
        fold = starts.get(number)
        nodes.append(drawing.nodes[number] if fold is None else box(drawing, *fold))
        after = number + 1 if fold is None else fold[1]
        places += [len(nodes) - 1] * (after - number)
        number = after
    notes = [f"{node.lines[0].text}: {node.lines[1].text}, drawn as one box" for node in nodes if node.kind == "fold"]
    told = f"{'; '.join(notes)} (--all draws every layer)."
    return drawing._replace(nodes=nodes, edges=edges_between(drawing, places, nodes), notes=(*drawing.notes, told))


def box(drawing: Drawing, first: int, after: int, length: int) -> DrawnNode:
    """The box of some copies of a block: from which layer to which, and how many blocks of how many layers."""
    hidden = drawing.nodes[first:after]
    copies = len(hidden) // length
    size = f"{copies} layers" if length == 1 else f"{copies} blocks × {length} layers"
    told = dict.fromkeys(text.line for node in hidden for text in node.lines if text.kind == "note" and not text.number)
    lines = [DrawnText(f"{hidden[0].name} … {hidden[-1].name}", "name"), DrawnText(size, "note")]
    lines += [DrawnText(text, "note") for text in (told if len(told) <= length else ())]
    inside = tuple(node.name for node in hidden)
    return DrawnNode("fold", "", tuple(lines), any(node.is_lit for node in hidden), inside)


def edges_between(drawing: Drawing, places: Sequence[int], nodes: Sequence[DrawnNode]) -> list[DrawnEdge]:
    """The edges between boxes; those of one kind between a fold and the same other box are drawn as one."""
    found: list[DrawnEdge] = []
    together: dict[tuple[int, int, str], int] = {}
    for edge in drawing.edges:
        source, target = places[edge.source], places[edge.target]
        if source == target:
            continue
        ends = (source, target, edge.kind)
        edge = edge._replace(source=source, target=target)
        if "fold" not in (nodes[source].kind, nodes[target].kind) or ends not in together:
            together[ends] = len(found)
            found.append(edge)
            continue
        other = found[together[ends]]
        shares = [share for share in (other.share, edge.share) if share is not None]
        share = sum(shares) if shares else None
        label = () if share is None else (share_text(share),)
        names = (*(other.together or (other.name,)), edge.name)
        found[together[ends]] = other._replace(share=share, label=label, through="", parameter="", together=names)
    return found


def repeated(drawing: Drawing) -> list[Fold]:
    """The runs of copies that are put into a box, from the first node on, the longest run of each first node."""
    alike = signatures(drawing)
    found, number = [], 0
    while number < len(alike):
        covered, length = max(
            ((run(alike, number, length) // length * length, -length) for length in range(1, LONGEST_BLOCK + 1)),
            default=(0, 0),
        )
        if covered >= FEWEST_COPIES * -length:
            found.append((number - length, number + covered + length, -length))
            number += covered
        else:
            number += 1
    return found


def run(alike: Sequence[Any], first: int, length: int) -> int:
    """How many nodes from the first on belong to copies of a block of so many layers; 0 where there are too few."""
    after = first + length
    while after < len(alike) and alike[after] == alike[after - length]:
        after += 1
    return after - first if after - first >= FEWEST_COPIES * length else 0


def signatures(drawing: Drawing) -> list[Any]:
    """What of a node must be the same in all copies of a block; of what is in no block something of its own."""
    into: list[list[Any]] = [[] for _ in drawing.nodes]
    ends = set()
    for edge in drawing.edges:
        far: Any = drawing.nodes[edge.source].name
        if drawing.nodes[edge.source].kind == "layer":
            far = edge.target - edge.source
        into[edge.target].append((far, edge.kind, bool(edge.parameter), edge.is_subject))
        if edge.kind == "loss":
            ends.add(edge.source)
    found: list[Any] = []
    for number, node in enumerate(drawing.nodes):
        told = tuple(text.line for text in node.lines if text.kind == "note" and not text.number)
        found.append((told, tuple(into[number])) if node.kind == "layer" and number not in ends else number)
    return found
