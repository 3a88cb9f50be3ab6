"""The tables of a sweep: column headings, bars of log10 magnitude, and a heat map of characters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from math import inf
from typing import Any, overload

from gradcalc.analysis.quantities import QUANTITIES, RESIDUAL, SweepColumn, size
from gradcalc.analysis.sweep import Sweep
from gradcalc.analysis.sweep_rows import Floats, SweepRow, column_of
from gradcalc.expressions.numerals import numeral, numerals, percent
from gradcalc.language.document import NO_SKIPS
from gradcalc.records import Record
from gradcalc.report.json_numbers import written
from gradcalc.report.report import Bar, Column, Spark, Table
from gradcalc.report.scales import digits_apart, is_numeric, log10, scale, value_text, whole_digits
from gradcalc.report.text import gradient
from gradcalc.views.network_header import envelope, shared_parts, title_of

ERROR = "error"


def facts(sweep: Sweep) -> dict[str, Any]:
    """The whole sweep as JSON prints it; activations and loss are null where they differ from point to point."""
    network = sweep.networks[0]
    activations, loss = shared_parts(sweep.networks)
    found: dict[str, Any] = {
        **envelope("sweep"),
        "name": sweep.name,
        "activations": list(network.activations) if activations else None,
        "loss": {"name": network.loss.text, "formula": network.loss.formula} if loss else None,
        "vary": {key: list(values) for key, values in sweep.axes.items()},
        "show": [column.name for column in sweep.columns],
    }
    if sweep.against:
        found["against"] = sweep.against
    return found | {"rows": [row_facts(list(sweep.axes), row) for row in sweep.rows]}


def title(sweep: Sweep) -> str:
    """`deep for 5 values of depth, with and without its skips · sigmoid · (y − t)²`; what differs is left out."""
    numbers = " × ".join(str(len(values)) for values in sweep.axes.values())
    what = f"{sweep.name} for {numbers} {'value' if numbers == '1' else 'values'} of {' and '.join(sweep.axes)}"
    against = ", with and without its skips" if sweep.against else ""
    return title_of([what + against, *shared_parts(sweep.networks)])


def row_facts(keys: Sequence[str], row: SweepRow) -> dict[str, Any]:
    """One point: its values by key, what was read, under `no-skips` what was read of the network without skips."""
    found = dict(zip(keys, row.values))
    found.update(row.found)
    if row.error is not None:
        found[ERROR] = row.error
    if row.against is not None:
        found[NO_SKIPS] = dict(row.against) if row.against_error is None else {ERROR: row.against_error}
    return found


def row_of(keys: Sequence[str], facts: Mapping[str, Any]) -> SweepRow:
    """The row that was written as these facts, which say nothing of kinks."""
    rest = {name: value for name, value in facts.items() if name not in keys}
    error, against = rest.pop(ERROR, None), rest.pop(NO_SKIPS, None)
    failed = against.get(ERROR) if against else None
    values, plain = tuple(facts[key] for key in keys), {} if failed is not None else against
    return SweepRow(values, rest, error, None, plain, failed, None)


def heading_of(column: SweepColumn, rows: Iterable[SweepRow]) -> str:
    """∂L/∂w1, ‖∇L‖, share of h1 → y in ∂L/∂w1; of a gradient that is a list, and a bound on it, of its norm."""
    of = gradient(column.of) if column.of else "∇L"
    heading = QUANTITIES[column.quantity].heading.format(of, of=column.of, path=" → ".join(column.path))
    of_lists = [] if QUANTITIES[column.quantity].of == "" else column_of(rows, f"gradient:{column.of}", 0)
    matrix = not isinstance(of_lists, Floats) and any(isinstance(value, list) for value in of_lists)
    if matrix and column.quantity == "gradient":
        return f"‖{heading}‖"
    is_norm = not column.of or (matrix and column.quantity == "bound")
    return heading.replace("|", "‖") if is_norm else heading


def heading_in(sweep: Sweep, column: SweepColumn, rows: Iterable[SweepRow]) -> str:
    """The heading beside those of the keys: `value of the loss` in a sweep over `loss`."""
    heading = heading_of(column, rows)
    return f"value of {'the ' * (heading == 'loss')}{heading}" if heading in sweep.axes else heading


def magnitude_of(column: SweepColumn, rows: Iterable[SweepRow]) -> str:
    """The heading of what is drawn by its magnitude: |∂L/∂w1|."""
    name = heading_of(column, rows)
    return f"|{name}|" if column.quantity == "gradient" and "‖" not in name else name


def against_heading(name: str) -> str:
    """The heading of what was read of the network without skips."""
    return f"{name}, {NO_SKIPS}"


def sides(sweep: Sweep, column: SweepColumn, rows: Iterable[SweepRow]) -> list[list[Any]]:
    """The values of a column at every point: of the network and, where a column has those, of it without skips."""
    networks = 2 if sweep.against and column.quantity not in RESIDUAL else 1
    return [column_of(rows, column.name, network) for network in range(networks)]


def shown_value(value: Any) -> Any:
    """A swept value as a cell: a number, or text."""
    return value if is_numeric(value) else written(value)


def label(value: Any, digits: int) -> Any:
    """A swept value in a table: a number with the digits that it takes, or text."""
    return numeral(value, digits) if is_numeric(value) else written(value)


DIGITS = 3  # of the ends of a scale
SHARES = ("share", "largest")  # quantities that are shown as percentages
LOGARITHMIC = 1.0  # powers of ten that magnitudes have to span for a logarithmic scale, where one is not always used
FLOAT64 = 300  # powers of ten, up or down, from which on no plain scale goes


def height(column: SweepColumn, value: Any) -> float | None:
    """log10 of what has a logarithmic scale, else the value; None where there is none, or none that float64 holds."""
    if value is None:
        return None
    return log10(size(value)) if QUANTITIES[column.quantity].logarithmic else finite(size(value))


def heights(column: SweepColumn, values: Sequence[Any]) -> list[float | None]:
    """The height of every value."""
    if isinstance(values, Floats):
        return logs(values) if QUANTITIES[column.quantity].logarithmic else list(values)
    return [height(column, value) for value in values]


def logs(values: Floats) -> list[float | None]:
    """log10 of the size of every number; None of 0."""
    import numpy as np

    with np.errstate(divide="ignore"):
        found = np.log10(abs(values.array))
    known: list[float | None] = found.tolist()
    for place in (found == -inf).nonzero()[0].tolist():
        known[place] = None
    return known


def finite(number: Any) -> float | None:
    """A number as a float64; None outside their range."""
    try:
        found = float(number)
    except OverflowError:
        return None
    return found if abs(found) < inf else None


def extreme_sizes(values: Sequence[Any]) -> list[Any]:
    """The size of every value; of many floats those that are the least and the largest, with their sign and without."""
    if not isinstance(values, Floats):
        return [size(value) for value in values if value is not None]
    array = values.array
    other = array[array != 0]
    found = {0.0} if len(other) < len(array) else set()
    if len(other):
        found |= {other.min(), other.max(), other[abs(other).argmin()], other[abs(other).argmax()]}
    return sorted(map(float, found))


class Heights:
    """How high the values of a column are drawn: by their log10, where they reach over a power of ten or `always`, by
    their `magnitudes`, or as they are: so a loss of both signs always is."""

    def __init__(
        self, column: SweepColumn, sides: Sequence[Sequence[Any]], always: bool = False, magnitudes: bool = False
    ) -> None:
        sizes = [one for values in sides for one in extreme_sizes(values)]
        self._shares = column.quantity in SHARES
        signed = column.quantity == "loss" and any(number < 0 for number in sizes)
        by_size = QUANTITIES[column.quantity].logarithmic and not signed
        logs = [log for number in sizes if (log := log10(number)) is not None] if by_size else []
        spans = bool(logs) and (max(logs) - min(logs) >= LOGARITHMIC or max(map(abs, logs)) > FLOAT64)
        self.logarithmic = by_size and (always or spans)
        self.magnitudes = self.logarithmic or (by_size and magnitudes)
        self._sizes = [abs(number) for number in sizes] if self.magnitudes else sizes

    def __call__(self, value: Any) -> float | None:
        """The height of one value; None of an exact 0 on a logarithmic scale."""
        if value is None or self.logarithmic:
            return None if value is None else log10(size(value))
        number = finite(size(value))
        return abs(number) if number is not None and self.magnitudes else number

    def of(self, values: Sequence[Any]) -> list[float | None]:
        """The height of every value."""
        if isinstance(values, Floats):
            return logs(values) if self.logarithmic else abs(values.array).tolist() if self.magnitudes else list(values)
        return list(map(self, values))

    def limits(self, heights: Iterable[float | None]) -> tuple[float, float]:
        """The ends of a scale for these heights, which are one where all values read alike."""
        known = [height for height in heights if height is not None] or [0.0]
        return min(known), max(known) if " to " in (self.extent or "") else min(known)

    @property
    def extent(self) -> str | None:
        """From where to where the scale goes: `0.216 to 0.233`; `97.6 %` of what is level; None without any values."""
        sizes = [number for number in self._sizes if number or not self.logarithmic]
        if not sizes:
            return None
        low, high = min(sizes), max(sizes)
        digits = whole_digits(log10(high) or 0.0, DIGITS)
        ends = map(percent, (low, high)) if self._shares else numerals([low, high], digits)
        text = " to ".join(dict.fromkeys(end.left + end.right for end in ends))
        return f"{text}{' %' * self._shares}{' (log)' * self.logarithmic}"


class MadeWhenAsked(Sequence[Any]):
    """So many things, each made when it is asked for: of a long table few rows are shown."""

    def __init__(self, count: int, make: Callable[[int], Any]) -> None:
        self._places = range(count)
        self._make = make

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> Any: ...
    @overload
    def __getitem__(self, place: slice) -> list[Any]: ...
    def __getitem__(self, place: int | slice) -> Any:
        """One of them, or several."""
        at = self._places[place]
        return self._make(at) if isinstance(at, int) else list(map(self._make, at))


def uneven(sweep: Sweep) -> list[str]:
    """The keys whose values are numbers that are not evenly spaced."""
    found = []
    for key, values in sweep.axes.items():
        if all(map(is_numeric, values)):
            steps = [after - before for before, after in zip(values, values[1:])]
            if steps and max(steps) - min(steps) > 1e-6 * max(map(abs, steps)):
                found.append(key)
    return found


DRAWN = ("gradient", "norm", "log10", "magnitude")


class Bars(Record):
    """log10 of the first gradient's magnitude at every point, beneath it that without skips, and their heading."""

    heading: str
    bars: Sequence[Bar | None]


