"""layer_norm and rms_norm over the units of a layer: y = (z − mean)/√(variance + eps), y = z/√(mean of z² + eps).

The Jacobian of layer_norm is (δ_ij − 1/n − y_i y_j/n)/r, r = √(v + eps). Where a unit stands apart, its entries are
small differences of numbers near 1, so they are formed from the differences of the units (Lagrange's identity), with
N = n(v + eps):

    J_ii = (n−1)/n · (Σ_{b≠i} (z_b − mean of the others)² + n·eps)/(N r)
    J_ij = −(eps + 1/n · Σ_c (z_c − z_i)(z_c − z_j))/(N r)

The first sum is that of (z_b − z_c)² over all pairs of the others, divided by n − 1, which formulas have in its place.
Of two units that leaves eps/(v + eps) alone. For rms_norm: J_ii = (Σ_{b≠i} z_b² + n·eps)/(N r), J_ij = −z_i z_j/(N r).

Arrays of few units are computed with in NumPy's long doubles: where those have 64 bits, as on x86, every result is
rounded about once. Of many units the sums are long and their roundings mix; float64 is faster.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import inf
from typing import Any

from gradcalc.activations import Activation, Functions, np
from gradcalc.activations.rounding import products_of_differences, squares_about_mean
from gradcalc.expressions import float_functions
from gradcalc.expressions.textbook import Textbook

LARGE = 2.0**500
SHRINK = 2.0**-600
FEW = 32  # units up to which arrays are computed with in long doubles

Numbers = Sequence[Any]
Matrix = list[list[Any]]


def _centred(f: Functions, z: Numbers) -> list[Any]:
    """z − mean, also where the units are nearly equal: the mean's own rounding is taken off again."""
    mean = f.sum(z) / len(z)
    rest = f.sum([*z, *[-mean] * len(z)]) / len(z)
    return [(x - mean) - rest for x in z]


def _squares(f: Functions, z: Numbers) -> Any:
    """Σ(z − mean)², as well as the arithmetic can."""
    return squares_about_mean(z) if f is float_functions else f.sum([x * x for x in _centred(f, z)])


def _products(f: Functions, z: Numbers, i: int, j: int) -> Any:
    """Σ_c (z_c − z_i)(z_c − z_j) likewise."""
    return products_of_differences(z, i, j) if f is float_functions else f.sum([(x - z[i]) * (x - z[j]) for x in z])


def _others(z: Numbers, i: int) -> Numbers:
    return [*z[:i], *z[i + 1 :]]


def _layer_norm(f: Functions, z: Numbers, eps: Any) -> list[Any]:
    r = f.sqrt(_squares(f, z) / len(z) + eps)
    return [x / r for x in _centred(f, z)]


def _layer_norm_jacobian(f: Functions, z: Numbers, eps: Any) -> Matrix:
    n = len(z)
    whole = _squares(f, z) + n * eps
    r = f.sqrt(whole / n)

    def entry(i: int, j: int) -> Any:
        if i == j:
            spread = _squares(f, _others(z, i)) if n > 2 else 0
            return (spread + n * eps) * (n - 1) / n / whole / r
        return -(_products(f, z, i, j) + n * eps) / n / whole / r

    return [[entry(i, j) for j in range(n)] for i in range(n)]


def _rms_norm(f: Functions, z: Numbers, eps: Any) -> list[Any]:
    r = f.sqrt(f.sum([x * x for x in z]) / len(z) + eps)
    return [x / r for x in z]


def _rms_norm_jacobian(f: Functions, z: Numbers, eps: Any) -> Matrix:
    n = len(z)
    whole = f.sum([x * x for x in z]) + n * eps
    r = f.sqrt(whole / n)

    def entry(i: int, j: int) -> Any:
        if i == j:
            return (f.sum([x * x for x in _others(z, i)]) + n * eps) / whole / r
        return -(z[i] / whole) * (z[j] / r)

    return [[entry(i, j) for j in range(n)] for i in range(n)]


def _array_centred(z: Any) -> Any:
    d = z - z.mean(-1, keepdims=True)
    d -= d.mean(-1, keepdims=True)
    return d


def _sum(x: Any) -> Any:
    return x.sum(-1, keepdims=True)


def _spread(d: Any, eps: float) -> tuple[Any, Any]:
    """N = Σd² + n·eps and r = √(N/n)."""
    n = d.shape[-1]
    whole = _sum(d * d) + n * eps
    return whole, np.sqrt(whole / n)


def _layer_norms(z: Any, eps: float) -> Any:
    """(z − mean)/√(variance + eps)."""
    d = _array_centred(z)
    return d / _spread(d, eps)[1]


def _leave_one_out(z: Any) -> Any:
    """z without each unit in turn: [..., n, n−1]."""
    n = z.shape[-1]
    columns = np.arange(n - 1)
    return z[..., columns + (columns >= np.arange(n)[:, None])]


def _array_jacobian(off: Any, diagonal: Any, whole: Any, r: Any) -> Any:
    both = np.where(np.eye(off.shape[-1], dtype=bool), diagonal[..., :, None], off)
    return both / whole[..., None] / r[..., None]


def _layer_norm_jacobians(z: Any, eps: float) -> Any:
    n = z.shape[-1]
    if n == 1:
        return np.zeros((*z.shape, 1))
    apart = z[..., None, :] - z[..., :, None]
    off = -(eps + apart @ np.swapaxes(apart, -1, -2) / n)
    others = _array_centred(_leave_one_out(z))
    diagonal = ((others * others).sum(-1) + n * eps) * (n - 1) / n
    return _array_jacobian(off, diagonal, *_spread(_array_centred(z), eps))


