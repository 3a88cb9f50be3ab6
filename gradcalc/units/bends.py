"""Activations in one kind of number, each made once: beyond doubles a formula is read for it, and neighbours that share
a function are bent in one go.
"""

from __future__ import annotations

from typing import Any

from gradcalc.activations import Activation
from gradcalc.arithmetic import Arithmetic


class Bends:
    """σ and σ′ by activation."""

    def __init__(self, arithmetic: Arithmetic) -> None:
        self.arithmetic = arithmetic
        self._made: dict[int, tuple[Any, Any]] = {}

    def of(self, bent: Activation) -> tuple[Any, Any]:
        """σ and σ′ of one activation, which must outlive this."""
        if id(bent) not in self._made:
            self._made[id(bent)] = self.arithmetic.value(bent), self.arithmetic.slope(bent)
        return self._made[id(bent)]
