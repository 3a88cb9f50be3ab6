"""Formulas as SymPy expressions.

SymPy is imported when the first formula needs it. Decimal constants become rationals, exactly as they are written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from gradcalc.formulas.exact import with_ratios
from gradcalc.formulas.expression import Expression, fold

Table = Mapping[str, Callable[..., Any]]
"""What a function of the grammar is in SymPy."""


def to_sympy(expression: Expression, symbols: Mapping[str, Any] | None = None, functions: Table | None = None) -> Any:
    """The formula in SymPy; `symbols` gives its variables (real symbols of the same names where it is None)."""
    table = functions or written_functions()

    def visit(node: Expression, parts: list[Any]) -> Any:
        return _leaf(node, symbols) if not parts else table[node.head](*parts)

    with deep_recursion():
        return fold(with_ratios(expression), visit)


@contextmanager
def deep_recursion() -> Iterator[None]:
    """SymPy recurses over a formula's levels, several calls to each: 200 levels are more than Python's own limit."""
    import sys

    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 20_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def written_functions() -> Table:
    """Functions as a person would write them in SymPy."""
    import sympy

    return {
        **operators(sympy),
        **{same: getattr(sympy, same) for same in SAME},
        "abs": sympy.Abs,
        "min": sympy.Min,
        "max": sympy.Max,
        "sigmoid": lambda u: 1 / (1 + sympy.exp(-u)),
        "softplus": lambda u: sympy.log(1 + sympy.exp(u)),
        "relu": lambda u: sympy.Max(0, u),
        "step": lambda u: sympy.Heaviside(u, 0),
        "top_share": lambda u, *others: sympy.Heaviside(u - sympy.Max(*others), sympy.Rational(1, 2)),
    }


SAME = ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "erf", "sign")
"""Functions that SymPy calls by the same name."""


def operators(sympy: Any) -> dict[str, Callable[..., Any]]:
    """The grammar's operators in SymPy."""
    return {
        "+": sympy.Add,
        "-": lambda a, b: a - b,
        "*": sympy.Mul,
        "/": lambda a, b: a / b,
        "^": sympy.Pow,
        "negative": lambda a: -a,
    }


def _leaf(node: Expression, symbols: Mapping[str, Any] | None) -> Any:
    import sympy

    if node.head == "ratio":
        return sympy.Rational(*node.value)
    if symbols is not None and node.value in symbols:
        return symbols[node.value]
    constants = {"pi": sympy.pi, "e": sympy.E}
    return constants[node.value] if node.value in constants else sympy.Symbol(node.value, real=True)
