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
ROUNDING = 1e-9


def verdict(sums: PathSums, analysis: PathAnalysis) -> Iterator[Note]:
    """The sentences, the most telling first."""
    if not sums.magnitude:
        yield Note(f"Every path of {gradient(sums.name, sums.of)} has a factor of 0.", "result")
        return
    if len(sums.by_length) > 1:
        yield Note(carrying(sums), "result")
    if sums.count > 1:
        yield Note((*spread(sums, analysis.network.examples), *cancelling(sums)), "note")


def carrying(sums: PathSums) -> Words:
    """Which lengths carry 95 % of the gradient, and how many of the paths have them."""
    first, last = ends(sums, MOST)
    terms = sums.by_length[first : last + 1]
    within = sum(term.count for term in terms)
    carried = sum(float(term.magnitude / sums.magnitude) for term in terms)
    where = f"{terms[0].length}" if len(terms) == 1 else f"{terms[0].length} to {terms[-1].length}"
    return (
        Percent(carried),
        f" of {gradient(sums.name, sums.of)} arrives by paths of length {where}, ",
        Percent(ratio(within, sums.count)),
        f" of all paths. Lengths go from {sums.by_length[0].length} to {sums.by_length[-1].length}; "
        "their mean, weighted by magnitude, is ",
        brief(mean(sums)),
        ".",
    )


def brief(number: Any) -> Any:
    """To three digits, for a sentence: 1.12, 3770."""
    return type(number)(f"{number:.3g}") if number else number


def mean(sums: PathSums) -> float:
    """The mean length, weighted by magnitude."""
    return float(sum(term.length * (term.magnitude / sums.magnitude) for term in sums.by_length))


def spread(sums: PathSums, examples: int) -> tuple[Any, ...]:
    """How evenly the paths carry it; in a batch each example has its own."""
    told = (f"Entropy {sums.entropy or 0:.3g} bits: as if ", brief(sums.effective_paths or 0), " of the ")
    if examples == 1:
        return (*told, sums.count, " paths carried it evenly; ")
    return (
        *told,
        sums.count * examples,
        " paths (",
        sums.count,
        f" in each of {examples} examples) carried it evenly; ",
    )


def cancelling(sums: PathSums) -> tuple[Any, ...]:
    """What is lost where they meet."""
    if sums.cancellation is None:
        return ("they cancel altogether.",)
    against = float(sums.cancellation)
    if against <= 1 + ROUNDING:
        return ("no two of them cancel.",)
    of = "Σ|entries of their sum|" if isinstance(sums.total, list) else "their sum"
    much = "little cancels" if against < CANCELS else "much cancels"
    return (f"{much}, Σ|path| is ", brief(against), f" times {of}.")
