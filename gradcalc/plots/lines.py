"""Lines over one key: a panel for each quantity, a line for each network, magnitudes on an axis of powers of ten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gradcalc.plots.canvas import COLORS, HEIGHT, MARKERS, entitle, legend, picture, powers
from gradcalc.record import Record
from gradcalc.text.typography import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LOGARITHMIC = 1.0
"""Powers of ten that magnitudes have to span for an axis of powers of ten; below it the plain values are drawn."""

MANY = 60
"""Points from which on they have no markers."""


class Line(Record):
    """`heights` are log10s in a panel that is logarithmic; None is a gap. What a theory expects of another line, by the
    number of that, is drawn dashed in its colour."""

    label: str
    xs: Sequence[Any]
    heights: Sequence[float | None]
    expects: int | None = None
    bands: Sequence[tuple[Sequence[float | None], Sequence[float | None]]] = ()  # lows and highs, shaded behind it


class Panel(Record):
    """One quantity."""

    heading: str
    lines: Sequence[Line]
    logarithmic: bool


def draw_lines(path: str, title: str, x: str, panels: Sequence[Panel]) -> None:
    """The picture, written to the file. Raises UsageError for an ending that is no picture's."""
    with picture(path, HEIGHT + 2.4 * (len(panels) - 1)) as page:
        entitle(page, title)
        rows: Any = page.subplots(len(panels), 1, sharex=True, squeeze=False)
        for axes, panel in zip(rows[:, 0], panels):
            draw_panel(axes, panel)
        rows[-1, 0].set_xlabel(printable(x))


def draw_panel(axes: Axes, panel: Panel) -> None:
    """One quantity's lines, with its axes."""
    names = categories(panel)
    for number, line in enumerate(panel.lines):
        xs = [names.index(value) for value in line.xs] if names else line.xs
        heights = gaps(line.heights)
        style = look(number, line) | ({"linestyle": ""} if names else {})
        axes.plot(xs, heights, label=printable(line.label), **style)
        for lows, highs in line.bands:
            axes.fill_between(xs, gaps(lows), gaps(highs), color=style["color"], alpha=0.18, linewidth=0)
    known = [height for line in panel.lines for height in reach(line) if height is not None]
    if panel.logarithmic and known:
        powers(axes.yaxis, known)
    axes.set_ylabel(printable(panel.heading))
    if names:
        axes.set_xticks(range(len(names)), [printable(str(name)) for name in names])
        axes.margins(x=0.15)
    elif is_geometric(panel.lines[0].xs):
        axes.set_xscale("log")
    elif all(isinstance(x, int) for line in panel.lines for x in line.xs):
        from matplotlib.ticker import MaxNLocator

        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))
    legend(axes, len(panel.lines))


def gaps(heights: Sequence[float | None]) -> list[float]:
    """The heights, NaN where there is none."""
    return [float("nan") if height is None else height for height in heights]


def reach(line: Line) -> list[float | None]:
    """Every height of a line and of its bands."""
    return [*line.heights, *(height for band in line.bands for side in band for height in side)]


def look(number: int, line: Line) -> dict[str, Any]:
    """Colour, marker and stroke of a line."""
    if line.expects is not None:
        return {"color": COLORS[line.expects % len(COLORS)], "linestyle": "--", "linewidth": 1.3}
    marker = MARKERS[number % len(MARKERS)] if len(line.xs) <= MANY else ""
    return {"color": COLORS[number % len(COLORS)], "marker": marker}


def categories(panel: Panel) -> list[Any]:
    """The values in their order, where they are not all numbers."""
    values = [value for line in panel.lines for value in line.xs]
    if all(isinstance(value, (int, float)) for value in values):
        return []
    return list(dict.fromkeys(str(value) if isinstance(value, (list, dict)) else value for value in values))


def is_geometric(xs: Sequence[Any]) -> bool:
    """Whether each value is the same multiple of the one before."""
    if len(xs) < 4 or any(x <= 0 for x in xs):
        return False
    factors = [after / before for before, after in zip(xs, xs[1:])]
    return bool(max(factors) - min(factors) < 1e-6 * max(factors) and max(factors) != 1)
