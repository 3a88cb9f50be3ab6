"""The tables of `gradcalc compare`: gradients in every network, and gradients by layer as lines to one scale.

Bars are log10 of the magnitude, all from one power of ten to another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gradcalc.analysis.comparison import Comparison, Side, ratio
from gradcalc.analysis.saturation import Profile, profile
from gradcalc.network.network import Network
from gradcalc.report.report import Bar, Column, Percent, Spark, Table
from gradcalc.report.scales import Scale, figure, log10, rounded, scale
from gradcalc.report.tables import FOLD_ABOVE
from gradcalc.report.text import gradient

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


# How the gradient fares layer by layer on its way back, as one line for each network, all to one scale.


DEEP = 8
"""Layers from which on a network has a profile worth a line."""

COLUMNS = 40
ORDINALS = {2: "nd", 3: "rd"}
KEPT = 1.05
"""A change per layer so small that the gradient is kept."""


def profile_table(comparison: Comparison) -> Iterator[Table]:
    """A row for each network, where any is deep."""
    if max(len(side.network.layers) for side in comparison.sides) < DEEP:
        return
    found = [profile(side.at) for side in comparison.sides]
    ends = scale(size for one in found for size in one.log10)
    step = -(-max(len(one.nodes) for one in found) // COLUMNS)
    rows = [
        [side.short, Spark(thinned(one.log10, step), ends.low, ends.high), change(one)]
        for side, one in zip(comparison.sides, found)
    ]
    heading = f"output → input, {ends}"
    yield Table([Column("network"), Column(heading), Column("per layer")], rows, title=heading_of(step))


def heading_of(step: int) -> str:
    """What the lines are of."""
    return "∂L/∂z of every layer" if step == 1 else f"∂L/∂z of every {step}{ORDINALS.get(step, 'th')} layer"


def decades(of: Profile) -> float | None:
    """Powers of ten that the gradient grows by from the output to the first layer: along its straight line or from end
    to end, whichever is less; 0 where the two differ in sign, for then it goes up and down."""
    ends = ends_apart(of)
    if of.slope is None or ends is None:
        return None
    line = of.slope * (len(of.nodes) - 1)
    return 0.0 if line * ends < 0 else min(line, ends, key=abs)


def ends_apart(of: Profile) -> float | None:
    """Powers of ten from the output's gradient to the first layer's."""
    last, first = of.log10[0], of.log10[-1]
    return None if last is None or first is None else first - last


def lost_at(of: Profile) -> str | None:
    """The layer from which on the gradient is exactly 0 on its way back."""
    known = [place for place, size in enumerate(of.log10) if size is not None]
    first = known[-1] + 1 if known else 0
    return of.nodes[first] if first < len(of.nodes) else None


def thinned(sizes: Sequence[float | None], step: int) -> list[float | None]:
    """Every so many."""
    return list(sizes[::step])


def change(of: Profile) -> str | None:
    """`2.2 times smaller`, `1.3 times larger`, `kept`; `0 from h3 on` where nothing comes farther."""
    lost = lost_at(of)
    if lost is not None:
        return f"0 from {lost} on"
    if of.factor is None:
        return None
    if 1 / KEPT < of.factor < KEPT:
        return "kept"
    smaller = of.factor > 1
    return f"{figure(of.factor if smaller else 1 / of.factor, 2)} times {'smaller' if smaller else 'larger'}"


# The skips of a network by the label that paths call them.


def skip_edges(network: Network) -> dict[str, tuple[str, str]]:
    """Source and target of every skip."""
    return {
        edge.label: (network.nodes[edge.source].name, layer.name)
        for layer in network.layers
        for edge in (*layer.into_preactivation, *layer.into_output)
    }
