"""The largest path of every gradient, looked for only when asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from gradcalc.network.network import Value
from gradcalc.questions.compute import PathsOnDemand
from gradcalc.questions.lists.listing import share
from gradcalc.questions.point import Point
from gradcalc.questions.subjects import Subject
from gradcalc.results import Path

FEW = 200_000
"""Numbers in all the layer paths of a matrix up to which the largest is looked for: they have no order that a sweep
could use, so all are listed."""


def work(at: Point, subject: Subject) -> int:
    """The numbers that one path of a subject is made of."""
    network = at.graph.network
    if subject.entry is not None:
        return network.examples
    if not subject.is_parameter:
        return network.nodes[subject.number].width * network.examples
    return prod(network.parameters[subject.number].shape) * network.examples


class LargestPaths:
    """Largest by |contribution|, of each gradient at one point."""

    def __init__(self, at: Point, chosen: Sequence[Subject], gradients: Mapping[str, Value]) -> None:
        self._at = at
        self._gradients = gradients
        self._counts = PathsOnDemand(at, chosen, gradients, 0)
        self._largest = PathsOnDemand(at, chosen, gradients, 1)
        self._ordered = at.graph.scalar()
        self._sizes = {subject.name: work(at, subject) for subject in chosen}

    def count(self, name: str) -> int:
        """How many paths there are, exactly."""
        return self._counts[name].count

    def share(self, name: str) -> float | None:
        """The share of the largest; None where the gradient is 0, or where too many matrices had to be looked at."""
        if not self._is_found(name):
            return None
        with self._at.arithmetic.context():
            found = self._largest.contributions(name)
            part = share(found[0], self._gradients[name]) if found else None
            return None if part is None else float(part)

    def path(self, name: str) -> Path | None:
        """The largest itself."""
        return next(iter(self._largest[name].top), None) if self._is_found(name) else None

    def _is_found(self, name: str) -> bool:
        return self._ordered or self.count(name) * self._sizes[name] <= FEW
