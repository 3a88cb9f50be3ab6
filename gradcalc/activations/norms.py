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
from math import inf
from typing import Any

from gradcalc.activations import norm_arrays
from gradcalc.activations.norm_arrays import LARGE, SHRINK
from gradcalc.activations.rounding import DoubleFunctions
from gradcalc.activations.row import Activation

Numbers = Sequence[Any]
Rows = list[list[Any]]


def _centred(f: Any, z: Numbers) -> list[Any]:
    """z − mean, also where the units are nearly equal: the mean's own rounding is taken off again."""
    mean = f.sum(z) / len(z)
    rest = f.sum([*z, *[-mean] * len(z)]) / len(z)
    return [(x - mean) - rest for x in z]


def _squares(f: Any, z: Numbers) -> Any:
    return f.sum([x * x for x in z])


def _others(z: Numbers, i: int) -> Numbers:
    return [*z[:i], *z[i + 1 :]]


def _spread(f: Any, z: Numbers, eps: Any) -> tuple[Any, Any]:
    """N = Σz² + n·eps and r = √(N/n)."""
    whole = _squares(f, z) + len(z) * eps
    return whole, f.sqrt(whole / len(z))


def _layer_norm(f: Any, z: Numbers, eps: Any) -> list[Any]:
    centred = _centred(f, z)
    _, r = _spread(f, centred, eps)
    return [x / r for x in centred]


def _layer_norm_jacobian(f: Any, z: Numbers, eps: Any) -> Rows:
    """Rows [out][in]."""
    n = len(z)
    whole, r = _spread(f, _centred(f, z), eps)

    def entry(i: int, j: int) -> Any:
        if i == j:
            spread = _squares(f, _centred(f, _others(z, i))) if n > 1 else 0
            return (spread + n * eps) * (n - 1) / n / whole / r
        products = f.sum([(x - z[i]) * (x - z[j]) for x in z])
        return -(eps + products / n) / whole / r

    return [[entry(i, j) for j in range(n)] for i in range(n)]


def _rms_norm(f: Any, z: Numbers, eps: Any) -> list[Any]:
    _, r = _spread(f, z, eps)
    return [x / r for x in z]


def _rms_norm_jacobian(f: Any, z: Numbers, eps: Any) -> Rows:
    """Rows [out][in]."""
    n = len(z)
    whole, r = _spread(f, z, eps)

    def entry(i: int, j: int) -> Any:
        if i == j:
            return (_squares(f, _others(z, i)) + n * eps) / whole / r
        return -(z[i] / whole) * (z[j] / r)

    return [[entry(i, j) for j in range(n)] for i in range(n)]


def _value(rule: Callable[..., list[Any]], z: Numbers, eps: float) -> list[float]:
    """The rule on doubles; units whose squares would overflow are shrunk first, which changes no norm."""
    if max(map(abs, z)) < LARGE:
        return rule(DoubleFunctions, z, eps)
    return rule(DoubleFunctions, [x * SHRINK for x in z], eps * SHRINK * SHRINK)


def _jacobian(rule: Callable[..., Rows], z: Numbers, eps: float) -> Rows:
    if max(map(abs, z)) < LARGE:
        return rule(DoubleFunctions, z, eps)
    shrunk = rule(DoubleFunctions, [x * SHRINK for x in z], eps * SHRINK * SHRINK)
    return [[x * SHRINK for x in row] for row in shrunk]


def _checked(name: str, eps: float) -> None:
    if not 0 < eps < inf:
        raise ValueError(f"{name}: eps must be positive, not {eps!r}")


def layer_norm(eps: float = 1e-5) -> Activation:
    """Ba, Kiros and Hinton (2016), without gain and bias; the variance is the mean square."""
    _checked("layer_norm", eps)
    return Activation(
        "layer_norm",
        formula="",
        derivative="",
        value=lambda z: _value(_layer_norm, z, eps),
        slope=lambda z: _jacobian(_layer_norm_jacobian, z, eps),
        options={"eps": eps},
        variant=layer_norm,
        couples=True,
        values=lambda z: norm_arrays.layer_norms(z, eps),
        slopes=lambda z: norm_arrays.layer_norm_jacobians(z, eps),
        pullback=lambda z, g: norm_arrays.layer_norm_pullback(z, g, eps),
        general=lambda f: (
            lambda z: _layer_norm(f, z, f.number(eps)),
            lambda z: _layer_norm_jacobian(f, z, f.number(eps)),
        ),
    )


def rms_norm(eps: float = 1e-5) -> Activation:
    """Zhang and Sennrich (2019), without gain."""
    _checked("rms_norm", eps)
    return Activation(
        "rms_norm",
        formula="",
        derivative="",
        value=lambda z: _value(_rms_norm, z, eps),
        slope=lambda z: _jacobian(_rms_norm_jacobian, z, eps),
        options={"eps": eps},
        variant=rms_norm,
        couples=True,
        values=lambda z: norm_arrays.rms_norms(z, eps),
        slopes=lambda z: norm_arrays.rms_norm_jacobians(z, eps),
        pullback=lambda z, g: norm_arrays.rms_norm_pullback(z, g, eps),
        general=lambda f: (
            lambda z: _rms_norm(f, z, f.number(eps)),
            lambda z: _rms_norm_jacobian(f, z, f.number(eps)),
        ),
    )


ROWS = (layer_norm(), rms_norm())
