"""The network in symbols: what every node is made of, the local derivative of every edge, and by what.

`layer_graph` draws it at the grain of layers, whose vectors Wᵀδ, δ ⊙ σ′(z) and δ xᵀ speak of; `expand` makes of it the
same graph with nodes of one unit each. Everything else that a derivation does is the same for both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product as indices

from gradcalc.analysis.point import Subject
from gradcalc.derivation.rules import PROBABILITIES
from gradcalc.expressions.expression import (
    ADJOINT,
    DELTA,
    ONE,
    PREACTIVATION,
    ZERO,
    Expression,
    Symbol,
    call,
    fold,
    hadamard,
    product,
    rebuilt,
    symbols_in,
)
from gradcalc.network.graph import Graph
from gradcalc.network.linear_graph import EdgeLabel
from gradcalc.network.network import Index, unit_name
from gradcalc.records import Record

LOSS = 0  # the number of the loss; the other nodes are counted from 1, in order of computation

CHAIN = "chain rule"
Shape = tuple[int, ...]  # () of a number, (n,) of a vector, (m, n) of a matrix


class LocalDerivative(Record):
    """What the symbol of a derivative stands for, σ′(z) or a Jacobian: to read, to compute with, and by which rule."""

    read: Expression
    exact: Expression
    rule: str


class SymbolicEdge(Record):
    """From a node to what is made of it: `local` is a matrix, or a number or vector that goes unit by unit."""

    tail: int
    head: int
    local: Expression
    label: EdgeLabel | None
    rule: str = CHAIN
    exact: Expression | None = None  # the form to compute with, where it is another
    is_matrix: bool = False
    is_weight: bool = False
    part: range | None = None  # the units of the head that it leads to, where these are not all
    layer_edges: tuple[int, ...] = ()  # the numbers of the edges between layers that it is part of

    def form(self, exactly: bool) -> Expression:
        """The local derivative as a book prints it, or without cancellation."""
        return self.exact if exactly and self.exact is not None else self.local


class SymbolicUse(Record):
    """A parameter at work in the node `head`, by which it is the `factor` there."""

    parameter: Symbol
    head: int
    factor: Expression
    label: EdgeLabel | None
    kind: str = "units"  # a "matrix", one for each of the "units", or a number that "all" units share
    part: range | None = None
    layer_use: int = 0  # which of the uses of the whole parameter it is part of


class SymbolicGraph(Record):
    """`edges` stand in the order of a reverse sweep, from the loss back."""

    graph: Graph
    example: int | str | None
    places: Mapping[tuple[int, int | None], int]  # the node that stands for one of the graph, or for a unit of it
    symbols: dict[int, Symbol]
    shapes: Mapping[Symbol, Shape]  # none where every node is a unit
    definitions: dict[int, Expression]
    derivatives: dict[Symbol, LocalDerivative]
    edges: list[SymbolicEdge]
    uses: dict[Symbol, list[SymbolicUse]]  # by parameter, or by its entry
    preactivations: frozenset[int]  # of what is one with them too
    statistics: dict[Symbol, Expression]  # means and scales of norms
    fused: set[int]  # outputs that are one with the loss, which is differentiated by their preactivations

    @property
    def is_expanded(self) -> bool:
        """Whether every node is a unit."""
        return not self.shapes

    def is_vector(self, symbol: Symbol) -> bool:
        """Whether it has several units."""
        return len(self.shapes.get(symbol, ())) == 1

    @property
    def probabilities(self) -> dict[Symbol, Expression]:
        """p = softmax of the logits, wherever the derivative of a loss speaks of it."""
        return {symbol: found.read for symbol, found in self.derivatives.items() if symbol.letter == PROBABILITIES}

    @property
    def adjoint_letter(self) -> str:
        """∂ of ∂L/∂h1; where a node is differentiated in place of the loss, with its name, summed over its units."""
        network = self.graph.network
        if network.of is None:
            return ADJOINT
        node = network.nodes[network.of]
        return f"{ADJOINT}{'Σ' * (node.width > 1)}{node.name}"

    def adjoint(self, place: int) -> Symbol:
        """δ of a preactivation (or of what is one with it), ∂L/∂ of anything else."""
        symbol = self.symbols[place]
        if symbol.letter == PREACTIVATION or place in self.preactivations:
            return symbol._replace(letter=DELTA)
        if symbol.letter:
            return symbol._replace(letter=self.adjoint_letter, name=f"{symbol.letter}_{symbol.name}")
        return symbol._replace(letter=self.adjoint_letter)

    def passed(self, adjoint: Expression, edge: SymbolicEdge, exactly: bool = False) -> Expression:
        """What the adjoint of an edge's head adds to that of its tail; 0 where that is 0 throughout."""
        local = ZERO if adjoint == ZERO else edge.form(exactly)
        if edge.head == LOSS or local == ZERO:
            return local
        if edge.is_matrix:
            return call("pull", local, units(adjoint, edge.part))
        return self.times(units(adjoint, edge.part), local)

    def by_parameter(self, adjoint: Expression, use: SymbolicUse) -> Expression:
        """∂L/∂ the parameter, as far as this use goes, from the adjoint of its head."""
        part = units(adjoint, use.part)
        if part == ZERO:
            return part
        if use.kind == "matrix":
            return call("outer", part, use.factor)
        if use.kind == "all":
            return call("entries", part) if use.factor == ONE else call("inner", part, use.factor)
        return self.times(part, use.factor)

    def times(self, adjoint: Expression, local: Expression) -> Expression:
        """The adjoint times a local derivative, unit by unit where that is a vector: then the adjoint is one."""
        return hadamard((adjoint, local)) if is_vectorial(local, self.is_vector) else product((adjoint, local))


