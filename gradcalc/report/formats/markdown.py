"""Markdown as GitHub renders it: headings, tables, formulas as blocks of mathematics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gradcalc.expressions.expression import Expression
from gradcalc.report.report import Aligned, Formula, Heading, Note, Report, Style, Table, Tree
from gradcalc.report.tables import Figure, figures, fold, fold_note, strings, words
from gradcalc.report.text import pad, printable, width

EXTENSIONS = (".md", ".markdown")
ESCAPES = str.maketrans({character: f"\\{character}" for character in "\\`*_{}[]<>#|~$"} | {"&": "&amp;"})
BAR = 12
MOST_LINES = 24
BEGIN, END = r"\begin{aligned}", r"\end{aligned}"


def render(report: Report, style: Style) -> Iterator[str]:
    """Every block, a blank line between them; the first heading is the title."""
    blocks = list(report.shown(style))
    titles = [block for block in blocks if isinstance(block, Heading)][:1]
    yield "\n\n".join("\n".join(lines(block, style, block in titles)) for block in blocks) + "\n"


def lines(block: Any, style: Style, title: bool) -> list[str]:
    """A block as lines."""
    if isinstance(block, Heading):
        return [f"{'#' if title else '##'} {escape(block.text)}"]
    if isinstance(block, Note):
        return [escape(words(block.text, style.digits))]
    if isinstance(block, Formula):
        return formula(block, style.digits)
    if isinstance(block, Tree):
        return items(block, 0)
    if isinstance(block, Aligned):
        return aligned(block, style.digits)
    return table_lines(block, style)


def aligned(block: Aligned, digits: int) -> list[str]:
    """The lines of a derivation as a block of mathematics, long ones in several."""
    from gradcalc.expressions.print_latex import LaTeX
    from gradcalc.report.latex_lines import aligned_lines

    written = aligned_lines(block.lines, LaTeX(digits))
    parts = [written[start : start + MOST_LINES] for start in range(0, len(written), MOST_LINES)]
    return [line for part in parts for line in ("$$", BEGIN, "\\\\\n".join(part), END, "$$", "")][:-1]


def escape(text: str) -> str:
    """The text with everything that Markdown would read as markup escaped, and what does not print."""
    return printable(text).translate(ESCAPES)


def formula(block: Formula, digits: int) -> list[str]:
    """Mathematics on a line of its own where an expression is in it, else a line of text."""
    if not any(isinstance(part, Expression) for part in block.text):
        return [escape(words(block.text, digits))]
    from gradcalc.expressions.print_latex import LaTeX
    from gradcalc.report.latex_lines import mathematics

    return ["$$", mathematics(block.text, LaTeX(digits)), "$$"]


def items(tree: Tree, depth: int) -> list[str]:
    """A tree as a nested list."""
    own = f"{'  ' * depth}- {escape(tree.label)}"
    return [own, *(line for child in tree.children for line in items(child, depth + 1))]


def table_lines(block: Table, style: Style) -> list[str]:
    """A table whose source is aligned too."""
    folded = fold(block, style.all_rows)
    cells = figures(folded.rows, style.digits)
    names = [escape(column.name) for column in block.columns]
    columns = [column_of([row[i] for row in cells], name) for i, name in enumerate(names)]
    numeric = [any(isinstance(row[i], Figure) for row in cells) for i in range(len(names))]
    rule = ["-" * (width(column[0]) - 1) + ("-", ":")[right] for column, right in zip(columns, numeric, strict=True)]
    rows = [row_line(row) for row in zip(*columns, strict=True)]
    if folded.hidden:
        rows.insert(1 + folded.head, row_line([fold_note(folded.hidden), *[""] * (len(names) - 1)]))
    title = [f"## {escape(block.title)}", ""] if block.title else []
    return [*title, rows[0], row_line(rule), *rows[1:]]


def column_of(cells: Sequence[Any], name: str) -> list[str]:
    """The name and the cells of a column, all of one width."""
    texts = [name, *(escape(text) for text in strings(cells, BAR))]
    widest = max(3, *map(width, texts))
    return [pad(text, widest) for text in texts]


def row_line(cells: Sequence[str]) -> str:
    """`| a | b |`"""
    return f"| {' | '.join(cells)} |"
