"""Formulas in a grammar of our own: read, evaluated in any arithmetic, differentiated, written. No eval, no sympify.

Names are imported when they are asked for: a command that meets no formula does not pay for the grammar.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcalc.formulas.constants import constant, is_constant_text, parse_constant
    from gradcalc.formulas.evaluation import compile_double, evaluate, is_kink
    from gradcalc.formulas.expression import Expression, FormulaError
    from gradcalc.formulas.parser import parse
    from gradcalc.formulas.recovery import from_sympy
    from gradcalc.formulas.slopes import derivative
    from gradcalc.formulas.symbolic import to_sympy

__all__ = [
    "Expression",
    "FormulaError",
    "compile_double",
    "constant",
    "derivative",
    "evaluate",
    "from_sympy",
    "is_constant_text",
    "is_kink",
    "parse",
    "parse_constant",
    "to_sympy",
]

HOMES = {
    "Expression": "expression",
    "FormulaError": "expression",
    "compile_double": "evaluation",
    "constant": "constants",
    "derivative": "slopes",
    "evaluate": "evaluation",
    "from_sympy": "recovery",
    "is_constant_text": "constants",
    "is_kink": "evaluation",
    "parse": "parser",
    "parse_constant": "constants",
    "to_sympy": "symbolic",
}
"""The file of each name."""


def __getattr__(name: str) -> Any:
    home = HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
