"""What a spectrum means, in words: which lengths carry the gradient, how evenly, and what cancels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gradcalc.blocks import Note, Percent, Words
from gradcalc.results import PathAnalysis, PathSums
from gradcalc.text.phrases import gradient
from gradcalc.views.paths.spectrum import ends, ratio

MOST = 0.05  # all but 5 % of the magnitude
CANCELS = 1.5


def verdict(sums: PathSums, analysis: PathAnalysis) -> Iterator[Note]:
    """The sentences, the most telling first."""
    if not sums.magnitude:
        yield Note(f"Every path of {gradient(sums.name)} has a factor of 0.", "result")
        return
    if len(sums.by_length) > 1:
        yield Note(carrying(sums), "result")
    if sums.count > 1:
        yield Note(spread(sums), "note")


def carrying(sums: PathSums) -> Words:
    """Which lengths carry 95 % of the gradient, and how many of the paths have them."""
    first, last = ends(sums, MOST)
    terms = sums.by_length[first : last + 1]
    within = sum(term.count for term in terms)
    carried = sum(float(term.magnitude / sums.magnitude) for term in terms)
    where = f"{terms[0].length}" if len(terms) == 1 else f"{terms[0].length} to {terms[-1].length}"
    return (
        Percent(carried),
        f" of {gradient(sums.name)} arrives by paths of length {where}, which are ",
        Percent(ratio(within, sums.count)),
        f" of all; lengths go from {sums.by_length[0].length} to {sums.by_length[-1].length}, "
        "on average, weighted by magnitude, ",
        f"{brief(mean(sums))}.",
    )


def brief(number: float) -> str:
    """Three digits, for a sentence: 1.12, 3770."""
    return f"{number:.3g}" if number < 1000 or number >= 1e9 else f"{float(f'{number:.3g}'):.0f}"


def mean(sums: PathSums) -> float:
    """The mean length, weighted by magnitude."""
    return float(sum(term.length * (term.magnitude / sums.magnitude) for term in sums.by_length))


def spread(sums: PathSums) -> Words:
    """How evenly, and what cancels."""
    said: list[Any] = [f"Entropy {sums.entropy or 0:.3g} bits: as if {brief(sums.effective_paths or 0)} of the "]
    said += [sums.count, " paths carried it evenly; "]
    if sums.cancellation is None:
        return (*said, "they cancel altogether.")
    times = brief(float(sums.cancellation))
    if sums.cancellation < CANCELS:
        return (*said, f"next to nothing cancels (Σ|contribution| is {times} times the sum).")
    return (*said, f"before they cancel they add up to {times} times the sum.")
