"""The plot of `gradcalc paths`: number of paths, mean |path| and shares by length, of a few gradients."""

from __future__ import annotations

from gradcalc.analysis.results import PathAnalysis, PathSums
from gradcalc.report.plots.spectrum import Spectrum, draw_spectra
from gradcalc.report.scales import boundless, log10
from gradcalc.report.text import gradient
from gradcalc.views.paths_page import heading
from gradcalc.views.paths_tables import fractions

ALL, SOME = 6, 4
"""As many gradients as are all drawn, and how many of more: at even distances, the first and the last among them."""


def draw(analysis: PathAnalysis, path: str) -> None:
    """Draws every gradient, or some from the first to the last, into a file. Raises UsageError for a wrong ending."""
    sums = list(analysis.sums.values())
    shown = [one for one in sums if one.count] or sums[:1]
    if len(shown) > ALL:
        shown = [shown[round(place * (len(shown) - 1) / (SOME - 1))] for place in range(SOME)]
    with boundless():
        spectra = list(map(spectrum, shown))
    subject = "Gradients" if len(shown) == len(sums) else f"{len(shown)} of {len(sums)} gradients"
    if len(shown) == 1:
        subject = gradient(shown[0].name, shown[0].of)
    unit = "residual blocks passed" if analysis.unit == "blocks" else "layers entered"
    draw_spectra(path, f"{subject} by path length: {heading(analysis)}", spectra, unit)


def spectrum(sums: PathSums) -> Spectrum:
    """One gradient."""
    counts = [log10(term.count) for term in sums.by_length]
    means = [log10(term.mean_magnitude) for term in sums.by_length]
    lengths = [term.length for term in sums.by_length]
    return Spectrum(gradient(sums.name, sums.of), lengths, counts, means, fractions(sums, sums.by_length))
