"""The network of one example in symbols, unit by unit: what every unit is made of, and every local derivative.

Units that are one and the same (a preactivation under the identity, a join without a bias, concatenated inputs) are
one here; its symbol is the one a reader knows best, the output before the preactivation.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from gradcalc.engine.scalar_layout import Layout, activation
from gradcalc.expressions.expression import ONE, Expression
from gradcalc.expressions.symbols import BENT, JOINED, PREACTIVATION, SOURCE, Symbol, leaf
from gradcalc.network.graph import Graph
from gradcalc.network.linear_graph import Mark
from gradcalc.network.names import entry_index
from gradcalc.records import Record

LOSS = 0
"""The place of the loss: that of the constant 1 in V, which is no unit."""


class Slope(Record):
    """What a slope's symbol stands for: the form to read, the form to compute with, and the rule's name."""

    slope: Expression
    exact: Expression
    rule: str


class Hop(Record):
    """One local derivative, from a unit to what is made of it; `mark` is what a path sees of it."""

    tail: int
    head: int
    slope: Expression
    mark: Mark | None
    rule: str = "chain rule"
    exact: Expression | None = None  # the form to compute with, where it is another


class Origin(Record):
    """An entry of a parameter at work: in the unit `head`, where its slope is `factor`."""

    entry: int  # its place in P
    head: int
    factor: Expression
    mark: Mark | None


class Chart(Record):
    """Units by their place in V. `hops` stand in the order of a reverse sweep, from the loss back."""

    layout: Layout
    example: int | None
    same: Sequence[int]  # for every place the one that stands for it
    symbols: dict[int, Symbol]
    definitions: dict[int, Expression]  # of what is computed
    slopes: dict[Symbol, Slope]
    hops: list[Hop]
    origins: list[Origin]
    preactivations: frozenset[int]  # the places of preactivations, of what is one with them too
    beside: dict[Symbol, Expression]  # means and scales of norms, each before it is used

    @property
    def graph(self) -> Graph:
        """The graph it was drawn from."""
        return self.layout.graph

    def tree(self, place: int) -> Expression:
        """The symbol of a unit as an expression; of the loss's place the 1 that biases are multiplied by."""
        return leaf(self.symbols[self.same[place]]) if place else ONE


def identities(layout: Layout) -> list[int]:
    """For every place in V the first that has the same value by construction, with no edge between that a path sees."""
    same = list(range(layout.values))
    for number, span in enumerate(layout.spans):
        for unit, place in enumerate(span):
            tail = _copied(layout, number, unit)
            if tail is not None:
                same[place] = same[tail]
    return same


def preactivation_places(layout: Layout, same: Sequence[int]) -> frozenset[int]:
    """The places that stand for preactivations."""
    nodes = (node for node in layout.graph.preactivations if node >= 0)
    return frozenset(same[place] for node in nodes for place in layout.units(node))


def _copied(layout: Layout, number: int, unit: int) -> int | None:
    """The unit that this one is a copy of."""
    node = layout.graph.nodes[number]
    if node.kind == "bend":
        is_identity = activation(layout.graph, node).name == "identity"
        return layout.unit(node.arcs[0].tail, unit) if is_identity else None
    if node.kind != "affine":
        return None
    sources = layout.terms[number][unit]
    if len(sources) != 1 or sources[0][0]:
        return None
    arc, value = sources[0][2], sources[0][1]
    unseen = arc is not None and (arc.label is None or layout.graph.nodes[arc.tail].of == node.of)
    return value if unseen else None


def unit_symbols(layout: Layout, same: Sequence[int], example: int | None) -> dict[int, Symbol]:
    """The symbol of every unit, by the place that stands for it."""
    found: dict[int, Symbol] = {}
    ranks: dict[int, int] = {}
    graph = layout.graph
    for number, node in enumerate(graph.nodes):
        rank, letter = _letter(graph, number)
        for unit, place in enumerate(layout.units(number)):
            if rank < ranks.get(same[place], 9):
                ranks[same[place]] = rank
                index = (unit,) if node.width > 1 else ()
                found[same[place]] = Symbol(letter, graph.network.nodes[node.of].name, index, example)
    return found


def _letter(graph: Graph, number: int) -> tuple[int, str]:
    """How well a reader knows a node of the graph, best first, and its letter."""
    node = graph.nodes[number]
    if graph.outputs[node.of] == number:
        return 0, ""
    if graph.preactivations[node.of] == number:
        return 1, PREACTIVATION
    if node.kind == "bend":
        return 2, BENT
    if node.kind != "affine":
        return 3, JOINED
    return 4, _source_letter(graph, number)


def _source_letter(graph: Graph, number: int) -> str:
    """u1, u2, … for the weighed sources of a join."""
    first = number
    while first and graph.nodes[first - 1].of == graph.nodes[number].of and graph.nodes[first - 1].kind == "affine":
        first -= 1
    return f"{SOURCE}{number - first + 1}"


def parameter_of(layout: Layout, entry: int) -> int:
    """The parameter that a place in P belongs to."""
    return bisect_right(layout.starts, entry) - 1


def entry_symbol(layout: Layout, entry: int) -> Symbol:
    """The symbol of a place in P."""
    number = parameter_of(layout, entry)
    parameter = layout.graph.network.parameters[number]
    if all(size == 1 for size in parameter.shape):
        return Symbol("", parameter.name)
    return Symbol("", parameter.name, entry_index(parameter, entry - layout.starts[number]))


def weight_tree(layout: Layout, entry: int) -> Expression:
    """A place in P as an expression; the first is 1."""
    return leaf(entry_symbol(layout, entry)) if entry else ONE
