"""The chain rule as expressions: adjoints node by node, and the closed form of a gradient, in the spec's own names
where that fits on a page, else over named nodes and adjoints.

Written out, a chain of 40 residual layers has about 2^40 nodes; over names its length is that of the network.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from gradcalc.derivation.expand import common_in_front
from gradcalc.derivation.symbolic_graph import LOSS, LocalDerivative, SymbolicEdge, SymbolicGraph, Variable, definitions
from gradcalc.expressions.expression import (
    ONE,
    ZERO,
    Expression,
    Symbol,
    fold,
    leaf,
    product,
    replaced,
    size,
    symbols_in,
    total,
)
from gradcalc.records import Record


class Backward(Record):
    """The edges between some nodes and the loss: of every node between them those that leave it, from the loss back."""

    graph: SymbolicGraph
    leaving: Mapping[int, Sequence[SymbolicEdge]]


def backward(graph: SymbolicGraph, sources: Iterable[int]) -> Backward:
    """What lies between the sources and the loss; a node that does not reach the loss has no edges."""
    leaving: dict[int, list[SymbolicEdge]] = {}
    for edge in graph.edges:
        if edge.head == LOSS or edge.head in leaving:
            leaving.setdefault(edge.tail, []).append(edge)
    reached = set(sources)
    for place in sorted(leaving):
        if place in reached:
            reached.update(edge.head for edge in leaving[place])
    first: dict[Symbol, int] = {}  # of the units of a layer, which follow one another
    for place, symbol in graph.symbols.items():
        first.setdefault(symbol._replace(place=()), place)
    order = sorted(leaving, key=lambda place: (-first[graph.symbols[place]._replace(place=())], place))
    return Backward(graph, {place: leaving[place] for place in order if place in reached})


class AdjointFormulas:
    """Expressions for the adjoints: names for all of them that are used more than once, the others written in; with
    `sums` for those too at which paths meet."""

    def __init__(self, between: Backward, wanted: int = LOSS, exactly: bool = False, sums: bool = False) -> None:
        self.between = between
        self._wanted = wanted  # a node that has a name in any case
        self._exactly = exactly
        self._name_sums = sums
        self._uses = Counter(edge.head for edges in between.leaving.values() for edge in edges)
        self._trees: dict[int, Expression] = {LOSS: ONE}
        self._sums: dict[int, bool] = {LOSS: False}

    def of(self, place: int) -> Expression:
        """∂L/∂ a node over the named adjoints and the values."""
        return self._trees[place]

    def is_sum(self, place: int) -> bool:
        """Whether paths meet in an adjoint."""
        edges = self.between.leaving[place]
        return len(edges) > 1 or any(self._sums[edge.head] for edge in edges)

    def named(self) -> list[tuple[int, Symbol, Expression]]:
        """Every adjoint that has a name, with its expression, from the loss back."""
        found, graph = [], self.between.graph
        for place, edges in self.between.leaving.items():
            tree = total(graph.passed(self._trees[edge.head], edge, self._exactly) for edge in edges)
            has_name = self._has_name(place, tree)
            self._sums[place] = not has_name and self.is_sum(place)
            if has_name:
                symbol = graph.adjoint(place)
                found.append((place, symbol, tree))
                tree = leaf(symbol)
            self._trees[place] = tree
        return found

    def _has_name(self, place: int, tree: Expression) -> bool:
        if (tree.head in ("symbol", "number") or place in self.between.graph.fused) and place != self._wanted:
            return False  # of an output that is one with the loss, ∂L/∂ is more than what other nodes add to it
        if self._name_sums and tree.head == "+":
            return True
        first = place == self._wanted or any(edge.head == LOSS for edge in self.between.leaving[place])
        return first or place in self.between.graph.preactivations or self._uses[place] > 1 or len(tree.parts) > 3


def with_derivatives(
    tree: Expression, derivatives: Mapping[Symbol, LocalDerivative], exactly: bool = True
) -> Expression:
    """The tree with the symbols of local derivatives written out, to compute with or to read."""

    def lookup(symbol: Symbol) -> Expression | None:
        found = derivatives.get(symbol)
        return None if found is None else found.exact if exactly else found.read

    return replaced(tree, "symbol", lookup)


MOST_LEAVES = 600
"""A closed form in the spec's own names has no more leaves than that: of 2,000 characters at least three a leaf."""

MOST_TO_READ = 100  # leaves that a reader can take in at once

Definition = tuple[Symbol, Expression]


class WrittenOut(Record):
    """Values over the spec's own names, None where one is long, and how many leaves each has: then too many."""

    trees: Mapping[Symbol, Expression | None]
    sizes: Mapping[Symbol, int]


class Closed(Record):
    """Formulas of several entries, with definitions of their names, each over names defined before it."""

    formulas: Sequence[Expression]
    definitions: Sequence[Definition]


