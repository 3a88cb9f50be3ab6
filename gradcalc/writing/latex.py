"""Expressions in LaTeX's mathematics, for amsmath and KaTeX alike: (y - t)\\,\\sigma'(z_y)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcalc.expressions.numerals import numeral
from gradcalc.formulas.expression import Expression
from gradcalc.writing.symbols import ADJOINT, TARGET, Symbol, is_slope
from gradcalc.writing.walk import ATOM, POWER, PRODUCT, SIGN, SUM, Written, held, summed

GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau",
    "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda",
    "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
SPOKEN = frozenset(GREEK.values()) | {"epsilon", "phi"}
LETTERS = {"μ": r"\mu", "δ": r"\delta", "z": "z", "a": "a", "j": "j", "r": "r"}
OPERATORS = {"exp": r"\exp", "log": r"\ln", "sin": r"\sin", "cos": r"\cos", "tan": r"\tan", "sinh": r"\sinh"} | {
    "cosh": r"\cosh",
    "tanh": r"\tanh",
    "max": r"\max",
    "min": r"\min",
    "sigmoid": r"\sigma",
    "σ": r"\sigma",
    "ℓ": r"\ell",
    "f": "f",
}


class LaTeX:
    """Numbers rounded to `digits`; `brief` is for long derivations: ∂_h L in place of fractions, no thin spaces."""

    def __init__(self, digits: int = 6, brief: bool = False) -> None:
        self.digits = digits
        self._brief = brief
        self._thin = " " if brief else r"\,"
        self._names: dict[str, str] = {}
        self.rules: dict[str, Callable[[Expression, Sequence[Written]], Written]] = {
            "number": lambda node, parts: Written(_number(node.value)),
            "ratio": lambda node, parts: Written(rf"\tfrac{{{node.value[0]}}}{{{node.value[1]}}}", PRODUCT),
            "name": lambda node, parts: Written(rf"\{node.value}" if node.value in SPOKEN else node.value),
            "+": lambda node, parts: summed(parts, " + ", " - ", "-"),
            "-": lambda node, parts: Written(f"{parts[0].text} - {held(parts[1], PRODUCT, self)}", SUM),
            "negative": lambda node, parts: Written(f"-{held(parts[0], PRODUCT, self)}", SIGN, True),
            "*": lambda node, parts: self._product([held(part, PRODUCT, self) for part in parts]),
            "/": lambda node, parts: Written(rf"\frac{{{parts[0].text}}}{{{parts[1].text}}}", PRODUCT),
            "^": lambda node, parts: self._power(parts),
            "abs": lambda node, parts: Written(rf"\lvert {parts[0].text}\rvert"),
            "sqrt": lambda node, parts: Written(rf"\sqrt{{{parts[0].text}}}"),
            "exp": lambda node, parts: Written(f"e^{{{parts[0].text}}}", POWER),
            "expm1": lambda node, parts: Written(f"e^{{{parts[0].text}}} - 1", SUM),
            "cases": lambda node, parts: Written(_cases(*(part.text for part in parts))),
            "pull": lambda node, parts: _beside(self._transposed(parts[0]), held(parts[1], PRODUCT, self)),
            "outer": lambda node, parts: _beside(held(parts[0], PRODUCT, self), self._transposed(parts[1])),
            "inner": lambda node, parts: _beside(self._transposed(parts[0]), held(parts[1], PRODUCT, self)),
            "entries": lambda node, parts: Written(rf"\sum {held(parts[0], PRODUCT, self)}", PRODUCT),
            "apply": lambda node, parts: Written(r"\,".join(held(part, PRODUCT, self) for part in parts), PRODUCT),
            "hadamard": lambda node, parts: self._joined(r" \odot ", parts),
            "units": lambda node, parts: Written(rf"{held(parts[0], ATOM, self)}_{{[{node.value}]}}"),
            "concat": lambda node, parts: Written(rf"[{'; '.join(part.text for part in parts)}]"),
            "identity": lambda node, parts: Written("I"),
            "ones": lambda node, parts: Written(r"\mathbf{1}"),
            "group": lambda node, parts: Written(self.enclosed(parts[0].text)),
            "top_share": lambda node, parts: Written(
                f"[{parts[0].text} = {self.call('max', [p.text for p in parts])}]"
            ),
            "=": lambda node, parts: Written(f"{parts[0].text} = {parts[1].text}", SUM),
            "over examples": lambda node, parts: Written(rf"\sum_e {held(parts[0], PRODUCT, self)}", SUM),
        }

    def symbol(self, symbol: Symbol) -> str:
        r"""w_{1}, h_{1,0}^{(2)}, z_{h1}, \delta_{h1}, \partial L/\partial h_1, \sigma'(z_{h1})."""
        letter, name = symbol.letter, symbol.name
        if letter == ADJOINT:
            of = self._placed(name, symbol)
            return rf"\partial_{{{of}}}L" if self._brief else rf"\tfrac{{\partial L}}{{\partial {of}}}"
        if is_slope(symbol):
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
        if function.endswith("′"):
            return f"{self.call(function[:-1], arguments)}".replace("(", "'(", 1)
        named = OPERATORS.get(function) or rf"\operatorname{{{WORDS.get(function, function)}}}"
        return f"{named}({', '.join(arguments)})"

    def enclosed(self, text: str) -> str:
        """In parentheses."""
        return f"({text})" if r"\frac" not in text and "cases" not in text else rf"\left({text}\right)"

    def name(self, text: str) -> str:
        r"""An identifier: w1 → w_{1}, alpha → \alpha, w_r → w_{r}, hidden → \mathit{hidden}."""
        found = self._names.get(text)
        if found is None:
            found = self._names[text] = _identifier(text)
        return found

    def _product(self, texts: Sequence[str]) -> Written:
        """Factors side by side, numbers with a dot before them."""
        line = texts[0]
        for text in texts[1:]:
            line += (r" \cdot " if text[:1].isdigit() else self._thin) + text
        return Written(line, PRODUCT)

    def _top_share(self, texts: Sequence[str]) -> Written:
        """1 where the first is the largest, else 0 (Iverson's bracket); a tie is shared."""
        return Written(f"[{texts[0]} = {self.call('max', texts)}]")

    def _power(self, parts: Sequence[Written]) -> Written:
        base = held(parts[0], ATOM, self)
        base = f"{{{base}}}" if base.endswith(")}") else base
        return Written(f"{base}^{{{parts[1].text}}}", POWER)

    def _transposed(self, part: Written) -> str:
        text = held(part, ATOM, self)
        return rf"{{{text}}}^{{\top}}" if "^" in text else rf"{text}^{{\top}}"

    def _joined(self, sign: str, parts: Sequence[Written]) -> Written:
        return Written(sign.join(held(part, POWER, self) for part in parts), PRODUCT)

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


WORDS = {
    "share": "softmax",
    "log_share": r"log\_softmax",
    "top_share": r"top",
    "sign": "sign",
    "sigmoid_slope": r"\sigma'",
}


def _beside(left: str, right: str) -> Written:
    return Written(rf"{left}\,{right}", PRODUCT)


def _cases(above: str, below: str, of: str) -> str:
    return rf"\begin{{cases}}{above} & {of} > 0\\ {below} & \text{{else}}\end{{cases}}"


def _number(text: str) -> str:
    """1e-05 as a power of ten."""
    figures, mark, exponent = text.partition("e")
    return rf"{figures} \cdot 10^{{{int(exponent)}}}" if mark else text


def _identifier(text: str) -> str:
    stem = text.rstrip("0123456789")
    digits, (first, _, rest) = text[len(stem) :], stem.partition("_")
    if not first:
        return rf"\text{{{_escaped(text)}}}"
    below = _plain(rest) + digits if rest else digits
    return _letter(first) + (f"_{{{below}}}" if below else "")


def _letter(text: str) -> str:
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
