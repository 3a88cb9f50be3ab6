"""From a network to its chart: every unit's definition and every local derivative, in symbols, for one example."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradcalc.derivation.chart import (
    LOSS,
    Chart,
    Hop,
    Origin,
    Slope,
    identities,
    preactivation_places,
    unit_symbols,
    weight_tree,
)
from gradcalc.derivation.loss_rules import divided
from gradcalc.derivation.reading import Reading, loss_readings
from gradcalc.derivation.rules import rule_of
from gradcalc.engine.scalar_forward import reduction
from gradcalc.engine.scalar_layout import Layout, activation, alphas
from gradcalc.engine.scalar_linear import Marks, mixed
from gradcalc.expressions.build import call, filled, product, total
from gradcalc.expressions.expression import ZERO, Expression
from gradcalc.expressions.symbols import Symbol, leaf
from gradcalc.network.graph import Node
from gradcalc.network.names import ALPHA, BIAS

if TYPE_CHECKING:
    from gradcalc.derivation.coupled import Coupled
    from gradcalc.derivation.joins import JoinRule


def chart(layout: Layout, marks: Marks, example: int = 0) -> Chart:
    """The chart of one example of a batch, or of the only one; linear in the number of weight entries."""
    number = example if layout.graph.network.batch else None
    same = identities(layout)
    symbols, preactivations = unit_symbols(layout, same, number), preactivation_places(layout, same)
    drawn = Chart(layout, number, same, symbols, {}, {}, [], [], preactivations, {})
    drawing = _Drawing(drawn, marks)
    for node in range(len(layout.graph.nodes)):
        drawing.define(node)
    if layout.graph.ends():
        drawing.read()
    for node in range(len(layout.graph.nodes) - 1, -1, -1):
        drawing.connect(node)
    return drawn


class _Drawing:
    def __init__(self, drawn: Chart, marks: Marks) -> None:
        self.chart = drawn
        self.layout = drawn.layout
        self.graph = drawn.layout.graph
        self.marks = marks

    def define(self, number: int) -> None:
        """The definitions of a node's units."""
        node = self.graph.nodes[number]
        if node.kind == "input":
            return
        units = self.layout.units(number)
        trees = self._coupled(number, node) if node.kind == "bend" and self._couples(node) else None
        for unit, place in enumerate(units):
            if self.chart.same[place] == place:
                self.chart.definitions[place] = trees[unit] if trees else self._definition(number, unit, place)

    def read(self) -> None:
        """The hops from what the loss reads to the loss: ∂L/∂y, or ∂L/∂z where bend and loss are one."""
        parts = reduction(self.graph)
        for reading in loss_readings(self.chart):
            self._read(reading, parts)

    def _read(self, reading: Reading, parts: int) -> None:
        for place, slope, exact in zip(reading.places, reading.slopes, reading.exact):
            tail = self.chart.same[place]
            hop = Hop(tail, LOSS, divided(slope, parts), None, reading.rule, divided(exact, parts))
            self.chart.hops.append(hop)

    def connect(self, number: int) -> None:
        """The hops into a node's units, and its parameters at work."""
        node = self.graph.nodes[number]
        if node.kind == "affine":
            self._connect_affine(number, node)
        elif node.kind == "bend":
            (self._connect_coupled if self._couples(node) else self._connect_bend)(number, node)
        elif node.kind != "input":
            self._connect_join(number, node)

    def _couples(self, node: Node) -> bool:
        return activation(self.graph, node).couples

    def _definition(self, number: int, unit: int, place: int) -> Expression:
        node = self.graph.nodes[number]
        if node.kind == "affine":
            pairs = self.layout.terms[number][unit]
            return total(product((weight_tree(self.layout, p), self.chart.tree(v))) for p, v, _ in pairs)
        tails = [self.chart.tree(self.layout.unit(arc.tail, unit)) for arc in node.arcs]
        if node.kind == "bend":
            return filled(rule_of(activation(self.graph, node)).value, self._inside(node, unit, place))
        return self._join_rule(node).value(tails)

    def _inside(self, node: Node, unit: int, place: int) -> dict[str, Expression]:
        """What the variables of a bend's rule stand for."""
        names = {"x": self.chart.tree(self.layout.unit(node.arcs[0].tail, unit)), "a": self.chart.tree(place)}
        if activation(self.graph, node).parametric:
            names["alpha"] = weight_tree(self.layout, alphas(self.layout, node)[unit])
        return names

    def _connect_affine(self, number: int, node: Node) -> None:
        for unit, place in enumerate(self.layout.units(number)):
            head = self.chart.same[place]
            for p, v, arc in self.layout.terms[number][unit]:
                if arc is not None:
                    mark = self.marks.enter(node, unit, arc, p, v)
                    self._hop(v, head, weight_tree(self.layout, p), mark)
                if p:
                    start = self.marks.start(node, unit, arc or BIAS)
                    self.chart.origins.append(Origin(p, head, self.chart.tree(v), start))

    def _hop(self, tail: int, head: int, slope: Expression, mark: object, rule: str = "chain rule") -> None:
        if self.chart.same[tail] != head:
            self.chart.hops.append(Hop(self.chart.same[tail], head, slope, mark, rule))  # type: ignore[arg-type]

    def _connect_bend(self, number: int, node: Node) -> None:
        bent, below = activation(self.graph, node), node.arcs[0].tail
        if bent.name == "identity":
            return
        rule, slots = rule_of(bent), alphas(self.layout, node) if bent.parametric else ()
        for unit, place in enumerate(self.layout.units(number)):
            names, tail = self._inside(node, unit, place), self.layout.unit(below, unit)
            symbol = self._slope_symbol(rule.letter, node, unit)
            self.chart.slopes[symbol] = Slope(filled(rule.slope, names), filled(rule.exact, names), rule.name)
            slope = ZERO if rule.slope == ZERO else leaf(symbol)
            self._hop(tail, place, slope, None, rule.name)
            if bent.parametric:
                factor = call("min", names["x"], ZERO)
                start = self.marks.start(self.graph.nodes[below], unit, ALPHA)
                self.chart.origins.append(Origin(slots[unit], place, factor, start))

    def _slope_symbol(self, letter: str, node: Node, unit: int) -> Symbol:
        name = self.graph.network.nodes[node.of].name
        return Symbol(letter, name, (unit,) if node.width > 1 else (), self.chart.example)

    def _coupled(self, number: int, node: Node) -> list[Expression]:
        found = self._coupling(number, node)
        self.chart.beside.update(found.beside)
        return found.outputs

    def _join_rule(self, node: Node) -> JoinRule:
        from gradcalc.derivation.joins import join_rule

        return join_rule(node.kind)

    def _coupling(self, number: int, node: Node) -> Coupled:
        from gradcalc.derivation.coupled import coupled

        zs = [self.chart.tree(place) for place in self.layout.units(node.arcs[0].tail)]
        outputs = [self.chart.tree(place) for place in self.layout.units(number)]
        name = self.graph.network.nodes[node.of].name
        return coupled(activation(self.graph, node), zs, outputs, name, self.chart.example)

    def _connect_coupled(self, number: int, node: Node) -> None:
        found, tails = self._coupling(number, node), self.layout.units(node.arcs[0].tail)
        for unit, place in enumerate(self.layout.units(number)):
            mark = self.marks.mix(node, unit)
            for column in mixed(self.graph, node, unit):
                self._hop(tails[column], place, found.slope(unit, column), mark, found.rule)

    def _connect_join(self, number: int, node: Node) -> None:
        rule = self._join_rule(node)
        for unit, place in enumerate(self.layout.units(number)):
            tails = [self.layout.unit(arc.tail, unit) for arc in node.arcs]
            slopes = rule.slopes([self.chart.tree(tail) for tail in tails])
            for arc, tail, slope in zip(node.arcs, tails, slopes):
                mark = self.marks.enter(node, unit, arc, 0, tail)
                self._hop(tail, self.chart.same[place], slope, mark, rule.name)
