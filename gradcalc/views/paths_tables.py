"""The tables of `gradcalc paths`: gradients as sums over paths, one gradient by path length, and its largest paths.

Lengths whose share is negligible stand together in one row at either end: their paths may be many, their
sum is small.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import accumulate
from typing import Any

from gradcalc.analysis.results import LengthTerm, Path, PathAnalysis, PathSums, mean_magnitude
from gradcalc.expressions.numerals import PLAIN_EXPONENTS, Numeral, RoundedNumber, numeral
from gradcalc.network.network import entries, norm, numbers
from gradcalc.report.report import Bar, Column, Percent, Table
from gradcalc.report.scales import rounded
from gradcalc.report.text import SKIP, edge_list, gradient, node_lists, plural

EACH = 2
"""As many gradients as are each shown by themselves."""

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


def computing(arithmetic: str) -> AbstractContextManager[object]:
    """What must be entered where sums are divided and added up: Decimals of our own go further than Python's."""
    if arithmetic != "extended":
        return nullcontext()
    from gradcalc.arithmetic.extended import Extended

    return Extended.context()


def brief(number: Any) -> Numeral | None:
    """A number to three digits, to all before the point where they are a few more: 1.12, 3.00, 1801, 4.21×10⁶."""
    if number is None:
        return None
    if number and WHOLE <= abs(number) < MANY:
        return numeral(int(2 * number + 1) // 2, FEWER)
    three = RoundedNumber.of(number, FEWER)
    return three.numeral(FEWER, three.exponent in PLAIN_EXPONENTS)


def ratio(part: int, whole: int) -> float:
    """A quotient of integers of any size."""
    return part / whole if whole else 0.0


def cancels(sums: PathSums) -> bool:
    """Whether contributions of opposite signs cancel by more than rounding."""
    against = sums.cancellation
    return bool(sums.magnitude) and (against is None or against > 1 + ROUNDING)


def summary(sums: Sequence[PathSums], examples: int) -> Table:
    """One row for each gradient; norms of all where some are matrices. Columns that would say the same of every
    gradient are left out."""
    matrices = any(isinstance(one.value, list) for one in sums)
    columns: list[tuple[str, list[Any]]] = [
        ("gradient", [gradient(one.name, one.of) for one in sums]),
        ("norm" if matrices else "value", [norm(one.value) if matrices else one.value for one in sums]),
        (paths_heading(examples), [one.count * examples for one in sums]),
    ]
    if any(one.count * examples > 1 for one in sums):
        columns.append(("effective paths", [brief(one.effective_paths) for one in sums]))
    if any(map(cancels, sums)):
        columns.append(("cancellation", [brief(one.cancellation) for one in sums]))
    columns.append(("length", [lengths(one) for one in sums]))
    if any(len(one.by_length) > 1 for one in sums):
        columns.append(("mean length", [brief(mean_length(one)) for one in sums]))
    if any(one.largest is not None and one.count * examples > 1 for one in sums):
        columns.append(("largest share", [Percent(largest_share(one)) for one in sums]))
    rows = list(zip(*(cells for _, cells in columns)))
    return Table([Column(name) for name, _ in columns], rows, title="Gradients as sums over paths")


def paths_heading(examples: int) -> str:
    """Each example of a batch has its own paths."""
    return "paths × examples" if examples > 1 else "paths"


def largest_share(sums: PathSums) -> Any:
    """The share of the largest path in the magnitude, which of a number is known as the share in the sum."""
    if sums.largest is None or isinstance(sums.value, list):
        return sums.largest
    return abs(sums.largest) / sums.cancellation


def spectrum_table(sums: PathSums, analysis: PathAnalysis, every: bool) -> Table:
    """One row for each length that matters: paths × mean |path| = Σ|contribution|, which is |contribution|, and not
    there, where nothing cancels."""
    examples, groups = analysis.network.examples, grouped(sums, every)
    magnitudes = [sum((term.magnitude for term in terms[1:]), terms[0].magnitude) for terms in groups]
    counts = [sum(term.count for term in terms) * examples for terms in groups]
    largest = max(magnitudes)
    columns: list[tuple[str, list[Any]]] = [
        ("length", list(map(length_range, groups))),
        (paths_heading(examples), counts),
        ("mean |path|", [rounded(mean_magnitude(*each), DIGITS) for each in zip(magnitudes, counts)]),
    ]
    if share_heading(sums) == SHARE_OF_MAGNITUDE:
        columns.append(("Σ|contribution|", magnitudes))
    columns += [
        ("‖contribution‖" if isinstance(sums.value, list) else "contribution", list(map(together, groups))),
        (share_heading(sums), [Percent(one / sums.magnitude if sums.magnitude else None) for one in magnitudes]),
        ("bar", [Bar(float(one / largest)) if largest else None for one in magnitudes]),
    ]
    part = f", paths {analysis.part}" if analysis.part else ""
    rows = list(zip(*(cells for _, cells in columns)))
    title = f"{gradient(sums.name, sums.of)} by path length{part}"
    return Table([Column(name) for name, _ in columns], rows, title=title)


def length_range(terms: Sequence[LengthTerm]) -> Any:
    """One length, or the first and the last of several that stand together."""
    return terms[0].length if len(terms) == 1 else f"{terms[0].length} … {terms[-1].length}"


def share_heading(sums: PathSums) -> str:
    """What shares of Σ|contribution| are called; where nothing cancels they are shares of the gradient, too."""
    return SHARE_OF_MAGNITUDE if cancels(sums) or isinstance(sums.value, list) else "share"


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
    """The first and the last place of the fewest neighbouring lengths with at least this share of the magnitude; of
    several that are as few those with the largest share."""
    until = [0.0, *accumulate(fractions(sums, sums.by_length))]
    found, first = [], 0
    for last, term in enumerate(sums.by_length):
        while until[last + 1] - until[first + 1] >= least * until[-1]:
            first += 1
        covered = until[last + 1] - until[first]
        if covered >= least * until[-1]:
            found.append((term.length - sums.by_length[first].length, -covered, first, last))
    return min(found)[2:]


def together(terms: Sequence[LengthTerm]) -> Any:
    """The sum of the contributions of several lengths; of a matrix its norm."""
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


def largest_table(sums: PathSums, analysis: PathAnalysis, every: bool) -> Table:
    """The largest paths, with their share of the sum (of a matrix: of the summed magnitude). Columns that would say the
    same of every path, or nothing, are left out."""
    paths = list(sums.top)
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
    if sums.count * analysis.network.examples > 1:
        heading = "share" if is_of_sum(sums) else SHARE_OF_MAGNITUDE
        columns.append((heading, [Percent(share(path, sums)) for path in paths]))
    shown = [(name, cells) for name, cells in columns if any(cell not in (None, "") for cell in cells)]
    rows = list(zip(*(cells for _, cells in shown)))
    return Table([Column(name) for name, _ in shown], rows, title=largest_title(sums, analysis))


def largest_title(sums: PathSums, analysis: PathAnalysis) -> str:
    """The 10 largest paths of ∂L/∂w1; where none is left out, The 2 paths of ∂L/∂w1."""
    shown, examples = len(sums.top), analysis.network.examples
    several = "path" if shown == 1 else f"{shown} paths"
    if shown < sums.count * examples:
        several = "largest path" if shown == 1 else f"{shown} largest paths"
    part, batch = f" {analysis.part}" * bool(analysis.part), f" in {examples} examples" * (examples > 1)
    return f"The {several} of {gradient(sums.name, sums.of)}{part}{batch}"


def nodes_and_edges(paths: Sequence[Path], every: bool) -> list[tuple[str, str]]:
    """Nodes and edges of every path; its weights by name, if they are not many, where another would read the same."""
    nodes = node_lists([path.nodes for path in paths], every)
    told = [(start(path) + own, edge_list(path.through, every)) for path, own in zip(paths, nodes)]
    seen = Counter((path.example, path.entry, edges) for path, (_, edges) in zip(paths, told))
    alike = [seen[path.example, path.entry, edges] > 1 for path, (_, edges) in zip(paths, told)]
    return [
        (where, named(path) or edges) if same else (where, edges)
        for path, (where, edges), same in zip(paths, told, alike)
    ]


def start(path: Path) -> str:
    """The use of a tied parameter that the path starts at, where its first node does not tell."""
    return f"{path.at}: " if path.at not in (None, path.nodes[0]) else ""


def named(path: Path) -> str:
    """Every weight that it takes, and how many skips; nothing where the weights are many."""
    skips = sum(edge.startswith(SKIP) for edge in path.through)
    weights = [edge for edge in path.through if "→" not in edge]
    return ", ".join([*weights, *([plural(skips, "skip")] if skips else [])]) if len(weights) <= NAMED else ""


def share(path: Path, sums: PathSums) -> Any:
    """Of the sum or of the magnitude."""
    if is_of_sum(sums):
        return path.share
    return abs(path.contribution) / sums.magnitude if sums.magnitude else None


def is_of_sum(sums: PathSums) -> bool:
    """Whether there is a sum to have a share of: one number, and not 0."""
    return not isinstance(sums.value, list) and sums.cancellation is not None


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
