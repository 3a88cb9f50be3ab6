"""Who lists the paths of a point: over layers or over units, of numbers or of matrices, all or the largest."""

from __future__ import annotations

from typing import Any

from gradcalc.engine.scalar_linear import ByUnit, unit_steps
from gradcalc.engine.scalar_point import UnitPoint
from gradcalc.questions.lists.listers import Lister, Ranked


def unit_lister(point: Any, k: int) -> Lister:
    """For single entries and units."""
    if not isinstance(point, UnitPoint):
        from gradcalc.questions.lists.array_lister import ArrayUnits

        return ArrayUnits(point, k)
    linear = unit_steps(point.layout, ByUnit(point.graph))
    if len(point.examples) == 1:
        return Ranked(point, linear, k)
    from gradcalc.questions.lists.batch_units import UnitsOfBatch

    return UnitsOfBatch(point, k)


def layer_lister(point: Any, k: int) -> Lister:
    """For whole parameters and nodes."""
    if isinstance(point, UnitPoint) and point.graph.scalar():
        assert point.linear is not None
        return Ranked(point, point.linear, k)
    from gradcalc.questions.lists.by_count import ByCount

    return ByCount(point, k)
