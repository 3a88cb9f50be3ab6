"""Activations that approach a constant exponentially on the left: elu, selu, celu, softplus.

Near 0 through expm1, far left as factor·h·h with h = exp(x/2), so that a result underflows once and not before its end.
"""

from __future__ import annotations

from math import exp, expm1, inf, isfinite, log1p
from typing import Any

from gradcalc.activations import Activation, blocked, elsewhere, where_positive
from gradcalc.activations.rounding import scaled_exp
from gradcalc.activations.sigmoidal import sigmoid, sigmoids
from gradcalc.expressions.textbook import Textbook

SELU_SCALE = 1.0507009873554805
SELU_LEFT = 1.7580993408473766  # scale · alpha (Klambauer et al., 2017)
LINEAR = 1e-17  # expm1(q) is q there, and so is spared the division of a subnormal q
LOG1P_IS_IDENTITY = -40.0  # e^−40 < 2⁻⁵⁴


def _left(factor: float, x: Any, rate: float = 1.0) -> Any:
    """factor·expm1(x/rate) of an array where x ≤ 0, 0 elsewhere."""
    import numpy as np

    return factor * np.expm1(np.minimum(x, 0.0) / rate)


def _left_derivatives(factor: float, x: Any) -> Any:
    """factor·e^x of an array where x ≤ 0, factor elsewhere."""
    import numpy as np

    h = np.exp(np.minimum(x, 0.0) / 2)
    return factor * h * h


def _right(x: Any, positive: Any, otherwise: Any, of: float = 0.0) -> Any:
    import numpy as np

    return np.where(x > of, positive, otherwise)


def _expm1s(factor: float, right: float, x: Any) -> Any:
    return _right(x, right * x, _left(factor, x))


def elu(alpha: float = 1.0) -> Activation:
    """The identity where x > 0, else alpha·(e^x − 1) (Clevert et al., 2016)."""
    return Activation(
        "elu",
        formula="relu(x) + alpha*(exp(min(x, 0)) - 1)",
        derivative_formula=f"{where_positive('x')} + alpha*{elsewhere('x')}*exp(min(x, 0))",
        reads=("x if x > 0 else alpha*(exp(x) - 1)", "1 if x > 0 else alpha*exp(x)"),
        textbook=Textbook(
            "elu: 1 right of 0, else a power", "cases(1, alpha*exp(x), x)", value="cases(x, alpha*expm1(x), x)"
        ),
        value=lambda x: x if x > 0 else alpha * expm1(x),
        derivative=lambda x: 1.0 if x > 0 else scaled_exp(alpha, x),
        options={"alpha": alpha},
        variant=elu,
        is_kink=None if alpha == 1 else lambda x: x == 0,
        flat=alpha == 0,
        values=blocked(lambda x: _expm1s(alpha, 1.0, x)),
        derivatives=blocked(lambda x: _right(x, 1.0, _left_derivatives(alpha, x))),
        general=lambda f: _elu_in(f, f.number(1), f.number(alpha)),
    )


def _elu_in(f: Any, right: Any, left: Any) -> tuple[Any, Any]:
    return (
        lambda x: right * x if x > 0 else left * f.expm1(x),
        lambda x: right if x > 0 else left * f.exp(x),
    )


def celu(alpha: float = 1.0) -> Activation:
    """The identity where x > 0, else alpha·(e^(x/alpha) − 1) (Barron, 2017)."""
    _positive("celu", "alpha", alpha)
    return Activation(
        "celu",
        formula="relu(x) + alpha*(exp(min(x, 0)/alpha) - 1)",
        derivative_formula="exp(min(x, 0)/alpha)",
        reads=("x if x > 0 else alpha*(exp(x/alpha) - 1)", "1 if x > 0 else exp(x/alpha)"),
        textbook=Textbook(
            "celu: 1 right of 0, else a power", "cases(1, exp(x/alpha), x)", value="cases(x, alpha*expm1(x/alpha), x)"
        ),
        value=lambda x: x if x > 0 else _celu_left(x, alpha),
        derivative=lambda x: 1.0 if x > 0 else exp(x / alpha),
        options={"alpha": alpha},
        variant=celu,
        values=blocked(lambda x: _right(x / alpha, x, _left(alpha, x, alpha), -LINEAR)),
        derivatives=blocked(lambda x: _left_derivatives(1.0, x / alpha)),
        general=lambda f: _celu_in(f, f.number(alpha)),
    )


