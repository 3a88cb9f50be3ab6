"""Arrays of doubles, or of any other numbers: what a network of arrays needs of an arithmetic.

Doubles go through the rows' vectorised functions; where a row has none, and for other numbers (NumPy's object arrays),
functions are mapped over the entries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcalc.activations import Activation
from gradcalc.arithmetic import Arithmetic
from gradcalc.losses import Loss
from gradcalc.network import Index

Array = Any


class ArrayKind:
    """Arrays of one arithmetic's numbers."""

    def __init__(self, arithmetic: Arithmetic) -> None:
        self.arithmetic = arithmetic
        self.doubles = arithmetic.name == "double"

    def array(self, value: Any, exact: Mapping[Index, str]) -> Array:
        """A value of the network as an array; entries given as exact constants are rounded once."""
        if self.doubles:
            return np.array(value, dtype=float)
        if not exact:
            return np.frompyfunc(self.arithmetic.number, 1, 1)(np.array(value, dtype=object))
        found = np.empty(np.shape(value), dtype=object)
        for index in np.ndindex(found.shape):
            found[index] = self.arithmetic.number(_at(value, index), exact.get(index))
        return found if found.shape else found[()]

    def value(self, activation: Activation, z: Array, alpha: Array = None) -> Array:
        """σ(z), [examples][units]."""
        if self.doubles and activation.values is not None:
            return activation.values(z) if alpha is None else activation.values(z, alpha)
        return self._mapped(self.arithmetic.value(activation), activation, z, alpha)

    def slope(self, activation: Activation, z: Array, alpha: Array = None) -> Array:
        """σ′(z) likewise; Jacobians [examples][out][in] where units are coupled."""
        if self.doubles and activation.slopes is not None:
            return activation.slopes(z) if alpha is None else activation.slopes(z, alpha)
        return self._mapped(self.arithmetic.slope(activation), activation, z, alpha)

    def alpha_slope(self, activation: Activation, z: Array, alpha: Array) -> Array:
        """∂σ/∂α, [examples][units]."""
        slope = self.arithmetic.alpha_slope(activation)
        assert slope is not None
        return self._entries(slope, z, np.broadcast_to(alpha, z.shape))

    def loss(self, loss: Loss, y: Array, t: Array) -> Array:
        """The loss of each example."""
        if self.doubles and loss.values is not None:
            return loss.values(y, t)
        value = self.arithmetic.loss(loss).value
        return self._stacked([value(list(ys), list(ts)) for ys, ts in zip(y, t)])

    def loss_slopes(self, loss: Loss, y: Array, t: Array) -> Array:
        """∂L/∂y, [examples][units], of each example's own loss."""
        if self.doubles and loss.all_slopes is not None:
            return loss.all_slopes(y, t)
        slopes = self.arithmetic.loss(loss).slopes
        return self._stacked([slopes(list(ys), list(ts)) for ys, ts in zip(y, t)])

    def _mapped(self, function: Callable[..., Any], activation: Activation, z: Array, alpha: Array) -> Array:
        if activation.couples:
            return self._stacked([function(list(row)) for row in z])
        if alpha is not None:
            return self._entries(function, z, np.broadcast_to(alpha, z.shape))
        return self._entries(function, z)

    def _entries(self, function: Callable[..., Any], *arrays: Array) -> Array:
        flat = [function(*entries) for entries in zip(*(array.ravel().tolist() for array in arrays))]
        return self._stacked(flat).reshape(arrays[0].shape)

    def _stacked(self, rows: list[Any]) -> Array:
        return np.array(rows, dtype=float if self.doubles else object)


def _at(value: Any, index: Index) -> Any:
    for place in index:
        value = value[place]
    return value
