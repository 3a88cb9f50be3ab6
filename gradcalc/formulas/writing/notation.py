"""The walk that writes a formula, and what a notation has to bring: a rule for every head, and its parentheses.

Every piece of text knows how tightly it holds together; whoever uses it says how tight it must be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gradcalc.formulas.exact import Ratio
from gradcalc.formulas.expression import Expression, fold
from gradcalc.records import Record

SUM, LEADING, PRODUCT, SIGN, POWER, ATOM = range(1, 7)
"""LEADING is a product with a minus before it, which may stand first in another but not behind an operator."""
LONGEST_DECIMAL = 17
NO_NAMES: Mapping[str, str] = {}


class Piece(Record):
    """Text, and how tightly it holds together, from SUM to ATOM."""

    text: str
    tightness: int = ATOM


def parenthesised(text: str) -> str:
    """(a + b)"""
    return f"({text})"


def held(piece: Piece, tightness: int, within: Callable[[str], str] = parenthesised) -> str:
    """The piece's text, in parentheses where it holds together less tightly than is asked."""
    return piece.text if piece.tightness >= tightness else within(piece.text)


class Notation(Record):
    """A way of writing: `rules` by head, over the pieces of the parts; `call` for functions without a rule."""

    rules: Mapping[str, Callable[..., Piece]]
    call: Callable[..., Piece]
    number: Callable[[str], Piece]
    ratio: Callable[[Ratio], Piece]
    name: Callable[[str], str]


def write(expression: Expression, notation: Notation, names: Mapping[str, str] = NO_NAMES) -> str:
    """The formula in that notation. `names` puts other text, a number or a longer name, in place of variables."""
    return fold(expression, lambda node, parts: _piece(node, parts, notation, names)).text


def _piece(node: Expression, parts: list[Piece], notation: Notation, names: Mapping[str, str]) -> Piece:
    if node.head == "name":
        return replaced(names[node.value]) if node.value in names else Piece(notation.name(node.value))
    if node.head == "number":
        return notation.number(node.value)
    if node.head == "ratio":
        return notation.ratio(node.value)
    rule = notation.rules.get(node.head)
    return rule(*parts) if rule else notation.call(node.head, *parts)


def replaced(text: str) -> Piece:
    """Text put in place of a variable: a negative number is parenthesised behind an operator."""
    if text.startswith(("-", "−")):
        return Piece(text, LEADING)
    return Piece(text, PRODUCT if any(sign in text for sign in "·×*/") else ATOM)


def led(first: Piece) -> int:
    """How tightly a product holds that begins with this factor."""
    return LEADING if first.tightness == LEADING else PRODUCT


def decimal(value: Ratio) -> str | None:
    """A ratio as a decimal number, where it is one of a few digits."""
    numerator, denominator = value
    for places in range(LONGEST_DECIMAL):
        if 10**places % denominator == 0:
            digits = str(abs(numerator) * (10**places // denominator)).rjust(places + 1, "0")
            text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
            return text if len(digits) <= LONGEST_DECIMAL else None
    return None


def signed(value: Ratio, minus: str, quotient: Callable[[int, int], Piece]) -> Piece:
    """A ratio as a decimal number where it is short, else as a quotient; the sign before it."""
    text = decimal(value)
    piece = quotient(abs(value[0]), value[1]) if text is None else Piece(text)
    return piece if value[0] >= 0 else Piece(minus + piece.text, LEADING)
