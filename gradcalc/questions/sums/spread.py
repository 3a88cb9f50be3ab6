"""How a gradient is spread over its paths: Σ|contribution|, cancellation, entropy, the effective number of paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from gradcalc.engine.scalar_point import UnitPoint
from gradcalc.network.network import numbers
from gradcalc.questions.parts import WHOLE, PathSource
from gradcalc.questions.paths import LN10
from gradcalc.questions.point import Point
from gradcalc.questions.subjects import Subject
from gradcalc.records import Record
from gradcalc.semirings.entropy import bits, even_paths

if TYPE_CHECKING:
    from gradcalc.engine.array_point import ArrayPoint


class Spread(Record):
    """`cancellation` is magnitude / Σ|entries of the gradient|, `effective_paths` 2^entropy; None for 0/0."""

    magnitude: Any
    cancellation: Any
    entropy: float | None
    effective_paths: Any


def spread(at: Point, subject: Subject) -> Spread:
    """The spread of one gradient over paths of single units; two sweeps."""
    source = path_source(at, subject)
    arithmetic = source.point.arithmetic
    with arithmetic.context():
        moments, total = source.moments(subject), source.total(subject)
        whole = sum(abs(entry) for entry in numbers(total))
        logarithm = arithmetic.log10(moments.size)
        entropy = None if logarithm is None else bits(moments.size, moments.spread, logarithm * LN10)
        cancellation = moments.size / whole if whole else None
    return Spread(moments.size, cancellation, entropy, even_paths(entropy))


def path_source(at: Point, subject: Subject) -> PathSource:
    """Sums over all paths of one gradient."""
    with at.arithmetic.context():
        if isinstance(at, UnitPoint):
            from gradcalc.questions.sums.unit_source import unit_source

            return unit_source(at, [subject], WHOLE)
        from gradcalc.questions.sums.array_source import array_source

        return array_source(cast("ArrayPoint", at), [subject], WHOLE)
