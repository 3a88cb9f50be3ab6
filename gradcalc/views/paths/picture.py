"""The picture of path sums: counts, sizes and shares by length, of a few gradients."""

from __future__ import annotations

from typing import Any

from gradcalc.plots.spectrum import Spectrum, draw_spectra
from gradcalc.results import PathAnalysis, PathSums
from gradcalc.text.phrases import gradient
from gradcalc.views.paths.page import title

MOST = 3


def draw(analysis: PathAnalysis, path: str) -> None:
    """Draws it into a file: the first gradients that there are. Raises UsageError for a wrong ending."""
    shown = [sums for sums in analysis.sums.values() if sums.count][:MOST]
    of = ", ".join(gradient(sums.name, sums.of) for sums in shown)
    draw_spectra(path, f"{of} by path length: {title(analysis)}", [spectrum(sums) for sums in shown])


def spectrum(sums: PathSums) -> Spectrum:
    """One gradient."""
    return Spectrum(
        gradient(sums.name, sums.of),
        [term.length for term in sums.by_length],
        [log10(term.count) for term in sums.by_length],
        [log10(term.magnitude / term.count) for term in sums.by_length],
        [float(term.magnitude / sums.magnitude) if sums.magnitude else 0.0 for term in sums.by_length],
    )


def log10(size: Any) -> float | None:
    """log10 of a number of any kind and size; None of 0."""
    from decimal import Decimal
    from math import log10 as of_double

    if not size:
        return None
    if isinstance(size, (float, int)):
        return of_double(size)
    return float(Decimal(str(size)).log10())
