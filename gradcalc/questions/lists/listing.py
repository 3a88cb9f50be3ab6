"""The paths that a gradient is the sum of: how many there are, and the largest, with their shares.

Where every node is one number, or the question is about single units, the largest are found without listing all.
Where a path of layers has a matrix for a contribution, all are listed up to `LISTED`, and beyond that the largest that
a search finds which keeps the best at every node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from heapq import nlargest
from typing import Any

from gradcalc.network.linear_graph import Mark
from gradcalc.network.network import norm, numbers

LISTED = 10_000

Found = tuple[Any, Callable[[], list[Mark]]]
"""A contribution, and what spells out the marks of its path."""


def share(contribution: Any, gradient: Any) -> Any:
    """⟨contribution, gradient⟩ / ⟨gradient, gradient⟩, scaled so that no square leaves the range; None for 0."""
    return share_over(numbers(contribution), numbers(gradient), gradient)


def share_over(ours: Sequence[Any], theirs: Sequence[Any], gradient: Any) -> Any:
    """The same of a contribution that is 0 but for some entries, and these entries of the gradient."""
    whole = numbers(gradient)
    scale = max(map(abs, whole))
    if scale == 0:
        return None
    dot = sum(one / scale * (other / scale) for one, other in zip(ours, theirs))
    return dot / sum((entry / scale) ** 2 for entry in whole)


def largest_of(found: Iterable[Found], k: int, size: Callable[[Any], Any] = norm) -> list[Found]:
    """The k largest by |contribution|, largest first; ties as they are found. Only k are held at once."""
    return nlargest(k, found, key=lambda path: size(path[0]))


def nodes_of(marks: Sequence[Mark]) -> tuple[str, ...]:
    """The nodes that a path visits."""
    return tuple(mark.node for mark in marks if mark.node is not None)


def labels_of(marks: Sequence[Mark]) -> tuple[str, ...]:
    """The edges that a path takes."""
    return tuple(mark.label for mark in marks if mark.label is not None)
