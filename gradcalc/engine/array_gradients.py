"""All gradients of a wide network and nothing else, in as little memory as they need.

Every node's edges are made while its values are at hand, and values that no weight multiplies are let go after the
last node that reads them; the sweep does the same for adjoints.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcalc.engine.array_edges import NOTHING, Nothing
from gradcalc.engine.array_forward import Array, ArrayKind, Evaluation, evaluation
from gradcalc.engine.array_linear import EdgeMaker, NodeArrays, edge_maker, identity
from gradcalc.engine.array_point import within
from gradcalc.engine.scalar_point import FAR_DOWN, FAR_UP
from gradcalc.network.graph import ActivationNode, AffineNode, Arc
from gradcalc.network.linear_graph import LayerLinearGraph, LossLink, NodeLink, UseLink
from gradcalc.records import Record
from gradcalc.semirings.accumulate import Total, parameters


class Step(Record):
    """What is done at a node in the forward pass."""

    value: Evaluation
    is_factor: bool  # its value is multiplied: by weights, by another one
    derivatives: list[tuple[int, EdgeMaker]]  # edges with their places
    others: list[tuple[int, EdgeMaker]]  # edges that are weights and values
    flat: bool  # a derivative may be 0 where no factor is: not a product's, nor of a smooth σ
    spent: list[int]  # nodes whose values are let go


class Plan:
    """What is made and let go at every node, and how; compiled once for a topology and an arithmetic."""

    def __init__(self, linear: LayerLinearGraph, kind: ArrayKind) -> None:
        graph, nodes = linear.graph, linear.graph.nodes
        self.linear = linear
        self.kind = kind
        self.fixed: list[Any] = [None] * len(linear.links)  # edges that are the same at every point: identities
        self.late: list[tuple[int, EdgeMaker]] = []  # those of the loss, which may read any node
        derivatives: list[list[tuple[int, EdgeMaker]]] = [[] for _ in nodes]
        others: list[list[tuple[int, EdgeMaker]]] = [[] for _ in nodes]
        self.factors: set[int] = set()  # nodes whose values are multiplied: by weights, by one another
        for number, link in enumerate(linear.links):
            node, maker = nodes[link.node], edge_maker(graph, kind, link)
            if isinstance(link, LossLink):
                self.late.append((number, maker))
            elif isinstance(link, NodeLink) and isinstance(node, AffineNode) and link.arc.parameter is None:
                self.fixed[number] = identity(graph, link.arc)
            else:
                is_derivative = isinstance(link, NodeLink) and not isinstance(node, AffineNode)
                (derivatives if is_derivative else others)[link.node].append((number, maker))
            if isinstance(link, NodeLink) and not isinstance(node, (AffineNode, ActivationNode)):
                self.factors.add(link.arc.tail)
            elif isinstance(link, UseLink) and isinstance(link.by, Arc):
                self.factors.add(link.by.tail)
        ends = [end for end, _ in graph.ends()]
        needed = self.factors.union(ends, (graph.preactivations[nodes[end].of] for end in ends))
        last = {arc.tail: number for number, node in enumerate(nodes) for arc in node.arcs}
        spent: list[list[int]] = [[] for _ in nodes]
        for number in range(len(nodes)):
            if number not in needed:
                spent[last.get(number, number)].append(number)
        values = [evaluation(graph, kind, node) for node in nodes]
        are_factors = [number in self.factors for number in range(len(nodes))]
        flat = [node.flat for node in nodes]
        self.steps = list(map(Step._make, zip(values, are_factors, derivatives, others, flat, spent)))


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


def gradients(
    plan: Plan, weights: Sequence[Array], targets: Sequence[Array], watch: Watch | None = None
) -> list[Array]:
    """∂L/∂ every parameter at these weights, in the parameters' shapes; zeros where the loss does not reach.

    Numbers may be lost to the range of float64, which `watch` is there to see.
    """
    linear = plan.linear
    seed = plan.kind.arithmetic.seed(linear.graph.reduction)
    with np.errstate(all="ignore"):
        edges = _edges(plan, weights, targets, watch)
        adjoint = parameters(linear.dag, edges, seed, Total(NOTHING), seen=watch)
    numbered = enumerate(linear.graph.network.parameters)
    found = ((adjoint.get(linear.parameter(number), NOTHING), parameter.shape) for number, parameter in numbered)
    return [np.zeros(shape) if gradient is NOTHING else gradient for gradient, shape in found]


def _edges(plan: Plan, weights: Sequence[Array], targets: Sequence[Array], watch: Watch | None) -> list[Any]:
    """All edges from one forward pass; `watch` sees derivatives, and values that are factors: where any other value is
    lost, so is the derivative there."""
    graph = plan.linear.graph
    values: list[Array] = []
    at = NodeArrays(graph, plan.kind, weights, values, targets, {})
    edges = list(plan.fixed)
    for value, is_factor, derivatives, others, flat, spent in plan.steps:
        values.append(value(weights, values))
        for place, make in others:
            edges[place] = make(at)
        for place, make in derivatives:
            edges[place] = derivative = make(at)
            if watch is not None:
                watch(derivative.entries, flat)
        if watch is not None and is_factor:
            watch(values[-1])
        for number in spent:
            values[number] = None
    for place, make in plan.late:
        edges[place] = start = make(at)
        if watch is not None:
            watch(start.entries, graph.network.loss.flat)
    return edges
