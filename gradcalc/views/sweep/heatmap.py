"""Two keys as a heat map of characters: a line for each value of the first, a column for each of the second."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradcalc.blocks import Column, Spark, Table
from gradcalc.questions.sweeping import Row, Sweep
from gradcalc.record import Record
from gradcalc.text.notation import written
from gradcalc.text.numerals import text
from gradcalc.views.sweep.headings import PLAIN, extent, has_plain, height, magnitude_of, shown_value

WIDEST = 60
"""Values of the second key from which on a map is too wide for a line; two maps share a line up to half as many."""

Heights = Sequence[float | None]


class Scale(Record):
    """What a map is drawn to: `low` and `high` as heights, and the sizes that they stand for, in words."""

    low: float
    high: float
    words: str


def heat_maps(sweep: Sweep, rows: Sequence[Row]) -> Iterator[Table]:
    """One for each column, beside or beneath it that of the plain network, of a sweep over two keys."""
    wide = len(list(sweep.axes.values())[-1])
    if len(sweep.axes) != 2 or wide > WIDEST:
        return
    for column in sweep.columns:
        maps = {"": [height(column, row.found.get(column.name)) for row in rows]}
        if has_plain(column, sweep.against):
            maps[PLAIN] = [height(column, (row.against or {}).get(column.name)) for row in rows]
        known = [each for heights in maps.values() for each in heights if each is not None]
        low_to_high = extent(column, rows)
        if not known or low_to_high is None:
            continue
        drawn = Scale(min(known), max(known), f"{magnitude_of(column, rows)}, {low_to_high}")
        for shown in [maps] if len(maps) * wide <= WIDEST else [{name: maps[name]} for name in maps]:
            yield heat_map(sweep, shown, drawn)


def spelled(value: Any) -> str:
    """A swept value in a heading."""
    return text(value, 6) if isinstance(value, (int, float)) and not isinstance(value, bool) else written(value)


def heat_map(sweep: Sweep, maps: Mapping[str, Heights], drawn: Scale) -> Table:
    """Taller characters are larger values, all to one scale."""
    (first, outer), (second, inner) = sweep.axes.items()
    wide = len(inner)
    lines: list[list[Any]] = [[shown_value(value)] for value in outer]
    for heights in maps.values():
        for row, line in enumerate(lines):
            line.append(Spark(heights[row * wide : (row + 1) * wide], drawn.low, drawn.high))
    span = f"{second} {spelled(inner[0])} → {spelled(inner[-1])}"
    names = [name or span for name in maps] if len(maps) > 1 else [span]
    title = drawn.words if "" in maps else f"{PLAIN}, to the same scale"
    return Table([Column(name) for name in (first, *names)], lines, title=title)
