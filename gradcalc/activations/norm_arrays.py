"""layer_norm and rms_norm of arrays, over the last axis: the formulas of `norms`, and gradients pulled back in O(n).

Few units are computed with in NumPy's long doubles: where those have 64 bits, as on x86, every result is a double
rounded about once. Of many units the sums are long and their roundings mix; doubles are faster.

Of few units the pullback goes through the Jacobian. Of many it sets the unit m that stands farthest off apart: with e
the others about their own mean, Δ = z_m − that mean, W = Σe², N = W + (n−1)/n·Δ² + n·eps, S = (W/n + eps)/N, and of g:
ḡ the others' mean, E = Σ g·e, H = (n−1)(ḡ − g_m), then with r = √(N/n)

    r·out_m = −S·H − (n−1)/n · Δ·E/N
    r·out_i = (g_i − ḡ) + S·H/(n−1) − (e_i·E − Δ(E + e_i·H)/n)/N
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

FEW = 32


def _long_doubles_if_few(rule: Callable[..., Any]) -> Callable[..., Any]:
    """The rule with its arrays as long doubles, where units are few, and its result as doubles."""

    @wraps(rule)
    def rounded(*arguments: Any) -> Any:
        import numpy as np

        *arrays, eps = arguments
        if arrays[0].shape[-1] > FEW:
            return rule(*arrays, eps)
        return rule(*[np.asarray(array, np.longdouble) for array in arrays], np.longdouble(eps)).astype(float)

    return rounded


def _centred(z: Any) -> Any:
    d = z - z.mean(-1, keepdims=True)
    d -= d.mean(-1, keepdims=True)
    return d


def _sum(x: Any) -> Any:
    return x.sum(-1, keepdims=True)


def _spread(d: Any, eps: float) -> tuple[Any, Any]:
    """N = Σd² + n·eps and r = √(N/n)."""
    import numpy as np

    n = d.shape[-1]
    whole = _sum(d * d) + n * eps
    return whole, np.sqrt(whole / n)


@_long_doubles_if_few
def layer_norms(z: Any, eps: float) -> Any:
    """(z − mean)/√(variance + eps)."""
    d = _centred(z)
    return d / _spread(d, eps)[1]


@_long_doubles_if_few
def rms_norms(z: Any, eps: float) -> Any:
    """z/√(mean square + eps)."""
    return z / _spread(z, eps)[1]


def _leave_one_out(z: Any) -> Any:
    """z without each unit in turn: [..., n, n−1]."""
    import numpy as np

    n = z.shape[-1]
    columns = np.arange(n - 1)
    return z[..., columns + (columns >= np.arange(n)[:, None])]


def _jacobian(off: Any, diagonal: Any, whole: Any, r: Any) -> Any:
    import numpy as np

    both = np.where(np.eye(off.shape[-1], dtype=bool), diagonal[..., :, None], off)
    return both / whole[..., None] / r[..., None]


def _layer_norm_jacobians(z: Any, eps: float) -> Any:
    import numpy as np

    n = z.shape[-1]
    if n == 1:
        return np.zeros((*z.shape, 1))
    apart = z[..., None, :] - z[..., :, None]
    off = -(eps + apart @ np.swapaxes(apart, -1, -2) / n)
    others = _centred(_leave_one_out(z))
    diagonal = ((others * others).sum(-1) + n * eps) * (n - 1) / n
    return _jacobian(off, diagonal, *_spread(_centred(z), eps))


@_long_doubles_if_few
def layer_norm_jacobians(z: Any, eps: float) -> Any:
    """[..., out, in]."""
    return _layer_norm_jacobians(z, eps)


@_long_doubles_if_few
def rms_norm_jacobians(z: Any, eps: float) -> Any:
    """[..., out, in]."""
    others = _leave_one_out(z)
    diagonal = (others * others).sum(-1) + z.shape[-1] * eps
    return _jacobian(-z[..., :, None] * z[..., None, :], diagonal, *_spread(z, eps))


def _at_largest(magnitudes: Any) -> Any:
    """True at the (first) largest of the last axis."""
    import numpy as np

    return np.arange(magnitudes.shape[-1]) == np.argmax(magnitudes, axis=-1, keepdims=True)


@_long_doubles_if_few
def layer_norm_pullback(z: Any, g: Any, eps: float) -> Any:
    """G·J: z [..., n] and g [..., n] that broadcast to one another."""
    if z.shape[-1] > FEW:
        return _layer_norm_pullback_of_many(z, g, eps)
    return (g[..., None, :] @ _layer_norm_jacobians(z, eps))[..., 0, :]


def _layer_norm_pullback_of_many(z: Any, g: Any, eps: float) -> Any:
    import numpy as np

    n = z.shape[-1]
    e, delta, at = _set_apart(z)
    w = _sum(e * e)
    whole = w + (n - 1) * delta * delta / n + n * eps
    s = (w / n + eps) / whole
    others = np.where(at, 0.0, g)
    mean, along = _sum(others) / (n - 1), _sum(others * e)
    h = (n - 1) * (mean - _sum(np.where(at, g, 0.0)))
    at_others = (g - mean) + s * h / (n - 1) - (e * along - delta * (along + e * h) / n) / whole
    return np.where(at, -s * h - (n - 1) * delta * along / n / whole, at_others) / np.sqrt(whole / n)


def _set_apart(z: Any) -> tuple[Any, Any, Any]:
    """The others about their own mean (0 at the farthest unit), how far that one is from it, and where it stands."""
    import numpy as np

    n = z.shape[-1]
    at = _at_largest(np.abs(_centred(z)))
    first = _sum(np.where(at, 0.0, z)) / (n - 1)
    e = np.where(at, 0.0, z - first)
    second = _sum(e) / (n - 1)
    return np.where(at, 0.0, e - second), _sum(np.where(at, z - first, 0.0)) - second, at


@_long_doubles_if_few
def rms_norm_pullback(z: Any, g: Any, eps: float) -> Any:
    """G·J: g_i − z_i Σ_k z_k g_k/N; at the largest unit without the k = i term, which would cancel."""
    import numpy as np

    at = _at_largest(np.abs(z))
    squares = z * z
    rest = _sum(np.where(at, 0.0, squares)) + z.shape[-1] * eps
    whole = rest + _sum(np.where(at, squares, 0.0))
    elsewhere = _sum(np.where(at, 0.0, z * g))
    everywhere = elsewhere + _sum(np.where(at, z * g, 0.0))
    scaled = np.where(at, g * (rest / whole) - z * (elsewhere / whole), g - z * (everywhere / whole))
    return scaled / np.sqrt(whole / z.shape[-1])
