"""What every command returns: facts, which JSON prints, and blocks (tables, sentences, formulas), which people read.

Blocks hold data, not layout: numbers stay numbers until a format rounds them to the digits that were asked for, so
one report serves a terminal, Markdown, LaTeX, HTML and CSV alike.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from gradcalc.records import Record

Cell = Any
"""Text, a number (float, int, Decimal, mpf: rounded by the format), None (empty), an expression, a Bar, Spark, Strip,
Percent, Abridged, or Words."""

Words = str | tuple[Any, ...]
"""Text, or its parts in order, ("L = ", (y − t)², " = ", 0.224743): text, expressions, numbers, InColumns, Percents."""


class Bar(Record):
    """A bar from 0 to `fraction` of its column's width; negative ones are drawn in the other colour. `under` is a
    second bar beneath the first, in the same line; neither is negative then."""

    fraction: float
    under: float | None = None


class Spark(Record):
    """A line of numbers drawn small; None is a gap. `low` and `high` are the ends of its scale, where they are not the
    least and the largest value: so that several lines can be read against each other."""

    values: Sequence[float | None]
    low: float | None = None
    high: float | None = None


class Strip(Record):
    """A line of a picture, a sign for each of its columns, which no format breaks: ░ and ▒ shades, ● ◆ ○ dots, `.` for
    what is outside."""

    signs: str


class Percent(Record):
    """A share, 0.976 → "97.6 %"."""

    share: Any


class Abridged(Record):
    """Words in two lengths: the full ones where a line has room for them; `alike`: for all such of the column."""

    full: Words
    short: Words
    alike: bool = False


class InColumn(Record):
    """A number within words, with the digits and the notation that it has in a column of these numbers."""

    number: Any
    column: Sequence[Any]


class Column(Record):
    """One column; numbers align on the decimal point."""

    name: str
    digits: int | None = None  # significant digits, where fewer than were asked for are enough
    like: str = ""  # columns of one kind are written alike: with the same digits, with powers of ten in all or in none


class Heading(Record):
    """A title of what follows."""

    text: str


class Note(Record):
    """A sentence, or several. `kind` "title", "result", "note", "warning", or "legend" for what signs stand for."""

    text: Words
    kind: str = "note"


class Formula(Record):
    """A line of mathematics: what is an expression every format writes in its own notation."""

    text: Words


class Table(Record):
    """Rows under columns. `groups` gives, per row, a key: equal neighbours belong together and are ruled off as one."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    title: str = ""
    groups: Sequence[Any] = ()
    otherwise: Table | Callable[[], Table] | None = None  # in fewer columns, for a terminal that these are too wide for
    keys: int = 0  # the first columns, which name the rows: repeated where the others do not all fit beside them

    @classmethod
    def of_columns(
        cls, columns: Iterable[tuple[str, Sequence[Cell]]], title: str = "", groups: Sequence[Any] = ()
    ) -> Table:
        """A table of named columns, without those in which nothing is said."""
        told = [(name, cells) for name, cells in columns if any(cell is not None and cell != "" for cell in cells)]
        rows = list(zip(*(cells for _, cells in told)))
        return cls([Column(name) for name, _ in told], rows, title=title, groups=groups)


class Beside(Record):
    """Two tables of the same rows, side by side where a line holds both, else the second below the first. The first
    `keys` columns of the second name its rows, and are left out beside the first."""

    first: Table
    second: Table
    keys: int = 1


class Tree(Record):
    """A line with lines beneath it, to any depth."""

    label: str
    children: Sequence[Tree] = ()


class Line(Record):
    """One line of a derivation: left = right = numbers = value, and why. What is mathematics is an expression, which
    every format writes in its own notation; the rest is text. `numbers` is the right side with the numbers put in."""

    left: Any  # an expression or text
    right: Any  # an expression or text
    value: Cell = None
    reason: Any = ""  # an expression or text
    numbers: Any = None  # an expression

    @property
    def equation(self) -> Any:
        """All that stands right of the first equals sign but the value."""
        from gradcalc.expressions.expression import Expression

        return self.right if self.numbers is None else Expression("=", (self.right, self.numbers))


class Aligned(Record):
    """Lines of a derivation under one another, aligned at their equals signs."""

    lines: Sequence[Line]


Block = Heading | Note | Formula | Table | Beside | Tree | Aligned


class Deferred(Mapping[str, Any]):
    """Facts that are made when they are asked for: what a person reads needs none of them."""

    def __init__(self, make: Callable[[], Mapping[str, Any]]) -> None:
        self._make = make

    @cached_property
    def _facts(self) -> Mapping[str, Any]:
        return self._make()

    def __getitem__(self, key: str) -> Any:
        return self._facts[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)


class Report(Record):
    """Facts for scripts, blocks for people. `blocks` is called only by a format that shows them, where Decimals may
    have any exponent."""

    facts: Mapping[str, Any]
    blocks: Callable[[], Iterable[Block]]
    records: Callable[[], Iterable[Iterable[Mapping[str, Any]]]] | None = (
        None  # the lines of jsonl, those that are known
    )
    # together in one part; None: the facts as one line
    table: Callable[[], Table] | None = None  # what csv prints; None: the first of the blocks
    program: Callable[[Style], str] | None = None  # what the python format prints; None: the report is no program
    status: Callable[[], int] = lambda: 0  # the exit status, once everything is printed
    warnings: tuple[str, ...] = ()
    title: str = ""  # of a document: the network's name and what is shown of it

    def shown(self, style: Style, side_by_side: bool = False) -> Iterator[Block]:
        """The blocks that a style wants, tables side by side only for a format that can draw them so."""
        made = self.blocks()  # of a sweep its points are computed here, and Decimals may be loaded for them
        with boundless():
            blocks = list(made)
        for block in blocks:
            if isinstance(block, Beside) and not side_by_side:
                yield from (block.first, block.second)
            elif style.legend or not is_legend(block):
                yield block


def is_legend(block: Block) -> bool:
    """Whether a block says what signs and columns stand for."""
    return isinstance(block, Note) and block.kind == "legend"


class Style(Record):
    """How a format shows a report."""

    digits: int = 6
    width: int | None = None  # columns of a terminal; None in a pipe or a file
    color: bool = False
    all_rows: bool = False
    ascii: bool = False  # what shows the text has no other letters
    legend: bool = True  # whether to say what signs and columns stand for
    standalone: bool = False  # LaTeX as a document of its own


@contextmanager
def boundless() -> Iterator[None]:
    """Within it Decimals may have any exponent; where there are none, nothing is loaded."""
    if "decimal" not in sys.modules:
        yield
        return
    from decimal import MAX_EMAX, MIN_EMIN, localcontext

    with localcontext() as context:
        context.Emax, context.Emin = MAX_EMAX, MIN_EMIN
        yield


def formats() -> list[str]:
    """Every format, in alphabetical order."""
    files = os.listdir(os.path.join(os.path.dirname(__file__), "formats"))
    return sorted(file[:-3] for file in files if file.endswith(".py") and not file.startswith("_"))


def format_module(name: str) -> Any:
    """The module of the format of that name, with its `render` and `EXTENSIONS`."""
    return __import__(f"gradcalc.report.formats.{name}", fromlist=["render"])
