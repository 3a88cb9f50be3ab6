"""A network computed at its point: unit by unit or in arrays, in doubles or, where doubles fail, in wider numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from gradcalc.arithmetic import Arithmetic
from gradcalc.arithmetic.float64 import Double
from gradcalc.network.graph import Graph, graph
from gradcalc.network.network import Network, Value

FEW = 20_000
"""Weight entries × examples up to which a network counts as narrow: about what it takes to import NumPy."""

NONE = -1
"""So that a network of arrays stays one in other numbers."""

THIN = 8
"""Weight entries × examples per node up to which one array operation costs more than the numbers in it."""


class Point(Protocol):
    """Values, derivatives and adjoints of every node, [examples][units]; gradients in the shape of their parameter."""

    @property
    def graph(self) -> Graph: ...
    @property
    def arithmetic(self) -> Arithmetic: ...
    @property
    def loss(self) -> Any: ...
    def output(self, node: int) -> list[list[Any]]: ...
    def preactivation(self, node: int) -> list[list[Any]]: ...
    def derivative(self, node: int) -> list[Any]: ...
    def adjoint(self, node: int) -> list[list[Any]]: ...
    def delta(self, node: int) -> list[list[Any]]: ...
    def gradient(self, parameter: int) -> Value: ...


def point(network: Network, dps: int | None = None, few: int = FEW, lay: Callable[[Network], Graph] = graph) -> Point:
    """The network at its point, in doubles unless something leaves their range; or to `dps` significant digits.

    Up to `few` weight entries × examples it is computed in plain numbers, else in arrays. `lay` lays out its graph.
    Raises DomainError where a value is outside a function's domain, LimitError where an exponent passes ±10^15.
    """
    laid = lay(network)
    if dps is not None:
        from gradcalc.arithmetic.multiprecision import Multiprecision

        return computed(laid, Multiprecision(dps), few)
    found = computed(laid, Double, few)
    return found if in_range(found) else wider(found)


def wider(found: Point) -> Point:
    """The same network in doubles that carry their own exponent."""
    from gradcalc.arithmetic.extended import Extended
    from gradcalc.engine.scalar_point import UnitPoint, again

    if not isinstance(found, UnitPoint):
        return computed(found.graph, Extended, NONE)
    with Extended.context():
        return again(found, Extended)


def computed(laid: Graph, arithmetic: Arithmetic, few: int = FEW) -> Point:
    """The network in one kind of number, whatever becomes of it there."""
    with arithmetic.context():
        if is_narrow(laid, few):
            from gradcalc.engine.scalar_point import unit_point

            return unit_point(laid, arithmetic)
        from gradcalc.engine.array_point import array_point

        return array_point(laid, arithmetic)


def in_range(found: Point) -> bool:
    """Whether no double was lost to the range: none infinite, NaN or subnormal, none 0 that should not be."""
    from gradcalc.engine.scalar_point import UnitPoint

    if isinstance(found, UnitPoint):
        from gradcalc.engine.scalar_underflow import in_range as units_in_range

        return units_in_range(found)
    from gradcalc.engine.array_point import ArrayPoint
    from gradcalc.engine.array_underflow import in_range as arrays_in_range

    assert isinstance(found, ArrayPoint)
    return arrays_in_range(found)


def is_narrow(laid: Graph, few: int = FEW) -> bool:
    """Whether plain numbers serve the network better than arrays."""
    sizes = [shape[0] * shape[1] if len(shape) == 2 else 0 for _, _, shape, *_ in laid.network.parameters]
    each = [
        (0 if arc.parameter is None else sizes[arc.parameter]) or node.width for node in laid.nodes for arc in node.arcs
    ]
    work = laid.network.examples * sum(each)
    return work <= few or work <= THIN * len(laid.nodes)
