"""The terms of the sum over paths: of one number a product for each path over units, of a matrix one for each over
layers, whose entries are sums over the units between; the k largest without listing all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, reduce
from operator import mul
from typing import Any

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
from gradcalc.derivation.expand import of_example
from gradcalc.derivation.explanation import Term
from gradcalc.derivation.steps import counts_to_loss
from gradcalc.derivation.symbol_values import SymbolValues, value_in_range
from gradcalc.derivation.symbolic_graph import LOSS, SymbolicEdge, SymbolicGraph, SymbolicUse, Variable, VariableEntries
from gradcalc.expressions.expression import EXAMPLE, ONE, Expression, product, total
from gradcalc.network.linear_graph import EdgeLabel, LinearGraph
from gradcalc.records import Record
from gradcalc.semirings.accumulate import accumulate, path_counts
from gradcalc.semirings.k_best import labels_of, ranking

Number = Any
ALL_TERMS = 100  # paths up to which every one is a term; of more only the largest are


class UnitPath(Record):
    """A path over units that all examples have: the number of the use that it starts from, those of its edges."""

    use: int
    edges: tuple[int, ...]


class UnitTerms:
    """The terms of networks of few units, in the spec's own names where values are `written`; a graph an example."""

    def __init__(self, graphs: Sequence[SymbolicGraph], values: SymbolValues, arithmetic: Arithmetic) -> None:
        self.graphs = graphs
        self.arithmetic = arithmetic
        self._of_loss: Callable[[Number], Number] = getattr(arithmetic, "of_backward", lambda number: number)
        self._value = partial(value_in_range, values=values, functions=arithmetic.functions)
        self._locals = [[self._value(edge.form(True)) for edge in graph.edges] for graph in graphs]

    def of(
        self, sources: Sequence[Variable], value: Number, most: int, written: Sequence[WrittenOut]
    ) -> tuple[list[Term], int]:
        """The largest terms of one number, largest first, and how many there are; a source for each example."""
        count = 0
        for graph, source in zip(self.graphs, sources):
            counts = counts_to_loss(backward(graph, source.heads))
            count = max(count, sum(counts.get(head, 0) for head in source.heads))
        most = ALL_TERMS if count <= ALL_TERMS else most
        paths = dict.fromkeys(path for example in range(len(sources)) for path in self._largest(example, sources, most))
        terms = [self._term(sources, path, value, written) for path in paths]
        terms.sort(key=lambda term: abs(term.value), reverse=True)
        return terms[:most], count

    def _term(self, sources: Sequence[Variable], path: UnitPath, value: Number, written: Sequence[WrittenOut]) -> Term:
        """A path with its products in all examples as one term; of a node's value the other examples have none."""
        contribution, trees, read, labels = self.arithmetic.number(0), [], ONE, list[EdgeLabel]()
        for example, (graph, source) in enumerate(zip(self.graphs, sources)):
            if source.uses:
                use, edges = source.uses[path.use], [graph.edges[number] for number in reversed(path.edges)]
                of_loss, *locals_ = (self._locals[example][number] for number in reversed(path.edges))
                factors = (self._of_loss(of_loss), *locals_, self._value(use.factor))
                contribution = contribution + reduce(mul, factors)
                tree = product((*(edge.form(True) for edge in edges), use.factor))
                tree = with_derivatives(tree, graph.derivatives)
                trees.append(in_given_names(tree, written[example]) or tree)
                read = product((*(edge.local for edge in edges), use.factor))
                labels = [label for label in (use.label, *(edge.label for edge in reversed(edges))) if label]
        if len(self.graphs) > 1:
            read = Expression("over examples", (of_example(read, EXAMPLE),))
        nodes = tuple(label.node for label in labels if label.node is not None)
        through = tuple(label.name for label in labels if label.name is not None)
        at = labels[0].at if labels else None
        own = share(contribution, value)
        return Term(nodes, through, read, total(trees), contribution, own, at, labels=labels)

    def _largest(self, example: int, sources: Sequence[Variable], k: int) -> list[UnitPath]:
        """The k paths of largest |product| in an example, largest first."""
        graph, source = self.graphs[example], sources[example]
        leaving = backward(graph, source.heads).leaving
        numbers = [n for n, edge in enumerate(graph.edges) if edge.tail in leaving]
        starts = range(len(graph.edges), len(graph.edges) + len(source.uses))
        labels: Any = [*numbers, *starts]  # the numbers of edges, and after them those of uses
        subject = max(graph.symbols) + 1
        tails = [*(graph.edges[n].tail for n in numbers), *[subject] * len(starts)]
        heads = [*(graph.edges[n].head for n in numbers), *source.heads]
        dag = LinearGraph(subject + 1, LOSS, len(numbers) + len(starts), tails, heads, labels)
        factors = [self._value(use.factor) for use in source.uses]
        best = ranking(k, path_counts(dag).adjoints)
        edges = best.edges(dag, [*(self._locals[example][n] for n in numbers), *factors])
        found = accumulate(dag, edges, self.arithmetic.number(1), best)[subject]
        paths: Any = [labels_of(path) for _, path in found.candidates]
        return [UnitPath(first - len(graph.edges), tuple(taken)) for first, *taken in paths]


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
    graphs: Sequence[SymbolicGraph], found: VariableEntries, path: LayerPath, written: Sequence[WrittenOut]
) -> Expression | None:
    """The contribution of a path over layers, entry by entry: of the graphs of units the edges that lie between layers
    as it does; None where that is long."""
    taken, trees = set(path.edges), []
    for sources in found.sources:
        parts = []
        for graph, source, values in zip(graphs, sources, written):
            leaving: dict[int, list[SymbolicEdge]] = {}
            for edge in graph.edges:
                if taken.issuperset(edge.layer_edges) and (edge.head == LOSS or edge.head in leaving):
                    leaving.setdefault(edge.tail, []).append(edge)
            uses = [use for use in source.uses if use.layer_use == path.use.layer_use]
            tree = factored(Backward(graph, leaving), source._replace(uses=uses), True, MOST_LEAVES)
            if tree is None:
                return None
            tree = with_derivatives(tree, graph.derivatives)
            parts.append(in_given_names(tree, values) or tree)
        trees.append(total(parts))
    return found.together(trees)


def layer_product(graph: SymbolicGraph, source: Variable, path: LayerPath) -> Expression:
    """The product of a path over layers: the loss's derivative, passed back from layer to layer."""
    tree = ONE
    for number in reversed(path.edges):
        tree = graph.passed(tree, graph.edges[number])
    tree = graph.by_parameter(tree, path.use)
    is_batch = source.is_parameter and isinstance(graph.example, str)
    return Expression("over examples", (tree,)) if is_batch else tree
