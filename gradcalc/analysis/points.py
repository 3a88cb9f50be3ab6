"""The points of a sweep: every choice of a value for each key, the last key running fastest; walked, never laid out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any, overload

Values = tuple[Any, ...]  # what the keys are at one point
RUN = 4096  # points whose values are laid out at a time


class Points(Sequence[Values]):
    """Those from `start` to `stop` of the grid over the axes, which has `total` points."""

    def __init__(self, axes: Sequence[Sequence[Any]], start: int = 0, stop: int | None = None) -> None:
        self.axes = tuple(axes)
        self.total = prod(map(len, self.axes))
        self.start = start
        self._stop = self.total if stop is None else stop

    def __len__(self) -> int:
        return self._stop - self.start

    @overload
    def __getitem__(self, number: int) -> Values: ...
    @overload
    def __getitem__(self, number: slice) -> Points: ...
    def __getitem__(self, number: int | slice) -> Values | Points:
        """One point, or a run of them."""
        if isinstance(number, slice):
            start, stop, step = number.indices(len(self))
            assert step == 1
            return Points(self.axes, self.start + start, self.start + max(start, stop))
        place, found = self.start + range(len(self))[number], []
        for axis in reversed(self.axes):
            place, at = divmod(place, len(axis))
            found.append(axis[at])
        return tuple(reversed(found))

    def __iter__(self) -> Iterator[Values]:
        for start in range(0, len(self), RUN):
            run = self[start : start + RUN]
            yield from zip(*(run.values(key) for key in range(len(self.axes))))

    def values(self, key: int) -> list[Any]:
        """The values of one key, point by point."""
        axis, stride = self.axes[key], prod(map(len, self.axes[key + 1 :]))
        first, last = self.start // stride, -(-self._stop // stride)
        turns: list[Any] = []
        while len(turns) < last - first:
            at = (first + len(turns)) % len(axis)
            turns += axis[at : at + last - first - len(turns)]
        if stride == 1:
            return turns
        found: list[Any] = []
        for place, value in enumerate(turns, first):
            found += [value] * (min(self._stop, (place + 1) * stride) - max(self.start, place * stride))
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled with its axes where they are shorter than its points, else as these points."""
        axes = self.axes if sum(map(len, self.axes)) <= len(self) else None
        return (Points, (axes, self.start, self._stop)) if axes else (list, (list(self),))
