"""Whether products of arrays were lost to the range of doubles: one that vanished, or nearly, though no factor of it
is 0, or one that overflowed.

Asked first is what nearly always holds and costs next to nothing: whether even the two least numbers and the two
greatest multiply to a normal double.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from gradcalc.arithmetic.double import TINY
from gradcalc.arrays.best import Candidates, Entry, is_of_one_number
from gradcalc.arrays.edges import Bias, Diagonal, Inner, Jacobians, Matrix, Outer, Scalar, part
from gradcalc.arrays.zeros import least
from gradcalc.network import Index

Array = Any

FAR_UP = 1e290
"""So many of such numbers as memory holds are summed without an overflow."""


Extent = tuple[float, float]
"""The least size other than 0, infinite where there is none, and the greatest."""


def surely_kept(said: Extent, edge: Any) -> bool:
    """Whether nothing of a product with an edge can have been lost, by the least and the greatest of its entries."""
    low, high = _extent_of(edge)
    return said[0] * low >= TINY and said[1] * high <= FAR_UP


def extent(array: Any) -> Extent:
    """Of the entries of an array."""
    return least(array), float(np.abs(np.asarray(array, dtype=float)).max(initial=0.0))


def product_lost(said: Any, edge: Any, total: Callable[[], Any] | None = None) -> bool:
    """Whether `said * edge` lost an entry, and nothing larger makes up for it in the `total` that it was added to."""
    if surely_kept(extent(said), edge):
        return False
    with np.errstate(all="ignore"):
        sizes = np.asarray(np.abs(said) * abs(edge))
        if not np.isfinite(sizes).all():
            return True
        lost = (sizes < TINY) & (pattern(said) * edge.apply(pattern) > 0)
        return bool(np.any(lost & (np.abs(total()) < TINY) if total and lost.any() else lost))


def candidates_lost(above: Candidates, slope: Any, below: Candidates) -> bool:
    """Whether an edge lost a path that may be among those kept below."""
    if surely_kept(extent(above.values), slope):
        return False
    sizes = np.abs(below.values)
    if not np.isfinite(sizes).all():
        return True
    small = sizes.min(axis=-1) < TINY
    if not small.any():
        return False
    return any(bool(np.any(one & (products < TINY))) for one, products in zip(small, _least_products(above, slope)))


def entries_lost(said: Candidates, slope: Any, only: Index | None, listed: Sequence[Entry]) -> bool:
    """Whether a use of a parameter lost a path that may be among those listed, of one entry where `only` says so."""
    if surely_kept(extent(said.values), slope):
        return False
    sizes = np.abs([entry.value for entry in listed])
    if not np.isfinite(sizes).all():
        return True
    if (sizes >= TINY).all():
        return False
    place = only if only and not is_of_one_number(slope) else ()
    return any(bool(np.any(products[place] < TINY)) for products in _least_products(said, slope))


def pattern(numbers: Any) -> Any:
    """1 where a number is not 0."""
    return np.asarray(np.asarray(numbers) != 0).astype(float)


def _least_products(said: Candidates, slope: Any) -> Iterator[Array]:
    """For every example the least products other than 0 of what the heads hold, into every unit or entry of the tail;
    infinite where there are none."""
    values = np.abs(said.values)
    with np.errstate(all="ignore"):
        least = np.where(values > 0, values, np.inf).min(axis=-1)
        for example, sizes in enumerate(least):
            fed, entries = _factors(sizes, slope, example)
            products = np.where(entries != 0, fed * np.abs(entries), np.inf)
            yield products.min(axis=0) if isinstance(slope, (Matrix, Jacobians)) else products


def _factors(sizes: Array, slope: Any, example: int) -> tuple[Array, Array]:
    """The sizes of an example, and what an edge multiplies them by."""
    if isinstance(slope, Matrix):
        return part(sizes, slope.first, len(slope.weight))[:, None], slope.weight
    if isinstance(slope, Jacobians):
        return sizes[:, None], slope.slopes[example]
    if isinstance(slope, Outer):
        return part(sizes, slope.first, slope.width)[:, None], slope.values[example]
    if isinstance(slope, Inner):
        return part(sizes, slope.first, slope.values.shape[-1]), slope.values[example]
    if isinstance(slope, Scalar):
        return part(sizes, slope.first, slope.width), np.asarray(1.0 if slope.factor is None else slope.factor)
    assert isinstance(slope, (Diagonal, Bias))
    return sizes, np.ones(1) if slope.slopes is None else slope.slopes[example]


def _extent_of(edge: Any) -> Extent:
    """The same of all entries of an edge."""
    found: list[Extent] = []

    def note(numbers: Any) -> Any:
        found.append(extent(numbers))
        return numbers

    edge.apply(note)
    return min(low for low, _ in found), max(high for _, high in found)
