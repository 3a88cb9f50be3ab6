"""A sweep in words: how a gradient goes along a key, how far theory is from it, which points failed, what scales are.

A law is stated only where it explains the measured points (R² ≥ 0.98 of a straight line through their logarithms, with
or without its ends), and in whole steps of a key only where the key has whole numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import inf, log10
from operator import itemgetter
from typing import Any

from gradcalc.analysis.comparison import LOG10_OF_MANY, powers_of_ten, ratio
from gradcalc.analysis.quantities import THEORIES, SweepColumn, size
from gradcalc.analysis.sweep import Sweep
from gradcalc.analysis.sweep_rows import Floats, SweepRow, alone
from gradcalc.expressions.numerals import text
from gradcalc.report.report import Note
from gradcalc.report.scales import digits_apart, factor, figure, is_numeric, power_text, value_text, whole_digits
from gradcalc.report.text import gradient, listed
from gradcalc.theory.theory import BINOMIAL, BOUND, MEAN_FIELD, SOURCES, Law, law
from gradcalc.views.sweep_points import (
    OF_PATHS,
    beginning,
    has_wrong_values,
    left_by_rounding,
    lost,
    on_angles,
    on_kinks,
    on_rounding,
    points_text,
)
from gradcalc.views.sweep_tables import Heights, drawn_column, drawn_name, heights, magnitude_of, sides, uneven

EQUAL = 1e-14  # relative differences that are rounding
SAME = log10(1.01)  # powers of ten within which a magnitude changes by less than 1 %
PER_STEP = log10(1.05)  # powers of ten from which on a change is stated per step of the key
FEW = 3  # reasons that are given in full
FEWEST = 3  # points of which the largest and the smallest value are told
ROUGHLY = 0.05  # how far exponents from point to point depart from that of a law that is a rough one
DIGITS = 3  # of magnitudes, and of what was measured by what was expected
EPSILON = 2.0**-52  # how far two float64s are apart, relatively
LEAST_EXACT = 1e-5  # of the spread of logarithms, that may be rounding where a law is looked for
ROUNDING = 1e-9  # powers of ten by which magnitudes differ that are equal


def legend(sweep: Sweep, rows: Sequence[SweepRow], has_dots: bool) -> Iterator[Note]:
    """Which keys' values are not evenly spaced, and what a dot is in a line that has one."""
    meanings = []
    if len(rows) > 2 and (keys := uneven(sweep)):
        meanings.append(f"Points are not evenly spaced in {listed(keys)}.")
    if (examples := sweep.networks[0].examples) > 1 and any(column.quantity in OF_PATHS for column in sweep.columns):
        meanings.append(
            f"The number of paths is that of each of {examples} examples, over which contributions are summed for "
            "a share; Σ|contribution|, cancellation, entropy and effective number are over the paths of all examples."
        )
    missing: set[str] = set()
    for column in sweep.columns if has_dots else ():
        values = sides(sweep, column, rows)
        scaled = Heights(column, values, always=len(sweep.axes) == 1, magnitudes=True)
        gaps = [value for side in values for value, one in zip(side, scaled.of(side)) if one is None]
        missing |= {"no value" if value is None or not scaled.logarithmic else "0" for value in gaps}
    if missing:
        meanings.append(f"·: {' or '.join(sorted(missing, reverse=True))}.")
    if meanings:
        yield Note(" ".join(meanings), "legend")


def verdict(sweep: Sweep, rows: Sequence[SweepRow]) -> Iterator[Note]:
    """A sentence where a law fits, what theory says, and why points failed."""
    column = drawn_column(sweep)
    rounded = left_by_rounding(sweep, column, rows)
    if column is not None and not has_wrong_values(column, rounded):
        words = change_along_key(sweep, column, rows) if len(sweep.axes) == 1 else ""
        found = [words] if words else [extremes(sweep, column, rows)]
        yield from (Note(each, "result") for each in (*found, signs(sweep, column, rows)) if each)
    if sweep.into_last:
        where = points_text({"depth": sweep.into_last}, [(depth,) for depth in sweep.into_last], len(rows))
        yield Note(f"{beginning(where)} a skip adds to the output of {sweep.networks[0].layers[-1].name}.")
    yield from map(Note, on_kinks(sweep, rows))
    yield from map(Note, lost(sweep, rows))
    yield from map(Note, on_angles(sweep, rows))
    yield from map(Note, on_rounding(sweep, rows, rounded))
    yield from theory_notes(sweep, rows)
    yield from failures(sweep, rows)


