"""From a network to its chart of layers: definitions, local derivatives and parameters at work, in vectors."""

from __future__ import annotations

from gradcalc.derivation.chart import LOSS, Slope
from gradcalc.derivation.joins import join_rule
from gradcalc.derivation.layers.chart import ADJOINT_OF_HEAD, LayerChart, LayerHop, LayerOrigin, blank
from gradcalc.derivation.layers.coupled import MAKERS, jacobian
from gradcalc.derivation.layers.reading import readings
from gradcalc.derivation.layers.vectors import is_vectorial, scaled, unit_by_unit, units
from gradcalc.derivation.loss_rules import divided
from gradcalc.derivation.rules import rule_of
from gradcalc.engine.scalar_forward import reduction
from gradcalc.engine.scalar_layout import activation, layer
from gradcalc.engine.scalar_linear import ByLayer
from gradcalc.expressions.build import call, filled, product, total
from gradcalc.expressions.expression import ONE, ZERO, Expression
from gradcalc.expressions.symbols import Symbol, leaf
from gradcalc.network.graph import Arc, Graph, Node
from gradcalc.network.linear_graph import Mark
from gradcalc.network.names import ALPHA, BIAS

JACOBIAN = "J"


def layer_chart(graph: Graph) -> LayerChart:
    """The chart; linear in the number of layers and edges."""
    drawing = _Drawing(blank(graph))
    for number in range(len(graph.nodes)):
        drawing.define(number)
    drawing.read()
    for number in range(len(graph.nodes) - 1, -1, -1):
        drawing.connect(number)
    return drawing.chart


