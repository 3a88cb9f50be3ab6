"""The path sums of a narrow network: every algebra swept over single units, in whatever numbers the point is in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

from gradcalc.engine.scalar_forward import reduction
from gradcalc.engine.scalar_layout import entries
from gradcalc.engine.scalar_linear import ByUnit, UnitSteps, unit_steps
from gradcalc.engine.scalar_point import UnitPoint, shaped
from gradcalc.network.names import entry_index
from gradcalc.network.network import Index, Value
from gradcalc.network.path_filter import Ways, everything
from gradcalc.questions.parts import Found
from gradcalc.questions.path_underflow import holds_paths
from gradcalc.questions.subjects import Subject
from gradcalc.questions.sums.length_sums import LengthSums
from gradcalc.questions.sums.unit_steps import step_nodes
from gradcalc.results import Signs
from gradcalc.semirings.accumulate import Sweep, Total, parameters
from gradcalc.semirings.count import Count, CountByLength, CountBySign, Packed, SignCounts, unpacked, wide_enough
from gradcalc.semirings.entropy import Entropy, Moments
from gradcalc.semirings.k_best import Best, Step
from gradcalc.semirings.k_best import marks as marks_of

Term = tuple[int, int, Value, Any]
"""Length, count, contribution, magnitude."""


class UnitPaths:
    """Sums over the paths of single units; sweeps are made when first asked for, once for all subjects."""

    def __init__(self, point: UnitPoint, linear: UnitSteps, ways: Ways, chosen: Sequence[Subject]) -> None:
        self.point = point
        self._linear = linear
        self._ways = ways
        self._chosen = chosen
        one = point.arithmetic.number(1)
        self._seed = one / reduction(point.graph)
        self._zero = one - one
        self._ranked: dict[int, tuple[Best, list[Sweep]]] = {}
        self._derivatives = [ways.derivatives(example.edges, one) for example in point.examples]

    @classmethod
    def of_all(cls, point: UnitPoint, chosen: Sequence[Subject] = ()) -> UnitPaths:
        """All paths to the loss."""
        linear = unit_linear(point)
        return cls(point, linear, everything(linear.steps), chosen)

    def in_range(self) -> bool:
        """Whether doubles hold every product along a path with all its bits, and the sums of their sizes."""
        return all(holds_paths(self._ways.steps, derivatives, self._seed) for derivatives in self._derivatives)

    def moved(self, point: UnitPoint) -> UnitPaths:
        """The same paths at a point in other numbers."""
        return UnitPaths(point, self._linear, self._ways, self._chosen)

    def count(self, subject: Subject) -> int:
        """Routes, once for all examples."""
        return sum(self._counts.of(node) for node in self._nodes(subject))

    def total(self, subject: Subject) -> Value:
        """The sum of the paths, in the gradient's shape."""
        return self._value(subject, [[sweep.of(node) for node in self._nodes(subject)] for sweep in self._totals])

    def moments(self, subject: Subject) -> Moments:
        """Σ|p| and Σ|p|·ln|p| over examples, entries and paths."""
        found = Moments(self._zero, self._zero)
        for sweep in self._moments:
            for node in self._nodes(subject):
                found = found + sweep.of(node)
        return found

    def signs(self, subject: Subject) -> Signs:
        """Of the contributions to one entry: of a parameter those of all examples are added."""
        algebra = CountBySign()
        rows = [[sweep.of(node) for node in self._nodes(subject)] for sweep in self._all(lambda: algebra)]
        entries: list[SignCounts] = [count for row in rows for count in row]
        if subject.is_parameter:
            entries = [sum(column, algebra.zero) for column in zip(*rows)]
        if any(entry.positive and entry.negative for entry in entries):
            return "opposite"
        signed = sum(entry.positive + entry.negative for entry in entries)
        return "same" if signed == self.count(subject) * len(rows) else "same or 0"

    def spectrum(self, subject: Subject) -> list[Term]:
        """By length, shortest first."""
        nodes, zero = self._nodes(subject), self._zero
        zero_count = CountByLength.zero
        counts = unpacked(sum((self._length_counts.get(node, zero_count) for node in nodes), zero_count))
        rows = [[sums.of(node) for node in nodes] for sums in self._length_sums]
        if len(rows) == 1 and len(nodes) == 1 and not self.point.graph.network.batch:
            totals, sizes = rows[0][0]
            return [
                (length, count, totals.get(length, zero), sizes.get(length, zero)) for length, count in counts.items()
            ]
        return [
            (
                length,
                count,
                self._value(subject, [[totals.get(length, zero) for totals, _ in row] for row in rows]),
                sum((sizes.get(length, zero) for row in rows for _, sizes in row), zero),
            )
            for length, count in counts.items()
        ]

    def largest(self, subject: Subject, k: int) -> list[tuple[int, Index, Found]]:
        """The k largest, each with its example and entry."""
        best, sweeps = self._best(k)
        units = list(zip(self._nodes(subject), self._indices(subject)))
        starts = (
            sweep.of(node) * Step(None, (example, index))
            for example, sweep in enumerate(sweeps)
            for node, index in units
        )
        found: Any = sum(starts, best.zero).candidates
        return [(*start, (value, partial(marks_of, route))) for value, (start, route) in found]

    def _indices(self, subject: Subject) -> list[Index]:
        if subject.entry is not None:
            return [subject.entry]
        network = self.point.graph.network
        if not subject.is_parameter:
            return [(unit,) for unit in range(network.nodes[subject.number].width)]
        parameter = network.parameters[subject.number]
        return [entry_index(parameter, entry) for entry in range(entries(parameter))]

    def _nodes(self, subject: Subject) -> list[int]:
        return [self._ways.start(node) for node in step_nodes(self._linear, subject)]

    def _value(self, subject: Subject, rows: list[list[Any]]) -> Value:
        """Entries of every example in the gradient's shape: of a parameter, summed over the examples."""
        network = self.point.graph.network
        if subject.is_parameter:
            form = network.parameters[subject.number].shape if subject.entry is None else ()
            return shaped([sum(column) for column in zip(*rows)], form)
        return rows if network.batch else shaped(rows[0], (len(rows[0]),))

    def _sweep(self, derivatives: Sequence[Any], seed: Any, algebra: Any) -> Sweep:
        return Sweep(self._ways.steps, derivatives, seed, algebra)

    def _all(self, algebra: Callable[[], Any]) -> list[Sweep]:
        return [self._sweep(derivatives, self._seed, algebra()) for derivatives in self._derivatives]

    def _best(self, k: int) -> tuple[Best, list[Sweep]]:
        if k not in self._ranked:
            best = Best(k)
            self._ranked[k] = best, self._all(lambda: best)
        return self._ranked[k]

    @cached_property
    def _counts(self) -> Sweep:
        return self._sweep((), 1, Count())

    @cached_property
    def _totals(self) -> list[Sweep]:
        return self._all(lambda: Total(self._zero))

    @cached_property
    def _moments(self) -> list[Sweep]:
        arithmetic = self.point.arithmetic
        xlogx = None if arithmetic.name == "float64" else partial(_xlogx, arithmetic.functions.log)
        return self._all(lambda: Entropy(xlogx, self._zero))

    @cached_property
    def _length_sums(self) -> list[LengthSums]:
        return [
            LengthSums(self._ways.steps, derivatives, self._seed, self._starts) for derivatives in self._derivatives
        ]

    @cached_property
    def _bits(self) -> int:
        starts = {*self._ways.steps.tails}
        return wide_enough(sum(self._counts.of(node) for node in starts))

    @cached_property
    def _length_counts(self) -> Mapping[int, Packed]:
        algebra, steps = CountByLength(self._bits), self._ways.steps
        return parameters(steps, algebra.edges(steps, ()), 1, algebra, self._starts)

    @cached_property
    def _starts(self) -> set[int]:
        return {node for subject in self._chosen for node in self._nodes(subject)}


def unit_linear(at: UnitPoint) -> UnitSteps:
    """The steps with labels of units and entries; where every layer is one unit they have the same names."""
    return at.linear if at.linear and at.graph.scalar() else unit_steps(at.layout, ByUnit(at.graph))


def _xlogx(log: Callable[[Any], Any], x: Any) -> Any:
    size = abs(x)
    return size * log(size) if size else size
