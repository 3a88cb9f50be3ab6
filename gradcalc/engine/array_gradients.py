"""All gradients of a wide network and nothing else, in as little memory as they need.

Every node's edges are made while its values are at hand, and values that no weight multiplies are let go after the
last node that reads them; the sweep does the same for adjoints.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcalc.engine.array_edges import NOTHING, Diagonal, Jacobians, Nothing, Start
from gradcalc.engine.array_forward import Array, ArrayKind, node_value, weighing
from gradcalc.engine.array_linear import EDGES, ArrayValues
from gradcalc.engine.array_underflow import within
from gradcalc.engine.scalar_underflow import FAR_DOWN, FAR_UP
from gradcalc.network.graph import Graph, Node
from gradcalc.network.linear_graph import LayerLinearGraph
from gradcalc.semirings.accumulate import Total, parameters


class Plan:
    """What is made and let go at every node; compiled once for a topology."""

    def __init__(self, linear: LayerLinearGraph) -> None:
        nodes = linear.graph.nodes
        self.linear = linear
        self.links: list[list[int]] = [[] for _ in nodes]
        self.fixed: list[Any] = [None] * len(linear.links)  # edges that are the same at every point: identities
        last = list(range(len(nodes)))
        self.factors: set[int] = set()  # nodes whose values are multiplied: by weights, by one another
        for number, link in enumerate(linear.links):
            if link.kind == "weigh" and link.arc is not None and link.arc.parameter is None:
                self.fixed[number] = weighing((), linear.graph, link.arc)
            else:
                self.links[link.node].append(number)
            if link.kind in ("weight", "join") and link.arc is not None:
                self.factors.add(link.arc.tail)
        for number, node in enumerate(nodes):
            for arc in node.arcs:
                last[arc.tail] = number
        needed = self.factors | {end for end, _ in linear.graph.ends()}
        self.released: list[list[int]] = [[] for _ in nodes]
        for number, reader in enumerate(last):
            if number not in needed and not self._is_read_early(number):
                self.released[reader].append(number)

    def _is_read_early(self, number: int) -> bool:
        """Whether the loss reads a preactivation in place of the output."""
        graph = self.linear.graph
        ends = [graph.nodes[end].of for end, _ in graph.ends()]
        return number in [graph.preactivations[of] for of in ends]


class Watch:
    """Whether every factor is so far from the ends of the range that no product of two of them can have been lost.

    A 0 is honest then, but where an activation or a loss has it that has none.
    """

    def __init__(self) -> None:
        self.kept = True
        self._last: Any = None

    def __call__(self, adjoint: Any, zeros: bool = True) -> None:
        """Looks at an array; `zeros` says whether a 0 in it may be honest."""
        if not self.kept or adjoint is self._last or isinstance(adjoint, Nothing):
            return
        self.kept = within(adjoint, FAR_DOWN, FAR_UP, zeros)
        self._last = adjoint

    def edge(self, edge: Any, flat: bool) -> None:
        """Looks at what an edge has that is neither a weight nor a value."""
        if isinstance(edge, (Diagonal, Jacobians, Start)) and edge.derivatives is not None:
            self(edge.derivatives, flat)


def gradients(
    plan: Plan, kind: ArrayKind, weights: Sequence[Array], targets: Sequence[Array], watch: Watch | None = None
) -> list[Array]:
    """∂L/∂ every parameter at these weights, in the parameters' shapes; zeros where the loss does not reach.

    Doubles may be lost to their range on the way, which `watch` is there to see.
    """
    linear = plan.linear
    seed = kind.arithmetic.number(1) / linear.graph.reduction
    with np.errstate(all="ignore"):
        edges = _edges(plan, kind, weights, targets, watch)
        adjoint = parameters(linear.dag, edges, seed, Total(NOTHING), seen=watch)
    numbered = enumerate(linear.graph.network.parameters)
    return [_found(adjoint.get(linear.parameter(n), NOTHING), parameter.shape) for n, parameter in numbered]


def _found(adjoint: Any, shape: tuple[int, ...]) -> Array:
    return np.zeros(shape) if adjoint is NOTHING else adjoint


def _edges(
    plan: Plan, kind: ArrayKind, weights: Sequence[Array], targets: Sequence[Array], watch: Watch | None
) -> list[Any]:
    graph, links = plan.linear.graph, plan.linear.links
    values: list[Array] = []
    at = ArrayValues(graph, kind, weights, values, targets)
    edges = list(plan.fixed)
    late = []
    for number, node in enumerate(graph.nodes):
        values.append(node_value(graph, kind, weights, values, node))
        for place in plan.links[number]:
            link = links[place]
            if link.kind == "loss":
                late.append(place)
            else:
                edges[place] = EDGES[link.kind](at, link)
        if watch is not None:
            _watch_node(watch, plan, number, values[number], edges)
        for spent in plan.released[number]:
            values[spent] = None
    for place in late:
        edges[place] = EDGES["loss"](at, links[place])
        if watch is not None:
            watch.edge(edges[place], graph.network.loss.flat)
    return edges


def _watch_node(watch: Watch, plan: Plan, number: int, value: Array, edges: Sequence[Any]) -> None:
    """Derivatives, and values that are factors: where any other value is lost, so is the derivative there."""
    if number in plan.factors:
        watch(value)
    flat = may_be_flat(plan.linear.graph, plan.linear.graph.nodes[number])
    for place in plan.links[number]:
        watch.edge(edges[place], flat)


def may_be_flat(graph: Graph, node: Node) -> bool:
    """Whether a node's derivatives may be 0 where no factor is: not a product's, nor a smooth activation's."""
    if node.kind != "activation":
        return node.kind != "multiply"
    return graph.layer(node).activation.flat
