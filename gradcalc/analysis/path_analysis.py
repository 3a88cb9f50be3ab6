"""Every gradient as a sum over paths: how many, how large, of what length, the effective number of paths, and the
largest of them.

The spread is H = −Σ q·log₂ q of the shares q of |contribution|, 2^H the effective number of paths; cancellation is
Σ|contribution| / |Σ contribution|.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any

from gradcalc.analysis.computation import loss_value
from gradcalc.analysis.kinks import kinks_at
from gradcalc.analysis.path_list import PathSequence, PathSource, path_of, share
from gradcalc.analysis.point import (
    FEW,
    Point,
    Subject,
    in_extended_range,
    in_place_of_loss,
    point,
    subjects,
    with_digits,
)
from gradcalc.analysis.results import WHOLE, Largest, LengthTerm, Part, Path, PathAnalysis, PathSums, mean_magnitude
from gradcalc.analysis.rounded_gradients import Quantities, derivatives_of, loss_of, rounded_gradients
from gradcalc.analysis.scalar_path_sums import on_paths, refuse_unknown, scalar_source, unit_point
from gradcalc.arithmetic.float64 import is_low_precision
from gradcalc.engine.scalar_point import ScalarPoint
from gradcalc.errors import UsageError
from gradcalc.network.graph import block_graph, graph
from gradcalc.network.network import Network, Value, numbers
from gradcalc.records import Record
from gradcalc.semirings.entropy import bits, effective_paths

if TYPE_CHECKING:
    from gradcalc.arithmetic.low_precision import LowPrecision

LN10 = 2.302585092994046
FAR = 1000  # powers of ten from which on a float has too few digits for the logarithm of a number
FINER_DIGITS = 40  # of ln|contribution|, up to 10^15 in extended range, all before the point may cancel
LAYERS, BLOCKS = "layers", "blocks"
ROUNDING = 1e-9  # how much larger Σ|contribution| may be than Σ|entries of the sum| by rounding alone

FEW_WEIGHTS = 2_000
"""Weight entries × examples up to which sums over all paths take less time unit by unit than NumPy takes to import."""


class PathSpread(Record):
    """`cancellation` is magnitude / Σ|entries of the gradient|, `effective_paths` 2^entropy; None for 0/0."""

    magnitude: Any
    cancellation: Any
    entropy: float | None
    effective_paths: Any


def spread(at: Point, subject: Subject) -> PathSpread:
    """The spread of one gradient over paths of single units; two sweeps."""
    source = path_source(at, [subject])
    with source.point.arithmetic.context():
        return _spread(source, subject, source.total(subject))


def _spread(source: PathSource, subject: Subject, total: Value) -> PathSpread:
    arithmetic, whole = source.point.arithmetic, summed_size(total)
    with with_digits(arithmetic, FINER_DIGITS):
        size, spread = (moments := source.moments(subject)).size, moments.spread
        logarithm: Any = arithmetic.log10(size)
        if logarithm is not None:
            logarithm = logarithm * LN10 if abs(logarithm) < FAR else arithmetic.functions.log(size)
        entropy = None if logarithm is None else bits(size, spread, logarithm)
    if is_low_precision(arithmetic.name):  # whose gradient is no sum of contributions as they are stored
        size, whole = as_stored(source.spectrum(subject))
        entropy = entropy if size < inf else None
    else:
        size = arithmetic.number(size)
    return PathSpread(size, size / whole if whole else None, entropy, effective_paths(entropy))


def summed_size(value: Value) -> Any:
    """Σ|entry|"""
    return sum(abs(entry) for entry in numbers(value))


def as_stored(spectrum: Iterable[tuple[Any, ...]]) -> tuple[float, float]:
    """Σ|contribution| and |Σ contribution| over lengths, of what is stored of each length, without further rounding."""
    terms = list(spectrum)
    rows = [list(map(float, numbers(contribution))) for _, _, contribution, _ in terms]
    return sum(float(magnitude) for *_, magnitude in terms), summed_size([sum(column) for column in zip(*rows)])


def paths(
    network: Network,
    *,
    wrt: Sequence[str] = (),
    top: int = 10,
    part: Part = WHOLE,
    dps: int | None = None,
    low: LowPrecision | None = None,
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
    if unit == BLOCKS and not network.has_skips:
        raise UsageError("--unit blocks: the network has no skip, so no residual block")
    refuse_unknown(network, inner)
    laid = in_place_of_loss(network, node)
    few, lay = FEW_WEIGHTS if inner == WHOLE else FEW, block_graph if unit == BLOCKS else graph
    if not laid.has_loss:
        raise UsageError("without a target there is no loss and no gradient; give one (--target 1), or --of a node")
    at = point(laid, dps, few, lay, low)
    source = path_source(at, chosen, inner)
    if (
        source.point.arithmetic.name == "float64"
        and not isinstance(source.point, ScalarPoint)
        and not source.in_range()
    ):
        source = path_source(in_extended_range(at), chosen, inner)
    at = source.point
    of = part.of or "L"
    if laid.of is not None and part.of == node and laid.nodes[laid.of].width > 1:
        of = f"Σ{node}"
    with at.arithmetic.context():
        sums = {subject.name: _sums(source, subject, top, of) for subject in chosen}
        kinks = on_paths(at, kinks_at(at), chosen)
    inside = at.graph.network
    wanted = loss_of(inside) | _totals(chosen, inner) | derivatives_of(inside)
    rounded = rounded_gradients(at, wanted)
    return PathAnalysis(network, at.arithmetic.name, loss_value(at), sums, str(part), unit, kinks, rounded)


def _totals(chosen: Sequence[Subject], part: Part) -> Quantities:
    """The sums over a part of the paths, read one after the other at the same point."""
    last: tuple[Point, PathSource] | None = None

    def total(at: Point, subject: Subject) -> Value:
        nonlocal last
        if last is None or last[0] is not at:
            last = at, path_source(at, chosen, part)
        return last[1].total(subject)

    return {(one.name, "gradient"): partial(total, subject=one) for one in chosen}


def path_source(at: Point, chosen: Sequence[Subject], part: Part = WHOLE) -> PathSource:
    """What sums the paths of a wide network over arrays; of a narrow one, or a part of the paths, over single units.

    Raises UsageError for a node or an edge that is not there.
    """
    with at.arithmetic.context():
        if isinstance(at, ScalarPoint) or part.through or part.avoid or part.of is not None:
            return scalar_source(unit_point(at), chosen, part)
        from gradcalc.analysis.array_path_sums import ArrayPathSums
        from gradcalc.engine.array_point import ArrayPoint

        assert isinstance(at, ArrayPoint)
        return ArrayPathSums(at, chosen)


def _sums(source: PathSource, subject: Subject, top: int, of: str) -> PathSums:
    at, total, examples = source.point, source.total(subject), source.point.graph.network.examples
    spread, largest = _spread(source, subject, total), source.largest(subject, top) if top else []
    cancelling = spread.cancellation is None or spread.cancellation > 1 + ROUNDING
    return PathSums(
        subject.name,
        source.count(subject),
        total,
        *spread,
        tuple(LengthTerm(*term, mean_magnitude(term[3], term[1] * examples)) for term in source.spectrum(subject)),
        PathSequence(at, largest, lambda found: _path(at, subject, found, total)),
        "opposite" if cancelling else source.signs(subject),
        largest=abs(largest[0][2][0]) / spread.magnitude if largest and spread.entropy is not None else None,
        of=of,
        count_of_entry=source.count_of_entry(subject),
    )


def _path(at: Point, subject: Subject, found: Largest, total: Value) -> Path:
    """Its share is by the one number of the sum that the path adds to."""
    example, index, (contribution, _) = found
    place = index if subject.entry is None else (0,)
    entry = total
    if isinstance(total, list):
        for unit in (example, *place) if at.graph.network.batch and not subject.is_parameter else place:
            entry = entry[unit]
    return path_of(at, subject, found[2], share(contribution, total, [entry]), index, example)
