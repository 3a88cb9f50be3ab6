"""What a sweep says, in words with figures: how the gradient falls or grows along one key of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gradcalc.blocks import Note, Words
from gradcalc.questions.columns import THEORIES
from gradcalc.questions.laws import Law, law
from gradcalc.questions.sweeping import Row, Sweep
from gradcalc.questions.theory import BOUND, MEAN_FIELD
from gradcalc.questions.theory import SOURCES as THEORY_SOURCES
from gradcalc.views.sweep.bars import drawn_column
from gradcalc.views.sweep.headings import heading_of, height


def verdict(sweep: Sweep, rows: Sequence[Row]) -> Iterator[Note]:
    """A sentence where a law fits, and the number of points that failed."""
    column = drawn_column(sweep)
    if column is not None and len(sweep.axes) == 1:
        key = next(iter(sweep.axes))
        here = law([(row.values[0], height(column, row.found.get(column.name))) for row in rows])
        plain = law([(row.values[0], height(column, (row.against or {}).get(column.name))) for row in rows])
        if here or plain:
            yield Note(sentence(heading_of(column, rows), key, here, plain), "result")
    theories = {column.quantity for column in sweep.columns} & set(THEORIES)
    for theory in sorted(theories):
        yield Note(f"{KNOWN[theory]} ({SOURCES[theory]}).")
    failed = [row for row in rows if row.error]
    if failed:
        yield Note(f"{len(failed)} of {len(rows)} points could not be computed; their rows say why.", "warning")


SOURCES = {"bound": THEORY_SOURCES[BOUND], "mean_field": THEORY_SOURCES[MEAN_FIELD]}

KNOWN = {
    "bound": "The bound is ∏|w|·max|σ′| along every path, summed over the paths, the loss and the input as they are",
    "mean_field": "Mean-field theory multiplies ‖∂L/∂z‖² by χ = σ_w²·E[σ′(z)²] per layer, with σ_w² as drawn",
}


def sentence(name: str, key: str, here: Law | None, plain: Law | None) -> Words:
    """`|∂L/∂w1| becomes 2.2 times smaller with every layer of depth; without skips 8.2 times.`"""
    parts: list[Any] = [f"|{name.strip('|‖')}| "]
    parts += course(here, key) if here else ["follows no simple law"]
    if plain:
        parts += ["; without skips it ", *course(plain, key)]
    return (*parts, ".")


def course(found: Law, key: str) -> list[Any]:
    """How the magnitude goes with the key."""
    if found.kind == "power":
        return ["goes as ", f"{key}^", float(f"{found.slope:.3g}")]
    if abs(found.slope) < 1e-3:
        return [f"hardly changes with {key}"]
    factor = float(f"{10 ** abs(found.slope):.2g}")
    step = "layer" if key == "depth" else f"step of 1 in {key}"
    return ["becomes ", factor, f" times {'smaller' if found.slope < 0 else 'larger'} with every {step}"]
