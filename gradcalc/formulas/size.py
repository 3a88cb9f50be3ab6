"""How large the numbers of a formula may grow: 9^9^9 is refused before anybody computes it."""

from __future__ import annotations

from gradcalc.formulas.errors import FormulaError
from gradcalc.formulas.exact import leaf_ratio, rational
from gradcalc.formulas.expression import Expression, fold

LARGEST_POWER = 16_384
LARGEST_WHOLE = 65_536
"""In bits, where a variable counts as one: x^1000 is in bounds, and so is 2^1023."""

OPAQUE = frozenset({"exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "erf", "sigmoid", "softplus"})
"""Functions that nobody multiplies out."""


def check_size(expression: Expression, length: int) -> None:
    """Raises FormulaError where a power, or all numbers together, are beyond bounds; `length` is that of the text."""
    if fold(expression, lambda node, bits: _bits(node, bits, length)) > LARGEST_WHOLE:
        raise FormulaError("the numbers of this formula are too large together", 0, length)


def _bits(node: Expression, bits: list[int], length: int) -> int:
    value = leaf_ratio(node)
    if value is not None:
        return value[0].bit_length() + value[1].bit_length()
    if node.head in OPAQUE or not bits:
        return 1
    exponent = rational(node.parts[1]) if node.head == "^" else None
    return sum(bits) if exponent is None else _bits_of_power(bits[0], *exponent, length)


def _bits_of_power(bits: int, numerator: int, denominator: int, length: int) -> int:
    size = bits * max(1, -(-abs(numerator) // denominator))
    if size > LARGEST_POWER:
        raise FormulaError("a power in this formula is too large", 0, length)
    return size
