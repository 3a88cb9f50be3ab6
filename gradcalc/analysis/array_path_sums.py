"""Sums over the paths of a wide network, and lists of them: every semiring swept over arrays, all units at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import cached_property, partial
from heapq import nlargest
from math import isfinite, prod
from typing import Any

import numpy as np

from gradcalc.analysis.point import Subject
from gradcalc.analysis.results import Found, Largest, Signs, Term
from gradcalc.arithmetic.extended_arrays import ExtendedArray
from gradcalc.arithmetic.float64 import Double, is_low_precision
from gradcalc.engine.array_edges import NOTHING, Jacobians, Matrix, offset
from gradcalc.engine.array_entropy import ScaledEntropy, ScaledMoments
from gradcalc.engine.array_k_best import ArrayKBest, Candidates, of_use, of_use_jointly
from gradcalc.engine.array_linear import start, structure, xlogx
from gradcalc.engine.array_point import ArrayPoint, holds_list, paths_of_layers, paths_of_units, product_underflowed
from gradcalc.engine.scalar_graph import UnitLabels, weight_starts
from gradcalc.errors import LimitError
from gradcalc.network.graph import ActivationNode
from gradcalc.network.linear_graph import ALPHA, EdgeLabel, NodeLink, UseLink
from gradcalc.network.network import Index, Value, norm
from gradcalc.semirings.accumulate import Count, CountBySign, ReverseSweep
from gradcalc.semirings.all_paths import AllPaths
from gradcalc.semirings.by_length import ByLength, CountByLength, PackedCounts, unpacked, wide_enough
from gradcalc.semirings.entropy import Entropy, Moments
from gradcalc.semirings.k_best import LinkedPath, labels_of


class ArraySweep(ReverseSweep):
    """The sweep over arrays, silent also where a sum of a parameter leaves the range, which is asked for later on."""

    def of(self, node: int) -> Any:
        with np.errstate(all="ignore"):
            return super().of(node)


class ArrayPathSums:
    """Sums over the paths of all units; sweeps are made when first asked for, once for all subjects."""

    def __init__(self, point: ArrayPoint, chosen: Sequence[Subject] = ()) -> None:
        """`chosen` are the subjects that `in_range` speaks of."""
        self.point = point
        self._chosen = chosen
        self._dag = point.linear.dag
        self._ranked: dict[int, RankedPaths] = {}
        self._listed: list[tuple[Subject, list[Largest]]] = []

    def count(self, subject: Subject) -> int:
        """Paths of all entries in one example; all have the same."""
        return int(_sum(self._entries(subject, self._counts.of(self._node(subject)))))

    def count_of_entry(self, subject: Subject) -> int | None:
        """Paths of each entry in one example; None where entries differ."""
        first, *others = self._entries(subject, self._counts.of(self._node(subject))).ravel().tolist()
        return int(first) if all(count == first for count in others) else None

    def total(self, subject: Subject) -> Value:
        """The sum of the paths, in the gradient's shape."""
        return self._value(subject, self.point.adjoint_of(self._node(subject)))

    def moments(self, subject: Subject) -> Moments:
        """Σ|p| and Σ|p|·ln|p| over examples, entries and paths."""
        found = self._moments.of(self._node(subject))
        if found is NOTHING:
            return Moments(0, 0)
        if isinstance(found, ScaledMoments):
            size, spread = _sum(self._entries(subject, found.size)), _sum(self._entries(subject, found.spread))
            return Moments(size, spread + size * found.base * Decimal(2).ln())
        return Moments(_sum(self._entries(subject, found.size)), _sum(self._entries(subject, found.spread)))

    def signs(self, subject: Subject) -> Signs:
        """Of the contributions to one entry; which of them are 0 is not counted."""
        counts = self._sign_counts.of(self._node(subject))
        positive, negative = (self._entries(subject, count) for count in (counts.positive, counts.negative))
        return "opposite" if np.any((positive > 0) & (negative > 0)) else "same or 0"

    def spectrum(self, subject: Subject) -> list[Term]:
        """By length, shortest first."""
        node = self._node(subject)
        packed = self._length_counts.of(node)
        if packed.number is None:
            return []
        counts = unpacked(PackedCounts(packed.low, int(_sum(self._entries(subject, packed.number))), packed.bits))
        sums, sizes = self._by_length.of(node), self._sizes_by_length.of(node)
        magnitudes = self._entries(subject, sizes.coefficients.of)
        magnitudes = magnitudes.reshape(len(magnitudes), -1).sum(axis=1).tolist()
        return [
            (length, counts[length], contribution, magnitudes[length - sizes.low])
            for length, contribution in enumerate(self._values(subject, sums.coefficients.of), sums.low)
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
        for moments in map(self.moments, self._chosen):
            if not (isfinite(moments.size) and isfinite(moments.spread)):
                return False
        if any(map(self._lost, self._dag.between(list(map(self._node, self._chosen))))):
            return False
        return all(
            holds_list(
                [value for _, _, (value, _) in found],
                partial(paths_of_units, self.point, self._node(subject), subject.entry),
            )
            for subject, found in self._listed
        )

    def _lost(self, edge: int) -> bool:
        """Whether sizes of paths of one length were lost on an edge; where nothing cancels, what is small was lost."""
        at_head, sizes = self._sizes_by_length.of(self._dag.heads[edge]), self._sizes_by_length
        if at_head.coefficients is None:
            return False

        def total() -> Any:
            at_tail = sizes.of(self._dag.tails[edge])
            first = at_head.low + self._dag.enters[edge] - at_tail.low
            return at_tail.coefficients.of[first : first + len(at_head.coefficients.of)]

        return product_underflowed(at_head.coefficients.of, self.point.edges[edge], total)

    def _node(self, subject: Subject) -> int:
        return subject.start(self.point.linear)

    def _entries(self, subject: Subject, adjoint: Any) -> Any:
        """The entries of a subject in an adjoint of the whole, behind axes of lengths; 0 where there is none."""
        array = as_array(adjoint)
        is_number = subject.is_parameter and self.point.graph.network.parameters[subject.number].shape == ()
        place: Any = (...,) if subject.entry is None or is_number or array.ndim == 0 else (..., *subject.entry)
        return as_array(array[place])

    def _values(self, subject: Subject, adjoints: Any) -> list[Value]:
        """Adjoints that stand side by side, each as a value."""
        if subject.is_parameter and (entries := self._entries(subject, adjoints)).size > len(adjoints):
            found: list[Value] = entries.tolist()
            return found
        return [self._value(subject, adjoint) for adjoint in adjoints]

    def _value(self, subject: Subject, adjoint: Any) -> Value:
        entries = self._entries(subject, adjoint)
        if subject.entry is not None and not subject.is_parameter and entries.ndim:
            entries = entries[..., None]
        return in_shape(self.point, subject, entries)

    def _sweep(self, derivatives: Sequence[Any], seed: Any, semiring: Any) -> ReverseSweep:
        with np.errstate(all="ignore"):
            return ArraySweep(self._dag, derivatives, seed, semiring)

    @cached_property
    def _structure(self) -> list[Any]:
        return structure(self.point.graph, self.point.linear.links)

    @cached_property
    def _counts(self) -> ReverseSweep:
        return self._sweep((), 1, Count(self._structure, NOTHING))

    @cached_property
    def _length_counts(self) -> ReverseSweep:
        largest = max(int(_sum(self._counts.of(node))) for node in range(self._dag.loss))
        return self._sweep((), 1, CountByLength(wide_enough(largest), self._structure))

    @cached_property
    def _moments(self) -> ReverseSweep:
        edges, seed, arithmetic = self.point.edges, self.point.seed, self.point.arithmetic
        if arithmetic.name == "extended":
            return self._sweep(edges, seed, ScaledEntropy())
        if is_low_precision(arithmetic.name):  # of the factors as they are stored, in float64
            edges, arithmetic = [edge.apply(lambda of: np.asarray(of, dtype=float)) for edge in edges], Double
        return self._sweep(edges, seed, Entropy(partial(xlogx, arithmetic), NOTHING))

    @cached_property
    def _sign_counts(self) -> ReverseSweep:
        def mapped(function: Callable[[Any], Any], edge: Any) -> Any:
            return edge.apply(lambda derivatives: function(derivatives) * 1.0)

        semiring = CountBySign(NOTHING, mapped, lambda counts: counts if counts is NOTHING else np.minimum(counts, 1))
        return self._sweep(self.point.edges, self.point.seed, semiring)

    @cached_property
    def _by_length(self) -> ReverseSweep:
        return self._sweep(self.point.edges, self.point.seed, ByLength(start))

    @cached_property
    def _sizes_by_length(self) -> ReverseSweep:
        sizes = [abs(edge) for edge in self.point.edges]
        return self._sweep(sizes, self.point.seed, ByLength(start))


def as_array(adjoint: Any) -> Any:
    """An adjoint as an array; 0 where no path leads."""
    if isinstance(adjoint, ExtendedArray):
        return adjoint
    return np.asarray(0 if adjoint is NOTHING else adjoint)


def in_shape(point: ArrayPoint, subject: Subject, entries: Any) -> Value:
    """The entries of a parameter, or of a node in every example, as a value."""
    if subject.is_parameter or entries.ndim == 0:
        return entries.item() if entries.size == 1 else entries.tolist()
    if point.graph.network.batch:
        return entries.tolist()
    return entries.item() if entries.size == 1 else entries[0].tolist()


def _sum(adjoint: Any) -> Any:
    array = as_array(adjoint)
    total = array.sum() if array.ndim else array
    return total.item() if isinstance(total, (np.generic, np.ndarray, ExtendedArray)) else total


class RankedPaths:
    """The k largest paths over single units of each subject, from one sweep for all of them; `jointly`, in all examples
    at once, those that a search finds."""

    def __init__(self, point: ArrayPoint, k: int, jointly: bool = False) -> None:
        self._point = point
        self._k = k
        self._labels = UnitLabels(point.graph)
        self._starts = weight_starts(point.graph.network)
        with np.errstate(all="ignore"):
            self._sweep = ReverseSweep(point.linear.dag, point.edges, point.seed, ArrayKBest(k, NOTHING, jointly))

    def of(self, subject: Subject) -> list[Largest]:
        """The k largest, each with its example and entry."""
        node, found = subject.start(self._point.linear), list[Largest]()
        for adjoint, times in self._sweep.uses(node):
            ranked = of_use(adjoint, times.derivative, subject.entry) if isinstance(adjoint, Candidates) else ()
            for value, example, index, unit, rank in ranked:
                labels = partial(self._path, adjoint, (example, unit, rank), times.number)
                found.append((example, index, (value, labels)))
        if not subject.is_parameter and isinstance(adjoint := self._sweep.of(node), Candidates):
            for at in np.ndindex(adjoint.values.shape):
                if subject.entry in (None, (at[1],)):
                    found.append((at[0], (at[1],), (adjoint.values.item(at), partial(self._path, adjoint, at))))
        found.sort(key=lambda path: abs(path[2][0]), reverse=True)
        return found[: self._k]

    def in_all_examples(self, subject: Subject) -> Iterator[Found]:
        """The paths of an entry or a unit with what they contribute, to a parameter summed over the examples."""
        assert subject.entry is not None
        node = subject.start(self._point.linear)
        for adjoint, times in self._sweep.uses(node):
            if isinstance(adjoint, Candidates):
                for column, unit, rank in of_use_jointly(adjoint, times.derivative, subject.entry):
                    yield sum(column), partial(self._path, adjoint, (0, unit, rank), times.number)
        if not subject.is_parameter and isinstance(adjoint := self._sweep.of(node), Candidates):
            examples, _, ranks = adjoint.values.shape
            for at in ((*subject.entry, rank) for rank in range(ranks)):
                rows = [[adjoint.values.item(example, *at)] for example in range(examples)]
                yield rows, partial(self._path, adjoint, (0, *at))

    def _path(self, further: Candidates | None, at: Index, use: int | None = None) -> list[EdgeLabel]:
        """The labels of a path: where it starts, then where its candidate, at (example, unit, rank), leads."""
        labels = [] if use is None else [self._start(use, at[1])]
        while further is not None:
            number, following = further.sources[further.source[at]]
            unit = int(further.unit[at])
            labels.append(self._label(number, at[1], unit))
            at, further = (at[0], unit, int(further.rank[at])), following
        return [label for label in labels if label is not None]

    def _start(self, use: int, unit: int) -> EdgeLabel | None:
        """Where the paths of a parameter start, by its use, in a unit that it feeds."""
        nodes, link = self._point.graph.nodes, self._point.linear.links[use]
        assert isinstance(link, UseLink)
        node = nodes[nodes[link.node].arcs[0].tail if link.by is ALPHA else link.node]
        return self._labels.start(node, unit, link.by)

    def _label(self, edge: int, tail: int, head: int) -> EdgeLabel | None:
        """What taking an edge between layers from unit `tail` to unit `head` adds to a path."""
        graph, link = self._point.graph, self._point.linear.links[edge]
        if not isinstance(link, NodeLink):
            return None
        node, arc, weight = graph.nodes[link.node], link.arc, 0
        if isinstance(node, ActivationNode) and node.activation.couples:
            return self._labels.couple(node, head)
        if arc.parameter is not None:
            weight, shape = self._starts[arc.parameter], graph.network.parameters[arc.parameter].shape
            if shape:
                weight += (head - offset(arc.offset, shape[0], node.width)) * shape[1] + tail
        return self._labels.enter(node, head, arc, weight)


MOST_PRODUCTS = {"float64": 500_000_000, "extended": 100_000_000}  # of a search, that take some seconds
MOST_OBJECTS = 5_000_000  # products of other numbers, likewise


class UnitSearch:
    """The largest paths of entries and units over single units, in all examples at once, that a search finds which
    holds four times as many at every unit."""

    def __init__(self, point: ArrayPoint, k: int, count: int) -> None:
        """`count`: how many there are of the subject with most. Raises LimitError where the search would take long."""
        limit = 4 * k
        self.is_cut = count > limit
        matrices = (edge.entries for edge in point.edges if isinstance(edge, (Matrix, Jacobians)))
        products = point.graph.network.examples * limit * sum(prod(entries.shape[-2:]) for entries in matrices)
        most = MOST_PRODUCTS.get(point.arithmetic.name, MOST_OBJECTS)
        if products > most:
            message = f"--top {k:,}: to find so many paths over single units takes {products:,} products"
            raise LimitError(f"{message}, and {most:,} are the most; a smaller --top finds fewer")
        self._ranked = RankedPaths(point, limit, jointly=True)

    def largest(self, subject: Subject, k: int) -> list[Found]:
        return nlargest(k, self._ranked.in_all_examples(subject), key=lambda found: norm(found[0]))


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
        needed = dag.between([subject.start(self._point.linear) for subject in self._chosen])
        edges = list(map(self._point.edges.__getitem__, needed))
        return ReverseSweep(dag.only(needed), edges, self._point.seed, self._semiring)

    @property
    def is_cut(self) -> bool:
        return self._semiring.cut

    def largest(self, subject: Subject, k: int) -> list[Found]:
        every = self._swept(subject) if self._held else self._depth_first(subject)
        with np.errstate(all="ignore"):
            found = nlargest(k, every, key=lambda found: array_norm(found[0]))
        return [(in_shape(self._point, subject, as_array(value)), labels) for value, labels in found]

    def _swept(self, subject: Subject) -> Iterator[Found]:
        """One contribution after the other: only the largest are held."""
        node = subject.start(self._point.linear)
        if not subject.is_parameter:
            for path, value in self._sweep.of(node).of.items():
                yield value, partial(self._semiring.labels, path)
        for listing, (local, key, numbered) in self._sweep.uses(node):
            for path, value in listing.of.items():
                yield value * local, partial(self._semiring.labels, numbered.number(key, path))

    def _depth_first(self, subject: Subject) -> Iterator[Found]:
        """The same from the loss back, one path after the other: no more adjoints are held than a path has edges."""
        start, dag, edges = subject.start(self._point.linear), self._point.linear.dag, self._point.edges
        into: dict[int, list[int]] = {}
        for edge in dag.between([start]):
            into.setdefault(dag.heads[edge], []).append(edge)
        ahead: list[tuple[Any, int, LinkedPath]] = [(self._point.seed, edge, None) for edge in into.get(dag.loss, ())]
        while ahead:
            at_head, edge, path = ahead.pop()
            adjoint, node, label = at_head * edges[edge], dag.tails[edge], dag.labels[edge]
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


def list_in_range(at: ArrayPoint, subject: Subject, contributions: Sequence[Value]) -> bool:
    """Whether float64 held what is listed of a wide network: paths of layers, or of an entry those over units."""
    node = subject.start(at.linear)
    if subject.entry is None:
        return holds_list(contributions, lambda: paths_of_layers(at, node))
    return holds_list(contributions, lambda: paths_of_units(at, node, subject.entry, of_examples=False))
