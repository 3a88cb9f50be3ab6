"""What a sweep says of theory: what it is, whose, and how far what was measured is from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradcalc.blocks import Note
from gradcalc.questions.columns import Column, size
from gradcalc.questions.columns_of_theory import THEORIES
from gradcalc.questions.comparing import ratio
from gradcalc.questions.sweeping import Row, Sweep
from gradcalc.questions.theories.theory import BINOMIAL, BOUND, MEAN_FIELD, SOURCES
from gradcalc.text.phrases import gradient
from gradcalc.views.scales import figure
from gradcalc.views.sweep.headings import PLAIN, has_plain, magnitude_of

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
