"""An activation given as a formula in x: its value is computed as it is written, its slope as SymPy derives it."""

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
    slope = derivative(expression, "x")
    kinks = is_kink(expression, ("x",))
    return Activation(
        "formula",
        formula=text,
        derivative="",
        value=compile_double(expression, ("x",)),
        slope=compile_double(slope, ("x",)),
        written=text,
        is_kink=kinks and (lambda x: kinks(float(x))),
        flat=kinks is not None or "x" not in names_of(slope),
        general=lambda f: (partial(_at, expression, f), partial(_at, slope, f)),
    )


def _at(expression: Expression, functions: Any, x: Any) -> Any:
    return evaluate(expression, functions, x=x)
