"""What `gradcalc paths` shows: sums over paths, the spectrum by length, the largest paths, and a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gradcalc.report import Deferred, Report
from gradcalc.results import LengthTerm, Path, PathAnalysis, PathSums

if TYPE_CHECKING:
    from gradcalc.blocks import Block, Table


def report(analysis: PathAnalysis, warnings: tuple[str, ...] = (), every: bool = False) -> Report:
    """The analysis as a report; `every` shows each gradient by itself and each length."""

    def blocks() -> Sequence[Block]:
        from gradcalc.views.paths.numbers import computing
        from gradcalc.views.paths.page import page

        with computing(analysis.arithmetic):
            return list(page(analysis, every))

    def table() -> Table:
        from gradcalc.views.paths.spectrum import flat_table

        return flat_table(analysis)

    return Report(Deferred(lambda: facts(analysis)), blocks, table=table, warnings=(*warnings, *analysis.warnings))


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
