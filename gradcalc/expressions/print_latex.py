"""Expressions in LaTeX's mathematics, for amsmath and KaTeX alike: (y - t)\\,\\sigma'(z_y)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from gradcalc.expressions.expression import ADJOINT, TARGET, Expression, Symbol, is_derivative
from gradcalc.expressions.numerals import numeral
from gradcalc.expressions.walk import ATOM, POWER, PRODUCT, Fragment, Mathematics, Rule, rows_of

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
}


class LaTeX(Mathematics):
    """`brief` is for long derivations: ∂_h L in place of fractions, no thin spaces."""

    beside = applied = r"\,"
    circle, ones = r" \odot ", r"\mathbf{1}"
    sigma, sigma_of_examples = r"\sum", r"\sum_e"
    rules: ClassVar[dict[str, Rule]] = {
        **Mathematics.rules,
        "group": lambda self, node, parts: Fragment(self.enclosed(parts[0].text)),
    }

    def __init__(self, digits: int = 6, brief: bool = False) -> None:
        super().__init__(digits)
        self._brief = brief
        self._thin = " " if brief else r"\,"
        self._names: dict[str, str] = {}

    def symbol(self, symbol: Symbol) -> str:
        r"""w_{1}, h_{1,0}^{(2)}, z_{h1}, \delta_{h1}, \partial L/\partial h_1, \sigma'(z_{h1})."""
        letter, name = symbol.letter, symbol.name
        if letter.startswith(ADJOINT):
            by, of = self._placed(name, symbol), letter[1:] or "L"
            of = self.name(of) if of[0] != "Σ" else rf"{{\textstyle\sum}} {self.name(of[1:])}"
            return rf"\partial_{{{by}}}{of}" if self._brief else rf"\tfrac{{\partial {of}}}{{\partial {by}}}"
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
        return numeral(number, self.digits).latex

    def call(self, function: str, arguments: Sequence[str]) -> str:
        return self._function(function) + self.enclosed(", ".join(arguments))

    def enclosed(self, text: str) -> str:
        return _sized("(", text, ")")

    def name(self, text: str) -> str:
        r"""An identifier: w1 → w_{1}, alpha → \alpha, w_r → w_{r}, hidden → \mathit{hidden}."""
        if text not in self._names:
            stem = text.rstrip("0123456789")
            digits, (first, _, rest) = text[len(stem) :], stem.partition("_")
            below = f"_{{{_plain(rest) + digits if rest else digits}}}" if rest or digits else ""
            self._names[text] = _letter(first) + below if first else rf"\text{{{_escaped(text)}}}"
        return self._names[text]

    def _function(self, name: str) -> str:
        if name.endswith("′"):
            return f"{self._function(name[:-1])}'"
        named = rf"\{name}" if name in COMMANDS else FUNCTIONS.get(name)
        return named or (_letter(name) if len(name) == 1 else rf"\operatorname{{{_escaped(name)}}}")

    def between(self, factor: Expression, before: str, after: str) -> str:
        """A dot before a number."""
        return r" \cdot " if after[:1].isdigit() else self._thin

    def number(self, figures: str, exponent: int | None) -> Fragment:
        if exponent is None:
            return Fragment(figures)
        power = f"10^{{{exponent}}}"
        return Fragment(power, POWER) if figures == "1" else Fragment(rf"{figures} \times {power}", PRODUCT)

    def ratio(self, above: str, below: str) -> str:
        return rf"\tfrac{{{above}}}{{{below}}}"

    def quotient(self, node: Expression, above: Fragment, below: Fragment) -> Fragment:
        r"""A fraction; a whole number below a sum as \tfrac{1}{2} before it."""
        if node.parts[1].head == "number" and below.text.isdecimal():
            before = self.scaled(above, self.ratio("1", below.text) + self._thin)
            if before is not None:
                return before
        return Fragment(rf"\frac{{{above.text}}}{{{below.text}}}", PRODUCT)

    def power(self, base: Fragment, exponent: Fragment) -> Fragment:
        text = self.held(base, ATOM)
        text = f"{{{text}}}" if text.endswith(")}") else text
        return Fragment(f"{text}^{{{exponent.text}}}", POWER)

    def size(self, text: str) -> Fragment:
        return Fragment(_sized(r"\lvert ", text, r"\rvert ").rstrip())

    def root(self, part: Fragment) -> Fragment:
        return Fragment(rf"\sqrt{{{part.text}}}")

    def exponential(self, part: Fragment) -> str:
        return f"e^{{{part.text}}}"

    def logarithm(self, part: Fragment) -> Fragment:
        if part.binds < ATOM:
            return Fragment(r"\ln" + self.enclosed(part.text))
        return Fragment(rf"\ln {part.text}", POWER, opens="ln")

    def cases(self, above: Fragment, below: Fragment, of: str, is_larger: bool, other: str) -> Fragment:
        condition = f"{of} {'>' if is_larger else '<'} {other}"
        return Fragment(rf"\begin{{cases}}{above.text} & {condition}\\ {below.text} & \text{{else}}\end{{cases}}")

    def partial(self, above: str, below: str) -> str:
        return self.ratio(rf"\partial {above}", rf"\partial {below}")

    def transposed(self, part: Fragment) -> str:
        text = self.held(part, ATOM)
        return rf"{{{text}}}^{{\top}}" if "^" in text else rf"{text}^{{\top}}"

    def units(self, part: Fragment, place: str) -> Fragment:
        return self.entry(part, f"[{place}]")

    def entry(self, part: Fragment, place: str) -> Fragment:
        text = self.held(part, ATOM)
        return Fragment(rf"{{{text}}}_{{{place}}}" if "_" in text else rf"{text}_{{{place}}}")

    def matrix(self, columns: int, entries: Sequence[str]) -> str:
        """Entries in rows; with 0 columns a column of them."""
        inside = r"\\ ".join(" & ".join(row) for row in rows_of(columns or 1, entries))
        return rf"\begin{{pmatrix}}{inside}\end{{pmatrix}}"

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


def _sized(left: str, text: str, right: str) -> str:
    r"""Between delimiters, which grow around what is taller than a line."""
    tall = any(name in text for name in (r"\frac", r"\tfrac", r"\begin", r"\sum"))
    return rf"\left{left}{text}\right{right}" if tall else f"{left}{text}{right}"


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
    """A name as it stands in a subscript; letters that are neither ASCII nor Greek are text."""
    if text.isascii():
        return _escaped(text)
    found = (_escaped(sign) if sign.isascii() else rf"\text{{{sign}}}" for sign in text)
    return "".join(rf"\{GREEK[sign]} " if sign in GREEK else other for sign, other in zip(text, found))


def _escaped(text: str) -> str:
    return text.replace("_", r"\_")
