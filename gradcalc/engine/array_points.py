"""A wide network at many points at once: arrays with an axis of points in front, [points][examples][units].

Parameters that differ from point to point are [points][out][in], biases [points][1][units], numbers [points][1][1];
what is the same at all points has no such axis. A point's numbers do not depend on those it is computed with.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial, reduce
from typing import Any

import numpy as np

from gradcalc.activations import Activation
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.array_edges import NOTHING, Diagonal, Jacobians, Nothing, Start
from gradcalc.engine.array_forward import Array, ArrayFunctions, ArrayKind
from gradcalc.engine.array_gradients import Plan
from gradcalc.engine.array_linear import NodeArrays, edges, read_by_loss
from gradcalc.engine.array_point import within
from gradcalc.engine.scalar_point import FAR_DOWN, FAR_UP
from gradcalc.losses import Loss
from gradcalc.network.linear_graph import Link, LossLink
from gradcalc.records import Record
from gradcalc.semirings.accumulate import ReverseSweep, Total


class AxisFunctions(ArrayFunctions):
    """The functions of joins on arrays of which some have an axis of points."""

    def __init__(self) -> None:
        super().__init__(Double)
        self.max, self.min = partial(reduce, np.maximum), partial(reduce, np.minimum)


class PointsKind(ArrayKind):
    """Arrays of float64 that may have an axis of points in front."""

    def __init__(self) -> None:
        super().__init__(Double)
        self.functions: Any = AxisFunctions()

    def alpha_derivative(self, activation: Activation, z: Array, alpha: Array) -> Array:
        return super().alpha_derivative(activation, *np.broadcast_arrays(z, alpha))

    def loss(self, loss: Loss, y: Array, t: Array) -> Array:
        y, t = np.broadcast_arrays(y, t)
        return super().loss(loss, rows_of(y), rows_of(t)).reshape(y.shape[:-1])

    def loss_derivatives(self, loss: Loss, y: Array, t: Array) -> Array:
        y, t = np.broadcast_arrays(y, t)
        return super().loss_derivatives(loss, rows_of(y), rows_of(t)).reshape(y.shape)


def rows_of(array: Array) -> Array:
    """The examples of all points one after the other, [examples][units]."""
    return np.ascontiguousarray(array).reshape(-1, array.shape[-1])


class PointsWatch:
    """At which points a number may have been lost to the range: where not every factor is so far from its ends that no
    product of two of them is lost. A 0 is exact then, but where an activation or a loss has it that has none."""

    def __init__(self, points: int) -> None:
        self.lost = np.zeros(points, dtype=bool)

    def __call__(self, array: Any, zeros: bool = True, axes: int = 2) -> None:
        """Looks at an array, which has so many axes at one point; `zeros` says whether a 0 in it may be exact."""
        if isinstance(array, Nothing) or within(array, FAR_DOWN, FAR_UP, zeros):
            return
        sizes = np.abs(array)
        is_far = ((sizes >= FAR_DOWN) & (sizes <= FAR_UP)) | (zeros & (sizes == 0))
        self.lost |= ~(is_far.reshape(len(self.lost), -1).all(axis=1) if sizes.ndim > axes else is_far.all())

    def edge(self, edge: Any, flat: bool) -> None:
        """Looks at what an edge has that is neither a weight nor a value."""
        if isinstance(edge, (Diagonal, Jacobians, Start)) and edge.entries is not None:
            self(edge.entries, flat, 3 if isinstance(edge, Jacobians) else 2)


class PointsPass(Record):
    """All that was computed at some points: values of nodes, edges, the sweep, the loss [points]; and at which of them
    a number may have been lost to the range."""

    at: NodeArrays
    links: Sequence[Link]
    edges: Sequence[Any]
    sweep: ReverseSweep
    loss: Array
    lost: Array


def points_pass(
    plan: Plan, parameters: Sequence[Array], inputs: Sequence[Array], targets: Sequence[Array], points: int
) -> PointsPass:
    """Forward and backward at so many points, by a plan of `PointsKind`. Raises DomainError where one has no value."""
    linear, kind = plan.linear, plan.kind
    graph, values = linear.graph, list(inputs)
    with np.errstate(all="ignore"):
        for step in plan.steps[len(inputs) :]:
            values.append(step.value(parameters, values))
        at = NodeArrays(graph, kind, parameters, values, targets, {})
        derivatives = edges(at, linear.links)
        sweep = ReverseSweep(linear.dag, derivatives, kind.arithmetic.seed(graph.reduction), Total(NOTHING))
        losses = [kind.loss(*read_by_loss(at, place)).sum(axis=-1) for place in range(len(graph.ends()))]
        loss = np.broadcast_to(sum(losses) / graph.reduction, points)
        found = PointsPass(at, linear.links, derivatives, sweep, loss, np.zeros(points, dtype=bool))
        return found._replace(lost=_lost(plan, found))


def _lost(plan: Plan, found: PointsPass) -> Array:
    """At which points a number may have been lost to the range."""
    watch, graph = PointsWatch(len(found.loss)), plan.linear.graph
    for array in (*found.at.parameters, *(found.at.values[number] for number in plan.factors)):
        watch(array)
    for link, edge in zip(found.links, found.edges):
        watch.edge(edge, graph.network.loss.flat if isinstance(link, LossLink) else graph.nodes[link.node].flat)
    for adjoint in found.sweep.adjoints[: len(graph.nodes)]:
        watch(adjoint)
    watch(found.loss.reshape(-1, 1, 1), graph.network.loss.flat)
    return watch.lost
