"""The paths that a gradient is the sum of: how many there are, and the largest, with their shares.

Where every node is one number, or the question is about single units, the largest are found without listing all.
Where a path of layers has a matrix for a contribution, all are listed up to `LISTED`, and beyond that the largest that
a search finds which keeps the best at every node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from gradcalc.magnitudes import norm, numbers
from gradcalc.precedence import Order
from gradcalc.steps import Mark

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


def by_size(found: Iterable[Found], order: Order) -> list[Found]:
    """Largest |contribution| first; ties in the order of the nodes, then of the edges, then as they are found."""
    return [path for _, path in _in_order([(norm(path[0]), path) for path in found], order)]


def first_by_size(found: Iterable[Found], k: int, order: Order, size: Callable[[Any], Any]) -> list[Found]:
    """The first k of many, at least one, of which no more than twice as many are held at once."""
    kept: list[tuple[Any, Found]] = []
    for path in found:
        kept.append((size(path[0]), path))
        if len(kept) == 2 * k:
            kept = _in_order(kept, order)[:k]
    return [path for _, path in _in_order(kept, order)[:k]]


def _in_order(sized: Sequence[tuple[Any, Found]], order: Order) -> list[tuple[Any, Found]]:
    places = sorted(range(len(sized)), key=lambda place: sized[place][0], reverse=True)
    ordered: list[tuple[Any, Found]] = []
    for span in order.spans([sized[place][0] for place in places]):
        ties = [sized[place] for place in sorted(places[span])]
        ordered += sorted(ties, key=lambda tie: names_of(tie[1])) if len(ties) > 1 else ties
    return ordered


def names_of(path: Found) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What ties go by."""
    marks = path[1]()
    return nodes_of(marks), labels_of(marks)


def nodes_of(marks: Sequence[Mark]) -> tuple[str, ...]:
    """The nodes that a path visits."""
    return tuple(mark.node for mark in marks if mark.node is not None)


def labels_of(marks: Sequence[Mark]) -> tuple[str, ...]:
    """The edges that a path takes."""
    return tuple(mark.label for mark in marks if mark.label is not None)
