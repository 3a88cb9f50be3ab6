"""The symbolic graph of a network at the grain of layers; in a batch every symbol is of an example e."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gradcalc.derivation.expand import entry, is_side_by_side
from gradcalc.derivation.rules import (
    PROBABILITIES,
    STATISTICS,
    divided,
    exact_by_output,
    fused_rule,
    loss_rule,
    loss_term,
    rule_of,
    scaled,
)
from gradcalc.derivation.symbolic_graph import (
    CHAIN,
    LOSS,
    LocalDerivative,
    Shape,
    SymbolicEdge,
    SymbolicGraph,
    SymbolicUse,
    is_vectorial,
    unit_by_unit,
)
from gradcalc.engine.scalar_graph import LayerLabels
from gradcalc.expressions.expression import (
    ACTIVATED,
    EXAMPLE,
    JOINED,
    ONE,
    PREACTIVATION,
    SOURCE,
    TARGET,
    ZERO,
    Expression,
    Symbol,
    call,
    filled,
    in_postorder,
    leaf,
    name,
    product,
    sum_of_entries,
    total,
)
from gradcalc.network.graph import ActivationNode, AffineNode, Arc, Graph, InputNode, JoinNode, Node
from gradcalc.network.linear_graph import ALPHA, BIAS, EdgeLabel


def symbolic_layers(graph: Graph, apart: Collection[int] = (), hard: Collection[int] = ()) -> SymbolicGraph:
    """The network at the grain of layers; linear in the number of layers and edges.

    ∂L/∂z of an output is written at once where loss and activation are one (bce of a sigmoid), but for the nodes that
    stand `apart` from the loss: of these ∂L/∂y is wanted. Outputs in `hard` have its form for targets 0 and 1.
    """
    drawing = _Drawing(graph, apart, hard)
    for number, node in enumerate(graph.nodes):
        if not isinstance(node, InputNode) and drawing.same[number + 1] == number + 1:
            drawing.symbolic.definitions[number + 1] = drawing.definition(number, node)
    for end, target in graph.ends():
        edge, parts = drawing.reading(end, target), graph.reduction
        exact = None if edge.exact is None else divided(edge.exact, parts)
        drawing.append(edge._replace(local=divided(edge.local, parts), exact=exact))
    for number in range(len(graph.nodes) - 1, -1, -1):
        drawing.connect(number)
    return drawing.symbolic


class _Drawing:
    """The symbolic graph being drawn."""

    def __init__(self, graph: Graph, apart: Collection[int], hard: Collection[int]) -> None:
        self.graph = graph
        self.apart = apart
        self.hard = hard
        self.same = _identities(graph)
        self.example = EXAMPLE if graph.network.batch else None
        symbols = _node_symbols(graph, self.same, self.example)
        self.shapes: dict[Symbol, Shape] = {}
        for parameter in graph.network.parameters:
            self._shape(Symbol("", parameter.name), parameter.shape)
        preactivations = frozenset(self.same[node + 1] for node in graph.preactivations if node >= 0)
        places: dict[tuple[int, int | None], int] = {(node, None): place for node, place in enumerate(self.same[1:])}
        self.symbolic = SymbolicGraph(
            graph, self.example, places, symbols, self.shapes, {}, {}, [], {}, preactivations, {}, set()
        )
        for place, symbol in symbols.items():
            self._shape(symbol, (graph.nodes[place - 1].width,))
            self._shape(self.symbolic.adjoint(place), (graph.nodes[place - 1].width,))
        self.labels = LayerLabels(graph)

    def _shape(self, symbol: Symbol, shape: Shape) -> Symbol:
        self.shapes[symbol] = shape if any(size > 1 for size in shape) else ()
        return symbol

    def tree(self, node: int) -> Expression:
        """The symbol of a graph node as an expression; of sources put side by side the sources."""
        place = self.same[node + 1]
        definition, symbol = self.symbolic.definitions.get(place), self.symbolic.symbols[place]
        return definition if definition and is_side_by_side(symbol, definition) else leaf(symbol)

    def definition(self, number: int, node: AffineNode | ActivationNode | JoinNode) -> Expression:
        """What a node is made of, where it is no copy of another."""
        if isinstance(node, ActivationNode):
            return self._lifted(filled(rule_of(node.activation, node.width).value, self._inside(number, node)))
        if isinstance(node, JoinNode):
            return self._lifted(node.join.tree([self.tree(arc.tail) for arc in node.arcs]))
        parts = [self._weighed(arc) for arc in node.arcs if self._part(node, arc) is not None]
        terms = [self._weighed(arc) for arc in node.arcs if self._part(node, arc) is None]
        if parts:  # skips lead to all units, beside sources that are joined end to end
            terms.insert(0, call("concat", *parts))
        if node.bias is not None:
            terms.append(leaf(self._parameter(node.bias)))
        return total(terms)

    def _lifted(self, tree: Expression) -> Expression:
        return unit_by_unit(tree, self.symbolic.is_vector)

    def _weighed(self, arc: Arc) -> Expression:
        tail = self.tree(arc.tail)
        if arc.parameter is None:
            return tail
        weight = self._parameter(arc.parameter)
        return call("apply", leaf(weight), tail) if self.shapes[weight] else product((leaf(weight), tail))

    def _parameter(self, number: int) -> Symbol:
        return Symbol("", self.graph.network.parameters[number].name)

    def _inside(self, number: int, node: ActivationNode) -> dict[str, Expression]:
        """What the names of a rule stand for; the numbers that a norm uses are defined beside it."""
        names = {"x": self.tree(node.arcs[0].tail), "y": self.tree(number)}
        if node.alpha is not None:
            names["alpha"] = leaf(self._parameter(node.alpha))
        for letter, definition in rule_of(node.activation, node.width).statistics:
            symbol = self._own(STATISTICS[letter], node)
            self.symbolic.statistics[symbol] = filled(definition, names)
            names[letter] = leaf(symbol)
        return names

    def _own(self, letter: str, node: Node) -> Symbol:
        return Symbol(letter, self.graph.network.nodes[node.of].name, (), self.example)

    def reading(self, end: int, target: int | None) -> SymbolicEdge:
        """The edge from what the loss reads to the loss, ∂L/∂y, or ∂L/∂z where activation and loss are one; of one
        example, before the reduction over a batch."""
        node = self.graph.nodes[end]
        early = self.graph.fused_loss(end)
        loss = early or self.graph.network.loss
        names = {"y": self.tree(end)} | self._target(end, target)
        fused = fused_rule(early) if early else None
        if fused and node.of not in self.apart:
            below = node.arcs[0].tail
            self.symbolic.fused.add(self.same[end + 1])
            names["x"] = self.tree(below)
            names |= self._probabilities(node, names["x"], fused[1])
            rule, read, exact = fused
            local, computed = (scaled(loss, self._lifted(filled(tree, names)), node.width) for tree in (read, exact))
            return SymbolicEdge(self.same[below + 1], LOSS, local, None, rule, computed)
        rule, derivative, exact = loss_rule(loss, end in self.hard)
        if early and isinstance(node, ActivationNode) and (by_output := exact_by_output(early, node.activation)):
            exact, names["x"] = by_output, self.tree(node.arcs[0].tail)
        names |= self._probabilities(node, names["y"], derivative)
        local, computed = (self._lifted(filled(tree, names)) for tree in (derivative, exact))
        if node.width > 1 and not is_vectorial(local, self.symbolic.is_vector):
            local, computed = (product((tree, Expression("ones", (), node.width))) for tree in (local, computed))
        local, computed = (scaled(loss, tree, node.width) for tree in (local, computed))
        return SymbolicEdge(self.same[end + 1], LOSS, local, None, rule, None if computed == local else computed)

    def _probabilities(self, node: Node, logits: Expression, derivative: Expression) -> dict[str, Expression]:
        """p = softmax of the logits, where the loss's derivative speaks of it."""
        if name("p") not in in_postorder(derivative):
            return {}
        symbol = self._shape(self._own(PROBABILITIES, node), (node.width,))
        share = call("share", logits) if node.width == 1 else self._lifted(call("softmax", logits))
        self.symbolic.derivatives[symbol] = LocalDerivative(share, share, "softmax")
        return {"p": leaf(symbol)}

    def _target(self, end: int, target: int | None) -> dict[str, Expression]:
        """t and Σt, which is 1 where it is that in every example."""
        if target is None:
            return {}
        given = self.graph.network.targets[target]
        t = leaf(self._shape(target_symbol(self.graph, target, self.example), (self.graph.nodes[end].width,)))
        whole = call("entries", t) if self.graph.nodes[end].width > 1 else t
        return {"t": t, "total": ONE if all(sum(row) == 1 for row in given.rows) else whole}

    def connect(self, number: int) -> None:
        """The edges into a node, and the parameters at work in it."""
        node = self.graph.nodes[number]
        if isinstance(node, AffineNode):
            self._connect_affine(number, node)
        elif isinstance(node, ActivationNode):
            self._connect_activation(number, node)
        elif isinstance(node, JoinNode):
            derivatives = node.join.derivatives([self.tree(arc.tail) for arc in node.arcs])
            for arc, local in zip(node.arcs, derivatives):
                label = self.labels.enter(node, 0, arc, 0)
                self._edge(SymbolicEdge(arc.tail, number, self._lifted(local), label, node.join.rule))

    def _edge(self, edge: SymbolicEdge) -> None:
        """An edge between nodes of the graph, where these are two and no copies of one another."""
        tail, head = self.same[edge.tail + 1], self.same[edge.head + 1]
        if tail != head:
            self.append(edge._replace(tail=tail, head=head))

    def append(self, edge: SymbolicEdge) -> None:
        """The next edge of the sweep."""
        self.symbolic.edges.append(edge._replace(layer_edges=(len(self.symbolic.edges),)))

    def _connect_affine(self, number: int, node: AffineNode) -> None:
        head = self.same[number + 1]
        for arc in node.arcs:
            part, label = self._part(node, arc), self.labels.enter(node, 0, arc, 0)
            if arc.parameter is None:
                self._edge(SymbolicEdge(arc.tail, number, ONE, label, part=part))
                continue
            weight, tail, start = self._parameter(arc.parameter), self.tree(arc.tail), self.labels.start(node, 0, arc)
            is_matrix = self.shapes[weight] != ()
            local = SymbolicEdge(arc.tail, number, leaf(weight), label, CHAIN, None, is_matrix, True, part)
            self._edge(local)
            shared = "all" if is_vectorial(tail, self.symbolic.is_vector) else "units"
            self._add(SymbolicUse(weight, head, tail, start, "matrix" if is_matrix else shared, part))
        if node.bias is not None:
            self._use(node.bias, number, ONE, self.labels.start(node, 0, BIAS))

    def _use(self, parameter: int, number: int, factor: Expression, label: EdgeLabel | None) -> None:
        """A bias or an alpha: one for each unit, or one for all."""
        symbol, head = self._parameter(parameter), self.same[number + 1]
        shared = not self.shapes[symbol] and self.graph.nodes[number].width > 1
        self._add(SymbolicUse(symbol, head, factor, label, "all" if shared else "units"))

    def _add(self, use: SymbolicUse) -> None:
        uses = self.symbolic.uses.setdefault(use.parameter, [])
        uses.append(use._replace(layer_use=len(uses)))

    def _part(self, node: Node, arc: Arc) -> range | None:
        """The units of a node that an arc leads to."""
        shape = () if arc.parameter is None else self.graph.network.parameters[arc.parameter].shape
        width = shape[0] if shape else self.graph.nodes[arc.tail].width
        return None if width == node.width else range(arc.offset, arc.offset + width)

    def _connect_activation(self, number: int, node: ActivationNode) -> None:
        activation, below = node.activation, node.arcs[0].tail
        if activation.name == "identity":
            return
        rule, inside = rule_of(activation, node.width), self._inside(number, node)
        read, exact = (self._lifted(filled(form, inside)) for form in (rule.derivative, rule.exact))
        sizes = (node.width, self.graph.nodes[below].width)
        is_matrix = activation.couples and sizes != (1, 1)
        if activation.couples and not is_matrix:
            read = exact = entry(read, (0, 0), self.shapes)
        symbol = self._shape(self._own(rule.letter, node), sizes if is_matrix else (node.width,))
        self.symbolic.derivatives[symbol] = LocalDerivative(read, exact, rule.name)
        local = ZERO if rule.derivative == ZERO else leaf(symbol)
        self._edge(SymbolicEdge(below, number, local, None, rule.name, is_matrix=is_matrix))
        if node.alpha is not None:
            start = self.labels.start(self.graph.nodes[below], 0, ALPHA)
            self._use(node.alpha, number, call("min", inside["x"], ZERO), start)


