"""Activations by name, by options, by formula: one row each, found in the family's file that holds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gradcalc.activations.row import NO_OPTIONS, Activation

__all__ = ["ACTIVATIONS", "ALIASES", "Activation", "bind", "from_formula"]

if TYPE_CHECKING:
    ACTIVATIONS: Mapping[str, Activation]
    ALIASES: Mapping[str, str]

FAMILIES = (
    *("sigmoidal", "rectified", "elementary", "exponential", "gated", "gelu", "gelu_tanh", "clipped"),
    *("softmax", "norms", "maxout"),
)
"""The files that hold rows, the likeliest first: a file is loaded when its turn comes and the name is still unknown."""


def bind(name: str, options: Mapping[str, float] = NO_OPTIONS) -> Activation:
    """The activation of that name or alias with these options.

    Raises KeyError for an unknown name, ValueError with a message for an option that does not fit.
    """
    row = _row(name)
    if not options and not row.required:
        return row
    _check(row, options)
    given = ", ".join(f"{option}={_plain(value)}" for option, value in options.items())
    return row.variant(**options)._replace(written=f"{row.name}({given})") if row.variant else row


def from_formula(text: str) -> Activation:
    """The activation y = text, in x; raises `formulas.FormulaError`."""
    from gradcalc.activations.formula import from_text

    return from_text(text)


def _rows() -> Iterator[Activation]:
    for family in FAMILIES:
        yield from getattr(__import__(__name__, fromlist=[family]), family).ROWS


def _row(name: str) -> Activation:
    for row in _rows():
        if row.name == name or name in row.aliases:
            return row
    raise KeyError(name)


def _check(row: Activation, options: Mapping[str, float]) -> None:
    for option in options:
        if option not in row.options:
            raise ValueError(f'{row.name} has no option "{option}"; it has {", ".join(row.options) or "none"}')
    for option in row.required:
        if option not in options:
            raise ValueError(f"{row.name} needs the option {option}")


def _plain(number: float) -> str:
    return repr(number).removesuffix(".0")


def __getattr__(name: str) -> Any:
    if name == "ACTIVATIONS":
        return {row.name: row for row in _rows()}
    if name == "ALIASES":
        return {alias: row.name for row in _rows() for alias in row.aliases}
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
