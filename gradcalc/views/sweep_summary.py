"""The spread of the columns of a sweep over the values of its last key: mean and quantiles, for instance over seeds."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from gradcalc.analysis.quantities import SweepColumn, size
from gradcalc.analysis.sweep import Sweep, SweepRow
from gradcalc.expressions.numerals import decimal
from gradcalc.records import Record
from gradcalc.report.json_numbers import encode
from gradcalc.report.report import Column, Table
from gradcalc.views.sweep_tables import AGAINST, against_heading, heading_of, shown_value

MOST = 10**300
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class Spread(Record):
    """Of `number` values; `quantiles` in the order of QUANTILES, between two values in proportion."""

    values: tuple[Any, ...]  # of the keys before the last
    column: SweepColumn
    plain: bool
    number: int
    mean: Any
    quantiles: tuple[Any, ...]
    heading: str


def spreads(sweep: Sweep, rows: Sequence[SweepRow]) -> Iterator[Spread]:
    """For every choice of the keys before the last, every column, in the network and without skips."""
    for values, group in groups(rows):
        for column in sweep.columns:
            yield from filter(None, (spread(values, column, group, plain) for plain in sides(sweep)))


def groups(rows: Sequence[SweepRow]) -> Collection[tuple[tuple[Any, ...], Sequence[SweepRow]]]:
    """The rows that differ in the last key alone, under the values that they share."""
    found: dict[str, tuple[tuple[Any, ...], list[SweepRow]]] = {}
    for row in rows:
        found.setdefault(encode(row.values[:-1]), (row.values[:-1], []))[1].append(row)
    return found.values()


def sides(sweep: Sweep) -> Sequence[bool]:
    """The network, and that without skips where there is one."""
    return (False, True) if sweep.against else (False,)


def spread(
    values: tuple[Any, ...], column: SweepColumn, rows: Sequence[SweepRow], plain: bool, magnitudes: bool = False
) -> Spread | None:
    """The spread of one column, or of its magnitudes; None where no row has it."""
    read = [((row.against or {}) if plain else row.found).get(column.name) for row in rows]
    sizes = [size(value) for value in read if value is not None]
    numbers = sorted(alike(list(map(abs, sizes)) if magnitudes else sizes))
    if not numbers:
        return None
    cuts = tuple(quantile(numbers, part) for part in QUANTILES)
    return Spread(values, column, plain, len(numbers), sum(numbers) / len(numbers), cuts, heading_of(column, rows))


def alike(numbers: list[Any]) -> list[Any]:
    """Numbers of one kind, counts too: doubles where they all fit, else Decimals, or mpmath's where one of them is."""
    if any(hasattr(number, "context") for number in numbers):
        return numbers
    if all(isinstance(number, float) or (isinstance(number, int) and abs(number) < MOST) for number in numbers):
        return list(map(float, numbers))
    return list(map(decimal, numbers))


def quantile(numbers: Sequence[Any], part: float) -> Any:
    """The value below which so large a part of the sorted numbers lies, between two of them in proportion."""
    place = part * (len(numbers) - 1)
    low = int(place)
    if low + 1 == len(numbers) or place == low:
        return numbers[low]
    return numbers[low] + (numbers[low + 1] - numbers[low]) * type(numbers[low] - numbers[low])(place - low)


def summary_table(sweep: Sweep, points: Sequence[SweepRow]) -> Table:
    """A row for each spread."""
    keys = list(sweep.axes)[:-1]
    names = [*keys, "quantity", "points", "mean", *(f"{part * 100:g} %" for part in QUANTILES)]
    rows = []
    for each in spreads(sweep, points):
        values = map(shown_value, each.values)
        rows.append([*values, label(each), each.number, each.mean, *each.quantiles])
    return Table(
        [Column(name) for name in names],
        rows,
        title=f"Mean and quantiles over the values of {list(sweep.axes)[-1]}",
    )


def label(each: Spread) -> str:
    """What the spread is of."""
    return against_heading(each.heading) if each.plain else each.heading


def summary_facts(sweep: Sweep, rows: Sequence[SweepRow]) -> list[Mapping[str, Any]]:
    """The same for JSON."""
    keys = list(sweep.axes)[:-1]
    return [
        dict(zip(keys, each.values))
        | {"column": f"{AGAINST}.{each.column.name}" if each.plain else each.column.name}
        | {"count": each.number, "mean": each.mean}
        | {"quantiles": {f"{part:g}": cut for part, cut in zip(QUANTILES, each.quantiles)}}
        for each in spreads(sweep, rows)
    ]
