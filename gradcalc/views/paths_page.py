"""What `gradcalc paths` prints and draws: sums over paths, the spectrum by length, and the largest paths, one a row.

Lengths whose share is negligible stand together in one row at either end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import isfinite
from typing import Any

from gradcalc.analysis.path_list import refuse_many_nodes
from gradcalc.analysis.results import LengthTerm, Path, PathAnalysis, PathSums, mean_magnitude
from gradcalc.arithmetic.float64 import is_low_precision
from gradcalc.expressions.numerals import text as number_text
from gradcalc.network.network import Network, entries, norm, numbers
from gradcalc.report.report import (
    Bar,
    Block,
    Column,
    Deferred,
    Formula,
    Heading,
    Note,
    Percent,
    Report,
    Table,
    boundless,
)
from gradcalc.report.scales import log10, rounded
from gradcalc.report.text import SKIP, edge_list, gradient, listed, node_lists, plural
from gradcalc.views.digit_sentences import are_wrong
from gradcalc.views.network_header import (
    Facts,
    envelope,
    in_arithmetic,
    network_facts,
    not_finite,
    parallel_edges,
    path_facts,
    title,
    visited,
)
from gradcalc.views.paths_sentences import (
    arithmetic,
    brief,
    cancels,
    fractions,
    legend,
    mean_length,
    opening,
    reasons_of_zeros,
    verdict,
)

SUMS = "Gradients as sums over paths"
EACH = 2  # as many gradients as are each shown by themselves
NEGLIGIBLE = 0.0005  # the share that lengths at both ends of a spectrum may have together to stand in one row each
FEW_LENGTHS, MOST_LENGTHS = 12, 24  # lengths up to which each has its row, and rows for those that matter
SHARE_OF_MAGNITUDE = "share of Σ|contribution|"  # how shares are headed that are no shares of the gradient
DIGITS = 6  # of a number of paths in a title
NAMED = 12  # weights of a path that are named where two paths would read alike without
ALL, SOME = 6, 4  # gradients that are all drawn, and how many of more


def report(analysis: PathAnalysis, warnings: tuple[str, ...] = (), every: bool = False) -> Report:
    """The analysis as a report; `every` shows each gradient by itself and each length."""
    shown = listed([gradient(name, sums.of) for name, sums in analysis.sums.items()])
    return Report(
        Deferred(lambda: in_arithmetic(facts(analysis), analysis.arithmetic)),
        lambda: page(analysis, every),
        table=lambda: flat_table(analysis),
        warnings=(*warnings, *analysis.warnings),
        title=f"{analysis.network.name}: paths of {shown}",
    )


def facts(analysis: PathAnalysis) -> Facts:
    """Everything that was found. Raises LimitError where that would fill volumes."""
    nodes = len(analysis.network.layers) * sum(len(sums.top) for sums in analysis.sums.values())
    refuse_many_nodes(len(analysis.sums), nodes)
    wrt = {
        name: {
            "count": sums.count,
            "value": sums.value,
            "magnitude": sums.magnitude,
            "cancellation": sums.cancellation,
            "entropy": sums.entropy,
            "effective_paths": sums.effective_paths,
            "by_length": [term._asdict() for term in sums.by_length],
            "top": list(map(path_facts, sums.top)),
        }
        for name, sums in analysis.sums.items()
    }
    return {**envelope("paths"), **network_facts(analysis.network, analysis.loss), "wrt": wrt}


def page(analysis: PathAnalysis, every: bool) -> Iterator[Block]:
    """A few gradients each by itself; of many a table, and the first by itself."""
    yield Heading(heading(analysis))
    sums, columns = list(analysis.sums.values()), ["length"]
    several = len(sums) > 1
    if len(sums) > EACH and not every:
        table = summary(sums, analysis.network.examples)
        columns += [column.name for column in table.columns]
        yield table
        yield Note("Below: the first of these gradients by its paths; --wrt NAME shows another, --all every one.")
        sums = sums[:1]
    reasons = reasons_of_zeros(analysis, sums)
    for one in sums:
        if several:
            yield Heading(f"{gradient(one.name, one.of)} as a sum over paths")
        yield Formula(opening(one, analysis))
        tables = [spectrum_table(one, analysis, every)] if len(one.by_length) > 1 else []
        tables += [largest_table(one, analysis, every)] if one.top else []
        columns += [column.name for table in tables for column in table.columns]
        columns += [":"] * any(path.at not in (None, path.nodes[0]) for path in one.top)
        yield from tables
        if not (is_low_precision(analysis.arithmetic) or are_wrong(analysis.rounded)):  # what is told would not be true
            yield from verdict(one, analysis, reasons.get(one.name))
    if analysis.kinks or analysis.rounded or analysis.network.may_lack_digits(analysis.arithmetic):
        from gradcalc.views.kink_sentences import derivative_sentences

        found = analysis.kinks, analysis.rounded, analysis.network
        yield from map(Note, derivative_sentences(*found, analysis.arithmetic, sums[0].of))
    if any(one.count for one in sums):
        yield legend(analysis, columns)
    values = {one.name: one.value for one in analysis.sums.values()}
    if (words := not_finite(values, analysis.network, analysis.arithmetic)) is not None:
        yield Note(words, "result")
    if computed := arithmetic(analysis):
        yield Note(computed)


def heading(analysis: PathAnalysis) -> str:
    """What the network is, and which part of the paths the page is about."""
    of = next((sums.of for sums in analysis.sums.values()), "L")
    return title(analysis.network, of) + f" · paths {analysis.part}" * bool(analysis.part)


def summary(sums: Sequence[PathSums], examples: int) -> Table:
    """One row for each gradient; norms of all where some are matrices; no columns that say the same of each."""
    matrices, several = any(isinstance(one.value, list) for one in sums), [one.count * examples > 1 for one in sums]
    has_share = any(one.largest is not None and more for one, more in zip(sums, several))
    against = [brief(one.cancellation) or ("∞" if one.magnitude else None) for one in sums]
    largest = [None if one.largest is None else Percent(one.largest) for one in sums]
    columns: dict[str, Sequence[Any]] = {
        "gradient": [gradient(one.name, one.of) for one in sums],
        "norm" if matrices else "value": [norm(one.value) if matrices else one.value for one in sums],
        "paths": [one.count * examples for one in sums],
        "effective paths": [brief(one.effective_paths) for one in sums] * any(several),
        "cancellation": against * any(map(cancels, sums)),
        "length": [lengths(one.by_length) for one in sums],
        "mean length": [brief(mean_length(one)) for one in sums] * any(len(one.by_length) > 1 for one in sums),
        f"largest {SHARE_OF_MAGNITUDE}": largest * has_share,
    }
    table = Table.of_columns(columns.items(), SUMS)
    if not has_share:
        return table
    *others, (_, shares) = ((name, cells) for name, cells in columns.items() if name != "mean length")
    narrow = Table.of_columns([*others, ("largest share", shares)], f"{SUMS} (largest share: of Σ|contribution|)")
    return table._replace(otherwise=narrow)


def lengths(terms: Sequence[LengthTerm]) -> int | str | None:
    """The shortest and the longest: "1 … 2"."""
    if not terms or terms[0].length == terms[-1].length:
        return terms[0].length if terms else None
    return f"{terms[0].length} … {terms[-1].length}"


def spectrum_table(sums: PathSums, analysis: PathAnalysis, every: bool) -> Table:
    """One row for each length that matters: paths × mean |path| = Σ|contribution|, |contribution| if none cancel."""
    matrix, examples, groups = isinstance(sums.value, list), analysis.network.examples, grouped(sums, every)
    magnitudes = [sum((term.magnitude for term in terms[1:]), terms[0].magnitude) for terms in groups]
    counts = [sum(term.count for term in terms) * examples for terms in groups]
    totals = [
        [sum(parts[1:], parts[0]) for parts in zip(*(numbers(term.contribution) for term in terms))] for terms in groups
    ]
    heading = SHARE_OF_MAGNITUDE if cancels(sums) or matrix else "share"
    of_sum = heading == "share"
    whole, largest = (sums.value if of_sum else sums.magnitude) or None, max(magnitudes)
    parts = [total[0] for total in totals] if of_sum else magnitudes
    columns: dict[str, Sequence[Any]] = {
        "length": list(map(lengths, groups)),
        "paths": counts,
        "mean |path|": [rounded(mean_magnitude(*each), 4) for each in zip(magnitudes, counts)],
        "Σ|contribution|": magnitudes if heading == SHARE_OF_MAGNITUDE else [None] * len(groups),
        "‖contribution‖" if matrix else "contribution": [norm(total) if matrix else total[0] for total in totals],
        heading: [Percent(one / whole) if whole and isfinite(one / whole) else None for one in parts],
        "bar": [Bar(float(one / largest)) if largest and isfinite(one / largest) else None for one in magnitudes],
    }
    part = f", paths {analysis.part}" if analysis.part else ""
    return Table.of_columns(columns.items(), f"{gradient(sums.name, sums.of)} by path length{part}")


def grouped(sums: PathSums, every: bool) -> list[Sequence[LengthTerm]]:
    """The terms, negligible ones at both ends together, and neighbours where there are many between."""
    terms = sums.by_length
    if every or len(terms) <= FEW_LENGTHS or not sums.magnitude:
        return [[term] for term in terms]
    sizes = fractions(sums, terms)
    first = sum(before <= NEGLIGIBLE / 2 for before in accumulate(sizes))
    end = len(sizes) - sum(after <= NEGLIGIBLE / 2 for after in accumulate(reversed(sizes)))
    size = -(-(end - first) // MOST_LENGTHS)
    between = [terms[place : min(place + size, end)] for place in range(first, end, size)]
    return [part for part in (terms[:first], *between, terms[end:]) if part]


def largest_table(sums: PathSums, analysis: PathAnalysis, every: bool) -> Table:
    """The largest paths, with their share of the sum (of a matrix: of the magnitude); no columns that say nothing."""
    paths, examples = sums.top, analysis.network.examples
    of_all, of_sum = sums.count * examples, not isinstance(sums.value, list) and sums.cancellation is not None
    told = nodes_and_edges(analysis.network, paths, every)
    shares = [path.share if of_sum else abs(path.contribution) / (sums.magnitude or 1) for path in paths]
    columns: dict[str, Sequence[Any]] = {
        "example": [path.example for path in paths],
        "entry": [path.entry for path in paths],
        "path": [where for where, _ in told],
        "through": [edges for _, edges in told],
        "length": [path.length for path in paths] * (len(sums.by_length) > 1),
        "contribution": [path.contribution for path in paths],
        "share" if of_sum else SHARE_OF_MAGNITUDE: [None if share is None else Percent(share) for share in shares]
        * bool(of_all > 1 and sums.magnitude),
    }
    listed = "The path" if len(paths) == 1 else f"The {len(paths)} paths"
    if len(paths) < of_all:
        listed = f"The {f'{len(paths)} ' * (len(paths) > 1)}largest of {number_text(of_all, DIGITS)} paths"
    title = f"{listed} of {gradient(sums.name, sums.of)}"
    part, batch = f" {analysis.part}" * bool(analysis.part), f" in {examples} examples" * (examples > 1)
    return Table.of_columns(columns.items(), f"{title}{part}{batch}")


def nodes_and_edges(network: Network, paths: Sequence[Path], every: bool) -> list[tuple[str, str]]:
    """Nodes and edges of every path; its weights by name, if they are not many, where another would read the same."""
    own_nodes = [visited(network, path.nodes, path.through) for path in paths]
    nodes = node_lists(own_nodes, [path.at for path in paths], every)
    told = [(own, edge_list(path.through, every)) for path, own in zip(paths, nodes)]
    seen = Counter((path.example, path.entry, edges) for path, (_, edges) in zip(paths, told))
    for place, (path, (where, edges)) in enumerate(zip(paths, told)):
        weights = [edge for edge in path.through if "→" not in edge]
        if seen[path.example, path.entry, edges] > 1 and len(weights) <= NAMED:
            skips = [edge for edge in path.through if edge.startswith(SKIP)]
            counted = skips if len(skips) < 2 else [plural(len(skips), "skip")]
            told[place] = where, ", ".join([*weights, *counted]) or edges
    return [(where, edges + own) for (where, edges), own in zip(told, parallel_edges(paths, len(paths)))]


def flat_table(analysis: PathAnalysis) -> Table:
    """The spectrum of every gradient as rows, one for each length and entry, for csv."""
    rows = [
        [sums.name, term.length, ",".join(map(str, index)), term.count, contribution, term.magnitude]
        for sums in analysis.sums.values()
        for term in sums.by_length
        for index, contribution in entries(term.contribution)
    ]
    return Table(list(map(Column, ("name", "length", "entry", "count", "contribution", "magnitude"))), rows)


def draw(analysis: PathAnalysis, path: str) -> None:
    """Draws every gradient into a file: number of paths, mean |path| and shares by length; of many gradients some, from
    the first to the last at even distances. Raises UsageError for a wrong ending."""
    from gradcalc.report.plots.spectrum import Spectrum, draw_spectra

    sums = list(analysis.sums.values())
    shown = [one for one in sums if one.count] or sums[:1]
    if len(shown) > ALL:
        shown = [shown[round(place * (len(shown) - 1) / (SOME - 1))] for place in range(SOME)]
    names = [gradient(one.name, one.of) for one in shown]
    with boundless():
        spectra = [
            Spectrum(
                name,
                [term.length for term in one.by_length],
                [log10(term.count) for term in one.by_length],
                [log10(term.mean_magnitude) for term in one.by_length],
                fractions(one, one.by_length),
            )
            for name, one in zip(names, shown)
        ]
    subject = "Gradients" if len(shown) == len(sums) else f"{len(shown)} of {len(sums)} gradients"
    subject = names[0] if len(shown) == 1 else subject
    unit = "residual blocks passed" if analysis.unit == "blocks" else "layers entered"
    draw_spectra(path, f"{subject} by path length: {heading(analysis)}", spectra, unit)