def _selu_constants(f: Any) -> tuple[Any, Any]:
    """The scale, and scale · alpha, for which zero mean and unit variance are a fixed point (Klambauer et al., 2017).

    With a = erfc(1/√2)·√e and b = erfc(√2)·e²:
    alpha = √(2/π)/(1 − a), scale = (1 − a)·√(2π)/√(2b + πa² − 2(2 + π)a + π + 2).
    """
    a = f.erfc(1 / f.sqrt(f.number(2))) * f.sqrt(f.e)
    b = f.erfc(f.sqrt(f.number(2))) * f.e * f.e
    left = f.sqrt(2 / f.pi) / (1 - a)
    scale = (1 - a) * f.sqrt(2 * f.pi) / f.sqrt(2 * b + f.pi * a * a - 2 * (2 + f.pi) * a + f.pi + 2)
    return scale, scale * left


def _celu_left(x: float, alpha: float) -> float:
    q = x / alpha
    return x if q > -LINEAR else alpha * expm1(q)


def _celu_in(f: Any, alpha: Any) -> tuple[Any, Any]:
    return (
        lambda x: x if x > 0 else alpha * f.expm1(x / alpha),
        lambda x: f.number(1) if x > 0 else f.exp(x / alpha),
    )


def softplus(beta: float = 1.0) -> Activation:
    """ln(1 + e^(beta·x))/beta."""
    _positive("softplus", "beta", beta)
    return Activation(
        "softplus",
        formula="softplus(beta*x)/beta",
        derivative_formula="sigmoid(beta*x)",
        reads=("log(1 + exp(beta*x))/beta", "sigmoid(beta*x)"),
        textbook=Textbook("softplus′ = σ"),
        value=lambda x: _softplus(x, beta),
        derivative=lambda x: sigmoid(beta * x),
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
    import numpy as np

    h = np.exp(np.abs(beta * x) / -2)
    rest = np.where(h < 1e-9, h / beta * h, np.log1p(h * h) / beta)
    return np.maximum(x, 0.0) + rest


def _positive(row: str, option: str, value: float) -> None:
    if not (0 < value < inf and isfinite(1 / value)):
        raise ValueError(f"{row}: {option} must be positive, not {value!r}")


ROWS = (
    elu(),
    Activation(
        "selu",
        formula=f"{SELU_SCALE!r}*relu(x) + {SELU_LEFT!r}*(exp(min(x, 0)) - 1)",
        derivative_formula=f"{SELU_SCALE!r}*{where_positive('x')} + {SELU_LEFT!r}*{elsewhere('x')}*exp(min(x, 0))",
        reads=(
            f"{SELU_SCALE!r}*x if x > 0 else {SELU_LEFT!r}*(exp(x) - 1)",
            f"{SELU_SCALE!r} if x > 0 else {SELU_LEFT!r}*exp(x)",
        ),
        textbook=Textbook(
            "selu: linear right of 0, else a power",
            f"cases({SELU_SCALE!r}, {SELU_LEFT!r}*exp(x), x)",
            value=f"cases({SELU_SCALE!r}*x, {SELU_LEFT!r}*expm1(x), x)",
        ),
        value=lambda x: SELU_SCALE * x if x > 0 else SELU_LEFT * expm1(x),
        derivative=lambda x: SELU_SCALE if x > 0 else scaled_exp(SELU_LEFT, x),
        is_kink=lambda x: x == 0,
        values=blocked(lambda x: _expm1s(SELU_LEFT, SELU_SCALE, x)),
        derivatives=blocked(lambda x: _right(x, SELU_SCALE, _left_derivatives(SELU_LEFT, x))),
        general=lambda f: _elu_in(f, *_selu_constants(f)),
    ),
    celu(),
    softplus(),
)
UNLIKE = {
    "squareplus": 'is not built in; write {formula: "(x + sqrt(x^2 + 4)) / 2"}',
    "sparseplus": "is not built in; write it as a formula",
}
