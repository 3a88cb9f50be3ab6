"""A narrow network with one more skip, for very many skips at once: each is a weight that is 1 at its own point and 0
at all others, so that the values of skips are one more axis of arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log10
from typing import Any

import numpy as np

from gradcalc.analysis.point import is_narrow
from gradcalc.analysis.point_blocks import BlockColumn, BlockNetwork
from gradcalc.analysis.quantities import SweepColumn
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.scalar_graph import weight_starts
from gradcalc.engine.scalar_point import inputs, scalar_point, target_rows, weight_list
from gradcalc.errors import DomainError
from gradcalc.network.graph import graph
from gradcalc.network.network import Edge, Network, Parameter

Pair = tuple[int, int, bool]  # the nodes that a skip leads from and to, and whether it enters after the activation
LARGEST = 2**22  # numbers in a block of points


def gradients_with_skips(
    network: Network, pairs: Sequence[Pair], names: Sequence[str]
) -> list[list[float | None]] | None:
    """log10 of the norms of these gradients (of nodes ∂L/∂output; None: 0) with each skip, an identity; for a
    skip with which float64 may not hold a number an empty list. None where that does not work for the network."""
    every = with_skips(network, pairs)
    laid = graph(every)
    if not is_narrow(laid):
        return None
    try:
        at = scalar_point(laid, Double)
    except (DomainError, OverflowError):
        return None
    assert at.linear is not None
    block = BlockNetwork(at, [SweepColumn(name, "norm", name) for name in names])
    weights, first = weight_list(laid, Double), weight_starts(every)[len(network.parameters)]
    examples = [(inputs(laid, Double, n), target_rows(laid, Double, n)) for n in range(every.examples)]
    points = max(LARGEST // (4 * len(at.linear.dag.tails) * every.examples), 16)
    found: list[list[float | None]] = []
    for start in range(0, len(pairs), points):
        count = min(points, len(pairs) - start)
        there: list[Any] = list(weights)
        for place, row in enumerate(np.eye(count)):
            there[first + start + place] = row
        columns, alone = block.read(there, examples, count)
        found += [[] if alone[place] else sizes(columns, place) for place in range(count)]
    return found


def sizes(columns: Sequence[BlockColumn], place: int) -> list[float | None]:
    """log10 of what the columns read at a point; None of 0."""
    return [log10(size) if (size := float(column.value(place))) else None for column in columns]


def with_skips(network: Network, pairs: Sequence[Pair], weight: float = 0.0) -> Network:
    """The network with a skip of this weight for each pair."""
    first, inputs_ = len(network.parameters), len(network.inputs)
    more = [Parameter(f"skip {place}", "skip", (), weight) for place in range(len(pairs))]
    into: dict[tuple[int, bool], list[Edge]] = {}
    for place, (source, target, late) in enumerate(pairs):
        into.setdefault((target, late), []).append(Edge(source, first + place, more[place].name))
    layers = [
        layer._replace(
            into_preactivation=(*layer.into_preactivation, *into.get((number, False), ())),
            into_output=(*layer.into_output, *into.get((number, True), ())),
        )
        for number, layer in enumerate(network.layers, inputs_)
    ]
    return network._replace(parameters=(*network.parameters, *more), layers=tuple(layers))
