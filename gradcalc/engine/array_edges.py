"""Edges between arrays: local derivatives that know how to multiply the adjoint of their head.

The adjoint of a node is an array [..., examples, units], of a weight [..., out, in], of a bias [..., units], of a
number [...]; leading axes stand side by side. `adjoint * edge` multiplies from the right, as Jacobians do in numerator
layout, and no Jacobian is formed that has a structure. `apply` maps a function of numbers over an edge, e.g. abs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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


class ArrayEdge:
    """What edges have in common: NumPy leaves `adjoint * edge` to them, and |edge| has its entries' absolute values."""

    __array_ufunc__ = None

    def apply(self, function: Function) -> ArrayEdge:
        """The edge with a function of numbers mapped over its entries."""
        raise NotImplementedError

    def __abs__(self) -> ArrayEdge:
        return self.apply(np.abs)


def part(adjoint: Array, first: int, width: int) -> Array:
    """The units that an arc feeds."""
    return adjoint if adjoint.shape[-1] == width else adjoint[..., first : first + width]


def offset(first: int, fed: int, width: int) -> int:
    """The first unit that an arc feeds, of a head with so many."""
    return first if fed != width else 0


def _mapped(function: Function, factor: Any) -> Any:
    """A function of a factor that may be 1 (None): 1 stays so, and no other kind of number is mixed in."""
    if factor is not None:
        return function(factor)
    one = int(function(1))
    return None if one == 1 else one


class Matrix(ArrayEdge):
    """A weight [out][in]: adjoint·W."""

    def __init__(self, weight: Array, first: int = 0) -> None:
        self.weight = weight
        self.first = first

    def __rmul__(self, adjoint: Array) -> Array:
        return part(adjoint, self.first, self.weight.shape[0]) @ self.weight

    def apply(self, function: Function) -> Matrix:
        return Matrix(function(self.weight), self.first)


class Scalar(ArrayEdge):
    """One number for all units, the identity where it is 1."""

    def __init__(self, factor: Any, width: int, first: int = 0) -> None:
        self.factor = factor
        self.width = width
        self.first = first

    def __rmul__(self, adjoint: Array) -> Array:
        fed = part(adjoint, self.first, self.width)
        return fed if self.factor is None else fed * self.factor

    def apply(self, function: Function) -> Scalar:
        return Scalar(_mapped(function, self.factor), self.width, self.first)


class Diagonal(ArrayEdge):
    """One derivative a unit: activations, joins."""

    def __init__(self, derivatives: Array) -> None:
        self.derivatives = derivatives

    def __rmul__(self, adjoint: Array) -> Array:
        return adjoint * self.derivatives

    def apply(self, function: Function) -> Diagonal:
        return Diagonal(function(self.derivatives))


class Jacobians(ArrayEdge):
    """A Jacobian [out][in] for each example: activations that couple units, all or (maxout) some pieces each."""

    def __init__(self, derivatives: Array, pieces: int = 0) -> None:
        self.derivatives = derivatives
        self.pieces = pieces

    def __rmul__(self, adjoint: Array) -> Array:
        return (adjoint[..., None, :] @ self.derivatives)[..., 0, :]

    def apply(self, function: Function) -> Jacobians:
        return Jacobians(function(self.derivatives), self.pieces)


class Outer(ArrayEdge):
    """From a head to the weight [out][in] that feeds it: adjointᵀ·a, summed over the examples."""

    def __init__(self, values: Array, width: int, first: int = 0) -> None:
        self.values = values
        self.width = width
        self.first = first

    def __rmul__(self, adjoint: Array) -> Array:
        fed = part(adjoint, self.first, self.width)
        return (fed.T if fed.ndim == 2 else np.swapaxes(fed, -1, -2)) @ self.values

    def apply(self, function: Function) -> Outer:
        return Outer(function(self.values), self.width, self.first)


class Inner(ArrayEdge):
    """From a head to the one number that multiplies all its units: Σ adjoint·a over units and examples."""

    def __init__(self, values: Array, first: int = 0) -> None:
        self.values = values
        self.first = first

    def __rmul__(self, adjoint: Array) -> Array:
        return (part(adjoint, self.first, self.values.shape[-1]) * self.values).sum(axis=(-1, -2))

    def apply(self, function: Function) -> Inner:
        return Inner(function(self.values), self.first)


class Bias(ArrayEdge):
    """From a head to its bias: the adjoint, summed over the examples, and over the units of a bias of one number."""

    def __init__(self, shared: bool, derivatives: Array = None) -> None:
        self.shared = shared
        self.derivatives = derivatives  # prelu's ∂σ/∂α; None is 1

    def __rmul__(self, adjoint: Array) -> Array:
        moved = adjoint if self.derivatives is None else adjoint * self.derivatives
        return moved.sum(axis=(-1, -2) if self.shared else -2)

    def apply(self, function: Function) -> Bias:
        return Bias(self.shared, _mapped(function, self.derivatives))


class Start(ArrayEdge):
    """From the loss to an output: ∂L/∂y, [examples][units]."""

    def __init__(self, derivatives: Array) -> None:
        self.derivatives = derivatives

    def __rmul__(self, seed: Any) -> Array:
        return self.derivatives * seed

    def apply(self, function: Function) -> Start:
        return Start(function(self.derivatives))
