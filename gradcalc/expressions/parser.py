"""Reads formulas, and exact constants such as "1/3": precedence as in mathematics, with a stack of our own, so that no
depth is a danger, and no number that grows out of bounds: 9^9^9 is refused before anybody computes it.

From loose to tight: + −; * / and the product that is not written; the sign; ^ and **, from the right. So −x^2 is
−(x^2), 2^−x is 2^(−x), 2x^2 is 2·(x^2), and 1/2x is (1/2)·x: a product that is not written binds like one that is,
as in most calculators and programming languages.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from math import inf, isinf
from typing import Any

from gradcalc.errors import DomainError, LimitError, similar
from gradcalc.expressions.expression import CONSTANTS, Expression, FormulaError, fold, leaf_ratio, name, rational
from gradcalc.expressions.functions import FUNCTIONS, PUBLIC
from gradcalc.records import Record

LONGEST = 4096
DEEPEST = 200
BINARY = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4}
SIGN, POWER = 3, 4
OPENING = 0  # how tightly an open parenthesis holds what is in it: not at all, so that nothing reaches out of it
SIGNED = {"+": "positive", "-": "negative"}
MOST_COMPARED = 1_000
"""Comparisons of the arguments of max and min, each with each other, in a formula: 31 arguments of one of them."""
LARGEST_POWER = 16_384
LARGEST_WHOLE = 65_536  # in bits, where a variable counts as one: x^1000 is in bounds, and so is 2^1023
OPAQUE = frozenset({"exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "erf", "sigmoid", "softplus"})
"""Functions that nobody multiplies out."""
SIGNS = frozenset("+-*/^(),")
DIGITS = frozenset("0123456789")
SPACES = frozenset(" \t\n\r")
MEANT = {
    **dict.fromkeys("−–", "-"),
    **dict.fromkeys("·×⋅", "*"),
    "÷": "/",
    "√": "sqrt(…)",
    "π": "pi",
    "²": "^2",
    "³": "^3",
    "[": "(",
    "]": ")",
}
"""What a person who typed such a character will have meant."""


class Alias(Record):
    """A function that is others: how many arguments it may have, and the tree of these."""

    counts: Collection[int]
    made: Callable[..., Expression]


NO_ALIASES: Mapping[str, Alias] = {}


def parse(
    text: str,
    names: Collection[str] = (),
    functions: Collection[str] = PUBLIC,
    aliases: Mapping[str, Alias] = NO_ALIASES,
) -> Expression:
    """The formula as a tree. `names` are the variables it may use, `aliases` functions by what they are in others.
    Raises FormulaError."""
    reader = Reader(names, frozenset({*functions, *aliases}) if aliases else functions, aliases)
    for token in tokens(text):
        reader.read(token)
    expression = reader.operands[0]
    if fold(expression, lambda node, bits: _bits(node, bits, len(text))) > LARGEST_WHOLE:
        raise FormulaError("the numbers of this formula are too large together", 0, len(text))
    return expression


class Pending(Record):
    """An operator, sign, parenthesis or function that waits for its right side."""

    head: str  # "(" for a parenthesis, a function's name for its parenthesis
    tightness: int
    token: Token
    arguments: int = 1  # of a function, begun so far

    @property
    def nests(self) -> bool:
        """Whether it is one of the levels that are limited; sums and products may be long."""
        return self.tightness in (OPENING, SIGN, POWER)


class Reader:
    """Reads token by token: `operands` have been read, `pending` waits for more (Dijkstra's shunting yard)."""

    def __init__(self, names: Collection[str], functions: Collection[str], aliases: Mapping[str, Alias]) -> None:
        self.aliases = aliases
        self.names = names
        self.functions = functions
        self.operands: list[Expression] = []
        self.pending: list[Pending] = []
        self.last = Token("start", "", 0, 0)
        self.levels = 0
        self.compared = 0

    def read(self, token: Token) -> None:
        """Takes one token, the one of kind "end" as the last."""
        last = self.last
        if last.kind == "name" and last.text in self.functions:
            if token.kind != "(":
                message = f"{last.text} takes its argument in parentheses: {last.text}(…)"
                raise FormulaError(message, last.start, last.end)
            self._push(Pending(last.text, OPENING, token))
        elif last.kind in ("number", "name", ")"):
            self._after_operand(token)
        else:
            self._before_operand(token)
        self.last = token

    def _before_operand(self, token: Token) -> None:
        if token.kind == "number":
            self.operands.append(Expression("number", value=token.text))
        elif token.kind == "name":
            if token.text in self.names or token.text in CONSTANTS:
                self.operands.append(name(token.text))
            elif token.text not in self.functions:
                raise FormulaError(self._unknown(token.text), token.start, token.end)
        elif token.kind in SIGNED:
            self._push(Pending(SIGNED[token.kind], SIGN, token))
        elif token.kind == "(":
            self._push(Pending("(", OPENING, token))
        else:
            raise self._missing(token)

    def _after_operand(self, token: Token) -> None:
        if token.kind in BINARY:
            self._reduce(BINARY[token.kind], from_the_right=token.kind == "^")
            self._push(Pending(token.kind, BINARY[token.kind], token))
        elif token.kind in (")", ","):
            self._reduce(OPENING + 1)
            self._close(token) if token.kind == ")" else self._begin_argument(token)
        elif token.kind == "end":
            self._reduce(OPENING + 1)
            if self.pending:
                opened = self.pending[-1].token
                raise FormulaError("this parenthesis is never closed", opened.start, opened.end)
        elif self.last.kind == "number" != token.kind:  # a product that is not written
            self._after_operand(Token("*", "", token.start, token.start))
            self._before_operand(token)
        else:
            raise FormulaError(_side_by_side(self.last, token), self.last.start, token.end)

    def _close(self, token: Token) -> None:
        if not self.pending:
            raise FormulaError("this parenthesis closes none", token.start, token.end)
        opened = self._pop()
        if opened.head == "(":
            return
        count = opened.arguments
        self._refuse_count(opened, count, token)
        if count > 1:
            self.compared += count * count
            if self.compared > MOST_COMPARED:
                message = "max and min of this formula have too many arguments; one of them may have 31"
                raise FormulaError(message, opened.token.start, token.end)
        self._apply(opened.head, count)

    def _refuse_count(self, opened: Pending, count: int, token: Token) -> None:
        alias, function = self.aliases.get(opened.head), FUNCTIONS.get(opened.head)
        if alias and count not in alias.counts:
            raise FormulaError(f"{opened.head} does not take {count} arguments", opened.token.start, token.end)
        is_few = function and count < function.fewest
        is_many = function and function.most is not None and count > function.most
        if function and not alias and (is_few or is_many):
            wanted = "one argument" if function.most == 1 else "two or more arguments"
            raise FormulaError(f"{opened.head} takes {wanted}, not {count}", opened.token.start, token.end)

    def _begin_argument(self, token: Token) -> None:
        opened = self.pending[-1] if self.pending else None
        if opened is None or opened.head == "(":
            raise FormulaError("a comma belongs between the arguments of a function", token.start, token.end)
        self.pending[-1] = opened._replace(arguments=opened.arguments + 1)

    def _reduce(self, tightness: int, from_the_right: bool = False) -> None:
        while self.pending and self.pending[-1].tightness >= tightness + from_the_right:
            done = self._pop()
            if done.head != "positive":
                self._apply(done.head, 1 if done.tightness == SIGN else 2)

    def _apply(self, head: str, count: int) -> None:
        parts = tuple(self.operands[-count:])
        del self.operands[-count:]
        alias = self.aliases.get(head)
        self.operands.append(alias.made(*parts) if alias else Expression(head, parts))

    def _push(self, pending: Pending) -> None:
        self.levels += pending.nests
        if self.levels > DEEPEST:
            raise FormulaError(f"a formula has at most {DEEPEST} levels", pending.token.start, pending.token.end)
        self.pending.append(pending)

    def _pop(self) -> Pending:
        done = self.pending.pop()
        self.levels -= done.nests
        return done

    def _missing(self, token: Token) -> FormulaError:
        if self.last.kind == "start":
            message = "the formula is empty" if token.kind == "end" else f'something is missing before "{token.text}"'
            return FormulaError(message, token.start, token.end)
        if self.last.kind == "(" and token.kind == ")":
            return FormulaError("there is nothing in these parentheses", self.last.start, token.end)
        if self.last.kind == "(" and token.kind == "end":
            return FormulaError("this parenthesis is never closed", self.last.start, self.last.end)
        return FormulaError(f'something is missing after "{self.last.text}"', self.last.start, self.last.end)

    def _unknown(self, text: str) -> str:
        variables = [*self.names, *CONSTANTS]
        near = " or ".join(f'"{name}"' for name in similar(text, [*variables, *sorted(self.functions)]))
        hint = f"did you mean {near}?" if near else f"known are {', '.join(variables)} and the functions"
        return f'unknown name "{_shown(text)}"; {hint}'


def _side_by_side(left: Token, right: Token) -> str:
    if left.kind == "name" and right.kind == "(":
        return f'"{_shown(left.text)}" is no function; to multiply, write "{_shown(left.text)}*("'
    if left.kind == right.kind == "number":
        return f'the number "{_shown(right.text)}" follows another directly; an operator is missing between them'
    return f'an operator is missing between "{_shown(left.text)}" and "{_shown(right.text)}"'


def _shown(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:38]}…"


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
            f"a formula has at most {LONGEST:,} characters, and this one has {len(text):,}; no option takes more: "
            "spread it over layers",
            LONGEST,
            len(text),
        )
    at = 0
    while (at := _after(text, at, SPACES)) < len(text):
        token = _token(text, at)
        yield token
        at = token.end
    yield Token("end", "", len(text), len(text))


