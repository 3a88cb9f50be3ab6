"""The gradient by path length, after Veit et al. (2016, figure 6): number of paths, mean |path|, shares of Σ|path|.

In the third panel several gradients stand side by side. Where there are too many lengths for bars to be seen, it shows
only those with a share, or lines where these are too many as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING, Any

from gradcalc.records import Record
from gradcalc.report.plots.canvas import color, entitle, gaps, marker, picture, powers
from gradcalc.report.text import printable, width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT = 6.6
BARS, MOST_BARS = 0.8, 140  # the part of a length's room that bars take; so many are 3 pixels wide each
SEEN = 0.1  # percents below which a bar would have no height to be seen
SAME = 1e-9  # how far log10s may be apart that are the same but for rounding
BEFORE, FEWEST, MARGIN = 0.6, 4, 0.02  # room at both ends: in lengths, in lengths of the axis at least, in parts of it
FEW, MARKED = 24, 60  # lengths up to which markers are large, and up to which each has its marker
CHARACTERS, MARKER, LINE = 56, 6, 0.2  # characters of a legend's line and of a marker, and a line's inches
Heights = Sequence[float | None]


class Spectrum(Record):
    """One gradient: log10 of counts and of mean |path| by length (None of 0), and shares of the whole (fractions)."""

    label: str
    lengths: Sequence[int]
    counts: Heights
    sizes: Heights
    shares: Sequence[float]


def draw_spectra(path: str, title: str, spectra: Sequence[Spectrum], unit: str = "layers entered") -> None:
    """The picture, written to the file; `unit` is what lengths count. Raises UsageError for a wrong ending."""
    from matplotlib.ticker import MaxNLocator

    lengths = sorted({length for spectrum in spectra for length in spectrum.lengths})
    shown = lengths_with_a_share(spectra, lengths)
    wide = max((width(printable(spectrum.label)) for spectrum in spectra), default=0) + MARKER
    abreast = max(CHARACTERS // wide, 1)
    with picture(path, HEIGHT + LINE * (ceil(len(spectra) / abreast) - 1)) as page:
        entitle(page, title)
        paths, sizes, whole = page.subplots(3, 1, sharex=True if shown == lengths else "none")
        draw_logarithmic(paths, "paths (log scale)", spectra, [spectrum.counts for spectrum in spectra])
        draw_logarithmic(sizes, "mean |path| (log scale)", spectra, [spectrum.sizes for spectrum in spectra])
        draw_shares(whole, spectra, shown)
        for axes, range_of in ((paths, lengths), (sizes, lengths), (whole, shown)):
            first, last = (range_of[0], range_of[-1]) if range_of else (0, 0)
            room = max(BEFORE, MARGIN * (last - first), (FEWEST - (last - first)) / 2)
            axes.set_xlim(first - room, last + room)
            ticks = MaxNLocator(8, integer=True, steps=[1, 2, 5, 10]).tick_values(first, last)
            axes.set_xticks(
                [round(tick) for tick in ticks if first <= tick <= last] or [first]
            )  # lengths that paths have
        whole.set_xlabel(f"path length ({unit})" + (f", where shares are {SEEN} % or more" if shown != lengths else ""))
        if len(spectra) > 1:  # one is named by the title
            size = 10 * min(CHARACTERS / wide, 1)
            paths.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=abreast, fontsize=size, borderaxespad=0.2)


def lengths_with_a_share(spectra: Sequence[Spectrum], lengths: Sequence[int]) -> Sequence[int]:
    """The lengths of the third panel: all, unless they are too many for bars and those with a share are not."""
    seen = [length for one in spectra for length, share in zip(one.lengths, one.shares) if 100 * share >= SEEN]
    if has_room_for_bars(spectra, lengths) or not seen:
        return lengths
    around = [length for length in lengths if min(seen) <= length <= max(seen)]
    return around if has_room_for_bars(spectra, around) else lengths


def has_room_for_bars(spectra: Sequence[Spectrum], lengths: Sequence[int]) -> bool:
    """Whether bars of every gradient at every length are wide enough to be seen."""
    return not lengths or (lengths[-1] - lengths[0] + 1) * len(spectra) <= MOST_BARS


def draw_logarithmic(axes: Axes, label: str, spectra: Sequence[Spectrum], heights: Sequence[Heights]) -> None:
    """A line for each gradient, of log10s."""
    axes.set_ylabel(label)
    most = max(len(spectrum.lengths) for spectrum in spectra)
    for number, (spectrum, line) in enumerate(zip(spectra, heights)):
        axes.plot(spectrum.lengths, gaps(line), label=printable(spectrum.label), **appearance(number, most))
    known = [height for line in heights for height in line if height is not None]
    if known:
        powers(axes.yaxis, known, finer=False)
        widen_to_ticks(axes, min(known), max(known))
    else:
        draw_words(axes, "0 at every length" if any(heights) else "no path")


def widen_to_ticks(axes: Axes, low: float, high: float) -> None:
    """Limits with a tick beneath the lowest point and one above the highest, where there would be less than three."""
    ticks = [float(tick) for tick in axes.yaxis.get_majorticklocs()]
    if sum(low <= tick <= high for tick in ticks) < 3:
        low = max((tick for tick in ticks if tick <= low + SAME), default=low)
        high = min((tick for tick in ticks if tick >= high - SAME), default=high)
        room = (high - low) * 0.06 or 0.06
        axes.set_ylim(low - room, high + room)


def draw_shares(axes: Axes, spectra: Sequence[Spectrum], lengths: Sequence[int]) -> None:
    """Shares by length, in bars where there is room for them, else in lines."""
    axes.set_ylabel("share of Σ|path|, %")
    high = 100 * max((share for spectrum in spectra for share in spectrum.shares), default=0.0)
    if not high:
        draw_words(axes, "0 at every length" if lengths else "no path")
        return
    axes.set_ylim(0, 1.06 * high)
    if has_room_for_bars(spectra, lengths):
        draw_bars(axes, spectra, lengths)
        return
    for number, spectrum in enumerate(spectra):
        axes.plot(spectrum.lengths, [100 * share for share in spectrum.shares], **appearance(number, len(lengths)))


def draw_bars(axes: Axes, spectra: Sequence[Spectrum], lengths: Sequence[int]) -> None:
    """Bars of one width, around each length those of the gradients that have it."""
    wide = BARS / len(spectra)
    having = {length: [n for n, one in enumerate(spectra) if length in one.lengths] for length in lengths}
    for number, spectrum in enumerate(spectra):
        shown = [(length, 100 * share) for length, share in zip(spectrum.lengths, spectrum.shares) if length in having]
        before = [having[length].index(number) - (len(having[length]) - 1) / 2 for length, _ in shown]
        places = [length + wide * many for (length, _), many in zip(shown, before)]
        axes.bar(places, [share for _, share in shown], wide, color=color(number))
    axes.grid(False, axis="x")
    axes.set_axisbelow(True)


def draw_words(axes: Axes, text: str) -> None:
    """Words where there is nothing to draw."""
    axes.set_yticks([])
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center")


def appearance(number: int, lengths: int) -> dict[str, Any]:
    """Colour, marker and stroke of a line; later ones are smaller, so that one beneath another is seen."""
    return {
        "color": color(number),
        "marker": marker(number),
        "linewidth": max(2.8 - 0.5 * number, 1.0),
        "markersize": max(7.0 - 1.2 * number, 2.0) if lengths <= FEW else max(3.5 - 0.5 * number, 2.0),
        "markevery": ceil(lengths / MARKED) or 1,
    }
