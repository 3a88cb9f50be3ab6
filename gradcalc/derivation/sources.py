"""What is differentiated by, as a symbolic graph has it: a parameter at work in its nodes, a node, an entry."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.analysis.point import Subject
from gradcalc.derivation.symbolic_graph import SymbolicGraph, SymbolicUse
from gradcalc.expressions.expression import ONE, Expression, Symbol
from gradcalc.network.network import Index
from gradcalc.records import Record


class Source(Record):
    """A node is at work in itself, by a factor of 1. `entry` is the one where the graph has no node for it alone."""

    symbol: Symbol
    uses: Sequence[SymbolicUse]
    is_parameter: bool
    entry: Index = ()

    @property
    def heads(self) -> list[int]:
        """The nodes that it is at work in."""
        return [use.head for use in self.uses]


def source(graph: SymbolicGraph, subject: Subject) -> Source:
    """A subject in the graph of layers; in one of units, where it is a number."""
    network = graph.graph.network
    if subject.is_parameter:
        parameter = network.parameters[subject.number]
        index = (subject.entry or ()) if max(parameter.shape, default=1) > 1 else ()
        symbol = Symbol("", parameter.name, index)
        if graph.is_expanded:
            return Source(symbol, graph.uses.get(symbol, ()), True)
        return Source(symbol, graph.uses.get(symbol._replace(place=()), ()), True, index)
    index = (subject.entry or ()) if network.nodes[subject.number].width > 1 else ()
    node = graph.graph.outputs[subject.number]
    if graph.is_expanded:
        return node_source(graph, node, index[0] if index else 0)
    return node_source(graph, node, None)._replace(entry=index)


def node_source(graph: SymbolicGraph, node: int, unit: int | None) -> Source:
    """A node of the network's graph, or a unit of it."""
    place = graph.places[node, unit]
    return Source(graph.symbols[place], [SymbolicUse(graph.symbols[place], place, ONE, None)], False)


class Entries(Record):
    """All entries of a subject in the graphs of units: `sources[entry][example]`, row by row.

    `columns` of its value, 0 of a list, None of a number.
    """

    symbol: Symbol  # of ∂L/∂ the whole
    sources: Sequence[Sequence[Source]]
    columns: int | None
    is_whole: bool  # no single entry or unit of a larger one

    def together(self, trees: Sequence[Expression]) -> Expression:
        """The expressions of all entries as one."""
        return trees[0] if self.columns is None else Expression("matrix", tuple(trees), self.columns)


def entries(subject: Subject, graphs: Sequence[SymbolicGraph]) -> Entries:
    """All entries of a whole parameter or node; the one of a subject that names one. A graph for each example."""
    return _of_parameter(subject, graphs) if subject.is_parameter else _of_node(subject, graphs)


def _of_parameter(subject: Subject, graphs: Sequence[SymbolicGraph]) -> Entries:
    parameter = graphs[0].graph.network.parameters[subject.number]
    shape = parameter.shape if max(parameter.shape, default=1) > 1 else ()
    whole = Symbol(graphs[0].adjoint_letter, parameter.name, (subject.entry or ()) if shape else ())
    places = [whole.place] if subject.entry is not None else list(_indices(shape))
    symbols = [Symbol("", parameter.name, place) for place in places]
    sources = [[Source(symbol, graph.uses.get(symbol, ()), True) for graph in graphs] for symbol in symbols]
    if len(places) == 1:
        return Entries(whole, sources, None, subject.entry is None)
    return Entries(whole, sources, shape[1] if len(shape) == 2 else 0, True)


def _indices(shape: tuple[int, ...]) -> list[Index]:
    """The indices of a shape, row by row."""
    found: list[Index] = [()]
    for size in shape:
        found = [(*index, place) for index in found for place in range(size)]
    return found


def _of_node(subject: Subject, graphs: Sequence[SymbolicGraph]) -> Entries:
    """Every unit of every example: the other examples do not know it."""
    graph = graphs[0].graph
    node, width = graph.outputs[subject.number], graph.network.nodes[subject.number].width
    units = range(width) if subject.entry is None else subject.entry
    index = subject.entry if subject.entry is not None and width > 1 else ()
    sources = []
    for example in range(len(graphs)):
        for unit in units:
            found = [node_source(one, node, unit) for one in graphs]
            sources.append([one if n == example else one._replace(uses=()) for n, one in enumerate(found)])
    columns = len(units) if graph.network.batch else 0 if len(units) > 1 else None
    name = graph.network.nodes[subject.number].name
    return Entries(Symbol(graphs[0].adjoint_letter, name, index), sources, columns, subject.entry is None)
