"""Expressions as a person writes them in plain text: 2(y − t)·σ′(z_y), ½Σ(y − t)², Σ t ln(t/y), h1², ∂L/∂w1, δ_h2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.expressions.expression import Expression
from gradcalc.expressions.numerals import superscript
from gradcalc.expressions.numerals import text as numeral_text
from gradcalc.expressions.symbols import ADJOINT, TARGET, Symbol, is_derivative
from gradcalc.expressions.walk import (
    ATOM,
    LOOSE,
    POWER,
    PRODUCT,
    SUM,
    Rule,
    Written,
    decimal,
    divided,
    held,
    multiplied,
    negated,
    operated,
    plain_number,
    rational,
    scaled,
    subtracted,
    summed,
)

NAMES = {"pi": "π", "alpha": "α", "beta": "β", "delta": "δ", "eps": "ε"}
FUNCTIONS = {
    "sigmoid": "σ",
    "sigmoid_derivative": "σ′",
    "share": "softmax",
    "log_share": "log_softmax",
    "mean": "mean",
}
FRACTIONS = {"2": "½", "3": "⅓", "4": "¼", "5": "⅕", "6": "⅙", "8": "⅛"}
"""1/n as one sign, which stands before a sum: ½Σ(y − t)²."""
RAISED = frozenset("⁰¹²³⁴⁵⁶⁷⁸⁹")


class Unicode:
    """Numbers rounded to `digits`."""

    def __init__(self, digits: int = 6) -> None:
        self.digits = digits
        self.rules: dict[str, Rule] = {
            "number": lambda node, parts: _number(node.value),
            "ratio": lambda node, parts: _ratio(node.value),
            "name": lambda node, parts: Written(NAMES.get(node.value, node.value)),
            "+": lambda node, parts: summed(parts, self, " + ", " − ", "−"),
            "-": lambda node, parts: subtracted(parts, self, " − "),
            "negative": lambda node, parts: negated(parts[0], self, "−"),
            "*": lambda node, parts: multiplied(node, parts, self, _between),
            "/": lambda node, parts: self._quotient(node, parts),
            "^": lambda node, parts: self._power(parts),
            "abs": lambda node, parts: Written(
                f"abs({parts[0].text})" if "|" in parts[0].text else f"|{parts[0].text}|"
            ),
            "sqrt": lambda node, parts: Written(f"√{self._alone(parts[0])}", POWER),
            "log": lambda node, parts: self._logarithm(parts[0]),
            "exp": lambda node, parts: Written(f"e^{self._alone(parts[0])}", POWER),
            "expm1": lambda node, parts: Written(f"e^{self._alone(parts[0])} − 1", SUM),
            "sum": lambda node, parts: operated("Σ", " ", parts[0], self),
            "entries": lambda node, parts: operated("Σ", " ", parts[0], self),
            "over examples": lambda node, parts: Written(f"Σₑ {held(parts[0], PRODUCT, self)}", POWER, opens="Σ"),
            "cases": lambda node, parts: self._cases(*parts),
            "pull": lambda node, parts: _beside(self._transposed(parts[0]), held(parts[1], PRODUCT, self)),
            "outer": lambda node, parts: _beside(held(parts[0], PRODUCT, self), self._transposed(parts[1])),
            "inner": lambda node, parts: _beside(self._transposed(parts[0]), held(parts[1], PRODUCT, self)),
            "apply": lambda node, parts: Written(" ".join(held(part, PRODUCT, self) for part in parts), PRODUCT),
            "hadamard": lambda node, parts: Written(" ⊙ ".join(held(part, POWER, self) for part in parts), PRODUCT),
            "units": lambda node, parts: Written(f"{held(parts[0], ATOM, self)}[{node.value}]"),
            "entry": lambda node, parts: Written(f"{held(parts[0], ATOM, self)}{node.value.translate(LOWERED)}"),
            "concat": lambda node, parts: Written(f"[{'; '.join(part.text for part in parts)}]"),
            "matrix": lambda node, parts: Written(_matrix(node.value, [part.text for part in parts])),
            "identity": lambda node, parts: Written("I"),
            "ones": lambda node, parts: Written("1"),
            "top_share": lambda node, parts: Written(f"[{parts[0].text} = max({', '.join(p.text for p in parts)})]"),
            "partial": lambda node, parts: Written(f"∂{parts[0].text}/∂{parts[1].text}", PRODUCT),
            "=": lambda node, parts: Written(f"{parts[0].text} = {parts[1].text}", LOOSE),
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
        if is_derivative(symbol):
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

    def _quotient(self, node: Expression, parts: Sequence[Written]) -> Written:
        above, below = parts
        fraction = FRACTIONS.get(below.text) if node.parts[1].head == "number" else None
        space = " " if above.text.lstrip("−").startswith("ln") else ""
        before = scaled(above, fraction + space, self, "−") if fraction else None
        return before or divided(above, below, self, "/")

    def _power(self, parts: Sequence[Written]) -> Written:
        base, exponent = held(parts[0], ATOM, self), parts[1].text
        plain = exponent.lstrip("−").isdecimal()
        return Written(base + (superscript(exponent) if plain else f"^{self._alone(parts[1])}"), POWER)

    def _logarithm(self, part: Written) -> Written:
        """ln y, ln softmax(y), ln(t/y)."""
        if part.binds < ATOM:
            return Written(f"ln({part.text})")
        return Written(f"ln {part.text}", POWER, opens="ln")

    def _cases(self, above: Written, below: Written, of: Written) -> Written:
        return Written(f"{held(above, SUM, self)} if {held(of, SUM, self)} > 0 else {below.text}", LOOSE)

    def _alone(self, part: Written) -> str:
        """An operand behind ^ or √: only what has no parts stands without parentheses."""
        alone = part.binds == ATOM and ("(" not in part.text or part.text.startswith("|"))
        return part.text if alone else f"({part.text})"

    def _transposed(self, part: Written) -> str:
        return f"{held(part, ATOM, self)}ᵀ"


LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def _number(text: str) -> Written:
    figures, exponent = plain_number(text)
    if exponent is None:
        return Written(figures)
    power = f"10{superscript(exponent)}"
    return Written(power, POWER) if figures == "1" else Written(f"{figures}×{power}", PRODUCT)


def _ratio(value: tuple[int, int]) -> Written:
    """½, 1.702, 1/7."""
    return rational(value, _fraction, "−")


def _fraction(above: str, below: str) -> str:
    if above == "1" and below in FRACTIONS:
        return FRACTIONS[below]
    return decimal((int(above), int(below))) or f"{above}/{below}"


def _between(factor: Expression, before: str, after: str) -> str:
    """2x, 2(y − t), y(1 − y), t ln y; a dot between any two others."""
    if after.startswith(("ln ", "ln(")):
        return "·" if factor.head == "figure" else " "
    number = before.lstrip("−")
    if factor.head != "figure" and (number.replace(".", "").isdecimal() or number in FRACTIONS.values()):
        beside = after[0] in ("|√Σ" if "." in number else "(|√Σ") or (after[0].isalpha() and after[0] not in "eE")
        return "" if beside else "·"
    named = factor.head in ("name", "symbol") and not before.endswith(")") and "/" not in before
    opens = after.startswith("(") and not after.startswith("(−")
    return "" if opens and (named or before[-1] in RAISED) else "·"


def _size(text: str) -> str:
    """|x|; around another |x| in letters, for bars do not say which of them opens."""
    return f"abs({text})" if "|" in text else f"|{text}|"


def _beside(left: str, right: str) -> Written:
    return Written(f"{left} {right}", PRODUCT)


def _place(symbol: Symbol) -> str:
    """The example in parentheses on high, the unit or entry in brackets."""
    example = "" if symbol.example is None else f"⁽{superscript(symbol.example).replace('e', 'ᵉ')}⁾"
    return example + (f"[{','.join(map(str, symbol.place))}]" if symbol.place else "")


def _matrix(columns: int, entries: Sequence[str]) -> str:
    """[a, b; c, d]; with 0 columns a vector, (a, b)."""
    if not columns:
        return f"({', '.join(entries)})"
    rows = [entries[start : start + columns] for start in range(0, len(entries), columns)]
    return f"[{'; '.join(map(', '.join, rows))}]"
