"""Paths that are spelled out when they are looked at: those of a deep network have many names, and mostly few of them
are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, overload

from gradcalc.questions.point import Point
from gradcalc.results import Path


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

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]
