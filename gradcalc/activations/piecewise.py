"""Activations of straight pieces (hard_swish: of a parabola): the identity, relu and its kin, and those clipped twice.

At 0 the derivative is the left one, and 0 of abs, step and sign; at both ends of a clipped row it is 0, of hard_swish 0
at −3 and 1 at 3.
"""

from __future__ import annotations

from typing import Any

from gradcalc.activations import Activation, Functions, by_rule, np
from gradcalc.expressions.textbook import Textbook

Rules = tuple[Any, Any]


def _at_zero(x: Any) -> bool:
    return bool(x == 0)


def _relu(f: Functions) -> Rules:
    zero, one = f.number(0), f.number(1)
    return lambda x: x if x > 0 else zero, lambda x: one if x > 0 else zero


def _leaky_relu(f: Functions, leak: float) -> Rules:
    alpha, one = f.number(leak), f.number(1)
    return lambda x: x if x > 0 else alpha * x, lambda x: one if x > 0 else alpha


def _prelu(f: Functions) -> tuple[Any, Any, Any]:
    zero, one = f.number(0), f.number(1)
    return (
        lambda x, alpha: x if x > 0 else alpha * x,
        lambda x, alpha: one if x > 0 else alpha,
        lambda x, alpha: x if x < 0 else zero,
    )


def _step(f: Functions) -> Rules:
    zero, one = f.number(0), f.number(1)
    return lambda x: one if x > 0 else zero, lambda x: zero


def _constant(f: Functions, value: int) -> Any:
    number = f.number(value)
    return lambda x: number


def _sign(f: Functions) -> Any:
    return lambda x: f.number((x > 0) - (x < 0))


def _clip(f: Functions, low: int, high: int) -> Rules:
    zero, one, lowest, highest = map(f.number, (0, 1, low, high))
    return (lambda x: lowest if x < low else highest if x > high else x, lambda x: one if low < x < high else zero)


def _hard_sigmoid(f: Functions) -> Rules:
    zero, one = f.number(0), f.number(1)
    return (lambda x: zero if x <= -3 else one if x >= 3 else (x + 3) / 6, lambda x: one / 6 if -3 < x < 3 else zero)


def _hard_swish(f: Functions) -> Rules:
    zero, one = f.number(0), f.number(1)
    return (
        lambda x: zero if x <= -3 else x if x >= 3 else x * (x + 3) / 6,
        lambda x: zero if x <= -3 else one if x >= 3 else (2 * x + 3) / 6,
    )


def _inside(x: Any, low: float, high: float, derivative: Any) -> Any:
    """`derivative` strictly between the ends, else 0, of an array."""
    return np.where((x > low) & (x < high), derivative, 0.0)


def _hard_swishes(x: Any) -> Any:
    inner = np.clip(x, -3.0, 3.0)
    return np.where(x >= 3, x, inner * (inner + 3) / 6)


LEAKY: dict[str, Any] = {
    "formula": "relu(x) - alpha*relu(-x)",
    "reads": ("x if x > 0 else alpha*x", "1 if x > 0 else alpha"),
    "textbook": Textbook("piecewise linear", "cases(1, alpha, x)", value="cases(x, alpha*x, x)"),
    "rational": True,
}


def leaky_relu(alpha: float = 0.01) -> Activation:
    """The identity where x > 0, else alpha·x (Maas et al., 2013)."""
    return by_rule(
        "leaky_relu",
        lambda f: _leaky_relu(f, alpha),
        **LEAKY,
        aliases=("leakyrelu",),
        options={"alpha": alpha},
        variant=leaky_relu,
        kinks="alpha at x = 0",
        is_kink=None if alpha == 1 else _at_zero,
        flat=alpha == 0,
        values=lambda x: np.where(x > 0, x, alpha * x),
        derivatives=lambda x: np.where(x > 0, 1.0, alpha),
    )


def prelu(alpha: float = 0.25) -> Activation:
    """The leaky_relu whose alpha is a parameter, `alpha` at first (He et al., 2015)."""
    return by_rule(
        "prelu",
        _prelu,
        **LEAKY,
        options={"alpha": alpha},
        variant=prelu,
        kinks="alpha at x = 0",
        is_kink=_at_zero,
        flat=True,
        parametric=True,
        values=lambda x, alpha: np.where(x > 0, x, alpha * x),
        derivatives=lambda x, alpha: np.where(x > 0, 1.0, alpha),
    )


