"""What a spectrum of paths means, in words: which lengths the gradient comes through, how evenly, and what cancels."""

from __future__ import annotations

from collections.abc import Iterator
from math import log2
from typing import Any

from gradcalc.report.report import Note, Percent, Words
from gradcalc.report.text import gradient
from gradcalc.results import PathAnalysis, PathSums
from gradcalc.views.paths_tables import brief, cancels, fractions, is_part, mean_length, narrowest, ratio

MOST = 0.95
CLOSE = 0.005
"""Bits that an entropy may lack of that of an even spread, or exceed that of a single path, to count as such."""

MUCH = 1.5


def verdict(sums: PathSums, analysis: PathAnalysis) -> Iterator[Note]:
    """The sentences, the most telling first."""
    name = gradient(sums.name, sums.of)
    if not sums.magnitude:
        yield Note(f"Every {'such ' * is_part(analysis)}path of {name} has a factor of 0.", "result")
        return
    if len(sums.by_length) > 1:
        whose = "this part of " * is_part(analysis) + name
        yield Note(carrying(sums, f"Σ|path| of {whose} lies in" if cancels(sums) else f"{whose} arrives by"), "result")
    if sums.count > 1:
        yield Note((*spread(sums, analysis.network.examples), *cancelling(sums)), "note")


def carrying(sums: PathSums, it_arrives_by: str) -> Words:
    """Which lengths carry 95 % of the gradient, and how many of the paths have them."""
    first, last = narrowest(sums, MOST)
    terms = sums.by_length[first : last + 1]
    shortest, longest = sums.by_length[0].length, sums.by_length[-1].length
    if len(terms) == len(sums.by_length):
        told = f"{it_arrives_by[0].upper()}{it_arrives_by[1:]} paths of every length, {shortest} to {longest}"
        return (f"{told}; their mean, weighted by magnitude, is ", brief(mean_length(sums)), ".")
    within = sum(term.count for term in terms)
    where = f"{terms[0].length}" if len(terms) == 1 else f"{terms[0].length} to {terms[-1].length}"
    return (
        Percent(sum(fractions(sums, terms))),
        f" of {it_arrives_by} paths of length {where}, ",
        Percent(ratio(within, sums.count)),
        f" of all paths. Lengths go from {shortest} to {longest}; their mean, weighted by magnitude, is ",
        brief(mean_length(sums)),
        ".",
    )


def spread(sums: PathSums, examples: int) -> tuple[Any, ...]:
    """How evenly the paths carry it; in a batch each example has its own."""
    entropy, count = sums.entropy or 0.0, sums.count * examples
    in_each = () if examples == 1 else (" (", sums.count, f" in each of {examples} examples)")
    bits = ("Entropy ", brief(entropy), " bits: " if brief(entropy) != 1 else " bit: ")
    if entropy < CLOSE:
        return (*bits, "one of the ", count, " paths", *in_each, " carries nearly all; ")
    if entropy > log2(count) - CLOSE:
        return (*bits, "the ", count, " paths", *in_each, " carry it evenly; ")
    return (*bits, "as if ", brief(sums.effective_paths), " of the ", count, " paths", *in_each, " carried it evenly; ")


def cancelling(sums: PathSums) -> tuple[Any, ...]:
    """What is lost where they meet."""
    if sums.cancellation is None:
        return ("they cancel altogether.",)
    if not cancels(sums):
        return ("no two of them cancel.",)
    of = "Σ|entries of their sum|" if isinstance(sums.total, list) else "|their sum|"
    much = "little cancels" if sums.cancellation < MUCH else "much cancels"
    return (f"{much}, Σ|path| is ", brief(sums.cancellation), f" times {of}.")
