"""Expressions in MathML Core, which browsers draw without a script."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcalc.expressions.expression import ADJOINT, TARGET, Expression, Symbol, is_derivative
from gradcalc.expressions.numerals import numeral
from gradcalc.expressions.print_unicode import FUNCTIONS, NAMES
from gradcalc.expressions.walk import ATOM, POWER, PRODUCT, Fragment, Mathematics, rows_of

MINUS, DOT, TIMES = "<mo>−</mo>", "<mo>⋅</mo>", "<mo>&#x2062;</mo>"


class MathML(Mathematics):
    """`escape` makes a name safe in HTML."""

    plus, minus, sign = "<mo>+</mo>", MINUS, MINUS
    equals, semicolon, space, beside, applied = "<mo>=</mo>", "<mo>;</mo>", "", "", TIMES
    circle, one = "<mo>⊙</mo>", "<mn>1</mn>"
    identity, ones, brackets = "<mi>I</mi>", "<mn>𝟏</mn>", ("<mo>[</mo>", "<mo>]</mo>")
    sigma, sigma_of_examples = "<mo>∑</mo>", "<munder><mo>∑</mo><mi>e</mi></munder>"

    def __init__(self, digits: int, escape: Callable[[str], str]) -> None:
        super().__init__(digits)
        self.escape = escape

    def symbol(self, symbol: Symbol) -> str:
        letter, name = symbol.letter, symbol.name
        if letter.startswith(ADJOINT):
            of = letter[1:] or "L"
            whole = "<mo>∑</mo>" * (of[0] == "Σ") + self._variable(of.removeprefix("Σ"))
            return _fraction(f"<mi>∂</mi>{whole}", f"<mi>∂</mi>{self._placed(self._variable(name), symbol)}")
        if is_derivative(symbol):
            function = self.escape(letter.removesuffix("′"))
            inner = self._below("z", name, symbol)
            return f"<mrow><msup><mi>{function}</mi><mo>′</mo></msup><mo>(</mo>{inner}<mo>)</mo></mrow>"
        if letter == "":
            return self._placed(self._variable(name), symbol)
        if letter == TARGET and not name:
            return self._placed("<mi>t</mi>", symbol)
        return self._below(letter, name, symbol)

    def figure(self, number: Any) -> str:
        found = numeral(number, self.digits)
        figures = f"<mn>{found.whole}{'.' if found.fraction else ''}{found.fraction}</mn>"
        sign = MINUS if found.negative else ""
        if found.exponent is None:
            return sign + figures
        return f"{sign}{figures}<mo>×</mo><msup><mn>10</mn><mn>{found.exponent}</mn></msup>".replace(">-", ">−")

    def call(self, function: str, arguments: Sequence[str]) -> str:
        inside = "<mo>,</mo>".join(arguments)
        return f"<mrow><mi>{self.escape(FUNCTIONS.get(function, function))}</mi><mo>(</mo>{inside}<mo>)</mo></mrow>"

    def enclosed(self, text: str) -> str:
        return f"<mrow><mo>(</mo>{text}<mo>)</mo></mrow>"

    def name(self, text: str) -> str:
        return self._variable(NAMES.get(text, text))

    def number(self, figures: str, exponent: int | None) -> Fragment:
        if exponent is None:
            return Fragment(f"<mn>{figures}</mn>")
        power = f"<msup><mn>10</mn><mn>{exponent}</mn></msup>".replace(">-", ">−")
        return Fragment(power, POWER) if figures == "1" else Fragment(f"<mn>{figures}</mn><mo>×</mo>{power}", PRODUCT)

    def ratio(self, above: str, below: str) -> str:
        return f"<mfrac><mn>{above}</mn><mn>{below}</mn></mfrac>"

    def between(self, factor: Expression, before: str, after: str) -> str:
        number = factor.head in ("number", "ratio") and not after.startswith("<mn>")
        return TIMES if after.startswith("<mrow><mo>(") or number else DOT

    def quotient(self, node: Expression, above: Fragment, below: Fragment) -> Fragment:
        number = node.parts[1].value if node.parts[1].head == "number" else ""
        before = self.scaled(above, self.ratio("1", number)) if number.isdecimal() else None
        return before or Fragment(_fraction(above.text, below.text), PRODUCT)

    def power(self, base: Fragment, exponent: Fragment) -> Fragment:
        return Fragment(f"<msup>{self._row(base)}<mrow>{exponent.text}</mrow></msup>", POWER)

    def size(self, text: str) -> Fragment:
        return Fragment(f"<mrow><mo>|</mo>{text}<mo>|</mo></mrow>")

    def root(self, part: Fragment) -> Fragment:
        return Fragment(f"<msqrt>{part.text}</msqrt>")

    def exponential(self, part: Fragment) -> str:
        return f"<msup><mi>e</mi><mrow>{part.text}</mrow></msup>"

    def logarithm(self, part: Fragment) -> Fragment:
        name = "<mi>ln</mi><mo>&#x2061;</mo>"
        if part.binds < ATOM:
            return Fragment(f"<mrow>{name}{self.enclosed(part.text)}</mrow>")
        return Fragment(f"<mrow>{name}{part.text}</mrow>", POWER, opens="ln")

    def cases(self, above: Fragment, below: Fragment, of: str, is_larger: bool, other: str) -> Fragment:
        sign = "&gt;" if is_larger else "&lt;"
        first = f"<mtr><mtd>{above.text}</mtd><mtd>{of}<mo>{sign}</mo>{other}</mtd></mtr>"
        second = f"<mtr><mtd>{below.text}</mtd><mtd><mtext>else</mtext></mtd></mtr>"
        return Fragment(f"<mrow><mo>{{</mo><mtable>{first}{second}</mtable></mrow>")

    def partial(self, above: str, below: str) -> str:
        return _fraction(f"<mo>∂</mo>{above}", f"<mo>∂</mo>{below}")

    def transposed(self, part: Fragment) -> str:
        return f"<msup>{self._row(part)}<mi>T</mi></msup>"

    def units(self, part: Fragment, place: str) -> Fragment:
        return Fragment(f"<msub>{self._row(part)}<mrow><mo>[</mo><mtext>{place}</mtext><mo>]</mo></mrow></msub>")

    def entry(self, part: Fragment, place: str) -> Fragment:
        return Fragment(f"<msub>{self._row(part)}<mn>{place}</mn></msub>")

    def matrix(self, columns: int, entries: Sequence[str]) -> str:
        rows = ("".join(f"<mtd>{entry}</mtd>" for entry in row) for row in rows_of(columns or 1, entries))
        table = "".join(f"<mtr>{row}</mtr>" for row in rows)
        return f"<mrow><mo>(</mo><mtable>{table}</mtable><mo>)</mo></mrow>"

    def _variable(self, name: str) -> str:
        stem = name.rstrip("0123456789")
        if stem and stem != name:
            return f"<msub><mi>{self.escape(stem.rstrip('_'))}</mi><mn>{name[len(stem) :]}</mn></msub>"
        first, _, rest = name.partition("_")
        if first and rest:
            return f"<msub><mi>{self.escape(first)}</mi><mi>{self.escape(rest)}</mi></msub>"
        return f"<mi>{self.escape(name)}</mi>"

    def _placed(self, text: str, symbol: Symbol) -> str:
        if symbol.place:
            text = f"<mrow>{text}<mo>[</mo><mtext>{','.join(map(str, symbol.place))}</mtext><mo>]</mo></mrow>"
        if symbol.example is None:
            return text
        return f"<msup><mrow>{text}</mrow><mrow><mo>(</mo><mi>{symbol.example}</mi><mo>)</mo></mrow></msup>"

    def _below(self, letter: str, name: str, symbol: Symbol) -> str:
        return self._placed(f"<msub><mi>{self.escape(letter)}</mi>{self._variable(name)}</msub>", symbol)

    def _row(self, part: Fragment) -> str:
        return f"<mrow>{self.held(part, ATOM)}</mrow>"


def _fraction(above: str, below: str) -> str:
    return f"<mfrac><mrow>{above}</mrow><mrow>{below}</mrow></mfrac>"
