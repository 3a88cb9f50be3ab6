"""The grammar of formulas: precedence as in mathematics, read with a stack of our own, so that no depth is a danger.

From loose to tight: + −; * / and the product that is not written; the sign; ^ and **, from the right. So −x^2 is
−(x^2), 2^−x is 2^(−x), 2x^2 is 2·(x^2), and 1/2x is (1/2)·x: a product that is not written binds like one that is,
as in most calculators and programming languages.
"""

from __future__ import annotations

from collections.abc import Collection

from gradcalc.formulas.errors import FormulaError
from gradcalc.formulas.expression import CONSTANTS, Expression, name
from gradcalc.formulas.functions import FUNCTIONS, PUBLIC
from gradcalc.formulas.size import check_size
from gradcalc.formulas.tokens import Token, tokens
from gradcalc.records import Record

DEEPEST = 200
BINARY = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4}
SIGN, POWER = 3, 4
OPENING = 0
"""How tightly an open parenthesis holds what is in it: not at all, so that nothing reaches out of it."""
SIGNED = {"+": "positive", "-": "negative"}


def parse(text: str, names: Collection[str] = (), functions: Collection[str] = PUBLIC) -> Expression:
    """The formula as a tree. `names` are the variables it may use. Raises FormulaError."""
    reader = Reader(names, functions)
    for token in tokens(text):
        reader.read(token)
    expression = reader.operands[0]
    check_size(expression, len(text))
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

    def __init__(self, names: Collection[str], functions: Collection[str]) -> None:
        self.names = names
        self.functions = functions
        self.operands: list[Expression] = []
        self.pending: list[Pending] = []
        self.last = Token("start", "", 0, 0)
        self.levels = 0

    def read(self, token: Token) -> None:
        """Takes one token, the one of kind "end" as the last."""
        if self._called(token):
            self._push(Pending(self.last.text, OPENING, token))
        elif self.last.kind in ("number", "name", ")"):
            self._after_operand(token)
        else:
            self._before_operand(token)
        self.last = token

    def _called(self, token: Token) -> bool:
        last = self.last
        if last.kind != "name" or last.text not in self.functions:
            return False
        if token.kind != "(":
            raise FormulaError(f"{last.text} takes its argument in parentheses: {last.text}(…)", last.start, last.end)
        return True

    def _before_operand(self, token: Token) -> None:
        if token.kind == "number":
            self.operands.append(Expression("number", value=token.text))
        elif token.kind == "name":
            self._name(token)
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
            self._end()
        else:
            self._multiply_by(token)

    def _name(self, token: Token) -> None:
        if token.text in self.functions:
            return
        if token.text not in self.names and token.text not in CONSTANTS:
            raise FormulaError(self._unknown(token.text), token.start, token.end)
        self.operands.append(name(token.text))

    def _multiply_by(self, token: Token) -> None:
        if self.last.kind != "number" or token.kind == "number":
            raise FormulaError(_side_by_side(self.last, token), self.last.start, token.end)
        self._after_operand(Token("*", "", token.start, token.start))
        self._before_operand(token)

    def _close(self, token: Token) -> None:
        if not self.pending:
            raise FormulaError("this parenthesis closes none", token.start, token.end)
        opened = self._pop()
        if opened.head != "(":
            self._call(opened, token)

    def _call(self, opened: Pending, token: Token) -> None:
        function, count = FUNCTIONS[opened.head], opened.arguments
        if count < function.fewest or (function.most is not None and count > function.most):
            wanted = "one argument" if function.most == 1 else "two or more arguments"
            raise FormulaError(f"{opened.head} takes {wanted}, not {count}", opened.token.start, token.end)
        self._apply(opened.head, count)

    def _begin_argument(self, token: Token) -> None:
        opened = self.pending[-1] if self.pending else None
        if opened is None or opened.head == "(":
            raise FormulaError("a comma belongs between the arguments of a function", token.start, token.end)
        self.pending[-1] = opened._replace(arguments=opened.arguments + 1)

    def _end(self) -> None:
        if self.pending:
            opened = self.pending[-1].token
            raise FormulaError("this parenthesis is never closed", opened.start, opened.end)

    def _reduce(self, tightness: int, from_the_right: bool = False) -> None:
        while self.pending and self.pending[-1].tightness >= tightness + from_the_right:
            done = self._pop()
            if done.head != "positive":
                self._apply(done.head, 1 if done.tightness == SIGN else 2)

    def _apply(self, head: str, count: int) -> None:
        parts = tuple(self.operands[-count:])
        del self.operands[-count:]
        self.operands.append(Expression(head, parts))

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
        from difflib import get_close_matches

        known = [*self.names, *CONSTANTS, *sorted(self.functions)]
        near = get_close_matches(text, known, 1)
        variables = ", ".join([*self.names, *CONSTANTS])
        return f'unknown name "{_shown(text)}"; ' + (
            f'did you mean "{near[0]}"?' if near else f"known are {variables} and the functions"
        )


def _side_by_side(left: Token, right: Token) -> str:
    if left.kind == "name" and right.kind == "(":
        return f'"{_shown(left.text)}" is no function; to multiply, write "{_shown(left.text)}*("'
    if left.kind == right.kind == "number":
        return f'the number "{_shown(right.text)}" follows another directly; an operator is missing between them'
    return f'an operator is missing between "{_shown(left.text)}" and "{_shown(right.text)}"'


def _shown(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:38]}…"