def _token(text: str, start: int) -> Token:
    character = text[start]
    if character in DIGITS or (character == "." and text[start + 1 : start + 2] in DIGITS):
        return _number(text, start)
    if character.isidentifier():
        at = start
        while at < len(text) and ("_" + text[at]).isidentifier():
            at += 1
        return Token("name", text[start:at], start, at)
    if text.startswith("**", start):
        return Token("^", "**", start, start + 2)
    if character in SIGNS:
        return Token(character, character, start, start + 1)
    shown = character if character.isprintable() else f"\\u{ord(character):04x}"
    meant = f'; write "{MEANT[character]}"' if character in MEANT else ""
    raise FormulaError(f'"{shown}" has no place in a formula{meant}', start, start + 1)


def _number(text: str, start: int) -> Token:
    at = _after(text, start, DIGITS)
    if text[at : at + 1] == ".":
        at = _after(text, at + 1, DIGITS)
    if text[at : at + 1] in ("e", "E"):
        signed = at + 1 + (text[at + 1 : at + 2] in ("+", "-"))
        at = _after(text, signed, DIGITS) if text[signed : signed + 1] in DIGITS else at
    number = text[start:at].lower()
    value, short = float(number), number if len(number) <= 24 else f"{number[:10]}…{number[-10:]}"
    if value == inf:
        raise FormulaError(f"{short} is beyond the largest double", start, at)
    if value == 0.0 and any(digit in "123456789" for digit in number.partition("e")[0]):
        raise FormulaError(f"{short} is not zero but rounds to it", start, at)
    return Token("number", number, start, at)


