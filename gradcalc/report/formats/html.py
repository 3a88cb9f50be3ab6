"""HTML: one self-contained page without script, readable without its style."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from gradcalc.report.report import Aligned, Bar, Column, Formula, Heading, Note, Report, Style, Table, Tree
from gradcalc.report.text import Figure, figures, fold, fold_note, in_markup, on_its_own, strings, words

EXTENSIONS = (".html", ".htm")
HEEDS = ("digits", "all_rows", "legend")
BAR = 16
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

OPENING = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
<h1>{title}</h1>"""


def render(report: Report, style: Style) -> Iterator[str]:
    """The page, under a heading of its own; what else opens a report stands beneath as a line."""
    blocks = list(report.shown(style))
    if blocks and isinstance(blocks[0], Heading):
        blocks[0] = Note(blocks[0].text, "title")
    body = [ELEMENTS[type(block)](block, style) for block in blocks]
    opening = OPENING.format(title=in_markup(report.title or "gradcalc"), style=STYLE)
    yield "\n".join([opening, *body, "</body>", "</html>"]) + "\n"


def paragraph(kind: str, block: Note | Formula, style: Style) -> str:
    """Words in a paragraph of a class."""
    return f'<p class="{kind}">{in_markup(words(block.text, style.digits))}</p>'


def derivation(block: Aligned, style: Style) -> str:
    """The lines of a derivation as rows: what, how, how much, why; mathematics in MathML."""
    from gradcalc.expressions.print_mathml import MathML
    from gradcalc.expressions.walk import write

    notation = MathML(style.digits, in_markup)

    def written(part: Any) -> str:
        return in_markup(part) if isinstance(part, str) else f'<math displaystyle="true">{write(part, notation)}</math>'

    lines = ['<div class="derivation"><table>']
    values = figures([[on_its_own(line.value, style.digits)] for line in block.lines], [Column("")], style.digits)
    for line, (value,) in zip(block.lines, values):
        parts = [
            written(line.left),
            "=" if line.right else "",
            written(line.equation),
            "" if line.value is None else f"= {in_markup(strings([value], 0)[0])}",
            written(line.reason),
        ]
        lines.append(f"<tr>{''.join(f'<td>{part}</td>' for part in parts)}</tr>")
    return "\n".join([*lines, "</table></div>"])


def item(tree: Tree) -> str:
    """A tree as a list in a list."""
    inner = "".join(map(item, tree.children))
    return f"<li>{in_markup(tree.label)}{f'<ul>{inner}</ul>' if inner else ''}</li>"


def table(block: Table, style: Style) -> str:
    """A table; rows that belong together share a body."""
    folded = fold(block, style.all_rows)
    cells = figures(folded.rows, block.columns, style.digits)
    drawn = [strings([row[i] for row in cells], BAR) for i in range(len(block.columns))]
    lines = ["<table>", *([f"<caption>{in_markup(block.title)}</caption>"] if block.title else [])]
    names = "".join(f'<th scope="col">{in_markup(column.name)}</th>' for column in block.columns)
    lines += [f"<thead><tr>{names}</tr></thead>", "<tbody>"]
    for number, row in enumerate(cells):
        if block.groups and number and folded.groups[number] != folded.groups[number - 1]:
            lines.append("</tbody>\n<tbody>")
        if folded.hidden and number == folded.head:
            lines.append(f'<tr><td colspan="{len(row)}">{in_markup(fold_note(folded.hidden))}</td></tr>')
        lines.append(f"<tr>{''.join(data(cell, column[number]) for cell, column in zip(row, drawn, strict=True))}</tr>")
    return "\n".join([*lines, "</tbody>\n</table>"])


def data(cell: Any, drawn: str) -> str:
    """One cell; of two bars in one line the upper halves are in the first colour, the lower ones in the second."""
    if isinstance(cell, str):
        return f"<td>{in_markup(cell)}</td>"
    if isinstance(cell, Bar) and cell.under is not None:
        both, first, second = (drawn.count(part) for part in "█▀▄")
        parts = (("both", "▀" * both), ("upper", "▀" * first), ("lower", "▄" * second))
        spans = "".join(f'<span class="{name}">{part}</span>' for name, part in parts if part)
        return f'<td class="drawn">{spans}</td>'
    return f'<td class="{"number" if isinstance(cell, Figure) else "drawn"}">{in_markup(drawn.rstrip())}</td>'


ELEMENTS: dict[type, Callable[[Any, Style], str]] = {
    Heading: lambda block, style: f"<h2>{in_markup(block.text)}</h2>",
    Note: lambda block, style: paragraph(block.kind, block, style),
    Formula: lambda block, style: paragraph("formula", block, style),
    Tree: lambda block, style: f"<ul>{item(block)}</ul>",
    Aligned: derivation,
    Table: table,
}
