"""Which node it is that has no value, or no slope, at this point: ln of a negative, 1/0."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from gradcalc.arithmetic import Number
from gradcalc.errors import DomainError
from gradcalc.units.layout import Layout

Bends = Iterable[tuple[Callable[..., Number], Sequence[int]]]
"""Slope functions, each with the places of the preactivations that it is for."""


def without_value(layout: Layout, reached: int, owner: int, error: DomainError) -> DomainError:
    """The error with the name of the node whose value was being computed when it came."""
    return DomainError(f"{_name(layout, reached, owner)}: {error}")


def without_slope(layout: Layout, bends: Bends, owner: int, values: Sequence[Number], error: Exception) -> DomainError:
    """The error with the name and the preactivation of the node whose slope there is none of."""
    for slope, places in bends:
        for place in places:
            try:
                slope(values[place])
            except (DomainError, ZeroDivisionError):
                name = _name(layout, place, owner)
                return DomainError(f"{name}: its activation has no slope at {float(values[place]):.6g}: {error}")
    return without_value(layout, 0, owner, DomainError(str(error)))


def _name(layout: Layout, place: int, owner: int) -> str:
    """The node of the network that the unit at this place of V belongs to, `owner` or one after it."""
    graph = layout.graph
    node = next((n for n in range(owner, len(graph.nodes)) if place <= layout.units(n)[-1]), owner)
    return graph.network.nodes[graph.nodes[node].of].name
