"""The gradients as a table: each the sum of the paths that stand beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gradcalc.phrases import gradient, over, route
from gradcalc.report import Bar, Block, Column, Percent, Table
from gradcalc.results import Computation, Paths

COLUMNS = (Column(""), Column("gradient"), Column("path"), Column(""), Column("contribution"), Column("share"), Column(""))


def gradient_blocks(computation: Computation, entries: bool) -> Iterator[Block]:
    if computation.gradients is None or computation.paths is None:
        return
    rows: list[tuple[Any, ...]] = []
    groups: list[str] = []
    for name, value in computation.gradients.items():
        told = list(path_rows(computation.paths[name], entries))
        rows.append((gradient(name), value, *(told[0] if told else (None,) * 5)))
        rows += [(None, None, *row) for row in told[1:]]
        groups += [name] * max(1, len(told))
    yield Table(COLUMNS, rows, title="Gradients, and the paths that they are the sum of", groups=groups)


def path_rows(paths: Paths, whole: bool) -> Iterator[tuple[Any, ...]]:
    largest = max((abs(path.share) for path in paths.shown if path.share is not None), default=1)
    for path in paths.shown:
        bar = Bar(path.share / max(largest, 1)) if path.share is not None and len(paths.shown) > 1 else None
        yield route(path.nodes, whole), over(path.through, whole), path.contribution, Percent(path.share), bar


def flat_table(computation: Computation) -> Table:
    """Every gradient and path as one row, for csv."""
    raise NotImplementedError
