"""What `gradcalc sweep` prints: a row for every point, sparklines, a heat map of two keys; facts when a format asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from gradcalc.analysis.quantities import RESIDUAL, THEORIES, SweepColumn, size
from gradcalc.analysis.sweep import Sweep
from gradcalc.analysis.sweep_rows import Floats, SweepRow, alone
from gradcalc.arithmetic.float64 import is_low_precision
from gradcalc.language.document import NO_SKIPS
from gradcalc.report.report import Bar, Block, Column, Deferred, Heading, Note, Percent, Report, Spark, Table, boundless
from gradcalc.report.scales import digits_apart, thinned, value_text
from gradcalc.report.text import spark
from gradcalc.views import sweep_tables as tables
from gradcalc.views.network_header import computed_in, in_arithmetic
from gradcalc.views.sweep_sentences import legend, missing, verdict
from gradcalc.views.sweep_summary import summary_facts, summary_table

LINE = 40  # characters of a line of a column; more rows are thinned
FEWEST = 3  # points from which on a column has a line


def report(sweep: Sweep, warnings: tuple[str, ...] = (), summary: bool = False, once: bool = False) -> Report:
    """The sweep as a report; `summary` puts the spread over the last key's values in place of its rows; `once`: its
    rows are asked for once, and records need not be remembered."""

    def of_rows(make: Callable[[Sweep, Sequence[SweepRow]], Any]) -> Any:
        """What is made of all rows, once they are there."""
        rows = sweep.rows.table()
        with boundless():
            return make(sweep, rows)

    def summed(sweep: Sweep, rows: Sequence[SweepRow]) -> dict[str, Any]:
        return {"summary": summary_facts(sweep, rows)}

    def records() -> Iterator[Iterable[Mapping[str, Any]]]:
        keys = list(sweep.axes)
        if summary:
            yield of_rows(summary_facts)
            return
        for block in sweep.rows.passing() if once else sweep.rows.blocks():
            yield (tables.row_facts(keys, row) for row in block)

    return Report(
        Deferred(lambda: in_arithmetic(tables.facts(sweep), sweep.arithmetic) | (of_rows(summed) if summary else {})),
        lambda: page(sweep, sweep.rows.table(), summary),
        records,
        lambda: of_rows(summary_table if summary else tidy_table),
        warnings=warnings,
        title=f"{sweep.name}: sweep of {' and '.join(sweep.axes)}",
        status=lambda: int(sweep.rows.failed),
    )


def page(sweep: Sweep, rows: Sequence[SweepRow], summary: bool) -> Iterator[Block]:
    """The blocks in order; without the columns of theory in which there is nothing."""
    yield Heading(tables.title(sweep))
    shown = [
        column
        for column in sweep.columns
        if column.quantity not in (*THEORIES, *RESIDUAL)
        or any(value is not None for side in tables.sides(sweep, column, rows) for value in side)
    ]
    without_values = list(missing(sweep, rows))
    sweep = sweep._replace(columns=tuple(shown))
    if summary:
        yield summary_table(sweep, rows)
    else:
        maps, is_line = list(tables.heat_maps(sweep, rows)), len(sweep.axes) == 1 and len(rows) >= FEWEST
        lines = list(line_table(sweep, rows)) if is_line else []
        yield from (*maps, row_table(sweep, rows), *lines)
        yield from legend(sweep, rows, any(map(has_dots, (*maps, *lines))))
    yield from verdict(sweep, rows)
    yield from map(Note, without_values)
    if is_low_precision(sweep.arithmetic):
        yield Note(computed_in(sweep.arithmetic))


def row_table(sweep: Sweep, rows: Sequence[SweepRow]) -> Table:
    """Every point: its values, the columns (each with that without skips after it), bars of the first gradient; where
    the page is too narrow for that, a row for each point and network."""

    digits = list(map(digits_apart, sweep.axes.values()))

    def cells(number: int) -> tuple[Any, ...]:
        labels = map(tables.label, rows[number].values, digits)
        return (*labels, *(column[number] for _, column in columns))

    columns: list[tuple[Column, Sequence[Any]]] = []
    for column in sweep.columns:
        heading = tables.heading_in(sweep, column, rows)
        for name, side in zip((heading, tables.against_heading(heading)), tables.sides(sweep, column, rows)):
            columns.append((Column(name, like=column.name), cells_of(column, side)))
    if drawn := tables.bars(sweep, rows):
        columns.append((Column(drawn.heading), drawn.bars))
    if any(row.error or row.against_error for row in alone(rows)):
        columns.append((Column("reason"), [short(row.error or row.against_error) for row in rows]))
    otherwise = network_rows(sweep, rows) if sweep.against else None
    title = f"Points; bars: {sweep.name} above {NO_SKIPS}" if drawn and sweep.against else ""
    names = [*map(Column, sweep.axes), *(name for name, _ in columns)]
    made = tables.MadeWhenAsked(len(rows), cells)
    return Table(names, made, title=title, otherwise=otherwise, keys=len(sweep.axes))


def network_rows(sweep: Sweep, rows: Sequence[SweepRow]) -> Table:
    """Every point in two rows: the network, and that without skips."""
    digits = map(digits_apart, sweep.axes.values())
    columns: list[tuple[str, Sequence[Any], Sequence[Any]]] = [
        (key, [tables.label(row.values[place], told) for row in rows], [None] * len(rows))
        for place, (key, told) in enumerate(zip(sweep.axes, digits))
    ]
    columns.append(("network", [sweep.name] * len(rows), [NO_SKIPS] * len(rows)))
    for column in sweep.columns:
        own, plain = (*tables.sides(sweep, column, rows), [None] * len(rows))[:2]
        columns.append((tables.heading_in(sweep, column, rows), cells_of(column, own), cells_of(column, plain)))
    if drawn := tables.bars(sweep, rows):
        pairs = [bar or Bar(0.0) for bar in drawn.bars]
        columns.append((drawn.heading, [Bar(bar.fraction) for bar in pairs], [Bar(bar.under or 0.0) for bar in pairs]))
    plain_alone = [None if row.error else short(row.against_error) for row in rows]  # what fails fails in both, mostly
    reasons = [short(row.error) for row in rows], plain_alone
    if any(chain(*reasons)):
        columns.append(("reason", *reasons))
    cells = [list(chain(*zip(own, plain))) for _, own, plain in columns]
    groups = [number for number in range(len(rows)) for _ in range(2)]
    return Table([Column(name) for name, *_ in columns], list(zip(*cells)), groups=groups, keys=len(sweep.axes) + 1)


def short(error: str | None) -> str | None:
    """What goes before the first semicolon of a reason, the whole of which stands beneath the table."""
    return (error or "").partition("; ")[0] or None


def cells_of(column: SweepColumn, values: Sequence[Any]) -> Sequence[Any]:
    """Values as cells: shares as percentages, of lists their norms."""
    as_cell = Percent if column.quantity in tables.SHARES else size
    return (
        values
        if isinstance(values, Floats) and as_cell is size
        else [None if value is None else as_cell(value) for value in values]
    )


def line_table(sweep: Sweep, rows: Sequence[SweepRow]) -> Iterator[Table]:
    """Every column as a line over the points, beneath it that without skips to the same scale; no level lines."""
    lines: list[list[Any]] = []
    for column in sweep.columns:
        values = tables.sides(sweep, column, rows)
        scaled = tables.Heights(column, values, always=True)
        drawn = [thinned(scaled.of(side), LINE) for side in values]
        sparks = [Spark(heights, *scaled.limits(chain(*drawn))) for heights in drawn]
        if all(len(set(spark(line))) < 2 for line in sparks):
            continue
        name = tables.magnitude_of(column, rows)
        lines += [[label, line, scaled.extent] for label, line in zip((name, tables.against_heading(name)), sparks)]
    if lines:
        ((key, xs),) = sweep.axes.items()
        first, last = (value_text(rows[place].values[0], digits_apart(xs)) for place in (0, -1))
        columns = [Column("quantity"), Column(f"{key} {first} → {last}"), Column("scale")]
        yield Table(columns, lines, title=f"Each quantity along {key}")


def has_dots(table: Table) -> bool:
    """Whether a line of characters has gaps."""
    return any(isinstance(cell, Spark) and None in cell.values for row in table.rows for cell in row)


def tidy_table(sweep: Sweep, points: Sequence[SweepRow]) -> Table:
    """A row for every point, for data frames: `depth,loss,gradient:w1,no-skips.loss,error`; of a list its norm."""
    names = [column.name for column in sweep.columns]
    columns = [*sweep.axes, *names, *(f"{NO_SKIPS}.{name}" for name in names if sweep.against), tables.ERROR]
    rows = []
    for row in points:
        found = [
            side.get(name)
            for side in ([row.found, row.against or {}] if sweep.against else [row.found])
            for name in names
        ]
        cells = [None if value is None else size(value) for value in found]
        rows.append([*map(tables.shown_value, row.values), *cells, row.error or row.against_error])
    return Table([Column(name) for name in columns], rows)