def _clipping(name: str, low: int, high: int, aliases: tuple[str, ...] = ()) -> Activation:
    """The identity between two ends."""
    inside = f"{high} - abs(x)" if low == -high else f"min(x, {high} - x)"
    return by_rule(
        name,
        lambda f: _clip(f, low, high),
        formula=f"min(max(x, {low}), {high})",
        reads=(f"min(max(x, {low}), {high})", f"1 if {low} < x < {high} else 0"),
        textbook=Textbook("piecewise linear", f"cases(1, 0, {inside})"),
        aliases=aliases,
        kinks=f"0 at x = {low}, 0 at x = {high}",
        is_kink=lambda x: x in (low, high),
        flat=True,
        rectifies=low == 0,
        rational=True,
        values=lambda x: np.clip(x, low, high),
        derivatives=lambda x: _inside(x, low, high, 1.0),
    )


ROWS = (
    by_rule(
        "relu",
        _relu,
        formula="relu(x)",
        reads=("x if x > 0 else 0", "1 if x > 0 else 0"),
        textbook=Textbook("relu: 1 right of 0, else 0", "cases(1, 0, x)", value="max(x, 0)"),
        kinks="0 at x = 0",
        is_kink=_at_zero,
        flat=True,
        rectifies=True,
        rational=True,
        values=lambda x: np.maximum(x, 0.0),
        derivatives=lambda x: (x > 0).astype(float),
    ),
    by_rule(
        "identity",
        lambda f: (lambda x: x, _constant(f, 1)),
        formula="x",
        derivative_formula="1",
        textbook=Textbook("identity", letter="1′"),
        aliases=("linear",),
        rational=True,
        values=lambda x: x,
        derivatives=lambda x: np.full_like(x, 1.0),
    ),
    leaky_relu(),
    prelu(),
    by_rule(
        "abs",
        lambda f: (abs, _sign(f)),
        formula="abs(x)",
        derivative_formula="sign(x)",
        textbook=Textbook("|x|′ = sign x"),
        kinks="0 at x = 0",
        is_kink=_at_zero,
        rational=True,
        values=abs,
        derivatives=lambda x: np.sign(x),
    ),
    by_rule(
        "step",
        _step,
        formula="(sign(x) + abs(sign(x)))/2",
        derivative_formula="0",
        reads=("1 if x > 0 else 0", "0"),
        textbook=Textbook("constant rule", value="cases(1, 0, x)"),
        kinks="0 at x = 0",
        is_kink=_at_zero,
        flat=True,
        rational=True,
        values=lambda x: (x > 0).astype(float),
        derivatives=lambda x: np.full_like(x, 0.0),
    ),
    by_rule(
        "sign",
        lambda f: (_sign(f), _constant(f, 0)),
        formula="sign(x)",
        derivative_formula="0",
        textbook=Textbook("constant rule"),
        kinks="0 at x = 0",
        is_kink=_at_zero,
        flat=True,
        rational=True,
        values=lambda x: np.sign(x),
        derivatives=lambda x: np.full_like(x, 0.0),
    ),
    _clipping("hardtanh", -1, 1, ("hard_tanh",)),
    _clipping("relu6", 0, 6),
    by_rule(
        "hard_sigmoid",
        _hard_sigmoid,
        aliases=("hardsigmoid",),
        formula="min(max(x + 3, 0), 6)/6",
        reads=("min(max(x + 3, 0), 6)/6", "1/6 if -3 < x < 3 else 0"),
        textbook=Textbook("piecewise linear", "cases(1/6, 0, 3 - abs(x))"),
        kinks="0 at x = -3, 0 at x = 3",
        is_kink=lambda x: abs(x) == 3,
        flat=True,
        rational=True,
        values=lambda x: np.clip(x + 3, 0.0, 6.0) / 6,
        derivatives=lambda x: _inside(x, -3.0, 3.0, 1 / 6),
    ),
    by_rule(
        "hard_swish",
        _hard_swish,
        aliases=("hardswish", "hard_silu"),
        formula="x*min(max(x + 3, 0), 6)/6",
        reads=("x*min(max(x + 3, 0), 6)/6", "(2*x + 3)/6 if -3 < x < 3 else (1 if x >= 3 else 0)"),
        textbook=Textbook("product rule, piecewise", "cases((2*x + 3)/6, cases(1, 0, x), 3 - abs(x))"),
        kinks="0 at x = -3, 1 at x = 3",
        is_kink=lambda x: abs(x) == 3,
        flat=True,
        rational=True,
        values=_hard_swishes,
        derivatives=lambda x: np.where(x >= 3, 1.0, _inside(x, -3.0, 3.0, (2 * x + 3) / 6)),
    ),
)
UNLIKE = {
    "rrelu": 'draws its leak at random; once trained it is {name: leaky_relu, alpha: "11/48"}',
    "crelu": "makes two units of one; write relu(x), relu(−x) and join: concat",
    "threshold": "has two options; write it as a formula",
    "dropout": "is random; leave it out, as a trained network does",
    "softshrink": 'is not built in; write {formula: "relu(x - 0.5) - relu(-x - 0.5)"}',
    "hardshrink": 'is not built in; write {formula: "x*(1 + sign(abs(x) - 0.5)) / 2"}',
}
