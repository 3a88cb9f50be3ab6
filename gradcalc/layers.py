"""The linear steps of a network at the grain of layers: one edge an arc, whatever the widths.

Links say what each edge does, from which a kind of array makes its slope; counts of layer paths need no slopes at all.
"""

from __future__ import annotations

from gradcalc.graph import Arc, Graph, Node
from gradcalc.naming import use_names
from gradcalc.records import Record
from gradcalc.steps import Edge, Mark, Steps, joined


class Link(Record):
    """What an edge does: "loss", "weigh" (an arc), "weight", "bias", "bend", "alpha" or "join" (a source of one)."""

    kind: str
    node: int  # in the graph, the head; for "loss" the tail
    arc: Arc | None = None
    place: int = 0  # for "join" the source's number, for "loss" the end's


class LayerSteps(Record):
    """Step nodes are the graph's nodes, then the parameters, then the loss."""

    graph: Graph
    steps: Steps
    links: list[Link]

    def parameter(self, number: int) -> int:
        """The step node of a parameter."""
        return len(self.graph.nodes) + number


def layer_steps(graph: Graph) -> LayerSteps:
    """Lays every arc of the network, from the loss back; linear in their number."""
    laying = _Laying(graph)
    laying.loss()
    for number in range(len(graph.nodes) - 1, -1, -1):
        laying.node(number, graph.nodes[number])
    loss = len(graph.nodes) + len(graph.network.parameters)
    return LayerSteps(graph, *joined(loss + 1, loss, laying.inner, laying.uses))


class _Laying:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.inner: list[Edge] = []
        self.uses: list[Edge] = []
        self._names = [node.name for node in graph.network.nodes]
        self._tied = use_names(graph)

    def loss(self) -> None:
        size = len(self.graph.nodes) + len(self.graph.network.parameters)
        for place, (end, _) in enumerate(self.graph.ends()):
            self.inner.append((end, size, None, Link("loss", end, None, place)))

    def node(self, number: int, node: Node) -> None:
        if node.kind == "bend":
            self._bend(number, node)
            return
        for place, arc in enumerate(node.arcs):
            mark = None if arc.label is None else Mark(self._names[node.of], arc.label, arc.enters)
            link = Link("weigh" if node.kind == "affine" else "join", number, arc, place)
            self.inner.append((arc.tail, number, mark, link))
            if arc.parameter is not None:
                self._parameter(arc.parameter, number, Link("weight", number, arc))
        if node.bias is not None:
            self._parameter(node.bias, number, Link("bias", number))

    def _bend(self, number: int, node: Node) -> None:
        self.inner.append((node.arcs[0].tail, number, None, Link("bend", number)))
        alpha = self.graph.network.layers[node.of - len(self.graph.network.inputs)].alpha
        if alpha is not None:
            self._parameter(alpha, number, Link("alpha", number))

    def _parameter(self, parameter: int, head: int, link: Link) -> None:
        of = self.graph.nodes[head].of
        mark = Mark(self._names[of], None, 0, self._tied.get((of, link.arc or link.kind)))
        self.uses.append((len(self.graph.nodes) + parameter, head, mark, link))
