"""The plot of a sweep: lines over one key, a panel for each quantity; a heat map over two."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.analysis.quantities import THEORIES, SweepColumn
from gradcalc.analysis.sweep import Sweep
from gradcalc.analysis.sweep_rows import SweepRow
from gradcalc.language.document import NO_SKIPS
from gradcalc.report.plots.heatmap import HeatMap, MapAxes, draw_heat_map
from gradcalc.report.plots.lines import Curve, Panel, draw_lines
from gradcalc.report.report import boundless
from gradcalc.views.sweep_sentences import of
from gradcalc.views.sweep_summary import QUANTILES, groups, spread
from gradcalc.views.sweep_tables import Heights, drawn_column, heading_of, magnitude_of, sides, title, uneven

CUTS = len(QUANTILES)
THEORY = {"bound": ("bound", "--"), "mean_field": ("mean field", "-."), "binomial": ("binomial law", "-.")}


def draw(sweep: Sweep, path: str, every: bool, summary: bool = False) -> None:
    """Draws it into a file: `every` column, or the first gradient alone; with `summary` its median over the last key
    and bands from quantile to quantile. Raises UsageError for a wrong ending."""
    rows = sweep.rows.table()
    first = drawn_column(sweep) or sweep.columns[0]
    with boundless():
        if len(sweep.axes) == 2:
            (draw_spread if summary else draw_map)(sweep, path, first, rows)
            return
        measured = [one for one in sweep.columns if one.quantity not in THEORIES or of(sweep, one) is None]
        shown = measured if every else [first, *(column for column in measured if column.quantity == "blocks")]
        draw_lines(path, title(sweep), next(iter(sweep.axes)), [panel(sweep, column, rows) for column in shown])


def panel(sweep: Sweep, column: SweepColumn, rows: Sequence[SweepRow]) -> Panel:
    """One quantity, of the network and of that without skips; with a theory of its magnitude, its magnitude."""
    networks = sides(sweep, column, rows)
    theories = [
        (each, sides(sweep, each, rows))
        for each in sweep.columns
        if each.of == column.of and column.quantity in THEORIES.get(each.quantity, ())
    ]
    every = [*networks, *(values for _, expected in theories for values in expected)]
    scale = Heights(column, every, magnitudes=bool(theories))
    xs, labels = [row.values[0] for row in rows], (sweep.name, NO_SKIPS)
    lines = [Curve(label, xs, [scale(value) for value in side]) for label, side in zip(labels, networks)]
    for each, expected in theories:
        name, stroke = THEORY[each.quantity]
        lines += [
            Curve(f"{name}, {label}", xs, [scale(value) for value in side], number, stroke=stroke)
            for number, (label, side) in enumerate(zip(labels, expected))
        ]
    return Panel(named(column, rows, scale), lines, scale.logarithmic)


def named(column: SweepColumn, rows: Sequence[SweepRow], scale: Heights) -> str:
    """|∂L/∂w1| where that is drawn."""
    return magnitude_of(column, rows) if scale.magnitudes else heading_of(column, rows)


def draw_spread(sweep: Sweep, path: str, column: SweepColumn, rows: Sequence[SweepRow]) -> None:
    """The median over the last key along the first, and bands between quantiles that mirror each other."""
    first, last = sweep.axes
    scale = Heights(column, sides(sweep, column, rows))
    xs = [values[0] for values, _ in groups(rows)]
    lines = []
    for label, *parts in zip((sweep.name, NO_SKIPS), *(sides(sweep, column, group) for _, group in groups(rows))):
        found = [spread(part, scale.magnitudes) for part in parts]
        cuts = [[one and scale(one.quantiles[place]) for one in found] for place in range(CUTS)]
        bands = [(cuts[place], cuts[-1 - place]) for place in range(CUTS // 2)]
        lines.append(Curve(label, xs, cuts[CUTS // 2], None, bands))
    panel = Panel(named(column, rows, scale), lines, scale.logarithmic)
    draw_lines(path, f"{title(sweep)}: median and quantiles over {last}", first, [panel])


def draw_map(sweep: Sweep, path: str, column: SweepColumn, rows: Sequence[SweepRow]) -> None:
    """The heat map of one column over two keys, of magnitudes as the one in text."""
    (row_key, outer), (column_key, inner) = sweep.axes.items()
    found = sides(sweep, column, rows)
    scale = Heights(column, found, magnitudes=True)
    maps = []
    for label, values in zip((sweep.name, NO_SKIPS), found):
        heights = scale.of(values)
        maps.append(HeatMap(label, [heights[at : at + len(inner)] for at in range(0, len(heights), len(inner))]))
    not_even = uneven(sweep)
    names = [f"{key} (not evenly spaced)" if key in not_even else key for key in (row_key, column_key)]
    grid = MapAxes(names[0], outer, names[1], inner)
    draw_heat_map(path, title(sweep), magnitude_of(column, rows), grid, maps, scale.logarithmic)