def drawn_column(sweep: Sweep) -> SweepColumn | None:
    """The first column that is a gradient's magnitude."""
    return next((column for column in sweep.columns if column.quantity in DRAWN), None)


def drawn_name(column: SweepColumn, rows: Iterable[SweepRow]) -> str:
    """The magnitude that the bars and the sentence are of, |∂L/∂w1| also where its log10 is shown."""
    return magnitude_of(column, rows).removeprefix("log₁₀")


def bars(sweep: Sweep, rows: Sequence[SweepRow]) -> Bars | None:
    """The bars, where there is a gradient among the columns that is not always 0, and more than one point."""
    column = drawn_column(sweep)
    if column is None or len(rows) < 2:
        return None
    logarithms = [heights(column, side) for side in sides(sweep, column, rows)]
    if all(one is None for one in chain(*logarithms)):
        return None
    ends = scale(chain(*logarithms))

    def bar(place: int) -> Bar | None:
        if sweep.against:
            return Bar(*(ends.fraction(side[place]) for side in logarithms))
        one = logarithms[0][place]
        return None if one is None else Bar(ends.fraction(one))

    drawn = MadeWhenAsked(len(rows), bar)
    return Bars(f"{drawn_name(column, rows)}, {ends} (log)", drawn)


WIDEST = 60  # values of the second key up to which a map fits in a line, and two maps of half as many


