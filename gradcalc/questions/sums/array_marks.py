"""How paths over single units of a wide network name the edges: as `units.marks` does, by the numbers of the layers."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.engine.scalar_layout import activation, weight_starts
from gradcalc.engine.scalar_linear import ByUnit
from gradcalc.network.graph import Graph, Node
from gradcalc.network.linear_graph import Link, Mark
from gradcalc.network.names import unit_name


class ArrayMarks:
    """Marks of edges by their number among the links, from unit to unit."""

    def __init__(self, graph: Graph, links: Sequence[Link]) -> None:
        self._graph = graph
        self._links = links
        self._starts = weight_starts(graph.network)
        self._marks = ByUnit(graph)

    def own(self, node: int, unit: int) -> Mark:
        """The unit of the network's node that is asked about itself."""
        name, width = self._graph.network.nodes[node].name, self._graph.network.nodes[node].width
        return Mark(unit_name(name, unit, width))

    def start(self, number: int, unit: int) -> Mark | None:
        """Where the paths of a parameter start, by its use, in a unit that it feeds."""
        link = self._links[number]
        node = self._graph.nodes[link.node]
        if link.kind == "alpha":
            node = self._graph.nodes[node.arcs[0].tail]
        return self._marks.start(node, unit, link.arc or link.kind)

    def take(self, number: int, tail: int, head: int) -> Mark | None:
        """What taking an edge from unit `tail` to unit `head` adds to a path."""
        link = self._links[number]
        node = self._graph.nodes[link.node]
        if link.kind == "loss":
            return None
        if link.kind == "bend":
            return self._marks.mix(node, head) if activation(self._graph, node).couples else None
        assert link.arc is not None
        return self._marks.enter(node, head, link.arc, self._weight(node, link, tail, head), 0)

    def _weight(self, node: Node, link: Link, tail: int, head: int) -> int:
        """Where the weight's entry between two units stands in P."""
        arc = link.arc
        assert arc is not None
        if arc.parameter is None:
            return 0
        shape = self._graph.network.parameters[arc.parameter].shape
        row = head - (arc.offset if node.width != (shape[0] if shape else 0) else 0)
        return self._starts[arc.parameter] + (row * shape[1] + tail if shape else 0)