class _Drawing:
    def __init__(self, chart: LayerChart) -> None:
        self.chart = chart
        self.graph = chart.graph
        self.marks = ByLayer(chart.graph)

    def define(self, number: int) -> None:
        """What a node is made of."""
        node = self.graph.nodes[number]
        if node.kind != "input" and self.chart.same[number + 1] == number + 1:
            self.chart.definitions[number + 1] = self._definition(number, node)

    def read(self) -> None:
        """What the loss says first."""
        parts = reduction(self.graph)
        for reading in readings(self.chart):
            slope = divided(reading.slope, parts)
            self.chart.hops.append(LayerHop(self.chart.same[reading.node + 1], LOSS, slope, None, reading.rule))

    def connect(self, number: int) -> None:
        """The hops into a node, and its parameters at work."""
        node = self.graph.nodes[number]
        if node.kind == "affine":
            self._connect_affine(number, node)
        elif node.kind == "bend":
            self._connect_bend(number, node)
        elif node.kind != "input":
            self._connect_join(number, node)

    def _definition(self, number: int, node: Node) -> Expression:
        tails = [self.chart.tree(arc.tail) for arc in node.arcs]
        if node.kind == "affine":
            return self._affine(node)
        if node.kind == "bend":
            bent = activation(self.graph, node)
            if bent.couples:
                return call(bent.name, *tails)
            return unit_by_unit(filled(rule_of(bent).value, self._inside(number, node)), self.chart.is_vector)
        return unit_by_unit(join_rule(node.kind).value(tails), self.chart.is_vector)

    def _affine(self, node: Node) -> Expression:
        terms = [self._weighed(arc) for arc in node.arcs]
        if any(arc.offset for arc in node.arcs):
            terms = [call("concat", *terms)]
        if node.bias is not None:
            terms.append(self._parameter(node.bias))
        return total(terms)

    def _weighed(self, arc: Arc) -> Expression:
        tail = self.chart.tree(arc.tail)
        if arc.parameter is None:
            return tail
        weight = self._parameter(arc.parameter)
        return product((weight, tail)) if self._is_number(arc.parameter) else call("apply", weight, tail)

    def _parameter(self, number: int) -> Expression:
        return leaf(Symbol("", self.graph.network.parameters[number].name))

    def _is_number(self, number: int) -> bool:
        return all(size == 1 for size in self.graph.network.parameters[number].shape)

    def _inside(self, number: int, node: Node) -> dict[str, Expression]:
        names = {"x": self.chart.tree(node.arcs[0].tail), "a": self.chart.tree(number)}
        alpha = layer(self.graph, node).alpha
        return names if alpha is None else names | {"alpha": self._parameter(alpha)}

    def _hop(self, tail: int, head: int, given: Expression, mark: Mark | None, rule: str = "chain rule") -> None:
        tail, head = self.chart.same[tail + 1], self.chart.same[head + 1]
        if tail != head:
            self.chart.hops.append(LayerHop(tail, head, given, mark, rule))

    def _origin(self, parameter: int, head: int, given: Expression, mark: Mark | None) -> None:
        self.chart.origins.append(LayerOrigin(parameter, self.chart.same[head + 1], given, mark))

    def _connect_affine(self, number: int, node: Node) -> None:
        for arc in node.arcs:
            part, mark = self._part(node, arc), self.marks.enter(node, 0, arc, 0, 0)
            if arc.parameter is None:
                self._hop(arc.tail, number, part, mark)
                continue
            self._hop(arc.tail, number, self._pulled(arc.parameter, part), mark)
            given = self._by_weight(arc.parameter, part, self.chart.tree(arc.tail))
            self._origin(arc.parameter, number, given, self.marks.start(node, 0, arc))
        if node.bias is not None:
            summed = self._is_number(node.bias) and node.width > 1
            given = call("entries", ADJOINT_OF_HEAD) if summed else ADJOINT_OF_HEAD
            self._origin(node.bias, number, given, self.marks.start(node, 0, BIAS))

    def _part(self, node: Node, arc: Arc) -> Expression:
        """The units of the head's adjoint that the arc leads to."""
        shape = () if arc.parameter is None else self.graph.network.parameters[arc.parameter].shape
        width = shape[0] if shape else self.graph.nodes[arc.tail].width
        return ADJOINT_OF_HEAD if width == node.width else units(ADJOINT_OF_HEAD, arc.offset, arc.offset + width)

    def _pulled(self, parameter: int, part: Expression) -> Expression:
        weight = self._parameter(parameter)
        return product((part, weight)) if self._is_number(parameter) else call("pull", weight, part)

    def _by_weight(self, parameter: int, part: Expression, tail: Expression) -> Expression:
        if not self._is_number(parameter):
            return call("outer", part, tail)
        return call("inner", part, tail) if is_vectorial(tail, self.chart.is_vector) else product((part, tail))

    def _connect_bend(self, number: int, node: Node) -> None:
        bent, below = activation(self.graph, node), node.arcs[0].tail
        if bent.couples:
            self._connect_coupled(number, node)
            return
        if bent.name == "identity":
            return
        rule, inside = rule_of(bent), self._inside(number, node)
        symbol = self._symbol(rule.letter, node, node.width)
        read, exact = (unit_by_unit(filled(form, inside), self.chart.is_vector) for form in (rule.slope, rule.exact))
        self.chart.slopes[symbol] = Slope(read, exact, rule.name)
        given = ZERO if rule.slope == ZERO else self._scaled(leaf(symbol))
        self._hop(below, number, given, None, rule.name)
        if bent.parametric:
            self._connect_alpha(number, node, call("min", inside["x"], ZERO))

    def _connect_alpha(self, number: int, node: Node, slope: Expression) -> None:
        alpha = layer(self.graph, node).alpha
        assert alpha is not None
        summed = self._is_number(alpha) and node.width > 1
        given = call("inner", ADJOINT_OF_HEAD, slope) if summed else self._scaled(slope)
        below = self.graph.nodes[node.arcs[0].tail]
        self._origin(alpha, number, given, self.marks.start(below, 0, ALPHA))

    def _symbol(self, letter: str, node: Node, width: int) -> Symbol:
        symbol = Symbol(letter, self.graph.network.nodes[node.of].name, (), self.chart.example)
        self.chart.widths[symbol] = width
        return symbol

    def _connect_coupled(self, number: int, node: Node) -> None:
        bent, below = activation(self.graph, node), node.arcs[0].tail
        symbol = self._symbol(JACOBIAN, node, 1)
        if bent.name in MAKERS:
            name = self.graph.network.nodes[node.of].name
            own = Symbol("", name, (), self.chart.example)
            z, y = self.chart.tree(below), self.chart.tree(number)
            self.chart.slopes[symbol], beside = jacobian(bent, z, y, own, node.width)
            self.chart.beside.update(beside)
        self._hop(below, number, call("pull", leaf(symbol), ADJOINT_OF_HEAD), None, f"{bent.name} Jacobian")

    def _connect_join(self, number: int, node: Node) -> None:
        rule = join_rule(node.kind)
        tails = [self.chart.tree(arc.tail) for arc in node.arcs]
        for arc, slope in zip(node.arcs, rule.slopes(tails)):
            lifted = unit_by_unit(slope, self.chart.is_vector)
            given = ADJOINT_OF_HEAD if slope == ONE else self._scaled(lifted)
            self._hop(arc.tail, number, given, self.marks.enter(node, 0, arc, 0, 0), rule.name)

    def _scaled(self, slope: Expression) -> Expression:
        return scaled(ADJOINT_OF_HEAD, slope, self.chart.is_vector)