def change_along_key(sweep: Sweep, column: SweepColumn, rows: Sequence[SweepRow]) -> str:
    """`|∂L/∂w1| falls by ÷ 2.2 per layer (exponential fit, R² = 0.999); without skips …`; "" where no law holds, and of
    a single point."""
    if len(rows) < 2:
        return ""
    ((key, xs),) = sweep.axes.items()
    read = sides(sweep, column, rows)
    failed = [[row.error is not None for row in rows], [row.against_error is not None for row in rows]]
    found = ["" if any(lost) else course(xs, side, column, key) for side, lost in zip(read, failed)]
    if not any(found):
        return ""
    subjects = (drawn_name(column, rows), "without skips it")
    told = [words or extent(side, lost, column) for words, side, lost in zip(found, read, failed)]
    return "; ".join(f"{subject} {words}" for subject, words in zip(subjects, told)) + "."


def course(xs: Sequence[Any], values: Sequence[Any], column: SweepColumn, key: str) -> str:
    """How the magnitude goes with the key; "" by no law, or where points are missing."""
    if None in values and column.quantity != "log10":
        return ""
    logarithms = heights(column, values)
    known = [one for one in logarithms if one is not None]
    if not known:
        return "is 0 at every point"
    if len(known) < len(logarithms):
        return ""
    if max(known) - min(known) < SAME:
        sizes = [abs(size(value)) for value in values]  # of 10⁻⁷⁰⁰⁰⁰⁰⁰⁰⁰⁰⁰ the logarithm has few digits after the point
        largest = ratio(max(sizes), min(sizes))
        is_same = max(known) == min(known) and (largest is None or largest - 1 <= EQUAL)
        return "is the same at every point" if is_same else "changes by less than 1 %"
    found = law(list(zip(xs, in_powers_of_ten(column, values, known))))
    if found is None:
        return ""
    ends = [of(zip(xs, values, known), key=itemgetter(0)) for of in (min, max)]
    return words_of_law(found, xs, [(x, shown_size(column, value, one)) for x, value, one in ends], key)


def in_powers_of_ten(column: SweepColumn, values: Sequence[Any], known: Sequence[float]) -> list[float | None]:
    """Magnitudes by their logarithms, or from the first on where these leave few digits of their differences; None in a
    column that has these alone."""
    farthest = max(map(abs, known))
    if farthest < LOG10_OF_MANY:
        return list(known)
    if column.quantity == "log10":
        return list(known) if EPSILON * farthest < LEAST_EXACT * (max(known) - min(known)) else [None]
    sizes = [abs(size(value)) for value in values]
    return [powers_of_ten(one, sizes[0]) for one in sizes]


def words_of_law(found: Law, xs: Sequence[Any], ends: Sequence[tuple[Any, str]], key: str) -> str:
    """A power of the key, a factor per step, or where steps are too small or no whole numbers the two ends."""
    fit = f"R² = {found.fit:.3f}" if found.fit < 0.9995 else "R² > 0.999"
    if found.kind == "power":
        roughly = "roughly " * (found.departure > ROUGHLY or found.residual > SAME)
        power = figure(found.log10_rate, 3)
        return f"is {roughly}proportional to {key}{f'^{power}' * (power != '1')} (power-law fit, {fit})"
    verb = "falls" if found.log10_rate < 0 else "grows"
    if all(isinstance(x, int) for x in xs) and abs(found.log10_rate) >= PER_STEP:
        step = "layer" if key == "depth" else f"step of 1 in {key}"
        return f"{verb} by {factor(found.log10_rate, 2)} per {step} (exponential fit, {fit})"
    told = " to ".join(f"{size} at {key} = {value_text(x, digits_apart(xs))}" for x, size in ends)
    return f"{verb} exponentially, from {told} ({fit})"


def extremes(sweep: Sweep, column: SweepColumn, rows: Sequence[SweepRow]) -> str:
    """`|∂L/∂w1| is largest, 0.00303, at w1 = 0 and smallest, 0.00178, at w1 = 3; without skips …`; "" of few points."""
    if len(rows) < FEWEST or any(row.error or row.against_error for row in alone(rows)):
        return ""
    parts = []
    for subject, values in zip((drawn_name(column, rows), "without skips it"), sides(sweep, column, rows)):
        if None in values and column.quantity != "log10":
            continue
        logarithms = [-inf if log is None else log for log in heights(column, values)]
        ends = max(logarithms), min(logarithms)
        if ends[0] - ends[1] < SAME:
            continue
        at = [places_of(end, logarithms, values, column) for end in ends]
        told = [shown_size(column, values[places[0]], end) for places, end in zip(at, ends)]
        if told[0] == told[1]:  # no more of them is known than their powers of ten
            continue
        where = [points_text(sweep.axes, [rows[place].values for place in places], len(rows)) for places in at]
        parts.append(f"{subject} is largest, {told[0]}, {where[0]} and smallest, {told[1]}, {where[1]}")
    return f"{'; '.join(parts)}." if parts else ""


