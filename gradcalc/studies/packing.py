"""Numbers of mpmath on their way from one process to another: their contexts do not travel, their digits do."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from gradcalc.record import Record


class Packed(Record):
    """The number as mpmath holds it, (sign, mantissa, exponent, bits), and the digits of its context."""

    parts: tuple[int, int, int, int]
    digits: int


def pack(value: Any) -> Any:
    """The value with every number of mpmath packed, however deep in lists and mappings."""
    if isinstance(value, Mapping):
        return {key: pack(part) for key, part in value.items()}
    if isinstance(value, list):
        return [pack(part) for part in value]
    return Packed(value._mpf_, value.context.dps) if hasattr(value, "_mpf_") else value


def unpack(value: Any) -> Any:
    """The value as it was packed."""
    if isinstance(value, Mapping):
        return {key: unpack(part) for key, part in value.items()}
    if isinstance(value, list):
        return [unpack(part) for part in value]
    return context(value.digits).make_mpf(value.parts) if isinstance(value, Packed) else value


@lru_cache(maxsize=4)
def context(digits: int) -> Any:
    """A context of mpmath's with so many digits."""
    from mpmath import MPContext

    found = MPContext()
    found.dps = digits
    return found
