"""What a person reads of `gradcalc paths`: each gradient in a few numbers, then taken apart by length and by path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gradcalc.blocks import Block, Column, Formula, Heading, Note, Percent, Table
from gradcalc.magnitudes import norm
from gradcalc.results import Path, PathAnalysis, PathSums
from gradcalc.text.phrases import gradient, over, route
from gradcalc.views.paths.spectrum import lengths, spectrum_table
from gradcalc.views.paths.verdict import verdict

EACH = 2


def page(analysis: PathAnalysis, every: bool) -> Iterator[Block]:
    """A few gradients each by itself; of many a table, and the first by itself."""
    yield Heading(title(analysis))
    sums = list(analysis.sums.values())
    if len(sums) > EACH and not every:
        yield summary(sums)
        yield Note("The first of them taken apart; --wrt NAME takes another, --all takes all.")
        sums = sums[:1]
    for one in sums:
        yield from taken_apart(one, analysis, every)
    if analysis.arithmetic == "extended":
        yield Note("Some paths lie beyond the range of doubles; numbers that carry their own exponent were used.")
    elif analysis.arithmetic != "double":
        yield Note(f"Computed with {analysis.arithmetic}.")


def title(analysis: PathAnalysis) -> str:
    """Name, activation, loss, and which part of the paths it is about."""
    network = analysis.network
    said = [network.name, network.activation, network.loss.text]
    return " · ".join(said) + (f" · paths {analysis.part}" if analysis.part else "")


def summary(sums: list[PathSums]) -> Table:
    """One row for each gradient."""
    whole = "norm" if any(isinstance(one.total, list) for one in sums) else "sum"
    names = ("", whole, "paths", "effective", "cancels", "lengths", "mean", "largest")
    rows = [
        [
            gradient(one.name, one.of),
            norm(one.total) if isinstance(one.total, list) else one.total,
            one.count,
            brief(one.effective_paths),
            brief(one.cancellation),
            lengths(one),
            brief(mean_length(one)),
            Percent(one.largest),
        ]
        for one in sums
    ]
    return Table([Column(name) for name in names], rows, title="Every gradient as a sum of paths")


def brief(number: Any) -> Any:
    """A double to four digits, where more would tell nothing."""
    return float(f"{number:.4g}") if isinstance(number, float) else number


def taken_apart(sums: PathSums, analysis: PathAnalysis, every: bool) -> Iterator[Block]:
    """The sum, its spectrum, its largest paths, and what they mean."""
    yield Formula(tuple(opening(sums)))
    if not sums.count:
        return
    if len(sums.by_length) > 1:
        yield spectrum_table(sums, every)
    if sums.top:
        yield top_table(sums, every)
    yield from verdict(sums, analysis)


def opening(sums: PathSums) -> Iterator[Any]:
    """∂L/∂w1 = −0.00302124, the sum of 2 paths."""
    whole = isinstance(sums.total, list)
    yield f"{'‖' if whole else ''}{gradient(sums.name, sums.of)}{'‖' if whole else ''} = "
    yield norm(sums.total) if whole else sums.total
    yield from (", the sum of ", sums.count, " paths" if sums.count != 1 else " path")
    if whole:
        yield " over single units"
    if len(sums.by_length) == 1 and sums.count > 1:
        yield f", all of length {sums.by_length[0].length}"


def mean_length(sums: PathSums) -> Any:
    """The mean length, weighted by magnitude; None where there is none."""
    if not sums.magnitude:
        return None
    return float(sum(term.length * (term.magnitude / sums.magnitude) for term in sums.by_length))


def top_table(sums: PathSums, every: bool) -> Table:
    """The largest paths, with their share of the sum (of a matrix: of the summed magnitude)."""
    batch = any(path.example is not None for path in sums.top)
    matrix = any(path.entry is not None for path in sums.top)
    names = ("example",) * batch + ("entry",) * matrix + ("path", "over", "length", "contribution", "share")
    rows = [
        [path.example] * batch
        + [path.entry] * matrix
        + [start(path) + route(path.nodes, every), over(path.through, every), path.length, path.contribution]
        + [Percent(share(path, sums))]
        for path in sums.top
    ]
    return Table([Column(name) for name in names], rows, title=f"The largest of {gradient(sums.name, sums.of)}")


def start(path: Path) -> str:
    """The use of a tied parameter that the path starts at, where its first node does not tell."""
    return f"{path.at}: " if path.at not in (None, path.nodes[0]) else ""


def share(path: Path, sums: PathSums) -> Any:
    """Of the sum, where it is one number; else of the magnitude."""
    if path.share is not None or not sums.magnitude:
        return path.share
    return abs(path.contribution) / sums.magnitude
