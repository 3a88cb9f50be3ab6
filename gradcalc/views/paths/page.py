"""What a person reads of `gradcalc paths`: each gradient in a few numbers, then taken apart by length and by path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gradcalc.blocks import Block, Column, Formula, Heading, Note, Percent, Table
from gradcalc.magnitudes import norm
from gradcalc.results import PathAnalysis, PathSums
from gradcalc.text.phrases import gradient
from gradcalc.views.paths.largest import largest_table
from gradcalc.views.paths.numbers import brief, is_part
from gradcalc.views.paths.spectrum import lengths, mean_length, spectrum_table
from gradcalc.views.paths.verdict import verdict

EACH = 2
COLUMNS = (
    "effective: how many paths of one size would carry as much, 2^entropy; cancels: Σ|path| over |sum|; lengths: "
    "layers entered, their mean weighted by magnitude"
)
LARGEST = "; largest: the share of the largest path in Σ|path|"


def page(analysis: PathAnalysis, every: bool) -> Iterator[Block]:
    """A few gradients each by itself; of many a table, and the first by itself."""
    yield Heading(title(analysis))
    sums = list(analysis.sums.values())
    if len(sums) > EACH and not every:
        yield summary(sums)
        yield Note(COLUMNS + LARGEST * ranked(sums) + ".")
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
    """One row for each gradient; norms of all where some are matrices."""
    matrices = any(isinstance(one.total, list) for one in sums)
    names = ["", "norm" if matrices else "sum", "paths", "effective", "cancels", "lengths", "mean"]
    rows = [
        [
            gradient(one.name, one.of),
            norm(one.total) if matrices else one.total,
            one.count,
            brief(one.effective_paths),
            brief(one.cancellation),
            lengths(one),
            brief(mean_length(one)),
        ]
        for one in sums
    ]
    if ranked(sums):
        names.append("largest")
        rows = [[*row, Percent(largest(one))] for row, one in zip(rows, sums)]
    return Table([Column(name) for name in names], rows, title="Every gradient as a sum of paths")


def ranked(sums: list[PathSums]) -> bool:
    """Whether somebody asked for largest paths."""
    return any(one.largest is not None for one in sums)


def largest(sums: PathSums) -> Any:
    """The share of the largest path in the magnitude, which of a number is known as the share in the sum."""
    if sums.largest is None or isinstance(sums.total, list):
        return sums.largest
    return abs(sums.largest) / sums.cancellation


def taken_apart(sums: PathSums, analysis: PathAnalysis, every: bool) -> Iterator[Block]:
    """The sum, its spectrum, its largest paths, and what they mean."""
    yield Formula(tuple(opening(sums, analysis)))
    if len(sums.by_length) > 1:
        yield spectrum_table(sums, analysis.network.examples, every)
    if sums.top:
        yield largest_table(sums, every)
    if sums.count:
        yield from verdict(sums, analysis)


def opening(sums: PathSums, analysis: PathAnalysis) -> Iterator[Any]:
    """∂L/∂w1 = −0.00302124, the sum of 2 paths."""
    matrix, part, examples = isinstance(sums.total, list), is_part(analysis), analysis.network.examples
    name = f"‖{gradient(sums.name, sums.of)}‖" if matrix else gradient(sums.name, sums.of)
    yield f"{name} by paths {analysis.part}: " if part else f"{name} = "
    yield norm(sums.total) if matrix else sums.total
    if not sums.count:
        yield f", for there is no {'such ' * part}path"
        return
    yield from (", the sum of ", sums.count, " path" if sums.count == 1 else " paths")
    yield " over single units" * matrix + f" in each of {examples} examples" * (examples > 1)
    if len(sums.by_length) == 1 and sums.count > 1:
        yield f", all of length {sums.by_length[0].length}"
