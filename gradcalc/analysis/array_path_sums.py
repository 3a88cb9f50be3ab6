"""Sums over the paths of a wide network, and lists of them: every semiring swept over arrays, all units at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from heapq import nlargest
from math import isfinite
from typing import Any

import numpy as np

from gradcalc.analysis.path_sums import Found, Largest, Term
from gradcalc.analysis.point import Subject
from gradcalc.analysis.results import Signs
from gradcalc.engine.array_edges import NOTHING
from gradcalc.engine.array_k_best import ArrayKBest, Candidates, of_use
from gradcalc.engine.array_linear import start, structure, xlogx
from gradcalc.engine.array_point import ArrayPoint
from gradcalc.engine.array_underflow import holds_list, paths_of_units, product_underflowed
from gradcalc.engine.scalar_layout import weight_starts
from gradcalc.engine.scalar_linear import UnitLabels
from gradcalc.network.graph import Graph, Node
from gradcalc.network.linear_graph import EdgeLabel, Link
from gradcalc.network.network import Value
from gradcalc.semirings.accumulate import ReverseSweep
from gradcalc.semirings.all_paths import AllPaths
from gradcalc.semirings.by_length import ByLength
from gradcalc.semirings.count import Count, CountByLength, CountBySign, PackedCounts, unpacked, wide_enough
from gradcalc.semirings.entropy import Entropy, Moments
from gradcalc.semirings.k_best import LinkedPath, labels_of


class ArrayPathSums:
    """Sums over the paths of all units; sweeps are made when first asked for, once for all subjects."""

    def __init__(self, point: ArrayPoint, chosen: Sequence[Subject] = ()) -> None:
        """`chosen` are the subjects that `in_range` speaks of."""
        self.point = point
        self._chosen = chosen
        self._steps = point.linear.dag
        self._ranked: dict[int, RankedPaths] = {}
        self._listed: list[tuple[Subject, list[Largest]]] = []

    def count(self, subject: Subject) -> int:
        """Paths of all entries in one example; all have the same."""
        return int(_sum(self._picked(subject, self._counts.of(self._node(subject)))))

    def total(self, subject: Subject) -> Value:
        """The sum of the paths, in the gradient's shape."""
        return self._value(subject, self.point.adjoint_of(self._node(subject)))

    def moments(self, subject: Subject) -> Moments:
        """Σ|p| and Σ|p|·ln|p| over examples, entries and paths."""
        found = self._moments.of(self._node(subject))
        return Moments(_sum(self._picked(subject, found.size)), _sum(self._picked(subject, found.spread)))

    def signs(self, subject: Subject) -> Signs:
        """Of the contributions to one entry; which of them are 0 is not counted."""
        counts = self._sign_counts.of(self._node(subject))
        positive, negative = (self._picked(subject, count) for count in (counts.positive, counts.negative))
        return "opposite" if np.any((positive > 0) & (negative > 0)) else "same or 0"

    def spectrum(self, subject: Subject) -> list[Term]:
        """By length, shortest first."""
        node = self._node(subject)
        packed = self._length_counts.of(node)
        if packed.number is None:
            return []
        counts = unpacked(PackedCounts(packed.low, int(_sum(self._picked(subject, packed.number))), packed.bits))
        sums, sizes = self._by_length.of(node), self._sizes_by_length.of(node)
        magnitudes = self._picked(subject, sizes.coefficients.of)
        magnitudes = magnitudes.reshape(len(magnitudes), -1).sum(axis=1).tolist()
        return [
            (length, counts[length], self._value(subject, contribution), magnitudes[length - sizes.low])
            for length, contribution in sums.terms()
            if length in counts
        ]

    def largest(self, subject: Subject, k: int) -> list[Largest]:
        """The k largest, each with its example and entry."""
        if k not in self._ranked:
            self._ranked[k] = RankedPaths(self.point, k)
        found = self._ranked[k].of(subject)
        self._listed.append((subject, found))
        return found

    def in_range(self) -> bool:
        """Whether float64 held every sum, and every path that was listed."""
        between = self._steps.between(list(map(self._node, self._chosen)))
        sums = map(self.moments, self._chosen)
        return (
            all(isfinite(moments.size) and isfinite(moments.spread) for moments in sums)
            and not any(map(self._lost, between))
            and all(self._holds(subject, found) for subject, found in self._listed)
        )

    def _holds(self, subject: Subject, found: Sequence[Largest]) -> bool:
        listed = [value for _, _, (value, _) in found]
        return holds_list(listed, lambda: paths_of_units(self.point, self._node(subject), subject.entry))

    def _lost(self, edge: int) -> bool:
        """Whether sizes of paths of one length were lost on an edge; where nothing cancels, what is small was lost."""
        above, sizes = self._sizes_by_length.of(self._steps.heads[edge]), self._sizes_by_length
        if above.coefficients is None:
            return False

        def total() -> Any:
            below = sizes.of(self._steps.tails[edge])
            first = above.low + self._steps.enters[edge] - below.low
            return below.coefficients.of[first : first + len(above.coefficients)]

        return product_underflowed(above.coefficients.of, self.point.edges[edge], total)

    def _node(self, subject: Subject) -> int:
        return linear_node(self.point, subject)

    def _picked(self, subject: Subject, adjoint: Any) -> Any:
        """The entries of a subject in an adjoint of the whole, behind axes of lengths; 0 where there is none."""
        array = np.asarray(0 if adjoint is NOTHING else adjoint)
        if subject.entry is None or array.ndim == 0 or self._is_number(subject):
            return array
        place: Any = (..., *subject.entry)
        return np.asarray(array[place])

    def _is_number(self, subject: Subject) -> bool:
        """Whether the whole is one number, with which its one entry is the same."""
        return subject.is_parameter and self.point.graph.network.parameters[subject.number].shape == ()

    def _value(self, subject: Subject, adjoint: Any) -> Value:
        picked = self._picked(subject, adjoint)
        if subject.entry is not None and not subject.is_parameter and picked.ndim:
            picked = picked[..., None]
        return in_shape(self.point, subject, picked)

    def _sweep(self, derivatives: Sequence[Any], seed: Any, semiring: Any) -> ReverseSweep:
        with np.errstate(all="ignore"):
            return ReverseSweep(self._steps, derivatives, seed, semiring)

    @cached_property
    def _structure(self) -> list[Any]:
        return structure(self.point.graph, self.point.linear.links)

    @cached_property
    def _counts(self) -> ReverseSweep:
        return self._sweep((), 1, Count(self._structure, NOTHING))

    @cached_property
    def _bits(self) -> int:
        largest = max(int(_sum(self._counts.of(node))) for node in range(self._steps.loss) if node != self._steps.loss)
        return wide_enough(largest)

    @cached_property
    def _length_counts(self) -> ReverseSweep:
        return self._sweep((), 1, CountByLength(self._bits, self._structure))

    @cached_property
    def _moments(self) -> ReverseSweep:
        return self._sweep(self.point.edges, self.point.seed, Entropy(partial(xlogx, self.point.arithmetic), NOTHING))

    @cached_property
    def _sign_counts(self) -> ReverseSweep:
        semiring = CountBySign(NOTHING, _mapped, _at_most_1)
        return self._sweep(self.point.edges, self.point.seed, semiring)

    @cached_property
    def _by_length(self) -> ReverseSweep:
        return self._sweep(self.point.edges, self.point.seed, ByLength(start))

    @cached_property
    def _sizes_by_length(self) -> ReverseSweep:
        sizes = [abs(edge) for edge in self.point.edges]
        return self._sweep(sizes, self.point.seed, ByLength(start))


