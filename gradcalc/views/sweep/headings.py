"""What the columns of a sweep are called, and how large their values are drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from typing import Any

from gradcalc.questions.columns import QUANTITIES, Column, size
from gradcalc.questions.columns_of_theory import RESIDUAL
from gradcalc.questions.sweeping import Row
from gradcalc.text.notation import written
from gradcalc.text.numerals import text
from gradcalc.text.phrases import gradient
from gradcalc.views.scales import log10

PLAIN = "without skips"
SHARES = ("share", "largest")

WORDS: dict[str, Callable[[str], str]] = {
    "loss": lambda name: "loss",
    "gradient": gradient,
    "norm": lambda name: f"‖{gradient(name)}‖" if name else "‖∇L‖",
    "log10": lambda name: f"log₁₀|{gradient(name)}|" if name else "log₁₀‖∇L‖",
    "paths": lambda name: f"paths of {gradient(name)}",
    "largest": lambda name: f"largest share of {gradient(name)}",
    "magnitude": lambda name: f"Σ|paths| of {gradient(name)}",
    "cancellation": lambda name: f"cancellation of {gradient(name)}",
    "entropy": lambda name: f"bits of {gradient(name)}",
    "effective_paths": lambda name: f"effective paths of {gradient(name)}",
    "bound": lambda name: f"bound of |{gradient(name)}|",
    "mean_field": lambda name: f"mean field ‖{gradient(name)}‖",
    "blocks": lambda name: f"blocks of {gradient(name)}",
    "binomial": lambda name: "binomial law",
    "output": lambda name: name,
}


def heading(column: Column) -> str:
    """∂L/∂w1, ‖∇L‖, share of h1 → y in ∂L/∂w1."""
    if column.quantity == "share":
        return f"share of {' → '.join(column.path)} in {gradient(column.of)}"
    return WORDS[column.quantity](column.of)


def heading_of(column: Column, rows: Iterable[Row]) -> str:
    """The heading; of a gradient that is a list, of its norm."""
    name = column.name if column.quantity != "bound" else f"gradient:{column.of}"
    matrix = any(isinstance(row.found.get(name), list) for row in rows)
    if column.quantity == "gradient" and matrix:
        return f"‖{heading(column)}‖"
    return heading(column).replace("|", "‖") if matrix and column.quantity == "bound" else heading(column)


def magnitude_of(column: Column, rows: Iterable[Row]) -> str:
    """The heading of what is drawn by its magnitude: |∂L/∂w1|."""
    name = heading_of(column, rows)
    return f"|{name}|" if column.quantity == "gradient" and "‖" not in name else name


def has_plain(column: Column, against: str | None) -> bool:
    """Whether the plain network's value stands beside a column's."""
    return against is not None and column.quantity not in RESIDUAL


def shown_value(value: Any) -> Any:
    """A swept value as a cell: a number, or text."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else written(value)


def is_logarithmic(column: Column) -> bool:
    """Whether the column is drawn by its logarithm."""
    return QUANTITIES[column.quantity].logarithmic


def height(column: Column, value: Any) -> float | None:
    """What is drawn of a value: its log10, or itself; None where there is none, or none that a double holds."""
    if value is None:
        return None
    return log10(size(value)) if is_logarithmic(column) else finite(size(value))


def finite(number: Any) -> float | None:
    """A number as a double; None beyond their range."""
    try:
        found = float(number)
    except OverflowError:
        return None
    return found if abs(found) < inf else None


def extent(column: Column, rows: Iterable[Row]) -> str | None:
    """From where to where a line goes: the least and the largest size, or value where no logarithm is drawn."""
    read = [side.get(column.name) for row in rows for side in (row.found, row.against or {})]
    sizes = [size(value) for value in read if value is not None]
    if is_logarithmic(column):
        sizes = [abs(value) for value in sizes if value]
    return f"{text(min(sizes), 3)} to {text(max(sizes), 3)}" if sizes else None
