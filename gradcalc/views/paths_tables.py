"""The tables of `gradcalc paths`: gradients as sums over paths, one gradient by path length, and its largest paths.

Lengths whose share is negligible stand together in one row at either end: their paths may be many, their
sum is small.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from gradcalc.analysis.results import LengthTerm, Path, PathAnalysis, PathSums, mean_magnitude
from gradcalc.expressions.numerals import PLAIN_EXPONENTS, Numeral, RoundedNumber, numeral
from gradcalc.network.network import entries, norm, numbers
from gradcalc.report.report import Bar, Column, Percent, Table
from gradcalc.report.scales import rounded
from gradcalc.report.text import SKIP, edge_list, gradient, node_lists, plural

DIGITS, FEWER = 4, 3

WHOLE, MANY = 100, 10**6
"""Between these a number of few digits is a whole number."""

ROUNDING = 1e-9
"""How much larger Σ|contribution| may be than Σ|entries of the sum| by rounding alone."""

NEGLIGIBLE = 0.0005
"""The share that lengths at both ends of a spectrum may have together to stand in one row each."""

FEW, MOST = 12, 24
"""Lengths up to which each has its row, and rows for those that matter."""

SHARE_OF_MAGNITUDE = "share of Σ|contribution|"
"""How shares are headed that are no shares of the gradient."""

NAMED = 12
"""Weights of a path that are named where two paths would read alike without."""


def brief(number: Any) -> Numeral | None:
    """A number to three digits, to all before the point where they are a few more: 1.12, 3.00, 1801, 4.21×10⁶."""
    if number is None:
        return None
    if number and WHOLE <= abs(number) < MANY:
        return numeral(int(2 * number + 1) // 2, FEWER)
    three = RoundedNumber.of(number, FEWER)
    return three.numeral(FEWER, three.exponent in PLAIN_EXPONENTS)


def cancels(sums: PathSums) -> bool:
    """Whether contributions of opposite signs cancel by more than rounding."""
    against = sums.cancellation
    return bool(sums.magnitude) and (against is None or against > 1 + ROUNDING)


def fractions(sums: PathSums, terms: Sequence[LengthTerm]) -> list[float]:
    """Of the summed magnitude, length by length."""
    return [float(term.magnitude / sums.magnitude) if sums.magnitude else 0.0 for term in terms]


def mean_length(sums: PathSums) -> float | None:
    """The mean length, weighted by magnitude; None where there is none."""
    if not sums.magnitude:
        return None
    return float(sum(term.length * (term.magnitude / sums.magnitude) for term in sums.by_length))


def summary(sums: Sequence[PathSums], examples: int) -> Table:
    """One row for each gradient; norms of all where some are matrices. Columns that would say the same of every
    gradient are left out."""
    matrices, several = any(isinstance(one.value, list) for one in sums), [one.count * examples > 1 for one in sums]
    columns: list[tuple[str, list[Any]]] = [
        ("gradient", [gradient(one.name, one.of) for one in sums]),
        ("norm" if matrices else "value", [norm(one.value) if matrices else one.value for one in sums]),
        ("paths", [one.count * examples for one in sums]),
    ]
    if any(several):
        columns.append(("effective paths", [brief(one.effective_paths) for one in sums]))
    if any(map(cancels, sums)):
        columns.append(("cancellation", [brief(one.cancellation) for one in sums]))
    columns.append(("length", [lengths(one.by_length[:1] + one.by_length[-1:]) for one in sums]))
    if any(len(one.by_length) > 1 for one in sums):
        columns.append(("mean length", [brief(mean_length(one)) for one in sums]))
    if any(one.largest is not None and more for one, more in zip(sums, several)):
        columns.append(("largest share", [Percent(largest_share(one)) for one in sums]))
    return Table.of_columns(columns, "Gradients as sums over paths")


def lengths(terms: Sequence[LengthTerm]) -> int | str | None:
    """The shortest and the longest: "1 … 2"."""
    if not terms or terms[0].length == terms[-1].length:
        return terms[0].length if terms else None
    return f"{terms[0].length} … {terms[-1].length}"


def largest_share(sums: PathSums) -> Any:
    """The share of the largest path in the magnitude, which of a number is known as the share in the sum."""
    if sums.largest is None or isinstance(sums.value, list):
        return sums.largest
    return abs(sums.largest) / sums.cancellation


# One gradient by path length.


def spectrum_table(sums: PathSums, analysis: PathAnalysis, every: bool) -> Table:
    """One row for each length that matters: paths × mean |path| = Σ|contribution|, which is |contribution|, and not
    there, where nothing cancels."""
    matrix, examples, groups = isinstance(sums.value, list), analysis.network.examples, grouped(sums, every)
    magnitudes = [sum((term.magnitude for term in terms[1:]), terms[0].magnitude) for terms in groups]
    counts = [sum(term.count for term in terms) * examples for terms in groups]
    totals = [
        [sum(parts[1:], parts[0]) for parts in zip(*(numbers(term.contribution) for term in terms))] for terms in groups
    ]
    heading = SHARE_OF_MAGNITUDE if cancels(sums) or matrix else "share"
    whole, largest = sums.magnitude or None, max(magnitudes)
    columns: dict[str, Sequence[Any]] = {
        "length": list(map(lengths, groups)),
        "paths": counts,
        "mean |path|": [rounded(mean_magnitude(*each), DIGITS) for each in zip(magnitudes, counts)],
        "Σ|contribution|": magnitudes if heading == SHARE_OF_MAGNITUDE else [None] * len(groups),
        "‖contribution‖" if matrix else "contribution": [norm(total) if matrix else total[0] for total in totals],
        heading: [Percent(one / whole) if whole else None for one in magnitudes],
        "bar": [Bar(float(one / largest)) if largest else None for one in magnitudes],
    }
    part = f", paths {analysis.part}" if analysis.part else ""
    return Table.of_columns(columns.items(), f"{gradient(sums.name, sums.of)} by path length{part}")


def grouped(sums: PathSums, every: bool) -> list[Sequence[LengthTerm]]:
    """The terms, negligible ones at both ends together, and neighbours where there are many between."""
    terms = sums.by_length
    if every or len(terms) <= FEW or not sums.magnitude:
        return [[term] for term in terms]
    sizes = fractions(sums, terms)
    first = sum(before <= NEGLIGIBLE / 2 for before in accumulate(sizes))
    end = len(sizes) - sum(after <= NEGLIGIBLE / 2 for after in accumulate(reversed(sizes)))
    size = -(-(end - first) // MOST)
    between = [terms[place : min(place + size, end)] for place in range(first, end, size)]
    return [part for part in (terms[:first], *between, terms[end:]) if part]


def narrowest(sums: PathSums, least: float) -> Sequence[LengthTerm]:
    """The fewest neighbouring lengths with at least this share of the magnitude; of several that are as few those with
    the largest share."""
    until = [0.0, *accumulate(fractions(sums, sums.by_length))]
    found, first = [], 0
    for last, term in enumerate(sums.by_length):
        while until[last + 1] - until[first + 1] >= least * until[-1]:
            first += 1
        covered = until[last + 1] - until[first]
        if covered >= least * until[-1]:
            found.append((term.length - sums.by_length[first].length, -covered, first, last))
    *_, first, last = min(found)
    return sums.by_length[first : last + 1]


# The largest paths of one gradient.


def largest_table(sums: PathSums, analysis: PathAnalysis, every: bool) -> Table:
    """The largest paths, with their share of the sum (of a matrix: of the summed magnitude). Columns that would say the
    same of every path, or nothing, are left out."""
    paths, of_all = list(sums.top), sums.count * analysis.network.examples
    told = nodes_and_edges(paths, every)
    columns: list[tuple[str, list[Any]]] = [
        ("example", [path.example for path in paths]),
        ("entry", [path.entry for path in paths]),
        ("path", [where for where, _ in told]),
        ("through", [edges for _, edges in told]),
    ]
    if len(sums.by_length) > 1:
        columns.append(("length", [path.length for path in paths]))
    columns.append(("contribution", [path.contribution for path in paths]))
    if of_all > 1 and sums.magnitude:
        of_sum = not isinstance(sums.value, list) and sums.cancellation is not None
        shares = [path.share if of_sum else abs(path.contribution) / sums.magnitude for path in paths]
        columns.append(("share" if of_sum else SHARE_OF_MAGNITUDE, list(map(Percent, shares))))
    largest = "largest " if len(paths) < of_all else ""
    title = f"The {largest}path" if len(paths) == 1 else f"The {plural(len(paths), f'{largest}path')}"
    part, batch = f" {analysis.part}" * bool(analysis.part), f" in {analysis.network.examples} examples"
    batch *= analysis.network.examples > 1
    return Table.of_columns(columns, f"{title} of {gradient(sums.name, sums.of)}{part}{batch}")


def nodes_and_edges(paths: Sequence[Path], every: bool) -> list[tuple[str, str]]:
    """Nodes and edges of every path; its weights by name, if they are not many, where another would read the same."""
    nodes = node_lists([path.nodes for path in paths], [path.at for path in paths], every)
    told = [(own, edge_list(path.through, every)) for path, own in zip(paths, nodes)]
    seen = Counter((path.example, path.entry, edges) for path, (_, edges) in zip(paths, told))
    for place, (path, (where, edges)) in enumerate(zip(paths, told)):
        weights = [edge for edge in path.through if "→" not in edge]
        if seen[path.example, path.entry, edges] > 1 and len(weights) <= NAMED:
            skips = sum(edge.startswith(SKIP) for edge in path.through)
            told[place] = where, ", ".join([*weights, *([plural(skips, "skip")] if skips else [])]) or edges
    return told


def flat_table(analysis: PathAnalysis) -> Table:
    """The spectrum of every gradient as rows, one for each length and entry, for csv."""
    rows = [
        [sums.name, term.length, ",".join(map(str, index)), term.count, contribution, term.magnitude]
        for sums in analysis.sums.values()
        for term in sums.by_length
        for index, contribution in entries(term.contribution)
    ]
    return Table(list(map(Column, ("name", "length", "entry", "count", "contribution", "magnitude"))), rows)
