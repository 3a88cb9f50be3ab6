"""The path sums of a wide network: every algebra swept over arrays, so that the paths of all units come at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from math import isfinite
from typing import Any

import numpy as np

from gradcalc.engine.array_edges import NOTHING
from gradcalc.engine.array_linear import start, structure, xlogx
from gradcalc.engine.array_point import ArrayPoint
from gradcalc.engine.array_underflow import holds_list, paths_of_units, product_lost
from gradcalc.network.network import Value
from gradcalc.questions.parts import Largest
from gradcalc.questions.subjects import Subject
from gradcalc.questions.sums.array_best import LargestPaths, step_node
from gradcalc.results import Signs
from gradcalc.semirings.accumulate import Sweep
from gradcalc.semirings.by_length import Length
from gradcalc.semirings.count import Count, CountByLength, CountBySign, Packed, unpacked, wide_enough
from gradcalc.semirings.entropy import Entropy, Moments

Term = tuple[int, int, Value, Any]


class ArrayPaths:
    """Sums over the paths of all units; sweeps are made when first asked for, once for all subjects."""

    def __init__(self, point: ArrayPoint, chosen: Sequence[Subject] = ()) -> None:
        """`chosen` are the subjects that `in_range` speaks of."""
        self.point = point
        self._chosen = chosen
        self._steps = point.linear.steps
        self._ranked: dict[int, LargestPaths] = {}
        self._listed: list[tuple[Subject, list[Largest]]] = []

    def count(self, subject: Subject) -> int:
        """Routes of all entries, once for all examples."""
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
        counts = unpacked(Packed(packed.low, int(_sum(self._picked(subject, packed.number))), packed.bits))
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
            self._ranked[k] = LargestPaths(self.point, k)
        found = self._ranked[k].of(subject)
        self._listed.append((subject, found))
        return found

    def in_range(self) -> bool:
        """Whether doubles held every sum, and every path that was listed."""
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

        return product_lost(above.coefficients.of, self.point.edges[edge], total)

    def _node(self, subject: Subject) -> int:
        return step_node(self.point, subject)

    def _picked(self, subject: Subject, said: Any) -> Any:
        """The entries of a subject in what is said of the whole, behind axes of lengths; 0 where nothing is."""
        array = np.asarray(0 if said is NOTHING else said)
        if subject.entry is None or array.ndim == 0 or self._is_number(subject):
            return array
        place: Any = (..., *subject.entry)
        return np.asarray(array[place])

    def _is_number(self, subject: Subject) -> bool:
        """Whether the whole is one number, with which its one entry is the same."""
        return subject.is_parameter and self.point.graph.network.parameters[subject.number].shape == ()

    def _value(self, subject: Subject, said: Any) -> Value:
        picked = self._picked(subject, said)
        if subject.is_parameter or picked.ndim == 0:
            return picked.item() if picked.size == 1 else picked.tolist()
        if subject.entry is not None:
            picked = picked[..., None]
        if self.point.graph.network.batch:
            return picked.tolist()
        return picked.item() if picked.size == 1 else picked[0].tolist()

    def _sweep(self, derivatives: Sequence[Any], seed: Any, algebra: Any) -> Sweep:
        with np.errstate(all="ignore"):
            return Sweep(self._steps, derivatives, seed, algebra)

    @cached_property
    def _structure(self) -> list[Any]:
        return structure(self.point.graph, self.point.linear.links)

    @cached_property
    def _counts(self) -> Sweep:
        return self._sweep((), 1, Count(self._structure, NOTHING))

    @cached_property
    def _bits(self) -> int:
        largest = max(int(_sum(self._counts.of(node))) for node in range(self._steps.loss) if node != self._steps.loss)
        return wide_enough(largest)

    @cached_property
    def _length_counts(self) -> Sweep:
        return self._sweep((), 1, CountByLength(self._bits, self._structure))

    @cached_property
    def _moments(self) -> Sweep:
        return self._sweep(self.point.edges, self.point.seed, Entropy(partial(xlogx, self.point.arithmetic), NOTHING))

    @cached_property
    def _sign_counts(self) -> Sweep:
        algebra = CountBySign(NOTHING, _mapped, _at_most_1)
        return self._sweep(self.point.edges, self.point.seed, algebra)

    @cached_property
    def _by_length(self) -> Sweep:
        return self._sweep(self.point.edges, self.point.seed, Length(start))

    @cached_property
    def _sizes_by_length(self) -> Sweep:
        sizes = [abs(edge) for edge in self.point.edges]
        return self._sweep(sizes, self.point.seed, Length(start))


def _mapped(function: Callable[[Any], Any], edge: Any) -> Any:
    return edge.apply(lambda derivatives: function(derivatives) * 1.0)


def _at_most_1(counts: Any) -> Any:
    return counts if counts is NOTHING else np.minimum(counts, 1)


def _sum(said: Any) -> Any:
    array = np.asarray(0 if said is NOTHING else said)
    total = array.sum() if array.ndim else array
    return total.item() if isinstance(total, (np.generic, np.ndarray)) else total
