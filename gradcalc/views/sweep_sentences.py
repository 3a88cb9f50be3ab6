"""What a sweep says, in words with figures: how the gradient changes along a key, and what theory expects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradcalc.analysis.comparison import ratio
from gradcalc.analysis.quantities import THEORIES, Column, size
from gradcalc.analysis.sweep_rows import Row, Sweep
from gradcalc.network.network import power_of_ten
from gradcalc.report.report import Note
from gradcalc.report.scales import figure
from gradcalc.report.text import gradient
from gradcalc.theory.theory import BINOMIAL, BOUND, MEAN_FIELD, SOURCES, Law, law
from gradcalc.views.sweep_tables import PLAIN, drawn_column, has_plain, height, magnitude_of


def verdict(sweep: Sweep, rows: Sequence[Row]) -> Iterator[Note]:
    """A sentence where a law fits, what theory says, and why points failed."""
    column = drawn_column(sweep)
    if column is not None and len(sweep.axes) == 1:
        words = sentence(magnitude_of(column, rows), next(iter(sweep.axes)), fates(sweep, column, rows))
        if words:
            yield Note(words, "result")
    yield from theory_notes(sweep, rows)
    yield from failures(sweep, rows)


def fates(sweep: Sweep, column: Column, rows: Sequence[Row]) -> dict[str, str]:
    """How the magnitude goes with the key in the network and in the plain one, in words; "" by no simple law."""
    sides = {"": [row.found for row in rows]}
    if sweep.against:
        sides[PLAIN] = [row.against or {} for row in rows]
    key = next(iter(sweep.axes))
    found = {}
    for side, read in sides.items():
        known = [one[column.name] for one in read if one.get(column.name) is not None]
        if known and not any(map(size, known)):
            found[side] = "is exactly 0"
        else:
            one = law([(row.values[0], height(column, each.get(column.name))) for row, each in zip(rows, read)])
            found[side] = course(one, key) if one else ""
    return found


def sentence(name: str, key: str, fates: dict[str, str]) -> str:
    """`|∂L/∂w1| becomes 2.2 times smaller with every layer; without skips it becomes 8.2 times smaller …`"""
    if not any(fates.values()):
        return ""
    parts = [f"{side} it {words or LAWLESS}" if side else f"{name} {words or LAWLESS}" for side, words in fates.items()]
    return "; ".join(parts) + "."


LAWLESS = "follows no simple law"


def course(found: Law, key: str) -> str:
    """How the magnitude goes with the key."""
    if found.kind == "power":
        return f"goes as {key}^{figure(found.slope, 3)}"
    if abs(found.slope) < 1e-3:
        return f"hardly changes with {key}"
    step = "layer" if key == "depth" else f"step of 1 in {key}"
    factor = figure(power_of_ten(abs(found.slope)), 2)
    return f"becomes {factor} times {'smaller' if found.slope < 0 else 'larger'} with every {step}"


def failures(sweep: Sweep, rows: Sequence[Row]) -> Iterator[Note]:
    """How many points failed, and why."""
    alone = [None if row.error else row.against_error for row in rows]  # what fails fails in both, mostly
    for side, errors in {"": [row.error for row in rows], f" {PLAIN}": alone}.items():
        reasons = Counter(filter(None, errors))
        if reasons:
            first = [reason for reason, _ in reasons.most_common(FEW)]
            rest = f"; and {len(reasons) - FEW} more reasons" if len(reasons) > FEW else ""
            count = f"{sum(reasons.values())} of {len(rows)} points could not be computed{side}"
            yield Note(f"{count}: {'; '.join(first)}{rest}".rstrip(".?!") + ".", "warning")


FEW = 3
"""Reasons that are told in full."""


# What a sweep says of theory: what it is, whose, and how far what was measured is from it.


DIGITS = 3
NAMES = {"bound": BOUND, "mean_field": MEAN_FIELD, "binomial": BINOMIAL}

KNOWN = {
    "bound": "The bound is ∏|w|·max|σ′| along every path, summed over the paths, the loss and the input as they are",
    "mean_field": "Mean-field theory multiplies ‖∂L/∂z‖² by χ = σ_w²·E[σ′(z)²] per layer, with σ_w² as drawn",
    "binomial": "By the binomial law a gradient comes through n·f/(1 + f) of n blocks on average, where one passes f "
    "of what its skip does",
}


def theory_notes(sweep: Sweep, rows: Sequence[Row]) -> Iterator[Note]:
    """For every theory what it is, and for every gradient how far it is from it."""
    for quantity in sorted({column.quantity for column in sweep.columns} & set(THEORIES)):
        yield Note(f"{KNOWN[quantity]} ({SOURCES[NAMES[quantity]]}).")
        for expected in sweep.columns:
            measured = of(sweep, expected) if expected.quantity == quantity else None
            if measured is not None:
                yield from departure(sweep, measured, expected, rows)


def of(sweep: Sweep, expected: Column) -> Column | None:
    """The column that a column of theory is of."""
    kinds = THEORIES[expected.quantity]
    return next((each for each in sweep.columns if each.of == expected.of and each.quantity in kinds), None)


def departure(sweep: Sweep, measured: Column, expected: Column, rows: Sequence[Row]) -> Iterator[Note]:
    """One gradient, in the network and in the plain one."""
    sides = {"": [row.found for row in rows]}
    if has_plain(measured, sweep.against):
        sides[f"; {PLAIN} "] = [row.against or {} for row in rows]
    told = [(side, span(measured, expected, found)) for side, found in sides.items()]
    words = "".join(f"{side}{phrase(expected.quantity, there)}" for side, there in told if there)
    if words:
        is_count = expected.quantity == "binomial"
        what = f"{gradient(measured.of)} comes" if is_count else f"{magnitude_of(measured, rows)} is"
        yield Note(f"{what} {words.removeprefix('; ')}.", "result")


def phrase(quantity: str, times: str) -> str:
    """How far a theory is from what it is of: `1.2 to 153 times below its bound`."""
    agreeing, apart = PHRASES[quantity]
    return agreeing if times == "1" else apart.format(times)


PHRASES = {
    "bound": ("at its bound", "{} times below its bound"),
    "mean_field": ("what it should be", "{} times what it should be"),
    "binomial": ("through as many blocks as by the law", "through {} times as many blocks as by the law"),
}


def span(measured: Column, expected: Column, found: Sequence[Mapping[str, Any]]) -> str:
    """`1.2 to 153`: what was measured by what was expected, a bound the other way round; "" where there is neither."""
    pairs = [(row.get(measured.name), row.get(expected.name)) for row in found]
    known = [(abs(size(one)), abs(size(other))) for one, other in pairs if one is not None and other is not None]
    times = [ratio(other, one) if expected.quantity == "bound" else ratio(one, other) for one, other in known]
    least, most = (pick((each for each in times if each), default=None) for pick in (min, max))
    if least is None:
        return ""
    low, high = figure(least, DIGITS), figure(most, DIGITS)
    return low if low == high else f"{low} to {high}"
