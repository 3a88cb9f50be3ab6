"""How a path over units names its edges: by layers, so that all units of a layer are one, or each unit for itself."""

from __future__ import annotations

from collections.abc import Mapping

from gradcalc.graph import Arc, Graph, Node
from gradcalc.naming import Use, entry_index, entry_name, unit_name, use_names
from gradcalc.steps import Mark
from gradcalc.units.layout import activation, weight_starts


class ByLayer:
    """Marks that speak of layers and whole weights."""

    def __init__(self, graph: Graph) -> None:
        self._names = [node.name for node in graph.network.nodes]
        self._uses: Mapping[Use, str] = use_names(graph)

    def enter(self, node: Node, unit: int, arc: Arc, weight: int, value: int) -> Mark | None:
        """The layer and the edge's label."""
        return None if arc.label is None else Mark._make((self._names[node.of], arc.label, arc.enters, None))

    def start(self, node: Node, unit: int, by: Arc | str) -> Mark | None:
        """The parameter's own layer."""
        return Mark._make((self._names[node.of], None, 0, self._uses.get((node.of, by)) if self._uses else None))

    def mix(self, node: Node, unit: int) -> Mark | None:
        """Nothing: within the layer."""
        return None


class ByUnit:
    """Marks that speak of units and entries: `h[0]`, `w2[1,0]`. Where an activation couples the units of a layer, the
    node is the unit whose output the path takes, and the edge tells through which preactivation it came."""

    def __init__(self, graph: Graph) -> None:
        self._starts = weight_starts(graph.network)
        self._graph = graph
        self._nodes = graph.network.nodes
        self._uses: Mapping[Use, str] = use_names(graph)
        self._coupled = {n.of for n in graph.nodes if n.kind == "bend" and activation(graph, n).couples}

    def enter(self, node: Node, unit: int, arc: Arc, weight: int, value: int) -> Mark | None:
        """The unit and the weight's entry."""
        if arc.label is None:
            return None
        return Mark._make((self._unit(node, unit), self._label(arc, weight), arc.enters, None))

    def start(self, node: Node, unit: int, by: Arc | str) -> Mark | None:
        """The unit that the entry feeds."""
        return Mark._make((self._unit(node, unit), None, 0, self._uses.get((node.of, by)) if self._uses else None))

    def mix(self, node: Node, unit: int) -> Mark | None:
        """The unit that the path leaves by."""
        layer = self._nodes[node.of]
        return Mark(unit_name(layer.name, unit, layer.width))

    def _unit(self, node: Node, unit: int) -> str | None:
        if node.of in self._coupled and node is not self._graph.nodes[self._graph.outputs[node.of]]:
            return None
        layer = self._nodes[node.of]
        return unit_name(layer.name, unit, layer.width)

    def _label(self, arc: Arc, weight: int) -> str | None:
        if arc.parameter is None:
            return arc.label
        parameter = self._graph.network.parameters[arc.parameter]
        return entry_name(parameter, entry_index(parameter, weight - self._starts[arc.parameter]))
