"""The network in symbols, layer by layer: what every layer is made of, and what an adjoint becomes on its way back.

Places are the graph's nodes, counted from 1: place 0 is the loss. In a batch every symbol is of an example e.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.derivation.adjoints import adjoint_symbol
from gradcalc.derivation.chart import LOSS, Slope
from gradcalc.engine.scalar_layout import activation
from gradcalc.expressions.build import name
from gradcalc.expressions.expression import Expression
from gradcalc.expressions.symbols import BENT, EXAMPLE, JOINED, PREACTIVATION, SOURCE, Symbol, leaf
from gradcalc.network.graph import Graph, Node
from gradcalc.network.linear_graph import Mark
from gradcalc.records import Record

ADJOINT_OF_HEAD = name("g")
"""In a hop: the adjoint of its head."""


class LayerHop(Record):
    """From a layer to what is made of it: `given` is what it adds to the tail's adjoint, over the head's."""

    tail: int
    head: int
    given: Expression
    mark: Mark | None
    rule: str = "chain rule"


class LayerOrigin(Record):
    """A parameter at work in the layer `head`: `given` is ∂L/∂ it, over the head's adjoint."""

    parameter: int
    head: int
    given: Expression
    mark: Mark | None


class LayerChart(Record):
    """As a chart of units; `widths` by place."""

    graph: Graph
    example: str | None
    same: Sequence[int]  # for every place the one that stands for it
    symbols: dict[int, Symbol]
    widths: dict[Symbol, int]
    definitions: dict[int, Expression]
    slopes: dict[Symbol, Slope]  # and Jacobians
    hops: list[LayerHop]
    origins: list[LayerOrigin]
    preactivations: frozenset[int]
    beside: dict[Symbol, Expression]

    def tree(self, node: int) -> Expression:
        """The symbol of a graph node as an expression; of sources put side by side the sources."""
        place = self.same[node + 1]
        definition = self.definitions.get(place)
        beside = definition is not None and definition.head == "concat" and self.symbols[place].letter[:1] == SOURCE
        return definition if beside and definition else leaf(self.symbols[place])

    def adjoint_width(self, symbol: Symbol) -> int:
        """How many units an adjoint has; 0 where the symbol is none."""
        places = (place for place in self.symbols if adjoint_symbol(self, place) == symbol)
        return next((self.widths[self.symbols[place]] for place in places), 0)

    def is_vector(self, symbol: Symbol) -> bool:
        """Whether it has several units."""
        return self.widths.get(symbol, 1) > 1


def blank(graph: Graph) -> LayerChart:
    """The chart with its symbols, before anything is drawn into it."""
    example = EXAMPLE if graph.network.batch else None
    same = identities(graph)
    symbols, widths = node_symbols(graph, same, example)
    preactivations = frozenset(same[node + 1] for node in graph.preactivations if node >= 0)
    return LayerChart(graph, example, same, symbols, widths, {}, {}, [], [], preactivations, {})


def identities(graph: Graph) -> list[int]:
    """For every place the first that has the same value by construction, with no edge between that a path sees."""
    same = [LOSS]
    for number, node in enumerate(graph.nodes):
        tail = _copied(graph, node)
        same.append(number + 1 if tail is None else same[tail + 1])
    return same


def _copied(graph: Graph, node: Node) -> int | None:
    if node.kind == "bend":
        return node.arcs[0].tail if activation(graph, node).name == "identity" else None
    if node.kind != "affine" or len(node.arcs) != 1 or node.bias is not None:
        return None
    arc = node.arcs[0]
    unseen = arc.label is None or graph.nodes[arc.tail].of == node.of
    whole = arc.parameter is None and not arc.offset and graph.nodes[arc.tail].width == node.width
    return arc.tail if unseen and whole else None


def node_symbols(graph: Graph, same: Sequence[int], example: str | None) -> tuple[dict[int, Symbol], dict[Symbol, int]]:
    """The symbol of every node by the place that stands for it, and how many units each has."""
    found: dict[int, Symbol] = {}
    ranks: dict[int, int] = {}
    widths: dict[Symbol, int] = {}
    for number, node in enumerate(graph.nodes):
        rank, letter = _letter(graph, number)
        place = same[number + 1]
        if rank < ranks.get(place, 9):
            ranks[place] = rank
            found[place] = Symbol(letter, graph.network.nodes[node.of].name, (), example)
    for place, symbol in found.items():
        widths[symbol] = graph.nodes[place - 1].width
    return found, widths


def _letter(graph: Graph, number: int) -> tuple[int, str]:
    node = graph.nodes[number]
    if graph.outputs[node.of] == number:
        return 0, ""
    if graph.preactivations[node.of] == number:
        return 1, PREACTIVATION
    if node.kind == "bend":
        return 2, BENT
    return (3, JOINED) if node.kind != "affine" else (4, source_letter(graph, number))


def source_letter(graph: Graph, number: int) -> str:
    """u1, u2, … for the weighed sources of a join."""
    first = number
    while first and graph.nodes[first - 1].of == graph.nodes[number].of and graph.nodes[first - 1].kind == "affine":
        first -= 1
    return f"{SOURCE}{number - first + 1}"
