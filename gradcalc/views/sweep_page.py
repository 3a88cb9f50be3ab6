"""What `gradcalc sweep` prints: a row for every point, sparklines, a heat map of two keys; facts when a format asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradcalc.analysis.quantities import RESIDUAL, THEORIES, SweepColumn, size
from gradcalc.analysis.sweep import Sweep, SweepRow
from gradcalc.report.report import Block, Column, Deferred, Heading, Percent, Report, Spark, Table
from gradcalc.report.scales import boundless
from gradcalc.views.sweep_sentences import legend, verdict
from gradcalc.views.sweep_summary import summary_facts, summary_table
from gradcalc.views.sweep_tables import (
    AGAINST,
    ERROR,
    SHARES,
    against_heading,
    bars,
    extent,
    facts,
    has_plain,
    heading_of,
    heat_maps,
    height,
    is_logarithmic,
    magnitude_of,
    row_facts,
    shown_value,
    title,
    value_text,
)


def report(sweep: Sweep, warnings: tuple[str, ...] = (), summary: bool = False) -> Report:
    """The sweep as a report; `summary` puts the spread over the last key's values in place of its rows."""

    def blocks() -> list[Block]:

        rows = list(sweep.rows)
        with boundless():
            return list(page(sweep, rows, summary))

    def table() -> Table:
        rows = list(sweep.rows)
        with boundless():
            return summary_table(sweep, rows) if summary else tidy_table(sweep, rows)

    def summarized() -> list[Mapping[str, Any]]:
        rows = list(sweep.rows)
        with boundless():
            return summary_facts(sweep, rows)

    def made() -> dict[str, Any]:
        return facts(sweep) | ({"summary": summarized()} if summary else {})

    def records() -> Iterator[Mapping[str, Any]]:
        return iter(summarized()) if summary else (row_facts(list(sweep.axes), row) for row in sweep.rows)

    called = f"{sweep.name}: sweep of {' and '.join(sweep.axes)}"
    return Report(
        Deferred(made), blocks, records, table, warnings=warnings, title=called, status=lambda: int(sweep.rows.failed)
    )


# The page of a sweep: a row for every point, lines of the columns beneath, a heat map of two keys, and words.


LINE = 40
"""Characters of a line of a column; more rows are thinned."""

FEWEST = 3
"""Points from which on a column has a line."""


def page(sweep: Sweep, rows: Sequence[SweepRow], summary: bool) -> Iterator[Block]:
    """The blocks in order."""
    yield Heading(title(sweep))
    sweep = without_empty(sweep, rows)
    if summary:
        yield summary_table(sweep, rows)
    else:
        yield from heat_maps(sweep, rows)
        yield row_table(sweep, rows)
        if len(sweep.axes) == 1 and len(rows) >= FEWEST:
            yield line_table(sweep, rows)
        yield from legend(sweep, rows)
    yield from verdict(sweep, rows)


def without_empty(sweep: Sweep, rows: Sequence[SweepRow]) -> Sweep:
    """The sweep without the columns of theory in which there is nothing."""
    found = [side for row in rows for side in (row.found, row.against or {})]
    shown = [
        column
        for column in sweep.columns
        if column.quantity not in (*THEORIES, *RESIDUAL) or any(side.get(column.name) is not None for side in found)
    ]
    return sweep._replace(columns=tuple(shown))


def row_table(sweep: Sweep, rows: Sequence[SweepRow]) -> Table:
    """Every point: its values, the columns (each with that without skips after it), bars of the first gradient."""
    failed = any(row.error or row.against_error for row in rows)
    drawn = bars(sweep, rows)
    names = [*sweep.axes, *(name for column in sweep.columns for name in headings(column, rows, sweep.against))]
    cells = [
        [
            *(shown_value(value) for value in row.values),
            *(cell for column in sweep.columns for cell in values(column, row, sweep.against)),
            *([drawn.bars[number]] if drawn else []),
            *([reason(row)] if failed else []),
        ]
        for number, row in enumerate(rows)
    ]
    names += [f"{drawn.scale}, log"] if drawn else []
    names += ["reason"] if failed else []
    return Table([Column(name) for name in names], cells)


def reason(row: SweepRow) -> str | None:
    """Why a point has no numbers, in short; the whole of it stands beneath the table."""
    error = row.error or row.against_error
    return error.partition("; ")[0] if error else None


def headings(column: SweepColumn, rows: Sequence[SweepRow], against: str | None) -> list[str]:
    """The column's, and that of the network without skips."""
    name = heading_of(column, rows)
    return [name, against_heading(name)] if has_plain(column, against) else [name]


def values(column: SweepColumn, row: SweepRow, against: str | None) -> list[Any]:
    """A column's value at one point, and that without skips; of a list its norm."""
    found = [row.found.get(column.name)]
    if has_plain(column, against):
        found.append((row.against or {}).get(column.name))
    return [None if value is None else Percent(value) if column.quantity in SHARES else size(value) for value in found]


def line_table(sweep: Sweep, rows: Sequence[SweepRow]) -> Table:
    """Every column as a line over the points, beneath it that without skips to the same scale."""
    lines: list[list[Any]] = []
    step = -(-len(rows) // LINE)
    for column in sweep.columns:
        heights = [height(column, row.found.get(column.name)) for row in rows][::step]
        plain = [height(column, (row.against or {}).get(column.name)) for row in rows][::step]
        plain = plain if has_plain(column, sweep.against) else []
        known = [each for each in heights + plain if each is not None]
        low, high = min(known, default=0.0), max(known, default=0.0)
        name, ends = magnitude_of(column, rows), extent(column, rows)
        ends = f"{ends}, log" if ends and is_logarithmic(column) else ends
        lines.append([name, Spark(heights, low, high), ends])
        if plain:
            lines.append([against_heading(name), Spark(plain, low, high), ends])
    first, last = (value_text(rows[place].values[0]) for place in (0, -1))
    key = next(iter(sweep.axes))
    columns = [Column("quantity"), Column(f"{key} {first} → {last}"), Column("scale")]
    return Table(columns, lines, title=f"Each quantity along {key}")


# A sweep for data frames: a row for every point, the columns of the network, then those without skips.


def tidy_table(sweep: Sweep, points: Sequence[SweepRow]) -> Table:
    """`depth,loss,gradient:w1,no-skips.loss,no-skips.gradient:w1,error`; of a list its norm."""
    names = [column.name for column in sweep.columns]
    columns = [*sweep.axes, *names, *(f"{AGAINST}.{name}" for name in names if sweep.against), ERROR]
    rows = []
    for row in points:
        sides = [row.found, row.against or {}] if sweep.against else [row.found]
        cells: list[Any] = [single(side.get(name)) for side in sides for name in names]
        rows.append([*map(shown_value, row.values), *cells, row.error or row.against_error])
    return Table([Column(name) for name in columns], rows)


def single(value: Any) -> Any:
    """A value as one number."""
    return None if value is None else size(value)