def factored(between: Backward, source: Variable, exactly: bool, most: int = MOST_TO_READ) -> Expression | None:
    """The gradient over values and local derivatives of units, common factors in front; None over `most` leaves.

    2(y − t)·σ′(z_y)·(w_r + w3·σ′(z_h2)·w2)·σ′(z_h1)·x.
    """
    if any(least > most for least in fewest_leaves(between, exactly, {}).values()):
        return None
    trees: dict[int, Expression] = {LOSS: ONE}
    for place, edges in between.leaving.items():
        tree = common_in_front([product((trees[edge.head], edge.form(exactly))) for edge in edges])
        if size(tree) > most:
            return None
        trees[place] = tree
    uses = [use for use in source.uses if use.head in trees]
    return common_in_front([product((trees[use.head], use.factor)) for use in uses])


def fewest_leaves(between: Backward, exactly: bool, sizes: Mapping[Symbol, int]) -> dict[int, int]:
    """How many leaves every adjoint has at least, written out: the longest of those it is over, and all its local
    derivatives. `sizes` are those of the values.
    """
    leaves = {LOSS: 0}
    for place, edges in between.leaving.items():
        locals_ = [edge.form(exactly) for edge in edges]
        own = sum(leaves_in(tree, sizes) for tree in locals_ if tree not in (ONE, ZERO))
        leaves[place] = own + max(leaves[edge.head] for edge in edges)
    return leaves


def leaves_in(tree: Expression, sizes: Mapping[Symbol, int]) -> int:
    """The leaves that a tree will have with its symbols written out."""
    return fold(tree, lambda node, parts: sum(parts) if parts else sizes.get(node.value, 1))


def in_names_alone(
    graphs: Sequence[SymbolicGraph], sources: Sequence[Sequence[Variable]], written: Sequence[WrittenOut]
) -> list[Expression] | None:
    """The formula of every entry (`sources[entry][example]`) without node symbols; None where one is long."""
    found = []
    for of_entry in sources:
        trees = []
        for graph, source, values in zip(graphs, of_entry, written):
            between = backward(graph, source.heads)
            if max(fewest_leaves(between, True, values.sizes).values()) > MOST_LEAVES:
                return None
            tree = factored(between, source, True, MOST_LEAVES)
            tree = None if tree is None else in_given_names(with_derivatives(tree, graph.derivatives), values)
            if tree is None:
                return None
            trees.append(tree)
        found.append(total(trees))
        if sum(map(size, found)) > MOST_LEAVES:
            return None
    return found


def written_out(graph: SymbolicGraph) -> WrittenOut:
    """Every value over the spec's own names; None for those that are long."""
    found: dict[Symbol, Expression | None] = {}
    sizes: dict[Symbol, int] = {}
    for symbol, tree in definitions(graph):
        found[symbol] = written = in_given_names(tree, WrittenOut(found, sizes))
        sizes[symbol] = MOST_LEAVES + 1 if written is None else size(written)
    return WrittenOut(found, sizes)


def in_given_names(tree: Expression, values: WrittenOut) -> Expression | None:
    """The tree with values in place of their symbols; None where that is long."""
    if leaves_in(tree, values.sizes) > MOST_LEAVES:
        return None
    return replaced(tree, "symbol", values.trees.get)


def over_nodes(graphs: Sequence[SymbolicGraph], sources: Sequence[Sequence[Variable]]) -> Closed:
    """The formula of every entry over named adjoints and values, linear in the size of the network."""
    formulas: list[list[Expression]] = [[] for _ in sources]
    named: list[Definition] = []
    for example, graph in enumerate(graphs):
        heads = [head for of_entry in sources for head in of_entry[example].heads]
        adjoints = AdjointFormulas(backward(graph, heads), exactly=True)
        found = [(symbol, with_derivatives(tree, graph.derivatives)) for _, symbol, tree in adjoints.named()]
        named += [*definitions(graph), *found]
        for number, of_entry in enumerate(sources):
            uses = [use for use in of_entry[example].uses if use.head in adjoints.between.leaving]
            terms = (graph.by_parameter(adjoints.of(use.head), use) for use in uses)
            formulas[number] += [with_derivatives(term, graph.derivatives) for term in terms]
    return Closed([total(formula) for formula in formulas], named)


def needed(trees: Iterable[Expression], defined: Sequence[Definition]) -> list[Definition]:
    """Those definitions that the trees need, directly or through one another, in their order."""
    wanted = {symbol for tree in trees for symbol in symbols_in(tree)}
    found = []
    for symbol, tree in reversed(defined):
        if symbol in wanted:
            found.append((symbol, tree))
            wanted.update(symbols_in(tree))
    return found[::-1]
