"""The gradient by path length: how many paths there are, how large one is, and what they come to together.

Lengths that carry next to nothing stand together in one row at either end: their paths may be many (that is the point
of the picture), their gradient is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gradcalc.blocks import Bar, Column, Percent, Table
from gradcalc.magnitudes import entries, norm
from gradcalc.results import LengthTerm, PathAnalysis, PathSums
from gradcalc.text.phrases import gradient

NEGLIGIBLE = 0.0005
FEW, MOST = 12, 24
"""Lengths up to which each has its row, and rows for those that matter."""


LONG, LEAST = 10**7, 1e-4


def spectrum_table(sums: PathSums, every: bool) -> Table:
    """One row for each length that matters."""
    names = ("length", "paths", "of all", "one path", "sum", "share", "")
    rows = [row(terms, sums) for terms in grouped(sums, every)]
    largest = max((abs(float(cells[5].share)) for cells in rows if cells[5].share is not None), default=0.0)
    for cells in rows:
        part = cells[5].share
        cells[6] = None if part is None or not largest else Bar(abs(float(part)) / largest)
    return Table([Column(name) for name in names], rows, title=f"{gradient(sums.name, sums.of)} by path length")


def grouped(sums: PathSums, every: bool) -> list[Sequence[LengthTerm]]:
    """The terms, negligible ones at both ends together, and neighbours where there are many between."""
    terms = sums.by_length
    if every or len(terms) <= FEW or not sums.magnitude:
        return [[term] for term in terms]
    first, last = ends(sums, NEGLIGIBLE)
    size = -(-(last + 1 - first) // MOST)
    between = [terms[place : min(place + size, last + 1)] for place in range(first, last + 1, size)]
    return [part for part in (terms[:first], *between, terms[last + 1 :]) if part]


def ends(sums: PathSums, negligible: float) -> tuple[int, int]:
    """The first and the last place between which all but a small share of the magnitude lies."""
    sizes = [float(term.magnitude / sums.magnitude) for term in sums.by_length]
    first, before = 0, 0.0
    while before + sizes[first] <= negligible / 2:
        before += sizes[first]
        first += 1
    last, after = len(sizes) - 1, 0.0
    while after + sizes[last] <= negligible / 2:
        after += sizes[last]
        last -= 1
    return first, last


def row(terms: Sequence[LengthTerm], sums: PathSums) -> list[Any]:
    """The paths of one length, or of several together."""
    count = sum(term.count for term in terms)
    magnitude = sum((term.magnitude for term in terms[1:]), terms[0].magnitude)
    contribution = norm(terms[0].contribution) if len(terms) == 1 else None
    if contribution is None and not isinstance(terms[0].contribution, list):
        contribution = sum((term.contribution for term in terms[1:]), terms[0].contribution)
    elif not isinstance(terms[0].contribution, list):
        contribution = terms[0].contribution
    label: Any = terms[0].length if len(terms) == 1 else f"{terms[0].length} … {terms[-1].length}"
    return [
        label,
        (shortened(count),),
        of_all(count, sums),
        (rounded(magnitude / count),),
        contribution,
        share(magnitude, sums),
        None,
    ]


def shortened(count: int) -> Any:
    """A count, of many digits four."""
    if count < LONG:
        return count
    from decimal import Decimal

    return rounded(Decimal(count))


def rounded(number: Any) -> Any:
    """A number to four digits; one of another kind than double and Decimal as it is."""
    return number if hasattr(number, "context") else type(number)(f"{number:.3e}")


def of_all(count: int, sums: PathSums) -> Any:
    """The part of all paths, of next to none no digits."""
    part = ratio(count, sums.count)
    return Percent(part) if part >= LEAST else f"< {100 * LEAST:g} %"


def ratio(part: int, whole: int) -> float:
    """A quotient of integers of any size."""
    return part / whole if whole else 0.0


def share(magnitude: Any, sums: PathSums) -> Percent:
    """Of the summed magnitude."""
    return Percent(magnitude / sums.magnitude if sums.magnitude else None)


def lengths(sums: PathSums) -> str:
    """The shortest and the longest path: "1 … 2"."""
    if not sums.by_length:
        return ""
    first, last = sums.by_length[0].length, sums.by_length[-1].length
    return str(first) if first == last else f"{first} … {last}"


def flat_table(analysis: PathAnalysis) -> Table:
    """The spectrum of every gradient as rows, for csv; of a matrix entry by entry."""
    names = ("name", "length", "entry", "count", "contribution", "magnitude")
    rows = [row for sums in analysis.sums.values() for row in flat_rows(sums)]
    return Table([Column(name) for name in names], rows)


def flat_rows(sums: PathSums) -> Iterator[list[Any]]:
    """One row for each length and entry."""
    for term in sums.by_length:
        for index, contribution in entries(term.contribution):
            entry = ",".join(map(str, index))
            yield [sums.name, term.length, entry, term.count, contribution, term.magnitude]
