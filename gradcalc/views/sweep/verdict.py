"""What a sweep says, in words with figures: how the gradient falls or grows along one key of numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from gradcalc.blocks import Note
from gradcalc.magnitudes import power_of_ten
from gradcalc.questions.columns import Column, size
from gradcalc.questions.sweeping import Row, Sweep
from gradcalc.questions.theories.laws import Law, law
from gradcalc.views.scales import figure
from gradcalc.views.sweep.bars import drawn_column
from gradcalc.views.sweep.headings import PLAIN, height, magnitude_of
from gradcalc.views.sweep.theory import theory_notes


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
