"""Expressions in LaTeX's mathematics, for amsmath and KaTeX alike: (y - t)\\,\\sigma'(z_y)."""

from __future__ import annotations

from collections.abc import Sequence
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

GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau",
    "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda",
    "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
SPOKEN = frozenset(GREEK.values()) | {"epsilon", "phi"}
LETTERS = {"μ": r"\mu", "δ": r"\delta", "z": "z", "a": "a", "j": "j", "r": "r"}
COMMANDS = frozenset({"sin", "cos", "tan", "sinh", "cosh", "tanh", "min", "max"})
"""Functions that LaTeX has a command for."""
FUNCTIONS = {"sigmoid": r"\sigma", "sigmoid_derivative": r"\sigma'", "ℓ": r"\ell"} | {
    "share": r"\operatorname{softmax}",
    "log_share": r"\operatorname{log\_softmax}",
    "mean": r"\operatorname{mean}",
}


class LaTeX:
    """Numbers rounded to `digits`; `brief` is for long derivations: ∂_h L in place of fractions, no thin spaces."""

    def __init__(self, digits: int = 6, brief: bool = False) -> None:
        self.digits = digits
        self._brief = brief
        self._thin = " " if brief else r"\,"
        self._names: dict[str, str] = {}
        self.rules: dict[str, Rule] = {
            "number": lambda node, parts: _number(node.value),
            "ratio": lambda node, parts: rational(node.value, _small, "-"),
            "name": lambda node, parts: Written(self.name(node.value)),
            "+": lambda node, parts: summed(parts, self, " + ", " - ", "-"),
            "-": lambda node, parts: subtracted(parts, self, " - "),
            "negative": lambda node, parts: negated(parts[0], self, "-"),
            "*": lambda node, parts: multiplied(node, parts, self, self._between),
            "/": lambda node, parts: self._quotient(node, parts),
            "^": lambda node, parts: self._power(parts),
            "abs": lambda node, parts: Written(_sized(r"\lvert ", parts[0].text, r"\rvert ").rstrip()),
            "sqrt": lambda node, parts: Written(rf"\sqrt{{{parts[0].text}}}"),
            "log": lambda node, parts: self._logarithm(parts[0]),
            "exp": lambda node, parts: Written(f"e^{{{parts[0].text}}}", POWER),
            "expm1": lambda node, parts: Written(f"e^{{{parts[0].text}}} - 1", SUM),
            "sum": lambda node, parts: operated(r"\sum", " ", parts[0], self)._replace(opens="Σ"),
            "entries": lambda node, parts: operated(r"\sum", " ", parts[0], self)._replace(opens="Σ"),
            "over examples": lambda node, parts: operated(r"\sum_e", " ", parts[0], self)._replace(opens="Σ"),
            "cases": lambda node, parts: Written(_cases(*(part.text for part in parts))),
            "pull": lambda node, parts: _beside(self._transposed(parts[0]), held(parts[1], PRODUCT, self)),
            "outer": lambda node, parts: _beside(held(parts[0], PRODUCT, self), self._transposed(parts[1])),
            "inner": lambda node, parts: _beside(self._transposed(parts[0]), held(parts[1], PRODUCT, self)),
            "apply": lambda node, parts: Written(r"\,".join(held(part, PRODUCT, self) for part in parts), PRODUCT),
            "hadamard": lambda node, parts: Written(
                r" \odot ".join(held(part, POWER, self) for part in parts), PRODUCT
            ),
            "units": lambda node, parts: Written(rf"{held(parts[0], ATOM, self)}_{{[{node.value}]}}"),
            "entry": lambda node, parts: Written(rf"{held(parts[0], ATOM, self)}_{{{node.value}}}"),
            "concat": lambda node, parts: Written(rf"[{'; '.join(part.text for part in parts)}]"),
            "matrix": lambda node, parts: Written(_matrix(node.value, [part.text for part in parts])),
            "identity": lambda node, parts: Written("I"),
            "ones": lambda node, parts: Written(r"\mathbf{1}"),
            "group": lambda node, parts: Written(self.enclosed(parts[0].text)),
            "top_share": lambda node, parts: Written(
                f"[{parts[0].text} = {self.call('max', [p.text for p in parts])}]"
            ),
            "partial": lambda node, parts: Written(
                rf"\tfrac{{\partial {parts[0].text}}}{{\partial {parts[1].text}}}", PRODUCT
            ),
            "=": lambda node, parts: Written(f"{parts[0].text} = {parts[1].text}", LOOSE),
        }

    def briefly(self) -> LaTeX:
        """The same digits, briefer."""
        return LaTeX(self.digits, brief=True)

    def symbol(self, symbol: Symbol) -> str:
        r"""w_{1}, h_{1,0}^{(2)}, z_{h1}, \delta_{h1}, \partial L/\partial h_1, \sigma'(z_{h1})."""
        letter, name = symbol.letter, symbol.name
        if letter == ADJOINT:
            of = self._placed(name, symbol)
            return rf"\partial_{{{of}}}L" if self._brief else rf"\tfrac{{\partial L}}{{\partial {of}}}"
        if is_derivative(symbol):
            function = letter.removesuffix("′")
            sign = r"\sigma" if function == "σ" else function if len(function) == 1 else rf"\operatorname{{{function}}}"
            return f"{sign.replace('_', chr(92) + '_')}'({self._below('z', name, symbol)})"
        if letter == "":
            return self._placed(name, symbol)
        if letter == TARGET and not name:
            return self._placed("t", symbol)
        return self._below(LETTERS.get(letter, letter), name, symbol)

    def figure(self, number: Any) -> str:
        """A number rounded."""
        return numeral(number, self.digits).latex

    def call(self, function: str, arguments: Sequence[str]) -> str:
        r"""\tanh(z)."""
        return self._function(function) + self.enclosed(", ".join(arguments))

    def enclosed(self, text: str) -> str:
        """In parentheses."""
        return _sized("(", text, ")")

    def name(self, text: str) -> str:
        r"""An identifier: w1 → w_{1}, alpha → \alpha, w_r → w_{r}, hidden → \mathit{hidden}."""
        found = self._names.get(text)
        if found is None:
            found = self._names[text] = _identifier(text)
        return found

    def _function(self, name: str) -> str:
        if name.endswith("′"):
            return f"{self._function(name[:-1])}'"
        named = rf"\{name}" if name in COMMANDS else FUNCTIONS.get(name)
        return named or (_letter(name) if len(name) == 1 else rf"\operatorname{{{_escaped(name)}}}")

    def _between(self, factor: Expression, before: str, after: str) -> str:
        """A dot before a number."""
        return r" \cdot " if after[:1].isdigit() else self._thin

    def _quotient(self, node: Expression, parts: Sequence[Written]) -> Written:
        r"""A fraction; a whole number below a sum as \tfrac{1}{2} before it."""
        above, below = parts
        if node.parts[1].head == "number" and below.text.isdecimal():
            before = scaled(above, _small("1", below.text) + self._thin, self, "-")
            if before is not None:
                return before
        return Written(rf"\frac{{{above.text}}}{{{below.text}}}", PRODUCT)

    def _power(self, parts: Sequence[Written]) -> Written:
        base = held(parts[0], ATOM, self)
        base = f"{{{base}}}" if base.endswith(")}") else base
        return Written(f"{base}^{{{parts[1].text}}}", POWER)

    def _logarithm(self, part: Written) -> Written:
        if part.binds < ATOM:
            return Written(r"\ln" + self.enclosed(part.text))
        return Written(rf"\ln {part.text}", POWER, opens="ln")

    def _transposed(self, part: Written) -> str:
        text = held(part, ATOM, self)
        return rf"{{{text}}}^{{\top}}" if "^" in text else rf"{text}^{{\top}}"

    def _placed(self, name: str, symbol: Symbol) -> str:
        """The name with unit or entry below and the example above."""
        text = self.name(name)
        if symbol.place:
            place = ",".join(map(str, symbol.place))
            text = f"{text[:-1]};{place}}}" if text.endswith("}") and "_{" in text else f"{text}_{{{place}}}"
        return text if symbol.example is None else f"{text}^{{({symbol.example})}}"

    def _below(self, letter: str, name: str, symbol: Symbol) -> str:
        """A letter with the name below it: z_{h1,0}."""
        place = "".join(f",{index}" for index in symbol.place)
        example = "" if symbol.example is None else f"^{{({symbol.example})}}"
        return f"{letter}_{{{_plain(name)}{place}}}{example}"


