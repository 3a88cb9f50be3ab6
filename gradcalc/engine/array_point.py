"""A wide network at a point: values, derivatives and adjoints, an array for every node; and whether any of them was
lost to the range of float64.

The same is asked of them as of single units, but of those entries alone (of those rows, where units are coupled) that
have a 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcalc.arithmetic import Arithmetic
from gradcalc.arithmetic.extended import Extended
from gradcalc.arithmetic.float64 import HUGE, TINY
from gradcalc.engine.array_edges import NOTHING, ArrayEdge, Diagonal, Jacobians, Matrix, Nothing, Scalar, Start
from gradcalc.engine.array_extended import ExtendedKind, array_kind
from gradcalc.engine.array_forward import Array, affine, forward, parameter_arrays
from gradcalc.engine.array_linear import NodeArrays, edges, loss_value, read_by_loss
from gradcalc.network.graph import ActivationNode, AffineNode, Graph, InputNode, JoinNode
from gradcalc.network.linear_graph import LayerLinearGraph, Link, LossLink, NodeLink, layer_linear_graph
from gradcalc.network.network import Index, Value
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

    def values(self, node: int) -> list[list[Any]]:
        """[examples][units] of a node of the graph."""
        return _rows(self.at.values[node])

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by its network and arithmetic, and computed again."""
        return recomputed, (self.graph, self.arithmetic)

    def output(self, node: int) -> list[list[Any]]:
        """[examples][units] of a node of the network."""
        return self.values(self.graph.outputs[node])

    def preactivation(self, node: int) -> list[list[Any]]:
        """[examples][units] of a layer's z."""
        return self.values(self.graph.preactivations[node])

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

    def in_range(self) -> bool:
        """Whether no float64 was lost to the range: none infinite, NaN or subnormal, none 0 that should not be."""
        arrays = [] if self.loss is None else [self.loss]
        arrays += self.at.values
        arrays += [adjoint for adjoint in self.adjoints if not isinstance(adjoint, Nothing)]
        arrays += [edge.entries for edge in self.edges if isinstance(edge, (Diagonal, Jacobians, Start))]
        with np.errstate(all="ignore"):
            if all(within(array, TINY, HUGE) for array in arrays):
                return True
            return (
                all(map(_is_normal_or_zero, arrays))
                and not any(_sum_underflowed(self, number) for number in range(len(self.graph.nodes)))
                and not any(_derivative_underflowed(self, *pair) for pair in zip(self.linear.links, self.edges))
                and (self.loss is None or not (_loss_underflowed(self) or _adjoint_underflowed(self)))
            )


def _rows(array: Array) -> list[Any]:
    rows: list[Any] = array.tolist()
    return rows


def recomputed(graph: Graph, arithmetic: Arithmetic) -> ArrayPoint:
    """The point that was pickled."""
    with arithmetic.context():
        return array_point(graph, arithmetic)


def array_point(graph: Graph, arithmetic: Arithmetic) -> ArrayPoint:
    """Computes a network forward and, where it has a loss, backward."""
    return array_point_at(graph, arithmetic, layer_linear_graph(graph), parameter_arrays(graph, array_kind(arithmetic)))


def array_point_at(
    graph: Graph, arithmetic: Arithmetic, linear: LayerLinearGraph, parameters: Sequence[Array]
) -> ArrayPoint:
    """The network with these parameters; its linear graph is made once for all of them."""
    kind = array_kind(arithmetic)
    targets = [kind.array(target.rows, target.exact) for target in graph.network.targets]
    at = NodeArrays(graph, kind, parameters, forward(graph, kind, parameters), targets, {})
    seed = arithmetic.seed(graph.reduction)
    with np.errstate(all="ignore"):
        derivatives = edges(at, linear.links)
        if not graph.ends():
            return ArrayPoint(graph, arithmetic, linear, at, seed, derivatives, None, [])
        sweep = ReverseSweep(linear.dag, derivatives, seed, Total(NOTHING))
        adjoints = [sweep.of(node) for node in range(linear.dag.loss)]
        return ArrayPoint(graph, arithmetic, linear, at, seed, derivatives, loss_value(at), adjoints)


FAR_UP = 1e290  # so many of such numbers as memory holds are summed without an overflow


