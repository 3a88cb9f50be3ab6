"""Formulas in a grammar of our own: read, evaluated in any arithmetic, differentiated, written. No eval, no sympify.

Names are imported when they are asked for: a command that meets no formula does not pay for the grammar.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcalc.formulas.compiled import compile_double as compile_double
    from gradcalc.formulas.constants import constant as constant
    from gradcalc.formulas.constants import is_constant_text as is_constant_text
    from gradcalc.formulas.constants import parse_constant as parse_constant
    from gradcalc.formulas.errors import FormulaError as FormulaError
    from gradcalc.formulas.evaluation import evaluate as evaluate
    from gradcalc.formulas.expression import Expression as Expression
    from gradcalc.formulas.grammar import parse as parse

HOMES = {
    "Expression": "expression",
    "FormulaError": "errors",
    "compile_double": "compiled",
    "constant": "constants",
    "evaluate": "evaluation",
    "is_constant_text": "constants",
    "parse": "grammar",
    "parse_constant": "constants",
}
__all__ = sorted(HOMES)


def __getattr__(name: str) -> Any:
    home = HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
