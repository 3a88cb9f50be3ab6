"""maxout(pieces): y_j = max(z[jp … jp+p−1]), p the pieces; units that tie share the derivative equally."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.activations import Activation, Functions, by_rule, np
from gradcalc.expressions.textbook import Textbook


def _groups(z: Sequence[Any], pieces: int) -> list[Sequence[Any]]:
    return [z[start : start + pieces] for start in range(0, len(z), pieces)]


def _jacobian(z: Sequence[Any], pieces: int, f: Functions) -> list[list[Any]]:
    """1/t at each of the t largest units of a group, else 0; rows [out][in]."""
    rows, zero = [], f.number(0)
    for start, group in zip(range(0, len(z), pieces), _groups(z, pieces)):
        largest = max(group)
        share = f.number(1) / group.count(largest)
        inside = [share if x == largest else zero for x in group]
        rows.append([zero] * start + inside + [zero] * (len(z) - start - pieces))
    return rows


def _grouped(z: Any, pieces: int) -> Any:
    return z.reshape(*z.shape[:-1], z.shape[-1] // pieces, pieces)


def _array_shares(z: Any, pieces: int) -> Any:
    """1/t at the largest of each group, else 0: [..., m, pieces]."""
    grouped = _grouped(z, pieces)
    at = grouped == grouped.max(-1, keepdims=True)
    return at / at.sum(-1, keepdims=True)


def _jacobians(z: Any, pieces: int) -> Any:
    shares = _array_shares(z, pieces)
    full = np.zeros((*shares.shape[:-1], *shares.shape[-2:]))
    along = np.arange(shares.shape[-2])
    full[..., along, along, :] = shares
    return full.reshape(*shares.shape[:-1], z.shape[-1])


def _width(units: int, pieces: int) -> int:
    if units % pieces:
        raise ValueError(f"maxout with {pieces} pieces needs a multiple of {pieces} units, not {units}")
    return units // pieces


def maxout(pieces: float) -> Activation:
    """The maximum of every `pieces` units in a row (Goodfellow et al., 2013)."""
    if pieces < 1 or pieces != int(pieces):
        raise ValueError(f"maxout: pieces must be a whole number from 1, not {pieces!r}")
    p = int(pieces)
    return by_rule(
        "maxout",
        lambda f: (lambda z: [max(group) for group in _groups(z, p)], lambda z: _jacobian(list(z), p, f)),
        reads=("max(x_k) of k from pieces*i to pieces*i + pieces - 1", "1 if x_j is that maximum else 0"),
        options={"pieces": p},
        required=("pieces",),
        variant=maxout,
        kinks="1/m each where m units share the maximum",
        is_kink=lambda z: any(group.count(max(group)) > 1 for group in _groups(list(z), p)),
        flat=True,
        couples=True,
        width=lambda units: _width(units, p),
        values=lambda z: _grouped(z, p).max(-1),
        derivatives=lambda z: _jacobians(z, p),
        rational=True,
        textbook=Textbook("maximum: the largest counts", "largest(x, pieces)", value="maxout(x, pieces)"),
    )


ROWS = (maxout(2),)
