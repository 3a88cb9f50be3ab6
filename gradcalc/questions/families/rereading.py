"""Reads a network with open keys at one point after another: compiled once for all points that differ in values alone,
built anew where the structure changes or doubles do not serve.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from gradcalc.errors import DomainError, LimitError, SpecError, UsageError
from gradcalc.network.network import Network
from gradcalc.questions.columns import Column, is_finite, read
from gradcalc.questions.families.family import Family, family
from gradcalc.questions.families.values_only import slots
from gradcalc.questions.point import point

Values = tuple[Any, ...]

WORTH = 4
"""Points of one structure from which on compiling it pays."""

KEPT = 32
"""Compiled networks that are kept."""


class Open(Protocol):
    """A network with some keys left open."""

    def network(self, values: Sequence[Any]) -> Network:
        """The network with these values. Raises SpecError, UsageError."""


class Reader:
    """The columns of one network with open keys, to be read at the points `at` or some of them."""

    def __init__(self, network: Open, columns: Sequence[Column], dps: int | None, at: Sequence[Values]) -> None:
        self._network = network
        self._columns = columns
        self._dps = dps
        self._pairs = [two_numbers([values[key] for values in at]) for key in range(len(at[0]) if at else 0)]
        self._moving = self._classified(at) if dps is None and len(at) >= WORTH else []
        self._staying = [key for key in range(len(self._pairs)) if key not in self._moving]
        self._families: dict[Values, Family | None] = {}

    def __call__(self, values: Values) -> Mapping[str, Any]:
        """What the columns read there. Raises SpecError, UsageError, DomainError, LimitError."""
        if self._moving:
            compiled = self._family(values)
            if compiled is not None and (found := compiled.read(values)) is not None:
                return found
        return self._anew(values)

    def _anew(self, values: Values) -> Mapping[str, Any]:
        at = point(self._network.network(values), self._dps)
        if at.loss is None:
            raise UsageError("there is no target, so there are no gradients; --target gives one")
        with at.arithmetic.context():
            found = {column.name: read(at, column) for column in self._columns}
        if not all(map(is_finite, found.values())):
            raise DomainError("a value is infinite")
        return found

    def _classified(self, at: Sequence[Values]) -> list[int]:
        """The keys that change values alone, as far as the first point that can be built tells."""
        for values in at[:WORTH]:
            try:
                return [key for key in range(len(values)) if self._slots(values, key) is not None]
            except (SpecError, UsageError):
                continue
        return []

    def _slots(self, values: Values, key: int) -> Any:
        pair = self._pairs[key]
        if pair is None:
            return None
        return slots([self._network.network((*values[:key], one, *values[key + 1 :])) for one in pair], pair)

    def _family(self, values: Values) -> Family | None:
        structure = tuple([repr(values[key]) for key in self._staying])
        if structure not in self._families:
            if len(self._families) >= KEPT:
                self._families.clear()
            self._families[structure] = self._compiled(values)
        return self._families[structure]

    def _compiled(self, values: Values) -> Family | None:
        try:
            found = [(key, self._slots(values, key)) for key in self._moving]
            if any(slot is None for _, slot in found):
                return None
            return family(self._network.network(values), found, self._columns)
        except (SpecError, UsageError, DomainError, LimitError):
            return None


def two_numbers(values: Sequence[Any]) -> tuple[float, float] | None:
    """Two different numbers among the values."""
    numbers = [value for value in values if value.__class__ is float or value.__class__ is int]
    other = next((number for number in numbers if number != numbers[0]), None)
    return None if other is None else (numbers[0], other)
