"""Expressions as code: text that SymPy's own parser reads, Python over floats, and formulas in our own grammar."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Sequence
from typing import Any

from gradcalc.expressions.symbols import TARGET, Symbol, is_derivative
from gradcalc.expressions.walk import (
    ATOM,
    POWER,
    PREFIX,
    PRODUCT,
    SIGN,
    SUM,
    Rule,
    Written,
    held,
    rational,
    subtracted,
    summed,
)

PREFIXES = {"δ": "d", "∂": "g", "μ": "m"}
FUNCTIONS = {"abs": "Abs", "max": "Max", "min": "Min"}
TAKEN = frozenset(
    {"exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "erf", "sign", "pi", "Abs", "Max", "Min"}
    | {"Heaviside", "Matrix", "True", "None", "False"}
)
"""What the texts mean as SymPy does: a name that equals one of these, or a word of Python, gets a `_` behind it."""


class SymPyText:
    """Text for SymPy once every name is declared a symbol: 2*(y - t)*exp(-z_y).

    Names as the spec has them; a name made here that the spec has too (`z_h1`) gets a `_` behind it."""

    def __init__(self, spec_names: Iterable[str] = (), batch: bool = False) -> None:
        self._batch = batch
        self._names: dict[Symbol, str] = {}
        self._used = {_readable(name) for name in spec_names}
        self.rules: dict[str, Rule] = {
            "number": lambda node, parts: Written(node.value),
            "ratio": lambda node, parts: rational(node.value, "{}/{}".format, "-"),
            "name": lambda node, parts: Written("exp(1)" if node.value == "e" else node.value),
            "+": lambda node, parts: summed(parts, self, " + ", " - ", "-"),
            "-": lambda node, parts: summed((parts[0], self._minus(parts[1])), self, " + ", " - ", "-"),
            "negative": lambda node, parts: self._minus(parts[0]),
            "*": lambda node, parts: self._product([held(part, PRODUCT, self) for part in parts]),
            "/": lambda node, parts: Written(f"{held(parts[0], PRODUCT, self)}/{held(parts[1], POWER, self)}", PRODUCT),
            "^": lambda node, parts: Written(f"{held(parts[0], ATOM, self)}**{held(parts[1], ATOM, self)}", POWER),
            "sigmoid": lambda node, parts: Written(f"1/(1 + exp({self._minus(parts[0]).text}))", PRODUCT),
            "sigmoid_derivative": lambda node, parts: self._sigmoid_derivative(self._minus(parts[0]).text),
            "softplus": lambda node, parts: Written(f"log(1 + exp({parts[0].text}))"),
            "expm1": lambda node, parts: Written(f"(exp({parts[0].text}) - 1)"),
            "relu": lambda node, parts: Written(f"Max(0, {parts[0].text})"),
            "step": lambda node, parts: Written(f"Heaviside({parts[0].text}, 0)"),
            "cases": lambda node, parts: self._cases(*parts),
            "top_share": lambda node, parts: self._top_share(parts),
            "share": lambda node, parts: Written(f"1/({self._relative(parts)})", PRODUCT),
            "log_share": lambda node, parts: Written(f"-log({self._relative(parts)})", SIGN, True),
            "apply": lambda node, parts: self._product([held(part, PRODUCT, self) for part in parts]),
            "pull": lambda node, parts: self._product([f"Transpose({parts[0].text})", held(parts[1], PRODUCT, self)]),
            "outer": lambda node, parts: self._product([held(parts[0], PRODUCT, self), f"Transpose({parts[1].text})"]),
            "inner": lambda node, parts: self._product([f"Transpose({parts[0].text})", held(parts[1], PRODUCT, self)]),
            "hadamard": lambda node, parts: Written(f"hadamard_product({', '.join(part.text for part in parts)})"),
            "matrix": lambda node, parts: Written(_matrix(node.value, [part.text for part in parts])),
        }

    def symbol(self, symbol: Symbol) -> str:
        """w1, w1_0_1, x_EXAMPLE_UNIT, t_LAYER, z_h1_0, d_h1."""
        found = self._names.get(symbol)
        if found is None:
            found = self._names[symbol] = self._named(symbol)
        return found

    def figure(self, number: Any) -> str:
        """All digits."""
        return repr(number) if isinstance(number, float) else str(number)

    def call(self, function: str, arguments: Sequence[str]) -> str:
        """Max(a, b)."""
        return f"{FUNCTIONS.get(function, function)}({', '.join(arguments)})"

    def enclosed(self, text: str) -> str:
        """In parentheses."""
        return f"({text})"

    def _named(self, symbol: Symbol) -> str:
        parts = [PREFIXES.get(symbol.letter, symbol.letter), symbol.name]
        if is_derivative(symbol):
            parts = ["s", symbol.name]
        text = "_".join([part for part in parts if part] + self._place(symbol))
        if symbol.letter in ("", TARGET) and not symbol.place and symbol.example is None:
            return _readable(text)
        text = _readable(text)
        while text in self._used and symbol.letter not in ("", TARGET):
            text += "_"
        self._used.add(text)
        return text

    def _place(self, symbol: Symbol) -> list[str]:
        if symbol.example is None:
            return list(map(str, symbol.place))
        return [str(symbol.example), *map(str, symbol.place or (0,))]

    def _product(self, texts: Sequence[str]) -> Written:
        """a*b, a/b where a factor is 1/b."""
        line = texts[0]
        for text in texts[1:]:
            line += text[1:] if text.startswith("1/") else f"*{text}"
        return Written(line, PRODUCT)

    def _minus(self, part: Written) -> Written:
        if part.negative and part.binds == SIGN:
            return Written(part.text[1:], PRODUCT)
        return Written(f"-{held(part, PRODUCT, self)}", SIGN, True)

    def _sigmoid_derivative(self, minus: str) -> Written:
        return Written(f"exp({minus})/(1 + exp({minus}))**2", PRODUCT)

    def _relative(self, parts: Sequence[Written]) -> str:
        """Σ e^(z_j − z_0) over all j: the first is 1."""
        less = held(parts[0], PRODUCT, self)
        return " + ".join(["1", *(f"exp({part.text} - {less})" for part in parts[1:])])

    def _cases(self, above: Written, below: Written, of: Written) -> Written:
        """By Heaviside: SymPy's Piecewise recurses without end where its conditions are long sums."""
        right = f"Heaviside({of.text}, 0)"
        first = right if above.text == "1" else f"{held(above, PRODUCT, self)}*{right}"
        if below.text == "0":
            return Written(first, PRODUCT)
        left = f"(1 - {right})" if below.text == "1" else f"{held(below, PRODUCT, self)}*(1 - {right})"
        return Written(f"{first} + {left}", SUM)

    def _top_share(self, parts: Sequence[Written]) -> Written:
        """The share that the first has in being the largest: 1 alone, 1/2 of a tie of two, 1/3 of three."""
        first, others = held(parts[0], PRODUCT, self), [part.text for part in parts[1:]]
        if len(others) == 1:
            return Written(f"Heaviside({parts[0].text} - {held(parts[1], PRODUCT, self)}, 1/2)")
        ties = "".join(f" + 1 - Abs(sign({other} - {first}))" for other in others)
        return Written(f"Heaviside({parts[0].text} - Max({', '.join(others)}), 1)/(1{ties})", PRODUCT)


