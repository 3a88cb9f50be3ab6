"""layer_norm and rms_norm of arrays, over the last axis: the formulas of `norms`, and gradients pulled back in O(n).

The pullback of layer_norm sets the unit m that stands farthest off apart. With e the others about their own mean,
Δ = z_m − that mean, W = Σe², N = W + (n−1)/n·Δ² + n·eps, S = (W/n + eps)/N, and of g: ḡ the others' mean, E = Σ g·e,
H = (n−1)(ḡ − g_m), no term cancels but where the gradient itself does:

    r·out_m = −S·H − (n−1)/n · Δ·E/N
    r·out_i = (g_i − ḡ) + S·H/(n−1) − (e_i·E − Δ(E + e_i·H)/n)/N
"""

from __future__ import annotations

from typing import Any

LARGE = 2.0**500
SHRINK = 2.0**-600


def _shrunk(z: Any, eps: float) -> tuple[Any, Any, Any]:
    """z, eps and the factor that Jacobians take, where squares would overflow."""
    import numpy as np

    if not np.any(np.abs(z) >= LARGE):
        return z, eps, 1.0
    factor = np.where(np.abs(z).max(-1, keepdims=True) >= LARGE, SHRINK, 1.0)
    return z * factor, eps * factor * factor, factor


def _centred(z: Any) -> Any:
    d = z - z.mean(-1, keepdims=True)
    d -= d.mean(-1, keepdims=True)
    return d


def _sum(x: Any) -> Any:
    return x.sum(-1, keepdims=True)


def _spread(d: Any, eps: Any) -> tuple[Any, Any]:
    """N = Σd² + n·eps and r = √(N/n)."""
    import numpy as np

    n = d.shape[-1]
    whole = _sum(d * d) + n * eps
    return whole, np.sqrt(whole / n)


def layer_norms(z: Any, eps: float) -> Any:
    """(z − mean)/√(variance + eps)."""
    z, scaled_eps, _ = _shrunk(z, eps)
    d = _centred(z)
    return d / _spread(d, scaled_eps)[1]


def rms_norms(z: Any, eps: float) -> Any:
    """z/√(mean square + eps)."""
    z, scaled_eps, _ = _shrunk(z, eps)
    return z / _spread(z, scaled_eps)[1]


def _leave_one_out(z: Any) -> Any:
    """z without each unit in turn: [..., n, n−1]."""
    import numpy as np

    n = z.shape[-1]
    columns = np.arange(n - 1)
    return z[..., columns + (columns >= np.arange(n)[:, None])]


def _jacobian(off: Any, diagonal: Any, whole: Any, r: Any, factor: Any) -> Any:
    import numpy as np

    raised = np.asarray(whole)[..., None], np.asarray(r)[..., None], np.asarray(factor)[..., None]
    both = np.where(np.eye(off.shape[-1], dtype=bool), diagonal[..., :, None], off)
    return both / raised[0] / raised[1] * raised[2]


def layer_norm_jacobians(z: Any, eps: float) -> Any:
    """[..., out, in]."""
    import numpy as np

    z, scaled_eps, factor = _shrunk(z, eps)
    n = z.shape[-1]
    if n == 1:
        return np.zeros((*z.shape, 1))
    whole, r = _spread(_centred(z), scaled_eps)
    differences = z[..., None, :] - z[..., :, None]
    off = -(np.asarray(scaled_eps)[..., None] + differences @ np.swapaxes(differences, -1, -2) / n)
    apart = _centred(_leave_one_out(z))
    diagonal = ((apart * apart).sum(-1) + n * scaled_eps) * (n - 1) / n
    return _jacobian(off, diagonal, whole, r, factor)


def rms_norm_jacobians(z: Any, eps: float) -> Any:
    """[..., out, in]."""
    z, scaled_eps, factor = _shrunk(z, eps)
    whole, r = _spread(z, scaled_eps)
    others = _leave_one_out(z)
    diagonal = (others * others).sum(-1) + z.shape[-1] * scaled_eps
    return _jacobian(-z[..., :, None] * z[..., None, :], diagonal, whole, r, factor)


def _at_largest(magnitudes: Any) -> Any:
    """True at the (first) largest of the last axis."""
    import numpy as np

    return np.arange(magnitudes.shape[-1]) == np.argmax(magnitudes, axis=-1, keepdims=True)


def layer_norm_pullback(z: Any, g: Any, eps: float) -> Any:
    """G·J: z [..., B, n] and g [..., B, n] that broadcast to one another."""
    import numpy as np

    z, scaled_eps, factor = _shrunk(z, eps)
    n = z.shape[-1]
    if n == 1:
        return np.zeros_like(g)
    e, delta, at = _set_apart(z)
    w = _sum(e * e)
    whole = w + (n - 1) / n * delta * delta + n * scaled_eps
    s, r = (w / n + scaled_eps) / whole, np.sqrt(whole / n) / factor
    others = np.where(at, 0.0, g)
    mean, along = _sum(others) / (n - 1), _sum(others * e)
    h = (n - 1) * mean - (n - 1) * _sum(np.where(at, g, 0.0))
    at_others = (g - mean) + s * h / (n - 1) - (e * along - delta * (along + e * h) / n) / whole
    return np.where(at, -s * h - (n - 1) / n * delta * along / whole, at_others) / r


def _set_apart(z: Any) -> tuple[Any, Any, Any]:
    """The others about their own mean (0 at the farthest unit), how far that one is from it, and where it stands."""
    import numpy as np

    n = z.shape[-1]
    at = _at_largest(np.abs(_centred(z)))
    first = _sum(np.where(at, 0.0, z)) / (n - 1)
    e = np.where(at, 0.0, z - first)
    second = _sum(e) / (n - 1)
    return np.where(at, 0.0, e - second), _sum(np.where(at, z - first, 0.0)) - second, at


def rms_norm_pullback(z: Any, g: Any, eps: float) -> Any:
    """G·J: g_i − z_i Σ_k z_k g_k/N; at the largest unit without the k = i term, which would cancel."""
    import numpy as np

    z, scaled_eps, factor = _shrunk(z, eps)
    at = _at_largest(np.abs(z))
    squares = z * z
    rest = _sum(np.where(at, 0.0, squares)) + z.shape[-1] * scaled_eps
    whole = rest + _sum(np.where(at, squares, 0.0))
    elsewhere = _sum(np.where(at, 0.0, z * g))
    everywhere = elsewhere + _sum(np.where(at, z * g, 0.0))
    scaled = np.where(at, g * (rest / whole) - z * (elsewhere / whole), g - z * (everywhere / whole))
    return scaled / (np.sqrt(whole / z.shape[-1]) / factor)
