"""The one walk over an expression that all notations share: parts first, parentheses where a part binds too loosely."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from gradcalc.formulas.expression import Expression, fold
from gradcalc.records import Record
from gradcalc.writing.symbols import Symbol

SUM, SIGN, PRODUCT, POWER, ATOM = range(5)
"""How tightly a text holds together, loosest first."""


class Written(Record):
    """A text, how tightly it holds together, and whether it opens with a minus sign."""

    text: str
    binds: int = ATOM
    negative: bool = False


class Notation(Protocol):
    """One way to write. `rules` hold for heads of every kind, functions included; a head without one is a `call`."""

    rules: dict[str, Callable[[Expression, Sequence[Written]], Written]]

    def symbol(self, symbol: Symbol) -> str:
        """A quantity."""

    def figure(self, number: Any) -> str:
        """A number, as the notation rounds it."""

    def call(self, function: str, arguments: Sequence[str]) -> str:
        """A function at its arguments."""

    def enclosed(self, text: str) -> str:
        """A text in parentheses."""


def write(expression: Expression, notation: Notation) -> str:
    """The expression in a notation."""
    return written(expression, notation).text


def written(expression: Expression, notation: Notation) -> Written:
    """The expression in a notation, with how tightly the text holds together."""

    def visit(node: Expression, parts: list[Written]) -> Written:
        if node.head == "symbol":
            return Written(notation.symbol(node.value))
        if node.head == "figure":
            return signed(notation.figure(node.value))
        rule = notation.rules.get(node.head)
        if rule is not None:
            return rule(node, parts)
        return Written(notation.call(node.head, [part.text for part in parts]))

    return fold(expression, visit)


def signed(text: str) -> Written:
    """A number: one with a sign, or with a power of ten, is no atom."""
    if text[:1] in ("-", "−"):
        return Written(text, SIGN, True)
    return Written(text, PRODUCT if "10" in text and ("⁻" in text or "times" in text) else ATOM)


def held(part: Written, binds: int, notation: Notation) -> str:
    """The part as an operand of something that binds so tightly, in parentheses where need be."""
    return part.text if part.binds >= binds else notation.enclosed(part.text)


def summed(parts: Sequence[Written], plus: str, minus: str, sign: str) -> Written:
    """Terms side by side; one that opens with a minus `sign` is taken away."""
    text = parts[0].text
    for part in parts[1:]:
        text += minus + part.text[len(sign) :] if part.negative else plus + part.text
    return Written(text, SUM, parts[0].negative)
