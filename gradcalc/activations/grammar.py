"""Pieces of formulas: steps written with sign and abs, the grammar's own functions, right at the kink as well."""

from __future__ import annotations


def where_positive(of: str) -> str:
    """1 where `of` > 0, else 0."""
    return f"(sign({of}) + abs(sign({of})))/2"


def elsewhere(of: str) -> str:
    """0 where `of` > 0, else 1."""
    return f"(2 - sign({of}) - abs(sign({of})))/2"
