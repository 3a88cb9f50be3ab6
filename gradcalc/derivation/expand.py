"""From layers to units: an entry of an expression over layers, and the graph of layers with nodes of one unit each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations

from gradcalc.derivation.rules import JACOBIAN
from gradcalc.derivation.symbolic_graph import (
    LOSS,
    LocalDerivative,
    Shape,
    SymbolicEdge,
    SymbolicGraph,
    SymbolicUse,
    units_of,
)
from gradcalc.expressions.expression import (
    ONE,
    SOURCE,
    ZERO,
    Expression,
    Symbol,
    call,
    difference,
    factors_of,
    in_postorder,
    leaf,
    number,
    product,
    quotient,
    rebuilt,
    replaced,
    total,
)
from gradcalc.network.graph import ActivationNode, Node
from gradcalc.network.linear_graph import EdgeLabel
from gradcalc.network.network import Index, unit_name

Shapes = Mapping[Symbol, Shape]


def entry(tree: Expression, index: Index, shapes: Shapes) -> Expression:
    """The entry of a matrix (row, column), of a vector (unit,); of a number itself.

    Of Wᵀδ xᵀ at (0, 1) the factor δ[0] times the factor x[1].
    """
    if tree.head == "symbol":
        return leaf(tree.value._replace(place=index)) if shapes.get(tree.value) else tree
    rule = ENTRIES.get(tree.head)
    if rule is not None:
        return rule(tree, index, shapes)
    if any(node.head in ENTRIES for node in in_postorder(tree)):
        return rebuilt(tree, [entry(part, index, shapes) for part in tree.parts])
    return replaced(tree, "symbol", lambda symbol: entry(leaf(symbol), index, shapes))


def vector(tree: Expression, shapes: Shapes) -> list[Expression]:
    """All entries of a vector; of a number the one."""
    return [entry(tree, (unit,), shapes) for unit in range(length(tree, shapes))]


def length(tree: Expression, shapes: Shapes) -> int:
    """How many units a vector has; 1 of a number."""
    if tree.head == "symbol":
        return (shapes.get(tree.value) or (1,))[0]
    if tree.head == "concat":
        return sum(length(part, shapes) for part in tree.parts)
    if tree.head == "apply":
        return length(tree.parts[0], shapes)
    if tree.head in ("ones", "identity"):
        return int(tree.value)
    if tree.head == "units":
        return len(units_of(tree))
    if tree.head in ("mean", "entries", "inner"):
        return 1
    if tree.head == "maxout":
        return length(tree.parts[0], shapes) // int(tree.parts[1].value)
    return max((length(part, shapes) for part in tree.parts), default=1)


def _apply(tree: Expression, index: Index, shapes: Shapes) -> Expression:
    weight, tail = tree.parts
    units = enumerate(vector(tail, shapes))
    return total(product((entry(weight, (_unit(index), column), shapes), part)) for column, part in units)


def _group(tree: Expression, unit: int, shapes: Shapes) -> list[Expression]:
    """The pieces of a unit of maxout."""
    pieces = int(tree.parts[1].value)
    return vector(tree.parts[0], shapes)[unit * pieces : (unit + 1) * pieces]


def _maxout(tree: Expression, index: Index, shapes: Shapes) -> Expression:
    group = _group(tree, _unit(index), shapes)
    return call("max", *group) if len(group) > 1 else group[0]


def _largest(tree: Expression, index: Index, shapes: Shapes) -> Expression:
    group = _group(tree, index[0], shapes)
    place = index[1] - index[0] * len(group)
    if not 0 <= place < len(group):
        return ZERO
    return call("top_share", *_to_front(group, place)) if len(group) > 1 else ONE


def _products_about(tree: Expression, index: Index, shapes: Shapes) -> Expression:
    """Σ_c (x_c − x_i)(x_c − x_j)."""
    units = vector(tree.parts[0], shapes)
    about = [units[place] for place in index]
    others = (unit for place, unit in enumerate(units) if place not in index)
    return total(product(difference(unit, one) for one in about) for unit in others)


def _squares_between_others(tree: Expression, index: Index, shapes: Shapes) -> Expression:
    """Σ (x_b − x_c)² over all pairs without x_i."""
    _, *others = _to_front(vector(tree.parts[0], shapes), _unit(index))
    return total(Expression("^", (difference(*pair), number(2))) for pair in combinations(others, 2))


def _unit(index: Index) -> int:
    """The unit of a vector; of a number the one."""
    return index[0] if index else 0


def _to_front(trees: Sequence[Expression], place: int) -> list[Expression]:
    """All trees, the one at this place in front."""
    return [trees[place], *trees[:place], *trees[place + 1 :]]


ENTRIES: dict[str, Callable[[Expression, Index, Shapes], Expression]] = {
    "apply": _apply,
    "outer": lambda tree, index, shapes: product(
        entry(part, (place,), shapes) for part, place in zip(tree.parts, index)
    ),
    "concat": lambda tree, index, shapes: [one for part in tree.parts for one in vector(part, shapes)][index[0]],
    "units": lambda tree, index, shapes: entry(tree.parts[0], (units_of(tree)[_unit(index)],), shapes),
    "inner": lambda tree, index, shapes: total(map(product, zip(*(vector(part, shapes) for part in tree.parts)))),
    "others": lambda tree, index, shapes: total(_to_front(vector(tree.parts[0], shapes), _unit(index))[1:]),
    "products_about": _products_about,
    "squares_between_others": _squares_between_others,
    "mean": lambda tree, index, shapes: quotient(
        total(vector(tree.parts[0], shapes)), number(length(tree.parts[0], shapes))
    ),
    "maxout": _maxout,
    "largest": _largest,
    "softmax": lambda tree, index, shapes: call("share", *_to_front(vector(tree.parts[0], shapes), _unit(index))),
    "log_softmax": lambda tree, index, shapes: call(
        "log_share", *_to_front(vector(tree.parts[0], shapes), _unit(index))
    ),
    "entries": lambda tree, index, shapes: total(vector(tree.parts[0], shapes)),
    "hadamard": lambda tree, index, shapes: product(entry(part, index, shapes) for part in tree.parts),
    "diag": lambda tree, index, shapes: entry(tree.parts[0], index[:1], shapes) if index[0] == index[1] else ZERO,
    "with_diagonal": lambda tree, index, shapes: (
        entry(tree.parts[1], index[:1], shapes) if index[0] == index[1] else entry(tree.parts[0], index, shapes)
    ),
    "identity": lambda tree, index, shapes: ONE if index[0] == index[1] else ZERO,
    "ones": lambda tree, index, shapes: ONE,
    "pull": lambda tree, index, shapes: Expression("units", (tree,), str(index[0])) if index else tree,
}
"""Entries of what is not made unit by unit. That of Wᵀδ, a sum over a layer's units, is left as it is."""


