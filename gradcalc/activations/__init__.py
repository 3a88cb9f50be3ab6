"""Activations by name, by options, by formula: one row each, found in the family's file that holds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from gradcalc.activations.row import NO_OPTIONS, Activation

__all__ = ["ACTIVATIONS", "ALIASES", "Activation", "bind", "from_formula"]

if TYPE_CHECKING:
    ACTIVATIONS: Mapping[str, Activation]
    ALIASES: Mapping[str, str]

FAMILIES = ("sigmoidal", "rectified")
"""The files that hold rows, the likeliest first: a file is loaded when its turn comes and the name is still unknown."""


def bind(name: str, options: Mapping[str, float] = NO_OPTIONS) -> Activation:
    """The activation of that name or alias with these options.

    Raises KeyError for an unknown name, ValueError with a message for an option that does not fit.
    """
    row = _row(name)
    if not options:
        return row
    unknown = [option for option in options if option not in row.options]
    if unknown or row.variant is None:
        raise ValueError(_no_such_option(row, unknown[0]))
    given = ", ".join(f"{option}={_plain(value)}" for option, value in options.items())
    return row.variant(**options)._replace(text=f"{row.name}({given})" if given else row.name)


def from_formula(text: str) -> Activation:
    """The activation y = text, in x; raises `formulas.FormulaError`."""
    from gradcalc.activations.formula import from_text

    return from_text(text)


def _rows() -> Iterator[Activation]:
    for family in FAMILIES:
        yield from import_module(f"gradcalc.activations.{family}").ROWS


def _row(name: str) -> Activation:
    for row in _rows():
        if row.name == name or name in row.aliases:
            return row
    raise KeyError(name)


def _no_such_option(row: Activation, option: str) -> str:
    known = ", ".join(row.options) or "none"
    return f'{row.name} has no option "{option}"; it has {known}'


def _plain(number: float) -> str:
    return repr(number).removesuffix(".0")


def __getattr__(name: str) -> Any:
    if name == "ACTIVATIONS":
        return {row.name: row for row in _rows()}
    if name == "ALIASES":
        return {alias: row.name for row in _rows() for alias in row.aliases}
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
