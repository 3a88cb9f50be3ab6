"""The largest paths of a gradient, one a row: where they lead, over which edges, and what they carry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from gradcalc.blocks import Column, Percent, Table
from gradcalc.results import Path, PathSums
from gradcalc.text.phrases import SKIP, gradient, over, plural, route
from gradcalc.views.paths.numbers import cancels

NAMED = 12
"""Weights of a path that are named where two paths would read alike without."""


def largest_table(sums: PathSums, every: bool) -> Table:
    """The largest paths, with their share of the sum (of a matrix: of the summed magnitude)."""
    paths = list(sums.top)
    batch = any(path.example is not None for path in paths)
    matrix = any(path.entry is not None for path in paths)
    names = ("example",) * batch + ("entry",) * matrix + ("path", "over", "length", "contribution", heading(sums))
    rows = [
        [path.example] * batch
        + [path.entry] * matrix
        + [where, edges, path.length, path.contribution, Percent(share(path, sums))]
        for path, (where, edges) in zip(paths, ways(paths, every))
    ]
    return Table([Column(name) for name in names], rows, title=f"The largest of {gradient(sums.name, sums.of)}")


def ways(paths: Sequence[Path], every: bool) -> list[tuple[str, str]]:
    """Nodes and edges of every path; its weights by name, if they are not many, where another would read the same."""
    told = [(start(path) + route(path.nodes, every), over(path.through, every)) for path in paths]
    seen = Counter((path.example, path.entry, *way) for path, way in zip(paths, told))
    alike = [seen[path.example, path.entry, *way] > 1 for path, way in zip(paths, told)]
    return [
        (where, named(path) or edges) if same else (where, edges)
        for path, (where, edges), same in zip(paths, told, alike)
    ]


def start(path: Path) -> str:
    """The use of a tied parameter that the path starts at, where its first node does not tell."""
    return f"{path.at}: " if path.at not in (None, path.nodes[0]) else ""


def named(path: Path) -> str:
    """Every weight that it takes, and how many skips; nothing where the weights are many."""
    skips = sum(edge.startswith(SKIP) for edge in path.through)
    weights = [edge for edge in path.through if "→" not in edge]
    return ", ".join([*weights, *([plural(skips, "skip")] if skips else [])]) if len(weights) <= NAMED else ""


def heading(sums: PathSums) -> str:
    """What the shares are of, where that makes a difference."""
    if not cancels(sums):
        return "share"
    return "of the sum" if is_of_sum(sums) else "of Σ|path|"


def share(path: Path, sums: PathSums) -> Any:
    """Of the sum or of the magnitude."""
    if is_of_sum(sums):
        return path.share
    return abs(path.contribution) / sums.magnitude if sums.magnitude else None


def is_of_sum(sums: PathSums) -> bool:
    """Whether there is a sum to have a share of: one number, and not 0."""
    return not isinstance(sums.total, list) and sums.cancellation is not None
