"""Expressions in MathML Core, which browsers draw without a script."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcalc.expressions.expression import Expression
from gradcalc.expressions.numerals import numeral
from gradcalc.expressions.symbols import ADJOINT, TARGET, Symbol, is_derivative
from gradcalc.expressions.walk import (
    ATOM,
    LOOSE,
    POWER,
    PRODUCT,
    SUM,
    Rule,
    Written,
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
    "top_share": "top",
    "mean": "mean",
}
OVER_EXAMPLES = "<munder><mo>∑</mo><mi>e</mi></munder>"
MINUS, DOT, TIMES = "<mo>−</mo>", "<mo>⋅</mo>", "<mo>&#x2062;</mo>"


class MathML:
    """Numbers rounded to `digits`; `escape` makes a name safe in HTML."""

    def __init__(self, digits: int, escape: Callable[[str], str]) -> None:
        self.digits = digits
        self.escape = escape
        self.rules: dict[str, Rule] = {
            "number": lambda node, parts: _number(node.value),
            "ratio": lambda node, parts: rational(node.value, _small, MINUS),
            "name": lambda node, parts: Written(self._name(NAMES.get(node.value, node.value))),
            "+": lambda node, parts: summed(parts, self, "<mo>+</mo>", MINUS, MINUS),
            "-": lambda node, parts: subtracted(parts, self, MINUS),
            "negative": lambda node, parts: negated(parts[0], self, MINUS),
            "*": lambda node, parts: multiplied(node, parts, self, _between),
            "/": lambda node, parts: self._quotient(node, parts),
            "^": lambda node, parts: Written(f"<msup>{self._row(parts[0])}<mrow>{parts[1].text}</mrow></msup>", POWER),
            "abs": lambda node, parts: Written(f"<mrow><mo>|</mo>{parts[0].text}<mo>|</mo></mrow>"),
            "sqrt": lambda node, parts: Written(f"<msqrt>{parts[0].text}</msqrt>"),
            "log": lambda node, parts: self._logarithm(parts[0]),
            "exp": lambda node, parts: Written(_exponential(parts[0]), POWER),
            "expm1": lambda node, parts: Written(f"{_exponential(parts[0])}{MINUS}<mn>1</mn>", SUM),
            "sum": lambda node, parts: operated("<mo>∑</mo>", "", parts[0], self)._replace(opens="Σ"),
            "entries": lambda node, parts: operated("<mo>∑</mo>", "", parts[0], self)._replace(opens="Σ"),
            "over examples": lambda node, parts: operated(OVER_EXAMPLES, "", parts[0], self)._replace(opens="Σ"),
            "cases": lambda node, parts: Written(_cases(*(part.text for part in parts))),
            "pull": lambda node, parts: Written(self._transposed(parts[0]) + held(parts[1], PRODUCT, self), PRODUCT),
            "outer": lambda node, parts: Written(held(parts[0], PRODUCT, self) + self._transposed(parts[1]), PRODUCT),
            "inner": lambda node, parts: Written(self._transposed(parts[0]) + held(parts[1], PRODUCT, self), PRODUCT),
            "apply": lambda node, parts: Written(TIMES.join(held(part, PRODUCT, self) for part in parts), PRODUCT),
            "hadamard": lambda node, parts: Written(
                "<mo>⊙</mo>".join(held(part, POWER, self) for part in parts), PRODUCT
            ),
            "units": lambda node, parts: Written(
                f"<msub>{self._row(parts[0])}<mrow><mo>[</mo><mtext>{node.value}</mtext><mo>]</mo></mrow></msub>"
            ),
            "entry": lambda node, parts: Written(f"<msub>{self._row(parts[0])}<mn>{node.value}</mn></msub>"),
            "matrix": lambda node, parts: Written(_matrix(node.value, [part.text for part in parts])),
            "concat": lambda node, parts: Written(f"<mo>[</mo>{'<mo>;</mo>'.join(p.text for p in parts)}<mo>]</mo>"),
            "identity": lambda node, parts: Written("<mi>I</mi>"),
            "ones": lambda node, parts: Written("<mn>𝟏</mn>"),
            "top_share": lambda node, parts: Written(
                f"<mo>[</mo>{parts[0].text}<mo>=</mo>{self.call('max', [part.text for part in parts])}<mo>]</mo>"
            ),
            "partial": lambda node, parts: Written(
                f"<mfrac><mrow><mo>∂</mo>{parts[0].text}</mrow><mrow><mo>∂</mo>{parts[1].text}</mrow></mfrac>", PRODUCT
            ),
            "=": lambda node, parts: Written(f"{parts[0].text}<mo>=</mo>{parts[1].text}", LOOSE),
        }

    def symbol(self, symbol: Symbol) -> str:
        """A letter with what stands below and above it."""
        letter, name = symbol.letter, symbol.name
        if letter == ADJOINT:
            return _fraction("<mi>∂</mi><mi>L</mi>", f"<mi>∂</mi>{self._placed(self._name(name), symbol)}")
        if is_derivative(symbol):
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

    def _quotient(self, node: Expression, parts: Sequence[Written]) -> Written:
        """A fraction; a whole number below a sum as 1/n before it."""
        above, below = parts
        number = node.parts[1].value if node.parts[1].head == "number" else ""
        before = scaled(above, _small("1", number), self, MINUS) if number.isdecimal() else None
        return before or Written(_fraction(above.text, below.text), PRODUCT)

    def _logarithm(self, part: Written) -> Written:
        name = "<mi>ln</mi><mo>&#x2061;</mo>"
        if part.binds < ATOM:
            return Written(f"<mrow>{name}{self.enclosed(part.text)}</mrow>")
        return Written(f"<mrow>{name}{part.text}</mrow>", POWER, opens="ln")

    def _row(self, part: Written) -> str:
        return f"<mrow>{held(part, ATOM, self)}</mrow>"

    def _transposed(self, part: Written) -> str:
        return f"<msup>{self._row(part)}<mi>T</mi></msup>"


def _fraction(above: str, below: str) -> str:
    return f"<mfrac><mrow>{above}</mrow><mrow>{below}</mrow></mfrac>"


def _small(above: str, below: str) -> str:
    return f"<mfrac><mn>{above}</mn><mn>{below}</mn></mfrac>"


def _number(text: str) -> Written:
    figures, exponent = plain_number(text)
    if exponent is None:
        return Written(f"<mn>{figures}</mn>")
    power = f"<msup><mn>10</mn><mn>{exponent}</mn></msup>".replace(">-", ">−")
    return Written(power, POWER) if figures == "1" else Written(f"<mn>{figures}</mn><mo>×</mo>{power}", PRODUCT)


def _between(factor: Expression, before: str, after: str) -> str:
    """Nothing to be seen before parentheses and between a number and a name; else a dot."""
    number = factor.head in ("number", "ratio") and not after.startswith("<mn>")
    return TIMES if after.startswith("<mrow><mo>(") or number else DOT


def _matrix(columns: int, entries: Sequence[str]) -> str:
    """Entries in rows; with 0 columns a column of them."""
    rows = [entries[start : start + (columns or 1)] for start in range(0, len(entries), columns or 1)]
    cells = ("".join(f"<mtd>{entry}</mtd>" for entry in row) for row in rows)
    table = "".join(f"<mtr>{row}</mtr>" for row in cells)
    return f"<mrow><mo>(</mo><mtable>{table}</mtable><mo>)</mo></mrow>"


def _exponential(exponent: Written) -> str:
    return f"<msup><mi>e</mi><mrow>{exponent.text}</mrow></msup>"


def _cases(above: str, below: str, of: str) -> str:
    first = f"<mtr><mtd>{above}</mtd><mtd>{of}<mo>&gt;</mo><mn>0</mn></mtd></mtr>"
    return (
        f"<mrow><mo>{{</mo><mtable>{first}<mtr><mtd>{below}</mtd><mtd><mtext>else</mtext></mtd></mtr></mtable></mrow>"
    )
