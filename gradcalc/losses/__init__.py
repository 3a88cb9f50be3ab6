"""Losses: one row each, bound to options, scale and reduction when a spec names them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gradcalc.losses.binding import bind, from_formula
from gradcalc.losses.loss import Loss
from gradcalc.losses.row import Row

if TYPE_CHECKING:
    LOSSES: Mapping[str, Row]

__all__ = ["LOSSES", "Loss", "bind", "from_formula"]


def __getattr__(name: str) -> Any:
    if name == "LOSSES":
        from gradcalc.losses.table import rows

        return {row.name: row for row in rows()}
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
