"""Lines over one key, a panel for each quantity, and rows of dots, one for each gradient, on axes of powers of ten."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from math import log10
from typing import TYPE_CHECKING, Any

from gradcalc.records import Record
from gradcalc.report.json_numbers import written
from gradcalc.report.plots import canvas
from gradcalc.report.scales import is_numeric, value_text
from gradcalc.report.text import printable, width

if TYPE_CHECKING:
    from matplotlib.axes import Axes


MANY, MARKED = 60, 20  # points from which on not all have a marker, and about how many then do
LONGEST, LINES = 24, 4  # characters of a name beneath an axis, and the lines of page that slanted names take
FEW_VALUES = 8  # values along a logarithmic axis up to which each has a tick
MOST_NAMES = 40  # names beneath an axis; of more of them some are left out
BROAD = 6.5  # points that the line of a theory is wide, more than a marker
STROKES = {"--": (0, (2, 1)), "-.": (0, (2, 0.7, 0.6, 0.7))}  # dashes and gaps, in parts of that
TALL = 2.4  # inches of a panel beneath the first
ROW, LONGEST_LABEL = 0.34, 28  # inches of a row of dots; characters of its label in a line


class Curve(Record):
    """`heights` are log10s in a panel that is logarithmic; None is a gap. What a theory expects of another line, by the
    number of that, is drawn in its colour with the `stroke`; `number` is a line's own, if not its place."""

    label: str
    xs: Sequence[Any]
    heights: Sequence[float | None]
    expects: int | None = None
    bands: Sequence[tuple[Sequence[float | None], Sequence[float | None]]] = ()  # lows and highs, shaded behind it
    number: int | None = None
    stroke: str = "--"


class Panel(Record):
    """One quantity; `x` is what is beneath its own axis, where it shares none with the other panels."""

    heading: str
    lines: Sequence[Curve]
    logarithmic: bool
    x: str = ""


