"""Expressions as Python, over floats and the functions of its math module; what that lacks is defined beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from gradcalc.formulas.expression import Expression
from gradcalc.writing.sympy_text import SymPyText
from gradcalc.writing.walk import ATOM, PRODUCT, Written, held

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
    """Names as in SymPy's text; `called` gathers the functions that were written."""

    def __init__(self, spec_names: Iterable[str] = ()) -> None:
        super().__init__(spec_names)
        self.called: set[str] = set()
        own: dict[str, Callable[[Expression, Sequence[Written]], Written]] = {
            "name": lambda node, parts: Written(self._called(node.value)),
            "abs": lambda node, parts: Written(f"abs({parts[0].text})"),
            "max": lambda node, parts: Written(f"max({_listed(parts)})"),
            "min": lambda node, parts: Written(f"min({_listed(parts)})"),
            "relu": lambda node, parts: Written(f"max(0, {parts[0].text})"),
            "step": lambda node, parts: Written(f"({parts[0].text} > 0)"),
            "cases": lambda node, parts: Written(
                f"({parts[0].text} if {parts[2].text} > 0 else {parts[1].text})", ATOM
            ),
            "sigmoid_slope": lambda node, parts: self._sigmoid_slope_of(parts[0]),
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

    def _sigmoid_slope_of(self, part: Written) -> Written:
        return Written(f"{self._called('sigmoid')}({part.text})*sigmoid(-{held(part, PRODUCT, self)})", PRODUCT)


def _listed(parts: Sequence[Written]) -> str:
    return ", ".join(part.text for part in parts)


def _nested(columns: int, entries: Sequence[str]) -> str:
    if not columns:
        return f"[{', '.join(entries)}]"
    rows = [entries[start : start + columns] for start in range(0, len(entries), columns)]
    return f"[{', '.join('[' + ', '.join(row) + ']' for row in rows)}]"
