"""The k largest paths of every unit of a wide network at once.

An element holds, for every unit (or entry) of every example, its k largest contributions and where each came from: the
edge taken, and the candidate of the head that it continues. A path is read by following those pointers. The k largest
of a union are among the k largest of its parts, as in `semirings.k_best`. Ties stand as they are found, by source, unit
and rank.

`jointly`, a path is taken in all examples at once, and its size is the norm of what it contributes to each. What is
largest so far need not be largest in the end then: that is a search.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcalc.arithmetic.extended_arrays import ExtendedArray
from gradcalc.arithmetic.float64 import TINY
from gradcalc.engine.array_edges import Bias, Diagonal, Inner, Jacobians, Matrix, Outer, Scalar, offset
from gradcalc.network.linear_graph import LinearGraph
from gradcalc.records import Record

Array = Any


class Candidates(Record):
    """`values` [examples, units, k], largest first, and for each the source it is from (its place in `sources`), and
    the unit and the rank of the candidate of that source which it continues."""

    values: Array
    source: Array
    unit: Array
    rank: Array
    sources: tuple[tuple[int, Any], ...]  # edges taken, each with the candidates it continues; None at the loss
    k: int
    jointly: bool = False  # then sources, units and ranks are the same in every example

    def __add__(self, other: Any) -> Candidates:
        if not isinstance(other, Candidates):
            return self
        mine, theirs = self[:4], (other.values, other.source + len(self.sources), other.unit, other.rank)
        values, source, unit, rank = (np.concatenate(pair, axis=-1) for pair in zip(mine, theirs))
        return cut(Candidates(values, source, unit, rank, self.sources + other.sources, self.k, self.jointly))


class ArrayKBest:
    """The k largest paths of every unit."""

    def __init__(self, k: int, zero: Any, jointly: bool = False) -> None:
        self.k = k
        self.zero = zero
        self.jointly = jointly

    def start(self, seed: Any) -> Any:
        """The seed, which the edges from the loss turn into candidates."""
        return seed

    def edges(self, graph: LinearGraph, local: Sequence[Any]) -> list[Any]:
        """Edges that multiply candidates."""
        return [RankingEdge(number, derivative, self.k, self.jointly) for number, derivative in enumerate(local)]


class RankingEdge:
    """An edge: every candidate of the head continued to every unit of the tail that it feeds."""

    __array_ufunc__ = None

    def __init__(self, number: int, derivative: Any, k: int, jointly: bool) -> None:
        self.number = number
        self.derivative = derivative
        self.k = k
        self.jointly = jointly

    def __rmul__(self, adjoint: Any) -> Candidates:
        if not isinstance(adjoint, Candidates):  # the seed: one candidate for every unit the loss reads
            values = (self.derivative.entries * adjoint)[..., None]
            zeros = np.zeros(values.shape, dtype=int)
            return Candidates(values, zeros, zeros, zeros, ((self.number, None),), self.k, self.jointly)
        values, unit, rank = longer(adjoint.values, self.derivative, self.k, self.jointly)
        source = np.zeros(values.shape, dtype=int)
        return Candidates(values, source, unit, rank, ((self.number, adjoint),), self.k, self.jointly)


def cut(found: Candidates) -> Candidates:
    """The k largest of every unit, in order."""
    sizes = norms(found.values) if found.jointly else np.abs(found.values)
    order = np.argsort(-sizes, axis=-1, kind="stable")[..., : found.k]
    order = np.broadcast_to(order, (len(found.values), *order.shape[1:]))
    values, source, unit, rank = (np.take_along_axis(part, order, axis=-1) for part in found[:4])
    return Candidates(values, source, unit, rank, found.sources, found.k, found.jointly)


def norms(values: Array) -> Array:
    """The norm over the examples, [1, …], along the last axis in one unit of measure: of float64 a number, in extended
    range one relative to the largest, of other numbers its square."""
    sizes = np.abs(values)
    if isinstance(sizes, ExtendedArray):
        sizes = sizes.relative(axis=(0, -1))
    elif sizes.dtype == object and isinstance(sizes.flat[0], float):
        sizes = sizes.astype(float)  # of low precision, which would round a square
    return (sizes**2).sum(axis=0, keepdims=True) if sizes.dtype == object else np.hypot.reduce(sizes, 0, keepdims=True)


def longer(values: Array, derivative: Any, k: int, jointly: bool = False) -> tuple[Array, Array, Array]:
    """Values, units and ranks of the k largest continuations to every unit of the tail."""
    examples, _, count = values.shape
    choose = _chosen_jointly if jointly else _chosen
    if isinstance(derivative, Matrix):
        return choose(
            values, derivative.first, np.broadcast_to(derivative.entries, (examples, *derivative.entries.shape)), k
        )
    if isinstance(derivative, Jacobians) and not derivative.pieces:
        return choose(values, 0, derivative.entries, k)
    unit, factors = _single(values.shape[1], derivative)
    moved = values[:, unit] if factors is None else values[:, unit] * factors
    ranks = np.broadcast_to(np.arange(count)[None, None, :], moved.shape)
    return moved, np.broadcast_to(unit[None, :, None], moved.shape), ranks


def _single(width: int, derivative: Any) -> tuple[Array, Any]:
    """Where every unit of the tail feeds one of the head: which, and by what derivative (None: 1)."""
    if isinstance(derivative, Jacobians):
        tails = np.arange(derivative.entries.shape[-1])
        heads = tails // derivative.pieces
        return heads, derivative.entries[:, heads, tails][..., None]
    if isinstance(derivative, Diagonal):
        return np.arange(width), derivative.entries[..., None]
    assert isinstance(derivative, Scalar)
    return np.arange(derivative.width) + offset(derivative.first, derivative.width, width), derivative.entries


def _chosen(values: Array, first: int, weights: Array, k: int) -> tuple[Array, Array, Array]:
    """Every unit of the tail chooses among all candidates of all units it feeds, example by example."""
    rows, count = weights.shape[1], values.shape[2]
    start = offset(first, rows, values.shape[1])
    found = []
    for adjoint, weight in zip(values[:, start : start + rows], weights):
        products = (adjoint[:, :, None] * weight[:, None, :]).reshape(rows * count, -1)
        order = _largest(products, k)
        found.append((np.take_along_axis(products, order, axis=0).T, (order // count).T + start, (order % count).T))
    return tuple(np.stack(part) for part in zip(*found))  # type: ignore[return-value]


AT_ONCE = 2_000_000  # products that are held together


def _chosen_jointly(values: Array, first: int, weights: Array, k: int) -> tuple[Array, Array, Array]:
    """The same in all examples at once, for as many units of the tail together as memory likes."""
    (examples, rows, width), count = weights.shape, values.shape[2]
    start = offset(first, rows, values.shape[1])
    adjoint, found = values[:, start : start + rows, None, :], []
    step = max(1, AT_ONCE // (examples * rows * count))
    for tail in range(0, width, step):
        products = adjoint * weights[:, :, tail : tail + step, None]
        products = np.swapaxes(products, 1, 2).reshape(examples, -1, rows * count)
        order = _largest(norms(products)[0].T, k).T[None]
        order = np.broadcast_to(order, (examples, *order.shape[1:]))
        found.append((np.take_along_axis(products, order, axis=-1), order // count + start, order % count))
    return tuple(np.concatenate(part, axis=1) for part in zip(*found))  # type: ignore[return-value]


def _largest(products: Array, k: int) -> Array:
    """The places of the k largest of every column, in order."""
    if isinstance(products, ExtendedArray):
        relative = products.relative(axis=0)
        order = _largest(relative, k)
        if np.abs(np.take_along_axis(relative, order[-1:], axis=0)).min() >= TINY:
            return order
    sizes = -np.abs(products)
    if isinstance(sizes, np.ndarray) and sizes.dtype != object and len(sizes) > 4 * k:
        places = np.argpartition(sizes, k - 1, axis=0)[:k]
        places.sort(axis=0)
        order = np.argsort(np.take_along_axis(sizes, places, axis=0), axis=0, kind="stable")
        return np.take_along_axis(places, order, axis=0)
    return np.argsort(sizes, axis=0, kind="stable")[:k]


RankedEntry = tuple[Any, int, tuple[int, ...], int, int]
"""A path of a parameter: its contribution, its example, the index of the entry, and the candidate it continues."""


def of_use(adjoint: Candidates, derivative: Any, only: tuple[int, ...] | None) -> list[RankedEntry]:
    """The k largest paths of a parameter (of one entry of it, where `only` says) by one of its uses.

    The k largest products of candidates and inputs are among the k largest candidates times the k largest inputs.
    """
    examples, width, ranks = adjoint.values.shape
    values = np.asarray(adjoint.values)
    first, fed = 0, width
    if not isinstance(derivative, Bias):
        fed = derivative.width if isinstance(derivative, Outer) else derivative.entries.shape[-1]
        first = offset(derivative.first, fed, width)
    if isinstance(derivative, Inner) or (isinstance(derivative, Bias) and derivative.shared):
        only = None  # the parameter is a number
    units = range(first + only[0], first + only[0] + 1) if only else range(first, first + fed)
    found: list[RankedEntry] = []
    for example in range(examples):
        places = [(unit, rank) for unit in units for rank in range(ranks)]
        places.sort(key=lambda place: abs(values[example, place[0], place[1]]), reverse=True)
        for unit, rank in places[: adjoint.k] if isinstance(derivative, Outer) else places:
            value = values.item(example, unit, rank)
            for factor, index in _factors(derivative, example, unit - first, adjoint.k, only):
                found.append((value * factor, example, index, unit, rank))
    found.sort(key=lambda entry: abs(entry[0]), reverse=True)
    return found[: adjoint.k]


def of_use_jointly(adjoint: Candidates, derivative: Any, entry: tuple[int, ...]) -> list[tuple[list[Any], int, int]]:
    """The candidates of an entry of a parameter by one of its uses: what each contributes to every example, and the
    unit and the rank of the candidate that it continues."""
    examples, width, ranks = adjoint.values.shape
    unit, is_number = entry[0], isinstance(derivative, Inner) or (isinstance(derivative, Bias) and derivative.shared)
    first = 0
    if not isinstance(derivative, Bias):
        fed = derivative.width if isinstance(derivative, Outer) else derivative.entries.shape[-1]
        first = offset(derivative.first, fed, width)
    only = None if is_number else entry
    factors = [_factors(derivative, example, unit, 1, only)[0][0] for example in range(examples)]
    return [
        (
            [adjoint.values.item(example, first + unit, rank) * factor for example, factor in enumerate(factors)],
            first + unit,
            rank,
        )
        for rank in range(ranks)
    ]


def _factors(
    derivative: Any, example: int, unit: int, k: int, only: tuple[int, ...] | None
) -> list[tuple[Any, tuple[int, ...]]]:
    """What the candidates of a unit are multiplied by, each with the index of the entry that it leads to."""
    if isinstance(derivative, Outer):
        row = np.asarray(derivative.entries[example])
        columns = [only[1]] if only else np.argsort(-np.abs(row), kind="stable")[:k]
        return [(row.item(column), (unit, int(column))) for column in columns]
    if isinstance(derivative, Inner):
        return [(derivative.entries.item(example, unit), ())]
    factor = 1 if derivative.entries is None else derivative.entries.item(example, unit)
    return [(factor, () if derivative.shared else (unit,))]