def draw_lines(path: str, title: str, x: str, panels: Sequence[Panel]) -> None:
    """The picture, written to the file. Raises UsageError for an ending that is no picture's."""
    alone = any(panel.x for panel in panels)
    with canvas.picture(path, canvas.HEIGHT + TALL * (len(panels) - 1)) as page:
        canvas.grow(page, canvas.entitle(page, title))
        rows: Any = page.subplots(len(panels), 1, sharex=not alone, squeeze=False)
        for axes, panel in zip(rows[:, 0], panels):
            draw_panel(axes, panel)
            axes.set_ylabel(canvas.broken(panel.heading, canvas.LABEL // 2 if len(panels) == 1 else canvas.LABEL // 3))
            if alone or axes is rows[-1, 0]:
                axes.set_xlabel(canvas.broken(panel.x or x, canvas.LABEL))
        canvas.legend(page, rows[:, 0])


def draw_panel(axes: Axes, panel: Panel) -> None:
    """One quantity's lines, with its axes."""
    values = [value for line in panel.lines for value in line.xs]
    names = [] if all(map(is_numeric, values)) else list(dict.fromkeys(map(written, values)))
    for number, line in enumerate(panel.lines):
        xs: Sequence[Any] = [names.index(written(value)) for value in line.xs] if names else line.xs
        order = sorted(range(len(xs)), key=xs.__getitem__)
        xs, heights = [xs[place] for place in order], canvas.gaps(line.heights[place] for place in order)
        style = look(number if line.number is None else line.number, line)
        if names and line.expects is None:
            style["linestyle"] = ""
        axes.plot(xs, heights, label=printable(line.label), **style)
        for lows, highs in line.bands:
            low, high = (canvas.gaps(side[place] for place in order) for side in (lows, highs))
            axes.fill_between(xs, low, high, color=style["color"], alpha=0.18, linewidth=0)
    sides = [side for line in panel.lines for side in (line.heights, *chain(*line.bands))]
    known = [height for height in chain(*sides) if height is not None]
    if panel.logarithmic and known:
        canvas.powers(axes.yaxis, known)
    elif known and all(height == int(height) for height in known):
        canvas.whole_numbers(axes.yaxis)
    if names:
        name_ticks(axes, names)
    elif is_geometric(panel.lines[0].xs):
        name_powers(axes, panel.lines[0].xs)
    elif all(isinstance(value, int) for value in values):
        canvas.whole_numbers(axes.xaxis)


def name_powers(axes: Axes, xs: Sequence[Any]) -> None:
    """A logarithmic axis with ticks at its few values, or at powers of ten: 10³."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    few = len(xs) <= FEW_VALUES
    if few:
        axes.xaxis.set_major_locator(FixedLocator(list(xs)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: value_text(x) if few else canvas.power(log10(x))))


def name_ticks(axes: Axes, names: Sequence[str]) -> None:
    """Names beneath the axis, slanted where they would not stand beside each other."""
    step = -(-len(names) // MOST_NAMES)
    shown = [canvas.broken(name, LONGEST) for name in names[::step]]
    axes.set_xticks(range(0, len(names), step), shown)
    axes.margins(x=0.15 if len(names) < 8 else 0.03)
    if max(width(line) for name in shown for line in name.split("\n")) + 1 > canvas.LABEL / len(shown):
        axes.tick_params("x", rotation=40 if len(shown) < MOST_NAMES / 2 else 90)
        for label in axes.get_xticklabels():
            label.set_horizontalalignment("right" if len(shown) < MOST_NAMES / 2 else "center")
        page: Any = axes.figure
        canvas.grow(page, LINES)


def look(number: int, line: Curve) -> dict[str, Any]:
    """Colour, marker and stroke of a line; every point has its marker where the line has gaps or few points. What a
    theory expects is broad and pale beneath the other lines, so that it is seen where they coincide."""
    if line.expects is not None:
        stroke = {"linestyle": STROKES[line.stroke], "linewidth": BROAD, "dash_capstyle": "butt"}
        return {"color": canvas.color(line.expects), "alpha": 0.4, "zorder": 1.5} | stroke
    every = -(-len(line.xs) // MARKED) if len(line.xs) > MANY and None not in line.heights else 1
    return {"color": canvas.color(number), "marker": canvas.marker(number), "markevery": every}


def is_geometric(xs: Sequence[Any]) -> bool:
    """Whether each value is the same multiple of the one before."""
    if len(xs) < 4 or any(x <= 0 for x in xs):
        return False
    factors = [after / before for before, after in zip(xs, xs[1:])]
    return bool(max(factors) - min(factors) < 1e-6 * max(factors) and max(factors) != 1)


class Dots(Record):
    """log10s of one network, row by row; None where it has none."""

    label: str
    sizes: Sequence[float | None]


def draw_dots(path: str, title: str, x: str, rows: Sequence[str], networks: Sequence[Dots]) -> None:
    """The picture, written to the file. Raises UsageError for an ending that is no picture's."""
    labels = [canvas.broken(row, LONGEST_LABEL) for row in rows]
    tall = max(ROW, canvas.LINE * (1 + max((label.count("\n") for label in labels), default=0)))
    with canvas.picture(path, 1.6 + tall * max(len(rows), 4)) as page:
        canvas.grow(page, canvas.entitle(page, title))
        axes = page.subplots()
        axes.grid(False, axis="x")
        for row in range(len(rows)):
            found = [size for network in networks if (size := network.sizes[row]) is not None]
            if len(found) > 1:
                axes.plot([min(found), max(found)], [row, row], color="#BBBBBB", linewidth=1.2, zorder=1)
        for number, network in enumerate(networks):
            rows_of_dots = [[] if size is None else [size] for size in network.sizes]
            face = "none" if number else canvas.color(number)  # what lies beneath is seen
            look = {"markersize": 8, "markeredgewidth": 1.6, "markerfacecolor": face}
            canvas.dots(axes, rows_of_dots, number, network.label, **look)
        axes.set_yticks(range(len(rows)), labels)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlabel(canvas.broken(x, canvas.LABEL))
        canvas.powers(axes.xaxis, [size for network in networks for size in network.sizes if size is not None] or [0.0])
        axes.margins(x=0.06)
        canvas.legend(page, [axes])
