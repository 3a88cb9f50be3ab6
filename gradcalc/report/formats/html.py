"""HTML: one self-contained page without script, readable without its style."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gradcalc.report.report import Aligned, Bar, Formula, Heading, Line, Note, Report, Style, Table, Tree
from gradcalc.report.tables import Figure, figures, fold, fold_note, strings, words
from gradcalc.report.text import printable

EXTENSIONS = (".html", ".htm")
BAR = 16
ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
STYLE = """\
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto }
caption { text-align: left; font-weight: bold; padding: .3rem 0 }
th { text-align: left; border-bottom: 2px solid }
th, td { padding: .15rem .9rem .15rem 0; vertical-align: top }
tbody + tbody { border-top: 1px solid #8888 }
td.number, td.drawn, p.formula { font-family: ui-monospace, monospace; white-space: pre }
div.derivation { overflow-x: auto; overflow-y: hidden; margin: 1rem 0 }
div.derivation table { display: table; overflow: visible; margin: 0 }
div.derivation td { vertical-align: middle; padding: .2rem 1.2rem .2rem 0; white-space: nowrap }
td.drawn { color: #0a7ea4; line-height: 1 }
td.drawn .lower { color: #c2571a }
td.drawn .both { background: #c2571a }
p.warning { color: #a15c00 }"""


def render(report: Report, style: Style) -> Iterator[str]:
    """The page, under a heading of its own; what else opens a report stands beneath as a line."""
    blocks = list(report.shown(style))
    title = report.title or "gradcalc"
    if blocks and isinstance(blocks[0], Heading):
        blocks[0] = Note(blocks[0].text, "title")
    body = [element(block, style) for block in blocks]
    yield "\n".join([*opening(title), f"<h1>{escape(title)}</h1>", *body, "</body>", "</html>"]) + "\n"


def opening(title: str) -> list[str]:
    """Everything before the first block."""
    return [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title>",
        f"<style>\n{STYLE}\n</style>",
        "</head>",
        "<body>",
    ]


def escape(text: str) -> str:
    """The text as HTML shows it, control characters escaped."""
    return printable(text).translate(ESCAPES)


def element(block: Any, style: Style) -> str:
    """A block as an element."""
    if isinstance(block, Heading):
        return f"<h2>{escape(block.text)}</h2>"
    if isinstance(block, Note):
        return f'<p class="{block.kind}">{escape(words(block.text, style.digits))}</p>'
    if isinstance(block, Formula):
        return f'<p class="formula">{escape(words(block.text, style.digits))}</p>'
    if isinstance(block, Tree):
        return f"<ul>{item(block)}</ul>"
    if isinstance(block, Aligned):
        return "\n".join(derivation(block, style))
    return "\n".join(table(block, style))


def derivation(block: Aligned, style: Style) -> Iterator[str]:
    """The lines of a derivation as rows: what, how, how much, why; mathematics in MathML."""
    from gradcalc.expressions.print_mathml import MathML

    notation = MathML(style.digits, escape)
    yield '<div class="derivation"><table>'
    values = figures([[line.value] for line in block.lines], style.digits)
    for line, (value,) in zip(block.lines, values):
        yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in derivation_cells(line, value, notation))}</tr>"
    yield "</table></div>"


def derivation_cells(line: Line, value: Any, notation: Any) -> Iterator[str]:
    """The cells of one line."""
    yield derivation_part(line.left, notation)
    yield "=" if line.right else ""
    yield derivation_part(line.equation, notation)
    yield "" if line.value is None else f"= {escape(strings([value], 0)[0])}"
    yield derivation_part(line.reason, notation)


def derivation_part(part: Any, notation: Any) -> str:
    """Text, or an expression."""
    from gradcalc.expressions.walk import write

    return escape(part) if isinstance(part, str) else f'<math displaystyle="true">{write(part, notation)}</math>'


def item(tree: Tree) -> str:
    """A tree as a list in a list."""
    inner = "".join(map(item, tree.children))
    return f"<li>{escape(tree.label)}{f'<ul>{inner}</ul>' if inner else ''}</li>"


def table(block: Table, style: Style) -> Iterator[str]:
    """A table; rows that belong together share a body."""
    folded = fold(block, style.all_rows)
    cells = figures(folded.rows, style.digits)
    drawn = [strings([row[i] for row in cells], BAR) for i in range(len(block.columns))]
    yield "<table>"
    if block.title:
        yield f"<caption>{escape(block.title)}</caption>"
    names = "".join(f'<th scope="col">{escape(column.name)}</th>' for column in block.columns)
    yield f"<thead><tr>{names}</tr></thead>"
    yield "<tbody>"
    for number, row in enumerate(cells):
        if block.groups and number and folded.groups[number] != folded.groups[number - 1]:
            yield "</tbody>\n<tbody>"
        if folded.hidden and number == folded.head:
            yield f'<tr><td colspan="{len(row)}">{escape(fold_note(folded.hidden))}</td></tr>'
        yield f"<tr>{''.join(data(cell, column[number]) for cell, column in zip(row, drawn, strict=True))}</tr>"
    yield "</tbody>\n</table>"


def data(cell: Any, drawn: str) -> str:
    """One cell."""
    if isinstance(cell, str):
        return f"<td>{escape(cell)}</td>"
    if isinstance(cell, Bar) and cell.under is not None:
        return f'<td class="drawn">{two_colours(drawn.rstrip())}</td>'
    return f'<td class="{"number" if isinstance(cell, Figure) else "drawn"}">{escape(drawn.rstrip())}</td>'


def two_colours(drawn: str) -> str:
    """Two bars in one line: the upper halves in the first colour, the lower ones in the second."""
    both, first, second = (drawn.count(part) for part in "█▀▄")
    parts = (("both", "▀" * both), ("upper", "▀" * first), ("lower", "▄" * second))
    return "".join(f'<span class="{name}">{part}</span>' for name, part in parts if part)
