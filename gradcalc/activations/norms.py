"""layer_norm and rms_norm over the units of a layer: y = (z − mean)/√(variance + eps), y = z/√(mean of z² + eps).

The Jacobian of layer_norm is (δ_ij − 1/n − y_i y_j/n)/r, r = √(v + eps). Where a unit stands apart, its entries are
small differences of numbers near 1, so they are formed from the differences of the units (Lagrange's identity), with
N = n(v + eps):

    J_ii = (n−1)/n · (Σ_{b≠i} (z_b − mean of the others)² + n·eps)/(N r)
    J_ij = −(eps + 1/n · Σ_c (z_c − z_i)(z_c − z_j))/(N r)

Of two units that leaves eps/(v + eps) alone. For rms_norm: J_ii = (Σ_{b≠i} z_b² + n·eps)/(N r), J_ij = −z_i z_j/(N r).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import inf
from typing import Any

from gradcalc.activations import Activation, norm_arrays
from gradcalc.activations.rounding import DoubleFunctions, products_of_differences, squares_about_mean
from gradcalc.expressions.textbook import Textbook
from gradcalc.records import Record

LARGE = 2.0**500
SHRINK = 2.0**-600
Numbers = Sequence[Any]
Rows = list[list[Any]]


class Sums(Record):
    """Two sums that layer_norm is made of, as well as the arithmetic can: Σ(z − mean)², Σ_c (z_c − z_i)(z_c − z_j)."""

    squares: Callable[[Numbers], Any]
    products: Callable[[Numbers, int, int], Any]


DOUBLES = Sums(squares_about_mean, products_of_differences)


def _centred(f: Any, z: Numbers) -> list[Any]:
    """z − mean, also where the units are nearly equal: the mean's own rounding is taken off again."""
    mean = f.sum(z) / len(z)
    rest = f.sum([*z, *[-mean] * len(z)]) / len(z)
    return [(x - mean) - rest for x in z]


def _sums(f: Any) -> Sums:
    return Sums(
        lambda z: f.sum([x * x for x in _centred(f, z)]),
        lambda z, i, j: f.sum([(x - z[i]) * (x - z[j]) for x in z]),
    )


def _others(z: Numbers, i: int) -> Numbers:
    return [*z[:i], *z[i + 1 :]]


def _layer_norm(f: Any, sums: Sums, z: Numbers, eps: Any) -> list[Any]:
    r = f.sqrt(sums.squares(z) / len(z) + eps)
    return [x / r for x in _centred(f, z)]


def _layer_norm_jacobian(f: Any, sums: Sums, z: Numbers, eps: Any) -> Rows:
    """Rows [out][in]."""
    n = len(z)
    whole = sums.squares(z) + n * eps
    r = f.sqrt(whole / n)

    def entry(i: int, j: int) -> Any:
        if i == j:
            spread = sums.squares(_others(z, i)) if n > 2 else 0
            return (spread + n * eps) * (n - 1) / n / whole / r
        return -(sums.products(z, i, j) + n * eps) / n / whole / r

    return [[entry(i, j) for j in range(n)] for i in range(n)]


def _rms_norm(f: Any, z: Numbers, eps: Any) -> list[Any]:
    r = f.sqrt(f.sum([x * x for x in z]) / len(z) + eps)
    return [x / r for x in z]


def _rms_norm_jacobian(f: Any, z: Numbers, eps: Any) -> Rows:
    """Rows [out][in]."""
    n = len(z)
    whole = f.sum([x * x for x in z]) + n * eps
    r = f.sqrt(whole / n)

    def entry(i: int, j: int) -> Any:
        if i == j:
            return (f.sum([x * x for x in _others(z, i)]) + n * eps) / whole / r
        return -(z[i] / whole) * (z[j] / r)

    return [[entry(i, j) for j in range(n)] for i in range(n)]


def _shrunk(rule: Callable[[Numbers, float], Any], z: Numbers, eps: float) -> tuple[Any, float]:
    """The rule on doubles, and the factor for a derivative: units whose squares would overflow are shrunk first."""
    if max(map(abs, z)) < LARGE:
        return rule(z, eps), 1.0
    return rule([x * SHRINK for x in z], eps * SHRINK * SHRINK), SHRINK