def of_example(tree: Expression, example: int | str) -> Expression:
    """The tree with its symbols of another example, or of any."""
    return replaced(
        tree, "symbol", lambda symbol: None if symbol.example is None else leaf(symbol._replace(example=example))
    )


def common_in_front(terms: Sequence[Expression]) -> Expression:
    """The sum of products, with the factors that all of them share taken out."""
    if len(terms) < 2:
        return total(terms)
    rests = [list(factors_of(term)) for term in terms]
    shared = []
    for factor in list(rests[0]):
        if all(factor in rest for rest in rests):
            shared.append(factor)
            for rest in rests:
                rest.remove(factor)
    return product((*shared, total(product(rest) for rest in rests)))


def expand(layers: SymbolicGraph, example: int | None = None) -> SymbolicGraph:
    """The same graph, unit by unit, of one example of a batch: nodes h1[0], weights w1[0,1]; linear in the number of
    weight entries.

    What takes the units of a layer together (softmax, a norm, maxout) becomes, of each of its outputs, edges from all
    preactivations that it depends on. A network of layers of one unit is what it would become already.
    """
    graph = layers.graph
    is_plain = not graph.network.batch and not graph.network.loss.classes
    if graph.scalar() and is_plain and not any(couples(node) for node in graph.nodes):
        return layers._replace(shapes={}, places={(node, 0): place for (node, _), place in layers.places.items()})
    return _Expansion(layers, example).expanded


