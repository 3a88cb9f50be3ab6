"""Closed forms and terms by single units, for a number or for every entry of a matrix, in one example or many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from gradcalc.derivation.closed import Closed, Values, in_names_alone, needed, over_nodes, written_out
from gradcalc.derivation.evaluation import evaluate, functions_of
from gradcalc.derivation.situation import given, inputs_and_targets, situations, weights
from gradcalc.derivation.steps import ByNodes, Term
from gradcalc.derivation.subject import Entries, entries
from gradcalc.derivation.terms import layer_formula, unit_terms
from gradcalc.engine.scalar_linear import Marks
from gradcalc.engine.scalar_point import UnitPoint
from gradcalc.expressions.expression import Expression
from gradcalc.expressions.symbols import Symbol
from gradcalc.network.network import Value
from gradcalc.network.network import numbers as numbers_in
from gradcalc.questions.subjects import Subject
from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.results import Path, Paths

Number = Any

MOST_CHARACTERS = 2_000


class Written(Record):
    """The formula of a gradient with its definitions, and its terms (of a matrix those of layer paths)."""

    formula: Expression
    where: Sequence[tuple[Symbol, Expression]]
    terms: Sequence[Term]
    paths: int  # how many: more than there are terms where only the largest are spelled out


class Numbers:
    """One network by its single units; what the derivations share is made once. `length` measures a formula."""

    def __init__(self, at: UnitPoint, marks: Marks, most: int, length: Callable[[Expression], int]) -> None:
        self.at = at
        self.situations = situations(at, marks)
        self.charts = [situation.chart for situation in self.situations]
        self._most = most
        self._length = length
        self._written = [written_out(chart) for chart in self.charts]

    def written(self, found: Entries, value: Value, paths: Paths | None) -> Written:
        """Formula and terms of a gradient of this value; `paths` are the layer paths of a matrix."""
        closed = self._closed(found)
        names = None if closed.definitions else self._written
        if paths is None:
            terms, count = unit_terms(self.situations, found.sources[0], value, self._most, names)
        else:
            terms, count = [self._layer_term(found, path, names) for path in paths.top], paths.count
        trees = [*closed.formulas, *(term.formula for term in terms if term.formula is not None)]
        return Written(found.together(closed.formulas), needed(trees, closed.definitions), terms, count)

    def compared(self, at: UnitPoint, written: Written, gradient: Value) -> Iterator[tuple[list[Number], list[Number]]]:
        """Formula and sum of terms beside the engine's gradient, at another point of the same network."""
        functions = functions_of(at.arithmetic)
        values: dict[Symbol, Number] = {}
        for number, chart in enumerate(self.charts):
            values.update(given(at, chart, number))
        for symbol, tree in written.where:
            values[symbol] = evaluate(tree, values, functions)
        wanted = list(numbers_in(gradient))
        yield _evaluated(written.formula, values, functions), wanted
        formulas = [term.formula for term in written.terms if term.formula is not None]
        if formulas and len(formulas) == written.paths:
            sums = zip(*(_evaluated(formula, values, functions) for formula in formulas))
            yield [sum(parts[1:], parts[0]) for parts in sums], wanted

    def by_nodes(self, subjects: Sequence[Subject]) -> ByNodes:
        """All of the subjects' gradients over named values and adjoints."""
        found = [entries(subject, self.charts) for subject in subjects]
        closed = over_nodes(self.charts, [sources for one in found for sources in one.sources])
        formulas = iter(closed.formulas)
        together = [one.together(list(islice(formulas, len(one.sources)))) for one in found]
        return ByNodes(list(self.given().items()), needed(closed.formulas, closed.definitions), together)

    def given(self) -> dict[Symbol, Number]:
        """What the spec gives, inputs and targets first."""
        values: dict[Symbol, Number] = {}
        for number, chart in enumerate(self.charts):
            values |= inputs_and_targets(self.at, chart, number)
        return values | weights(self.at)

    def given_exactly(self) -> tuple[dict[Symbol, Number], dict[Symbol, str]]:
        """What the spec gives, and the texts of exact constants among it."""
        given, network = self.given(), self.at.graph.network
        exact: dict[Symbol, str] = {}
        for parameter in network.parameters:
            for index, text in parameter.exact.items():
                place = index if any(size > 1 for size in parameter.shape) else ()
                exact[Symbol("", parameter.name, place)] = text
        for chart, number in zip(self.charts, range(len(self.charts))):
            for node in network.inputs:
                for (example, unit), text in node.exact.items():
                    if example == number:
                        exact[Symbol("", node.name, (unit,) if node.width > 1 else (), chart.example)] = text
        return given, exact

    def _closed(self, found: Entries) -> Closed:
        """In the spec's own names where that is short enough, else over nodes."""
        formulas = in_names_alone(self.charts, found.sources, self._written)
        if formulas is not None and self._length(found.together(formulas)) <= MOST_CHARACTERS:
            return Closed(formulas, ())
        return over_nodes(self.charts, found.sources)

    def _layer_term(self, found: Entries, path: Path, names: Sequence[Values] | None) -> Term:
        formula = layer_formula(self.charts, found, path, names) if found.is_whole else None
        return Term(path.nodes, path.through, None, formula, path.contribution, path.share, path.at)


def _evaluated(tree: Expression, values: dict[Symbol, Number], functions: Any) -> list[Number]:
    """The numbers of a formula, entry by entry."""
    parts = tree.parts if tree.head == "matrix" else (tree,)
    return [evaluate(part, values, functions) for part in parts]
