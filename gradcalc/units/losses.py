"""Where the loss reads the values of one example, and what it says of them first: ∂L/∂y, the seeds of the sweep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcalc.arithmetic import Arithmetic, BoundLoss, Number
from gradcalc.errors import DomainError
from gradcalc.graph import Graph
from gradcalc.losses import Loss
from gradcalc.network import Layer
from gradcalc.records import Record
from gradcalc.units.layout import Layout

Ask = Callable[[Sequence[Number], Sequence[Number]], Any]


class End(Record):
    """One node with a target: its outputs, and what the loss is computed from (them, or the preactivations)."""

    node: int  # in the graph
    name: str
    target: int | None
    outputs: Sequence[int]
    read: Sequence[int]
    loss: BoundLoss


def ends(layout: Layout, arithmetic: Arithmetic) -> list[End]:
    """The nodes that the loss reads, in their order."""
    return [_end(layout, arithmetic, node, target) for node, target in layout.graph.ends()]


def reduction(graph: Graph) -> int:
    """What a sum over the examples is divided by."""
    return graph.network.examples if graph.network.loss.reduction == "mean" else 1


def loss_value(ends: Sequence[End], values: Sequence[Number], targets: Sequence[Sequence[Number]]) -> Number:
    """The loss of one example, before the reduction over a batch; `targets` by target, then unit."""
    return sum(_said(end, end.loss.value, values, targets) for end in ends)


def loss_slopes(ends: Sequence[End], values: Sequence[Number], targets: Sequence[Sequence[Number]]) -> list[Number]:
    """∂L/∂y of every unit the loss reads, end by end, before the reduction over a batch."""
    return [slope for end in ends for slope in _said(end, end.loss.slopes, values, targets)]


def from_preactivation(graph: Graph, node: int) -> Loss | None:
    """The loss as a function of the node's preactivation, where there is such a form and no skip enters the output."""
    network, of = graph.network, graph.nodes[node].of
    layer = network.nodes[of]
    if not isinstance(layer, Layer) or layer.into_output:
        return None
    return network.loss.after(layer.activation.name)


def _end(layout: Layout, arithmetic: Arithmetic, node: int, target: int | None) -> End:
    graph = layout.graph
    early = from_preactivation(graph, node)
    outputs = layout.units(node)
    read = outputs if early is None else layout.units(graph.preactivations[graph.nodes[node].of])
    name = graph.network.nodes[graph.nodes[node].of].name
    return End(node, name, target, outputs, read, arithmetic.loss(early or graph.network.loss))


def _said(end: End, ask: Ask, values: Sequence[Number], targets: Sequence[Sequence[Number]]) -> Any:
    given = () if end.target is None else targets[end.target]
    try:
        return ask([values[unit] for unit in end.read], given)
    except DomainError as error:
        raise DomainError(f"{end.name}: {error}") from None
