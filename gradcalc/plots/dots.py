"""A row for each gradient, a dot for each network, on one axis of powers of ten."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.plots.canvas import LABEL, LINE, broken, color, entitle, grow, legend, marker, picture, powers
from gradcalc.record import Record
from gradcalc.text.typography import printable

ROW, LONGEST = 0.34, 28
"""Inches of a row; characters of its label in a line."""


class Dots(Record):
    """log10s of one network, row by row; None where it has none."""

    label: str
    sizes: Sequence[float | None]


def draw_dots(path: str, title: str, x: str, rows: Sequence[str], networks: Sequence[Dots]) -> None:
    """The picture, written to the file. Raises UsageError for an ending that is no picture's."""
    labels = [broken(row, LONGEST) for row in rows]
    tall = max(ROW, LINE * (1 + max((label.count("\n") for label in labels), default=0)))
    with picture(path, 1.6 + tall * max(len(rows), 4)) as page:
        grow(page, entitle(page, title))
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
                marker=marker(number),
                markersize=8,
                markeredgewidth=1.6,
                markerfacecolor=color(number) if not number else "none",  # what lies beneath is seen
                color=color(number),
                label=printable(network.label),
            )
        axes.set_yticks(range(len(rows)), labels)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlabel(broken(x, LABEL))
        powers(axes.xaxis, [size for network in networks for size in network.sizes if size is not None] or [0.0])
        axes.margins(x=0.06)
        legend(page, [axes])