EXTENDED = ExtendedKind()


def _is_normal_or_zero(array: Any) -> bool:
    """Whether no entry is infinite, NaN or subnormal."""
    sizes = np.abs(array)
    return bool(np.all(np.isfinite(sizes))) and not bool(np.any((sizes < TINY) & (sizes > 0)))


def _sum_underflowed(point: ArrayPoint, number: int) -> bool:
    """Whether a 0 in a sum is none. It is exact in one that cancels or of which all products are exact zeros; what
    vanished beside something larger is no loss."""
    node, value = point.graph.nodes[number], point.at.values[number]
    if not isinstance(node, AffineNode) or value.all():
        return False
    values = {arc.tail: point.at.values[arc.tail] for arc in node.arcs}
    numbers = {arc.parameter for arc in node.arcs} | {node.bias}
    parameters = {n: point.at.parameters[n] for n in numbers if n is not None}
    if min(map(least, values.values())) * min(map(least, parameters.values()), default=1.0) >= TINY:
        return False

    def summed(function: Callable[[Any], Any]) -> Array:
        weights = {number: function(array) for number, array in parameters.items()}
        return affine(node)(weights, {number: function(array) for number, array in values.items()})

    return bool(np.any((value == 0) & (summed(np.abs) < TINY) & (summed(pattern) > 0)))


def _derivative_underflowed(point: ArrayPoint, link: Link, edge: Any) -> bool:
    """Whether a 0 among the derivatives (or values) of an activation or a join is none: not where it is flat, nor where
    extended range has a 0, too."""
    node, values, derivatives = point.graph.nodes[link.node], point.at.values, edge.entries
    if not isinstance(link, NodeLink) or isinstance(node, (InputNode, AffineNode)):
        return False
    value, sources = values[link.node], [values[arc.tail] for arc in node.arcs]
    if isinstance(node, ActivationNode) and node.alpha is not None:  # α·z is 0 only where α or z is
        (z,), alpha = sources, point.at.parameters[node.alpha]
        return bool(np.any((value == 0) & (z != 0) & (np.broadcast_to(alpha, z.shape) != 0)))
    if isinstance(node, ActivationNode) and node.activation.couples:
        zero = (derivatives == 0).any((-1, -2))  # where a value of these rows is lost, so is a derivative
    else:
        zero = (value == 0) | (derivatives == 0)
    if node.flat or not zero.any():
        return False
    with Extended.context():
        extended = [EXTENDED.array(source[zero], {}) for source in sources]
        if isinstance(node, JoinNode):
            functions = EXTENDED.functions
            exact = node.join.value(functions, extended), node.join.partials(functions, extended)[link.place]
        else:
            exact = tuple(of(node.activation)(*extended) for of in (EXTENDED.value, EXTENDED.derivative))
        return any(map(_underflowed, (value[zero], derivatives[zero]), exact))


def _loss_underflowed(point: ArrayPoint) -> bool:
    """Whether a 0 is none that is the loss or a derivative of it."""
    if point.graph.network.loss.flat:
        return False
    with Extended.context():
        total = Extended.number(0)
        for link, edge in zip(point.linear.links, point.edges):
            if not isinstance(link, LossLink):
                continue
            loss, read, target = read_by_loss(point.at, link.place)
            zero = (edge.entries == 0).any(-1)
            if zero.any():
                rows = EXTENDED.array(read[zero], {}), EXTENDED.array(target[zero], {})
                if _underflowed(edge.entries[zero], EXTENDED.loss_derivatives(loss, *rows)):
                    return True
            if point.loss == 0:
                total = total + EXTENDED.loss(loss, EXTENDED.array(read, {}), EXTENDED.array(target, {})).sum()
        return _underflowed(np.array(point.loss), np.array(total))


def _underflowed(found: Array, extended: Array) -> bool:
    """Whether a number is 0 for want of range: not so in extended range."""
    sizes = np.abs(extended)
    return bool(np.any((found == 0) & (sizes > 0) & (sizes < TINY)))


