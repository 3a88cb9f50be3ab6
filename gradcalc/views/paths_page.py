"""What `gradcalc paths` prints: sums over paths, the spectrum by length, and the largest paths, one a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import gradcalc
from gradcalc.analysis.results import Path, PathAnalysis, PathSums
from gradcalc.report.report import Block, Deferred, Formula, Heading, Note, Report
from gradcalc.report.text import gradient, listed
from gradcalc.views import paths_sentences as sentences
from gradcalc.views.network_header import title
from gradcalc.views.paths_tables import EACH, computing, flat_table, largest_table, spectrum_table, summary

if TYPE_CHECKING:
    from gradcalc.report.report import Table


def report(analysis: PathAnalysis, warnings: tuple[str, ...] = (), every: bool = False) -> Report:
    """The analysis as a report; `every` shows each gradient by itself and each length."""

    def blocks() -> Sequence[Block]:
        with computing(analysis.arithmetic):
            return list(page(analysis, every))

    shown = listed([gradient(name, sums.of) for name, sums in analysis.sums.items()])
    return Report(
        Deferred(lambda: facts(analysis)),
        blocks,
        table=lambda: flat_table(analysis),
        warnings=(*warnings, *analysis.warnings),
        title=f"{analysis.network.name}: paths of {shown}",
    )


def facts(analysis: PathAnalysis) -> dict[str, Any]:
    """What JSON prints; keys and their order are a contract."""
    return {
        "gradcalc": gradcalc.__version__,
        "command": "paths",
        "name": analysis.network.name,
        "activations": list(analysis.network.activations),
        "loss": None if analysis.loss is None else analysis.loss._asdict(),
        "wrt": {name: sums_facts(sums) for name, sums in analysis.sums.items()},
    }


def sums_facts(sums: PathSums) -> dict[str, Any]:
    """One gradient as a sum over paths."""
    return {
        "count": sums.count,
        "value": sums.value,
        "magnitude": sums.magnitude,
        "cancellation": sums.cancellation,
        "entropy": sums.entropy,
        "effective_paths": sums.effective_paths,
        "by_length": [term._asdict() for term in sums.by_length],
        "top": [path_facts(path) for path in sums.top],
    }


def path_facts(path: Path) -> dict[str, Any]:
    """One path; `at` where a tied parameter has several uses, `example` in a batch, `entry` of a matrix."""
    optional = ("at", "example", "entry")
    return {name: value for name, value in path._asdict().items() if name not in optional or value is not None}


def page(analysis: PathAnalysis, every: bool) -> Iterator[Block]:
    """A few gradients each by itself; of many a table, and the first by itself."""
    yield Heading(heading(analysis))
    sums, tables = list(analysis.sums.values()), []
    several = len(sums) > 1
    if len(sums) > EACH and not every:
        tables.append(summary(sums, analysis.network.examples))
        yield tables[0]
        yield Note(sentences.one_of_several())
        sums = sums[:1]
    for one in sums:
        if several:
            yield Heading(f"{gradient(one.name, one.of)} as a sum over paths")
        yield Formula(sentences.opening(one, analysis))
        shown = list(tables_of(one, analysis, every))
        yield from shown
        yield from sentences.verdict(one, analysis)
        tables += shown
    if any(one.count for one in sums):
        yield sentences.legend(analysis, ["length", *(column.name for table in tables for column in table.columns)])
    if arithmetic := sentences.arithmetic(analysis):
        yield Note(arithmetic)


def heading(analysis: PathAnalysis) -> str:
    """What the network is, and which part of the paths the page is about."""
    of = next((sums.of for sums in analysis.sums.values() if sums.of != "L"), None)
    return title(analysis.network, of) + f" · paths {analysis.part}" * bool(analysis.part)


def tables_of(sums: PathSums, analysis: PathAnalysis, every: bool) -> Iterator[Table]:
    """The spectrum of one gradient, where it has one, and its largest paths."""
    if len(sums.by_length) > 1:
        yield spectrum_table(sums, analysis, every)
    if sums.top:
        yield largest_table(sums, analysis, every)
