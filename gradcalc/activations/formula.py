"""An activation given as a formula in x: its value is computed as it is written, its derivative as SymPy derives it."""

from __future__ import annotations

from functools import partial
from typing import Any

from gradcalc.activations import Activation
from gradcalc.expressions.evaluation import compile_double, evaluate, is_kink
from gradcalc.expressions.expression import Expression, names_of
from gradcalc.expressions.parser import parse
from gradcalc.expressions.sympy_form import derivative


def from_text(text: str) -> Activation:
    """The activation y = text. Raises `formulas.FormulaError`."""
    expression = parse(text, ("x",))
    derived = derivative(expression, "x")
    kinks = is_kink(expression, ("x",))
    return Activation(
        "formula",
        formula=text,
        derivative_formula="",
        value=compile_double(expression, ("x",)),
        derivative=compile_double(derived, ("x",)),
        written=text,
        is_kink=kinks and (lambda x: kinks(float(x))),
        flat=kinks is not None or "x" not in names_of(derived),
        general=lambda f: (partial(_at, expression, f), partial(_at, derived, f)),
    )


def _at(expression: Expression, functions: Any, x: Any) -> Any:
    return evaluate(expression, functions, x=x)