class _Expansion:
    """The graph of units being made."""

    def __init__(self, layers: SymbolicGraph, example: int | None) -> None:
        self.layers, self.graph, self.example = layers, layers.graph, example
        self._owners = {symbol: place for place, symbol in layers.symbols.items()}
        self._coupled = {node.of for node in self.graph.nodes if couples(node)}
        self._places: dict[tuple[int, int], int] = {}  # by node of the layers and unit
        symbols: dict[int, Symbol] = {}
        for place, symbol in sorted(layers.symbols.items()):
            for unit in self._units(place):
                copied = self._copied(place, unit)
                self._places[place, unit] = len(symbols) + 1 if copied is None else copied
                if copied is None:
                    symbols[len(symbols) + 1] = self._unit(symbol, unit)
        self.expanded = SymbolicGraph(
            layers.graph,
            example,
            {(n, u): self._places[place, u] for (n, _), place in layers.places.items() for u in self._units(place)},
            symbols,
            {},
            {
                self._places[place, unit]: self._entry(tree, (unit,))
                for place, tree in layers.definitions.items()
                if not is_side_by_side(layers.symbols[place], tree)
                for unit in self._units(place)
            },
            {
                self._unit(symbol, unit): LocalDerivative(
                    self._entry(whole.read, (unit,)), self._entry(whole.exact, (unit,)), whole.rule
                )
                for symbol, whole in layers.derivatives.items()
                if symbol.letter != JACOBIAN  # Jacobians are written in
                for unit in range(length(leaf(symbol), layers.shapes))
            },
            [edge for whole in layers.edges for edge in self._edges(whole) if edge.tail != edge.head],
            {},
            frozenset(self._places[place, unit] for place in layers.preactivations for unit in self._units(place)),
            {self._unit(symbol, 0): self._entry(tree, ()) for symbol, tree in layers.statistics.items()},
            {self._places[place, unit] for place in layers.fused for unit in self._units(place)},
        )
        for use in (use for uses in layers.uses.values() for whole in uses for use in self._uses(whole)):
            self.expanded.uses.setdefault(use.parameter, []).append(use)

    def _units(self, place: int) -> range:
        return range(length(leaf(self.layers.symbols[place]), self.layers.shapes))

    def _unit(self, symbol: Symbol, unit: int) -> Symbol:
        """The symbol of one unit of a layer's, of this example."""
        example = None if symbol.example is None else self.example
        return symbol._replace(place=(unit,) if self.layers.shapes.get(symbol) else (), example=example)

    def _entry(self, tree: Expression, index: Index) -> Expression:
        found = entry(tree, index, self.layers.shapes)
        return found if self.example is None else of_example(found, self.example)

    def _copied(self, place: int, unit: int) -> int | None:
        """The unit that this one is a copy of: of sources put side by side before a weight multiplies them."""
        definition = self.layers.definitions.get(place)
        if definition is None or not is_side_by_side(self.layers.symbols[place], definition):
            return None
        source = entry(definition, (unit,), self.layers.shapes).value
        return self._places[self._owners[source._replace(place=())], source.place[0] if source.place else 0]

    def _edges(self, whole: SymbolicEdge) -> Iterator[SymbolicEdge]:
        if whole.head == LOSS:
            for unit in self._units(whole.tail):
                exact = None if whole.exact is None else self._entry(whole.exact, (unit,))
                tail, local = self._places[whole.tail, unit], self._entry(whole.local, (unit,))
                yield whole._replace(tail=tail, local=local, exact=exact, label=self._last_label(whole.tail, unit))
            return
        for row, unit in enumerate(whole.part or self._units(whole.head)):
            for column in self._units(whole.tail) if whole.is_matrix else (row,):
                local, exact = self._local(whole, row, column)
                if local != ZERO or not whole.is_matrix:
                    tail, head = self._places[whole.tail, column], self._places[whole.head, unit]
                    label = self._label(whole, unit, (row, column))
                    edges = whole.layer_edges
                    if self._copied(whole.tail, column) is not None:  # the edge from what it is a copy of comes before
                        into = (edge for edge in self.layers.edges if edge.head == whole.tail)
                        edges = next(edge for edge in into if column in (edge.part or (column,))).layer_edges + edges
                    yield SymbolicEdge(tail, head, local, label, whole.rule, exact, layer_edges=edges)

    def _local(self, whole: SymbolicEdge, row: int, column: int) -> tuple[Expression, Expression | None]:
        """The local derivative between two units; of a Jacobian its entry, p₀(1 − p₀), exactly p₀·p₁."""
        index = (row, column) if whole.is_matrix else (row,)
        known = self.layers.derivatives.get(whole.local.value)
        if known is None or whole.local.value.letter != JACOBIAN:
            return self._entry(whole.local, index), None
        found = self._entry(known.read, index)
        read = common_in_front(found.parts) if found.head == "+" else found
        return read, None if known.exact == known.read else self._entry(known.exact, index)

    def _label(self, whole: SymbolicEdge, unit: int, index: Index) -> EdgeLabel | None:
        """What a path over units sees of an edge: the unit, and the entry of the weight."""
        node = self.graph.nodes[whole.head - 1]
        if couples(node):
            layer = self.graph.network.nodes[node.of]
            return EdgeLabel(unit_name(layer.name, unit, layer.width))
        if whole.label is None:
            return None
        name = whole.label.name
        if whole.is_weight:
            name = whole.local.value.name + (f"[{index[0]},{index[1]}]" if whole.is_matrix else "")
        return whole.label._replace(node=self._node_name(whole.head, unit), name=name)

    def _last_label(self, tail: int, unit: int) -> EdgeLabel | None:
        """The unit in which a path ends where the loss and an activation that takes units together are one."""
        node = self.graph.nodes[tail - 1]
        if node.of not in self._coupled or tail - 1 == self.graph.outputs[node.of]:
            return None
        return EdgeLabel(unit_name(self.graph.network.nodes[node.of].name, unit, node.width))

    def _node_name(self, head: int, unit: int) -> str | None:
        """The unit that a path visits; before an activation that takes units together it is in none yet."""
        node = self.graph.nodes[head - 1]
        if node.of in self._coupled and head - 1 != self.graph.outputs[node.of]:
            return None
        layer = self.graph.network.nodes[node.of]
        return unit_name(layer.name, unit, layer.width)

    def _uses(self, whole: SymbolicUse) -> Iterator[SymbolicUse]:
        for row, unit in enumerate(whole.part or self._units(whole.head)):
            columns = range(length(whole.factor, self.layers.shapes)) if whole.kind == "matrix" else (row,)
            for column in columns:
                index = (row, column) if whole.kind == "matrix" else (row,)
                symbol = entry(leaf(whole.parameter), index, self.layers.shapes).value
                label = whole.label and whole.label._replace(node=self._node_name(whole.head, unit))
                factor = self._entry(whole.factor, (column,))
                head = self._places[whole.head, unit]
                yield SymbolicUse(symbol, head, factor, label, layer_use=whole.layer_use)


def is_side_by_side(symbol: Symbol, definition: Expression) -> bool:
    """Whether a node is nothing but its sources one after the other, before a weight multiplies them."""
    return definition.head == "concat" and symbol.letter[:1] == SOURCE


def couples(node: Node) -> bool:
    """Whether a node is an activation that takes the units of its layer together."""
    return isinstance(node, ActivationNode) and node.activation.couples
