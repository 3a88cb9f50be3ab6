"""The table format: what a person reads in a terminal, a pipe or a text file. Colour only adds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

from gradcalc.records import Record
from gradcalc.report.report import (
    Abridged,
    Aligned,
    Bar,
    Beside,
    Block,
    Column,
    Formula,
    Heading,
    Note,
    Report,
    Style,
    Table,
    Tree,
    is_legend,
)
from gradcalc.report.text import (
    Figure,
    Folded,
    figure,
    fold,
    fold_note,
    on_its_own,
    pad,
    printable,
    rounded,
    strings,
    width,
    words,
    wrap,
)

EXTENSIONS = (".txt",)
HEEDS = ("digits", "all_rows", "legend", "color")
GAP, MARGIN = 2, 1
WIDEST = 160  # columns of a pipe's line from which on a table that has a narrower form takes it
WIDEST_BAR, NARROWEST_BAR = 20, 6
NARROWEST_TEXT = 10
LINE, LEGEND_GAP = 80, 4  # where a legend beside a heading ends, and the least that lies between them
CODES = {"heading": "1", "title": "1", "head": "2", "bar": "36", "negative": "35", "warning": "33", "result": "1"}
SECOND, BOTH = "33", "36;43"  # the colour of a second bar, and of a first one above it


def render(report: Report, style: Style) -> Iterator[str]:
    """Every block as lines of text, a blank line before headings; a short legend at the right end of its line."""
    lines: list[str] = []
    before: Block | None = None
    for block in report.shown(style, side_by_side=True):
        drawn = DRAWN[type(block)](block, style)
        if isinstance(before, Table) and isinstance(block, Table) and drawn[0]:
            lines.append("")
        if isinstance(before, Heading) and is_legend(block):
            _, *drawn = drawn
            columns = width(letters(printable(before.text), style))
            beside = " " * max(LINE - columns - width(drawn[0]), LEGEND_GAP) + drawn[0]
            if len(drawn) == 1 and (style.width is None or columns + width(beside) <= style.width):
                lines[-1] += beside
                drawn = []
        lines += drawn
        before = block
    while lines and not lines[0]:
        del lines[0]
    yield "\n".join(line.rstrip() for line in lines) + "\n"


def paint(text: str, kind: str, style: Style) -> str:
    """The text in the colour of its kind, where there is colour."""
    return f"\x1b[{CODES[kind]}m{text}\x1b[0m" if style.color and kind in CODES and text else text


def paragraph(text: str, kind: str, style: Style) -> list[str]:
    """The text in lines that the terminal holds, a blank line above it."""
    return ["", *(paint(line, kind, style) for line in flow(text, style))]


def branches(trees: Sequence[Tree], style: Style, before: str = "", joined: bool = False) -> list[str]:
    """Labels with their children beneath them, joined by strokes."""
    lines = []
    for tree in trees:
        last = tree is trees[-1]
        stroke, space = (("└─ ", "   ") if last else ("├─ ", "│  ")) if joined else ("", "")
        lines.append(letters(before + stroke + printable(tree.label), style))
        lines += branches(tree.children, style, before + space, joined=True)
    return lines


def letters(text: str, style: Style) -> str:
    """The text in the letters that there are."""
    if not style.ascii:
        return text
    from gradcalc.report.ascii import to_ascii

    return to_ascii(text)


def flow(text: str, style: Style) -> list[str]:
    """The text in lines that the terminal holds."""
    text = letters(text, style)
    return [text] if style.width is None else wrap(text, style.width)


class Grid(Record):
    """A table before it is drawn: the names of its columns, and its cells as text and figures, by row and by column."""

    names: Sequence[str]
    cells: Sequence[Sequence[Any]]
    columns: Sequence[Sequence[Any]]
    folded: Folded


def grid(block: Table, style: Style) -> Grid:
    """The table in the letters that there are; a bar or a line has its own once it is drawn. Of words in two lengths a
    column has the full ones where the line has room for them beside the others, else the short ones."""

    def shown(cell: Any) -> Any:
        cell = figure(cell, style.digits)
        if isinstance(cell, Figure):
            return Figure(letters(cell.left, style), letters(cell.right, style))
        return letters(cell, style) if isinstance(cell, str) else cell

    folded = fold(block, style.all_rows)
    rows = rounded(folded.rows, block.columns, style.digits)
    names = [letters(printable(column.name), style) for column in block.columns]
    columns = [[shown(row[i]) for row in rows] for i in range(len(names))]
    for i, column in enumerate(columns):
        abridged = [number for number, row in enumerate(rows) if isinstance(row[i], Abridged)]
        if style.width is None or not abridged:
            continue
        widths = natural(names, columns, NARROWEST_BAR)
        room = style.width - line_width(widths) + widths[i]
        wide = [number for number in abridged if width(column[number]) > room]
        for number in abridged:
            if number in wide or (wide and rows[number][i].alike):
                column[number] = letters(words(rows[number][i].short, style.digits), style)
    return Grid(names, list(zip(*columns)), columns, folded)


def draw_table(block: Table, style: Style) -> list[str]:
    """Rows under their columns; where the terminal is too narrow for them, in parts beneath one another, each with the
    columns that name the rows; without such, or where even these are too wide, each row as a list of its cells."""
    laid = grid(block, style)
    widths = fit(laid.names, laid.columns, WIDEST if style.width is None and block.otherwise else style.width)
    if block.otherwise is not None and (widths is None or 0 in widths):
        return draw_table(block.otherwise() if callable(block.otherwise) else block.otherwise, style)
    title = paragraph(printable(block.title), "heading", style) if block.title else []
    if widths is None and block.keys:
        return title + draw_parts(block, laid, style)
    if widths is None:
        return title + stack(laid.names, laid.cells, laid.folded, style)
    return title + draw_grid(laid, widths, style)


def draw_parts(block: Table, laid: Grid, style: Style) -> list[str]:
    """As many columns in each part as the terminal holds beside those that name the rows."""
    keys = list(range(block.keys))
    parts: list[list[int]] = []
    for place in range(block.keys, len(block.columns)):
        longer = [*keys, *(parts[-1] if parts else ()), place]
        widths = fit([laid.names[i] for i in longer], [laid.columns[i] for i in longer], style.width)
        if parts and widths is not None and 0 not in widths:
            parts[-1].append(place)
        else:
            parts.append([place])
    lines: list[str] = []
    for part in parts:
        shown = [*keys, *part]
        rows = [[row[i] for i in shown] for row in block.rows]
        lines += [*draw_table(Table([block.columns[i] for i in shown], rows, groups=block.groups), style), ""]
    return lines[:-1]


def draw_beside(block: Beside, style: Style) -> list[str]:
    """Both tables as one, each title above its columns, where the line is as wide as that."""
    first, second = block.first, block.second
    rows = [[*row, *more[block.keys :]] for row, more in zip(first.rows, second.rows, strict=True)]
    laid = grid(Table([*first.columns, *second.columns[block.keys :]], rows, groups=first.groups), style)
    widths = natural(laid.names, laid.columns)
    if style.width is not None and line_width(widths) > style.width:
        return draw_table(first, style) + draw_table(second, style)
    start = line_width(widths[: len(first.columns)]) + GAP
    titles = pad(letters(printable(first.title), style), start) + letters(printable(second.title), style)
    return ["", paint(titles, "heading", style), *draw_grid(laid, widths, style)]


def draw_grid(laid: Grid, widths: Sequence[int], style: Style) -> list[str]:
    """The names of the columns, and the rows under them, each as many lines as its longest wrapped cell needs; a text
    after which a row is empty has the room of the columns there, too."""
    shown = [i for i, wide in enumerate(widths) if wide]
    lines = head([laid.names[i] for i in shown], [widths[i] for i in shown], style)
    drawn = [strings(laid.columns[i], widths[i]) for i in shown]
    for number, cells in enumerate(laid.cells):
        if laid.folded.hidden and number == laid.folded.head:
            lines.append(" " * MARGIN + letters(fold_note(laid.folded.hidden), style))
        ends = [place for place, column in enumerate(drawn) if column[number].strip()][-1:]
        end = ends[0] if ends and isinstance(cells[shown[ends[0]]], str) else len(shown) - 1
        room = [*(widths[i] for i in shown[:end]), line_width([widths[i] for i in shown[end:]]) - MARGIN]
        wrapped = [wrap(letters(column[number], style), wide) for column, wide in zip(drawn, room)]
        for texts in zip_longest(*wrapped, fillvalue=""):
            pieces = [
                paint_cell(text, cells[i], style) + " " * (widths[i] - width(text)) for i, text in zip(shown, texts)
            ]
            lines.append(" " * MARGIN + (" " * GAP).join(pieces))
    return lines


def line_width(widths: Sequence[int]) -> int:
    """The columns of a terminal that a row of so wide columns takes."""
    return MARGIN + sum(widths) + GAP * (len(widths) - 1)


def head(names: Sequence[str], widths: Sequence[int], style: Style) -> list[str]:
    """The names of the columns, in as many lines as the longest of them needs."""
    wrapped = [wrap(name, wide) for name, wide in zip(names, widths, strict=True)]
    tall = max(map(len, wrapped), default=1)
    padded = [[pad(line, wide) for line in [""] * (tall - len(lines)) + lines] for lines, wide in zip(wrapped, widths)]
    return [paint(" " * MARGIN + (" " * GAP).join(row).rstrip(), "head", style) for row in zip(*padded)]


def paint_cell(text: str, cell: Any, style: Style) -> str:
    """A cell in its colour; of two bars in one line each has its own."""
    if not isinstance(cell, Bar):
        return text
    if cell.under is None or not style.color or style.ascii:
        return paint(text, "bar" if cell.fraction >= 0 else "negative", style)
    both, first, second = (text.count(part) for part in "█▀▄")
    parts = ((BOTH, "▀" * both), (CODES["bar"], "▀" * first), (SECOND, "▄" * second))
    return "".join(f"\x1b[{code}m{part}\x1b[0m" for code, part in parts if part) + " " * text.count(" ")


def fit(names: Sequence[str], cells: Sequence[Sequence[Any]], limit: int | None) -> list[int] | None:
    """The columns' widths within `limit`: names wrap, bars shrink, then texts; None if numbers are too wide."""
    bars = [any(isinstance(cell, Bar) for cell in column) for column in cells]
    words = [max(map(width, name.split(" "))) for name in names]
    drawn = natural([""] * len(names), cells)
    widths = list(map(max, map(width, names), drawn))
    excess = 0 if limit is None else line_width(widths) - limit
    excess = narrow(widths, list(map(max, words, drawn)), excess)
    least = [max(NARROWEST_BAR, words[i]) if bars[i] else wide for i, wide in enumerate(widths)]
    excess = narrow(widths, least, excess)
    for i in range(len(widths)):
        if bars[i] and excess > 0:
            excess -= widths[i] + GAP
            widths[i] = 0
    texts = [all(isinstance(cell, str) for cell in column) for column in cells]
    least = [max(words[i], NARROWEST_TEXT) if texts[i] else wide for i, wide in enumerate(widths)]
    return None if narrow(widths, least, excess) > 0 else widths


