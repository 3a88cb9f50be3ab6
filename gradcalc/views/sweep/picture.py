"""The picture of a sweep: lines over one key, a panel for each quantity; a heat map over two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.plots.heatmap import Grid, Map, draw_heat_map
from gradcalc.plots.lines import LOGARITHMIC, Line, Panel, draw_lines
from gradcalc.questions.columns import THEORIES, Column, size
from gradcalc.questions.sweeping import Row, Sweep
from gradcalc.views.sweep.bars import drawn_column
from gradcalc.views.sweep.headings import PLAIN, heading_of, height, is_logarithmic
from gradcalc.views.sweep.summary import spreads

Heights = list[float | None]


def draw(sweep: Sweep, path: str, every: bool, summary: bool = False) -> None:
    """Draws it into a file: `every` column, or the first gradient alone; with `summary` its median over the last key
    and bands from quantile to quantile. Raises UsageError for a wrong ending."""
    rows = list(sweep.rows)
    first = drawn_column(sweep) or sweep.columns[0]
    if len(sweep.axes) == 2 and summary:
        draw_spread(sweep, path, first)
        return
    if len(sweep.axes) == 2:
        draw_map(sweep, path, first, rows)
        return
    key = next(iter(sweep.axes))
    shown = [column for column in sweep.columns if column.quantity not in THEORIES] if every else [first]
    panels = [panel(sweep, column, rows) for column in shown]
    draw_lines(path, title(sweep), key, panels)


def title(sweep: Sweep) -> str:
    """`deep over depth`"""
    return f"{sweep.name} over {' and '.join(sweep.axes)}"


def panel(sweep: Sweep, column: Column, rows: Sequence[Row]) -> Panel:
    """One quantity, of the network and of the plain one."""
    networks = sides(sweep, column, rows)
    logarithmic = spans(column, [value for _, values in networks for value in values])
    xs = [row.values[0] for row in rows]
    lines = [Line(label, xs, [drawn(column, value, logarithmic) for value in values]) for label, values in networks]
    lines += theory_lines(sweep, column, rows, logarithmic)
    return Panel(named(column, rows, logarithmic), lines, logarithmic)


def theory_lines(sweep: Sweep, column: Column, rows: Sequence[Row], logarithmic: bool) -> list[Line]:
    """What theory says of a column, dashed in the colour of its network."""
    xs = [row.values[0] for row in rows]
    return [
        Line(f"{THEORY[each.quantity]} {label}", xs, [drawn(each, value, logarithmic) for value in values], number)
        for each in sweep.columns
        if each.quantity in THEORIES and each.of == column.of
        for number, (label, values) in enumerate(sides(sweep, each, rows))
    ]


THEORY = {"bound": "bound", "mean_field": "mean field"}


def sides(sweep: Sweep, column: Column, rows: Sequence[Row]) -> list[tuple[str, list[Any]]]:
    """The values of a column in the network and in the plain one, each under its name."""
    own = (sweep.name, [row.found.get(column.name) for row in rows])
    if not sweep.against:
        return [own]
    return [own, (PLAIN, [(row.against or {}).get(column.name) for row in rows])]


def spans(column: Column, values: Sequence[Any]) -> bool:
    """Whether the values reach over so many powers of ten that their logarithms are drawn."""
    if not is_logarithmic(column):
        return False
    known = [tall for value in values if (tall := height(column, value)) is not None]
    return bool(known) and max(known) - min(known) >= LOGARITHMIC


def drawn(column: Column, value: Any, logarithmic: bool) -> float | None:
    """How high a value is drawn."""
    if value is None or logarithmic:
        return height(column, value)
    return float(size(value))


def named(column: Column, rows: Sequence[Row], logarithmic: bool) -> str:
    """A magnitude where its logarithm is drawn."""
    name = heading_of(column, rows)
    return f"|{name}|" if logarithmic and column.quantity == "gradient" and "‖" not in name else name


def draw_spread(sweep: Sweep, path: str, column: Column) -> None:
    """The median over the last key along the first, and bands between quantiles that mirror each other."""
    found = [each for each in spreads(sweep) if each.column == column]
    logarithmic = spans(column, [cut for each in found for cut in each.quantiles])
    lines = []
    for plain in (False, True) if sweep.against else (False,):
        mine = [each for each in found if each.plain == plain]
        cuts = list(zip(*([drawn(column, cut, logarithmic) for cut in each.quantiles] for each in mine)))
        middle = len(cuts) // 2
        bands = [(cuts[place], cuts[-1 - place]) for place in range(middle)]
        xs = [each.values[0] for each in mine]
        lines.append(Line(PLAIN if plain else sweep.name, xs, cuts[middle], None, bands))
    first, last = sweep.axes
    panel = Panel(named(column, list(sweep.rows), logarithmic), lines, logarithmic)
    draw_lines(path, f"{sweep.name} over {first}, median and quantiles over {last}", first, [panel])


def draw_map(sweep: Sweep, path: str, column: Column, rows: Sequence[Row]) -> None:
    """The heat map of one column over two keys."""
    (row_key, outer), (column_key, inner) = sweep.axes.items()
    networks = sides(sweep, column, rows)
    logarithmic = spans(column, [value for _, values in networks for value in values])
    maps = []
    for label, values in networks:
        heights: Heights = [drawn(column, value, logarithmic) for value in values]
        maps.append(Map(label, [heights[at : at + len(inner)] for at in range(0, len(heights), len(inner))]))
    grid = Grid(row_key, outer, column_key, inner)
    draw_heat_map(path, title(sweep), named(column, rows, logarithmic), grid, maps, logarithmic)
