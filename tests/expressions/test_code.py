"""Code that is printed computes what the formula does: activations, losses, users' formulas, and their derivatives."""

from __future__ import annotations

import pytest

from gradcalc.activations import ACTIVATIONS
from gradcalc.expressions import float_functions
from gradcalc.expressions.compiled import evaluate
from gradcalc.expressions.expression import Expression
from gradcalc.expressions.parser import parse
from gradcalc.expressions.print_code import FormulaText, PythonText, SymPyText
from gradcalc.expressions.print_latex import LaTeX
from gradcalc.expressions.sympy_form import derivative
from gradcalc.expressions.walk import write
from gradcalc.losses import LOSSES, bind

NAMES = ("x", "y", "t", "a", "alpha", "delta", "beta")
VALUES = {"x": 0.7, "y": 0.3, "t": 0.6, "a": 0.45, "alpha": 0.25, "delta": 0.2, "beta": 1.5}
USERS = [
    "abs(y-t)**3",
    "x/(1 + exp(-1.702 x))",
    "-x^2",
    "2^-x",
    "2^x^2",
    "x - (y - t)",
    "x/(y/t)",
    "-(x + y)*-t",
    "max(x, y, t)*min(x, 2)",
    "sqrt(x^2 + 1)/pi",
    "sigmoid(x)*softplus(-x)*relu(x)*sign(y)",
    "e^x*1e-3 + .25*erf(x)",
    "(x + 1)/2/y",
    "1 - (1 - x)^2",
]


def formulas() -> dict[str, Expression]:
    """Every formula by its text, and its derivative where it has one by SymPy."""
    rows = [row for row in ACTIVATIONS.values() if row.formula]
    texts = [text for row in rows for text in (row.formula, row.derivative_formula) if text]
    texts += [bind(name).per_unit for name in LOSSES if bind(name).per_unit] + USERS
    found = {text: parse(text, NAMES) for text in dict.fromkeys(texts)}
    by = {text: "y" if "y" in text else "x" for text in found}
    return found | {f"({text})′": derivative(tree, by[text]) for text, tree in found.items() if " a" not in text}


FORMULAS = formulas()


def test_there_are_many():
    assert len(FORMULAS) >= 40


@pytest.mark.parametrize("tree", FORMULAS.values(), ids=FORMULAS)
def test_a_formula_is_read_as_it_was_written(tree):
    text = write(tree, FormulaText())
    again = parse(text, NAMES, functions=doubles_functions())
    assert evaluate(again, float_functions, **VALUES) == pytest.approx(
        evaluate(tree, float_functions, **VALUES), rel=1e-14, abs=1e-300
    )


@pytest.mark.parametrize("tree", FORMULAS.values(), ids=FORMULAS)
def test_python_computes_the_same(tree):
    notation = PythonText()
    text = write(tree, notation)
    imported, functions = notation.preamble()
    scope: dict[str, object] = dict(VALUES)
    exec("\n".join([*(f"from math import {name}" for name in imported), *functions]), scope)
    assert eval(text, scope) == pytest.approx(evaluate(tree, float_functions, **VALUES), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("tree", FORMULAS.values(), ids=FORMULAS)
def test_sympy_reads_the_same(tree):
    import sympy

    symbols = {name: sympy.Symbol(name, real=True) for name in NAMES}
    read = sympy.sympify(write(tree, SymPyText()), locals=symbols)
    value = read.subs({symbols[name]: value for name, value in VALUES.items()}).evalf()
    assert float(value) == pytest.approx(evaluate(tree, float_functions, **VALUES), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("tree", FORMULAS.values(), ids=FORMULAS)
def test_latex_is_complete(tree):
    text = write(tree, LaTeX())
    assert text.count("{") == text.count("}") and text.count(r"\left") == text.count(r"\right")
    assert "{}" not in text and "()" not in text and text.isascii()


def doubles_functions():
    """Those of derivatives too."""
    from gradcalc.expressions.functions import FUNCTIONS

    return frozenset(FUNCTIONS)
