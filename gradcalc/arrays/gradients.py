"""All gradients of a wide network and nothing else, in as little memory as they need.

Every node's edges are made while its values are at hand, and values that no weight multiplies are let go after the
last node that reads them; the sweep does the same for adjoints.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcalc.accumulate import parameters
from gradcalc.algebras.total import Total
from gradcalc.arrays.edges import NOTHING
from gradcalc.arrays.forward import node_value, weighing
from gradcalc.arrays.kinds import Array, ArrayKind
from gradcalc.arrays.slopes import EDGES, Values
from gradcalc.layers import LayerSteps
from gradcalc.units.losses import reduction


class Plan:
    """What is made and let go at every node; compiled once for a topology."""

    def __init__(self, linear: LayerSteps) -> None:
        nodes = linear.graph.nodes
        self.linear = linear
        self.links: list[list[int]] = [[] for _ in nodes]
        self.fixed: list[Any] = [None] * len(linear.links)  # edges that are the same at every point: identities
        last = list(range(len(nodes)))
        needed = {end for end, _ in linear.graph.ends()}
        for number, link in enumerate(linear.links):
            if link.kind == "weigh" and link.arc is not None and link.arc.parameter is None:
                self.fixed[number] = weighing((), linear.graph, link.arc)
            else:
                self.links[link.node].append(number)
            if link.kind in ("weight", "join") and link.arc is not None:
                needed.add(link.arc.tail)
        for number, node in enumerate(nodes):
            for arc in node.arcs:
                last[arc.tail] = number
        self.released: list[list[int]] = [[] for _ in nodes]
        for number, reader in enumerate(last):
            if number not in needed and not self._is_read_early(number):
                self.released[reader].append(number)

    def _is_read_early(self, number: int) -> bool:
        """Whether the loss reads a preactivation in place of the output."""
        graph = self.linear.graph
        ends = [graph.nodes[end].of for end, _ in graph.ends()]
        return number in [graph.preactivations[of] for of in ends]


def gradients(plan: Plan, kind: ArrayKind, weights: Sequence[Array], targets: Sequence[Array]) -> list[Array]:
    """∂L/∂ every parameter at these weights, in the parameters' shapes; zeros where the loss does not reach."""
    linear = plan.linear
    seed = kind.arithmetic.number(1) / reduction(linear.graph)
    with np.errstate(all="ignore"):
        said = parameters(linear.steps, _edges(plan, kind, weights, targets), seed, Total(NOTHING))
    numbered = enumerate(linear.graph.network.parameters)
    return [_found(said.get(linear.parameter(n), NOTHING), parameter.shape) for n, parameter in numbered]


def _found(said: Any, shape: tuple[int, ...]) -> Array:
    return np.zeros(shape) if said is NOTHING else said


def _edges(plan: Plan, kind: ArrayKind, weights: Sequence[Array], targets: Sequence[Array]) -> list[Any]:
    graph, links = plan.linear.graph, plan.linear.links
    values: list[Array] = []
    at = Values(graph, kind, weights, values, targets)
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
        for spent in plan.released[number]:
            values[spent] = None
    for place in late:
        edges[place] = EDGES["loss"](at, links[place])
    return edges
