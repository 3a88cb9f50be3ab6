"""Every loss by its name, found in the family's file that holds it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from gradcalc.losses.row import Row

FAMILIES = ("differences", "output", "classes", "binary", "margin")
"""The files that hold rows: a file is loaded when its turn comes and the name is still unknown."""


def rows() -> Iterator[Row]:
    """Every row, family by family."""
    for family in FAMILIES:
        yield from import_module(f"gradcalc.losses.{family}").ROWS


def row_of(name: str) -> Row:
    """The row of that name. Raises KeyError."""
    for row in rows():
        if row.name == name:
            return row
    raise KeyError(name)
