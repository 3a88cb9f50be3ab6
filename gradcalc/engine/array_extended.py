"""Arrays of numbers in extended range: which of their entries float64 serves, and Decimals for the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np

from gradcalc.activations import Activation
from gradcalc.arithmetic import Arithmetic
from gradcalc.arithmetic.extended import HIGH, LOW, Extended
from gradcalc.arithmetic.extended_arrays import ExtendedArray, extended
from gradcalc.engine.array_forward import Array, ArrayKind, Function
from gradcalc.network.network import Index, entries

POLYNOMIAL_LOW, POLYNOMIAL_HIGH = 1e-140, 1e140  # a polynomial of degree 2 has a 0 between them only where it is one


def array_kind(arithmetic: Arithmetic) -> ArrayKind:
    """The arrays of an arithmetic."""
    return ExtendedKind() if arithmetic.name == "extended" else ArrayKind(arithmetic)


class ExtendedFunctions:
    """The functions of joins on arrays in extended range; those but a maximum and minimum go by way of Decimals."""

    number = staticmethod(extended)

    def max(self, arrays: Sequence[Array]) -> Array:
        """Entry by entry."""
        return reduce(np.maximum, arrays)

    def min(self, arrays: Sequence[Array]) -> Array:
        """Entry by entry."""
        return reduce(np.minimum, arrays)

    def __getattr__(self, name: str) -> Any:
        function = np.frompyfunc(getattr(Extended.functions, name), 1, 1)
        return lambda array: extended(function(np.asarray(array)))


class ExtendedKind(ArrayKind):
    """Arrays with an exponent for every entry."""

    def __init__(self) -> None:
        super().__init__(Extended)
        self.functions: Any = ExtendedFunctions()

    def array(self, value: Any, exact: Mapping[Index, str]) -> Array:
        found = extended(np.array(value, dtype=float))
        for index, x in entries(value) if exact else ():
            if index in exact:
                found[index] = self.arithmetic.number(x, exact[index])
        return found

    def _on_arrays(self, vectorised: Function | None, function: Function, activation: Activation) -> Function:
        by_entry = super()._on_arrays(None, function, activation)
        if vectorised is None or activation.parametric:
            return by_entry

        def applied(z: Array) -> Array:
            x = z.astype(float)
            y = vectorised(x)
            served, found = _served(activation, z, x, y), extended(y)
            if not served.all():
                found[~served] = by_entry(z[~served])
            return found

        return applied

    def _stacked(self, rows: list[Any]) -> Array:
        return extended(np.array(rows, dtype=object))


def _served(activation: Activation, z: ExtendedArray, x: Array, y: Array) -> Array:
    """Where arguments and results are float64 with all their bits: of which entries, or rows of coupled units."""
    sizes, results = np.abs(x), np.abs(y)
    if activation.couples:
        axes = tuple(range(1, y.ndim))
        return ((sizes > LOW) & (sizes < HIGH)).all(axis=-1) & (results > LOW).all(axis=axes)  # none grows past HIGH
    held = ((sizes > LOW) & (sizes < HIGH)) | (z == 0)
    found = held & (results > LOW) & (results < HIGH)
    if activation.flat:  # straight pieces, and a parabola
        found |= (y == 0) & ((z == 0) | ((sizes > POLYNOMIAL_LOW) & (sizes < POLYNOMIAL_HIGH)))
    return found
