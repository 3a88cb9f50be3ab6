"""The spread of the columns of a sweep over the values of its last key: mean and quantiles, for instance over seeds."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from gradcalc.analysis.quantities import size
from gradcalc.analysis.sweep import Sweep
from gradcalc.analysis.sweep_rows import SweepRow
from gradcalc.expressions.numerals import decimal
from gradcalc.language.document import NO_SKIPS
from gradcalc.records import Record
from gradcalc.report.json_numbers import encode
from gradcalc.report.report import Column, Table
from gradcalc.views.sweep_tables import against_heading, heading_of, shown_value, sides

MOST = 10**300
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class Spread(Record):
    """Of `number` values; `quantiles` in the order of QUANTILES, between two values in proportion."""

    number: int
    mean: Any
    quantiles: tuple[Any, ...]


def spreads(sweep: Sweep, rows: Sequence[SweepRow]) -> Iterator[tuple[tuple[Any, ...], str, str, Spread]]:
    """For every choice of the other keys, every column, in both networks: those keys, heading, name and spread."""
    for values, group in groups(rows):
        for column in sweep.columns:
            heading = heading_of(column, group)
            names = ((heading, column.name), (against_heading(heading), f"{NO_SKIPS}.{column.name}"))
            for (label, name), side in zip(names, sides(sweep, column, group)):
                if (found := spread(side)) is not None:
                    yield values, label, name, found


def groups(rows: Sequence[SweepRow]) -> Collection[tuple[tuple[Any, ...], Sequence[SweepRow]]]:
    """The rows that differ in the last key alone, under the values that they share."""
    found: dict[str, tuple[tuple[Any, ...], list[SweepRow]]] = {}
    for row in rows:
        found.setdefault(encode(row.values[:-1]), (row.values[:-1], []))[1].append(row)
    return found.values()


def spread(values: Sequence[Any], magnitudes: bool = False) -> Spread | None:
    """The spread of values, or of their magnitudes; None where there is none."""
    sizes = [size(value) for value in values if value is not None]
    numbers = sorted(alike(list(map(abs, sizes)) if magnitudes else sizes))
    if not numbers:
        return None
    return Spread(len(numbers), sum(numbers) / len(numbers), tuple(quantile(numbers, part) for part in QUANTILES))


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
    *keys, last = sweep.axes
    names = [*keys, "quantity", "points", "mean", *(f"{part * 100:g} %" for part in QUANTILES)]
    rows = [
        [*map(shown_value, values), label, found.number, found.mean, *found.quantiles]
        for values, label, _, found in spreads(sweep, points)
    ]
    return Table(
        [Column(name) for name in names],
        rows,
        title=f"Mean and quantiles over the values of {last}",
        keys=len(keys) + 1,
    )


def summary_facts(sweep: Sweep, rows: Sequence[SweepRow]) -> list[Mapping[str, Any]]:
    """The same for JSON."""
    *keys, _ = sweep.axes
    return [
        dict(zip(keys, values))
        | {"column": name, "count": found.number, "mean": found.mean}
        | {"quantiles": {f"{part:g}": cut for part, cut in zip(QUANTILES, found.quantiles)}}
        for values, _, name, found in spreads(sweep, rows)
    ]