def _beside(left: str, right: str) -> Written:
    return Written(rf"{left}\,{right}", PRODUCT)


def _cases(above: str, below: str, of: str) -> str:
    return rf"\begin{{cases}}{above} & {of} > 0\\ {below} & \text{{else}}\end{{cases}}"


def _sized(left: str, text: str, right: str) -> str:
    r"""Between delimiters, which grow around what is taller than a line."""
    tall = any(name in text for name in (r"\frac", r"\tfrac", r"\begin", r"\sum"))
    return rf"\left{left}{text}\right{right}" if tall else f"{left}{text}{right}"


def _small(above: str, below: str) -> str:
    return rf"\tfrac{{{above}}}{{{below}}}"


def _number(text: str) -> Written:
    figures, exponent = plain_number(text)
    if exponent is None:
        return Written(figures)
    power = f"10^{{{exponent}}}"
    return Written(power, POWER) if figures == "1" else Written(rf"{figures} \times {power}", PRODUCT)


def _matrix(columns: int, entries: Sequence[str]) -> str:
    """Entries in rows; with 0 columns a column of them."""
    rows = [entries[start : start + (columns or 1)] for start in range(0, len(entries), columns or 1)]
    inside = r"\\ ".join(" & ".join(row) for row in rows)
    return rf"\begin{{pmatrix}}{inside}\end{{pmatrix}}"


def _identifier(text: str) -> str:
    stem = text.rstrip("0123456789")
    digits, (first, _, rest) = text[len(stem) :], stem.partition("_")
    if not first:
        return rf"\text{{{_escaped(text)}}}"
    below = _plain(rest) + digits if rest else digits
    return _letter(first) + (f"_{{{below}}}" if below else "")


def _letter(text: str) -> str:
    if text == "eps":
        return r"\varepsilon"
    if text in SPOKEN:
        return rf"\{text}"
    if text in GREEK:
        return rf"\{GREEK[text]}"
    if len(text) == 1 and text.isascii():
        return text
    return rf"\mathit{{{_escaped(text)}}}" if text.isascii() else rf"\text{{{_escaped(text)}}}"


def _plain(text: str) -> str:
    """A name as it stands in a subscript; letters beyond ASCII and Greek are text."""
    if text.isascii():
        return _escaped(text)
    return "".join(_plain_letter(sign) for sign in text)


def _plain_letter(sign: str) -> str:
    if sign in GREEK:
        return rf"\{GREEK[sign]} "
    return _escaped(sign) if sign.isascii() else rf"\text{{{sign}}}"


def _escaped(text: str) -> str:
    return text.replace("_", r"\_")