def in_shape(point: ArrayPoint, subject: Subject, entries: Any) -> Value:
    """The entries of a parameter, or of a node in every example, as a value."""
    if subject.is_parameter or entries.ndim == 0:
        return entries.item() if entries.size == 1 else entries.tolist()
    if point.graph.network.batch:
        return entries.tolist()
    return entries.item() if entries.size == 1 else entries[0].tolist()


def _mapped(function: Callable[[Any], Any], edge: Any) -> Any:
    return edge.apply(lambda derivatives: function(derivatives) * 1.0)


def _at_most_1(counts: Any) -> Any:
    return counts if counts is NOTHING else np.minimum(counts, 1)


def _sum(adjoint: Any) -> Any:
    array = np.asarray(0 if adjoint is NOTHING else adjoint)
    total = array.sum() if array.ndim else array
    return total.item() if isinstance(total, (np.generic, np.ndarray)) else total


class RankedPaths:
    """The k largest paths over single units of each subject, from one sweep for all of them."""

    def __init__(self, point: ArrayPoint, k: int) -> None:
        self._point = point
        self._k = k
        self._labels = ArrayLabels(point.graph, point.linear.links)
        with np.errstate(all="ignore"):
            self._sweep = ReverseSweep(point.linear.dag, point.edges, point.seed, ArrayKBest(k, NOTHING))

    def of(self, subject: Subject) -> list[Largest]:
        """The k largest, each with its example and entry."""
        found = list(self._uses(subject) if subject.is_parameter else self._units(subject))
        found.sort(key=lambda path: abs(path[2][0]), reverse=True)
        return found[: self._k]

    def _uses(self, subject: Subject) -> Iterator[Largest]:
        for adjoint, times in self._sweep.uses(linear_node(self._point, subject)):
            if isinstance(adjoint, Candidates):
                for entry in of_use(adjoint, times.derivative, subject.entry):
                    start = self._labels.start(times.number, entry.unit)
                    named = partial(self._followed, adjoint, entry.example, entry.unit, entry.rank, start)
                    yield entry.example, entry.entry, (entry.value, named)

    def _units(self, subject: Subject) -> Iterator[Largest]:
        adjoint = self._sweep.of(linear_node(self._point, subject))
        if not isinstance(adjoint, Candidates):
            return
        for place in np.ndindex(adjoint.values.shape):
            example, unit, rank = place
            if subject.entry is None or unit == subject.entry[0]:
                named = partial(self._followed, adjoint, example, unit, rank)
                yield example, (unit,), (adjoint.values.item(place), named)

    def _followed(
        self, adjoint: Candidates, example: int, unit: int, rank: int, start: EdgeLabel | None = None
    ) -> list[EdgeLabel]:
        """The labels of a path: where it starts, then where its candidate leads."""
        labels = [start]
        further: Candidates | None = adjoint
        while further is not None:
            at = (example, unit, rank)
            number, following = further.sources[further.source[at]]
            tail, unit, rank = unit, int(further.unit[at]), int(further.rank[at])
            labels.append(self._labels.take(number, tail, unit))
            further = following
        return [label for label in labels if label is not None]


