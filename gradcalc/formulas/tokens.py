"""A formula's text as numbers, names and signs with their places; spaces mean nothing."""

from __future__ import annotations

from collections.abc import Iterator

from gradcalc.formulas.errors import FormulaError
from gradcalc.records import Record

LONGEST = 4096
SIGNS = frozenset("+-*/^(),")
DIGITS = frozenset("0123456789")
SPACES = frozenset(" \t\n\r")
MEANT = {
    "−": "-",
    "–": "-",
    "·": "*",
    "×": "*",
    "⋅": "*",
    "÷": "/",
    "√": "sqrt(…)",
    "π": "pi",
    "²": "^2",
    "³": "^3",
    "[": "(",
    "]": ")",
}
"""What a person who typed such a character will have meant."""


class Token(Record):
    """`kind` is "number", "name", "end", or the sign itself, where `**` is "^"."""

    kind: str
    text: str
    start: int
    end: int


def tokens(text: str) -> Iterator[Token]:
    """The tokens in order, and one of kind "end". Raises FormulaError at a character that has no place in a formula."""
    if len(text) > LONGEST:
        raise FormulaError(
            f"a formula has at most 4,096 characters, and this one has {len(text):,}", LONGEST, len(text)
        )
    at = 0
    while (at := _after_spaces(text, at)) < len(text):
        token = _token(text, at)
        yield token
        at = token.end
    yield Token("end", "", len(text), len(text))


def _token(text: str, start: int) -> Token:
    character = text[start]
    if character in DIGITS or (character == "." and text[start + 1 : start + 2] in DIGITS):
        return _number(text, start)
    if character.isidentifier():
        return _name(text, start)
    if text.startswith("**", start):
        return Token("^", "**", start, start + 2)
    if character in SIGNS:
        return Token(character, character, start, start + 1)
    raise FormulaError(_unexpected(character), start, start + 1)


def _number(text: str, start: int) -> Token:
    at = _after_digits(text, start)
    if text[at : at + 1] == ".":
        at = _after_digits(text, at + 1)
    if text[at : at + 1] in ("e", "E"):
        signed = at + 1 + (text[at + 1 : at + 2] in ("+", "-"))
        at = _after_digits(text, signed) if text[signed : signed + 1] in DIGITS else at
    return _within_range(Token("number", text[start:at].lower(), start, at))


def _within_range(number: Token) -> Token:
    value = float(number.text)
    if value == float("inf"):
        raise FormulaError(f"{_short(number.text)} is beyond the largest double", number.start, number.end)
    if value == 0.0 and any(digit in "123456789" for digit in number.text.partition("e")[0]):
        raise FormulaError(f"{_short(number.text)} is not zero but rounds to it", number.start, number.end)
    return number


def _name(text: str, start: int) -> Token:
    at = start
    while at < len(text) and ("_" + text[at]).isidentifier():
        at += 1
    return Token("name", text[start:at], start, at)


def _after_digits(text: str, at: int) -> int:
    while text[at : at + 1] in DIGITS:
        at += 1
    return at


def _after_spaces(text: str, at: int) -> int:
    while text[at : at + 1] in SPACES:
        at += 1
    return at


def _unexpected(character: str) -> str:
    meant = MEANT.get(character)
    shown = character if character.isprintable() else f"\\u{ord(character):04x}"
    return f'"{shown}" has no place in a formula' + (f'; write "{meant}"' if meant else "")


def _short(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:10]}…{text[-10:]}"
