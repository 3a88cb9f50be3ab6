"""Expressions as code: text that SymPy's own parser reads, Python over floats, and formulas in our own grammar."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Sequence
from typing import ClassVar

from gradcalc.expressions.expression import EXAMPLE, TARGET, Expression, Symbol, is_derivative
from gradcalc.expressions.walk import ATOM, POWER, PREFIX, PRODUCT, SIGN, SUM, Fragment, Notation, Parts, Rule, rows_of

PREFIXES = {"δ": "d", "∂": "g", "μ": "m"}
FUNCTIONS = {"abs": "Abs", "max": "Max", "min": "Min"}
TAKEN = frozenset(
    {"exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "erf", "sign", "pi", "Abs", "Max", "Min"}
    | {"Heaviside", "Matrix", "True", "None", "False"}
)
"""What the texts mean as SymPy does: a name that equals one of these, or a word of Python, gets a `_` behind it."""


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
    "sech": """\
def sech(x):
    return 2 * exp(-abs(x)) / (1 + exp(-2 * abs(x)))
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
    top = max((x, *others))
    return exp(x - top) / sum(exp(y - top) for y in (x, *others))
""",
    "log_softmax": """\
def log_softmax(x, *others):
    top = max((x, *others))
    return (x - top) - log(sum(exp(y - top) for y in (x, *others)))
