"""Reads what print_unicode writes, as strictly as a careful person: what is ambiguous to the eye is an error.

Behind ^ and √ stands one name, number or pair of parentheses; Σ and ln take all that follows of their product; a
minus sign stands between terms or before the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from gradcalc.expressions.expression import Expression, fold
from gradcalc.expressions.functions import FUNCTIONS

CALLED = {"σ": "sigmoid", "ln": "log"} | {name: name for name in FUNCTIONS}
NAMES = {"π": "pi", "δ": "delta", "α": "alpha"}
FRACTIONS = {"½": 2, "⅓": 3, "¼": 4, "⅕": 5, "⅙": 6, "⅛": 8}
NOTHING: frozenset[Any] = frozenset()
PLAIN = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
TOKEN = re.compile(
    r"Σ ?|[½⅓¼⅕⅙⅛]|ln (?=\S)|\d+(?:\.\d+)?|[^\W\d⁰¹²³⁴⁵⁶⁷⁸⁹][a-z0-9_]*|⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+|"
    r" [+−] | (?=ln)|, |[-−+·×/^√|(),]"
)


class Unreadable(Exception):
    """The text means nothing, or two things."""


def read(text: str) -> Expression:
    """The expression."""
    reader = Reader(text)
    found = reader.sum()
    if reader.peek():
        raise Unreadable(text)
    return found


def tokens(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if not found:
            raise Unreadable(text)
        yield found[0]
        at = found.end()


class Reader:
    def __init__(self, text: str) -> None:
        self.tokens = list(tokens(text))
        self.at = 0
        self.bars = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise Unreadable(self.tokens)
        self.at += 1
        return token

    def sum(self) -> Expression:
        whole = self.term()
        while self.peek() in (" + ", " − "):
            sign = self.take()
            whole = Expression("+" if sign == " + " else "-", (whole, self.term(signed=False)))
        return whole

    def term(self, signed: bool = True) -> Expression:
        if signed and self.peek() == "−":
            self.take()
            return Expression("negative", (self.product(),))
        return self.product()

    def product(self) -> Expression:
        whole, last = self.factor()
        while True:
            token = self.peek()
            if token in ("·", "×", "/", " "):
                self.take()
                factor, last = self.factor()
                whole = Expression("/" if token == "/" else "*", (whole, factor))
            elif self.beside(last, token):
                factor, last = self.factor()
                whole = Expression("*", (whole, factor))
            else:
                return whole

    def beside(self, last: str, token: str) -> bool:
        """Whether a factor follows without a sign between."""
        if not token or token in (")", ", ", " + ", " − ", "^") or (token == "|" and last != "number"):
            return False
        if token == "|" and self.bars:
            return False
        if last == "number":
            return token in ("(", "√", "|") or token.startswith("Σ") or token[0].isalpha()
        return token == "(" and last in ("name", "raised")

    def factor(self) -> tuple[Expression, str]:
        base, kind = self.base()
        token = self.peek()
        if token and token[0] in "⁻⁰¹²³⁴⁵⁶⁷⁸⁹" and kind != "root":
            return Expression("^", (base, number(self.take().translate(PLAIN)))), "raised"
        if token == "^":
            self.take()
            if kind == "root":
                raise Unreadable(self.tokens)
            return Expression("^", (base, self.alone())), "power"
        return base, kind

    def base(self) -> tuple[Expression, str]:
        token = self.take()
        if token in FRACTIONS:
            return Expression("/", (number("1"), number(str(FRACTIONS[token])))), "number"
        if token[0].isdigit():
            return number(token), "number"
        if token == "√":
            return Expression("sqrt", (self.alone(),)), "root"
        if token.startswith("Σ"):
            return Expression("sum", (self.product(),)), "open"
        if token == "ln ":
            return Expression("log", (self.product(),)), "open"
        self.at -= 1
        if token in CALLED:
            return self.call(), "call"
        return self.alone(), "name" if token not in "(|" else "bracket"

    def alone(self) -> Expression:
        token = self.take()
        if token == "(":
            before, self.bars = self.bars, 0
            inside = self.sum()
            self.take(")")
            self.bars = before
            return inside
        if token == "|" and not self.bars:
            self.bars = 1
            inside = self.sum()
            self.take("|")
            self.bars = 0
            return Expression("abs", (inside,))
        if token[0].isdigit():
            return number(token)
        if token[0].isalpha() and token not in CALLED:
            return Expression("name", value=NAMES.get(token, token))
        raise Unreadable(token)

    def call(self) -> Expression:
        head = CALLED[self.take()]
        self.take("(")
        before, self.bars = self.bars, 0
        arguments = [self.sum()]
        while self.peek() == ", ":
            self.take()
            arguments.append(self.sum())
        self.take(")")
        self.bars = before
        return Expression(head, tuple(arguments))


def number(text: str) -> Expression:
    size = Expression("number", value=text.lstrip("-"))
    return Expression("negative", (size,)) if text.startswith("-") else size


def meaning(tree: Expression) -> Any:
    """What the tree says, whatever its parentheses: sums and products flat, numbers of a product in one."""
    return fold(tree, lambda node, parts: _meaning(node, parts))


def _meaning(node: Expression, parts: list[Any]) -> Any:
    if node.head == "number":
        return constant(Fraction(node.value))
    if node.head == "negative":
        return scaled(parts[0], Fraction(-1))
    if node.head in ("+", "-"):
        return added(parts[0], scaled(parts[1], Fraction(-1)) if node.head == "-" else parts[1])
    if node.head == "*":
        return multiplied(parts[0], parts[1], 1)
    if node.head == "/":
        return multiplied(parts[0], parts[1], -1)
    if node.head == "^" and parts[0] == (10, NOTHING) and parts[1][1:] == (NOTHING,) and abs(parts[1][0]) < 99:
        return product(Fraction(10) ** parts[1][0], {})
    if node.head == "sum":
        number, inside = signed(parts[0]) if parts[0][0] == "sum" else parts[0]
        zeros = {factor: times for factor, times in inside if factor[0] == ("0",)}
        rest = {factor: times for factor, times in inside if factor[0] != ("0",)}
        return product(number, zeros | {(("sum of", product(Fraction(1), rest)), True): 1})
    return product(Fraction(1), {(power(node, parts), True): 1})


def power(node: Expression, parts: list[Any]) -> Any:
    if node.head == "^" and parts[0] == product(Fraction(1), {(("e",), True): 1}):
        return ("exp", parts[1])
    return (node.head, *parts) if parts else (node.value,)


def constant(value: Fraction) -> Any:
    """A number; 0 as a factor, so that −0 and 0 are two things said."""
    return product(value, {}) if value else product(Fraction(1), {(("0",), True): 1})


def product(coefficient: Fraction, factors: dict[Any, int]) -> Any:
    """A product: its number, and how often each other factor stands above (True) or below (False) in it."""
    signless = any(factor[0][0] == "sum" and factor[0] == scaled(factor[0], Fraction(-1)) for factor in factors)
    return (abs(coefficient) if signless else coefficient, frozenset(factors.items()))


def scaled(value: Any, by: Fraction) -> Any:
    if value[0] == "sum":
        return ("sum", *sorted((scaled(term, by) for term in value[1:]), key=repr_of))
    return product(value[0] * by, dict(value[1]))


def signed(value: Any) -> tuple[Fraction, frozenset[Any]]:
    """A sum as a product: of a − b and b − a the one, with its sign before it."""
    opposite = scaled(value, Fraction(-1))
    if repr_of(opposite) < repr_of(value):
        return Fraction(-1), frozenset({((opposite, True), 1)})
    return Fraction(1), frozenset({((value, True), 1)})


def added(a: Any, b: Any) -> Any:
    terms = [term for value in (a, b) for term in (value[1:] if value[0] == "sum" else (value,))]
    return ("sum", *sorted(terms, key=repr_of))


def repr_of(value: Any) -> str:
    if isinstance(value, frozenset):
        return "{" + ",".join(sorted(map(repr_of, value))) + "}"
    if isinstance(value, tuple):
        return "(" + ",".join(map(repr_of, value)) + ")"
    return repr(value)


def multiplied(a: Any, b: Any, sign: int) -> Any:
    factors: dict[Any, int] = {}
    coefficient = Fraction(1)
    for value, times in ((a, 1), (b, sign)):
        number, inside = value if value[0] != "sum" else signed(value)
        coefficient *= number**times
        for (factor, above), count in inside:
            place = (factor, above == (times > 0))
            factors[place] = factors.get(place, 0) + count
    return product(coefficient, factors)
