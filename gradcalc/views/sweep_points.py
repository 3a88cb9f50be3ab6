"""At which points of a sweep there is no derivative, something is 0 only as numbers are rounded, a z has too few digits
for its sine, and numbers have few right digits; where points are many, of those that sentences name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any

from gradcalc.analysis.point import Point, point, refuse_without_loss, subjects
from gradcalc.analysis.quantities import QUANTITIES, SweepColumn
from gradcalc.analysis.results import RoundedGradient
from gradcalc.analysis.sweep import Sweep
from gradcalc.analysis.sweep_rows import Floats, SweepRow, alone
from gradcalc.arithmetic import decimal_digits
from gradcalc.arithmetic.float64 import is_low_precision
from gradcalc.errors import DomainError, LimitError, SpecError, UsageError
from gradcalc.network.network import Network
from gradcalc.records import Record
from gradcalc.report.report import Words
from gradcalc.report.scales import digits_apart, value_text
from gradcalc.report.text import listed
from gradcalc.views.sweep_tables import heights, sides

if TYPE_CHECKING:
    from gradcalc.analysis.rounded_gradients import Quantities

OF_PATHS = ("paths", "largest", "share", "magnitude", "cancellation", "entropy", "effective_paths")
FEW = 3  # sentences of a kind that are given in full, and points that are named
MOST_LOOKED_AT = 24  # points, each computed with 50 and 100 digits
MOST_ASKED, MOST_IN_DOUBT = 200, 64  # points that are asked whether their digits are in doubt, and looked at then


def on_kinks(sweep: Sweep, rows: Sequence[SweepRow]) -> Iterator[Words]:
    """`At w1 = 0: z_h1 = 0 is a kink of relu, where it has no derivative; relu′(0) = 0 is used.`; of many sentences
    the first, and how many points stand on kinks at all."""
    looked_at = list(alone(rows))
    sides = {"": [row.kinks for row in looked_at], "without skips": [row.against_kinks for row in looked_at]}
    if any(kinks for side in sides.values() for kinks in side):
        from gradcalc.views.kink_sentences import by_sentence

        for side, found in sides.items():
            kinks = [(row.values, here) for row, here in zip(looked_at, found) if here]
            told = list(by_sentence(kinks, sweep.networks[0].examples, "L"))
            for words, points in told[:FEW]:
                where = ", ".join(filter(None, [side, points_text(sweep.axes, points, len(rows))]))
                yield (f"{beginning(where)}: ", *words)
            if len(told) > FEW:
                yield f"{len(kinks)} of {len(rows)} points stand on kinks{f' {side}' if side else ''}."
    if None in sides[""] and any(network.has_kinks for network in sweep.networks):
        yield "Points that were read from the file of --resume were not looked at for kinks."


def lost(sweep: Sweep, rows: Sequence[SweepRow]) -> Iterator[str]:
    """`At w2 = 60, 80 and 100: y rounds to its target in float64; --dps 50 shows ∂L/∂y.`, of all points at which
    something is 0; where these are many, of the first and the last point."""
    zeros = sorted(set().union(*(zero_places(sides(sweep, column, rows)[0]) for column in sweep.columns)))
    if not zeros or sweep.network is None or is_low_precision(sweep.arithmetic):
        return
    from gradcalc.views.zero_reasons import rounded_target

    looked_at = zeros if len(zeros) <= MOST_LOOKED_AT else [zeros[0], zeros[-1]]
    told: dict[tuple[str, str], list[tuple[Sequence[Any], str]]] = {}
    for values in (rows[place].values for place in looked_at):
        with suppress(DomainError, LimitError, SpecError, UsageError):
            if (found := rounded_target(sweep.network.network(values), sweep.arithmetic)) is not None:
                subject, difference, shown = found
                told.setdefault((subject, shown), []).append((values, difference))
    for (subject, shown), points in list(told.items())[:FEW]:
        where = points_text(sweep.axes, [values for values, _ in points], len(rows))
        yield f"{beginning(where)}: {subject}{points[0][1] * (len(points) == 1)}{shown}."
    if told and len(looked_at) < len(zeros):
        yield f"Of {len(zeros)} points with a value of 0 the first and the last were looked at for such rounding."


def on_angles(sweep: Sweep, rows: Sequence[SweepRow]) -> Iterator[Words]:
    """`At w1 = 1e300: z_h1 = 1×10³⁰⁰ has too few digits for sin: …`, of the first points at which that is so; where
    there are many points, the first and the last are looked at."""
    may_lack = any(one.may_lack_digits("extended") for one in sweep.networks)  # at some points it may be in that
    if sweep.network is None or is_low_precision(sweep.arithmetic) or not may_lack:
        return
    from gradcalc.views.digit_sentences import angle_sentences

    looked_at = rows if len(rows) <= MOST_LOOKED_AT else [rows[0], rows[-1]]
    told: dict[tuple[Any, ...], list[Any]] = {}
    for row in (row for row in looked_at if row.error is None):
        with suppress(DomainError, LimitError, SpecError, UsageError):
            at = point(sweep.network.network(row.values), decimal_digits(sweep.arithmetic))
            for angle in angle_sentences(at):
                told.setdefault(angle, []).append(row.values)
    for angle, points in list(told.items())[:FEW]:
        where = points_text(sweep.axes, points, len(rows))
        yield (f"{beginning(where)}: ", *angle)
    if rest := [values for points in list(told.values())[FEW:] for values in points]:
        yield f"A z has too few digits {points_text(sweep.axes, rest, len(rows))} as well."
    if told and len(looked_at) < len(rows):
        yield f"Only the first and the last of {len(rows)} points were looked at for z with too few digits."


class Rounded(Record):
    """What rounding has left of the numbers at points, by their places among the rows; at how many points digits are in
    doubt, and how many of these were looked at."""

    at: Mapping[int, Sequence[RoundedGradient]]
    doubtful: int
    looked_at: int


def left_by_rounding(sweep: Sweep, column: SweepColumn | None, rows: Sequence[SweepRow]) -> Rounded:
    """Of the loss, outputs and gradients that columns are of: where they are in doubt, at so many points at most. Where
    points are many, the first, the last, and those that sentences on the drawn column name are asked alone."""
    if sweep.network is None or is_low_precision(sweep.arithmetic):
        return Rounded({}, 0, 0)
    from gradcalc.analysis.rounded_gradients import in_doubt, of_doubtful

    values = [] if column is None else sides(sweep, column, rows)[0]
    named = {0, len(rows) - 1, *(named_places(column, values) if column is not None else ())}
    asked = range(len(rows)) if len(rows) <= MOST_ASKED else sorted(named)
    doubtful: dict[int, tuple[Point, Mapping[Any, Any]]] = {}
    for place in (place for place in asked if rows[place].error is None):
        with suppress(DomainError, LimitError, SpecError, UsageError):
            at = point(sweep.network.network(rows[place].values), decimal_digits(sweep.arithmetic))
            if wanted := in_doubt(at, quantities_of(sweep.columns, at.graph.network)):
                doubtful[place] = at, wanted
    looked_at = [place for place in doubtful if place in named or len(doubtful) <= MOST_IN_DOUBT]
    found = {place: left for place in looked_at if (left := of_doubtful(*doubtful[place]))}
    return Rounded(found, len(doubtful), len(looked_at))


def quantities_of(columns: Sequence[SweepColumn], network: Network) -> Quantities:
    """What the columns are of: the loss, outputs, gradients, or all. Raises UsageError where one is not there."""
    from gradcalc.analysis.rounded_gradients import derivatives_of, gradients_of, loss_of, values_of

    refuse_without_loss(network, "no gradient")
    wanted: Quantities = {}
    for one in columns:
        if one.quantity == "loss":
            wanted |= loss_of(network)
        elif one.quantity == "output":
            wanted |= {key: read for key, read in values_of(network).items() if key == (one.of, "output")}
        elif one.quantity != "paths":
            named = QUANTITIES[one.quantity].of.startswith("gradient") and one.of
            wanted |= gradients_of(subjects(network, [one.of] if named else ()))
            wanted |= derivatives_of(network) if one.quantity in OF_PATHS else {}
    return wanted


def named_places(column: SweepColumn, values: Sequence[Any]) -> Iterator[int]:
    """Of the largest and the smallest magnitude, and of the first values of another sign than the one before."""
    known = [(log, place) for place, log in enumerate(heights(column, values)) if log is not None]
    yield from (place for _, place in (min(known), max(known))) if known else ()
    signed = [(place, value > 0) for place, value in enumerate(values) if value and not isinstance(value, list)]
    changes = [(one, after) for (one, sign), (after, other) in zip(signed, signed[1:]) if sign != other]
    yield from chain.from_iterable(changes[:FEW])


def has_wrong_values(column: SweepColumn, rounded: Rounded) -> bool:
    """Whether rounding has left no digit of some number that the drawn column is of: nothing is told of its course."""
    kind = column.quantity if column.quantity in ("loss", "output") else "gradient"
    lost = [one for found in rounded.at.values() for one in found if one.left != "few digits"]
    if any(one.left == "no value" or (one.kind == "derivative" and column.quantity in OF_PATHS) for one in lost):
        return True
    named = kind == "output" or (kind == "gradient" and QUANTITIES[column.quantity].of.startswith("gradient"))
    return any(one.kind == kind and (one.name == column.of or not (named and column.of)) for one in lost)


def on_rounding(sweep: Sweep, rows: Sequence[SweepRow], rounded: Rounded) -> Iterator[Words]:
    """`At w1 = 3: rounding has left no right digit of ∂L/∂w1; --dps 50 shows it.`; of many sentences the first."""
    if sweep.network is None or not rounded.at:
        return
    from gradcalc.views.digit_sentences import placed, rounded_sentences

    told: dict[tuple[Any, ...], list[int]] = {}
    for place, found in rounded.at.items():
        network = sweep.network.network(rows[place].values)
        for words in rounded_sentences(found, network, "L", how_much=False):
            told.setdefault(words, []).append(place)
    for words, places in list(told.items())[:FEW]:
        where = points_text(sweep.axes, [rows[place].values for place in places], len(rows))
        yield placed(beginning(where), words)
    if rest := dict.fromkeys(place for places in list(told.values())[FEW:] for place in places):
        where = points_text(sweep.axes, [rows[place].values for place in rest], len(rows))
        yield f"Rounding has left fewer than six right digits of some numbers {where} as well."
    if rounded.looked_at < rounded.doubtful:
        yield f"Digits are in doubt at {rounded.doubtful} points, of which {rounded.looked_at} were looked at."


def zero_places(values: Sequence[Any]) -> Sequence[int]:
    """Where the values of a column are the number 0."""
    if isinstance(values, Floats):
        return [int(place) for place in (values.array == 0).nonzero()[0]]
    return [place for place, value in enumerate(values) if value == 0]


def points_text(axes: Mapping[str, Sequence[Any]], points: Sequence[Sequence[Any]], total: int) -> str:
    """`at w1 = 0 and 2`, `at (w1, w2) = (0, 1) and 5 more`, `at every point`"""
    if len(points) == total:
        return "at every point"
    digits = list(map(digits_apart, axes.values()))
    told = [", ".join(map(value_text, values, digits)) for values in points]
    if len(axes) == 1:
        return f"at {next(iter(axes))} = {listed(told, FEW)}"
    return f"at ({', '.join(axes)}) = {listed([f'({one})' for one in told], FEW)}"


def beginning(where: str) -> str:
    """Words at the beginning of a sentence."""
    return where[0].upper() + where[1:]
