"""The chain rule node by node: what each adjoint is, over the adjoints of what its node feeds; linear in the depth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gradcalc.derivation.symbolic_graph import LOSS, LocalDerivative, SymbolicEdge, SymbolicGraph
from gradcalc.expressions.build import replaced, total
from gradcalc.expressions.expression import ONE, Expression, Symbol, leaf
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
    return Backward(graph, {place: leaving[place] for place in sorted(leaving, reverse=True) if place in reached})


class Adjoints:
    """Expressions for the adjoints: names for all of them that are used more than once, the others written in; with
    `sums` for those too at which paths meet."""

    def __init__(self, between: Backward, wanted: int = LOSS, exactly: bool = False, sums: bool = False) -> None:
        self.between = between
        self._wanted = wanted  # a node that has a name in any case
        self._exactly = exactly
        self._name_sums = sums
        self._uses = _uses(between)
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
        if tree.head in ("symbol", "number") and place != self._wanted:
            return False
        if self._name_sums and tree.head == "+":
            return True
        first = place == self._wanted or any(edge.head == LOSS for edge in self.between.leaving[place])
        return (
            first or place in self.between.graph.preactivations or self._uses.get(place, 0) > 1 or len(tree.parts) > 3
        )


def _uses(between: Backward) -> dict[int, int]:
    """How many other adjoints each is part of."""
    uses: dict[int, int] = {}
    for edges in between.leaving.values():
        for edge in edges:
            uses[edge.head] = uses.get(edge.head, 0) + 1
    return uses


def with_derivatives(
    tree: Expression, derivatives: Mapping[Symbol, LocalDerivative], exactly: bool = True
) -> Expression:
    """The tree with the symbols of local derivatives written out, to compute with or to read."""

    def lookup(symbol: Symbol) -> Expression | None:
        found = derivatives.get(symbol)
        return None if found is None else found.exact if exactly else found.read

    return replaced(tree, "symbol", lookup)
