"""The gradient by path length in three panels, after Veit et al. (2016, figure 6): how many paths have a length, what
one of them carries, and the product of the two, what all of that length carry.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gradcalc.plots.canvas import COLORS, MARKERS, entitle, legend, picture, powers
from gradcalc.record import Record
from gradcalc.text.typography import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT = 6.6
Heights = Sequence[float | None]


class Spectrum(Record):
    """One gradient: log10 of counts and of sizes by length, and shares of the whole (fractions)."""

    label: str
    lengths: Sequence[int]
    counts: Heights
    sizes: Heights
    shares: Sequence[float]


def draw_spectra(path: str, title: str, spectra: Sequence[Spectrum]) -> None:
    """The picture, written to the file. Raises UsageError for an ending that is no picture's."""
    with picture(path, HEIGHT) as page:
        entitle(page, title)
        paths, sizes, whole = page.subplots(3, 1, sharex=True)
        _logarithmic(paths, "number of paths", spectra, [spectrum.counts for spectrum in spectra])
        _logarithmic(sizes, "|gradient| of one path", spectra, [spectrum.sizes for spectrum in spectra])
        for number, spectrum in enumerate(spectra):
            shares = [100 * share for share in spectrum.shares]
            whole.bar(spectrum.lengths, shares, label=printable(spectrum.label), **_filled(number, len(spectra)))
        whole.set_axisbelow(True)
        whole.set_ylabel("share, %")
        whole.set_xlabel("path length (layers entered)")
        legend(paths, len(spectra))


def _logarithmic(axes: Axes, label: str, spectra: Sequence[Spectrum], heights: Sequence[Heights]) -> None:
    for number, (spectrum, line) in enumerate(zip(spectra, heights)):
        gaps = [float("nan") if height is None else height for height in line]
        look: dict[str, Any] = {"color": COLORS[number % len(COLORS)], "marker": MARKERS[number % len(MARKERS)]}
        axes.plot(spectrum.lengths, gaps, label=printable(spectrum.label), markersize=3.5, **look)
    known = [height for line in heights for height in line if height is not None]
    if known:
        powers(axes.yaxis, known)
    axes.set_ylabel(label)


def _filled(number: int, of: int) -> dict[str, Any]:
    return {"color": COLORS[number % len(COLORS)], "alpha": 1.0 if of == 1 else 0.6, "width": 0.8}