def _adjoint_underflowed(point: ArrayPoint) -> bool:
    """Whether a product of a head's adjoint and an edge that leads to it was lost."""
    adjoint, dag = point.adjoints, point.linear.dag
    for tail, head, edge in zip(dag.tails, dag.heads, point.edges):
        if head == dag.loss or isinstance(adjoint[head], Nothing) or np.all(adjoint[tail]):
            continue
        if product_underflowed(adjoint[head], edge, lambda total=adjoint[tail]: total):  # type: ignore[misc]
            return True
    return False


def product_underflowed(adjoint: Any, edge: ArrayEdge, total: Callable[[], Any]) -> bool:
    """Whether `adjoint * edge` lost an entry, and nothing larger makes up for it in the `total` it was added to."""
    (low, high), (least_factor, greatest_factor) = _extent(adjoint), _extent(edge.entries)
    if low * least_factor >= TINY and high * greatest_factor <= FAR_UP:  # nearly always so, and cheap to ask
        return False
    with np.errstate(all="ignore"):
        sizes = np.asarray(np.abs(adjoint) * abs(edge))
        if not np.isfinite(sizes).all():
            return True
        lost = (sizes < TINY) & (pattern(adjoint) * edge.apply(pattern) > 0)
        return bool(lost.any() and np.any(lost & (np.abs(total()) < TINY)))


def _extent(numbers: Any) -> tuple[float, float]:
    """The least size other than 0, and the greatest; of None, which is the entry of an identity, 1."""
    if numbers is None:
        return 1.0, 1.0
    return least(numbers), float(np.abs(numbers).max(initial=0.0))


def pattern(numbers: Any) -> Any:
    """1 where a number is not 0."""
    return np.asarray(np.asarray(numbers) != 0).astype(float)


def holds_list(contributions: Sequence[Value], nonzero_paths: Callable[[], float]) -> bool:
    """Whether float64 held the contributions of the largest paths.

    Where one of them is 0, all the `nonzero_paths`, which have no 0 among their factors, stand before it, or one was
    lost.
    """
    arrays = [np.asarray(value, dtype=float) for value in contributions]
    found = [array for array in arrays if array.any()]
    return all(map(_is_normal_or_zero, found)) and (len(found) == len(arrays) or nonzero_paths() == len(found))


def paths_of_layers(point: ArrayPoint, node: int) -> int:
    """How many paths of layers a node of the linear graph has that take no edge of zeros alone."""
    edges = [int(_extent(edge.entries)[1] > 0) for edge in point.edges]
    return int(ReverseSweep(point.linear.dag, edges, 1, Total(0)).of(node))


def paths_of_units(point: ArrayPoint, node: int, entry: Index | None, of_examples: bool = True) -> float:
    """How many paths over units a node of the linear graph, or an entry of it, has without a 0 among their factors:
    counted in every example, or once for all examples in which any has none.
    """

    def in_any_example(numbers: Any) -> Any:
        found = pattern(numbers)
        return found.max(axis=0, keepdims=True) if found.ndim else found

    def ones(edge: ArrayEdge) -> ArrayEdge:
        varies = not isinstance(edge, (Matrix, Scalar))
        return edge.apply(pattern if of_examples or not varies else in_any_example)

    with np.errstate(all="ignore"):
        adjoint = ReverseSweep(point.linear.dag, list(map(ones, point.edges)), 1.0, Total(NOTHING)).of(node)
    counts = np.asarray(0.0 if adjoint is NOTHING else adjoint)
    picked: Any = (..., *entry) if entry and counts.ndim else ...
    return float(counts[picked].sum())


def least(array: Any) -> float:
    """The least size other than 0; infinite where there is none."""
    sizes = np.abs(array)
    low = float(sizes.min(initial=np.inf))
    return low if low > 0 else float(np.min(sizes, initial=np.inf, where=sizes > 0))


def within(array: Any, low: float, high: float, zeros: bool = False) -> bool:
    """Whether the size of every entry is from `low` to `high` or, where `zeros` may be, 0; a NaN's is not."""
    sizes = np.abs(array)
    smallest, largest = np.minimum.reduce(sizes, axis=None), np.maximum.reduce(sizes, axis=None)
    if zeros and smallest == 0:
        smallest = np.min(sizes, initial=np.inf, where=sizes > 0)
    return bool(smallest >= low and largest <= high)