def _after(text: str, at: int, characters: Collection[str]) -> int:
    while text[at : at + 1] in characters:
        at += 1
    return at


def _bits(node: Expression, bits: list[int], length: int) -> int:
    """The size of its numbers, multiplied out. Raises FormulaError at a power that is too large."""
    value = leaf_ratio(node)
    if value is not None:
        return value[0].bit_length() + value[1].bit_length()
    if node.head in OPAQUE or not bits:
        return 1
    exponent = rational(node.parts[1]) if node.head == "^" else None
    if exponent is None:
        return sum(bits)
    size = bits[0] * max(1, -(-abs(exponent[0]) // exponent[1]))
    if size > LARGEST_POWER:
        raise FormulaError("a power in this formula is too large", 0, length)
    return size


STEADY = 22  # digits that make the float64 the nearest one, but for constants that lie as close to the middle of two


def is_constant_text(text: str) -> bool:
    """Whether a text of a spec is meant as an exact constant; whether it has a value is for `constant` to find.

    It holds one of / * ^ ( or one of the names pi and e, and no number followed directly by a number or by e.
    """
    try:
        read = list(tokens(text))
    except FormulaError:
        return False
    is_more = any(token.kind in ("/", "*", "^", "(") or token.text in CONSTANTS for token in read)
    return is_more and not any(
        left.kind == "number" and (right.kind == "number" or right.text == "e") for left, right in zip(read, read[1:])
    )


def parse_constant(text: str) -> Expression:
    """An exact constant such as "1/3" or "sqrt(2)" as a formula without variables. Raises FormulaError."""
    read = list(tokens(text))
    for left, right in zip(read, read[1:]):
        if left.kind in ("+", "-") and right.kind in ("+", "-"):
            raise FormulaError(f'two signs follow one another: "{left.text}{right.text}"', left.start, right.end)
        if left.kind == "number" and right.text == "e":
            message = 'a number directly before e is easily misread; write "*" between them'
            raise FormulaError(message, left.start, right.end)
    return parse(text)


@lru_cache(maxsize=10_000)
def constant(text: str) -> float:
    """The float64 nearest to the constant's value. Raises FormulaError where it has none, or none in range."""
    expression = parse_constant(text)
    exact: Any = rational(expression)
    value: float
    try:
        if exact:
            value, zero = exact[0] / exact[1], not exact[0]
        else:
            from gradcalc.expressions import decimal_functions
            from gradcalc.expressions.compiled import evaluate

            exact = decimal_functions.settled(lambda: evaluate(expression, decimal_functions), STEADY)
            value, zero = float(exact), not exact
    except OverflowError:
        value, zero = inf, False
    except (DomainError, LimitError) as error:
        raise FormulaError(f"the constant has no value: {error}", 0, len(text)) from None
    if isinf(value):
        raise FormulaError("the constant is beyond the largest double", 0, len(text))
    if value == 0.0 and not zero:
        raise FormulaError("the constant is not zero but rounds to it", 0, len(text))
    return value