def places_of(end: float, logarithms: Sequence[float], values: Sequence[Any], column: SweepColumn) -> list[int]:
    """Where the largest or the smallest magnitude is, by its logarithm; where that leaves few digits behind its point,
    by the values themselves."""
    digits = 0.0 if column.quantity == "log10" or abs(end) == inf else 4 * EPSILON * abs(end)
    places = [place for place, one in enumerate(logarithms) if one == end or abs(one - end) < ROUNDING + digits]
    if digits < ROUNDING:
        return places
    sizes = {place: abs(size(values[place])) for place in places}
    extreme = (max if end == max(logarithms) else min)(sizes.values())
    return [place for place, one in sizes.items() if abs(powers_of_ten(one, extreme) or 0.0) < ROUNDING]


def shown_size(column: SweepColumn, value: Any, logarithm: float) -> str:
    """A magnitude within a sentence: a value, or the power of ten where the column has that alone."""
    if logarithm == -inf:
        return "0"
    digits = whole_digits(logarithm, DIGITS)
    return power_text(logarithm, digits) if column.quantity == "log10" else figure(abs(size(value)), digits)


def signs(sweep: Sweep, column: SweepColumn, rows: Sequence[SweepRow]) -> str:
    """`∂L/∂w1 changes sign between w1 = −1 and 0`, or, where points are in no order, `∂L/∂w1 is negative at 28 of 49
    points and positive at 21`; "" of one sign, and of what has none."""
    if column.quantity != "gradient":
        return ""
    (key, *others), parts = sweep.axes, []
    digits = digits_apart(sweep.axes[key])
    in_order = not others and list(sweep.axes[key]) == sorted(filter(is_numeric, sweep.axes[key]))
    for subject, values in zip((gradient(column.of), "without skips it"), sides(sweep, column, rows)):
        if isinstance(values, Floats) and (values.array.min() >= 0 or values.array.max() <= 0):
            continue
        numbers = [(row.values[0], value) for row, value in zip(rows, values) if not isinstance(value, list)]
        signed = [(x, value > 0) for x, value in numbers if value]
        positive = sum(is_positive for _, is_positive in signed)
        if not 0 < positive < len(signed):
            continue
        pairs = [(one, after) for (one, sign), (after, other) in zip(signed, signed[1:]) if sign != other]
        if in_order and len(pairs) <= FEW:
            between = [
                f"between {key} = {value_text(one, digits)} and {value_text(after, digits)}" for one, after in pairs
            ]
            parts.append(f"{subject} changes sign {listed(between)}")
        else:
            count = f"negative at {len(signed) - positive} of {len(rows)} points and positive at {positive}"
            parts.append(f"{subject} is {count}")
    return f"{'; '.join(parts)}." if parts else ""


def extent(values: Sequence[Any], failed: Sequence[bool], column: SweepColumn) -> str:
    """From where to where a magnitude goes that follows no law."""
    read = [value for value, lost in zip(values, failed) if not lost]
    if column.quantity != "log10":  # that has no value of an exact 0
        read = [value for value in read if value is not None]
    known = [(log, abs(size(value)), value) for log, value in zip(heights(column, read), read) if log is not None]
    if not known:
        return "is 0 at every point that could be computed" if read else "has no values"
    (low, _, least), (high, _, most) = (end(known, key=itemgetter(0, 1)) for end in (min, max))
    start = shown_size(column, least, low) if len(known) == len(read) else "0"
    return f"ranges from {start} to {shown_size(column, most, high)}"


