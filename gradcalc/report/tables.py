"""Tables as rows of text: cells become strings, numbers align on their decimal points, long tables fold.

What is shared by the formats that print a table with characters of one width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.expressions.expression import Expression
from gradcalc.expressions.numerals import Numeral, numeral, numerals, percent
from gradcalc.records import Record
from gradcalc.report.report import Abridged, Bar, Cell, Column, InColumn, Percent, Spark, Table, Words
from gradcalc.report.text import pad, printable, width

FOLD_ABOVE, HEAD, TAIL = 40, 20, 10
EIGHTHS = " ▏▎▍▌▋▊▉█"
SPARKS = "▁▂▃▄▅▆▇█"


class Figure(Record):
    """A number that aligns: what stands left of the point, and the rest."""

    left: str
    right: str


class Folded(Record):
    """A table's rows with the middle left out: `hidden` of them after `rows[:head]`."""

    rows: Sequence[Sequence[Cell]]
    groups: Sequence[Any]
    head: int
    hidden: int


def fold(table: Table, all_rows: bool) -> Folded:
    """The rows to show: all, or the first twenty and the last ten of a table of more than forty."""
    rows, groups = table.rows, table.groups or range(len(table.rows))
    if all_rows or len(rows) <= FOLD_ABOVE:
        return Folded(rows, groups, len(rows), 0)
    shown = [*rows[:HEAD], *rows[-TAIL:]]
    return Folded(shown, [*groups[:HEAD], *groups[-TAIL:]], HEAD, len(rows) - len(shown))


def fold_note(hidden: int) -> str:
    """What stands in place of the rows left out."""
    return f"… {hidden} more rows; --all shows them …"


def words(text: Words, digits: int) -> str:
    """Words with their numbers rounded, control characters escaped."""
    if isinstance(text, str):
        return printable(text)
    return "".join(words_of(part, digits) for part in text)


def words_of(cell: Cell, digits: int) -> str:
    """A cell within a line of words."""
    cell = figure(cell, digits)
    return cell.left + cell.right if isinstance(cell, Figure) else str(cell)


def is_number(cell: Cell) -> bool:
    """Whether a cell is a number, a share, or a number already rounded."""
    return cell is not None and (isinstance(cell, (Percent, Numeral)) or not isinstance(cell, (str, tuple)))


def rounded(rows: Sequence[Sequence[Cell]], columns: Sequence[Column], digits: int) -> list[list[Cell]]:
    """The rows with their numbers as numerals, alike in every column and in columns of one kind."""
    found = [list(row) for row in rows]
    kinds: dict[str | int, list[int]] = {}
    for place, column in enumerate(columns):
        kinds.setdefault(column.like or place, []).append(place)
    for places in kinds.values():
        cells = [(row, place) for row in found for place in places if is_number(row[place])]
        cells = [(row, place) for row, place in cells if not isinstance(row[place], (Percent, Numeral))]
        most = min([digits, *(columns[place].digits or digits for place in places)])
        for (row, place), one in zip(cells, numerals([row[place] for row, place in cells], most)):
            row[place] = one
    return found


def figures(rows: Sequence[Sequence[Cell]], columns: Sequence[Column], digits: int) -> list[list[Any]]:
    """The cells as they print: numbers as Figures, alike in every column, and text."""
    return [[figure(cell, digits) for cell in row] for row in rounded(rows, columns, digits)]


def figure(cell: Cell, digits: int) -> Any:
    """A cell as a Figure where it is a number, as itself where it is drawn, else as text."""
    if cell is None:
        return ""
    if isinstance(cell, str) or (isinstance(cell, tuple) and not hasattr(cell, "_fields")):
        return words(cell, digits)
    if isinstance(cell, Percent):
        if cell.share is None:
            return ""
        number = percent(cell.share)
        return Figure(number.left, f"{number.right} %")
    if isinstance(cell, Abridged):
        return words(cell.full, digits)
    if isinstance(cell, Expression):
        from gradcalc.expressions.print_unicode import Unicode
        from gradcalc.expressions.walk import write

        return printable(write(cell, Unicode(digits)))
    if isinstance(cell, (Bar, Spark)):
        return cell
    if isinstance(cell, InColumn):
        cell, *_ = numerals([cell.number, *cell.column], digits)
    number = cell if isinstance(cell, Numeral) else numeral(cell, digits)
    return Figure(number.left, number.right)


def bar(cell: Bar, columns: int) -> str:
    """A bar of eighths of a character, grey where it is negative; of two bars the upper halves of characters and the
    lower ones."""
    if cell.under is not None:
        parts = (cell.fraction, cell.under)
        above, below = (max(round(min(part, 1) * columns), 1 if part > 0 else 0) for part in parts)
        return "█" * min(above, below) + "▀" * (above - below) + "▄" * (below - above)
    eighths = round(min(abs(cell.fraction), 1) * columns * 8)
    if cell.fraction < 0:
        return "▒" * max(1, round(eighths / 8))
    whole, rest = divmod(max(eighths, 1 if cell.fraction else 0), 8)
    return "█" * whole + (EIGHTHS[rest] if rest else "")


def spark(cell: Spark) -> str:
    """A line of small columns from the low to the high end of its scale; a point where there is no value."""
    known = [value for value in cell.values if value is not None]
    low = min(known, default=0) if cell.low is None else cell.low
    high = max(known, default=0) if cell.high is None else cell.high
    scale = (len(SPARKS) - 1) / (high - low) if high > low else 0
    return "".join("·" if value is None else SPARKS[round((value - low) * scale)] for value in cell.values)


def is_level(cell: Spark) -> bool:
    """Whether all values of a line are drawn equally tall."""
    return len(set(spark(cell))) < 2


def strings(cells: Sequence[Any], bars: int) -> list[str]:
    """The cells of one column, figures aligned on their points, each as wide as it is."""
    figures = [cell for cell in cells if isinstance(cell, Figure)]
    left = max((width(cell.left) for cell in figures), default=0)
    right = max((width(cell.right) for cell in figures), default=0)

    def drawn(cell: Any) -> str:
        if isinstance(cell, Figure):
            return pad(cell.left, left, "right") + pad(cell.right, right)
        if isinstance(cell, Bar):
            return bar(cell, bars)
        return spark(cell) if isinstance(cell, Spark) else str(cell)

    return [drawn(cell) for cell in cells]
