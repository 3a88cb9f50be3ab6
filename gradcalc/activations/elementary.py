"""Activations that are a function of the books: sin, cos, exp, square."""

from __future__ import annotations

import math
from typing import Any

from gradcalc.activations import Activation
from gradcalc.expressions.textbook import Textbook


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def _sin(x: float) -> float:
    try:
        return math.sin(x)
    except ValueError:  # of an infinity
        return math.nan


def _cos(x: float) -> float:
    try:
        return math.cos(x)
    except ValueError:
        return math.nan


def _array(function: str) -> Any:
    """NumPy's function of that name, found when it is first called."""

    def mapped(x: Any) -> Any:
        import numpy as np

        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            return getattr(np, function)(x)

    return mapped


SIN, COS, EXP = _array("sin"), _array("cos"), _array("exp")

ROWS = (
    Activation(
        "sin",
        formula="sin(x)",
        derivative_formula="cos(x)",
        textbook=Textbook("sine: sin′ = cos"),
        value=_sin,
        derivative=_cos,
        values=SIN,
        derivatives=COS,
    ),
    Activation(
        "cos",
        formula="cos(x)",
        derivative_formula="-sin(x)",
        textbook=Textbook("cosine: cos′ = −sin"),
        value=_cos,
        derivative=lambda x: -_sin(x),
        values=COS,
        derivatives=lambda x: -SIN(x),
    ),
    Activation(
        "exp",
        aliases=("exponential",),
        formula="exp(x)",
        derivative_formula="exp(x)",
        textbook=Textbook("exponential rule: (eˣ)′ = eˣ", "y", "exp(x)"),
        value=_exp,
        derivative=_exp,
        values=EXP,
        derivatives=EXP,
    ),
    Activation(
        "square",
        formula="x^2",
        derivative_formula="2*x",
        textbook=Textbook("power rule"),
        value=lambda x: x * x,
        derivative=lambda x: 2 * x,
        values=lambda x: x * x,
        derivatives=lambda x: 2 * x,
        general=lambda f: (lambda x: x * x, lambda x: 2 * x),
        rational=True,
    ),
)
