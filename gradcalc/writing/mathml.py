"""Expressions in MathML Core, which browsers draw without a script."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcalc.expressions.numerals import numeral
from gradcalc.formulas.expression import Expression
from gradcalc.writing.symbols import ADJOINT, TARGET, Symbol, is_slope
from gradcalc.writing.walk import ATOM, POWER, PRODUCT, SIGN, SUM, Written, held, summed

CONSTANTS = {"pi": "π", "alpha": "α", "beta": "β", "delta": "δ", "eps": "ε"}
FUNCTIONS = {
    "sigmoid": "σ",
    "log": "ln",
    "share": "softmax",
    "log_share": "log_softmax",
    "top_share": "top",
    "mean of": "mean",
}
MINUS, DOT, TIMES = "<mo>−</mo>", "<mo>⋅</mo>", "<mo>&#x2062;</mo>"


class MathML:
    """Numbers rounded to `digits`; `escape` makes a name safe in HTML."""

    def __init__(self, digits: int, escape: Callable[[str], str]) -> None:
        self.digits = digits
        self.escape = escape
        self.rules: dict[str, Callable[[Expression, Sequence[Written]], Written]] = {
            "number": lambda node, parts: Written(_plain(node.value)),
            "ratio": lambda node, parts: Written(_fraction(*(f"<mn>{number}</mn>" for number in node.value)), PRODUCT),
            "name": lambda node, parts: Written(f"<mi>{CONSTANTS.get(node.value, node.value)}</mi>"),
            "+": lambda node, parts: summed(parts, "<mo>+</mo>", MINUS, MINUS),
            "-": lambda node, parts: Written(f"{parts[0].text}{MINUS}{held(parts[1], PRODUCT, self)}", SUM),
            "negative": lambda node, parts: Written(MINUS + held(parts[0], PRODUCT, self), SIGN, True),
            "*": lambda node, parts: self._product(parts),
            "/": lambda node, parts: Written(_fraction(parts[0].text, parts[1].text), PRODUCT),
            "^": lambda node, parts: Written(f"<msup>{self._row(parts[0])}<mrow>{parts[1].text}</mrow></msup>", POWER),
            "abs": lambda node, parts: Written(f"<mrow><mo>|</mo>{parts[0].text}<mo>|</mo></mrow>"),
            "sqrt": lambda node, parts: Written(f"<msqrt>{parts[0].text}</msqrt>"),
            "exp": lambda node, parts: Written(_exponential(parts[0]), POWER),
            "expm1": lambda node, parts: Written(f"{_exponential(parts[0])}{MINUS}<mn>1</mn>", SUM),
            "cases": lambda node, parts: Written(_cases(*(part.text for part in parts))),
            "pull": lambda node, parts: Written(self._transposed(parts[0]) + held(parts[1], PRODUCT, self), PRODUCT),
            "outer": lambda node, parts: Written(held(parts[0], PRODUCT, self) + self._transposed(parts[1]), PRODUCT),
            "inner": lambda node, parts: Written(self._transposed(parts[0]) + held(parts[1], PRODUCT, self), PRODUCT),
            "entries": lambda node, parts: Written(f"<mo>∑</mo>{held(parts[0], PRODUCT, self)}", PRODUCT),
            "apply": lambda node, parts: Written(TIMES.join(held(part, PRODUCT, self) for part in parts), PRODUCT),
            "hadamard": lambda node, parts: self._joined("<mo>⊙</mo>", parts),
            "units": lambda node, parts: Written(
                f"<msub>{self._row(parts[0])}<mrow><mo>[</mo><mtext>{node.value}</mtext><mo>]</mo></mrow></msub>"
            ),
            "concat": lambda node, parts: Written(f"<mo>[</mo>{'<mo>;</mo>'.join(p.text for p in parts)}<mo>]</mo>"),
            "identity": lambda node, parts: Written("<mi>I</mi>"),
            "ones": lambda node, parts: Written("<mn>𝟏</mn>"),
            "top_share": lambda node, parts: Written(
                f"<mo>[</mo>{parts[0].text}<mo>=</mo>{self.call('max', [part.text for part in parts])}<mo>]</mo>"
            ),
            "=": lambda node, parts: Written(f"{parts[0].text}<mo>=</mo>{parts[1].text}", SUM),
            "over examples": lambda node, parts: Written(
                f"<munder><mo>∑</mo><mi>e</mi></munder>{held(parts[0], PRODUCT, self)}", SUM
            ),
        }

    def symbol(self, symbol: Symbol) -> str:
        """A letter with what stands below and above it."""
        letter, name = symbol.letter, symbol.name
        if letter == ADJOINT:
            return _fraction("<mi>∂</mi><mi>L</mi>", f"<mi>∂</mi>{self._placed(self._name(name), symbol)}")
        if is_slope(symbol):
            function = self.escape(letter.removesuffix("′"))
            inner = self._below("z", name, symbol)
            return f"<mrow><msup><mi>{function}</mi><mo>′</mo></msup><mo>(</mo>{inner}<mo>)</mo></mrow>"
        if letter == "":
            return self._placed(self._name(name), symbol)
        if letter == TARGET and not name:
            return self._placed("<mi>t</mi>", symbol)
        return self._below(letter, name, symbol)

    def figure(self, number: Any) -> str:
        """A number rounded."""
        found = numeral(number, self.digits)
        figures = f"<mn>{found.whole}{'.' if found.fraction else ''}{found.fraction}</mn>"
        sign = MINUS if found.negative else ""
        if found.exponent is None:
            return sign + figures
        return f"{sign}{figures}<mo>×</mo><msup><mn>10</mn><mn>{found.exponent}</mn></msup>".replace(">-", ">−")

    def call(self, function: str, arguments: Sequence[str]) -> str:
        """A function at its arguments."""
        inside = "<mo>,</mo>".join(arguments)
        return f"<mrow><mi>{self.escape(FUNCTIONS.get(function, function))}</mi><mo>(</mo>{inside}<mo>)</mo></mrow>"

    def enclosed(self, text: str) -> str:
        """In parentheses."""
        return f"<mrow><mo>(</mo>{text}<mo>)</mo></mrow>"

    def _name(self, name: str) -> str:
        """h12 with its number below."""
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
        return self._placed(f"<msub><mi>{self.escape(letter)}</mi>{self._name(name)}</msub>", symbol)

    def _product(self, parts: Sequence[Written]) -> Written:
        texts = [held(part, PRODUCT, self) for part in parts]
        line = texts[0]
        for text in texts[1:]:
            line += (TIMES if text.startswith("<mrow><mo>(") else DOT) + text
        return Written(line, PRODUCT)

    def _joined(self, sign: str, parts: Sequence[Written]) -> Written:
        return Written(sign.join(held(part, POWER, self) for part in parts), PRODUCT)

    def _row(self, part: Written) -> str:
        return f"<mrow>{held(part, ATOM, self)}</mrow>"

    def _transposed(self, part: Written) -> str:
        return f"<msup>{self._row(part)}<mi>T</mi></msup>"


def _fraction(above: str, below: str) -> str:
    return f"<mfrac><mrow>{above}</mrow><mrow>{below}</mrow></mfrac>"


def _plain(text: str) -> str:
    figures, mark, exponent = text.partition("e")
    if not mark:
        return f"<mn>{text}</mn>"
    return f"<mn>{figures}</mn><mo>×</mo><msup><mn>10</mn><mn>{int(exponent)}</mn></msup>"


def _exponential(exponent: Written) -> str:
    return f"<msup><mi>e</mi><mrow>{exponent.text}</mrow></msup>"


def _cases(above: str, below: str, of: str) -> str:
    first = f"<mtr><mtd>{above}</mtd><mtd>{of}<mo>&gt;</mo><mn>0</mn></mtd></mtr>"
    return (
        f"<mrow><mo>{{</mo><mtable>{first}<mtr><mtd>{below}</mtd><mtd><mtext>else</mtext></mtd></mtr></mtable></mrow>"
    )