def failures(sweep: Sweep, rows: Sequence[SweepRow]) -> Iterator[Note]:
    """How many points failed, and why."""
    looked_at = list(alone(rows))
    plain = [None if row.error else row.against_error for row in looked_at]  # what fails fails in both, mostly
    for side, errors in {"": [row.error for row in looked_at], " without skips": plain}.items():
        reasons = Counter(filter(None, errors))
        if reasons:
            first = [reason for reason, _ in reasons.most_common(FEW)]
            rest = f"; and {len(reasons) - FEW} more reasons" if len(reasons) > FEW else ""
            count = f"{sum(reasons.values())} of {len(rows)} points could not be computed{side}"
            yield Note(f"{count}: {'; '.join(first)}{rest}".rstrip(".?!") + ".", "warning")


NAMES = {"bound": BOUND, "mean_field": MEAN_FIELD, "binomial": BINOMIAL}
MEANINGS = {
    "bound": "The bound is the sum over the paths of ∏|w|·max|σ′|, times |∂L/∂output| and the input",
    "mean_field": "Mean-field theory multiplies ‖δ‖² by χ = σ_w²·E[σ′(z)²] per layer, with σ_w² as drawn",
    "binomial": "Expected number of blocks on a path: n·f/(1 + f) of n blocks, f the factor, measured as a geometric "
    "mean, by which passing one block changes a contribution",
}
SUBJECTS = {
    "bound": "Bound / {name}",
    "mean_field": "{name} / mean-field value",
    "binomial": "Blocks on a path of {gradient}, measured / expected",
}


DENSE = "a random network of dense layers, of which the hidden ones have 8 units or more"
BLOCKS = (
    "one example, 3 to 200 blocks one behind another, each crossed by one skip, and a path past them all that is not 0"
)
NEEDS = {
    "bound": "few units, and activations whose derivative is bounded",
    "mean_field": DENSE,
    "blocks": BLOCKS,
    "binomial": BLOCKS,
}
"""What a network has to be for a column to have a value."""


def missing(sweep: Sweep, rows: Sequence[SweepRow]) -> Iterator[str]:
    """`blocks:w1 has no value at depth = 4 and 6: it takes one example and 3 to 200 blocks one behind another, …`"""
    told: dict[tuple[str, tuple[int, ...]], list[str]] = {}
    failed = {place for place, row in enumerate(rows) if row.error}
    for column in sweep.columns:
        if column.quantity in NEEDS:
            values = sides(sweep, column, rows)[0]
            places = tuple(n for n, value in enumerate(values) if value is None and n not in failed)
            told.setdefault((NEEDS[column.quantity], places), []).append(column.name)
    for (needs, places), names in told.items():
        if places:
            some = points_text(sweep.axes, [rows[place].values for place in places], len(rows))
            where = "at any point" if len(places) == len(rows) else some
            several = len(names) > 1
            verbs = ("have", "they take") if several else ("has", "it takes")
            yield f"{listed(names)} {verbs[0]} no value {where}: {verbs[1]} {needs}."


def theory_notes(sweep: Sweep, rows: Sequence[SweepRow]) -> Iterator[Note]:
    """For every theory what it is, and for every gradient, in the network and without skips, how far it is from it."""
    for quantity in sorted({column.quantity for column in sweep.columns} & set(THEORIES)):
        yield Note(f"{MEANINGS[quantity]} ({SOURCES[NAMES[quantity]]}).")
        for expected in sweep.columns:
            measured = of(sweep, expected) if expected.quantity == quantity else None
            if measured is None:
                continue
            both = zip(sides(sweep, measured, rows), sides(sweep, expected, rows))
            spans = [span(quantity, *pair) for pair in both]
            parts = [f"{'without skips ' * number}{times}" for number, times in enumerate(spans) if times]
            if parts:
                subject = SUBJECTS[quantity].format(name=magnitude_of(measured, rows), gradient=gradient(measured.of))
                yield Note(f"{subject}: {'; '.join(parts)}.", "result")


def of(sweep: Sweep, expected: SweepColumn) -> SweepColumn | None:
    """The column that a column of theory is of."""
    kinds = THEORIES[expected.quantity]
    return next((each for each in sweep.columns if each.of == expected.of and each.quantity in kinds), None)


def span(theory: str, measured: Sequence[Any], expected: Sequence[Any]) -> str:
    """`1.2 to 153`: what was measured by what was expected, a bound by what was measured; "" without either."""
    known = [
        (abs(size(one)), abs(size(other)))
        for one, other in zip(measured, expected)
        if one is not None and other is not None
    ]
    times = list(filter(None, [ratio(other, one) if theory == "bound" else ratio(one, other) for one, other in known]))
    if not times:
        return ""
    low, high = text(min(times), DIGITS), text(max(times), DIGITS)
    return low if low == high else f"{low} to {high}"
