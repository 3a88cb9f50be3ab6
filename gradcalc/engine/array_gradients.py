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
from gradcalc.engine.array_linear import NodeArrays, edge
from gradcalc.engine.array_point import within
from gradcalc.engine.scalar_point import FAR_DOWN, FAR_UP
from gradcalc.network.graph import ActivationNode, AffineNode, Arc
from gradcalc.network.linear_graph import LayerLinearGraph, LossLink, NodeLink, UseLink
from gradcalc.semirings.accumulate import Total, parameters


class Plan:
    """What is made and let go at every node; compiled once for a topology."""

    def __init__(self, linear: LayerLinearGraph) -> None:
        graph, nodes = linear.graph, linear.graph.nodes
        self.linear = linear
        self.links: list[list[int]] = [[] for _ in nodes]
        self.fixed: list[Any] = [None] * len(linear.links)  # edges that are the same at every point: identities
        self.factors: set[int] = set()  # nodes whose values are multiplied: by weights, by one another
        for number, link in enumerate(linear.links):
            node = nodes[link.node]
            if isinstance(link, NodeLink) and isinstance(node, AffineNode) and link.arc.parameter is None:
                self.fixed[number] = weighing((), graph, link.arc)
            else:
                self.links[link.node].append(number)
            if isinstance(link, NodeLink) and not isinstance(node, (AffineNode, ActivationNode)):
                self.factors.add(link.arc.tail)
            elif isinstance(link, UseLink) and isinstance(link.by, Arc):
                self.factors.add(link.by.tail)
        ends = [end for end, _ in graph.ends()]
        needed = self.factors.union(ends, (graph.preactivations[nodes[end].of] for end in ends))
        last = {arc.tail: number for number, node in enumerate(nodes) for arc in node.arcs}
        self.released: list[list[int]] = [[] for _ in nodes]
        for number in range(len(nodes)):
            if number not in needed:
                self.released[last.get(number, number)].append(number)


class Watch:
    """Whether every factor is so far from the ends of the range that no product of two of them can have been lost.

    A 0 is exact then, but where an activation or a loss has it that has none.
    """

    def __init__(self) -> None:
        self.in_range = True
        self._last: Any = None

    def __call__(self, adjoint: Any, zeros: bool = True) -> None:
        """Looks at an array; `zeros` says whether a 0 in it may be exact."""
        if not self.in_range or adjoint is self._last or isinstance(adjoint, Nothing):
            return
        self.in_range = within(adjoint, FAR_DOWN, FAR_UP, zeros)
        self._last = adjoint

    def edge(self, edge: Any, flat: bool) -> None:
        """Looks at what an edge has that is neither a weight nor a value."""
        if isinstance(edge, (Diagonal, Jacobians, Start)) and edge.entries is not None:
            self(edge.entries, flat)


def gradients(
    plan: Plan, kind: ArrayKind, weights: Sequence[Array], targets: Sequence[Array], watch: Watch | None = None
) -> list[Array]:
    """∂L/∂ every parameter at these weights, in the parameters' shapes; zeros where the loss does not reach.

    Numbers may be lost to the range of float64, which `watch` is there to see.
    """
    linear = plan.linear
    seed = kind.arithmetic.seed(linear.graph.reduction)
    with np.errstate(all="ignore"):
        edges = _edges(plan, kind, weights, targets, watch)
        adjoint = parameters(linear.dag, edges, seed, Total(NOTHING), seen=watch)
    numbered = enumerate(linear.graph.network.parameters)
    found = ((adjoint.get(linear.parameter(number), NOTHING), parameter.shape) for number, parameter in numbered)
    return [np.zeros(shape) if gradient is NOTHING else gradient for gradient, shape in found]


def _edges(
    plan: Plan, kind: ArrayKind, weights: Sequence[Array], targets: Sequence[Array], watch: Watch | None
) -> list[Any]:
    """All edges from one forward pass; `watch` sees derivatives, and values that are factors: where any other value is
    lost, so is the derivative there."""
    graph, links = plan.linear.graph, plan.linear.links
    values: list[Array] = []
    at = NodeArrays(graph, kind, weights, values, targets, {})
    edges = list(plan.fixed)
    late = []
    for number, node in enumerate(graph.nodes):
        values.append(node_value(graph, kind, weights, values, node))
        if watch is not None and number in plan.factors:
            watch(values[number])
        for place in plan.links[number]:
            if isinstance(links[place], LossLink):
                late.append(place)
                continue
            edges[place] = edge(at, links[place])
            if watch is not None:  # derivatives may be 0 where no factor is: not a product's, nor of a smooth σ
                watch.edge(edges[place], node.flat)
        for spent in plan.released[number]:
            values[spent] = None
    for place in late:
        edges[place] = edge(at, links[place])
        if watch is not None:
            watch.edge(edges[place], graph.network.loss.flat)
    return edges