""",
}
"""Functions that a program brings along where it calls them."""

NEEDS = {
    "sigmoid": ("exp",),
    "sech": ("exp",),
    "softplus": ("exp", "log1p"),
    "softmax": ("exp",),
    "log_softmax": ("exp", "log"),
}


def _listed(parts: Parts) -> str:
    return ", ".join(part.text for part in parts)


def _matrix(columns: int, entries: Sequence[str]) -> str:
    """[[a, b], [c, d]]; with 0 columns a vector."""
    rows = [f"[{', '.join(row)}]" for row in rows_of(columns, entries)] if columns else entries
    return f"[{', '.join(rows)}]"


class SymPyText(Notation):
    """Text for SymPy once every name is declared a symbol: 2*(y - t)*exp(-z_y).

    Names as the spec has them; a name made here that the spec has too (`z_h1`) gets a `_` behind it."""

    rules: ClassVar[dict[str, Rule]] = {
        "number": lambda self, node, parts: Fragment(node.value),
        "ratio": lambda self, node, parts: self.rational(node.value),
        "constant": lambda self, node, parts: Fragment(float.__repr__(node.value)),
        "name": lambda self, node, parts: Fragment("exp(1)" if node.value == "e" else node.value),
        "+": lambda self, node, parts: self.summed(parts),
        "-": lambda self, node, parts: self.summed((parts[0], self.negated(parts[1]))),
        "negative": lambda self, node, parts: self.negated(parts[0]),
        "*": lambda self, node, parts: self.multiplied([self.held(part, PRODUCT) for part in parts]),
        "/": lambda self, node, parts: Fragment(
            self.held(parts[0], PRODUCT) + "/" + self.held(parts[1], POWER), PRODUCT
        ),
        "^": lambda self, node, parts: Fragment(f"{self.held(parts[0], ATOM)}**{self.held(parts[1], ATOM)}", POWER),
        "sigmoid": lambda self, node, parts: Fragment(f"1/(1 + exp({self.negated(parts[0]).text}))", PRODUCT),
        "sigmoid_derivative": lambda self, node, parts: self.sigmoid_derivative(parts[0]),
        "softplus": lambda self, node, parts: Fragment(f"log(1 + exp({parts[0].text}))"),
        "expm1": lambda self, node, parts: Fragment(f"(exp({parts[0].text}) - 1)"),
        "one_plus_erf": lambda self, node, parts: Fragment(f"(1 + erf({parts[0].text}))"),
        "one_plus_tanh": lambda self, node, parts: Fragment(f"(1 + tanh({parts[0].text}))"),
        "relu": lambda self, node, parts: Fragment(f"Max(0, {parts[0].text})"),
        "step": lambda self, node, parts: Fragment(f"Heaviside({parts[0].text}, 0)"),
        "cases": lambda self, node, parts: self.cases(*parts),
        "top_share": lambda self, node, parts: self.top_share(parts),
        "share": lambda self, node, parts: Fragment(f"1/({self.inverse_share(parts)})", PRODUCT),
        "log_share": lambda self, node, parts: Fragment(f"-log({self.inverse_share(parts)})", SIGN, True),
        "matrix": lambda self, node, parts: Fragment(f"Matrix({_matrix(node.value, [part.text for part in parts])})"),
    }

    taken: ClassVar[frozenset[str]] = TAKEN

    def __init__(self, spec_names: Iterable[str] = ()) -> None:
        self._names: dict[Symbol, str] = {}
        self._given = frozenset(spec_names)
        self._used = set(map(self._free, self._given))

    def symbol(self, symbol: Symbol) -> str:
        """w1, w1_0_1, x_EXAMPLE_UNIT, t_LAYER, z_h1_0, d_h1."""
        found = self._names.get(symbol)
        if found is None:
            found = self._names[symbol] = self._named(symbol)
        return found

    def unused(self, name: str) -> str:
        """The name, or, where the spec has it too, one with a `_` behind it."""
        while name in self._used:
            name += "_"
        return name

    def call(self, function: str, arguments: Sequence[str]) -> str:
        """Max(a, b)."""
        return super().call(FUNCTIONS.get(function, function), arguments)

    def _named(self, symbol: Symbol) -> str:
        letter = "s" if is_derivative(symbol) else PREFIXES.get(symbol.letter[:1], symbol.letter)
        place: tuple[int | str, ...] = symbol.place
        if symbol.example is not None:  # of any example, e, a whole vector has no unit
            place = (symbol.example, *(symbol.place or (0,) * (symbol.example != EXAMPLE)))
        text = self._free("_".join([part for part in (letter, symbol.name) if part] + list(map(str, place))))
        if symbol.letter in ("", TARGET):
            if place:
                self._used.add(text)
            return text
        text = self.unused(text)
        self._used.add(text)
        return text

    def _free(self, name: str) -> str:
        """The name, with `_` behind it while the code means something else by it."""
        free = name
        while keyword.iskeyword(free) or free in self.taken or (free != name and free in self._given):
            free += "_"
        return free

    def multiplied(self, texts: Sequence[str]) -> Fragment:
        """a*b, a/b where a factor is 1/b."""
        line = texts[0]
        for text in texts[1:]:
            line += text[1:] if text.startswith("1/") else f"*{text}"
        return Fragment(line, PRODUCT)

    def negated(self, part: Fragment) -> Fragment:
        """-a."""
        if part.negative and part.binds == SIGN:
            return Fragment(part.text[1:], PRODUCT)
        return Fragment(f"-{self.held(part, PRODUCT)}", SIGN, True)

    def sigmoid_derivative(self, part: Fragment) -> Fragment:
        """e^−x/(1 + e^−x)²."""
        minus = self.negated(part).text
        return Fragment(f"exp({minus})/(1 + exp({minus}))**2", PRODUCT)

    def inverse_share(self, parts: Parts) -> str:
        """Σ e^(z_j − z_0) over all j: the first is 1."""
        less = self.held(parts[0], PRODUCT)
        return " + ".join(["1", *(f"exp({part.text} - {less})" for part in parts[1:])])

    def cases(self, above: Fragment, below: Fragment, of: Fragment) -> Fragment:
        """By Heaviside: SymPy's Piecewise recurses without end where its conditions are long sums."""
        right = f"Heaviside({of.text}, 0)"
        first = right if above.text == "1" else f"{self.held(above, PRODUCT)}*{right}"
        if below.text == "0":
            return Fragment(first, PRODUCT)
        left = f"(1 - {right})" if below.text == "1" else f"{self.held(below, PRODUCT)}*(1 - {right})"
        return Fragment(f"{first} + {left}", SUM)

    def top_share(self, parts: Parts) -> Fragment:
        """The share that the first has in being the largest: 1 alone, 1/2 of a tie of two, 1/3 of three."""
        first, others = self.held(parts[0], PRODUCT), [part.text for part in parts[1:]]
        if len(others) == 1:
            return Fragment(f"Heaviside({parts[0].text} - {self.held(parts[1], PRODUCT)}, 1/2)")
        ties = "".join(f" + 1 - Abs(sign({other} - {first}))" for other in others)
        return Fragment(f"Heaviside({parts[0].text} - Max({', '.join(others)}), 1)/(1{ties})", PRODUCT)


