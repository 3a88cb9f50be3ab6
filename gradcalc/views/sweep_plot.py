"""The plot of a sweep: lines over one key, a panel for each quantity; a heat map over two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.analysis.quantities import RESIDUAL, THEORIES, Column, size
from gradcalc.analysis.sweep_rows import Row, Sweep
from gradcalc.report.plots.heatmap import HeatMap, MapAxes, draw_heat_map
from gradcalc.report.plots.lines import LOGARITHMIC, Curve, Panel, draw_lines
from gradcalc.report.scales import boundless
from gradcalc.views.sweep_sentences import of
from gradcalc.views.sweep_tables import (
    PLAIN,
    QUANTILES,
    drawn_column,
    finite,
    groups,
    heading_of,
    height,
    is_logarithmic,
    magnitude_of,
    spread,
)

CUTS = len(QUANTILES)
DOUBLES = 300
"""Powers of ten, up or down, beyond which no plain axis goes."""


def draw(sweep: Sweep, path: str, every: bool, summary: bool = False) -> None:
    """Draws it into a file: `every` column, or the first gradient alone; with `summary` its median over the last key
    and bands from quantile to quantile. Raises UsageError for a wrong ending."""
    rows = list(sweep.rows)
    with boundless():
        draw_rows(sweep, rows, path, every, summary)


def draw_rows(sweep: Sweep, rows: Sequence[Row], path: str, every: bool, summary: bool) -> None:
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


def title(sweep: Sweep) -> str:
    """`deep over depth`"""
    return f"{sweep.name} over {' and '.join(sweep.axes)}"


def panel(sweep: Sweep, column: Column, rows: Sequence[Row]) -> Panel:
    """One quantity, of the network and of the plain one; beside a theory of its magnitude, its magnitude."""
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
            Curve(f"{name} {label}", xs, [scale(each, value) for value in values], number, stroke=stroke)
            for number, (label, values) in enumerate(found)
        ]
    return Panel(named(column, rows, scale.magnitudes), lines, scale.logarithmic)


THEORY = {"bound": ("bound", "--"), "mean_field": ("mean field", "-."), "binomial": ("binomial law", "-.")}


def sides(sweep: Sweep, column: Column, rows: Sequence[Row]) -> list[tuple[str, list[Any]]]:
    """The values of a column in the network and in the plain one, each under its name."""
    own = (sweep.name, [row.found.get(column.name) for row in rows])
    if not sweep.against or column.quantity in RESIDUAL:
        return [own]
    return [own, (PLAIN, [(row.against or {}).get(column.name) for row in rows])]


def spans(column: Column, values: Sequence[Any]) -> bool:
    """Whether the values reach over so many powers of ten that their logarithms are drawn."""
    if not is_logarithmic(column):
        return False
    known = [tall for value in values if (tall := height(column, value)) is not None]
    return bool(known) and (max(known) - min(known) >= LOGARITHMIC or max(map(abs, known)) > DOUBLES)


class Heights:
    """How high values are drawn: by their logarithms, by their magnitudes, or as they are."""

    def __init__(self, logarithmic: bool, magnitudes: bool = False) -> None:
        self.logarithmic = logarithmic
        self.magnitudes = logarithmic or magnitudes

    def __call__(self, column: Column, value: Any) -> float | None:
        if value is None or self.logarithmic:
            return height(column, value)
        number = finite(size(value))
        return abs(number) if number is not None and self.magnitudes else number


def named(column: Column, rows: Sequence[Row], magnitudes: bool) -> str:
    """|∂L/∂w1| where that is drawn."""
    return magnitude_of(column, rows) if magnitudes else heading_of(column, rows)


def draw_spread(sweep: Sweep, path: str, column: Column) -> None:
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
    draw_lines(path, f"{sweep.name} over {first}, median and quantiles over {last}", first, [panel])


def draw_map(sweep: Sweep, path: str, column: Column, rows: Sequence[Row]) -> None:
    """The heat map of one column over two keys."""
    (row_key, outer), (column_key, inner) = sweep.axes.items()
    networks = sides(sweep, column, rows)
    scale = Heights(spans(column, [value for _, values in networks for value in values]))
    maps = []
    for label, values in networks:
        heights = [scale(column, value) for value in values]
        maps.append(HeatMap(label, [heights[at : at + len(inner)] for at in range(0, len(heights), len(inner))]))
    grid = MapAxes(row_key, outer, column_key, inner)
    draw_heat_map(path, title(sweep), named(column, rows, scale.magnitudes), grid, maps, scale.logarithmic)
