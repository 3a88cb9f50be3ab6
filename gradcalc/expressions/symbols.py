"""What the letters of a derivation stand for: weights, values of nodes, adjoints, derivatives, of a unit and an
example.
"""

from __future__ import annotations

from gradcalc.expressions.expression import Expression
from gradcalc.records import Record

PREACTIVATION, BENT, JOINED, SOURCE = "z", "a", "j", "u"
MEAN, SCALE = "μ", "r"
TARGET = "t"
DELTA = "δ"
"""∂L/∂z of a preactivation."""
ADJOINT = "∂"
"""∂L/∂ of anything else."""

EXAMPLE = "e"
"""Any example of a batch."""


class Symbol(Record):
    """A quantity: `letter` is "" for what the spec names itself (weights, inputs, outputs of layers).

    A derivative has the name of its function for letter, "σ′" or "tanh′"; of a layer's units only that has an `place`
    which has several.
    """

    letter: str
    name: str
    place: tuple[int, ...] = ()
    example: int | str | None = None  # "e" for any


def leaf(symbol: Symbol) -> Expression:
    """The symbol as an expression."""
    return Expression("symbol", value=symbol)


def is_derivative(symbol: Symbol) -> bool:
    """Whether it stands for the derivative of an activation."""
    return "′" in symbol.letter
