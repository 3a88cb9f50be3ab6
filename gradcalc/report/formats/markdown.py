"""Markdown as GitHub renders it: headings, tables, formulas as blocks of mathematics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gradcalc.report.latex_lines import aligned_lines, displayed
from gradcalc.report.report import Aligned, Formula, Heading, Note, Report, Strip, Style, Table, Tree
from gradcalc.report.text import Figure, figures, fold, fold_note, pad, printable, strings, width, words

EXTENSIONS = (".md", ".markdown")
HEEDS = ("digits", "all_rows", "legend")
ESCAPES = str.maketrans({character: f"\\{character}" for character in "\\`*_{}[]<>#|~$"} | {"&": "&amp;"})
BAR = 12
MOST_LINES = 24
BEGIN, END = r"\begin{aligned}", r"\end{aligned}"


def render(report: Report, style: Style) -> Iterator[str]:
    """Every block, a blank line between them; the first heading is the title."""
    blocks = list(report.shown(style))
    texts = ["\n".join(LINES[type(block)](block, style)) for block in blocks]
    for place in [place for place, block in enumerate(blocks) if isinstance(block, Heading)][:1]:
        texts[place] = texts[place][1:]
    yield "\n\n".join(texts) + "\n"


def aligned(block: Aligned, style: Style) -> list[str]:
    """The lines of a derivation as a block of mathematics, long ones in several."""
    written = aligned_lines(block.lines, style.digits)
    parts = [written[start : start + MOST_LINES] for start in range(0, len(written), MOST_LINES)]
    return [line for part in parts for line in ("$$", BEGIN, "\\\\\n".join(part), END, "$$", "")][:-1]


def escape(text: str) -> str:
    """The text with everything that Markdown would read as markup escaped, and what does not print."""
    return printable(text).translate(ESCAPES)


def formula(block: Formula, style: Style) -> list[str]:
    """Mathematics on a line of its own where an expression is in it, else a line of text."""
    shown = displayed(block.text, style.digits)
    return [escape(words(block.text, style.digits))] if shown is None else ["$$", shown, "$$"]


def items(tree: Tree, depth: int) -> list[str]:
    """A tree as a nested list."""
    own = f"{'  ' * depth}- {escape(tree.label)}"
    return [own, *(line for child in tree.children for line in items(child, depth + 1))]


def table_lines(block: Table, style: Style) -> list[str]:
    """A table whose source is aligned too."""
    folded = fold(block, style.all_rows)
    cells = figures(folded.rows, block.columns, style.digits)
    columns, rule = [], []
    for i, column in enumerate(block.columns):
        drawn = strings([row[i] for row in cells], BAR)
        shown = [f"`{text}`" if isinstance(row[i], Strip) else escape(text) for text, row in zip(drawn, cells)]
        texts = [escape(column.name), *shown]
        widest = max(3, *map(width, texts))
        columns.append([pad(text, widest) for text in texts])
        rule.append("-" * (widest - 1) + ("-", ":")[any(isinstance(row[i], Figure) for row in cells)])
    rows = [row_line(row) for row in zip(*columns, strict=True)]
    if folded.hidden:
        rows.insert(1 + folded.head, row_line([fold_note(folded.hidden), *[""] * (len(columns) - 1)]))
    title = [f"## {escape(block.title)}", ""] if block.title else []
    return [*title, rows[0], row_line(rule), *rows[1:]]


def row_line(cells: Sequence[str]) -> str:
    """`| a | b |`"""
    return f"| {' | '.join(cells)} |"


LINES: dict[type, Callable[[Any, Style], list[str]]] = {
    Heading: lambda block, style: [f"## {escape(block.text)}"],
    Note: lambda block, style: [escape(words(block.text, style.digits))],
    Formula: formula,
    Tree: lambda block, style: items(block, 0),
    Aligned: aligned,
    Table: table_lines,
}
