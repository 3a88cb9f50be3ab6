"""LaTeX: tables as plain `tabular`s and displayed formulas, to be \\input, or a whole document; a comment on top names
the packages that they need."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from gradcalc.expressions.expression import Expression
from gradcalc.expressions.numerals import MINUS, Numeral, percent
from gradcalc.report.latex_lines import SIGNS
from gradcalc.report.report import (
    Aligned,
    Bar,
    Formula,
    Heading,
    Note,
    Percent,
    Report,
    Spark,
    Style,
    Table,
    Tree,
)
from gradcalc.report.tables import SPARKS, fold, fold_note, is_number, rounded, spark, words, words_of
from gradcalc.report.text import printable

EXTENSIONS = (".tex",)

ESCAPES = str.maketrans(
    {sign: f"\\{sign}" for sign in "{}$&#%_"}
    | {sign: f"${sign}$" for sign in "<>|"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {sign: f"${command.strip()}$" for sign, command in SIGNS.items()}
)
BAR = 5
SETTING = r"{\noindent\footnotesize\setlength{\tabcolsep}{3pt}"
"""Tables of seven columns must fit the width of an article's page."""


AMSMATH = r"\\(operatorname|text|[dt]frac|[lr][vV]ert|allowdisplaybreaks)\b|\{(align\*|cases|.matrix)\}"
PACKAGES = {"amsmath": re.compile(AMSMATH)}
"""What calls for a package."""

MARGIN = r"\usepackage[margin=2cm]{geometry}"
"""Rows of numbers are long."""


def render(report: Report, style: Style) -> Iterator[str]:
    """Every block, a blank line between them."""
    body = "\n\n".join("\n".join(lines(block, style)) for block in report.shown(style))
    packages = [name for name, used in PACKAGES.items() if used.search(body)]
    yield document(report.title, body, packages) if style.standalone else fragment(body, packages)


def fragment(body: str, packages: Sequence[str]) -> str:
    """What another document takes in."""
    needed = ", ".join(rf"\usepackage{{{name}}}" for name in packages)
    return f"% Needs {needed or 'no package'}.\n{body}\n"


def document(title: str, body: str, packages: Sequence[str]) -> str:
    """A document that compiles as it is."""
    preamble = [r"\documentclass{article}", MARGIN, *(rf"\usepackage{{{name}}}" for name in packages)]
    heading = [rf"\section*{{{escape(title)}}}", ""] if title else []
    return "\n".join([*preamble, r"\begin{document}", *heading, body, r"\end{document}", ""])


def lines(block: Any, style: Style) -> list[str]:
    """A block as lines."""
    if isinstance(block, Heading):
        return heading(block.text)
    if isinstance(block, Note):
        return [escape(words(block.text, style.digits))]
    if isinstance(block, Formula):
        return formula(block, style.digits)
    if isinstance(block, Tree):
        return tree(block)
    if isinstance(block, Aligned):
        return aligned(block, style.digits)
    return tabular(block, style)


def aligned(block: Aligned, digits: int) -> list[str]:
    """The lines of a derivation, aligned at their equals signs; long ones break over pages."""
    from gradcalc.expressions.print_latex import LaTeX
    from gradcalc.report.latex_lines import aligned_lines

    inside = "\\\\\n".join(aligned_lines(block.lines, LaTeX(digits)))
    return [r"{\allowdisplaybreaks", r"\begin{align*}", inside, r"\end{align*}}"]


def heading(text: str) -> list[str]:
    """A title in bold, on a line of its own."""
    return [rf"\medskip\noindent\textbf{{{escape(text)}}}\par\nopagebreak\smallskip"]


def escape(text: str) -> str:
    """The text with what TeX reads as a command, or no font shows, escaped; neighbours share dollars and braces."""
    latex = re.sub(r"(?<!\\)\$\$", "", printable(text).translate(ESCAPES))
    return latex.replace("}^{", "").replace("}_{", "").replace("--", "-{}-")


