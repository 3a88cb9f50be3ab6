"""Activations that are a function of the books: sin, cos, exp, square."""

from __future__ import annotations

from typing import Any

from gradcalc.activations import Activation, by_rule, np
from gradcalc.expressions.float_functions import cos, exp, sin
from gradcalc.expressions.textbook import Textbook


def _array(function: str) -> Any:
    """NumPy's function of that name, silent where it overflows."""

    def mapped(x: Any) -> Any:
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            return getattr(np, function)(x)

    return mapped


SINE, COSINE, POWER = _array("sin"), _array("cos"), _array("exp")

ROWS = (
    Activation(
        "sin",
        sin,
        cos,
        formula="sin(x)",
        derivative_formula="cos(x)",
        textbook=Textbook("sine: sin′ = cos"),
        values=SINE,
        derivatives=COSINE,
    ),
    Activation(
        "cos",
        cos,
        lambda x: -sin(x),
        formula="cos(x)",
        derivative_formula="-sin(x)",
        textbook=Textbook("cosine: cos′ = −sin"),
        values=COSINE,
        derivatives=lambda x: -SINE(x),
    ),
    Activation(
        "exp",
        exp,
        exp,
        formula="exp(x)",
        derivative_formula="exp(x)",
        aliases=("exponential",),
        textbook=Textbook("exponential rule: (eˣ)′ = eˣ", "y", "exp(x)"),
        values=POWER,
        derivatives=POWER,
    ),
    by_rule(
        "square",
        lambda f: (lambda x: x * x, lambda x: 2 * x),
        formula="x^2",
        derivative_formula="2*x",
        textbook=Textbook("power rule"),
        rational=True,
        values=lambda x: x * x,
        derivatives=lambda x: 2 * x,
    ),
)
UNLIKE = {"sinc": 'is not built in; write {formula: "sin(x) / x"}'}