def linear_node(point: ArrayPoint, subject: Subject) -> int:
    """The node of the linear graph of a parameter or of a node's output."""
    if subject.is_parameter:
        return point.linear.parameter(subject.number)
    return point.graph.outputs[subject.number]


class ArrayLabels:
    """The labels of edges from unit to unit, by the number of the edge between their layers."""

    def __init__(self, graph: Graph, links: Sequence[Link]) -> None:
        self._graph = graph
        self._links = links
        self._starts = weight_starts(graph.network)
        self._labels = UnitLabels(graph)

    def start(self, number: int, unit: int) -> EdgeLabel | None:
        """Where the paths of a parameter start, by its use, in a unit that it feeds."""
        link = self._links[number]
        node = self._graph.nodes[link.node]
        if link.kind == "alpha":
            node = self._graph.nodes[node.arcs[0].tail]
        return self._labels.start(node, unit, link.arc or link.kind)

    def take(self, number: int, tail: int, head: int) -> EdgeLabel | None:
        """What taking an edge from unit `tail` to unit `head` adds to a path."""
        link = self._links[number]
        node = self._graph.nodes[link.node]
        if link.kind == "loss":
            return None
        if link.kind == "activation":
            return self._labels.mix(node, head) if self._graph.layer(node).activation.couples else None
        assert link.arc is not None
        return self._labels.enter(node, head, link.arc, self._weight(node, link, tail, head))

    def _weight(self, node: Node, link: Link, tail: int, head: int) -> int:
        """Where the weight's entry between two units stands in P."""
        arc = link.arc
        assert arc is not None
        if arc.parameter is None:
            return 0
        shape = self._graph.network.parameters[arc.parameter].shape
        row = head - (arc.offset if node.width != (shape[0] if shape else 0) else 0)
        return self._starts[arc.parameter] + (row * shape[1] + tail if shape else 0)


