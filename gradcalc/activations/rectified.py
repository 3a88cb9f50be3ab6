"""Activations of straight pieces that meet at 0: identity, relu, leaky_relu, prelu, abs, step, sign.

At 0 the derivative is the left one; that of abs, step and sign is 0.
"""

from __future__ import annotations

from typing import Any

from gradcalc.activations import Activation, elsewhere, where_positive
from gradcalc.expressions.textbook import Textbook


def _at_zero(x: Any) -> bool:
    return bool(x == 0)


def _sign(x: float) -> float:
    return float((x > 0) - (x < 0))


def _relus(x: Any) -> Any:
    import numpy as np

    return np.maximum(x, 0.0)


def _signs(x: Any) -> Any:
    import numpy as np

    return np.sign(x)


def _constant(x: Any, value: float) -> Any:
    import numpy as np

    return np.full_like(x, value)


def _either(x: Any, positive: Any, otherwise: Any) -> Any:
    import numpy as np

    return np.where(x > 0, positive, otherwise)


def leaky_relu(alpha: float = 0.01) -> Activation:
    """The identity where x > 0, else alpha·x."""
    return Activation(
        "leaky_relu",
        aliases=("leakyrelu",),
        formula="relu(x) - alpha*relu(-x)",
        derivative_formula=f"{where_positive('x')} + alpha*{elsewhere('x')}",
        reads=("x if x > 0 else alpha*x", "1 if x > 0 else alpha"),
        textbook=Textbook("piecewise linear", "cases(1, alpha, x)", value="cases(x, alpha*x, x)"),
        value=lambda x: x if x > 0 else alpha * x,
        derivative=lambda x: 1.0 if x > 0 else alpha,
        options={"alpha": alpha},
        variant=leaky_relu,
        is_kink=None if alpha == 1 else _at_zero,
        flat=alpha == 0,
        values=lambda x: _either(x, x, alpha * x),
        derivatives=lambda x: _either(x, 1.0, alpha),
        general=lambda f: _leaky_in(f.number(alpha), f.number(1)),
        rational=True,
    )


def _leaky_in(alpha: Any, one: Any) -> tuple[Any, Any]:
    return lambda x: x if x > 0 else alpha * x, lambda x: one if x > 0 else alpha


def prelu(alpha: float = 0.25) -> Activation:
    """The leaky_relu whose alpha is a parameter, `alpha` at first."""
    return Activation(
        "prelu",
        formula="relu(x) - alpha*relu(-x)",
        derivative_formula=f"{where_positive('x')} + alpha*{elsewhere('x')}",
        reads=("x if x > 0 else alpha*x", "1 if x > 0 else alpha"),
        textbook=Textbook("piecewise linear", "cases(1, alpha, x)", value="cases(x, alpha*x, x)"),
        value=lambda x, alpha: x if x > 0 else alpha * x,
        derivative=lambda x, alpha: 1.0 if x > 0 else alpha,
        options={"alpha": alpha},
        variant=prelu,
        is_kink=_at_zero,
        flat=True,
        parametric=True,
        alpha_derivative=lambda x, alpha: x if x < 0 else 0.0,
        values=lambda x, alpha: _either(x, x, alpha * x),
        derivatives=lambda x, alpha: _either(x, 1.0, alpha),
        general=lambda f: _prelu_in(f.number(0), f.number(1)),
        rational=True,
    )


def _prelu_in(zero: Any, one: Any) -> tuple[Any, Any, Any]:
    return (
        lambda x, alpha: x if x > 0 else alpha * x,
        lambda x, alpha: one if x > 0 else alpha,
        lambda x, alpha: x if x < 0 else zero,
    )


ROWS = (
    Activation(
        "relu",
        formula="relu(x)",
        derivative_formula=where_positive("x"),
        reads=("x if x > 0 else 0", "1 if x > 0 else 0"),
        textbook=Textbook("relu: 1 right of 0, else 0", "cases(1, 0, x)", value="max(x, 0)"),
        value=lambda x: x if x > 0 else 0.0,
        derivative=lambda x: 1.0 if x > 0 else 0.0,
        is_kink=_at_zero,
        flat=True,
        values=_relus,
        derivatives=lambda x: (x > 0).astype(float),
        general=lambda f: _leaky_in(f.number(0), f.number(1)),
        rational=True,
    ),
    Activation(
        "identity",
        formula="x",
        derivative_formula="1",
        textbook=Textbook("identity", letter="1′"),
        value=lambda x: x,
        derivative=lambda x: 1.0,
        aliases=("linear",),
        values=lambda x: x,
        derivatives=lambda x: _constant(x, 1.0),
        general=lambda f: (lambda x: x, lambda x: f.number(1)),
        rational=True,
    ),
    leaky_relu(),
    prelu(),
    Activation(
        "abs",
        formula="abs(x)",
        derivative_formula="sign(x)",
        textbook=Textbook("|x|′ = sign x"),
        value=abs,
        derivative=_sign,
        is_kink=_at_zero,
        values=abs,
        derivatives=_signs,
        general=lambda f: (abs, lambda x: f.number((x > 0) - (x < 0))),
        rational=True,
    ),
    Activation(
        "step",
        formula=where_positive("x"),
        derivative_formula="0",
        reads=("1 if x > 0 else 0", "0"),
        textbook=Textbook("constant rule", value="cases(1, 0, x)"),
        value=lambda x: 1.0 if x > 0 else 0.0,
        derivative=lambda x: 0.0,
        is_kink=_at_zero,
        flat=True,
        values=lambda x: (x > 0).astype(float),
        derivatives=lambda x: _constant(x, 0.0),
        general=lambda f: (lambda x: f.number(int(x > 0)), lambda x: f.number(0)),
        rational=True,
    ),
    Activation(
        "sign",
        formula="sign(x)",
        derivative_formula="0",
        textbook=Textbook("constant rule"),
        value=_sign,
        derivative=lambda x: 0.0,
        is_kink=_at_zero,
        flat=True,
        values=_signs,
        derivatives=lambda x: _constant(x, 0.0),
        general=lambda f: (lambda x: f.number((x > 0) - (x < 0)), lambda x: f.number(0)),
        rational=True,
    ),
)
UNLIKE = {
    "rrelu": 'draws its slope at random; once trained it is {name: leaky_relu, alpha: "11/48"}',
    "crelu": "makes two units of one; write relu(x), relu(−x) and join: concat",
    "threshold": "has two options; write it as a formula",
    "dropout": "is random; leave it out, as a trained network does",
}
