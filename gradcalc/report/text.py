r"""Text for people: its width, wrapping and escaping; gradients and paths by name; tables as rows of text.

Text from a spec is data. A control character could move the cursor, a bidi override could reorder a line, a
zero-width one could make two names look alike: each is written as its escape, `\u202e`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise
from math import isfinite
from typing import Any

from gradcalc.expressions.expression import Expression
from gradcalc.expressions.numerals import (
    LARGEST_PLAIN_INTEGER,
    Numeral,
    decimal,
    full,
    numeral,
    numerals,
    percent,
    superscript,
)
from gradcalc.expressions.numerals import text as text_of_number
from gradcalc.records import Record
from gradcalc.report.report import Abridged, Bar, Cell, Column, InColumn, Percent, Report, Spark, Strip, Table, Words

COUNT_DIGITS = 6  # of a count that is too long to be told exactly
INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
"""Letters and accents that no font shows, beside the control and format characters that `str.isprintable` knows."""

MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})

NARROW = (
    ("\0", "\u02ff"),
    ("\u0391", "\u03ff"),
    ("\u1d2c", "\u1d6a"),
    ("\u2010", "\u20cf"),
    ("\u2100", "\u22ff"),
    ("\u2500", "\u25cf"),
)
"""Latin and Greek letters, raised and lowered ones, signs and arrows, strokes, blocks, dots: one column each."""

LONGEST_NODE_LIST, MOST_WEIGHTS, MOST_OWN_NODES = 4, 3, 3  # nodes and weights that are all named; nodes that tell
FEW_NODES = 10  # of a path up to which all are told that tell it from others
SIGNS = ("÷", "×", "−", "<")  # no line is broken after one
GROUP = 20  # columns of words in parentheses that no line is broken within
SKIP = "skip "  # what the label of a skip without a weight begins with


def escape(character: str) -> str:
    """A character as `\\u202e`, beyond the sixteen bits of that as `\\U000e0041`."""
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def escape_json(character: str) -> str:
    """A character as JSON writes it: `\\u202e`, beyond sixteen bits as a pair."""
    code = ord(character) - 0x10000
    return escape(character) if code < 0 else f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def printable(text: str, escaped: Callable[[str], str] = escape) -> str:
    """The text with every control, bidi, zero-width and other format character escaped."""
    if text.isprintable() and (text.isascii() or INVISIBLE.isdisjoint(text)):
        return text
    return "".join(c if c.isprintable() and c not in INVISIBLE else escaped(c) for c in text)


def in_markup(text: str) -> str:
    """The text as HTML and XML show it, control characters escaped."""
    return printable(text).translate(MARKUP)


def width(text: str) -> int:
    """The columns of a terminal that the text takes: wide characters two, combining ones none."""
    return len(text) if text.isascii() else sum(map(widths.__getitem__, text))


class Widths(dict[str, int]):
    """The columns of the characters met so far. Signs and arrows of mathematics take one, as do blocks of bars."""

    def __missing__(self, character: str) -> int:
        columns = 1
        if not any(first <= character <= last for first, last in NARROW):
            from unicodedata import category, east_asian_width

            if category(character) in ("Mn", "Me", "Cf"):
                columns = 0
            elif east_asian_width(character) in "WF":
                columns = 2
        self[character] = columns
        return columns


widths = Widths()


def pad(text: str, columns: int, align: str = "left") -> str:
    """The text at the left or the right end of so many columns."""
    spaces = " " * (columns - width(text))
    return spaces + text if align == "right" else text + spaces


def wrap(text: str, columns: int) -> list[str]:
    """The text broken at spaces into lines of at most so many columns, if it can be neither before %, nor after a sign,
    nor within short parentheses: (y − t)². A longer word is broken within."""
    if width(text) <= columns:
        return [text]
    lines: list[str] = []
    words = [""]
    for word in text.split(" "):
        last = words[-1]
        is_open = last.count("(") > last.count(")") and width(last) + width(word) < GROUP
        if (is_open or word[:1] == "%" or last.endswith(SIGNS)) and width(last) + width(word) < columns:
            words[-1] += f" {word}"
        else:
            words.append(word)
    for word in words[1:]:
        first, *more = split(word, columns)
        if lines and width(lines[-1]) + 1 + width(first) <= columns:
            lines[-1] += f" {first}"
        else:
            lines.append(first)
        lines += more
    return lines


def split(word: str, columns: int) -> list[str]:
    """A word cut into pieces of at most so many columns."""
    pieces = [""]
    for character in word:
        if pieces[-1] and width(pieces[-1]) + width(character) > columns:
            pieces.append("")
        pieces[-1] += character
    return pieces


def gradient(name: str, of: str = "L") -> str:
    """∂L/∂w1, ∂h2/∂w1"""
    return f"∂{of}/∂{name}"


def no_path(name: str, of: str = "L") -> str:
    """Why a derivative is 0: no path from w3 to h2."""
    return f"no path from {name} to {'the loss' if of == 'L' else of.removeprefix('Σ')}"


def node_list(
    nodes: Sequence[str], whole: bool = False, longest: int = LONGEST_NODE_LIST, use: str | None = None
) -> str:
    """The nodes of a path, the middle of a long one left out where it is longer than h2: h1 → … → y. `use` is that of
    the tied parameter that it starts at, which stands before nodes that do not tell: bias: h1 → y."""
    if len(nodes) > longest and not whole and len("".join(nodes[1:-1])) > 2:
        nodes = [nodes[0], "…", nodes[-1]]
    return ("" if use in (None, nodes[0]) else f"{use}: ") + " → ".join(nodes)


def node_lists(paths: Sequence[Sequence[str]], uses: Sequence[str | None], whole: bool = False) -> list[str]:
    """The nodes of several paths; of long ones the ends and the first that not all take: h1 → … → h3 → … → y; if few
    are in between, all by which not all go on alike, so that an ellipsis hides none that one leaves out."""
    common = set(paths[0]).intersection(*paths) if paths else set()
    shared = set(pairwise(paths[0])).intersection(*map(pairwise, paths)) if paths else set()
    told = []
    for nodes, use in zip(paths, uses, strict=True):
        steps = list(pairwise(nodes))
        own = [n for n, both in enumerate(zip(steps, steps[1:]), 1) if not shared.issuperset(both)]
        if len(nodes) > FEW_NODES:
            own = [place for place, node in enumerate(nodes[1:-1], 1) if node not in common][:MOST_OWN_NODES]
        if whole or len(nodes) <= LONGEST_NODE_LIST or not own:
            told.append(node_list(nodes, whole, use=use))
            continue
        parts, last = [nodes[0]], 0
        for place in [*own, len(nodes) - 1]:
            between = nodes[last + 1 : place]
            parts += [*(between if len(between) <= 1 else ["…"]), nodes[place]]
            last = place
        told.append(node_list(parts, whole=True, use=use))
    return told


def edge_list(through: Sequence[str], whole: bool = False) -> str:
    """The edges of a path that its nodes do not determine: w2, w3; w³ of three in a row; 18 weights, 20 skips."""
    edges = [edge for edge in through if "→" not in edge or edge.startswith(SKIP)]
    counted = [(edge, len(list(same))) for edge, same in groupby(edges)]
    shown = [edge + superscript(count) * (count > 1) for edge, count in counted]
    skips = [edge for edge in shown if edge.startswith(SKIP)]
    weights = [edge for edge in shown if edge not in skips]
    if whole or (len(weights) <= MOST_WEIGHTS and len(skips) <= 1):
        return ", ".join(shown)
    named = weights if len(weights) <= MOST_WEIGHTS else [plural(len(edges) - len(skips), "weight")]
    return ", ".join([*named, *([plural(len(skips), "skip")] if skips else [])])


def plural(number: int, noun: str) -> str:
    """1 skip, 20 skips, 9.97505×10⁴⁵¹⁴ paths"""
    return f"{count_text(number)} {noun}{'s' * (number != 1)}"


def count_text(number: int, grouped: bool = False) -> str:
    """A count in a sentence: exactly, by thousands if `grouped`, or one of very many digits as a power of ten."""
    if grouped and number < LARGEST_PLAIN_INTEGER:
        return f"{number:,}"
    return text_of_number(number, COUNT_DIGITS)


def listed(names: Sequence[str], most: int = 8) -> str:
    """a, b and c; of many the first, and how many more there are."""
    if len(names) > most + 1:  # a name takes no more room than "1 more"
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


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


def on_its_own(cell: Cell, digits: int) -> Cell:
    """A number with the digits that it needs, whatever others there are: in a derivation it is put in further on."""
    return numeral(cell, digits) if is_number(cell) and not isinstance(cell, (Percent, Numeral)) else cell


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
    if isinstance(cell, (Bar, Spark, Strip)):
        return cell
    if isinstance(cell, InColumn):
        cell, *_ = numerals([cell.number, *cell.column], digits)
    number = cell if isinstance(cell, Numeral) else numeral(cell, digits)
    return Figure(number.left, number.right)


def bar(cell: Bar, columns: int) -> str:
    """A bar of eighths of a character, grey where negative; of two bars upper and lower halves of characters; none of
    NaN."""
    if cell.fraction != cell.fraction:
        return ""
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
    half = 1 if isfinite(high - low) else 0.5  # of numbers so far apart that no float64 holds their difference

    def height(value: float) -> int:
        part = (value * half - low * half) / (high * half - low * half) if high > low else 0
        return round(part * (len(SPARKS) - 1))

    return "".join("·" if value is None else SPARKS[height(value)] for value in cell.values)


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
        if isinstance(cell, Strip):
            return cell.signs
        return spark(cell) if isinstance(cell, Spark) else str(cell)

    return [drawn(cell) for cell in cells]


def data_rows(report: Report) -> Iterator[list[Any]]:
    """The names of the columns, then every row, of the report's table or else its first one; without what is drawn."""
    table = report.table() if report.table else next(block for block in report.blocks() if isinstance(block, Table))
    shown = [
        i for i in range(len(table.columns)) if not any(isinstance(row[i], (Bar, Spark, Strip)) for row in table.rows)
    ]
    yield [printable(table.columns[i].name) for i in shown]
    yield from ([data(row[i]) for i in shown] for row in table.rows)


def data(cell: Cell) -> Any:
    """A cell as data: a share as a fraction, a text that a spreadsheet would take for a formula as text."""
    if isinstance(cell, Percent):
        cell = cell.share
    if isinstance(cell, int):
        return str(decimal(cell))
    if cell is None:
        return ""
    if isinstance(cell, str):
        text = printable(cell)
        return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
    return full(cell)
