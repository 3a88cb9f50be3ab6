"""Activations that approach a constant exponentially on the left: elu, selu, celu, softplus.

Near 0 through expm1, far left as factor·h·h with h = exp(x/2), so that a result underflows once and not before its end.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, expm1, inf, isfinite, log1p
from typing import Any

from gradcalc.activations import Activation, Functions, blocked, np
from gradcalc.activations.rounding import scaled_exp
from gradcalc.activations.sigmoidal import sigmoid, sigmoids
from gradcalc.expressions.expression import Literal
from gradcalc.expressions.textbook import Textbook

A, B = "(1 - erf(1/sqrt(2)))*sqrt(e)", "(1 - erf(sqrt(2)))*e^2"
ROOT = f"sqrt(2*{B} + pi*({A})^2 - 2*(2 + pi)*{A} + pi + 2)"
SELU_SCALE = Literal.of(1.0507009873554805, f"(1 - {A})*sqrt(2*pi)/{ROOT}")
SELU_LEFT = Literal.of(1.7580993408473766, f"2/{ROOT}")  # scale · alpha, alpha = √(2/π)/(1 − A)
"""With them zero mean and unit variance are a fixed point (Klambauer et al., 2017)."""

LINEAR = 1e-17  # expm1(q) is q there, and so is spared the division of a subnormal q
LOG1P_IS_IDENTITY = -40.0  # e^−40 < 2⁻⁵⁴


def _array_scaled_exp(factor: float, x: Any) -> Any:
    """factor·e^x of an array where x ≤ 0, factor elsewhere."""
    h = np.exp(np.minimum(x, 0.0) / 2)
    return factor * h * h


def _two_sided(
    name: str, right: float, left: float, constants: Callable[[Functions], tuple[Any, Any]], **fields: Any
) -> Activation:
    """right·x where x > 0, else left·(e^x − 1); `constants` are the two in any arithmetic."""

    def rule(f: Functions) -> tuple[Any, Any]:
        scale, factor = constants(f)
        return (lambda x: scale * x if x > 0 else factor * f.expm1(x), lambda x: scale if x > 0 else factor * f.exp(x))

    return Activation(
        name,
        value=lambda x: right * x if x > 0 else left * expm1(x),
        derivative=lambda x: right if x > 0 else scaled_exp(left, x),
        rule=rule,
        values=blocked(lambda x: np.where(x > 0, right * x, left * np.expm1(np.minimum(x, 0.0)))),
        derivatives=blocked(lambda x: np.where(x > 0, right, _array_scaled_exp(left, x))),
        **fields,
    )


def elu(alpha: float = 1.0) -> Activation:
    """The identity where x > 0, else alpha·(e^x − 1) (Clevert et al., 2016)."""
    return _two_sided(
        "elu",
        1.0,
        alpha,
        lambda f: (f.number(1), f.number(alpha)),
        formula="relu(x) + alpha*(exp(min(x, 0)) - 1)",
        reads=("x if x > 0 else alpha*(exp(x) - 1)", "1 if x > 0 else alpha*exp(x)"),
        textbook=Textbook(
            "elu: 1 right of 0, else a power", "cases(1, alpha*exp(x), x)", value="cases(x, alpha*expm1(x), x)"
        ),
        options={"alpha": alpha},
        variant=elu,
        kinks="alpha at x = 0",
        is_kink=None if alpha == 1 else lambda x: x == 0,
        flat=alpha == 0,
    )


def _selu_constants(f: Functions) -> tuple[Any, Any]:
    """The scale, and scale · alpha."""
    from gradcalc.expressions.compiled import exact_constant

    return exact_constant(SELU_SCALE.text, f), exact_constant(SELU_LEFT.text, f)


def celu(alpha: float = 1.0) -> Activation:
    """The identity where x > 0, else alpha·(e^(x/alpha) − 1) (Barron, 2017)."""
    _positive("celu", "alpha", alpha)

    def left(x: float) -> float:
        q = x / alpha
        return x if q > -LINEAR else alpha * expm1(q)

    def rule(f: Functions) -> tuple[Any, Any]:
        one, width = f.number(1), f.number(alpha)
        return (lambda x: x if x > 0 else width * f.expm1(x / width), lambda x: one if x > 0 else f.exp(x / width))

    return Activation(
        "celu",
        value=lambda x: x if x > 0 else left(x),
        derivative=lambda x: 1.0 if x > 0 else exp(x / alpha),
        formula="relu(x) + alpha*(exp(min(x, 0)/alpha) - 1)",
        rule=rule,
        reads=("x if x > 0 else alpha*(exp(x/alpha) - 1)", "1 if x > 0 else exp(x/alpha)"),
        textbook=Textbook(
            "celu: 1 right of 0, else a power", "cases(1, exp(x/alpha), x)", value="cases(x, alpha*expm1(x/alpha), x)"
        ),
        options={"alpha": alpha},
        variant=celu,
        values=blocked(lambda x: np.where(x / alpha > -LINEAR, x, alpha * np.expm1(np.minimum(x, 0.0) / alpha))),
        derivatives=blocked(lambda x: _array_scaled_exp(1.0, x / alpha)),
    )


def softplus(beta: float = 1.0) -> Activation:
    """ln(1 + e^(beta·x))/beta."""
    _positive("softplus", "beta", beta)
    return Activation(
        "softplus",
        value=lambda x: _softplus(x, beta),
        derivative=lambda x: sigmoid(beta * x),
        formula="softplus(beta*x)/beta",
        derivative_formula="sigmoid(beta*x)",
        reads=("log(1 + exp(beta*x))/beta", "sigmoid(beta*x)"),
        textbook=Textbook("softplus′ = σ"),
        options={"beta": beta},
        variant=softplus,
        values=blocked(lambda x: _softpluses(x, beta)),
        derivatives=lambda x: sigmoids(beta * x),
    )


def _softplus(x: float, beta: float) -> float:
    b = beta * x
    if b > 0:
        return x + log1p(exp(-b)) / beta
    return log1p(exp(b)) / beta if b > LOG1P_IS_IDENTITY else scaled_exp(1 / beta, b)


def _softpluses(x: Any, beta: float) -> Any:
    h = np.exp(np.abs(beta * x) / -2)
    rest = np.where(h < 1e-9, h / beta * h, np.log1p(h * h) / beta)
    return np.maximum(x, 0.0) + rest


def _positive(row: str, option: str, value: float) -> None:
    if not (0 < value < inf and isfinite(1 / value)):
        raise ValueError(f"{row}: {option} must be positive, not {value!r}")


ROWS = (
    elu(),
    _two_sided(
        "selu",
        SELU_SCALE,
        SELU_LEFT,
        _selu_constants,
        formula=f"{SELU_SCALE!r}*relu(x) + {SELU_LEFT!r}*(exp(min(x, 0)) - 1)",
        reads=(
            f"{SELU_SCALE!r}*x if x > 0 else {SELU_LEFT!r}*(exp(x) - 1)",
            f"{SELU_SCALE!r} if x > 0 else {SELU_LEFT!r}*exp(x)",
        ),
        textbook=Textbook(
            "selu: linear right of 0, else a power",
            "cases(right, left*exp(x), x)",
            value="cases(right*x, left*expm1(x), x)",
            constants=(("right", SELU_SCALE), ("left", SELU_LEFT)),
        ),
        kinks=f"{SELU_LEFT!r} at x = 0",
        is_kink=lambda x: x == 0,
    ),
    celu(),
    softplus(),
)
UNLIKE = {
    "squareplus": 'is not built in; write {formula: "(x + sqrt(x^2 + 4)) / 2"}',
    "sparseplus": "is not built in; write it as a formula",
}
