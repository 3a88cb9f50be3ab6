"""The terms of the sum over paths: of one number a product for each path over units, of a matrix one for each over
layers, whose entries are sums over the units between; the k largest without listing all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gradcalc.analysis.path_list import share
from gradcalc.arithmetic import Arithmetic
from gradcalc.derivation.closed_form import (
    MOST_LEAVES,
    Backward,
    WrittenOut,
    backward,
    factored,
    in_given_names,
    with_derivatives,
)
from gradcalc.derivation.explanation import Term
from gradcalc.derivation.steps import counts_to_loss
from gradcalc.derivation.symbol_values import SymbolValues, evaluate
from gradcalc.derivation.symbolic_graph import LOSS, SymbolicEdge, SymbolicGraph, SymbolicUse, Variable, VariableEntries
from gradcalc.expressions.expression import EXAMPLE, ONE, Expression, leaf, product, replaced, total
from gradcalc.network.linear_graph import EdgeLabel, LinearGraph
from gradcalc.records import Record
from gradcalc.semirings.accumulate import accumulate
from gradcalc.semirings.k_best import KBest, labels_of

if TYPE_CHECKING:
    pass

Number = Any
ALL_TERMS = 100
"""Paths up to which every one is a term; of more only the largest are."""

Key = tuple[int, tuple[int, ...]]
"""A path that all examples have: the number of its use, and those of its edges."""


class Evaluated(Record):
    """A graph of units with the value of every local derivative, in the order of its edges."""

    graph: SymbolicGraph
    values: SymbolValues
    locals: Sequence[Number]
    arithmetic: Arithmetic


def evaluated(graph: SymbolicGraph, values: SymbolValues, arithmetic: Arithmetic) -> Evaluated:
    """The graph at a point."""
    functions = arithmetic.functions
    found = [evaluate(edge.exact or edge.local, values, functions) for edge in graph.edges]
    return Evaluated(graph, values, found, arithmetic)


class UnitPath(Record):
    """A path over units: the use that it starts from, its edges from there to the loss, its product at the point."""

    use: SymbolicUse
    edges: Sequence[SymbolicEdge]
    numbers: tuple[int, ...]  # of the edges in their graph: graphs of other examples have the same
    value: Number

    @property
    def labels(self) -> list[EdgeLabel]:
        """What a reader sees of it."""
        found = (self.use.label, *(edge.label for edge in self.edges))
        return [label for label in found if label is not None]

    def product(self, exactly: bool) -> Expression:
        """The product of its local derivatives, from the loss back, to compute with or to read."""
        factors = (edge.exact if exactly and edge.exact else edge.local for edge in reversed(self.edges))
        return product((*factors, self.use.factor))


def unit_terms(
    graphs: Sequence[Evaluated],
    sources: Sequence[Variable],
    value: Number,
    most: int,
    written: Sequence[WrittenOut] | None,
) -> tuple[list[Term], int]:
    """The largest terms of one number, largest first, and how many there are; a graph and a source for each example.

    They are over the spec's own names where these are `written` out.
    """
    count = 0
    for one, source in zip(graphs, sources):
        counts = counts_to_loss(backward(one.graph, source.heads))
        count = max(count, sum(counts.get(head, 0) for head in source.heads))
    every = count <= ALL_TERMS
    paths = _paths(graphs, sources, ALL_TERMS if every else most)
    terms = [_term(graphs, found, value, written) for found in paths.values()]
    terms.sort(key=lambda term: abs(term.value), reverse=True)
    return terms if every else terms[:most], count


def _term(
    graphs: Sequence[Evaluated], paths: Mapping[int, UnitPath], value: Number, written: Sequence[WrittenOut] | None
) -> Term:
    """A path with its products in all examples as one term."""
    first = next(iter(paths.values()))
    trees = []
    for example, path in paths.items():
        tree = with_derivatives(path.product(True), graphs[example].graph.derivatives)
        trees.append(_in_given_names(tree, example, written))
    contribution = sum((path.value for path in paths.values()), graphs[0].arithmetic.functions.number(0))
    read = first.product(False)
    nodes = tuple(label.node for label in first.labels if label.node is not None)
    through = tuple(label.name for label in first.labels if label.name is not None)
    at = first.use.label.at if first.use.label else None
    if len(graphs) > 1:
        read = replaced(
            read, "symbol", lambda symbol: None if symbol.example is None else leaf(symbol._replace(example=EXAMPLE))
        )
        read = Expression("over examples", (read,))
    return Term(nodes, through, read, total(trees), contribution, share(contribution, value), at)


def _in_given_names(tree: Expression, example: int, written: Sequence[WrittenOut] | None) -> Expression:
    return tree if written is None else in_given_names(tree, written[example]) or tree


def _paths(graphs: Sequence[Evaluated], sources: Sequence[Variable], k: int) -> dict[Key, dict[int, UnitPath]]:
    """The largest paths of every example, each with its products in all examples."""
    found: dict[Key, dict[int, UnitPath]] = {}
    for example, (graph, source) in enumerate(zip(graphs, sources)):
        for path in largest(graph, source, k):
            found.setdefault((list(source.uses).index(path.use), path.numbers), {})[example] = path
    for key, paths in found.items():
        for example, (graph, source) in enumerate(zip(graphs, sources)):
            if example not in paths and source.uses:
                use, edges = source.uses[key[0]], [graph.graph.edges[number] for number in key[1]]
                value = evaluate(use.factor, graph.values, graph.arithmetic.functions)
                for number in reversed(key[1]):
                    value = value * graph.locals[number]
                paths[example] = UnitPath(use, edges, key[1], value)
    return found


def largest(graph: Evaluated, source: Variable, k: int) -> list[UnitPath]:
    """The k paths of largest |product|, largest first."""
    edges, functions = graph.graph.edges, graph.arithmetic.functions
    between = backward(graph.graph, source.heads)
    numbers = [n for n, edge in enumerate(edges) if edge.tail in between.leaving]
    starts = range(len(edges), len(edges) + len(source.uses))
    labels: Any = [*numbers, *starts]  # the numbers of edges, and after them those of uses
    subject = max(graph.graph.symbols) + 1
    dag = LinearGraph(
        subject + 1,
        LOSS,
        len(numbers) + len(starts),
        [*(edges[n].tail for n in numbers), *[subject] * len(starts)],
        [*(edges[n].head for n in numbers), *source.heads],
        labels,
    )
    factors = [evaluate(use.factor, graph.values, functions) for use in source.uses]
    locals_ = [*(graph.locals[n] for n in numbers), *factors]
    best = KBest(k)
    ranking = accumulate(dag, best.edges(dag, locals_), graph.arithmetic.number(1), best)[subject]
    found = []
    for value, path in ranking.candidates:
        taken: Any = labels_of(path)
        first, *taken = taken
        found.append(UnitPath(source.uses[first - len(edges)], [edges[n] for n in taken], tuple(taken), value))
    return found


class LayerPath(Record):
    """A path over layers: the use that it starts from, and its edges from there to the loss, by their numbers."""

    use: SymbolicUse
    edges: Sequence[int]


def layer_path(graph: SymbolicGraph, source: Variable, labels: Sequence[EdgeLabel]) -> LayerPath:
    """The path over layers whose edges have these labels, one after the other; edges without one pass unseen."""
    leaving: dict[int, list[int]] = {}
    for number, edge in enumerate(graph.edges):
        leaving.setdefault(edge.tail, []).append(number)
    start, wanted = (labels[0].at, labels[1:]) if source.is_parameter else (None, labels)
    uses = [
        use for use in source.uses if use.label is None or (use.label.node, use.label.at) == (labels[0].node, start)
    ]
    pending: list[tuple[SymbolicUse, int, int, list[int]]] = [(use, use.head, 0, []) for use in uses]
    while pending:
        use, place, passed, edges = pending.pop()
        if place == LOSS and passed == len(wanted):
            return LayerPath(use, edges)
        for number in leaving.get(place, ()):
            label = graph.edges[number].label
            if label is None or label == next(iter(wanted[passed : passed + 1]), None):
                pending.append((use, graph.edges[number].head, passed + (label is not None), [*edges, number]))
    raise LookupError(f"no path has the labels {labels}")


def layer_formula(
    graphs: Sequence[SymbolicGraph], found: VariableEntries, path: LayerPath, written: Sequence[WrittenOut] | None
) -> Expression | None:
    """The contribution of a path over layers, entry by entry; None where that is long."""
    trees = []
    for sources in found.sources:
        parts = []
        for example, (graph, source) in enumerate(zip(graphs, sources)):
            uses = [use for use in source.uses if use.layer_use == path.use.layer_use]
            tree = factored(_only(graph, path.edges), source._replace(uses=uses), True, MOST_LEAVES)
            if tree is None:
                return None
            parts.append(_in_given_names(with_derivatives(tree, graph.derivatives), example, written))
        trees.append(total(parts))
    return found.together(trees)


def _only(graph: SymbolicGraph, edges: Sequence[int]) -> Backward:
    """The graph of units with the edges between layers that a path takes, and no others."""
    taken, leaving = set(edges), dict[int, list[SymbolicEdge]]()
    for edge in graph.edges:
        if taken.issuperset(edge.layer_edges) and (edge.head == LOSS or edge.head in leaving):
            leaving.setdefault(edge.tail, []).append(edge)
    return Backward(graph, leaving)


def layer_product(graph: SymbolicGraph, source: Variable, path: LayerPath) -> Expression:
    """The product of a path over layers: the loss's derivative, passed back from layer to layer."""
    tree = ONE
    for number in reversed(path.edges):
        tree = graph.passed(tree, graph.edges[number])
    tree = graph.by_parameter(tree, path.use)
    is_batch = source.is_parameter and isinstance(graph.example, str)
    return Expression("over examples", (tree,)) if is_batch else tree
