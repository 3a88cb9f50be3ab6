"""The forward pass in arrays [examples][units], one node after the other.

Numbers in float64 go through the vectorised functions of activations and losses; where there are none, and for other
numbers (NumPy's object arrays), functions are mapped over the entries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcalc.activations import Activation
from gradcalc.arithmetic import LOCAL, Arithmetic, located
from gradcalc.engine.array_edges import placed, times_one
from gradcalc.losses import Loss
from gradcalc.network.graph import AffineNode, Graph, InputNode, JoinNode, Node
from gradcalc.network.network import Index, entries

Array = Any
Function = Callable[..., Any]


class ArrayFunctions:
    """The functions of an arithmetic on arrays, entry by entry: exp, log, sqrt, …, and those of joins."""

    def __init__(self, arithmetic: Arithmetic) -> None:
        self.number = arithmetic.number
        self.max: Function = np.maximum.reduce
        self.min: Function = np.minimum.reduce
        self._numbers = None if arithmetic.name == "float64" else arithmetic.functions

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name) if self._numbers is None else np.frompyfunc(getattr(self._numbers, name), 1, 1)


class ArrayKind:
    """Arrays of one arithmetic's numbers."""

    def __init__(self, arithmetic: Arithmetic) -> None:
        self.arithmetic = arithmetic
        self.is_float64 = arithmetic.name == "float64"
        self.functions: Any = ArrayFunctions(arithmetic)

    def array(self, value: Any, exact: Mapping[Index, str]) -> Array:
        """A value of the network as an array; entries given as exact constants are rounded once."""
        if self.is_float64:
            return np.array(value, dtype=float)
        if not exact:
            return np.frompyfunc(self.arithmetic.number, 1, 1)(np.array(value, dtype=object))
        found = np.empty(np.shape(value), dtype=object)
        for index, x in entries(value):
            found[index] = self.arithmetic.number(x, exact.get(index))
        return found if found.shape else found[()]

    def value(self, activation: Activation) -> Function:
        """σ, from z, and alpha where there is one, to an array [examples][units]."""
        return self._on_arrays(activation.values, self.arithmetic.value(activation), activation)

    def derivative(self, activation: Activation) -> Function:
        """σ′ likewise; to Jacobians [examples][out][in] where units are coupled."""
        return self._on_arrays(activation.derivatives, self.arithmetic.derivative(activation), activation)

    def alpha_derivative(self, activation: Activation, z: Array, alpha: Array) -> Array:
        """∂σ/∂α, [examples][units]."""
        derivative = self.arithmetic.alpha_derivative(activation)
        assert derivative is not None
        return self._entries(derivative, z, np.broadcast_to(alpha, z.shape))

    def loss(self, loss: Loss, y: Array, t: Array) -> Array:
        """The loss of each example."""
        if self.is_float64 and loss.values is not None:
            return loss.values(y, t)
        value = self.arithmetic.loss(loss).value
        return self._stacked([value(ys, ts) for ys, ts in zip(y.tolist(), t.tolist())])

    def loss_derivatives(self, loss: Loss, y: Array, t: Array) -> Array:
        """∂L/∂y, [examples][units], of each example's own loss."""
        if self.is_float64 and loss.all_derivatives is not None:
            return loss.all_derivatives(y, t)
        derivatives = self.arithmetic.loss(loss).derivatives
        return self._stacked([derivatives(ys, ts) for ys, ts in zip(y.tolist(), t.tolist())])

    def _on_arrays(self, vectorised: Function | None, function: Function, activation: Activation) -> Function:
        """The function on arrays, `vectorised` where float64 has one."""
        if self.is_float64 and vectorised is not None:
            return vectorised
        if activation.couples:
            return lambda z: self._stacked(list(map(function, z.tolist())))
        return lambda z, *alpha: self._entries(function, z, *(np.broadcast_to(one, z.shape) for one in alpha))

    def _entries(self, function: Function, *arrays: Array) -> Array:
        flat = [function(*entries) for entries in zip(*(array.ravel().tolist() for array in arrays))]
        return self._stacked(flat).reshape(arrays[0].shape)

    def _stacked(self, rows: list[Any]) -> Array:
        return np.array(rows, dtype=float if self.is_float64 else object)


Numbered = Sequence[Array] | Mapping[int, Array]  # arrays by the number of their node or parameter


def parameter_arrays(graph: Graph, kind: ArrayKind) -> list[Array]:
    """Every parameter as an array in its shape."""
    return [kind.array(parameter.value, parameter.exact) for parameter in graph.network.parameters]


def forward(graph: Graph, kind: ArrayKind, parameters: Sequence[Array]) -> list[Array]:
    """The values of every node. Raises DomainError and LimitError naming the node."""
    values: list[Array] = []
    with np.errstate(all="ignore"):
        for node in graph.nodes:
            try:
                values.append(evaluation(graph, kind, node)(parameters, values))
            except LOCAL as error:
                raise located(graph.network.nodes[node.of].name, error) from None
    return values


Evaluation = Callable[[Numbered, Numbered], Array]
"""What computes the value of a node from the parameters and the values before it."""


def evaluation(graph: Graph, kind: ArrayKind, node: Node) -> Evaluation:
    """How a node is computed."""
    if isinstance(node, InputNode):
        given = graph.network.inputs[node.of]
        array = kind.array(given.rows, given.exact)
        return lambda parameters, values: array
    if isinstance(node, AffineNode):
        return affine(node)
    tails = [arc.tail for arc in node.arcs]
    if isinstance(node, JoinNode):
        return lambda parameters, values: node.join.value(kind.functions, [values[tail] for tail in tails])
    function, alpha, tail = kind.value(node.activation), node.alpha, tails[0]
    if alpha is None:
        return lambda parameters, values: function(values[tail])
    return lambda parameters, values: function(values[tail], parameters[alpha])


def affine(node: AffineNode) -> Evaluation:
    """Σ W·v + b."""
    arcs, width, bias = [(arc.tail, arc.parameter, arc.offset) for arc in node.arcs], node.width, node.bias

    def value(parameters: Numbered, values: Numbered) -> Array:
        total: Any = None
        for tail, parameter, first in arcs:
            fed = times_one(values[tail]) if parameter is None else weighed(values[tail], parameters[parameter])
            if fed.shape[-1] != width:  # one source of a concatenation, with zeros for the others
                fed = placed(fed, first, width)
            total = fed if total is None else total + fed
        return total if bias is None else total + parameters[bias]

    return value


def weighed(fed: Array, weight: Array) -> Array:
    """W·v of every example; a number multiplies every unit. At many points both may have an axis of them in front, and
    a number is [points, 1, 1]."""
    axes = getattr(weight, "ndim", 0)
    if axes == 0 or (axes == 3 and weight.shape[1:] == (1, 1)):
        return fed * weight
    return fed @ (weight.T if axes == 2 else weight.transpose(0, 2, 1))
