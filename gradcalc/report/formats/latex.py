"""LaTeX: tables as plain `tabular`s and displayed formulas, to be \\input, or a whole document; a comment on top names
the packages that they need."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

from gradcalc.expressions.numerals import MINUS, percent
from gradcalc.report.latex_lines import SIGNS, aligned_lines, displayed
from gradcalc.report.report import (
    Aligned,
    Bar,
    Formula,
    Heading,
    Note,
    Percent,
    Report,
    Spark,
    Strip,
    Style,
    Table,
    Tree,
)
from gradcalc.report.text import SPARKS, fold, fold_note, is_number, printable, rounded, spark, words, words_of

EXTENSIONS = (".tex",)
HEEDS = ("digits", "all_rows", "legend", "standalone")

ESCAPES = str.maketrans(
    {sign: f"\\{sign}" for sign in "{}$&#%_"}
    | {sign: f"${sign}$" for sign in "<>|"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {sign: f"${command.strip()}$" for sign, command in SIGNS.items()}
)
BAR = 5
RULES = {
    ".": r"\hspace{{{}}}",
    "░": r"\rule{{{}}}{{.4ex}}",
    "▒": r"\rule{{{}}}{{1ex}}",
    "─": r"\rule[.5ex]{{{}}}{{.1ex}}",
}
DOTS = "●◆○"
SETTING = r"{\noindent\footnotesize\setlength{\tabcolsep}{3pt}"  # for seven columns on an article's page


AMSMATH = r"\\(operatorname|text|[dt]frac|[lr][vV]ert|allowdisplaybreaks)\b|\{(align\*|cases|.matrix)\}"
PACKAGES = {"amsmath": re.compile(AMSMATH)}  # what calls for a package
MARGIN = r"\usepackage[margin=2cm]{geometry}"  # rows of numbers are long


def render(report: Report, style: Style) -> Iterator[str]:
    """Every block, a blank line between them: what another document takes in, or one that compiles as it is."""
    body = "\n\n".join("\n".join(LINES[type(block)](block, style)) for block in report.shown(style))
    packages = [rf"\usepackage{{{name}}}" for name, used in PACKAGES.items() if used.search(body)]
    if style.standalone:
        title = [rf"\section*{{{escape(report.title)}}}", ""] if report.title else []
        preamble = [r"\documentclass{article}", MARGIN, *packages, r"\begin{document}"]
        yield "\n".join([*preamble, *title, body, r"\end{document}", ""])
    else:
        yield f"% Needs {', '.join(packages) or 'no package'}.\n{body}\n"


def heading(text: str) -> list[str]:
    """A title in bold, on a line of its own."""
    return [rf"\medskip\noindent\textbf{{{escape(text)}}}\par\nopagebreak\smallskip"]


def formula(block: Formula, style: Style) -> list[str]:
    """Mathematics on a line of its own where an expression is in it, else a line of text."""
    shown = displayed(block.text, style.digits)
    return [escape(words(block.text, style.digits))] if shown is None else [r"\[", shown, r"\]"]


def aligned(block: Aligned, style: Style) -> list[str]:
    """The lines of a derivation, aligned at their equals signs; long ones break over pages."""
    inside = "\\\\\n".join(aligned_lines(block.lines, style.digits))
    return [r"{\allowdisplaybreaks", r"\begin{align*}", inside, r"\end{align*}}"]


def escape(text: str) -> str:
    """The text with what TeX reads as a command, or no font shows, escaped; neighbours share dollars and braces."""
    latex = re.sub(r"(?<!\\)\$\$", "", printable(text).translate(ESCAPES))
    return latex.replace("}^{", "").replace("}_{", "").replace("--", "-{}-")


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
    cells = rounded(folded.rows, block.columns, style.digits)
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
    names = [
        rf"\multicolumn{{2}}{{c}}{{{escape(column.name)}}}" if pair else escape(column.name)
        for column, pair in zip(block.columns, numeric, strict=True)
    ]
    closing = r"\end{tabular}\par}"
    return [*title, SETTING, opening, r"\hline", row_line(names), r"\hline", *rows, r"\hline", closing]


def row_line(cells: Sequence[str]) -> str:
    """`a & b \\\\`"""
    return f"{' & '.join(cells)} \\\\"


def cell(value: Any, pair: bool, digits: int) -> str:
    """A cell: text, a number in two halves, a rule as long as a bar, or a line of rules as tall as its values."""
    if is_number(value):
        return halves(value)
    if isinstance(value, Bar):
        upper, lower = (BAR * min(abs(part or 0), 1) for part in value)
        if value.under is None:
            return rf"\rule{{{upper:.2f}em}}{{1ex}}"
        return rf"\rlap{{\rule[0.7ex]{{{upper:.2f}em}}{{0.6ex}}}}\rule{{{lower:.2f}em}}{{0.6ex}}"
    if isinstance(value, Strip):
        text = strip(value.signs)
    elif isinstance(value, Spark):
        heights = (SPARKS.find(sign) + 1 for sign in spark(value))
        text = "".join(rf"\rule{{.3em}}{{{height * 0.22:.2f}ex}}" if height else r"\hspace{.3em}" for height in heights)
    else:
        text = escape(words_of(value, digits))
    return rf"\multicolumn{{2}}{{l}}{{{text}}}" if pair else text


def strip(signs: str) -> str:
    """A line of a picture: shades as rules of two heights, dots each in a box of its own."""
    parts = []
    for rule, run in groupby(signs, RULES.get):
        text = "".join(run)
        long = f"{len(text) * 0.35:.2f}em"
        if rule is not None:
            parts.append(rule.format(long))
        else:
            dots = (rf"\makebox[.35em]{{{escape(sign)}}}" for sign in text)
            parts.append("".join(dots) if text[0] in DOTS else rf"\makebox[{long}][l]{{{escape(text)}}}")
    return "".join(parts)


def halves(value: Any) -> str:
    """A number, or a share, cut at its decimal point: `$-0$ & $.00302124$`."""
    number, unit = value, ""
    if isinstance(value, Percent):
        if value.share is None:
            return " & "
        number, unit = percent(value.share), r"\,\%"
    power = "" if number.exponent is None else rf"\times 10^{{{number.exponent}}}"
    right = (f".{number.fraction}" if number.fraction else "") + power + unit
    return f"${'-' * number.negative}{number.whole.replace(MINUS, '-')}$ & " + (f"${right}$" if right else "")


LINES: dict[type, Callable[[Any, Style], list[str]]] = {
    Heading: lambda block, style: heading(block.text),
    Note: lambda block, style: [escape(words(block.text, style.digits))],
    Formula: formula,
    Tree: lambda block, style: tree(block),
    Aligned: aligned,
    Table: tabular,
}