def _readable(name: str) -> str:
    return name + "_" if keyword.iskeyword(name) or name in TAKEN else name


def _matrix(columns: int, entries: Sequence[str]) -> str:
    """Matrix([[a, b], [c, d]]); with 0 columns a vector."""
    if not columns:
        return f"Matrix([{', '.join(entries)}])"
    rows = [entries[start : start + columns] for start in range(0, len(entries), columns)]
    return f"Matrix([{', '.join(map(_bracketed, rows))}])"


def _bracketed(entries: Sequence[str]) -> str:
    return f"[{', '.join(entries)}]"


FROM_MATH = ("exp", "expm1", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "erf", "erfc", "pi", "e")

OWN = {
    "sigmoid": """\
def sigmoid(x):
    return 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))
""",
    "softplus": """\
def softplus(x):
    return max(x, 0) + log1p(exp(-abs(x)))
""",
    "sign": """\
def sign(x):
    return (x > 0) - (x < 0)
""",
    "top_share": """\
def top_share(x, *others):
    return 0 if x < max(others) else 1 / (1 + others.count(x))
""",
    "softmax": """\
def softmax(x, *others):
    top = max(x, *others)
    return exp(x - top) / sum(exp(y - top) for y in (x, *others))
""",
    "log_softmax": """\
def log_softmax(x, *others):
    top = max(x, *others)
    return (x - top) - log(sum(exp(y - top) for y in (x, *others)))
""",
}
"""Functions that a program brings along where it calls them."""

NEEDS = {
    "sigmoid": ("exp",),
    "softplus": ("exp", "log1p"),
    "softmax": ("exp",),
    "log_softmax": ("exp", "log"),
}


