"""A row for each gradient, a dot for each network, on one axis of powers of ten."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.plots.canvas import COLORS, MARKERS, entitle, legend, picture, powers
from gradcalc.record import Record
from gradcalc.text.typography import printable

ROW = 0.34


class Dots(Record):
    """log10s of one network, row by row; None where it has none."""

    label: str
    sizes: Sequence[float | None]


def draw_dots(path: str, title: str, x: str, rows: Sequence[str], networks: Sequence[Dots]) -> None:
    """The picture, written to the file. Raises UsageError for an ending that is no picture's."""
    with picture(path, 1.6 + ROW * max(len(rows), 4)) as page:
        entitle(page, title)
        axes = page.subplots()
        axes.grid(False, axis="x")
        for row in range(len(rows)):
            found = [size for network in networks if (size := network.sizes[row]) is not None]
            if len(found) > 1:
                axes.plot([min(found), max(found)], [row, row], color="#BBBBBB", linewidth=1.2, zorder=1)
        for number, network in enumerate(networks):
            known = [(size, row) for row, size in enumerate(network.sizes) if size is not None]
            axes.plot(
                [size for size, _ in known],
                [row for _, row in known],
                linestyle="",
                marker=MARKERS[number % len(MARKERS)],
                markersize=max(10 - 1.5 * number, 5),
                markeredgecolor="white",
                color=COLORS[number % len(COLORS)],
                label=printable(network.label),
            )
        axes.set_yticks(range(len(rows)), [printable(row) for row in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlabel(printable(x))
        powers(axes.xaxis, [size for network in networks for size in network.sizes if size is not None] or [0.0])
        axes.margins(x=0.06)
        legend(axes, len(networks))
