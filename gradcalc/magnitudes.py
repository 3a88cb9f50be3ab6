"""Sizes of values of any shape: their entries with their indices, and the Frobenius norm, for numbers of any kind."""

from __future__ import annotations

from collections.abc import Iterator
from math import hypot
from typing import Any

from gradcalc.network import Index, Value


def entries(value: Value, index: Index = ()) -> Iterator[tuple[Index, Any]]:
    """Every number of a value with its index, row by row; () is the index of a number."""
    if not isinstance(value, (list, tuple)):
        yield index, value
        return
    for place, part in enumerate(value):
        yield from entries(part, (*index, place))


def numbers(value: Value) -> list[Any]:
    """Every number of a value, row by row."""
    if not isinstance(value, (list, tuple)):
        return [value]
    if value and isinstance(value[0], (list, tuple)):
        return [number for part in value for number in numbers(part)]
    return list(value)


def norm(value: Value) -> Any:
    """The Frobenius norm √Σx², |x| of a number, scaled by the largest entry so that no square leaves the range."""
    if not isinstance(value, (list, tuple)):
        return abs(value)
    sizes = list(map(abs, numbers(value)))
    largest = max(sizes, default=0.0)
    if not largest:
        return largest
    if isinstance(largest, float):
        return hypot(*sizes)
    return largest * _root(sum((size / largest) ** 2 for size in sizes))


def _root(number: Any) -> Any:
    """√, of a float, a Decimal or an mpf, in its own kind."""
    return number.sqrt() if hasattr(number, "sqrt") else number**0.5


def power_of_ten(exponent: float) -> Any:
    """10^exponent: a double, or a Decimal where no double holds it."""
    if -300 < exponent < 300:
        return 10.0**exponent
    from decimal import Decimal

    return Decimal(10) ** Decimal(exponent)


def difference(value: Value, other: Value) -> Value:
    """Entry by entry, value − other."""
    if not isinstance(value, (list, tuple)):
        return value - other
    return [difference(part, taken) for part, taken in zip(value, other, strict=True)]


def shape(value: Value) -> str:
    """`64×32`, `64`, or nothing for a number."""
    sizes = []
    while isinstance(value, (list, tuple)):
        sizes.append(str(len(value)))
        value = value[0]
    return "×".join(sizes)