def _norm(name: str, value: Callable[..., Any], jacobian: Callable[..., Any], eps: float, **fields: Any) -> Activation:
    """The row of a norm, from its two rules (z, eps) with the functions they use bound."""
    if not 0 < eps < inf:
        raise ValueError(f"{name}: eps must be positive, not {eps!r}")

    def derivative(z: Numbers) -> Rows:
        rows, factor = _shrunk(jacobian, z, eps)
        return [[x * factor for x in row] for row in rows] if factor != 1 else rows

    return Activation(
        name,
        formula="",
        derivative_formula="",
        value=lambda z: _shrunk(value, z, eps)[0],
        derivative=derivative,
        options={"eps": eps},
        couples=True,
        **fields,
    )


LAYER_NORM = Textbook(
    "layer-norm Jacobian",
    "r*(identity - (outer(ones, ones) + outer(y, y))/n)",
    value="(x - mu)*r",
    statistics=(("mu", "mean(x)"), ("r", "1/sqrt(mean((x - mu)^2) + eps)")),
)
LAYER_NORM = LAYER_NORM._replace(
    few=(
        Textbook("layer-norm of one unit: 0", "0", value="0"),
        LAYER_NORM._replace(derivative="eps*r^3/2*outer(opposite, opposite)"),
    )
)
RMS_NORM = Textbook(
    "rms-norm Jacobian",
    "r*(identity - outer(y, y)/n)",
    value="x*r",
    statistics=(("r", "1/sqrt(mean(x^2) + eps)"),),
)
RMS_NORM = RMS_NORM._replace(few=(RMS_NORM._replace(derivative="eps*r^3"),))


def layer_norm(eps: float = 1e-5) -> Activation:
    """Ba, Kiros and Hinton (2016), without gain and bias; the variance is the mean square."""
    return _norm(
        "layer_norm",
        partial(_layer_norm, DoubleFunctions, DOUBLES),
        partial(_layer_norm_jacobian, DoubleFunctions, DOUBLES),
        eps,
        reads=(
            "(x_i - mean(x_j))/sqrt(variance(x_j) + eps)",
            "((1 if i == j else 0) - 1/n - y_i*y_j/n)/sqrt(variance(x_j) + eps)",
        ),
        aliases=("layernorm",),
        variant=layer_norm,
        textbook=LAYER_NORM,
        values=lambda z: norm_arrays.layer_norms(z, eps),
        derivatives=lambda z: norm_arrays.layer_norm_jacobians(z, eps),
        pullback=lambda z, g: norm_arrays.layer_norm_pullback(z, g, eps),
        general=lambda f: (
            lambda z: _layer_norm(f, _sums(f), z, f.number(eps)),
            lambda z: _layer_norm_jacobian(f, _sums(f), z, f.number(eps)),
        ),
    )


def rms_norm(eps: float = 1e-5) -> Activation:
    """Zhang and Sennrich (2019), without gain."""
    return _norm(
        "rms_norm",
        partial(_rms_norm, DoubleFunctions),
        partial(_rms_norm_jacobian, DoubleFunctions),
        eps,
        reads=(
            "x_i/sqrt(mean(x_j^2) + eps)",
            "((1 if i == j else 0) - y_i*y_j/n)/sqrt(mean(x_j^2) + eps)",
        ),
        variant=rms_norm,
        textbook=RMS_NORM,
        values=lambda z: norm_arrays.rms_norms(z, eps),
        derivatives=lambda z: norm_arrays.rms_norm_jacobians(z, eps),
        pullback=lambda z, g: norm_arrays.rms_norm_pullback(z, g, eps),
        general=lambda f: (
            lambda z: _rms_norm(f, z, f.number(eps)),
            lambda z: _rms_norm_jacobian(f, z, f.number(eps)),
        ),
    )


ROWS = (layer_norm(), rms_norm())
UNLIKE = {
    **dict.fromkeys(
        ("batchnorm", "batchnormalization", "syncbatchnorm"),
        "normalizes over the examples of a batch, layer_norm over the units of a layer; they differ",
    ),
    **dict.fromkeys(
        ("groupnorm", "groupnormalization", "instancenorm"),
        "normalizes over groups of units or positions, layer_norm over all units; they differ",
    ),
    **dict.fromkeys(
        ("rmsnorm", "rmsnormalization"),
        "has eps 2.2e-16 in PyTorch, 1e-6 in Keras, 1e-5 here; write {name: rms_norm, eps: …}",
    ),
    "layernormalization": "has eps 1e-3 in Keras, 1e-5 here; write {name: layer_norm, eps: 1e-3}",
    "l2norm": "divides by the norm, rms_norm by the norm/√n; they differ",
}
