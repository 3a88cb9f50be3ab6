"""All paths of a narrow network, listed from single units: over units, or by the labels of layers over layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from heapq import nlargest
from typing import Any

from gradcalc.engine.scalar_forward import reduction
from gradcalc.engine.scalar_linear import UnitSteps
from gradcalc.engine.scalar_point import UnitPoint, shaped
from gradcalc.network.network import Value, norm
from gradcalc.questions.parts import Found
from gradcalc.questions.subjects import Subject
from gradcalc.questions.sums.unit_steps import step_nodes
from gradcalc.semirings.accumulate import Sweep
from gradcalc.semirings.all_paths import AllPaths


class ExampleRow:
    """Numbers of several examples side by side, added and multiplied one by one."""

    __slots__ = ("of",)

    def __init__(self, of: list[Any]) -> None:
        self.of = of

    def __add__(self, other: ExampleRow) -> ExampleRow:
        return ExampleRow([one + more for one, more in zip(self.of, other.of)])

    def __mul__(self, other: ExampleRow) -> ExampleRow:
        return ExampleRow([one * times for one, times in zip(self.of, other.of)])


class UnitListing:
    """Every path of the chosen gradients, or with a limit those that a search finds."""

    def __init__(
        self, point: UnitPoint, linear: UnitSteps, chosen: Sequence[Subject], by_label: bool, limit: int | None = None
    ) -> None:
        self._point = point
        self._linear = linear
        self._semiring = AllPaths(by_label, limit, _row_norm)
        kept = linear.steps.between([node for subject in chosen for node in step_nodes(linear, subject)])
        columns = [list(map(example.edges.__getitem__, kept)) for example in point.examples]
        seeds = [point.arithmetic.number(1) / reduction(point.graph)] * len(columns)
        self._zeros = [seed - seed for seed in seeds]
        edges = list(map(ExampleRow, map(list, zip(*columns))))
        self._sweep = Sweep(linear.steps.only(kept), edges, ExampleRow(seeds), self._semiring)

    @property
    def is_cut(self) -> bool:
        return self._semiring.cut

    def largest(self, subject: Subject, k: int) -> list[Found]:
        return nlargest(k, self._all(subject), key=lambda found: norm(found[0]))

    def _all(self, subject: Subject) -> Iterator[Found]:
        listings = [self._sweep.of(node).of for node in step_nodes(self._linear, subject)]
        for path in dict.fromkeys(path for listing in listings for path in listing):
            columns = [listing[path].of if path in listing else self._zeros for listing in listings]
            yield self._shaped(subject, columns), partial(self._semiring.labels, path)

    def _shaped(self, subject: Subject, columns: list[list[Any]]) -> Value:
        """The examples of every entry in the gradient's shape: of a parameter, summed."""
        network = self._point.graph.network
        if subject.is_parameter:
            form = network.parameters[subject.number].shape if subject.entry is None else ()
            return shaped(list(map(sum, columns)), form)
        rows = list(map(list, zip(*columns)))
        return rows if network.batch else shaped(rows[0], (len(rows[0]),))


def _row_norm(row: ExampleRow) -> Any:
    return norm(row.of)
