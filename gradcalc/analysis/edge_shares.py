"""Which share of a gradient comes through every edge of its network: the sum of the shares of the paths that take it.

One sweep forwards and one backwards find all of them. With v = g/⟨g, g⟩ as the change of a parameter whose gradient is
g, the share of an edge from a to b is  (∂L/∂b) · (∂b/∂a) · (∂a/∂w · v),  summed over units and examples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gradcalc.analysis.point import Point, Subject
from gradcalc.engine.scalar_point import ScalarPoint
from gradcalc.network.network import Value, numbers

EdgeKey = tuple[int, int, int]
"""An edge of a network: the node that is read, the node that reads it (-1 for the loss), and how many edges of that
layer that come before it read the same node."""


def edge_shares(at: Point, subject: Subject, gradient: Value) -> dict[EdgeKey, float]:
    """The share of every edge that a path of the gradient takes; nothing where the gradient is 0."""
    entries = numbers(gradient)
    square = sum(entry * entry for entry in entries)
    if not square:
        return {}
    change = [entry / square for entry in entries]
    assert isinstance(at, ScalarPoint)
    found: dict[EdgeKey, Any] = {}
    for key, share in scalar_flows(at, subject, change):
        found[key] = found[key] + share if key in found else share
    return {key: float(share) for key, share in found.items()}


def scalar_flows(at: ScalarPoint, subject: Subject, change: Sequence[Any]) -> Iterator[tuple[EdgeKey, Any]]:
    """The share of every edge between units that lies between nodes of the network, in every example."""
    from gradcalc.analysis.scalar_path_sums import linear_nodes

    linear = at.linear
    assert linear is not None
    dag, layout = linear.dag, linear.layout
    of = [-1] * dag.size
    for number, node in enumerate(at.graph.nodes):
        for unit in layout.units(number):
            of[unit] = node.of
    starts = linear_nodes(linear, subject)
    inner = range(dag.inner - 1, -1, -1)
    for number, example in enumerate(at.examples):
        changes: dict[int, Any] = {}
        rows = change if subject.is_parameter else change[number * len(starts) : (number + 1) * len(starts)]
        if not subject.is_parameter:
            changes.update(zip(starts, rows))
        for start, size in zip(starts, rows) if subject.is_parameter else ():
            for use in dag.uses.get(start, ()):
                head = dag.heads[use]
                changes[head] = changes.get(head, 0) + size * example.edges[use]
        for edge in inner:
            tail, head = dag.tails[edge], dag.heads[edge]
            if tail not in changes:
                continue
            moved = changes[tail] * example.edges[edge]
            changes[head] = changes.get(head, 0) + moved
            if of[tail] != of[head]:
                label = dag.labels[edge]
                yield (of[tail], of[head], label.parallel if label else 0), moved * example.adjoints[head]