def natural(names: Sequence[str], columns: Sequence[Sequence[Any]], bar: int = WIDEST_BAR) -> list[int]:
    """As wide as each column would be with room for everything, and bars as wide as that."""
    return [
        max(
            width(name),
            bar if any(isinstance(cell, Bar) for cell in cells) else max(map(width, strings(cells, 0)), default=0),
        )
        for name, cells in zip(names, columns, strict=True)
    ]


def narrow(widths: list[int], least: Sequence[int], excess: int) -> int:
    """Take the excess from the widest column that gives, again and again; what is left of it where none does."""
    while excess > 0:
        slack, widest = max((wide * (wide > least[i]), i) for i, wide in enumerate(widths))
        if not slack:
            break
        widths[widest] -= 1
        excess -= 1
    return excess


def stack(names: Sequence[str], cells: Sequence[Sequence[Any]], folded: Folded, style: Style) -> list[str]:
    """Every row as lines of `name  value`, a blank line after it; names and texts are wrapped, numbers never."""
    longest = max(map(width, names))
    if style.width is not None:
        longest = min(longest, max(style.width // 2, NARROWEST_TEXT))
    room = max((style.width or 0) - MARGIN - longest - GAP, NARROWEST_TEXT)
    lines = []
    for number, row in enumerate(cells):
        if folded.hidden and number == folded.head:
            lines += [" " * MARGIN + letters(fold_note(folded.hidden), style), ""]
        for name, cell in zip(names, row, strict=True):
            text = letters(strings([cell], NARROWEST_BAR)[0].strip(), style)
            pieces = wrap(text, room) if isinstance(cell, str) else [text]
            if text:
                both = zip_longest(wrap(name, longest), pieces, fillvalue="")
                lines += [f"{' ' * MARGIN}{pad(head, longest)}{' ' * GAP}{piece}" for head, piece in both]
        lines.append("")
    return lines[:-1]


def draw_aligned(block: Aligned, style: Style) -> list[str]:
    """The lines of a derivation: what = formula = numbers = value, and why; in columns where they fit."""
    from gradcalc.expressions.print_unicode import Unicode
    from gradcalc.expressions.walk import write

    notation, rows = Unicode(style.digits), list[list[Any]]()
    for line in block.lines:
        left, right, numbers, reason = (
            "" if part is None else part if isinstance(part, str) else write(part, notation)
            for part in (line.left, line.right, line.numbers, line.reason)
        )
        equals = "" if isinstance(line.left, str) else "= "
        sides = [sign + text if text else "" for sign, text in ((equals, right), ("= ", numbers))]
        rows.append([left, *sides, "" if line.value is None else "=", on_its_own(line.value, style.digits), reason])
    columns = draw_table(Table([Column("")] * 6, rows), style._replace(width=None, all_rows=True))
    if style.width is None or max(map(width, columns)) <= style.width:
        return columns
    return list(draw_stacked(rows, style))


def draw_stacked(rows: Sequence[Sequence[Any]], style: Style) -> Iterator[str]:
    """Every row as its formula with the reason, and beneath it the numbers and the value, broken at operators alone."""
    wide = style.width or LINE
    names = [letters(row[0], style) for row in rows]
    start = min(MARGIN + max(map(width, names)) + GAP, wide // 2)
    yield ""
    blocks = [list(stacked(row, wide - start, style)) for row in rows]
    reasons = [letters(row[5], style) for row in rows]
    firsts = [start + width(lines[0]) + GAP for lines in blocks]
    column = max((first for first, why in zip(firsts, reasons) if first + width(why) <= wide), default=0)
    column = min(column, wide - max(map(width, reasons)))
    for name, lines, reason, first in zip(names, blocks, reasons, firsts):
        if MARGIN + width(name) + GAP > start:
            yield " " * MARGIN + name
            name = ""
        lines = [" " * MARGIN + pad(name, start - MARGIN) + lines[0], *(" " * start + line for line in lines[1:])]
        if reason and max(first, column) + width(reason) <= wide:
            lines[0] = pad(lines[0], max(first, column)) + reason
        elif reason and width(lines[-1]) + GAP + width(reason) <= wide:
            lines[-1] += " " * GAP + reason
        elif reason:
            lines += [" " * (start + GAP) + line for line in wrap(reason, wide - start - GAP)]
        yield from lines


def stacked(row: Sequence[Any], columns: int, style: Style) -> Iterator[str]:
    """Formula, numbers and value, as many of them in a line as it holds."""
    value = strings([figure(row[4], style.digits)], 0)[0].strip()
    value = f"{row[3]} {value}".strip()
    gap = " " if row[3] else " " * GAP
    line = row[1]
    for part, between in ((row[2], None), (value, gap)):
        if not part:
            continue
        if line and between and width(letters(line + between + part, style)) <= columns:
            line += between + part
            continue
        yield from broken(line, columns, style)
        line = part
    yield from broken(line, columns, style)


def broken(text: str, columns: int, style: Style) -> Iterator[str]:
    """A formula in lines of at most so many columns, what follows the first line indented: broken at operators; at
    commas or spaces only where what lies between two operators is longer than a line."""
    for place in BREAKS:
        parts = [letters(part, style) for part in re.split(place, text)]
        if max(width(part.strip()) for part in parts) <= columns - GAP:
            break
    line, indent = "", 0
    for part in parts:
        if line and width(line + part.rstrip()) > columns - indent:
            yield " " * indent + line.rstrip()
            line, indent = "", GAP
        line += part if line else part.lstrip()
    if line:
        yield " " * indent + line.rstrip()


OPERATORS = r"(?<=·)|(?= [+−⊙=] )"
COMMAS = r"|(?<=[;,])(?= )"
BREAKS = (OPERATORS, OPERATORS + COMMAS, OPERATORS + COMMAS + "|(?= )")  # where a formula may be broken, best first


DRAWN: dict[type, Any] = {
    Aligned: draw_aligned,
    Heading: lambda block, style: paragraph(printable(block.text), "heading", style),
    Note: lambda block, style: paragraph(words(block.text, style.digits), block.kind, style),
    Formula: lambda block, style: flow(words(block.text, style.digits), style),
    Tree: lambda block, style: branches([block], style),
    Table: draw_table,
    Beside: draw_beside,
}
