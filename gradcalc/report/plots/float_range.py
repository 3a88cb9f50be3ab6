"""The range of a number format, normal and with fewer digits; over it dots on a log₂ axis, a line for each layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gradcalc.expressions.numerals import superscript
from gradcalc.records import Record
from gradcalc.report.plots import canvas
from gradcalc.report.text import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW, FEWEST, MOST, AROUND = 0.16, 6, 42, 1.9  # inches of a line and of what is around all; lines that are room for
MOST_NAMES, LONGEST = 24, 12  # lines that are named, and characters of a name
NORMAL, FEWER_DIGITS, EDGE = "#CFE3F1", "#EDF4F9", "#555555"


class Range(Record):
    """log₂ of the least number, of the least with all digits, and of the largest."""

    name: str
    subnormal: float
    normal: float
    largest: float


class RangePanel(Record):
    """One network: log₂s by what they are of, then by line; the range, and where the best loss scale moves it."""

    heading: str
    dots: Mapping[str, Sequence[Sequence[float]]]
    held: Range
    shift: float
    shifted: str  # what that is called; "" where it stays


def draw_ranges(path: str, title: str, x: str, rows: Sequence[str], panels: Sequence[RangePanel]) -> None:
    """The picture, written to the file. Raises UsageError for an ending that is no picture's."""
    tall = AROUND + ROW * min(max(len(rows), FEWEST), MOST)
    with canvas.picture(path, tall) as page:
        canvas.grow(page, canvas.entitle(page, title))
        columns: Any = page.subplots(1, len(panels), sharey=True, squeeze=False)
        everything = [size for panel in panels for line in panel.dots.values() for row in line for size in row]
        ends = [end for panel in panels for end in (panel.held.subnormal, panel.held.largest)]
        limits = min([*everything, *ends]) - 1, max([*everything, *ends]) + 1
        for axes, panel in zip(columns[0], panels):
            draw_range(axes, panel)
            axes.set_xlim(*limits)
            axes.set_xlabel(canvas.broken(x, canvas.LABEL // len(panels)))
            if len(panels) > 1:
                axes.set_title(canvas.broken(panel.heading, canvas.LABEL // len(panels)), fontsize=11)
            powers_of_two(axes.xaxis, len(panels))
        step = -(-len(rows) // MOST_NAMES)
        names = [canvas.broken(name, LONGEST) for name in rows[::step]]
        columns[0][0].set_yticks(range(0, len(rows), step), names, fontsize=8)
        columns[0][0].set_ylim(len(rows) - 0.4, -0.6)
        canvas.legend(page, columns[0])


def draw_range(axes: Axes, panel: RangePanel) -> None:
    """One network's dots over the range."""
    held = panel.held
    axes.grid(False, axis="y")
    axes.axvspan(held.subnormal, held.normal, color=FEWER_DIGITS, zorder=0, label=f"{held.name}: fewer digits")
    axes.axvspan(held.normal, held.largest, color=NORMAL, zorder=0, label=f"{held.name}: normal")
    for number, (label, lines) in enumerate(panel.dots.items()):
        canvas.dots(axes, lines, number, label, markersize=4.5, zorder=3)
    if panel.shifted:
        label = printable(panel.shifted)
        for place, end in enumerate((held.normal, held.largest)):
            dashes: Any = (0, (4, 2))
            axes.axvline(
                end - panel.shift, color=EDGE, linestyle=dashes, linewidth=1.1, label=label if not place else ""
            )


def powers_of_two(axis: Any, panels: int) -> None:
    """Ticks called 2⁻¹⁴."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(8 // panels, integer=True, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda place, _: f"2{superscript(round(place))}"))