def _rms_norm_jacobians(z: Any, eps: float) -> Any:
    """[..., out, in]."""
    others = _leave_one_out(z)
    diagonal = (others * others).sum(-1) + z.shape[-1] * eps
    return _array_jacobian(-z[..., :, None] * z[..., None, :], diagonal, *_spread(z, eps))


def _spanning(rule: Callable[..., Any], f: Functions, eps: Any, z: Numbers) -> Any:
    """The rule with digits for differences and products of units however far their exponents are apart: with fewer the
    small ones among large ones that cancel are lost alike in any number of digits."""
    with f.spanning([*z, eps]):
        return rule(f, z, eps)


def _shrunk(rule: Callable[..., Any], z: Numbers, eps: float, centres: bool) -> tuple[Any, float]:
    """The rule on float64, and the factor for a derivative: units whose squares would overflow are shrunk first.

    Of large units close together a rule that centres needs their differences from the first alone, which are exact.
    """
    if max(map(abs, z)) < LARGE:
        return rule(float_functions, z, eps), 1.0
    apart = [x - z[0] for x in z]
    if centres and max(map(abs, apart)) < LARGE / 4:
        return rule(float_functions, apart, eps), 1.0
    return rule(float_functions, [x * SHRINK for x in z], eps * SHRINK * SHRINK), SHRINK


def _of_arrays(rule: Callable[..., Any], eps: float) -> Callable[..., Any]:
    """The rule on arrays, in long doubles where units are few or their squares overflow, and its result in float64."""

    def rounded(z: Any) -> Any:
        if z.shape[-1] > FEW and np.abs(z).max(initial=0) < LARGE:
            return rule(z, eps)
        return rule(np.asarray(z, np.longdouble), np.longdouble(eps)).astype(float)

    return rounded


def _norm(
    name: str,
    eps: float,
    rules: Sequence[Callable[..., Any]],
    array_rules: Sequence[Callable[..., Any]],
    centres: bool = False,
    **fields: Any,
) -> Activation:
    """The row of a norm, from value and Jacobian of (functions, z, eps), and those of arrays (z, eps); `centres`: they
    depend on the differences of the units alone."""
    if not 0 < eps < inf:
        raise ValueError(f"{name}: eps must be positive, not {eps!r}")
    value, jacobian = rules
    values, derivatives = (_of_arrays(rule, eps) for rule in array_rules)

    def derivative(z: Numbers) -> Matrix:
        rows, factor = _shrunk(jacobian, z, eps, centres)
        return [[x * factor for x in row] for row in rows] if factor != 1 else rows

    return Activation(
        name,
        value=lambda z: _shrunk(value, z, eps, centres)[0],
        derivative=derivative,
        rule=lambda f: tuple(partial(_spanning, part, f, f.number(eps)) for part in rules),
        options={"eps": eps},
        couples=True,
        values=values,
        derivatives=derivatives,
        **fields,
    )


LAYER_NORM = Textbook(
    "layer-norm Jacobian",
    "r*(identity - (outer(ones, ones) + outer(y, y))/n)",
    "with_diagonal(-(n*eps*outer(ones, ones) + products_about(x)), squares_between_others(x) + n*(n - 1)*eps)*r^3/n^2",
    value="(x - mu)*r",
    statistics=(("mu", "mean(x)"), ("r", "1/sqrt(mean((x - mu)^2) + eps)")),
)
LAYER_NORM = LAYER_NORM._replace(
    few=(
        Textbook("layer-norm of one unit: 0", "0", value="0"),
        LAYER_NORM._replace(derivative="eps*r^3/2*outer(opposite, opposite)", exact=""),
    )
)
RMS_NORM = Textbook(
    "rms-norm Jacobian",
    "r*(identity - outer(y, y)/n)",
    "with_diagonal(-outer(x, x), others(x^2) + n*eps)*r^3/n",
    value="x*r",
    statistics=(("r", "1/sqrt(mean(x^2) + eps)"),),
)
RMS_NORM = RMS_NORM._replace(few=(RMS_NORM._replace(derivative="eps*r^3", exact=""),))


def layer_norm(eps: float = 1e-5) -> Activation:
    """Ba, Kiros and Hinton (2016), without gain and bias; the variance is the mean square."""
    return _norm(
        "layer_norm",
        eps,
        (_layer_norm, _layer_norm_jacobian),
        (_layer_norms, _layer_norm_jacobians),
        centres=True,
        reads=(
            "(x_i - mean(x_j))/sqrt(variance(x_j) + eps)",
            "((1 if i == j else 0) - 1/n - y_i*y_j/n)/sqrt(variance(x_j) + eps)",
        ),
        textbook=LAYER_NORM,
        aliases=("layernorm",),
        variant=layer_norm,
    )


def rms_norm(eps: float = 1e-5) -> Activation:
    """Zhang and Sennrich (2019), without gain."""
    return _norm(
        "rms_norm",
        eps,
        (_rms_norm, _rms_norm_jacobian),
        (lambda z, eps: z / _spread(z, eps)[1], _rms_norm_jacobians),
        reads=("x_i/sqrt(mean(x_j^2) + eps)", "((1 if i == j else 0) - y_i*y_j/n)/sqrt(mean(x_j^2) + eps)"),
        textbook=RMS_NORM,
        variant=rms_norm,
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
