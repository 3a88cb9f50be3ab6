"""What `gradcalc paths` prints: sums over paths, the spectrum by length, and the largest paths, one a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcalc.analysis.results import PathAnalysis, PathSums
from gradcalc.report.report import Block, Deferred, Formula, Heading, Note, Report
from gradcalc.report.scales import boundless
from gradcalc.report.text import gradient, listed
from gradcalc.views.network_header import Facts, envelope, network_facts, path_facts, title
from gradcalc.views.paths_sentences import arithmetic, legend, opening, verdict
from gradcalc.views.paths_tables import flat_table, largest_table, spectrum_table, summary

EACH = 2
"""As many gradients as are each shown by themselves."""


def report(analysis: PathAnalysis, warnings: tuple[str, ...] = (), every: bool = False) -> Report:
    """The analysis as a report; `every` shows each gradient by itself and each length."""

    def blocks() -> Sequence[Block]:
        with boundless():
            return list(page(analysis, every))

    shown = listed([gradient(name, sums.of) for name, sums in analysis.sums.items()])
    return Report(
        Deferred(lambda: facts(analysis)),
        blocks,
        table=lambda: flat_table(analysis),
        warnings=(*warnings, *analysis.warnings),
        title=f"{analysis.network.name}: paths of {shown}",
    )


def facts(analysis: PathAnalysis) -> Facts:
    """Everything that was found."""
    wrt = {name: sums_facts(sums) for name, sums in analysis.sums.items()}
    return {**envelope("paths"), **network_facts(analysis.network, analysis.loss), "wrt": wrt}


def sums_facts(sums: PathSums) -> Facts:
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


def page(analysis: PathAnalysis, every: bool) -> Iterator[Block]:
    """A few gradients each by itself; of many a table, and the first by itself."""
    yield Heading(heading(analysis))
    sums, columns = list(analysis.sums.values()), ["length"]
    several = len(sums) > 1
    if len(sums) > EACH and not every:
        table = summary(sums, analysis.network.examples)
        columns += [column.name for column in table.columns]
        yield table
        yield Note("The first of these gradients by its paths; --wrt NAME shows another, --all every one.")
        sums = sums[:1]
    for one in sums:
        if several:
            yield Heading(f"{gradient(one.name, one.of)} as a sum over paths")
        yield Formula(opening(one, analysis))
        tables = [spectrum_table(one, analysis, every)] if len(one.by_length) > 1 else []
        tables += [largest_table(one, analysis, every)] if one.top else []
        columns += [column.name for table in tables for column in table.columns]
        yield from tables
        yield from verdict(one, analysis)
    if any(one.count for one in sums):
        yield legend(analysis, columns)
    if computed := arithmetic(analysis):
        yield Note(computed)


def heading(analysis: PathAnalysis) -> str:
    """What the network is, and which part of the paths the page is about."""
    of = next((sums.of for sums in analysis.sums.values()), "L")
    return title(analysis.network, of) + f" · paths {analysis.part}" * bool(analysis.part)
