"""A wide network at a point: values, derivatives and adjoints, an array for every node."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcalc.arithmetic import Arithmetic
from gradcalc.engine.array_edges import NOTHING, Nothing
from gradcalc.engine.array_forward import Array, ArrayKind, forward, parameter_arrays
from gradcalc.engine.array_linear import NodeArrays, edges, loss_value
from gradcalc.network.graph import Graph
from gradcalc.network.linear_graph import LayerLinearGraph, layer_linear_graph
from gradcalc.network.network import Value
from gradcalc.records import Record
from gradcalc.semirings.accumulate import ReverseSweep, Total


class ArrayPoint(Record):
    """The network at a point. Without a target there is no loss and there are no adjoints."""

    graph: Graph
    arithmetic: Arithmetic
    linear: LayerLinearGraph
    at: NodeArrays
    seed: Any
    edges: list[Any]
    loss: Any
    adjoints: list[Any]  # of every node of the graph, then of every parameter

    def output(self, node: int) -> list[list[Any]]:
        """[examples][units] of a node of the network."""
        return _rows(self.at.values[self.graph.outputs[node]])

    def preactivation(self, node: int) -> list[list[Any]]:
        """[examples][units] of a layer's z."""
        return _rows(self.at.values[self.graph.preactivations[node]])

    def adjoint(self, node: int) -> list[list[Any]]:
        """[examples][units] of ∂L/∂output."""
        return _rows(self.adjoint_of(self.graph.outputs[node]))

    def delta(self, node: int) -> list[list[Any]]:
        """[examples][units] of ∂L/∂z."""
        return _rows(self.adjoint_of(self.graph.preactivations[node]))

    def derivative(self, node: int) -> list[Any]:
        """σ′(z) of a layer, [examples][units]; [examples][out][in] where the activation couples units."""
        activation = self.linear.dag.heads.index(self.graph.preactivations[node] + 1)
        return _rows(self.edges[activation].entries)

    def gradient(self, parameter: int) -> Value:
        """∂L/∂ a parameter, in its shape, summed over the examples."""
        shape = self.graph.network.parameters[parameter].shape
        entries = np.asarray(self.adjoint_of(self.linear.parameter(parameter)))
        return entries.item() if entries.size == 1 else entries.reshape(shape).tolist()

    def adjoint_of(self, node: int) -> Array:
        """The adjoint of a node of the linear graph, an array in its shape; 0 where no path leads from it."""
        adjoint = self.adjoints[node]
        if not isinstance(adjoint, Nothing):
            return adjoint
        nodes = len(self.at.values)
        like = self.at.values[node] if node < nodes else self.at.parameters[node - nodes]
        return np.full(np.shape(like), self.arithmetic.number(0))


def _rows(array: Array) -> list[Any]:
    rows: list[Any] = array.tolist()
    return rows


def array_point(graph: Graph, arithmetic: Arithmetic) -> ArrayPoint:
    """Computes a network forward and, where it has a loss, backward."""
    kind = ArrayKind(arithmetic)
    parameters = parameter_arrays(graph, kind)
    targets = [kind.array(target.rows, target.exact) for target in graph.network.targets]
    at = NodeArrays(graph, kind, parameters, forward(graph, kind, parameters), targets)
    linear, seed = layer_linear_graph(graph), arithmetic.number(1) / graph.reduction
    with np.errstate(all="ignore"):
        derivatives = edges(at, linear.links)
        if not graph.ends():
            return ArrayPoint(graph, arithmetic, linear, at, seed, derivatives, None, [])
        sweep = ReverseSweep(linear.dag, derivatives, seed, Total(NOTHING))
        adjoints = [sweep.of(node) for node in range(linear.dag.loss)]
        return ArrayPoint(graph, arithmetic, linear, at, seed, derivatives, loss_value(at), adjoints)
