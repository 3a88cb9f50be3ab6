"""The paths that a gradient is the sum of: how many there are, and the largest, with their shares.

Where every node is one number, or the question is about single units, the largest are found without listing all.
Where a path of layers has a matrix for a contribution, all are listed up to `LISTED`, and beyond that the largest that
a search finds which keeps the best at every node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any

from gradcalc.steps import Mark

LISTED = 10_000

Found = tuple[Any, Callable[[], list[Mark]]]
"""A contribution, and what spells out the marks of its path."""


def share(contribution: Any, gradient: Any) -> Any:
    """⟨contribution, gradient⟩ / ⟨gradient, gradient⟩, scaled so that no square leaves the range; None for 0."""
    ours, whole = list(entries(contribution)), list(entries(gradient))
    scale = max(map(abs, whole))
    if scale == 0:
        return None
    whole = [entry / scale for entry in whole]
    dot = sum(one / scale * other for one, other in zip(ours, whole))
    return dot / sum(entry * entry for entry in whole)


def norm(value: Any) -> Any:
    """The Frobenius norm, |x| of a number, scaled so that no square leaves the range."""
    numbers = [abs(entry) for entry in entries(value)]
    scale = max(numbers, default=0)
    if scale == 0 or len(numbers) == 1:
        return scale
    total = sum((number / scale) ** 2 for number in numbers)
    return scale * (total**0.5 if isinstance(total, float) else total.sqrt() if hasattr(total, "sqrt") else total**0.5)


def entries(value: Any) -> Iterable[Any]:
    """The numbers of a value, row by row, however deep its lists."""
    if not isinstance(value, list):
        return (value,)
    return (entry for part in value for entry in entries(part))


def by_size(found: Sequence[Found]) -> list[Found]:
    """Largest |contribution| first; ties in the order of the nodes, then of the edges."""
    sized = sorted(((norm(path[0]), path) for path in found), key=lambda pair: pair[0], reverse=True)
    ordered: list[Found] = []
    for _, ties in groupby(sized, key=lambda pair: pair[0]):
        paths = [path for _, path in ties]
        ordered += sorted(paths, key=_names) if len(paths) > 1 else paths
    return ordered


def _names(path: Found) -> tuple[tuple[str, ...], tuple[str, ...]]:
    marks = path[1]()
    return nodes_of(marks), labels_of(marks)


def nodes_of(marks: Sequence[Mark]) -> tuple[str, ...]:
    """The nodes that a path visits."""
    return tuple(mark.node for mark in marks if mark.node is not None)


def labels_of(marks: Sequence[Mark]) -> tuple[str, ...]:
    """The edges that a path takes."""
    return tuple(mark.label for mark in marks if mark.label is not None)
