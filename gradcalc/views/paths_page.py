"""What `gradcalc paths` prints: sums over paths, the spectrum by length, and the largest paths, one a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gradcalc.network.network import norm
from gradcalc.report.report import Block, Column, Deferred, Formula, Heading, Note, Percent, Report, Table
from gradcalc.report.text import SKIP, gradient, listed, over, plural, route
from gradcalc.results import LengthTerm, Path, PathAnalysis, PathSums
from gradcalc.views.paths_sentences import verdict
from gradcalc.views.paths_tables import brief, cancels, is_part, lengths, mean_length, spectrum_table

if TYPE_CHECKING:
    from gradcalc.report.report import Block, Table


# What `gradcalc paths` shows: sums over paths, the spectrum by length, the largest paths, and a verdict.


def report(analysis: PathAnalysis, warnings: tuple[str, ...] = (), every: bool = False) -> Report:
    """The analysis as a report; `every` shows each gradient by itself and each length."""

    def blocks() -> Sequence[Block]:
        from gradcalc.views.paths_tables import computing

        with computing(analysis.arithmetic):
            return list(page(analysis, every))

    def table() -> Table:
        from gradcalc.views.paths_tables import flat_table

        return flat_table(analysis)

    shown = listed([gradient(name, sums.of) for name, sums in analysis.sums.items()])
    return Report(
        Deferred(lambda: facts(analysis)),
        blocks,
        table=table,
        warnings=(*warnings, *analysis.warnings),
        title=f"{analysis.network.name}: paths of {shown}",
    )


def facts(analysis: PathAnalysis) -> dict[str, Any]:
    """What JSON prints; keys and their order are a contract."""
    return {"command": "paths", "wrt": {name: sums_facts(sums) for name, sums in analysis.sums.items()}}


def sums_facts(sums: PathSums) -> dict[str, Any]:
    """One gradient taken apart."""
    said = {
        "count": sums.count,
        "total": sums.total,
        "magnitude": sums.magnitude,
        "cancellation": sums.cancellation,
        "entropy": sums.entropy,
        "effective_paths": sums.effective_paths,
        "by_length": [term_facts(term) for term in sums.by_length],
        "top": [path_facts(path) for path in sums.top],
    }
    return said if sums.exact else said | {"exact": False}


def term_facts(term: LengthTerm) -> dict[str, Any]:
    """The paths of one length."""
    return term._asdict()


def path_facts(path: Path) -> dict[str, Any]:
    """One path; `at` where a tied parameter has several uses, `example` in a batch, `entry` of a matrix."""
    optional = ("at", "example", "entry")
    return {name: value for name, value in path._asdict().items() if name not in optional or value is not None}


# What a person reads of `gradcalc paths`: each gradient in a few numbers, then taken apart by length and by path.


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


# The largest paths of a gradient, one a row: where they lead, over which edges, and what they carry.


NAMED = 12


"""Weights of a path that are named where two paths would read alike without."""


def largest_table(sums: PathSums, every: bool) -> Table:
    """The largest paths, with their share of the sum (of a matrix: of the summed magnitude)."""
    paths = list(sums.top)
    batch = any(path.example is not None for path in paths)
    matrix = any(path.entry is not None for path in paths)
    names = ("example",) * batch + ("entry",) * matrix + ("path", "over", "length", "contribution", heading(sums))
    rows = [
        [path.example] * batch
        + [path.entry] * matrix
        + [where, edges, path.length, path.contribution, Percent(share(path, sums))]
        for path, (where, edges) in zip(paths, ways(paths, every))
    ]
    return Table([Column(name) for name in names], rows, title=f"The largest of {gradient(sums.name, sums.of)}")


def ways(paths: Sequence[Path], every: bool) -> list[tuple[str, str]]:
    """Nodes and edges of every path; its weights by name, if they are not many, where another would read the same."""
    told = [(start(path) + route(path.nodes, every), over(path.through, every)) for path in paths]
    seen = Counter((path.example, path.entry, *way) for path, way in zip(paths, told))
    alike = [seen[path.example, path.entry, *way] > 1 for path, way in zip(paths, told)]
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


def heading(sums: PathSums) -> str:
    """What the shares are of, where that makes a difference."""
    if not cancels(sums):
        return "share"
    return "of the sum" if is_of_sum(sums) else "of Σ|path|"


def share(path: Path, sums: PathSums) -> Any:
    """Of the sum or of the magnitude."""
    if is_of_sum(sums):
        return path.share
    return abs(path.contribution) / sums.magnitude if sums.magnitude else None


def is_of_sum(sums: PathSums) -> bool:
    """Whether there is a sum to have a share of: one number, and not 0."""
    return not isinstance(sums.total, list) and sums.cancellation is not None
