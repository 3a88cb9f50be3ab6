"""Every gradient in every network: two networks in columns of one row, more of them beneath each other.

Bars are log10 of the magnitude, all from one power of ten to another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.blocks import Bar, Column, Percent, Table
from gradcalc.questions.comparing import Comparison, Side, ratio
from gradcalc.text.phrases import gradient
from gradcalc.text.tabulation import FOLD_ABOVE
from gradcalc.views.scales import Scale, log10, rounded, scale

RATIO_DIGITS = 4
HUGE = 5
"""Powers of ten from which on ratios are given by their log10."""

Names = tuple[str | None, ...]
Row = list[Any]


def bar_scale(comparison: Comparison) -> Scale:
    """What all bars are drawn to."""
    return scale(size for side in comparison.sides for size in side.log10.values())


def gradient_table(comparison: Comparison) -> Table:
    """A row for each parameter; with more than two networks a row for each of them, ruled off by parameter."""
    bars = bar_scale(comparison)
    rows = comparison.rows
    return pairs(comparison.sides, rows, bars) if len(comparison.sides) == 2 else stacked(comparison.sides, rows, bars)


def pairs(sides: Sequence[Side], rows: Sequence[Names], bars: Scale) -> Table:
    """Two networks side by side, the first bar above the second."""
    ways, apart = way_columns(sides, rows), Apart(sides, rows)
    cells: list[Row] = []
    if len(rows) < FOLD_ABOVE:
        cells.append(["loss", sides[0].loss, sides[1].loss, None, *[None] * len(ways), None])
    for number, names in enumerate(rows):
        sizes = [size(side, name, has_matrix(sides, names)) for side, name in zip(sides, names)]
        fractions = [bars.fraction(side.log10.get(name or "")) for side, name in zip(sides, names)]
        times = ratio(norm(sides[0], names[0]), norm(sides[1], names[1]))
        told = [column[number] for _, column in ways]
        cells.append([label(sides, names), *sizes, apart(times), *told, Bar(*fractions)])
    headings = ["", sides[0].short, sides[1].short, apart.heading, *(heading for heading, _ in ways), ""]
    return Table([Column(heading) for heading in headings], cells)


def stacked(sides: Sequence[Side], rows: Sequence[Names], bars: Scale) -> Table:
    """A row for each network in which the parameter is."""
    cells: list[Row] = []
    groups, apart = [], Apart(sides, rows)
    for number, names in enumerate(rows):
        there = [(side, name) for side, name in zip(sides, names) if name is not None]
        for place, (side, name) in enumerate(there):
            times = ratio(norm(sides[0], names[0]), side.norms[name])
            shown = label(sides, names) if not place else None
            bar = Bar(bars.fraction(side.log10[name]))
            shown_size = size(side, name, has_matrix(sides, names))
            cells.append([shown, side.short, shown_size, apart(times), *way(side, name), bar])
            groups.append(number)
    headings = ["", "network", "gradient", apart.heading, "paths", "largest", ""]
    return Table([Column(heading) for heading in headings], cells, groups=groups)


class Apart:
    """How far two networks are apart: their ratio, or where any is huge its log10, under the heading `decades`."""

    def __init__(self, sides: Sequence[Side], rows: Sequence[Names]) -> None:
        sizes = [[side.log10.get(name or "") for side, name in zip(sides, names)] for names in rows]
        gaps = [abs(row[0] - size) for row in sizes for size in row if size is not None and row[0] is not None]
        self.heading = "decades" if max(gaps, default=0.0) >= HUGE else "ratio"

    def __call__(self, ratio: Any) -> Any:
        """A ratio as a cell."""
        if ratio is None or self.heading == "ratio":
            return rounded(ratio, RATIO_DIGITS)
        size = log10(ratio)
        return None if size is None else float(f"{size:.2f}")


def way(side: Side, name: str) -> Row:
    """The number of paths, and the share of the largest where there are several."""
    count = side.paths.count(name)
    return [count, Percent(side.paths.share(name)) if count > 1 else None]


def way_columns(sides: Sequence[Side], rows: Sequence[Names]) -> list[tuple[str, Row]]:
    """Counts and largest shares under their headings, of each side in which there are several paths; once if equal."""
    told = [
        [[None, None] if name is None else way(side, name) for name in names] for side, names in zip(sides, zip(*rows))
    ]
    several = [column for column in told if any(count and count > 1 for count, _ in column)]
    several = several or [[next((cell for cell in row if cell[0]), row[0]) for row in zip(*told)]]
    found: list[tuple[str, Row]] = []
    for part, heading in enumerate(("paths", "largest")):
        for column in several:
            cells = [cell[part] for cell in column]
            if (heading, cells) not in found and any(cell is not None for cell in cells):
                found.append((heading, cells))
    return found


def label(sides: Sequence[Side], names: Names) -> str:
    """∂L/∂w1; ‖∂L/∂w1‖ where it is a matrix; both names where depths differ."""
    known = list(dict.fromkeys(name for name in names if name is not None))
    text = gradient(" | ".join(known))
    return f"‖{text}‖" if has_matrix(sides, names) else text


def has_matrix(sides: Sequence[Side], names: Names) -> bool:
    """Whether any of these gradients is no number, so that norms are compared."""
    return any(name is not None and isinstance(side.gradients[name], list) for side, name in zip(sides, names))


def size(side: Side, name: str | None, as_norm: bool) -> Any:
    """The gradient, or its norm; None where there is none."""
    if name is None:
        return None
    return side.norms[name] if as_norm else side.gradients[name]


def norm(side: Side, name: str | None) -> Any:
    """The norm, None where there is none."""
    return None if name is None else side.norms[name]
