"""Expressions as a person writes them in plain text: 2(y − t)·σ′(z_y), ½Σ(y − t)², Σ t ln(t/y), h1², ∂L/∂w1, δ_h2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from gradcalc.expressions.expression import ADJOINT, TARGET, Expression, Symbol, decimal_text, is_derivative
from gradcalc.expressions.numerals import superscript
from gradcalc.expressions.numerals import text as numeral_text
from gradcalc.expressions.walk import ATOM, POWER, PRODUCT, Fragment, Mathematics, Rule, rows_of

NAMES = {"pi": "π", "alpha": "α", "beta": "β", "delta": "δ", "eps": "ε"}
FUNCTIONS = {"sigmoid": "σ", "sigmoid_derivative": "σ′", "share": "softmax", "log_share": "log_softmax"}
FRACTIONS = {"2": "½", "3": "⅓", "4": "¼", "5": "⅕", "6": "⅙", "8": "⅛"}
"""1/n as one sign, which stands before a sum: ½Σ(y − t)²."""
RAISED = frozenset("⁰¹²³⁴⁵⁶⁷⁸⁹")
LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class Unicode(Mathematics):
    """Plain text."""

    minus, sign = " − ", "−"
    rules: ClassVar[dict[str, Rule]] = {
        **Mathematics.rules,
        "over examples": lambda self, node, parts: Fragment(f"Σₑ {self.held(parts[0], PRODUCT)}", POWER, opens="Σ"),
    }

    def symbol(self, symbol: Symbol) -> str:
        """w1[0,1], h1⁽²⁾[0], z_h1, δ_h1, ∂L/∂h1, σ′(z_h1)."""
        letter, name = symbol.letter, symbol.name
        if letter == TARGET and not name:
            return f"t{_place(symbol)}"
        if letter == "":
            return f"{name}{_place(symbol)}"
        if letter.startswith(ADJOINT):
            return f"∂{letter[1:] or 'L'}/∂{name}{_place(symbol)}"
        if is_derivative(symbol):
            return f"{letter}(z_{name}{_place(symbol)})"
        return f"{letter}_{name}{_place(symbol)}"

    def figure(self, number: Any) -> str:
        """A number rounded."""
        return numeral_text(number, self.digits)

    def call(self, function: str, arguments: Sequence[str]) -> str:
        """tanh(z)."""
        return super().call(FUNCTIONS.get(function, function), arguments)

    def name(self, text: str) -> str:
        """alpha as α."""
        return NAMES.get(text, text)

    def number(self, figures: str, exponent: int | None) -> Fragment:
        """2×10⁻³."""
        if exponent is None:
            return Fragment(figures)
        power = f"10{superscript(exponent)}"
        return Fragment(power, POWER) if figures == "1" else Fragment(f"{figures}×{power}", PRODUCT)

    def ratio(self, above: str, below: str) -> str:
        """½, 1.702, 1/7."""
        if above == "1" and below in FRACTIONS:
            return FRACTIONS[below]
        return decimal_text((int(above), int(below))) or f"{above}/{below}"

    def between(self, factor: Expression, before: str, after: str) -> str:
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

    def quotient(self, node: Expression, above: Fragment, below: Fragment) -> Fragment:
        """a/b; below a sum one sign before it: ½Σ."""
        fraction = FRACTIONS.get(below.text) if node.parts[1].head == "number" else None
        space = " " if above.text.lstrip("−").startswith("ln") else ""
        before = self.scaled(above, fraction + space) if fraction else None
        return before or self.divided(above, below)

    def power(self, base: Fragment, exponent: Fragment) -> Fragment:
        """h1², x^a, 2^(x + 1)."""
        plain = exponent.text.lstrip("−").isdecimal()
        raised = superscript(exponent.text) if plain else f"^{self._alone(exponent)}"
        return Fragment(self.held(base, ATOM) + raised, POWER)

    def size(self, text: str) -> Fragment:
        """|x|; around another |x| in letters, for bars do not tell which of them opens."""
        return Fragment(f"abs({text})" if "|" in text else f"|{text}|")

    def root(self, part: Fragment) -> Fragment:
        """√x."""
        return Fragment(f"√{self._alone(part)}", POWER)

    def exponential(self, part: Fragment) -> str:
        """e^x."""
        return f"e^{self._alone(part)}"

    def logarithm(self, part: Fragment) -> Fragment:
        """ln y, ln softmax(y), ln(t/y)."""
        return Fragment(f"ln({part.text})") if part.binds < ATOM else Fragment(f"ln {part.text}", POWER, opens="ln")

    def cases(self, above: Fragment, below: Fragment, of: str, is_larger: bool, other: str) -> Fragment:
        """{1 if x > 0, else 0}"""
        return Fragment(f"{{{above.text} if {of} {'>' if is_larger else '<'} {other}, else {below.text}}}")

    def partial(self, above: str, below: str) -> str:
        """∂z/∂w."""
        return f"∂{above}/∂{below}"

    def transposed(self, part: Fragment) -> str:
        """Wᵀ."""
        return f"{self.held(part, ATOM)}ᵀ"

    def units(self, part: Fragment, place: str) -> Fragment:
        """h1[0:2]."""
        return Fragment(f"{self.held(part, ATOM)}[{place}]")

    def entry(self, part: Fragment, place: str) -> Fragment:
        """softmax(y)₀."""
        return Fragment(self.held(part, ATOM) + place.translate(LOWERED))

    def matrix(self, columns: int, entries: Sequence[str]) -> str:
        """[a, b; c, d]; with 0 columns a vector, [a; b]."""
        return f"[{'; '.join(map(', '.join, rows_of(columns or 1, entries)))}]"

    def _alone(self, part: Fragment) -> str:
        """An operand behind ^ or √: only what has no parts stands without parentheses."""
        alone = part.binds == ATOM and ("(" not in part.text or part.text.startswith("|"))
        return part.text if alone else f"({part.text})"


def _place(symbol: Symbol) -> str:
    """The example in parentheses on high, the unit or entry in brackets."""
    example = "" if symbol.example is None else f"⁽{superscript(symbol.example).replace('e', 'ᵉ')}⁾"
    return example + (f"[{','.join(map(str, symbol.place))}]" if symbol.place else "")