def units(tree: Expression, part: range | None) -> Expression:
    """Some units of a vector; of an adjoint that is 0 throughout, and written as one 0, that 0."""
    if part is None or tree == ZERO:
        return tree
    return Expression("units", (tree,), f"{part.start}:{part.stop}" if len(part) > 1 else str(part.start))


def units_of(tree: Expression) -> range:
    """Which units of a vector an expression takes: "2:4" or "1"."""
    start, _, stop = tree.value.partition(":")
    return range(int(start), int(stop or int(start) + 1))


def unit_by_unit(tree: Expression, is_vector: Callable[[Symbol], bool]) -> Expression:
    """A formula of one unit as one of whole layers: products of vectors become ⊙."""

    def lifted(node: Expression, parts: list[Expression]) -> Expression:
        if not parts:
            return node
        return _times(parts, is_vector) if node.head == "*" else rebuilt(node, parts)

    return fold(tree, lifted)


def _times(factors: Sequence[Expression], is_vector: Callable[[Symbol], bool]) -> Expression:
    """The product, of vectors unit by unit, with the numbers in front."""
    flat: list[Expression] = []
    for factor in factors:
        flat += factor.parts if factor.head in ("hadamard", "*") else [factor]
    vectors = [factor for factor in flat if is_vectorial(factor, is_vector)]
    if len(vectors) < 2:
        return product(factors)
    return product((*(factor for factor in flat if factor not in vectors), hadamard(vectors)))


def is_vectorial(tree: Expression, is_vector: Callable[[Symbol], bool]) -> bool:
    """Whether it has an entry for each unit of a layer."""

    def visit(node: Expression, parts: list[bool]) -> bool:
        if node.head == "symbol":
            return is_vector(node.value)
        return node.head in ("concat", "ones") or (node.head not in TO_NUMBERS and any(parts))

    return fold(tree, visit)


TO_NUMBERS = frozenset({"inner", "entries", "mean", "outer", "diag", "largest"})
"""What makes numbers, or matrices, of vectors."""


