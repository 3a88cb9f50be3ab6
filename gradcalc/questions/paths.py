"""Every gradient as a sum over paths: how many, how large, of what length, how evenly spread, and the largest of them.

The spread is H = −Σ q·log₂ q of the shares q of |contribution|, 2^H the effective number of paths; cancellation is
Σ|contribution| / |Σ contribution|.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.engine.scalar_point import UnitPoint
from gradcalc.errors import UsageError
from gradcalc.network.names import entry_name, unit_name
from gradcalc.network.network import Index, Network, Value, numbers
from gradcalc.questions.lists.listing import share, share_over
from gradcalc.questions.lists.spelled import Spelled, path_of
from gradcalc.questions.parts import WHOLE, Largest, Part, PathSource
from gradcalc.questions.point import FEW, Point, point, wider
from gradcalc.questions.subjects import Subject, subjects
from gradcalc.results import LengthTerm, Path, PathAnalysis, PathSums
from gradcalc.semirings.entropy import Moments, bits, even_paths

FEW_WEIGHTS = 2_000
"""Weight entries × examples up to which sums over all paths take less time unit by unit than NumPy takes to import."""


def paths(
    network: Network, *, wrt: Sequence[str] = (), top: int = 10, part: Part = WHOLE, dps: int | None = None
) -> PathAnalysis:
    """The gradients of `wrt` (all parameters unless named) taken apart, with the `top` largest paths of each.

    Raises UsageError for names that match nothing or a network without target, DomainError, LimitError.
    """
    chosen = subjects(network, wrt)
    at = point(network, dps, FEW_WEIGHTS if part == WHOLE else FEW)
    if at.loss is None and part.of is None:
        raise UsageError("without a target there is no loss and no gradient; give one (--target 1), or --of a node")
    source = _source(at, chosen, part)
    found = _analysis(source, chosen, top, part)
    if found.arithmetic != "double" or isinstance(source.point, UnitPoint) or source.in_range():
        return found
    return _analysis(_source(wider(at), chosen, part), chosen, top, part)


def _analysis(source: PathSource, chosen: Sequence[Subject], top: int, part: Part) -> PathAnalysis:
    at = source.point
    with at.arithmetic.context():
        sums = {subject.name: _sums(source, subject, top, part.of or "L") for subject in chosen}
    return PathAnalysis(at.graph.network, at.arithmetic.name, sums, str(part))


def _source(at: Any, chosen: Sequence[Subject], part: Part) -> PathSource:
    from gradcalc.questions.sums.unit_source import unit_source

    with at.arithmetic.context():
        if isinstance(at, UnitPoint):
            return unit_source(at, chosen, part)
        from gradcalc.questions.sums.array_source import array_source

        return array_source(at, chosen, part)


def _sums(source: PathSource, subject: Subject, top: int, of: str) -> PathSums:
    at, total, moments = source.point, source.total(subject), source.moments(subject)
    whole = sum(abs(entry) for entry in numbers(total))
    entropy, largest = _bits(at, moments), source.largest(subject, top) if top else []
    return PathSums(
        subject.name,
        source.count(subject),
        total,
        moments.size,
        moments.size / whole if whole else None,
        entropy,
        even_paths(entropy),
        tuple(map(LengthTerm._make, source.spectrum(subject))),
        Spelled(at, largest, lambda found: _path(at, subject, found, total)),
        largest=_part(largest[0], total, moments.size) if largest else None,
        of=of,
    )


def _part(found: Largest, whole: Value, magnitude: Any) -> Any:
    """The share of a path, of a matrix in the magnitude."""
    if not isinstance(whole, list):
        return share(found[2][0], whole)
    return abs(found[2][0]) / magnitude if magnitude else None


def _share(at: Point, subject: Subject, found: Largest, whole: Value) -> Any:
    """By way of the one number of the sum that the path adds to."""
    example, index, (contribution, _) = found
    entry: Value = whole
    if isinstance(whole, list):
        index = index if subject.entry is None else (0,)
        for place in (example, *index) if at.graph.network.batch and not subject.is_parameter else index:
            entry = entry[place]
    return share_over([contribution], [entry], whole)


def _bits(at: Point, moments: Moments) -> float | None:
    logarithm = at.arithmetic.log10(moments.size)
    return None if logarithm is None else bits(moments.size, moments.spread, logarithm * LN10)


LN10 = 2.302585092994046


def _path(at: Point, subject: Subject, found: Largest, whole: Value) -> Path:
    example, index, (contribution, spell) = found
    return path_of(
        subject,
        _own_name(at, subject, index),
        spell(),
        contribution,
        _share(at, subject, found, whole),
        example if at.graph.network.batch else None,
        _entry(at, subject, index),
    )


def _own_name(at: Point, subject: Subject, index: Index) -> str:
    """The unit that a node's own path starts from; a parameter is no node of its paths."""
    if subject.is_parameter:
        return subject.name
    node = at.graph.network.nodes[subject.number]
    return unit_name(node.name, index[0], node.width)


def _entry(at: Point, subject: Subject, index: Index) -> str | None:
    """The name of the entry, where the subject is a parameter of several."""
    if subject.entry is not None or not subject.is_parameter:
        return None
    name = entry_name(at.graph.network.parameters[subject.number], index)
    return None if name == subject.name else name