def target_symbol(graph: Graph, target: int, example: int | str | None) -> Symbol:
    """t, or t_LAYER where there are several losses."""
    network = graph.network
    name = network.nodes[network.targets[target].node].name if len(network.targets) > 1 else ""
    return Symbol(TARGET, name, (), example)


def loss_of(symbolic: SymbolicGraph, exactly: bool = False) -> Expression:
    """L: Σ over the units of what it reads, and over the examples of a batch; `exactly` where loss and activation are
    one over the preactivations, which lose nothing where outputs round to 1."""
    graph, terms = symbolic.graph, []
    for end, target in graph.ends():
        loss = graph.fused_loss(end) or graph.network.loss
        early = loss.of_preactivation if exactly else None
        read = graph.nodes[end].arcs[0].tail if early else end
        y = leaf(symbolic.symbols[symbolic.places[read, None]])
        t = y if target is None else leaf(target_symbol(graph, target, symbolic.example))
        of, term = ("x", loss_term(early, "x")) if early else ("y", loss_term(loss))
        term = unit_by_unit(filled(term, {of: y, "t": t}), symbolic.is_vector)
        width = graph.nodes[end].width
        if width == 1:
            term = entry(term, (0,), symbolic.shapes)
        elif is_vectorial(term, symbolic.is_vector):
            term = sum_of_entries(term)
        terms.append(scaled(loss, term, width))
    whole = total(terms)
    return divided(Expression("over examples", (whole,)), graph.reduction) if graph.network.batch else whole


