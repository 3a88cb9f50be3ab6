"""What the columns of a sweep are called, and how large their values are drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from gradcalc.questions.columns import QUANTITIES, Column, size
from gradcalc.questions.sweeping import Row
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
    "output": lambda name: name,
}


def heading(column: Column) -> str:
    """∂L/∂w1, ‖∇L‖, share of h1 → y in ∂L/∂w1."""
    if column.quantity == "share":
        return f"share of {' → '.join(column.path)} in {gradient(column.of)}"
    return WORDS[column.quantity](column.of)


def heading_of(column: Column, rows: Iterable[Row]) -> str:
    """The heading; of a gradient that is a list, of its norm."""
    matrix = column.quantity == "gradient" and any(isinstance(row.found.get(column.name), list) for row in rows)
    return f"‖{heading(column)}‖" if matrix else heading(column)


def is_logarithmic(column: Column) -> bool:
    """Whether the column is drawn by its logarithm."""
    return QUANTITIES[column.quantity].logarithmic


def height(column: Column, value: Any) -> float | None:
    """What is drawn of a value: its log10, or itself; None where there is none."""
    if value is None:
        return None
    return log10(size(value)) if is_logarithmic(column) else float(size(value))
