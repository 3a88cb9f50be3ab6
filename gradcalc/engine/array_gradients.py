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
from gradcalc.engine.array_linear import EdgeMaker, NodeArrays, edge_maker
from gradcalc.engine.array_point import within
from gradcalc.engine.scalar_point import FAR_DOWN, FAR_UP
from gradcalc.network.graph import ActivationNode, AffineNode, Arc, Graph, Node
from gradcalc.network.linear_graph import LayerLinearGraph, LossLink, NodeLink, UseLink
from gradcalc.records import Record

AS_IT_IS, WEIGHTS, VALUES, EDGE, ENTRIES = range(5)
Onward = tuple[int, int, int]
"""To what an adjoint goes on, and how: as it is, times the weights of a parameter's number, transposed times the values
of a node, times the edge of this number, or times its entries one by one."""


class Step(Record):
    """What is done at a node in the forward pass."""

    value: Evaluation
    product: tuple[int, int] | None  # the node, and the parameter of the weights, that it is the product of
    is_factor: bool  # its value is multiplied: by weights, by another one
    derivatives: list[tuple[int, EdgeMaker]]  # edges with their places
    others: list[tuple[int, EdgeMaker]]  # edges that are weights and values, where an adjoint cannot do without
    flat: bool  # a derivative may be 0 where no factor is: not a product's, nor of a smooth σ
    spent: list[int]  # nodes whose values are let go


class Plan:
    """What is made and let go at every node, and how; compiled once for a topology and an arithmetic."""

    def __init__(self, linear: LayerLinearGraph, kind: ArrayKind) -> None:
        graph, nodes = linear.graph, linear.graph.nodes
        self.linear = linear
        self.kind = kind
        self.late: list[tuple[int, EdgeMaker]] = []  # those of the loss, which may read any node
        derivatives: list[list[tuple[int, EdgeMaker]]] = [[] for _ in nodes]
        others: list[list[tuple[int, EdgeMaker]]] = [[] for _ in nodes]
        self.factors: set[int] = set()  # nodes whose values are multiplied: by weights, by one another
        every = enumerate(linear.dag.tails)
        onwards = [_onward(linear, edge) if kind.is_float64 else (tail, EDGE, edge) for edge, tail in every]
        self.sweep = [(head, [onwards[edge] for edge in out]) for head, out in linear.dag.by_head]
        for number, link in enumerate(linear.links):
            node, (_, how, _) = nodes[link.node], onwards[number]
            if isinstance(link, LossLink):
                self.late.append((number, edge_maker(graph, kind, link)))
            elif how in (EDGE, ENTRIES):
                is_derivative = isinstance(link, NodeLink) and not isinstance(node, AffineNode)
                makers = derivatives if is_derivative else others
                makers[link.node].append((number, edge_maker(graph, kind, link)))
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
        products = [_product(graph, node) if kind.is_float64 else None for node in nodes]
        are_factors = [number in self.factors for number in range(len(nodes))]
        flat = [node.flat for node in nodes]
        self.steps = list(map(Step._make, zip(values, products, are_factors, derivatives, others, flat, spent)))


def _product(graph: Graph, node: Node) -> tuple[int, int] | None:
    """The node and the weights of which a node is the product and nothing else."""
    if isinstance(node, AffineNode) and len(node.arcs) == 1 and node.bias is None:
        (arc,) = node.arcs
        if (matrix := _matrix(graph, node, arc)) is not None:
            return arc.tail, matrix
    return None


def _matrix(graph: Graph, node: AffineNode, arc: Arc) -> int | None:
    """The parameter on an arc where it is a matrix with a row for every unit of the node."""
    number = arc.parameter
    shape = () if number is None else graph.network.parameters[number].shape
    return number if len(shape) == 2 and shape[0] == node.width else None


def _onward(linear: LayerLinearGraph, number: int) -> Onward:
    """How the adjoint of an edge's head goes on to its tail, where arrays are of float64."""
    graph, link, tail = linear.graph, linear.links[number], linear.dag.tails[number]
    node, arc = graph.nodes[link.node], getattr(link, "arc", getattr(link, "by", None))
    if isinstance(node, AffineNode) and isinstance(arc, Arc):
        if arc.parameter is None and graph.nodes[arc.tail].width == node.width:
            return tail, AS_IT_IS, number
        if (matrix := _matrix(graph, node, arc)) is not None:
            return (tail, VALUES, arc.tail) if isinstance(link, UseLink) else (tail, WEIGHTS, matrix)
    is_diagonal = isinstance(link, NodeLink) and isinstance(node, ActivationNode) and not node.activation.couples
    return tail, ENTRIES if is_diagonal else EDGE, number


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
    with np.errstate(all="ignore"):
        edges, values = _edges(plan, weights, targets, watch)
        adjoint = _swept(plan, weights, values, edges, watch)
    numbered = enumerate(linear.graph.network.parameters)
    found = ((adjoint.get(linear.parameter(number), NOTHING), parameter.shape) for number, parameter in numbered)
    return [np.zeros(shape) if gradient is NOTHING else gradient for gradient, shape in found]


def _swept(
    plan: Plan, weights: Sequence[Array], values: Sequence[Array], edges: Sequence[Any], watch: Watch | None
) -> dict[int, Array]:
    """The adjoints of all parameters, by the sweep of `semirings/accumulate.py`, in which weights and values of float64
    multiply themselves."""
    adjoint: dict[int, Any] = {plan.linear.dag.loss: plan.kind.arithmetic.seed(plan.linear.graph.reduction)}
    for head, out in plan.sweep:
        above = adjoint.pop(head, NOTHING)
        if above is NOTHING:
            continue
        if watch is not None:
            watch(above)
        for tail, how, which in out:
            before = adjoint.get(tail)
            if how == AS_IT_IS:
                longer = above
            elif how == ENTRIES:
                longer = above * edges[which].entries
            elif how == EDGE:
                longer = above * edges[which]
            else:
                longer = above @ weights[which] if how == WEIGHTS else above.T @ values[which]
                if before is not None:
                    longer += before  # a product is nobody else's
                    before = None
            adjoint[tail] = longer if before is None else before + longer
    return adjoint


def _edges(
    plan: Plan, weights: Sequence[Array], targets: Sequence[Array], watch: Watch | None
) -> tuple[list[Any], list[Array]]:
    """All edges from one forward pass, and the values that are factors. `watch` sees derivatives, and these values:
    where any other value is lost, so is the derivative there."""
    graph = plan.linear.graph
    values: list[Array] = []
    at = NodeArrays(graph, plan.kind, weights, values, targets, {})
    edges: list[Any] = [None] * len(plan.linear.links)
    for value, product, is_factor, derivatives, others, flat, spent in plan.steps:
        values.append(values[product[0]] @ weights[product[1]].T if product else value(weights, values))
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
    return edges, values
