"""Expressions as a person writes them in plain text: 2(y − t)·σ′(z_y), h1², ∂L/∂w1, δ_h2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from gradcalc.expressions.numerals import superscript
from gradcalc.expressions.numerals import text as numeral_text
from gradcalc.formulas.expression import Expression
from gradcalc.writing.symbols import ADJOINT, TARGET, Symbol, is_slope
from gradcalc.writing.walk import ATOM, POWER, PRODUCT, SIGN, SUM, Written, held, summed, write

if TYPE_CHECKING:
    from gradcalc.report.report import Line

CONSTANTS = {"pi": "π", "alpha": "α", "beta": "β", "delta": "δ", "eps": "ε"}
FUNCTIONS = {"sigmoid": "σ", "log": "ln", "sqrt": "√", "share": "softmax", "log_share": "log_softmax"}
SIMPLE_POWERS = 9


class Unicode:
    """Numbers rounded to `digits`."""

    def __init__(self, digits: int = 6) -> None:
        self.digits = digits
        self.rules: dict[str, Callable[[Expression, Sequence[Written]], Written]] = {
            "number": lambda node, parts: Written(node.value),
            "ratio": lambda node, parts: Written("/".join(map(str, node.value)), PRODUCT),
            "name": lambda node, parts: Written(CONSTANTS.get(node.value, node.value)),
            "+": lambda node, parts: summed(parts, " + ", " − ", "−"),
            "-": lambda node, parts: Written(f"{parts[0].text} − {held(parts[1], PRODUCT, self)}", SUM),
            "negative": lambda node, parts: Written(f"−{held(parts[0], PRODUCT, self)}", SIGN, True),
            "*": lambda node, parts: self._product(parts),
            "/": lambda node, parts: Written(f"{held(parts[0], PRODUCT, self)}/{held(parts[1], POWER, self)}", PRODUCT),
            "^": lambda node, parts: self._power(parts),
            "abs": lambda node, parts: Written(f"|{parts[0].text}|"),
            "exp": lambda node, parts: self._exponential(parts[0]),
            "expm1": lambda node, parts: Written(f"{self._exponential(parts[0]).text} − 1", SUM),
            "cases": lambda node, parts: Written(f"{parts[0].text} if {parts[2].text} > 0 else {parts[1].text}", SUM),
            "pull": lambda node, parts: _beside(self._transposed(parts[0]), held(parts[1], PRODUCT, self)),
            "outer": lambda node, parts: _beside(held(parts[0], PRODUCT, self), self._transposed(parts[1])),
            "inner": lambda node, parts: _beside(self._transposed(parts[0]), held(parts[1], PRODUCT, self)),
            "entries": lambda node, parts: Written(f"Σ {held(parts[0], PRODUCT, self)}", PRODUCT),
            "apply": lambda node, parts: Written(" ".join(held(part, PRODUCT, self) for part in parts), PRODUCT),
            "hadamard": lambda node, parts: Written(" ⊙ ".join(held(part, POWER, self) for part in parts), PRODUCT),
            "units": lambda node, parts: Written(f"{held(parts[0], ATOM, self)}[{node.value}]"),
            "concat": lambda node, parts: Written(f"[{'; '.join(part.text for part in parts)}]"),
            "diag": lambda node, parts: Written(f"diag({parts[0].text})"),
            "identity": lambda node, parts: Written("I"),
            "ones": lambda node, parts: Written("1"),
            "mean of": lambda node, parts: Written(f"mean({parts[0].text})"),
            "top_share": lambda node, parts: Written(f"[{parts[0].text} = max({', '.join(p.text for p in parts)})]"),
            "=": lambda node, parts: Written(f"{parts[0].text} = {parts[1].text}", SUM),
            "over examples": lambda node, parts: Written(f"Σₑ {held(parts[0], PRODUCT, self)}", SUM),
        }

    def symbol(self, symbol: Symbol) -> str:
        """w1[0,1], h1⁽²⁾[0], z_h1, δ_h1, ∂L/∂h1, σ′(z_h1)."""
        letter, name = symbol.letter, symbol.name
        if letter == TARGET and not name:
            return f"t{_place(symbol)}"
        if letter == "":
            return f"{name}{_place(symbol)}"
        if letter == ADJOINT:
            return f"∂L/∂{name}{_place(symbol)}"
        if is_slope(symbol):
            return f"{letter}(z_{name}{_place(symbol)})"
        return f"{letter}_{name}{_place(symbol)}"

    def figure(self, number: Any) -> str:
        """A number rounded."""
        return numeral_text(number, self.digits)

    def call(self, function: str, arguments: Sequence[str]) -> str:
        """tanh(z)."""
        return f"{FUNCTIONS.get(function, function)}({', '.join(arguments)})"

    def enclosed(self, text: str) -> str:
        """In parentheses."""
        return f"({text})"

    def _product(self, parts: Sequence[Written]) -> Written:
        texts = [held(part, PRODUCT, self) for part in parts]
        line = texts[0]
        for before, after in zip(texts, texts[1:]):
            decimal = "." in before and before[-1:].isdigit()
            touches = after.startswith("(") and not before.endswith(")") and not decimal
            line += after if touches else f"·{after}"
        return Written(line, PRODUCT)

    def _transposed(self, part: Written) -> str:
        return f"{held(part, ATOM, self)}ᵀ"

    def _power(self, parts: Sequence[Written]) -> Written:
        base, exponent = held(parts[0], ATOM, self), parts[1].text
        plain = exponent.lstrip("−").isdigit()
        return Written(base + (superscript(exponent) if plain else f"^{held(parts[1], ATOM, self)}"), POWER)

    def _exponential(self, exponent: Written) -> Written:
        short = exponent.binds == ATOM and "(" not in exponent.text
        return Written(f"e^{exponent.text}" if short else f"e^({exponent.text})", POWER)


def _beside(left: str, right: str) -> Written:
    return Written(f"{left} {right}", PRODUCT)


def _place(symbol: Symbol) -> str:
    """The example in parentheses on high, the unit or entry in brackets."""
    example = "" if symbol.example is None else f"⁽{superscript(symbol.example).replace('e', 'ᵉ')}⁾"
    return example + (f"[{','.join(map(str, symbol.place))}]" if symbol.place else "")


def line_cells(line: Line, notation: Unicode) -> list[Any]:
    """The cells of a line of a derivation: left, right, value, reason."""
    parts = (line.left, line.right, line.reason)
    left, right, reason = (part if isinstance(part, str) else write(part, notation) for part in parts)
    return [left, right, line.value, reason]