def _identities(graph: Graph) -> list[int]:
    """For every node the first that has the same value by construction, with no edge between that a path sees."""
    same = [LOSS]
    for number, node in enumerate(graph.nodes):
        is_copy = isinstance(node, ActivationNode) and node.activation.name == "identity"
        if isinstance(node, AffineNode) and len(node.arcs) == 1 and node.bias is None:
            arc = node.arcs[0]
            unseen = arc.label is None or graph.nodes[arc.tail].of == node.of
            whole = arc.parameter is None and not arc.offset and graph.nodes[arc.tail].width == node.width
            is_copy = unseen and whole
        same.append(same[node.arcs[0].tail + 1] if is_copy else number + 1)
    return same


def _node_symbols(graph: Graph, same: Sequence[int], example: str | None) -> dict[int, Symbol]:
    """The symbol of every node by the one that stands for it: the symbol that a reader knows best."""
    found: dict[int, Symbol] = {}
    ranks: dict[int, int] = {}
    for number, node in enumerate(graph.nodes):
        rank, letter = _letter(graph, number)
        place = same[number + 1]
        if rank < ranks.get(place, 9):
            ranks[place] = rank
            found[place] = Symbol(letter, graph.network.nodes[node.of].name, (), example)
    return found


def _letter(graph: Graph, number: int) -> tuple[int, str]:
    """How well a reader knows a node, best first, and its letter; u1, u2, … are the weighed sources of a join."""
    node = graph.nodes[number]
    if graph.outputs[node.of] == number:
        return 0, ""
    if graph.preactivations[node.of] == number:
        return 1, PREACTIVATION
    if isinstance(node, ActivationNode):
        return 2, ACTIVATED
    if isinstance(node, JoinNode):
        return 3, JOINED
    first = number
    while first and graph.nodes[first - 1].of == node.of and isinstance(graph.nodes[first - 1], AffineNode):
        first -= 1
    return 4, f"{SOURCE}{number - first + 1}"