class PythonText(SymPyText):
    """Python over floats and the functions of its math module; what that lacks is defined beside them.

    Names as in SymPy's text; `called` gathers the functions that were written."""

    rules: ClassVar[dict[str, Rule]] = {
        **{head: rule for head, rule in SymPyText.rules.items() if head not in ("sigmoid", "softplus", "top_share")},
        "name": lambda self, node, parts: Fragment(self.using(node.value)),
        "/": lambda self, node, parts: self.secant(node, parts) or SymPyText.rules["/"](self, node, parts),
        "relu": lambda self, node, parts: Fragment(f"max(0, {parts[0].text})"),
        "step": lambda self, node, parts: Fragment(f"({parts[0].text} > 0)"),
        "cases": lambda self, node, parts: Fragment(f"({parts[0].text} if {parts[2].text} > 0 else {parts[1].text})"),
        "share": lambda self, node, parts: Fragment(f"{self.using('softmax')}({_listed(parts)})"),
        "log_share": lambda self, node, parts: Fragment(f"{self.using('log_softmax')}({_listed(parts)})"),
        "expm1": lambda self, node, parts: Fragment(f"{self.using('expm1')}({parts[0].text})"),
        "one_plus_erf": lambda self, node, parts: Fragment(f"{self.using('erfc')}({self.negated(parts[0]).text})"),
        "one_plus_tanh": lambda self, node, parts: Fragment(
            f"2*{self.using('sigmoid')}(2*{self.held(parts[0], PRODUCT)})", PRODUCT
        ),
        "ratio": lambda self, node, parts: Fragment(f"({node.value[0]}/{node.value[1]})"),
        "matrix": lambda self, node, parts: Fragment(_matrix(node.value, [part.text for part in parts])),
    }

    taken = TAKEN | {*FROM_MATH, *OWN, "log1p", "abs", "max", "min", "sum", "__debug__"}

    def __init__(self, spec_names: Iterable[str] = ()) -> None:
        super().__init__(spec_names)
        self.called: set[str] = set()

    def call(self, function: str, arguments: Sequence[str]) -> str:
        """tanh(z), max(a, b)."""
        return f"{self.using(function)}({', '.join(arguments)})"

    def preamble(self) -> tuple[list[str], list[str]]:
        """What must be imported from math, and the functions to define."""
        own = [function for function in OWN if function in self.called]
        wanted = self.called | {need for function in own for need in NEEDS.get(function, ())}
        return sorted(wanted & {*FROM_MATH, "log1p"}), [OWN[function] for function in own]

    def using(self, function: str) -> str:
        """The name of a function, which is gathered."""
        self.called.add(function)
        return function

    def secant(self, node: Expression, parts: Parts) -> Fragment | None:
        """a/cosh² x as a·sech² x, which does not overflow; None of other quotients."""
        below = node.parts[1]
        if (below.parts[0] if below.head == "^" else below).head != "cosh":
            return None
        text = self.using("sech") + parts[1].text.removeprefix("cosh")
        return Fragment(text if parts[0].text == "1" else f"{self.held(parts[0], PRODUCT)}*{text}", PRODUCT)

    def sigmoid_derivative(self, part: Fragment) -> Fragment:
        """σ(x)·σ(−x)."""
        return Fragment(f"{self.using('sigmoid')}({part.text})*sigmoid(-{self.held(part, PRODUCT)})", PRODUCT)


class FormulaText(Notation):
    """A formula in the grammar that it is read by: reading it gives the same tree."""

    rules: ClassVar[dict[str, Rule]] = {
        "number": lambda self, node, parts: Fragment(node.value),
        "ratio": lambda self, node, parts: self.rational(node.value),
        "name": lambda self, node, parts: Fragment(node.value),
        "+": lambda self, node, parts: self.chain(" + ", PRODUCT, SUM, parts),
        "-": lambda self, node, parts: self.subtracted(parts),
        "*": lambda self, node, parts: self.chain("*", PREFIX, PRODUCT, parts),
        "/": lambda self, node, parts: self.chain("/", PREFIX, PRODUCT, parts),
        "^": lambda self, node, parts: Fragment(f"{self.held(parts[0], ATOM)}^{self.held(parts[1], PREFIX)}", POWER),
        "negative": lambda self, node, parts: Fragment(f"-{self.held(parts[0], PREFIX)}", PREFIX),
    }

    def chain(self, sign: str, binds: int, whole: int, parts: Parts) -> Fragment:
        """An operator between its operands, from the left: those behind it must bind as tightly as `binds`."""
        texts = [self.held(parts[0], whole), *(self.held(part, binds) for part in parts[1:])]
        return Fragment(sign.join(texts), whole)
