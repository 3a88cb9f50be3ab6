"""Two keys as a heat map, a panel for each network; in cividis, which every kind of colour vision reads alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gradcalc.records import Record
from gradcalc.report.plots.canvas import HEIGHT, LABEL, broken, entitle, gaps, grow, picture, powers, whole_numbers
from gradcalc.report.scales import value_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_TICKS, MOST_ROWS = 10, 16  # labels along the map, and beside it
UPRIGHT, LONGEST = LABEL // 2, 20  # characters of a label that stands beside the map, and of a tick's


class HeatMap(Record):
    """`heights[row][column]`, log10s where the picture is logarithmic; None is a gap."""

    label: str
    heights: Sequence[Sequence[float | None]]


class MapAxes(Record):
    """The keys: `rows` downwards, as a table has them, `columns` to the right."""

    row_key: str
    rows: Sequence[Any]
    column_key: str
    columns: Sequence[Any]


def draw_heat_map(
    path: str, title: str, heading: str, grid: MapAxes, maps: Sequence[HeatMap], logarithmic: bool
) -> None:
    """The picture, written to the file. Raises UsageError for an ending that is no picture's."""
    known = [height for one in maps for row in one.heights for height in row if height is not None] or [0.0]
    low, high = min(known), max(known)
    scale = {"cmap": "cividis", "vmin": low, "vmax": high if high > low else low + 1}
    with picture(path, HEIGHT * (1 if len(maps) == 1 else 0.85)) as page:
        grow(page, entitle(page, title))
        panels: Any = page.subplots(1, len(maps), sharey=True, squeeze=False)
        for axes, one in zip(panels[0], maps):
            mesh = axes.pcolormesh([gaps(row) for row in one.heights], **scale)
            label_axes(axes, grid, MOST_TICKS // len(maps))
            if len(maps) > 1:
                axes.set_title(broken(one.label, LABEL // (len(maps) + 1)), fontsize=11)
        panels[0, 0].invert_yaxis()  # of all panels
        panels[0, 0].set_ylabel(broken(grid.row_key, UPRIGHT))
        bar = page.colorbar(mesh, ax=panels[0].tolist(), label=broken(heading, UPRIGHT))
        if logarithmic:
            powers(bar.ax.yaxis, known)
        elif all(height == int(height) for height in known):
            whole_numbers(bar.ax.yaxis)


def label_axes(axes: Axes, grid: MapAxes, most: int) -> None:
    """Ticks in the middle of cells, thinned where there are many."""
    axes.grid(False)
    for values, put, ticks in ((grid.columns, axes.set_xticks, most), (grid.rows, axes.set_yticks, MOST_ROWS)):
        step = -(-len(values) // ticks)
        labels = [broken(value_text(value), LONGEST) for value in values[::step]]
        put([place + 0.5 for place in range(0, len(values), step)], labels)
        if put == axes.set_xticks and max(map(len, labels)) * len(labels) * MOST_TICKS > LABEL * most:
            axes.tick_params("x", rotation=40)
    axes.set_xlabel(broken(grid.column_key, UPRIGHT))
