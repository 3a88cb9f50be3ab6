"""How gradients, paths and formulas are written for a person: ∂L/∂w1, h1 → h2 → y, (y − t)²."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradcalc.blocks import Words
from gradcalc.text.typography import SUPERSCRIPTS

LONGEST_ROUTE = 4
MOST_WEIGHTS = 3
SKIP = "skip "


def gradient(name: str, of: str = "L") -> str:
    """∂L/∂w1, ∂h2/∂w1"""
    return f"∂{of}/∂{name}"


def route(nodes: Sequence[str], whole: bool = False) -> str:
    """The nodes of a path, the middle of a long one left out: h1 → … → y."""
    if len(nodes) > LONGEST_ROUTE and not whole:
        nodes = [nodes[0], "…", nodes[-1]]
    return " → ".join(nodes)


def over(through: Sequence[str], whole: bool = False) -> str:
    """The edges of a path that the route does not tell: w2, w3; of many, how many: 18 weights, 20 skips."""
    told = [edge for edge in through if "→" not in edge or edge.startswith(SKIP)]
    skips = [edge for edge in told if edge.startswith(SKIP)]
    weights = [edge for edge in told if edge not in skips]
    if whole or (len(weights) <= MOST_WEIGHTS and len(skips) <= 1):
        return ", ".join(told)
    named = weights if len(weights) <= MOST_WEIGHTS else [plural(len(weights), "weight")]
    return ", ".join([*named, *([plural(len(skips), "skip")] if skips else [])])


def plural(number: int, noun: str) -> str:
    """1 skip, 20 skips"""
    return f"{number} {noun}{'s' * (number != 1)}"


def listed(names: Sequence[str], most: int = 8) -> str:
    """a, b and c; of many the first, and how many more there are."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def typeset(formula: str) -> str:
    """A formula of ours as a person writes it: (y - t)^2 becomes (y − t)²."""
    pieces = formula.replace("*", "·").replace(" - ", " − ").split("^")
    return pieces[0] + "".join(raised(piece) for piece in pieces[1:])


def raised(piece: str) -> str:
    """What follows a ^: an integer becomes superscript, anything else stays as it was."""
    figures = len(piece) - len(piece.lstrip("0123456789"))
    return piece[:figures].translate(SUPERSCRIPTS) + piece[figures:] if figures else f"^{piece}"


def with_numbers(formula: str, values: Mapping[str, Any]) -> Words:
    """A typeset formula with numbers in place of its names, a negative one in parentheses."""
    parts: list[Any] = []
    for word in words(formula):
        if word not in values:
            parts.append(word)
        elif values[word] < 0:
            parts += ["(", values[word], ")"]
        else:
            parts.append(values[word])
    return tuple(parts)


def words(formula: str) -> list[str]:
    """The formula cut into names and what stands between them."""
    pieces = [""]
    for character in formula:
        if pieces[-1] and (character.isalnum() or character == "_") != (
            pieces[-1][-1].isalnum() or pieces[-1][-1] == "_"
        ):
            pieces.append("")
        pieces[-1] += character
    return pieces
