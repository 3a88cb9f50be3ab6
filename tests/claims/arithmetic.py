"""Reads numbers that are written out, 0.1·0.513121 + ½(2 − 1)², and computes what they make."""

from __future__ import annotations

import re
from typing import Any

from expressions import unicode_reader
from expressions.unicode_reader import Unreadable
from mpmath import mp

from gradcalc.expressions.expression import Expression, fold

__all__ = ["Unreadable", "value_of"]


def value_of(text: str) -> tuple[Any, Any]:
    """The value, and the size of the numbers that it was made of: what rounding is measured by."""
    text = re.sub(r"([½⅓¼⅕⅙⅛]) \(", r"\1(", text)
    found = fold(unicode_reader.read(text), lambda node, parts: _value(node, parts))
    return found[0], found[1]


def _value(node: Expression, parts: list[Any]) -> tuple[Any, Any]:
    values, sizes = [part[0] for part in parts], [part[1] for part in parts]
    if node.head == "number":
        return mp.mpf(node.value), abs(mp.mpf(node.value))
    if node.head in ("negative", "abs"):
        return (-values[0] if node.head == "negative" else abs(values[0])), sizes[0]
    if node.head in ("+", "-"):
        return values[0] + (values[1] if node.head == "+" else -values[1]), sizes[0] + sizes[1]
    if node.head == "*":
        return values[0] * values[1], sizes[0] * sizes[1]
    if node.head == "/":
        return values[0] / values[1], sizes[0] * sizes[1] / values[1] ** 2
    if node.head in ("^", "exp"):
        return _power(*parts) if node.head == "^" else _power((mp.e, mp.e), *parts)
    if node.head == "name" and node.value == "e":
        return mp.e, mp.e
    if node.head in ("max", "min"):
        return (max if node.head == "max" else min)(values), max(sizes)
    functions = {"log": mp.log, "sqrt": mp.sqrt}
    if node.head not in functions:
        raise Unreadable(node.head)
    found = functions[node.head](values[0])
    return found, max(abs(found), mp.mpf(1)) * max(1, sizes[0] / abs(values[0]) if values[0] else 1)


def _power(base: tuple[Any, Any], exponent: tuple[Any, Any]) -> tuple[Any, Any]:
    """a^b: of a large b the digits before its point are lost to what e^b has."""
    (a, size), (b, size_of_b) = base, exponent
    if not a:
        return a**b, size**b
    return a**b, abs(a**b) * max(1, size / abs(a) * abs(b), size_of_b * abs(mp.log(abs(a))))
