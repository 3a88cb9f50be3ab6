"""A subject's entries, one by one: where each starts in the chart of every example, and how they make up its value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.derivation.chart import Chart
from gradcalc.derivation.source import Source, entry_source, unit_source
from gradcalc.expressions.expression import Expression
from gradcalc.expressions.symbols import ADJOINT, Symbol
from gradcalc.network.network import Index, Value
from gradcalc.questions.subjects import Subject
from gradcalc.records import Record


class Entries(Record):
    """`sources[entry][example]`, row by row; `columns` of its value, 0 of a list, None of a number."""

    symbol: Symbol  # of ∂L/∂ the whole
    sources: Sequence[Sequence[Source]]
    columns: int | None
    is_whole: bool  # no single entry or unit of a larger one

    def together(self, trees: Sequence[Expression]) -> Expression:
        """The expressions of all entries as one."""
        if self.columns is None:
            return trees[0]
        return Expression("matrix", tuple(trees), self.columns)


def entries(subject: Subject, charts: Sequence[Chart]) -> Entries:
    """All entries of a whole parameter or node; the one of a subject that names one."""
    return _of_parameter(subject, charts) if subject.is_parameter else _of_node(subject, charts)


def _of_parameter(subject: Subject, charts: Sequence[Chart]) -> Entries:
    layout = charts[0].layout
    parameter = layout.graph.network.parameters[subject.number]
    places: Sequence[int] = layout.entries(subject.number)
    whole = Symbol(ADJOINT, parameter.name)
    if subject.entry is not None:
        places = [places[row_by_row(subject.entry, parameter.shape)]]
        whole = whole._replace(place=subject.entry if max(parameter.shape, default=1) > 1 else ())
    sources = [[entry_source(chart, place) for chart in charts] for place in places]
    if len(places) == 1:
        return Entries(whole, sources, None, subject.entry is None)
    return Entries(whole, sources, parameter.shape[1] if len(parameter.shape) == 2 else 0, True)


def _of_node(subject: Subject, charts: Sequence[Chart]) -> Entries:
    graph = charts[0].graph
    node = graph.network.nodes[subject.number]
    units = range(node.width) if subject.entry is None else subject.entry
    places = [charts[0].layout.unit(graph.outputs[subject.number], unit) for unit in units]
    index = subject.entry if subject.entry is not None and node.width > 1 else ()
    whole = Symbol(ADJOINT, node.name, index)
    sources = [_alone(charts, example, place) for example in range(len(charts)) for place in places]
    if graph.network.batch:
        return Entries(whole, sources, len(places), subject.entry is None)
    return Entries(whole, sources, 0 if len(places) > 1 else None, subject.entry is None)


def _alone(charts: Sequence[Chart], example: int, place: int) -> list[Source]:
    """A unit of one example: the others do not know it."""
    found = [unit_source(chart, place) for chart in charts]
    return [source if n == example else source._replace(origins=()) for n, source in enumerate(found)]


def row_by_row(entry: Index, shape: tuple[int, ...]) -> int:
    """How many entries stand before that one."""
    return entry[0] * shape[1] + entry[1] if len(shape) == 2 else entry[0] if entry else 0


def gradient(at: Any, subject: Subject) -> Value:
    """∂L/∂ the subject by the engine: a number, or lists in its shape; of a node of a batch [examples][units]."""
    value: Value
    if subject.is_parameter:
        value = at.gradient(subject.number)
        for place in subject.entry or ():
            value = value[place] if isinstance(value, list) else value
        return value
    rows = at.adjoint(subject.number)
    if subject.entry is not None:
        rows = [[row[subject.entry[0]]] for row in rows]
    if at.graph.network.batch:
        return rows
    return rows[0] if len(rows[0]) > 1 else rows[0][0]
