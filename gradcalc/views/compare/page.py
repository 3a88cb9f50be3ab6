"""The page of a comparison: what is compared, the gradients, the profile of deep networks, and what it all means."""

from __future__ import annotations

from collections.abc import Iterator

from gradcalc.blocks import Block, Column, Note, Table
from gradcalc.questions.comparing import Comparison, Side
from gradcalc.views.compare.gradients import bar_scale, gradient_table
from gradcalc.views.compare.profiles import profile_table
from gradcalc.views.compare.verdict import verdict

WIDE = 2
"""Networks whose gradients stand in columns of one row, with their loss; more of them stand beneath each other."""


def page(comparison: Comparison, theory: bool) -> Iterator[Block]:
    """The blocks in order."""
    yield Note(title(comparison), "title")
    table = gradient_table(comparison)
    if len(comparison.sides) > WIDE or table.rows[0][0] != "loss":
        yield loss_table(comparison)
    yield table
    yield Note(legend(comparison, table))
    yield from profile_table(comparison)
    yield from verdict(comparison)
    if theory:
        from gradcalc.views.compare.theory import theory_blocks

        yield from theory_blocks(comparison)


def title(comparison: Comparison) -> str:
    """`residual beside itself without skips · sigmoid · mse`."""
    first = comparison.sides[0]
    if comparison.alike == "skips":
        what = f"{first.short} beside itself without its skips"
    elif comparison.alike:
        what = f"{first.network.name} by {comparison.alike}"
    else:
        what = " beside ".join(side.short for side in comparison.sides)
    shared = [first.network.activation, first.network.loss.text]
    own = [[side.network.activation, side.network.loss.text] for side in comparison.sides]
    return " · ".join([what, *(text for n, text in enumerate(shared) if all(one[n] == text for one in own))])


def legend(comparison: Comparison, table: Table) -> str:
    """What the bars and the decades are."""
    what = f"Bars are log₁₀ of the magnitude, {bar_scale(comparison)}"
    if len(comparison.sides) == WIDE:
        upper, lower = (side.short for side in comparison.sides)
        what += f", two to a line: {upper} above, {lower} below"
    decades = any(column.name == "decades" for column in table.columns)
    return f"{what}; decades are log₁₀ of the ratio." if decades else f"{what}."


def loss_table(comparison: Comparison) -> Table:
    """What each network is."""
    rows = [[side.short, side.loss, len(side.network.layers), skips(side)] for side in comparison.sides]
    return Table([Column("network"), Column("loss"), Column("layers"), Column("skips")], rows)


def skips(side: Side) -> int:
    """How many skips a network has."""
    return sum(len(layer.into_preactivation) + len(layer.into_output) for layer in side.network.layers)
