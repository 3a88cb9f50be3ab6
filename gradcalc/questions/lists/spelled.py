"""Paths that are spelled out when they are looked at: those of a deep network have many names, and mostly few of them
are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, overload

from gradcalc.network.linear_graph import Mark
from gradcalc.network.network import Value
from gradcalc.questions.lists.listing import labels_of, nodes_of
from gradcalc.questions.point import Point
from gradcalc.questions.subjects import Subject
from gradcalc.results import Path


def path_of(
    subject: Subject,
    own: str,
    marks: Sequence[Mark],
    contribution: Value,
    share: Any,
    example: int | None = None,
    entry: str | None = None,
) -> Path:
    """The path of these marks; `own` is the name of the subject itself, where a node's or a unit's paths start."""
    nodes = nodes_of(marks)
    use = marks[0].at if subject.is_parameter and marks else None
    return Path(
        nodes if subject.is_parameter else (own, *nodes),
        labels_of(marks),
        sum(mark.enters for mark in marks),
        contribution,
        share,
        use,
        example,
        entry,
    )


class Spelled(Sequence[Path]):
    """As many paths as there are `found`, each made of its own by `spell`, once, in the numbers of the point."""

    def __init__(self, at: Point, found: Sequence[Any], spell: Callable[[Any], Path]) -> None:
        self._at = at
        self._found = found
        self._spell = spell
        self._known: dict[int, Path] = {}

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, place: int) -> Path: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Path, ...]: ...
    def __getitem__(self, place: int | slice) -> Path | tuple[Path, ...]:
        if isinstance(place, slice):
            return tuple(self[number] for number in range(*place.indices(len(self))))
        number = range(len(self))[place]
        if number not in self._known:
            with self._at.arithmetic.context():
                self._known[number] = self._spell(self._found[number])
        return self._known[number]

    def __iter__(self) -> Iterator[Path]:
        return (self[number] for number in range(len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]
