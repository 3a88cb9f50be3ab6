"""The plot of `gradcalc paths`: number of paths, mean |path| and shares by length, of a few gradients."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.analysis.results import PathAnalysis, PathSums
from gradcalc.report.plots.spectrum import Spectrum, draw_spectra
from gradcalc.report.scales import log10
from gradcalc.report.text import gradient
from gradcalc.views.paths_page import heading
from gradcalc.views.paths_tables import computing

ALL, SOME = 6, 4
"""As many gradients as are all drawn, and how many of more."""


def draw(analysis: PathAnalysis, path: str) -> None:
    """Draws every gradient, or some from the first to the last, into a file. Raises UsageError for a wrong ending."""
    sums = list(analysis.sums.values())
    shown = spread([one for one in sums if one.count] or sums[:1])
    with computing(analysis.arithmetic):
        spectra = [spectrum(one) for one in shown]
    unit = "residual blocks passed" if analysis.unit == "blocks" else "layers entered"
    draw_spectra(path, f"{subject(shown, len(sums))} by path length: {heading(analysis)}", spectra, unit)


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


def spectrum(sums: PathSums) -> Spectrum:
    """One gradient."""
    counts = [log10(term.count) for term in sums.by_length]
    means = [log10(term.mean_magnitude) for term in sums.by_length]
    return Spectrum(
        gradient(sums.name, sums.of),
        [term.length for term in sums.by_length],
        counts,
        means,
        [float(term.magnitude / sums.magnitude) if sums.magnitude else 0.0 for term in sums.by_length],
    )
