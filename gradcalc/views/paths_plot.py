"""The plot of path sums: counts, magnitudes and shares by length, of a few gradients."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.report.plots.spectrum import Spectrum, draw_spectra
from gradcalc.report.scales import log10
from gradcalc.report.text import gradient
from gradcalc.results import PathAnalysis, PathSums
from gradcalc.views.paths_page import title
from gradcalc.views.paths_tables import computing

ALL, SOME = 6, 4
"""As many gradients as are all drawn, and how many of more."""


def draw(analysis: PathAnalysis, path: str) -> None:
    """Draws every gradient, or some from the first to the last, into a file. Raises UsageError for a wrong ending."""
    sums = list(analysis.sums.values())
    shown = spread([one for one in sums if one.count] or sums[:1])
    with computing(analysis.arithmetic):
        spectra = [spectrum(one, analysis.network.examples) for one in shown]
    draw_spectra(path, f"{subject(shown, len(sums))} by path length: {title(analysis)}", spectra)


def spread(sums: Sequence[PathSums]) -> Sequence[PathSums]:
    """All of them where they are few, else some at even distances, the first and the last among them."""
    if len(sums) <= ALL:
        return sums
    return [sums[round(place * (len(sums) - 1) / (SOME - 1))] for place in range(SOME)]


def subject(shown: Sequence[PathSums], of: int) -> str:
    """What is drawn, for the title: a legend names several."""
    if len(shown) == 1:
        return gradient(shown[0].name, shown[0].of)
    return "Gradients" if len(shown) == of else f"{len(shown)} of {of} gradients"


def spectrum(sums: PathSums, examples: int) -> Spectrum:
    """One gradient."""
    counts = [log10(term.count) for term in sums.by_length]
    wholes = [log10(term.magnitude) for term in sums.by_length]
    each = (log10(examples) or 0.0) if examples > 1 else 0.0
    return Spectrum(
        gradient(sums.name, sums.of),
        [term.length for term in sums.by_length],
        counts,
        [None if whole is None or count is None else whole - count - each for whole, count in zip(wholes, counts)],
        [float(term.magnitude / sums.magnitude) if sums.magnitude else 0.0 for term in sums.by_length],
    )
