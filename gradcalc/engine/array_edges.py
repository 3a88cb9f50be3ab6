"""Edges between arrays: local derivatives that know how to multiply the adjoint of their head.

The adjoint of a node is an array [..., examples, units], of a weight [..., out, in], of a bias [..., units], of a
number [...]; leading axes stand side by side. `adjoint * edge` multiplies from the right, as Jacobians do in numerator
layout, and no Jacobian is formed that has a structure. `apply` maps a function of numbers over an edge, e.g. abs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np

Array = Any
Function = Callable[[Array], Array]


class Nothing:
    """The adjoint of a node that no path reaches: the zero that costs no array."""

    __array_ufunc__ = None  # NumPy leaves `array + NOTHING` to it, and makes no array of objects

    def __add__(self, other: Any) -> Any:
        return other

    def __radd__(self, other: Any) -> Any:
        return other

    def __mul__(self, edge: Any) -> Nothing:
        return self


NOTHING = Nothing()


def part(adjoint: Array, first: int, width: int) -> Array:
    """The units that an arc feeds."""
    return adjoint if adjoint.shape[-1] == width else adjoint[..., first : first + width]


def placed(fed: Array, first: int, width: int) -> Array:
    """What an arc feeds to some units of a head, with 0 for all others."""
    if fed.shape[-1] == width:
        return fed
    whole = np.zeros_like(fed, shape=(*fed.shape[:-1], width))
    whole[..., first : first + fed.shape[-1]] = fed
    return whole


def offset(first: int, fed: int, width: int) -> int:
    """The first unit that an arc feeds, of a head with so many."""
    return first if fed != width else 0


def times_one(array: Array) -> Array:
    """The array times 1, by which numbers of low precision are stored; of float64 the array itself."""
    return array * 1 if isinstance(array, np.ndarray) and array.dtype.hasobject else array


class ArrayEdge:
    """What edges have in common: `entries`, the local derivatives (None: 1), and which units of the head they are of,
    those from `first` on, of a part that is `width` units wide. |edge| is the edge of absolute values.
    """

    __array_ufunc__ = None  # NumPy leaves `adjoint * edge` to the edge

    def __init__(
        self, entries: Array = None, first: int = 0, width: int = 0, pieces: int = 0, shared: bool = False
    ) -> None:
        self.entries = entries
        self.first = first
        self.width = width
        self.pieces = pieces
        self.shared = shared

    def apply(self, function: Function) -> Self:
        """The edge with a function of numbers mapped over its entries; a 1 that stays 1 mixes no kinds of numbers."""
        if self.entries is not None:
            entries = function(self.entries)
        else:
            entries = None if function(1) == 1 else int(function(1))
        return type(self)(entries, first=self.first, width=self.width, pieces=self.pieces, shared=self.shared)

    def __abs__(self) -> Self:
        return self.apply(np.abs)

    def change(self, tail: Array, width: int) -> Array:
        """The change of the head, which is so many units wide, by that of the tail: the edge times that."""
        raise NotImplementedError


class Matrix(ArrayEdge):
    """A weight [out][in]: adjoint·W."""

    def __rmul__(self, adjoint: Array) -> Array:
        return part(adjoint, self.first, self.entries.shape[-2]) @ self.entries

    def change(self, tail: Array, width: int) -> Array:
        return placed(tail @ self.entries.T, self.first, width)


class Scalar(ArrayEdge):
    """One number for all units, the identity where it is 1."""

    def __rmul__(self, adjoint: Array) -> Array:
        fed = part(adjoint, self.first, self.width)
        return times_one(fed) if self.entries is None else fed * self.entries

    def change(self, tail: Array, width: int) -> Array:
        return placed(tail if self.entries is None else tail * self.entries, self.first, width)


class Diagonal(ArrayEdge):
    """One derivative a unit: activations, joins."""

    def __rmul__(self, adjoint: Array) -> Array:
        return adjoint * self.entries

    def change(self, tail: Array, width: int) -> Array:
        return tail * self.entries


class Jacobians(ArrayEdge):
    """A Jacobian [out][in] for each example: activations that couple units, all or (maxout) some `pieces` each."""

    def __rmul__(self, adjoint: Array) -> Array:
        return (adjoint[..., None, :] @ self.entries)[..., 0, :]

    def change(self, tail: Array, width: int) -> Array:
        return (self.entries @ tail[..., None])[..., 0]


class Outer(ArrayEdge):
    """From a head to the weight [out][in] that feeds it: adjointᵀ·a, summed over the examples."""

    def __rmul__(self, adjoint: Array) -> Array:
        fed, values = part(adjoint, self.first, self.width), self.entries
        if fed.ndim == 2:
            return fed.T @ values
        if values.shape[-2] == 1 and type(fed) is type(values) is np.ndarray and fed.dtype == values.dtype == float:
            return np.einsum("...eo,...ei->...oi", fed, values, order="C")  # the same numbers in half the time of `@`
        return np.swapaxes(fed, -1, -2) @ values

    def change(self, tail: Array, width: int) -> Array:
        return placed(self.entries @ tail.T, self.first, width)


class Inner(ArrayEdge):
    """From a head to the one number that multiplies all its units: Σ adjoint·a over units and examples."""

    def __rmul__(self, adjoint: Array) -> Array:
        return (part(adjoint, self.first, self.entries.shape[-1]) * self.entries).sum(axis=(-1, -2))

    def change(self, tail: Array, width: int) -> Array:
        return placed(self.entries * tail, self.first, width)


class Bias(ArrayEdge):
    """From a head to its bias or α: the adjoint, summed over examples, and over units where one number is `shared`."""

    def __rmul__(self, adjoint: Array) -> Array:
        moved = times_one(adjoint) if self.entries is None else adjoint * self.entries
        return moved.sum(axis=(-1, -2) if self.shared else -2)

    def change(self, tail: Array, width: int) -> Array:
        return np.broadcast_to(tail, (1, width)) if self.entries is None else tail * self.entries


class Start(ArrayEdge):
    """From the loss to an output: ∂L/∂y, [examples][units]."""

    def __rmul__(self, seed: Any) -> Array:
        return self.entries * seed
