"""The gradient by path length as a table: how many paths there are, how large one is, and what they add up to.

Lengths that carry next to nothing stand together in one row at either end: their paths may be many (that is the point
of the picture), their gradient is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import accumulate
from typing import Any

from gradcalc.network.network import entries, norm, numbers
from gradcalc.report.report import Bar, Column, Percent, Table
from gradcalc.report.scales import rounded
from gradcalc.report.text import gradient
from gradcalc.results import LengthTerm, PathAnalysis, PathSums

# Numbers of path sums for eyes: counts of any size, what one path carries, few digits where more tell nothing.


LONG, LEAST = 10**7, 1e-4


DIGITS, FEWER = 4, 3


WHOLE, MANY = 100, 10**6


ROUNDING = 1e-9


def computing(arithmetic: str) -> AbstractContextManager[object]:
    """What must be entered where sums are divided and added up: Decimals of our own go further than Python's."""
    if arithmetic != "extended":
        return nullcontext()
    from gradcalc.arithmetic.extended import Extended

    return Extended.context()


def one_path(magnitude: Any, count: int) -> Any:
    """The mean |contribution|, to four digits; a count may be beyond doubles where magnitudes are not."""
    try:
        return rounded(magnitude / count, DIGITS)
    except OverflowError:
        from decimal import Decimal

        return rounded(Decimal(magnitude) / count, DIGITS)


def shortened(count: int) -> Any:
    """A count, of many digits four."""
    if count < LONG:
        return count
    from decimal import Decimal

    return rounded(Decimal(count), DIGITS)


def brief(number: Any) -> Any:
    """A number to three digits, to all before the point where they are a few more: 1.12, 1801, 4.21×10⁶."""
    if number and WHOLE <= abs(number) < MANY:
        return int(2 * number + 1) // 2
    return rounded(number, FEWER)


def share(part: Any, whole: Any) -> Percent | str:
    """A part of the summed magnitude, of next to none no digits."""
    fraction = part / whole if whole else None
    if fraction is None or not fraction or fraction >= LEAST:
        return Percent(fraction)
    return f"< {100 * LEAST:g} %"


def ratio(part: int, whole: int) -> float:
    """A quotient of integers of any size."""
    return part / whole if whole else 0.0


def cancels(sums: PathSums) -> bool:
    """Whether some of what the paths carry is lost where they meet."""
    against = sums.cancellation
    return bool(sums.magnitude) and (against is None or against > 1 + ROUNDING)


def is_part(analysis: PathAnalysis) -> bool:
    """Whether it is about a part of the paths; all that end at a node in place of the loss are no part."""
    return analysis.part.startswith(("through ", "not through "))


# The gradient by path length: how many paths there are, how large one is, and what they come to together.


NEGLIGIBLE = 0.0005


FEW, MOST = 12, 24


"""Lengths up to which each has its row, and rows for those that matter."""


def spectrum_table(sums: PathSums, examples: int, every: bool) -> Table:
    """One row for each length that matters: paths × one path = sum, but for what cancels."""
    whole = "‖sum‖" if isinstance(sums.total, list) else "sum"
    names = ("length", "paths", "one path", whole, "of Σ|path|" if cancels(sums) else "share", "")
    groups = grouped(sums, every)
    parts = [sum(fractions(sums, terms)) for terms in groups]
    largest = max(parts)
    bars = [Bar(part / largest) if largest else None for part in parts]
    rows = [[*row(terms, sums, examples), bar] for terms, bar in zip(groups, bars)]
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


def fractions(sums: PathSums, terms: Sequence[LengthTerm]) -> list[float]:
    """Of the summed magnitude, length by length."""
    return [float(term.magnitude / sums.magnitude) if sums.magnitude else 0.0 for term in terms]


def ends(sums: PathSums, negligible: float) -> tuple[int, int]:
    """The first and the last place between which all but a small share of the magnitude lies."""
    sizes = fractions(sums, sums.by_length)
    first = sum(before <= negligible / 2 for before in accumulate(sizes))
    last = len(sizes) - 1 - sum(after <= negligible / 2 for after in accumulate(reversed(sizes)))
    return first, last


def narrowest(sums: PathSums, least: float) -> tuple[int, int]:
    """The first and the last place of the fewest neighbouring lengths that carry so much of the magnitude; of several
    that are as few those that carry the most."""
    until = [0.0, *accumulate(fractions(sums, sums.by_length))]
    found, first = [], 0
    for last, term in enumerate(sums.by_length):
        while until[last + 1] - until[first + 1] >= least * until[-1]:
            first += 1
        carried = until[last + 1] - until[first]
        if carried >= least * until[-1]:
            found.append((term.length - sums.by_length[first].length, -carried, first, last))
    return min(found)[2:]


def row(terms: Sequence[LengthTerm], sums: PathSums, examples: int) -> list[Any]:
    """The paths of one length, or of several together; in a batch each example has its own."""
    count = sum(term.count for term in terms)
    magnitude = sum((term.magnitude for term in terms[1:]), terms[0].magnitude)
    return [
        terms[0].length if len(terms) == 1 else f"{terms[0].length} … {terms[-1].length}",
        shortened(count),
        one_path(magnitude, count * examples),
        together(terms),
        share(magnitude, sums.magnitude),
    ]


def together(terms: Sequence[LengthTerm]) -> Any:
    """What the paths of several lengths come to; of a matrix the norm."""
    added = [sum(parts[1:], parts[0]) for parts in zip(*(numbers(term.contribution) for term in terms))]
    return norm(added) if isinstance(terms[0].contribution, list) else added[0]


def lengths(sums: PathSums) -> str:
    """The shortest and the longest path: "1 … 2"."""
    if not sums.by_length:
        return ""
    first, last = sums.by_length[0].length, sums.by_length[-1].length
    return str(first) if first == last else f"{first} … {last}"


def mean_length(sums: PathSums) -> Any:
    """The mean length, weighted by magnitude; None where there is none."""
    if not sums.magnitude:
        return None
    return float(sum(term.length * (term.magnitude / sums.magnitude) for term in sums.by_length))


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
