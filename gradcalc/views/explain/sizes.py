"""Vectors and matrices in a line of a derivation: small ones entry by entry, large ones by their norm."""

from __future__ import annotations

from typing import Any

from gradcalc.network.network import Value

MOST_ENTRIES = 6


def shown(value: Value) -> Any:
    """A number as it is; (a, b) and [a, b; c, d] where the entries are few; else ‖·‖ = norm."""
    if hasattr(value, "tolist"):
        value = value.tolist() if value.size <= MOST_ENTRIES else [value.ravel().tolist()]
    if not isinstance(value, list):
        return value
    from gradcalc.network.network import norm, numbers

    if len(numbers(value)) > MOST_ENTRIES:
        return ("‖·‖ = ", norm(value))
    if isinstance(value[0], list):
        return ("[", *_joined([_joined(row, ", ") for row in value], "; "), "]")
    return ("(", *_joined([(entry,) for entry in value], ", "), ")")


def _joined(parts: Any, between: str) -> tuple[Any, ...]:
    """Parts one after the other, with something between them."""
    found: list[Any] = []
    for number, part in enumerate(parts):
        found += [between] * bool(number)
        found += part if isinstance(part, tuple) else [part]
    return tuple(found)
