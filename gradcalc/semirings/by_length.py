"""The gradient by path length: a polynomial Σ cₖ·tᵏ whose exponent counts the layers that a path enters.

The product of a path's local derivatives stands at the exponent that is its length, so cₖ is the sum over the paths of
length k; with local derivatives of 1 it is their number, with absolute local derivatives their magnitude.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import repeat
from operator import add, mul
from typing import Any, Protocol

from gradcalc.network.linear_graph import LinearGraph
from gradcalc.records import Record


class Coefficients(Protocol):
    """Coefficients side by side: numbers in a list, or arrays stacked along their first axis."""

    def __len__(self) -> int: ...
    def __mul__(self, local: Any) -> Coefficients: ...

    def plus(self, other: Any, at: int) -> Coefficients:
        """The sum, with `other` beginning `at` ≥ 0 places after this."""

    def __getitem__(self, place: int) -> Any: ...


class Numbers:
    """Coefficients that are numbers."""

    __slots__ = ("of",)

    def __init__(self, of: list[Any]) -> None:
        self.of = of

    def __len__(self) -> int:
        return len(self.of)

    def __getitem__(self, place: int) -> Any:
        return self.of[place]

    def __mul__(self, local: Any) -> Numbers:
        return Numbers(list(map(mul, self.of, repeat(local))))

    def plus(self, other: Numbers, at: int) -> Numbers:
        """The sum, with `other` beginning `at` places after this; gaps are 0."""
        mine, theirs = self.of, other.of
        end = at + len(theirs)
        both = list(map(add, mine[at:end], theirs))
        if end <= len(mine):
            return Numbers(mine[:at] + both + mine[end:])
        if at <= len(mine):
            return Numbers(mine[:at] + both + theirs[len(both) :])
        return Numbers(mine + [0] * (at - len(mine)) + theirs)


class Monomial(Record):
    """An edge: local·t^enters; a local derivative None is 1."""

    enters: int
    local: Any


class Polynomial:
    """`coefficients[k]` belongs to length `low` + k; no coefficients: 0."""

    __slots__ = ("coefficients", "low")

    def __init__(self, low: int = 0, coefficients: Coefficients | None = None) -> None:
        self.low = low
        self.coefficients = coefficients

    def __add__(self, other: Polynomial) -> Polynomial:
        if other.coefficients is None:
            return self
        if self.coefficients is None:
            return other
        if other.low < self.low:
            return Polynomial(other.low, other.coefficients.plus(self.coefficients, self.low - other.low))
        return Polynomial(self.low, self.coefficients.plus(other.coefficients, other.low - self.low))

    def __mul__(self, edge: Monomial) -> Polynomial:
        enters, local = edge
        if self.coefficients is None:
            return self
        return Polynomial(self.low + enters, self.coefficients if local is None else self.coefficients * local)

    def terms(self) -> list[tuple[int, Any]]:
        """Every length with its coefficient, shortest first."""
        if self.coefficients is None:
            return []
        return [(self.low + place, self.coefficients[place]) for place in range(len(self.coefficients))]


class ByLength:
    """Local derivatives at the exponent of the layers they enter."""

    zero = Polynomial()

    def __init__(self, coefficients: Callable[[Any], Coefficients] = lambda seed: Numbers([seed])) -> None:
        self._coefficients = coefficients

    def start(self, seed: Any) -> Polynomial:
        """The empty path has length 0."""
        return Polynomial(0, self._coefficients(seed))

    def edges(self, graph: LinearGraph, local: Sequence[Any]) -> list[Monomial]:
        """Monomials; a derivative of 1 multiplies nothing."""
        ones = [None if factor.__class__ in (int, float) and factor == 1 else factor for factor in local]
        return list(map(Monomial._make, zip(graph.enters, ones)))
