"""Which columns of a sweep are theory, of which others, and for which networks they are worth a look."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.errors import DomainError, LimitError, UsageError
from gradcalc.network.network import Network
from gradcalc.questions.columns import Column, column, read
from gradcalc.questions.point import point

THEORIES = {"bound": ("gradient", "norm"), "mean_field": ("gradient", "norm"), "binomial": ("blocks",)}
"""Columns that are theory, and which quantities they are of."""

RESIDUAL = ("blocks", "binomial")
"""What networks without skips have none of."""


def with_theory(asked: Sequence[Column], networks: Sequence[Network]) -> tuple[Column, ...]:
    """The columns, after every gradient what theory says of it: mean-field theory of dense networks, else a bound, and
    of residual ones through how many blocks it comes. `networks` are some of those that are asked about."""
    from gradcalc.theory.mean_field import is_dense

    quantity = "mean_field" if any(map(is_dense, networks)) else "bound"
    found: list[Column] = []
    for one in asked:
        found.append(one)
        if one.quantity in THEORIES[quantity] and one.of:
            found.append(column(f"{quantity}:{one.of}"))
            if any(has_blocks(network, one.of) for network in networks):
                found += [column(f"{part}:{one.of}") for part in RESIDUAL]
    return tuple(dict.fromkeys(found))


def has_blocks(network: Network, name: str) -> bool:
    """Whether the paths of a gradient are counted by binomial coefficients."""
    try:
        return read(point(network), column(f"blocks:{name}")) is not None
    except (DomainError, LimitError, UsageError):
        return False
