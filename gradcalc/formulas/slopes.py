"""The slope of a formula: derived by SymPy, once, with functions whose slopes are exact and keep the conventions.

SymPy's own tanh′ = 1 − tanh² cancels, its Max is undecided at a tie, and 1/(1 + e^−x) overflows when differentiated:
so these functions are put before it as functions of ours, with their slopes.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, reduce
from typing import Any

from gradcalc.formulas.exact import leaf_ratio, with_ratios
from gradcalc.formulas.expression import (
    ONE,
    ZERO,
    Expression,
    FormulaError,
    fold,
    height,
    in_postorder,
    name,
    substituted,
)
from gradcalc.formulas.recovery import from_sympy
from gradcalc.formulas.symbolic import SAME, Table, deep_recursion, operators, to_sympy

LARGEST_WHOLE = 2_000
"""Nodes times levels of a formula that SymPy differentiates as one; larger ones go node by node."""

_known: dict[Any, Expression] = {}


def derivative(expression: Expression, variable: str) -> Expression:
    """∂/∂variable as a formula; at kinks |x|′ = 0, relu′ = 0, and the slope of max and min is shared by those that tie.

    Raises FormulaError where SymPy finds no real slope.
    """
    key = variable, *signature(expression)
    if key not in _known:
        whole = len(key) * height(expression) <= LARGEST_WHOLE
        _known[key] = (_derived if whole else chained)(expression, variable)
    return _known[key]


def signature(expression: Expression) -> Iterator[tuple[Any, ...]]:
    """What two formulas have in common that are the same: every node with the places of its parts."""
    places: dict[int, int] = {}
    for node in in_postorder(expression):
        yield node.head, node.value, *(places[id(part)] for part in node.parts)
        places[id(node)] = len(places)


def chained(expression: Expression, variable: str) -> Expression:
    """The same by the chain rule from node to node, the slope of each from SymPy: linear in their number.

    SymPy takes a minute for a few hundred levels, or for the product rule of a few hundred factors.
    """

    def visit(node: Expression, slopes: list[Expression]) -> Expression:
        if not slopes:
            return ONE if node.head == "name" and node.value == variable else ZERO
        terms = [_times(_local(node, i), slope) for i, slope in enumerate(slopes) if slope != ZERO]
        return reduce(lambda a, b: Expression("+", (a, b)), terms) if terms else ZERO

    return fold(with_ratios(expression), visit)


def _local(node: Expression, i: int) -> Expression:
    """∂node/∂part i, in the parts; to SymPy they are variables, but for rational ones, which make powers simple."""
    parts = {f"part{j}": part for j, part in enumerate(node.parts) if part.head != "ratio"}
    named = tuple(part if part.head == "ratio" else name(f"part{j}") for j, part in enumerate(node.parts))
    return substituted(derivative(node._replace(parts=named), f"part{i}"), parts)


def _times(a: Expression, b: Expression) -> Expression:
    if leaf_ratio(a) == (1, 1):
        return b
    return a if leaf_ratio(b) == (1, 1) else Expression("*", (a, b))


def _derived(expression: Expression, variable: str) -> Expression:
    import sympy

    formula = to_sympy(expression, functions=functions_with_slopes())
    with deep_recursion():
        try:
            return from_sympy(sympy.diff(formula, sympy.Symbol(variable, real=True)))
        except FormulaError as error:
            raise FormulaError(f"this formula has no slope: {error}") from None


@lru_cache(maxsize=1)
def functions_with_slopes() -> Table:
    """The grammar's functions in SymPy, each with the slope that is evaluated."""
    import sympy

    ours: dict[str, Any] = {}
    slopes = {
        "abs": lambda u: [ours["sign"](u)],
        "sign": lambda u: [sympy.Integer(0)],
        "step": lambda u: [sympy.Integer(0)],
        "relu": lambda u: [ours["step"](u)],
        "max": lambda *us: [ours["top_share"](u, *us[:i], *us[i + 1 :]) for i, u in enumerate(us)],
        "min": lambda *us: [ours["top_share"](*(-v for v in (u, *us[:i], *us[i + 1 :]))) for i, u in enumerate(us)],
        "top_share": lambda *us: [sympy.Integer(0)] * len(us),
        "sigmoid": lambda u: [ours["sigmoid"](u) * ours["sigmoid"](-u)],
        "softplus": lambda u: [ours["sigmoid"](u)],
        "tanh": lambda u: [1 / sympy.cosh(u) ** 2],
    }
    ours |= {name: _function(sympy, name, rule) for name, rule in slopes.items()}
    return {**operators(sympy), **{same: getattr(sympy, same) for same in SAME}, **ours}


def _function(sympy: Any, name: str, slopes: Any) -> Any:
    def fdiff(self: Any, argindex: int = 1) -> Any:
        return slopes(*self.args)[argindex - 1]

    return type(
        name,
        (sympy.Function,),
        {"fdiff": fdiff, "is_real": True, "__doc__": f"{name}, with the slope that is evaluated"},
    )
