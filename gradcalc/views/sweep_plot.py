"""The plot of a sweep: lines over one key, a panel for each quantity; a heat map over two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.analysis.quantities import THEORIES, SweepColumn
from gradcalc.analysis.sweep import Sweep, SweepRow
from gradcalc.report.plots.heatmap import HeatMap, MapAxes, draw_heat_map
from gradcalc.report.plots.lines import Curve, Panel, draw_lines
from gradcalc.report.scales import boundless
from gradcalc.views.sweep_sentences import of
from gradcalc.views.sweep_summary import QUANTILES, groups, spread
from gradcalc.views.sweep_tables import (
    AGAINST,
    Heights,
    drawn_column,
    has_plain,
    heading_of,
    magnitude_of,
    maps_of,
    spans,
    title,
    uneven,
)

CUTS = len(QUANTILES)


def draw(sweep: Sweep, path: str, every: bool, summary: bool = False) -> None:
    """Draws it into a file: `every` column, or the first gradient alone; with `summary` its median over the last key
    and bands from quantile to quantile. Raises UsageError for a wrong ending."""
    rows = list(sweep.rows)
    with boundless():
        draw_rows(sweep, rows, path, every, summary)


def draw_rows(sweep: Sweep, rows: Sequence[SweepRow], path: str, every: bool, summary: bool) -> None:
    """What fits the number of keys."""
    first = drawn_column(sweep) or sweep.columns[0]
    if len(sweep.axes) == 2 and summary:
        draw_spread(sweep, path, first)
        return
    if len(sweep.axes) == 2:
        draw_map(sweep, path, first, rows)
        return
    key = next(iter(sweep.axes))
    measured = [one for one in sweep.columns if one.quantity not in THEORIES or of(sweep, one) is None]
    shown = measured if every else [first, *(column for column in measured if column.quantity == "blocks")]
    panels = [panel(sweep, column, rows) for column in shown]
    draw_lines(path, title(sweep), key, panels)


def panel(sweep: Sweep, column: SweepColumn, rows: Sequence[SweepRow]) -> Panel:
    """One quantity, of the network and of that without skips; with a theory of its magnitude, its magnitude."""
    networks = sides(sweep, column, rows)
    theories = [
        each for each in sweep.columns if each.of == column.of and column.quantity in THEORIES.get(each.quantity, ())
    ]
    expected = [sides(sweep, each, rows) for each in theories]
    every = [value for side in (networks, *expected) for _, values in side for value in values]
    scale = Heights(spans(column, every), bool(expected))
    xs = [row.values[0] for row in rows]
    lines = [Curve(label, xs, [scale(column, value) for value in values]) for label, values in networks]
    for each, found in zip(theories, expected):
        name, stroke = THEORY[each.quantity]
        lines += [
            Curve(f"{name}, {label}", xs, [scale(each, value) for value in values], number, stroke=stroke)
            for number, (label, values) in enumerate(found)
        ]
    return Panel(named(column, rows, scale.magnitudes), lines, scale.logarithmic)


THEORY = {"bound": ("bound", "--"), "mean_field": ("mean field", "-."), "binomial": ("binomial law", "-.")}


def sides(sweep: Sweep, column: SweepColumn, rows: Sequence[SweepRow]) -> list[tuple[str, list[Any]]]:
    """The values of a column in the network and without skips, each under its name."""
    own = (sweep.name, [row.found.get(column.name) for row in rows])
    if not has_plain(column, sweep.against):
        return [own]
    return [own, (AGAINST, [(row.against or {}).get(column.name) for row in rows])]


def named(column: SweepColumn, rows: Sequence[SweepRow], magnitudes: bool) -> str:
    """|∂L/∂w1| where that is drawn."""
    return magnitude_of(column, rows) if magnitudes else heading_of(column, rows)


def draw_spread(sweep: Sweep, path: str, column: SweepColumn) -> None:
    """The median over the last key along the first, and bands between quantiles that mirror each other: of magnitudes,
    where their logarithms are drawn."""
    rows = list(sweep.rows)
    first, last = sweep.axes
    read = [value for _, values in sides(sweep, column, rows) for value in values]
    scale = Heights(spans(column, read))
    lines = []
    for number, (label, _) in enumerate(sides(sweep, column, rows)):
        found = [spread(values, column, group, bool(number), scale.magnitudes) for values, group in groups(rows)]
        cuts = [[one and scale(column, one.quantiles[place]) for one in found] for place in range(CUTS)]
        bands = [(cuts[place], cuts[-1 - place]) for place in range(CUTS // 2)]
        lines.append(Curve(label, [values[0] for values, _ in groups(rows)], cuts[CUTS // 2], None, bands))
    panel = Panel(named(column, rows, scale.magnitudes), lines, scale.logarithmic)
    draw_lines(path, f"{title(sweep)}: median and quantiles over {last}", first, [panel])


def draw_map(sweep: Sweep, path: str, column: SweepColumn, rows: Sequence[SweepRow]) -> None:
    """The heat map of one column over two keys, of magnitudes as the one in text."""
    (row_key, outer), (column_key, inner) = sweep.axes.items()
    found = maps_of(sweep, column, rows)
    scale = Heights(spans(column, [value for values in found.values() for value in values]), magnitudes=True)
    maps = []
    for label, values in found.items():
        heights = [scale(column, value) for value in values]
        lines = [heights[at : at + len(inner)] for at in range(0, len(heights), len(inner))]
        maps.append(HeatMap(label or sweep.name, lines))
    apart = uneven(sweep)
    names = [f"{key} (not evenly spaced)" if key in apart else key for key in (row_key, column_key)]
    grid = MapAxes(names[0], outer, names[1], inner)
    draw_heat_map(path, title(sweep), magnitude_of(column, rows), grid, maps, scale.logarithmic)
