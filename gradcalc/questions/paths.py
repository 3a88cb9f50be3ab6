"""Every gradient as a sum over paths: how many, how large, of what length, how evenly spread, and the largest of them.

The spread is H = −Σ q·log₂ q of the shares q of |contribution|, 2^H the effective number of paths; cancellation is
Σ|contribution| / |Σ contribution|.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.engine.scalar_point import UnitPoint
from gradcalc.errors import UsageError
from gradcalc.network.graph import block_graph, graph
from gradcalc.network.names import entry_name, unit_name
from gradcalc.network.network import Index, Network, Value, numbers
from gradcalc.questions.compute import loss_value
from gradcalc.questions.parts import WHOLE, Largest, Part, PathSource
from gradcalc.questions.path_list import PathSequence, path_of, share, share_over
from gradcalc.questions.point import FEW, Point, point, wider
from gradcalc.questions.subjects import Subject, in_place_of_loss, subjects
from gradcalc.results import LengthTerm, Path, PathAnalysis, PathSums, mean_magnitude
from gradcalc.semirings.entropy import Moments, bits, even_paths

LAYERS, BLOCKS = "layers", "blocks"

ROUNDING = 1e-9
"""How much larger Σ|contribution| may be than Σ|entries of the sum| by rounding alone."""

FEW_WEIGHTS = 2_000
"""Weight entries × examples up to which sums over all paths take less time unit by unit than NumPy takes to import."""


def paths(
    network: Network,
    *,
    wrt: Sequence[str] = (),
    top: int = 10,
    part: Part = WHOLE,
    dps: int | None = None,
    unit: str = LAYERS,
) -> PathAnalysis:
    """The gradients of `wrt` (all parameters unless named) as sums over paths, with the `top` largest paths of each;
    lengths in layers or in blocks.

    Raises UsageError for names that match nothing, a network without target, or blocks of a network without skips,
    DomainError, LimitError.
    """
    node = None if part.of is None else part.of.partition("[")[0]
    inner = part._replace(of=None if part.of == node else part.of)
    chosen = subjects(network, wrt)
    if unit not in (LAYERS, BLOCKS):
        raise UsageError(f"--unit {unit}: lengths are measured in layers or in blocks")
    if unit == BLOCKS and not any(layer.into_preactivation or layer.into_output for layer in network.layers):
        raise UsageError("--unit blocks: the network has no skip, so no residual block")
    laid = in_place_of_loss(network, node)
    at = point(laid, dps, FEW_WEIGHTS if inner == WHOLE else FEW, block_graph if unit == BLOCKS else graph)
    if at.loss is None:
        raise UsageError("without a target there is no loss and no gradient; give one (--target 1), or --of a node")
    source = _source(at, chosen, inner)
    if source.point.arithmetic.name == "float64" and not isinstance(source.point, UnitPoint) and not source.in_range():
        source = _source(wider(at), chosen, inner)
    at = source.point
    with at.arithmetic.context():
        sums = {subject.name: _sums(source, subject, top, part.of or "L") for subject in chosen}
    return PathAnalysis(network, at.arithmetic.name, loss_value(at), sums, str(part), unit=unit)


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
    examples = at.graph.network.examples
    entropy, largest = _bits(at, moments), source.largest(subject, top) if top else []
    cancelling = not whole or moments.size / whole > 1 + ROUNDING
    return PathSums(
        subject.name,
        source.count(subject),
        total,
        moments.size,
        moments.size / whole if whole else None,
        entropy,
        even_paths(entropy),
        tuple(LengthTerm(*term, mean_magnitude(term[3], term[1] * examples)) for term in source.spectrum(subject)),
        PathSequence(at, largest, lambda found: _path(at, subject, found, total)),
        "opposite" if cancelling else source.signs(subject),
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
