"""A network of units at a point, as linear steps: weigh (by a weight, or by a value for the weight itself), pass, bend
and mix. The topology is compiled once; at every point the slopes are gathered anew from the lists P, V and S.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple, Protocol

from gradcalc.graph import Arc, Graph, Node
from gradcalc.steps import EdgeLists, Mark, Steps
from gradcalc.units.layout import Layout, activation, alphas, terms


class Marks(Protocol):
    """How paths name the edges: by layers or by units."""

    def enter(self, node: Node, unit: int, arc: Arc, weight: int, value: int) -> Mark | None:
        """The mark of an edge into a unit from the value it reads."""

    def start(self, node: Node, unit: int, arc: Arc | None) -> Mark | None:
        """The mark of an edge into a unit from a parameter: where the parameter's paths start."""

    def mix(self, node: Node, unit: int) -> Mark | None:
        """The mark of an edge into a unit whose activation couples it to others."""


class UnitSteps(NamedTuple):
    """The steps, and `gather`, which picks their slopes from P + V + S."""

    layout: Layout
    steps: Steps
    gather: Callable[[list[Any]], Sequence[Any]]

    def value(self, place: int) -> int:
        """The step node of a value V[place]."""
        return place

    def weight(self, place: int) -> int:
        """The step node of a weight P[place]."""
        return self.layout.values + place


def unit_steps(layout: Layout, marks: Marks) -> UnitSteps:
    """Lays every edge of the network, from the loss back; linear in the number of weight entries."""
    laying = _Laying(layout, marks)
    laying.loss()
    for number in range(len(layout.graph.nodes) - 1, -1, -1):
        laying.node(number)
    lists, loss = laying.lists, layout.values + layout.weights
    steps = Steps(loss + 1, loss, lists.tails, lists.heads, lists.marks)
    return UnitSteps(layout, steps, itemgetter(*laying.recipe))


class _Laying:
    """The edges being laid, each with the place of its slope in P + V + S."""

    def __init__(self, layout: Layout, marks: Marks) -> None:
        self.layout = layout
        self.marks = marks
        self.lists = EdgeLists()
        self.recipe: list[int] = []
        self.slopes = layout.weights + layout.values  # where S begins

    def loss(self) -> None:
        layout = self.layout
        outputs = [unit for end, _ in layout.graph.ends() for unit in layout.units(end)]
        first = self.slopes + layout.slopes - len(outputs)
        self._lay(outputs, layout.values + layout.weights, range(first, first + len(outputs)))

    def node(self, number: int) -> None:
        node = self.layout.graph.nodes[number]
        if node.kind == "affine":
            self._affine(number, node)
        elif node.kind == "bend":
            self._bend(number, node)
        elif node.kind != "input":
            self._join(number, node)

    def _lay(self, tails: Sequence[int], head: int, recipe: Sequence[int], marks: Sequence[Mark | None] = ()) -> None:
        self.lists.add(tails, head, marks or [None] * len(tails))
        self.recipe.extend(recipe)

    def _affine(self, number: int, node: Node) -> None:
        """z = Σ P[p]·V[v]: the slope by V[v] is P[p], and by P[p] it is V[v]."""
        layout, marks = self.layout, self.marks
        tails, heads, seen, recipe = self.lists.tails, self.lists.heads, self.lists.marks, self.recipe
        for unit, head in enumerate(layout.units(number)):
            for p, v, arc in terms(layout, node, unit):
                if arc is not None:
                    tails.append(v)
                    heads.append(head)
                    seen.append(marks.enter(node, unit, arc, p, v))
                    recipe.append(p)
                if p:
                    tails.append(layout.values + p)
                    heads.append(head)
                    seen.append(marks.start(node, unit, arc))
                    recipe.append(layout.weights + v)

    def _bend(self, number: int, node: Node) -> None:
        layout, slot = self.layout, self.slopes + self.layout.slots[number]
        below, bent = node.arcs[0].tail, activation(layout.graph, node)
        if bent.couples:
            self._mix(number, node)
            return
        for unit, (z, head) in enumerate(zip(layout.units(below), layout.units(number))):
            self._lay([z], head, [slot + unit])
        if bent.parametric:
            places = alphas(layout, node)
            for unit, head in enumerate(layout.units(number)):
                mark = self.marks.start(layout.graph.nodes[below], unit, None)
                self._lay([layout.values + places[unit]], head, [slot + node.width + unit], [mark])

    def _mix(self, number: int, node: Node) -> None:
        layout, slot, below = self.layout, self.slopes + self.layout.slots[number], node.arcs[0].tail
        units = layout.units(below)
        for unit, head in enumerate(layout.units(number)):
            mark = self.marks.mix(node, unit)
            for column in mixed(layout.graph, node, unit):
                self._lay([units[column]], head, [slot + unit * len(units) + column], [mark])

    def _join(self, number: int, node: Node) -> None:
        slot, arity = self.slopes + self.layout.slots[number], len(node.arcs)
        for unit, head in enumerate(self.layout.units(number)):
            first = slot + unit * arity
            for place, arc in enumerate(node.arcs):
                tail = self.layout.unit(arc.tail, unit)
                self._lay([tail], head, [first + place], [self.marks.enter(node, unit, arc, 0, tail)])


def mixed(graph: Graph, node: Node, unit: int) -> range:
    """The preactivations that one unit of a coupling activation depends on: all, or those of its pieces (maxout)."""
    width = graph.nodes[node.arcs[0].tail].width
    pieces = int(activation(graph, node).options.get("pieces", 0))
    return range(unit * pieces, (unit + 1) * pieces) if pieces else range(width)
