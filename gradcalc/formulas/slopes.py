"""The slope of a formula: derived by SymPy, once, with functions whose slopes are exact and keep the conventions.

SymPy's own tanh′ = 1 − tanh² cancels, its Max is undecided at a tie, and 1/(1 + e^−x) overflows when differentiated:
so these functions are put before it as functions of ours, with their slopes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from gradcalc.formulas.errors import FormulaError
from gradcalc.formulas.expression import Expression, in_postorder
from gradcalc.formulas.recovery import from_sympy
from gradcalc.formulas.symbolic import SAME, Table, deep_recursion, operators, to_sympy

_known: dict[Any, Expression] = {}


def derivative(expression: Expression, variable: str) -> Expression:
    """∂/∂variable as a formula; at kinks |x|′ = 0, relu′ = 0, and the slope of max and min is shared by those that tie.

    Raises FormulaError where SymPy finds no real slope.
    """
    key = variable, *((node.head, node.value, len(node.parts)) for node in in_postorder(expression))
    if key not in _known:
        _known[key] = _derived(expression, variable)
    return _known[key]


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