class ArrayListing:
    """Every path over layers of the chosen gradients, or with a limit those that a search finds.

    Contributions are arrays, each formed only to be measured or shown.
    """

    def __init__(
        self, point: ArrayPoint, chosen: Sequence[Subject], limit: int | None = None, held: bool = True
    ) -> None:
        """`held`: by one sweep, which holds the paths of all nodes at once; else of every gradient by itself."""
        self._point = point
        self._chosen = chosen
        self._held = held
        self._semiring = AllPaths(False, limit, array_norm)

    @cached_property
    def _sweep(self) -> ReverseSweep:
        dag = self._point.linear.dag
        kept = dag.between([linear_node(self._point, subject) for subject in self._chosen])
        with np.errstate(all="ignore"):
            edges = list(map(self._point.edges.__getitem__, kept))
            return ReverseSweep(dag.only(kept), edges, self._point.seed, self._semiring)

    @property
    def is_cut(self) -> bool:
        return self._semiring.cut

    def largest(self, subject: Subject, k: int) -> list[Found]:
        every = self._swept(subject) if self._held else self._depth_first(subject)
        with np.errstate(all="ignore"):
            found = nlargest(k, every, key=lambda found: array_norm(found[0]))
        return [(in_shape(self._point, subject, np.asarray(value)), labels) for value, labels in found]

    def _swept(self, subject: Subject) -> Iterator[Found]:
        """One contribution after the other: only the largest are kept."""
        node = linear_node(self._point, subject)
        if not subject.is_parameter:
            for path, value in self._sweep.of(node).of.items():
                yield value, partial(self._semiring.labels, path)
        for listing, edge in self._sweep.uses(node):
            for path, value in listing.of.items():
                labels = partial(self._semiring.labels, edge.numbers.number(edge.key, path))
                yield value * edge.local, labels

    def _depth_first(self, subject: Subject) -> Iterator[Found]:
        """The same from the loss back, one path after the other: no more adjoints are held than a path has edges."""
        start, dag, edges = linear_node(self._point, subject), self._point.linear.dag, self._point.edges
        into: dict[int, list[int]] = {}
        for edge in dag.between([start]):
            into.setdefault(dag.heads[edge], []).append(edge)
        ahead: list[tuple[Any, int, LinkedPath]] = [(self._point.seed, edge, None) for edge in into.get(dag.loss, ())]
        while ahead:
            above, edge, path = ahead.pop()
            adjoint, node, label = above * edges[edge], dag.tails[edge], dag.labels[edge]
            path = (label, path) if label else path
            if node == start:
                yield adjoint, partial(labels_of, path)
            ahead += [(adjoint, further, path) for further in into.get(node, ())]


def array_norm(value: Any) -> Any:
    """The Frobenius norm, scaled so that no square leaves the range."""
    sizes = np.abs(np.atleast_1d(value))
    top = sizes.max()
    if top == 0:
        return top
    return top * type(top)(float(np.sum((sizes / top).astype(float) ** 2)) ** 0.5)


def list_in_range(at: Any, subject: Subject, contributions: Sequence[Value]) -> bool:
    """Whether float64 held what is listed of a wide network: paths of layers, or of an entry those over units."""
    from gradcalc.analysis.array_path_sums import linear_node
    from gradcalc.engine.array_underflow import holds_list, paths_of_layers, paths_of_units

    node = linear_node(at, subject)
    if subject.entry is None:
        return holds_list(contributions, lambda: paths_of_layers(at, node))
    return holds_list(contributions, lambda: paths_of_units(at, node, subject.entry, of_examples=False))