def heat_maps(sweep: Sweep, rows: Sequence[SweepRow]) -> Iterator[Table]:
    """Of a sweep over two keys a map of characters for each column, and one without skips: a line for each value of the
    first key. Taller characters are larger values, all of a column to one scale."""
    *_, inner = sweep.axes.values()
    wide = len(inner)
    if len(sweep.axes) != 2 or wide > WIDEST:
        return
    (first, outer), (second, _) = sweep.axes.items()
    digits, inner_digits = map(digits_apart, (outer, inner))
    span = f"{second} {value_text(inner[0], inner_digits)} → {value_text(inner[-1], inner_digits)}"
    for column in sweep.columns:
        values = sides(sweep, column, rows)
        scaled = Heights(column, values, magnitudes=True)
        maps = [scaled.of(side) for side in values]
        if not any(each is not None for each in chain(*maps)):
            continue
        low, high = scaled.limits(chain(*maps))
        sparks = [[Spark(side[at : at + wide], low, high) for at in range(0, len(side), wide)] for side in maps]
        words = f"{magnitude_of(column, rows)}, {scaled.extent}"
        tables = [(words, [span, NO_SKIPS][: len(maps)], sparks)]
        if len(maps) * wide > WIDEST:
            tables = [(words, [span], sparks[:1]), (f"{NO_SKIPS}, to the same scale", [span], sparks[1:])]
        for title, names, drawn in tables[: len(sparks)]:
            lines = [[label(value, digits), *row] for value, row in zip(outer, zip(*drawn))]
            yield Table([Column(name) for name in (first, *names)], lines, title=title)