def definitions(symbolic: SymbolicGraph) -> list[tuple[Symbol, Expression]]:
    """Every computed value with its definition, in order of computation; means and scales before their first use."""
    found: dict[Symbol, Expression] = {}

    def add_statistics(tree: Expression) -> None:
        for symbol in symbols_in(tree):
            if symbol in symbolic.statistics and symbol not in found:
                add_statistics(symbolic.statistics[symbol])
                found[symbol] = symbolic.statistics[symbol]

    for place in sorted(symbolic.definitions):
        if symbolic.statistics:
            add_statistics(symbolic.definitions[place])
        found[symbolic.symbols[place]] = symbolic.definitions[place]
    return list(found.items())


class Variable(Record):
    """What is differentiated by: a parameter at work in its nodes, or a node, which is at work in itself by a factor
    of 1. `entry` is the one where the graph has no node for it alone."""

    symbol: Symbol
    uses: Sequence[SymbolicUse]
    is_parameter: bool
    entry: Index = ()

    @property
    def heads(self) -> list[int]:
        """The nodes that it is at work in."""
        return [use.head for use in self.uses]


def source(layers: SymbolicGraph, subject: Subject) -> Variable:
    """A subject in the graph of layers."""
    network = layers.graph.network
    if subject.is_parameter:
        parameter = network.parameters[subject.number]
        index = (subject.entry or ()) if max(parameter.shape, default=1) > 1 else ()
        return Variable(Symbol("", parameter.name, index), layers.uses.get(Symbol("", parameter.name), ()), True, index)
    index = (subject.entry or ()) if network.nodes[subject.number].width > 1 else ()
    return node_source(layers, layers.graph.outputs[subject.number], None)._replace(entry=index)


def node_source(graph: SymbolicGraph, node: int, unit: int | None) -> Variable:
    """A node of the network's graph, or a unit of it, where its paths begin."""
    place, of = graph.places[node, unit], graph.graph.network.nodes[graph.graph.nodes[node].of]
    label = None if unit is None else EdgeLabel(unit_name(of.name, unit, of.width))
    return Variable(graph.symbols[place], [SymbolicUse(graph.symbols[place], place, ONE, label)], False)


class VariableEntries(Record):
    """All entries of a subject in the graphs of units: `sources[entry][example]`, row by row.

    `columns` of its value, 0 of a list, None of a number.
    """

    symbol: Symbol  # of ∂L/∂ the whole
    sources: Sequence[Sequence[Variable]]
    columns: int | None

    def together(self, trees: Sequence[Expression]) -> Expression:
        """The expressions of all entries as one."""
        return trees[0] if self.columns is None else Expression("matrix", tuple(trees), self.columns)


def entries(subject: Subject, graphs: Sequence[SymbolicGraph]) -> VariableEntries:
    """All entries of a whole parameter or node; the one of a subject that names one. A graph for each example, and of
    a node every unit of every example: the other examples do not know it."""
    graph, letter, network = graphs[0].graph, graphs[0].adjoint_letter, graphs[0].graph.network
    if subject.is_parameter:
        parameter = network.parameters[subject.number]
        shape = parameter.shape if max(parameter.shape, default=1) > 1 else ()
        whole = Symbol(letter, parameter.name, (subject.entry or ()) if shape else ())
        places = [whole.place] if subject.entry is not None else list(indices(*map(range, shape)))
        symbols = [Symbol("", parameter.name, place) for place in places]
        sources = [[Variable(symbol, one.uses.get(symbol, ()), True) for one in graphs] for symbol in symbols]
        return VariableEntries(whole, sources, None if len(places) == 1 else shape[1] if len(shape) == 2 else 0)
    layer = network.nodes[subject.number]
    units = range(layer.width) if subject.entry is None else subject.entry
    sources = []
    for example, unit in indices(range(len(graphs)), units):
        found = [node_source(one, graph.outputs[subject.number], unit) for one in graphs]
        sources.append([one if n == example else one._replace(uses=()) for n, one in enumerate(found)])
    whole = Symbol(letter, layer.name, (subject.entry or ()) if layer.width > 1 else ())
    return VariableEntries(whole, sources, len(units) if network.batch else 0 if len(units) > 1 else None)
