"""Which share of a gradient comes through every edge of its network: the sum of the shares of the paths that take it.

One sweep backwards and one forwards find all of them. Let v = g/⟨g, g⟩ be a change of the parameter w whose gradient
is g: then the share of an edge from a to b is  ∂L/∂b · ∂b/∂a · (∂a/∂w · v),  summed over units and examples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

from gradcalc.analysis.point import Point, Subject
from gradcalc.arithmetic.float64 import is_low_precision
from gradcalc.engine.scalar_point import ScalarPoint
from gradcalc.network.linear_graph import LinearGraph
from gradcalc.network.network import Value, numbers

if TYPE_CHECKING:
    from gradcalc.engine.array_point import ArrayPoint

EdgeKey = tuple[int, int, int]
"""An edge of a network: the node that is read, the node that reads it (-1 for the loss), and how many edges of that
layer that come before it read the same node."""

Flows = Iterator[tuple[EdgeKey, Any]]


def edge_shares(at: Point, subject: Subject, gradient: Value) -> dict[EdgeKey, float]:
    """The share of every edge that a path of the gradient takes; none where the gradient is 0, and in low precision
    none of an edge where a number is infinite."""
    change = unit_change(at, gradient)
    found: dict[EdgeKey, Any] = {}
    with at.arithmetic.context():
        for key, share in flows(at, subject, change) if change else ():
            found[key] = found[key] + share if key in found else share
        return {key: float(share) for key, share in found.items() if isfinite(share)}


def unit_change(at: Point, gradient: Value) -> list[Any]:
    """The entries of g/⟨g, g⟩, along which the loss changes by 1; none where the gradient is 0 or has no finite square.
    In low precision they are floats, for the square may not be held there."""
    entries = numbers(gradient)
    if is_low_precision(at.arithmetic.name):
        entries = list(map(float, entries))
    with at.arithmetic.context():
        square = sum(entry * entry for entry in entries)
        return [entry / square for entry in entries] if square and square - square == 0 else []


def flows(at: Point, subject: Subject, change: Sequence[Any]) -> Flows:
    """The shares at the grain of the point."""
    if isinstance(at, ScalarPoint):
        return scalar_flows(at, subject, change)
    from gradcalc.engine.array_point import ArrayPoint

    assert isinstance(at, ArrayPoint)
    return array_flows(at, subject, change)


def scalar_flows(at: ScalarPoint, subject: Subject, change: Sequence[Any]) -> Flows:
    """The share of every edge between units of two nodes of the network, in every example."""
    assert at.linear is not None
    dag, of = at.linear.dag, [-1] * at.linear.dag.size
    for number, node in enumerate(at.graph.nodes):
        for unit in at.layout.units(number):
            of[unit] = node.of
    for edges, adjoints, changes in scalar_changes(at, subject, change):
        for edge in range(dag.inner):
            tail, head = dag.tails[edge], dag.heads[edge]
            if tail in changes and of[tail] != of[head]:
                yield (of[tail], of[head], parallel(dag, edge)), changes[tail] * edges[edge] * adjoints[head]


def scalar_changes(
    at: ScalarPoint, subject: Subject, change: Sequence[Any]
) -> Iterator[tuple[Sequence[Any], Sequence[Any], dict[int, Any]]]:
    """Of every example the local derivatives, the adjoints, and by how much every value changes."""
    from gradcalc.analysis.scalar_path_sums import linear_nodes

    linear = at.linear
    assert linear is not None
    dag, starts = linear.dag, linear_nodes(linear, subject)
    for number, example in enumerate(at.examples):
        edges, adjoints = example.edges, example.adjoints
        if is_low_precision(at.arithmetic.name):
            edges, adjoints = list(map(float, edges)), list(map(float, adjoints))
        changes: dict[int, Any] = {}
        if not subject.is_parameter:
            changes.update(zip(starts, change[number * len(starts) :]))
        for start, size in zip(starts, change) if subject.is_parameter else ():
            for use in dag.uses.get(start, ()):
                changes[dag.heads[use]] = changes.get(dag.heads[use], 0) + size * edges[use]
        for edge in range(dag.inner - 1, -1, -1):
            tail, head = dag.tails[edge], dag.heads[edge]
            if tail in changes:
                changes[head] = changes.get(head, 0) + changes[tail] * edges[edge]
        yield edges, adjoints, changes


def parallel(dag: LinearGraph, edge: int) -> int:
    """How many edges between the same two nodes of the network come before this one."""
    label = dag.labels[edge]
    return label.parallel if label else 0


def array_flows(at: ArrayPoint, subject: Subject, change: Sequence[Any]) -> Flows:
    """The share of every edge between layers, over all their units and examples at once."""
    import numpy as np

    from gradcalc.engine.array_edges import Nothing

    graph, dag = at.graph, at.linear.dag
    of = [node.of for node in graph.nodes]
    start = subject.start(at.linear)
    like = np.asarray(at.at.parameters[subject.number] if subject.is_parameter else at.at.values[start])
    whole = np.zeros(like.shape, dtype=like.dtype)
    if subject.entry is None:
        whole = np.array(change, dtype=like.dtype).reshape(like.shape)
    elif subject.is_parameter:
        whole[subject.entry if len(subject.entry) == whole.ndim else ()] = change[0]
    else:
        whole[:, subject.entry[0]] = change
    changes: dict[int, Any] = {start: whole}
    for edge in (*dag.uses.get(start, ()), *range(dag.inner - 1, -1, -1)):
        tail, head = dag.tails[edge], dag.heads[edge]
        if tail not in changes:
            continue
        if head == dag.loss:
            yield (of[tail], -1, 0), (changes[tail] * (at.edges[edge].entries * at.seed)).sum()
            continue
        moved = at.edges[edge].change(changes[tail], graph.nodes[head].width)
        changes[head] = changes[head] + moved if head in changes else moved
        if tail < len(of) and of[tail] != of[head] and not isinstance(at.adjoints[head], Nothing):
            yield (of[tail], of[head], parallel(dag, edge)), (at.adjoints[head] * moved).sum()
