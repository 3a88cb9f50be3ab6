"""The path sums of a wide network: in arrays for all paths, over single units where a part of them is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.engine.array_point import ArrayPoint
from gradcalc.engine.scalar_point import unit_point
from gradcalc.questions.parts import Part, PathSource
from gradcalc.questions.subjects import Subject
from gradcalc.questions.sums.array_paths import ArrayPaths
from gradcalc.questions.sums.unit_source import unit_source


def array_source(at: ArrayPoint, chosen: Sequence[Subject], part: Part) -> PathSource:
    """Sums over the paths of a wide network. Raises UsageError for a node or an edge that is not there."""
    if part.through or part.avoid or part.of:
        return unit_source(unit_point(at.graph, at.arithmetic), chosen, part)
    return ArrayPaths(at, chosen)
