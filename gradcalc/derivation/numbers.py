"""The derivation by single units: of an entry of a parameter, a unit, or all of a small one, in one example or many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.derivation.adjoints import Backward, backward, exact, read, with_slopes
from gradcalc.derivation.certificate import Certificate, certify, relative
from gradcalc.derivation.chart import Chart
from gradcalc.derivation.closed import (
    Closed,
    Values,
    factored,
    in_names_alone,
    needed,
    over_nodes,
    spelled,
    written_out,
)
from gradcalc.derivation.evaluation import evaluate, functions_of
from gradcalc.derivation.paths import Route, count, largest
from gradcalc.derivation.scalar import steps
from gradcalc.derivation.situation import given, situations
from gradcalc.derivation.source import Source, entry_source, unit_source
from gradcalc.derivation.steps import Derivation, Term
from gradcalc.derivation.trees import product, total
from gradcalc.formulas.expression import Expression
from gradcalc.graph import Graph
from gradcalc.network import Index
from gradcalc.questions.compute import gradient
from gradcalc.questions.listing import share
from gradcalc.questions.point import point
from gradcalc.questions.subjects import Subject
from gradcalc.units.linear import Marks
from gradcalc.units.point import UnitPoint, unit_point
from gradcalc.writing.symbols import ADJOINT, Symbol, leaf

Number = Any

MOST_CHARACTERS = 2_000
ALL_TERMS = 100
"""Paths up to which every one is a term; of more only the largest are."""


class Numbers:
    """Derivations of one network by its single units; what they share is made once."""

    def __init__(self, at: UnitPoint, marks: Marks, terms: int, names: Any) -> None:
        self.at = at
        self.terms = terms
        self.names = names
        self.situations = situations(at, marks)
        self._written: list[Values] | None = None

    def derivation(self, subject: Subject) -> Derivation:
        """The derivation of one number. Raises Disagreement where it is wrong."""
        situation = self.situations[0]
        source = self.source(subject, situation.chart)
        way = backward(situation.chart, [origin.head for origin in source.origins])
        value = gradient(self.at, subject)
        closed = self._closed([[source]])
        terms = self._terms(way, source, value, bool(closed.definitions))
        closed = closed._replace(
            definitions=needed([*closed.formulas, *(t.formula for t in terms)], closed.definitions)
        )
        paths = count(way, source)
        return Derivation(
            leaf(source.symbol._replace(letter=ADJOINT)),
            value,
            steps(situation, way, source),
            terms,
            paths,
            closed.formulas[0],
            closed.definitions,
            factored(way, source, read),
            self._certificate(subject, closed, terms if len(terms) == paths else ()),
        )

    def source(self, subject: Subject, chart: Chart) -> Source:
        """What is differentiated by: the one entry or unit of the subject."""
        layout = self.at.layout
        if subject.is_parameter:
            shape = chart.graph.network.parameters[subject.number].shape
            return entry_source(chart, layout.starts[subject.number] + row_by_row(subject.entry or (), shape))
        unit = subject.entry[0] if subject.entry else 0
        return unit_source(chart, layout.unit(chart.graph.outputs[subject.number], unit))

    def _closed(self, sources: Sequence[Sequence[Source]]) -> Closed:
        """In the spec's own names where that is short enough, else over nodes."""
        charts = [situation.chart for situation in self.situations]
        if self._written is None:
            self._written = [written_out(chart) for chart in charts]
        formulas = in_names_alone(charts, sources, self._written)
        if formulas is not None and sum(len(self.names(tree)) for tree in formulas) <= MOST_CHARACTERS:
            return Closed(formulas, ())
        return over_nodes(charts, sources)

    def _terms(self, way: Backward, source: Source, value: Number, over_names: bool) -> list[Term]:
        situation = self.situations[0]
        one = self.at.arithmetic.number(1)
        every = count(way, source) <= ALL_TERMS
        routes = largest(situation, way, source, ALL_TERMS if every else self.terms, one)
        return [self._term(situation.chart, route, value, over_names) for route in routes]

    def _term(self, chart: Chart, route: Route, value: Number, over_names: bool) -> Term:
        hops = route.hops[::-1]
        to_read = product((*(hop.slope for hop in hops), route.origin.factor))
        formula = with_slopes(product((*map(exact, hops), route.origin.factor)), chart.slopes, False)
        if not over_names:
            assert self._written is not None
            formula = spelled(formula, self._written[0]) or formula
        at = route.origin.mark.at if route.origin.mark else None
        return Term(route.nodes, route.through, to_read, formula, route.value, share(route.value, value), at)

    def _certificate(self, subject: Subject, closed: Closed, terms: Sequence[Term]) -> Certificate:
        summed = total(term.formula for term in terms) if terms else None

        def error_at(laid: Graph) -> float | None:
            return self._error_at(laid, subject, closed, summed)

        return certify(self.at.graph.network, error_at)

    def _error_at(self, laid: Graph, subject: Subject, closed: Closed, summed: Expression | None) -> float | None:
        found = point(laid.network)
        at = found if isinstance(found, UnitPoint) else unit_point(laid, found.arithmetic)
        functions = functions_of(at.arithmetic)
        with at.arithmetic.context():
            values: dict[Symbol, Number] = {}
            for number, situation in enumerate(self.situations):
                values.update(given(at, situation.chart, number))
            for symbol, tree in closed.definitions:
                values[symbol] = evaluate(tree, values, functions)
            got = [evaluate(tree, values, functions) for tree in (closed.formulas[0], summed) if tree is not None]
            return relative(got, [gradient(at, subject)] * len(got))


def row_by_row(entry: Index, shape: tuple[int, ...]) -> int:
    """How many entries stand before that one."""
    return entry[0] * shape[1] + entry[1] if len(entry) == 2 else entry[0] if entry else 0