def formula(block: Formula, digits: int) -> list[str]:
    """Mathematics on a line of its own where an expression is in it, else a line of text."""
    if not any(isinstance(part, Expression) for part in block.text):
        return [escape(words(block.text, digits))]
    from gradcalc.expressions.print_latex import LaTeX
    from gradcalc.report.latex_lines import mathematics

    return [r"\[", mathematics(block.text, LaTeX(digits)), r"\]"]


def tree(block: Tree) -> list[str]:
    """A tree as nested lists."""
    own = [escape(block.label)]
    if not block.children:
        return own
    items = [line for child in block.children for line in [r"\item", *tree(child)]]
    return [*own, r"\begin{itemize}", *items, r"\end{itemize}"]


def tabular(block: Table, style: Style) -> list[str]:
    """A table; a column of numbers is set as two that meet at the decimal point."""
    folded = fold(block, style.all_rows)
    cells = rounded(folded.rows, style.digits)
    numeric = [any(is_number(row[i]) for row in cells) for i in range(len(block.columns))]
    rows = [
        row_line([cell(value, pair, style.digits) for value, pair in zip(row, numeric, strict=True)]) for row in cells
    ]
    if folded.hidden:
        rows.insert(
            folded.head, rf"\multicolumn{{{len(numeric) + sum(numeric)}}}{{l}}{{{escape(fold_note(folded.hidden))}}} \\"
        )
    title = heading(block.title) if block.title else []
    opening = rf"\begin{{tabular}}{{{''.join('r@{}l' if pair else 'l' for pair in numeric)}}}"
    names = row_line([name(column.name, pair) for column, pair in zip(block.columns, numeric, strict=True)])
    closing = r"\end{tabular}\par}"
    return [*title, SETTING, opening, r"\hline", names, r"\hline", *rows, r"\hline", closing]


def row_line(cells: Sequence[str]) -> str:
    """`a & b \\\\`"""
    return f"{' & '.join(cells)} \\\\"


def name(text: str, pair: bool) -> str:
    """A column's name, over both halves of a column of numbers."""
    return rf"\multicolumn{{2}}{{c}}{{{escape(text)}}}" if pair else escape(text)


def rule(bar: Bar) -> str:
    """A rule as long as the bar, or two thin ones, one beneath the other."""
    upper, lower = (BAR * min(abs(part or 0), 1) for part in bar)
    if bar.under is None:
        return rf"\rule{{{upper:.2f}em}}{{1ex}}"
    return rf"\rlap{{\rule[0.7ex]{{{upper:.2f}em}}{{0.6ex}}}}\rule{{{lower:.2f}em}}{{0.6ex}}"


def columns(line: Spark) -> str:
    """A line of small rules, as tall as its values; a gap where there is none."""
    heights = (SPARKS.find(sign) + 1 for sign in spark(line))
    return "".join(rf"\rule{{.3em}}{{{height * 0.22:.2f}ex}}" if height else r"\hspace{.3em}" for height in heights)


def cell(value: Any, pair: bool, digits: int) -> str:
    """A cell: text, a rule as long as a bar, or a number in two halves."""
    if is_number(value):
        return halves(value)
    if isinstance(value, Bar):
        return rule(value)
    text = columns(value) if isinstance(value, Spark) else escape(words_of(value, digits))
    return rf"\multicolumn{{2}}{{l}}{{{text}}}" if pair else text


def halves(value: Any) -> str:
    """A number cut at its decimal point: `$-0$ & $.00302124$`."""
    if isinstance(value, Percent):
        return " & " if value.share is None else cut(percent(value.share), r"\,\%")
    return cut(value, "")


def cut(number: Numeral, unit: str) -> str:
    """Both halves in mathematics."""
    power = "" if number.exponent is None else rf"\times 10^{{{number.exponent}}}"
    right = (f".{number.fraction}" if number.fraction else "") + power + unit
    return f"${'-' * number.negative}{number.whole.replace(MINUS, '-')}$ & " + (f"${right}$" if right else "")
