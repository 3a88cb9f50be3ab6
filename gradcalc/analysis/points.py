"""The points of a sweep: every choice of a value for each key, the last key running fastest; walked, never laid out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any, overload

Values = tuple[Any, ...]  # what the keys are at one point
RUN = 4096  # points whose values are laid out at a time


class Points(Sequence[Values]):
    """Those with these `numbers` of the grid over the axes, which has `total` points: all, a run, or chosen ones."""

    def __init__(self, axes: Sequence[Sequence[Any]], numbers: Sequence[int] | None = None) -> None:
        self.axes = tuple(axes)
        self.total = prod(map(len, self.axes))
        self.numbers = range(self.total) if numbers is None else numbers

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, number: int) -> Values: ...
    @overload
    def __getitem__(self, number: slice) -> Points: ...
    def __getitem__(self, number: int | slice) -> Values | Points:
        """One point, or a run of them."""
        if isinstance(number, slice):
            return Points(self.axes, self.numbers[number])
        place, found = self.numbers[number], []
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
        if not isinstance(self.numbers, range):
            return [axis[number // stride % len(axis)] for number in self.numbers]
        start, stop = self.numbers.start, self.numbers.stop
        first, last = start // stride, -(-stop // stride)
        turns: list[Any] = []
        while len(turns) < last - first:
            at = (first + len(turns)) % len(axis)
            turns += axis[at : at + last - first - len(turns)]
        if stride == 1:
            return turns
        found: list[Any] = []
        for place, value in enumerate(turns, first):
            found += [value] * (min(stop, (place + 1) * stride) - max(start, place * stride))
        return found