class PythonText(SymPyText):
    """Python over floats and the functions of its math module; what that lacks is defined beside them.

    Names as in SymPy's text; `called` gathers the functions that were written."""

    def __init__(self, spec_names: Iterable[str] = ()) -> None:
        super().__init__(spec_names)
        self.called: set[str] = set()
        own: dict[str, Rule] = {
            "name": lambda node, parts: Written(self._called(node.value)),
            "abs": lambda node, parts: Written(f"abs({parts[0].text})"),
            "max": lambda node, parts: Written(f"max({_listed(parts)})"),
            "min": lambda node, parts: Written(f"min({_listed(parts)})"),
            "relu": lambda node, parts: Written(f"max(0, {parts[0].text})"),
            "step": lambda node, parts: Written(f"({parts[0].text} > 0)"),
            "cases": lambda node, parts: Written(
                f"({parts[0].text} if {parts[2].text} > 0 else {parts[1].text})", ATOM
            ),
            "sigmoid_derivative": lambda node, parts: self._sigmoid_derivative_of(parts[0]),
            "share": lambda node, parts: Written(f"{self._called('softmax')}({_listed(parts)})"),
            "log_share": lambda node, parts: Written(f"{self._called('log_softmax')}({_listed(parts)})"),
            "expm1": lambda node, parts: Written(f"{self._called('expm1')}({parts[0].text})"),
            "ratio": lambda node, parts: Written(f"({node.value[0]}/{node.value[1]})"),
            "matrix": lambda node, parts: Written(_nested(node.value, [part.text for part in parts])),
        }
        for function in ("sigmoid", "softplus", "top_share"):
            del self.rules[function]
        self.rules |= own

    def call(self, function: str, arguments: Sequence[str]) -> str:
        """tanh(z)."""
        return f"{self._called(function)}({', '.join(arguments)})"

    def preamble(self) -> tuple[list[str], list[str]]:
        """What must be imported from math, and the functions to define."""
        own = [function for function in OWN if function in self.called]
        wanted = self.called | {need for function in own for need in NEEDS.get(function, ())}
        return sorted(wanted & {*FROM_MATH, "log1p"}), [OWN[function] for function in own]

    def _called(self, function: str) -> str:
        self.called.add(function)
        return function

    def _sigmoid_derivative_of(self, part: Written) -> Written:
        return Written(f"{self._called('sigmoid')}({part.text})*sigmoid(-{held(part, PRODUCT, self)})", PRODUCT)


def _listed(parts: Sequence[Written]) -> str:
    return ", ".join(part.text for part in parts)


def _nested(columns: int, entries: Sequence[str]) -> str:
    if not columns:
        return f"[{', '.join(entries)}]"
    rows = [entries[start : start + columns] for start in range(0, len(entries), columns)]
    return f"[{', '.join('[' + ', '.join(row) + ']' for row in rows)}]"


class FormulaText:
    """A formula in the grammar that it is read by: reading it gives the same tree."""

    def __init__(self) -> None:
        self.rules: dict[str, Rule] = {
            "number": lambda node, parts: Written(node.value),
            "ratio": lambda node, parts: rational(node.value, "{}/{}".format, "-"),
            "name": lambda node, parts: Written(node.value),
            "+": lambda node, parts: self._chain(" + ", PRODUCT, SUM, parts),
            "-": lambda node, parts: subtracted(parts, self, " - "),
            "*": lambda node, parts: self._chain("*", PREFIX, PRODUCT, parts),
            "/": lambda node, parts: self._chain("/", PREFIX, PRODUCT, parts),
            "^": lambda node, parts: Written(f"{held(parts[0], ATOM, self)}^{held(parts[1], PREFIX, self)}", POWER),
            "negative": lambda node, parts: Written(f"-{held(parts[0], PREFIX, self)}", PREFIX),
        }

    def symbol(self, symbol: Symbol) -> str:
        """The name; formulas have no others."""
        return symbol.name

    def figure(self, number: Any) -> str:
        """All digits."""
        return repr(number) if isinstance(number, float) else str(number)

    def call(self, function: str, arguments: Sequence[str]) -> str:
        """max(a, b)."""
        return f"{function}({', '.join(arguments)})"

    def enclosed(self, text: str) -> str:
        """In parentheses."""
        return f"({text})"

    def _chain(self, sign: str, binds: int, whole: int, parts: Sequence[Written]) -> Written:
        """An operator between its operands, from the left: those behind it must bind as tightly as `binds`."""
        texts = [held(parts[0], whole, self), *(held(part, binds, self) for part in parts[1:])]
        return Written(sign.join(texts), whole)
