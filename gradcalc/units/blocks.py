"""The stretches of a forward pass, unit by unit. Each appends its values to V, and afterwards its slopes to S: the
numbers of the chain rule that are neither a weight nor a value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from gradcalc.arithmetic import Number
from gradcalc.records import Record
from gradcalc.units.layout import Pick, Term

Function = Callable[..., Number]
Terms = Sequence[Term]


class Block(Protocol):
    """A stretch of the forward pass."""

    def run(self, weights: Sequence[Number], values: list[Number]) -> None:
        """Appends this block's values."""


class Sloper(Protocol):
    """A stretch of the slopes."""

    def slopes(self, weights: Sequence[Number], values: Sequence[Number]) -> list[Number]:
        """Its slopes at the values found."""


class Units(Record):
    """Preactivations bent one by one: z = Σ P[p]·V[v], then σ(z)."""

    rows: list[tuple[Terms, Function]]

    def run(self, weights: Sequence[Number], values: list[Number]) -> None:
        append = values.append
        for terms, bend in self.rows:
            z = 0
            for p, v, _ in terms:
                z += weights[p] * values[v]
            append(z)
            append(bend(z))


class PairUnits(Record):
    """The same where every z has two terms, as in a chain with skips: the inner loop is half of what it would cost."""

    rows: list[tuple[int, int, int, int, Function]]

    def run(self, weights: Sequence[Number], values: list[Number]) -> None:
        append = values.append
        for p, v, q, u, bend in self.rows:
            z = weights[p] * values[v] + weights[q] * values[u]
            append(z)
            append(bend(z))


class UnitSlopes(Record):
    """The slopes of preactivations that are bent one by one, whatever is computed between them."""

    bends: list[tuple[Function, Sequence[int]]]  # slope functions, each with the places of the z it is for
    picks: list[tuple[Function, Pick]]  # the same, as what picks those z from V

    def slopes(self, weights: Sequence[Number], values: Sequence[Number]) -> list[Number]:
        found: list[Number] = []
        for slope, pick in self.picks:
            found += map(slope, pick(values))
        return found


class Sums(Record):
    """Sums alone: joined sources, outputs that skips enter, preactivations bent all together."""

    rows: list[Terms]

    def run(self, weights: Sequence[Number], values: list[Number]) -> None:
        for terms in self.rows:
            values.append(sum([weights[p] * values[v] for p, v, _ in terms]))


class Parametric(Record):
    """Preactivations bent with a parameter: σ(z, α). Slopes by z first, then by α."""

    rows: list[tuple[Terms, int, int]]  # each with the places of α in P and of z in V
    bend: Function
    by_z: Function
    by_alpha: Function

    def run(self, weights: Sequence[Number], values: list[Number]) -> None:
        for terms, alpha, _ in self.rows:
            z = sum(weights[p] * values[v] for p, v, _ in terms)
            values.append(z)
            values.append(self.bend(z, weights[alpha]))

    def slopes(self, weights: Sequence[Number], values: Sequence[Number]) -> list[Number]:
        by_z = [self.by_z(values[z], weights[alpha]) for _, alpha, z in self.rows]
        return by_z + [self.by_alpha(values[z], weights[alpha]) for _, alpha, z in self.rows]


class Together(Record):
    """Preactivations bent all together (softmax): σ maps the list of them; slopes are the Jacobian, row by row."""

    units: Sequence[int]
    bend: Callable[[list[Number]], list[Number]]
    jacobian: Callable[[list[Number]], list[list[Number]]]

    def run(self, weights: Sequence[Number], values: list[Number]) -> None:
        values += self.bend([values[unit] for unit in self.units])

    def slopes(self, weights: Sequence[Number], values: Sequence[Number]) -> list[Number]:
        rows = self.jacobian([values[unit] for unit in self.units])
        return [slope for row in rows for slope in row]


class Joins(Record):
    """A product, maximum, minimum or mean of sources, unit by unit; slopes unit by unit, a slope for each source."""

    rows: list[Sequence[int]]
    join: Callable[[list[Number]], Number]
    partials: Callable[[list[Number]], list[Number]]

    def run(self, weights: Sequence[Number], values: list[Number]) -> None:
        for row in self.rows:
            values.append(self.join([values[unit] for unit in row]))

    def slopes(self, weights: Sequence[Number], values: Sequence[Number]) -> list[Number]:
        return [slope for row in self.rows for slope in self.partials([values[unit] for unit in row])]
