"""Markdown, LaTeX, HTML and CSV of the same report."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from computations import residual
from hypothesis import given
from hypothesis import strategies as st

from gradcalc.__main__ import run
from gradcalc.cli.help import formats_of
from gradcalc.cli.options import Output
from gradcalc.cli.output import choose_format
from gradcalc.errors import UsageError
from gradcalc.expressions.expression import Expression
from gradcalc.expressions.expression import name as letter
from gradcalc.expressions.numerals import superscript
from gradcalc.report.report import (
    Aligned,
    Bar,
    Column,
    Formula,
    Heading,
    Line,
    Note,
    Percent,
    Report,
    Style,
    Table,
    Tree,
    format_module,
)
from gradcalc.views.compute_page import report

VOID = {"meta"}


class Balance(HTMLParser):
    """Whether every element is closed, in order; the text of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def printed(name: str, *blocks: object, **style: object) -> str:
    return "".join(format_module(name).render(Report({}, lambda: blocks), Style(**style)))  # type: ignore[arg-type]


def residual_as(name: str) -> str:
    return "".join(format_module(name).render(report(residual()), Style()))


FORMATS = formats_of("compute")
PAGES = [name for name in FORMATS if "of blocks" in printed(name, Heading("of blocks"), Table([Column("n")], []))]
"""Formats that print what a person reads."""

HOSTILE = "<script>alert(1)</script> & | `x` *y* _z_ $a$ \\input{/etc/passwd} % # ~ ^ {} [u](v) \u202e\x1b[31m"


@pytest.mark.parametrize("name", PAGES)
def test_every_format_shows_gradients_paths_and_the_verdict(name: str) -> None:
    text = residual_as(name).replace("$", "").replace(r"\to", "→").replace(r"\partial", "∂").replace("\\", "")
    for wanted in ("w_r", "h1 → h2 → y", "00302124", "00294760", "0000736392", "1/41 of it", "the skip h1 → y"):
        assert wanted in text, wanted


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("digits", [3, 12])
def test_digits(name: str, digits: int) -> None:
    text = "".join(format_module(name).render(report(residual()), Style(digits=digits)))
    assert {3: "00302", 12: "00302123812105"}[digits] in text
    assert ("0030212" in text) == (digits == 12)


@pytest.mark.parametrize("name", PAGES)
def test_a_legend_is_shown_unless_it_is_not_wanted(name: str) -> None:
    blocks = [Heading("net"), Note("lengths are counted", "legend"), Note("a sentence")]
    assert "lengths are counted" in printed(name, *blocks)
    without = printed(name, *blocks, legend=False)
    assert "lengths are counted" not in without and "a sentence" in without


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    ("column", "shown"),
    [
        ([0.5, 1 / 3], ["0.500000", "0.333333"]),
        ([14, 4.25], ["14.0", "4.25"]),
        ([1, 2, 30], ["1", "2", "30"]),
        ([1e-6, 0.25], ["1.0×10⁻⁶", "2.5×10⁻¹"]),
        ([1e-5, 0.25], ["0.000010", "0.25"]),
        ([123456.0, 1.5], ["123456", "1.50000"]),
        ([1e7, 0.5], ["1×10⁷", "5×10⁻¹"]),
        ([Percent(0.25), Percent(0.0009)], ["25.0 %", "< 0.1 %"]),
    ],
)
def test_numbers_of_a_column_have_the_same_digits_and_notation(
    name: str, column: list[object], shown: list[str]
) -> None:
    text = unescape(printed(name, Table([Column("n")], [[cell] for cell in column])))
    plain = re.sub(r"\\times 10\^\{(-?\d+)\}", lambda power: "×10" + superscript(power[1]), text)
    plain = plain.replace("$ & $", "").replace(r"\,\%", " %").replace("\\<", "<")
    assert all(number in plain for number in shown), plain


@pytest.mark.parametrize("name", ["table", "html"])
def test_values_of_a_derivation_have_the_digits_that_they_need(name: str) -> None:
    """As where they are put in further on."""
    lines = [Line(letter("a"), letter("b"), 0.5), Line(letter("b"), letter("c"), 1 / 3)]
    text = printed(name, Aligned(lines))
    assert "0.500000" not in text and "0.5" in text and "0.333333" in text


@pytest.mark.parametrize("name", FORMATS)
@given(text=st.text(st.characters(categories=["Cc", "Cf", "Zl", "Zp", "Co"]) | st.sampled_from("a$<|\\\n")))
def test_no_format_lets_through_what_does_not_print(name: str, text: str) -> None:
    rows = Table([Column(f"n{text}")], [[f"v{text}"]], title=f"t{text}")
    facts = {"command": "compute", "name": text, "gradients": None, "forward": {}}
    blocks = [Heading(f"h{text}"), Note(f"p{text}"), Tree(f"r{text}", [Tree(text)]), rows]
    said = "".join(format_module(name).render(Report(facts, lambda: iter(blocks), table=lambda: rows), Style()))
    assert all(c.isprintable() for c in said.replace("\n", "").replace("\r", ""))
    assert name not in ("csv", "jsonl") or len(said.splitlines()) <= 2


def test_latex_keeps_an_escaped_dollar_before_a_sign() -> None:
    assert r"\$$<$" in printed("latex", Note("a $< b"))


def test_markdown_cells_do_not_break_the_table() -> None:
    text = printed("markdown", Table([Column(HOSTILE), Column("n")], [[HOSTILE, 1.5]]))
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines()}) == 1
    assert not re.search(r"(?<!\\)[<`*_$\[]", text)


def test_markdown_sets_formulas_as_blocks_of_mathematics() -> None:
    text = printed("markdown", Formula((Expression("/", (letter("a"), letter("b"))), " = ", 5.0e-17)))
    assert text == "$$\n\\frac{a}{b} = 5 \\times 10^{-17}\n$$\n"


def test_html_is_balanced_self_contained_and_without_script() -> None:
    for text in (residual_as("html"), printed("html", Heading(HOSTILE), Note(HOSTILE), Tree(HOSTILE, [Tree(HOSTILE)]))):
        page = Balance()
        page.feed(text)
        assert page.open == []
        assert not re.search(r"<script|<link|<img|src=|http|@import|url\(", text)
        assert text.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("compute residual", "residual: gradients as sums over paths"),
        ("compute --input 1 --weights 2", "network: forward pass"),
        ("paths residual --wrt w1 --of h2", "residual: paths of ∂h2/∂w1"),
        ("compare residual", "residual, with and without its skips (same weights): gradients"),
        ("compare residual plain", "residual against plain: gradients"),
        ("sweep deep --vary depth=3,5", "deep: sweep of depth"),
        ("explain residual --wrt w1", "residual: derivation of ∂L/∂w1"),
        ("compute residual --set name=<b>", "&lt;b&gt;: gradients as sums over paths"),
    ],
)
def test_html_is_called_by_the_network_and_what_is_shown(
    line: str, title: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*line.split(), "--format", "html"]) == 0
    page = capsys.readouterr().out
    assert f"<title>{title}</title>" in page and f"<h1>{title}</h1>" in page
    assert page.count("<h1>") == 1
    assert '<html lang="en">' in page and 'name="viewport"' in page


@given(st.text())
def test_html_shows_any_text_as_text(name: str) -> None:
    page = Balance()
    page.feed(printed("html", Heading(name), Table([Column(name)], [[name]], title=name), Note(name)))
    assert page.open == []


def test_latex_escapes_everything() -> None:
    text = printed("latex", Note(HOSTILE))
    assert r"\input" not in text
    assert r"\textbackslash{}input\{/etc/passwd\}" in text
    assert r"\$a\$" in text
    assert r"\%" in text


def test_latex_numbers_meet_at_the_point() -> None:
    text = printed(
        "latex", Table([Column("w_1"), Column("g")], [["a", -0.5], ["b", 6.1], ["c", Percent(0.5)], ["d", None]])
    )
    assert r"\begin{tabular}{lr@{}l}" in text
    assert r"a & $-0$ & $.50$ \\" in text
    assert r"b & $6$ & $.1$ \\" in text
    assert r"c & $50$ & $.0\,\%$ \\" in text
    assert r"w\_1 & \multicolumn{2}{c}{g}" in text


def test_latex_rows_have_the_columns_of_the_table() -> None:
    for table in re.findall(r"\\begin\{tabular\}\{(.*?)\}\n(.*?)\\end", residual_as("latex"), re.S):
        columns = table[0].replace("@{}", "")
        for line in table[1].splitlines():
            if line.endswith("\\\\"):
                assert line.count(" & ") + line.count(r"\multicolumn{2}") + 1 == len(columns), line


DERIVATION = Aligned([Line("a", "b", 1.5, "c")])


def test_latex_names_the_packages_that_it_needs() -> None:
    assert printed("latex", Note("a")) == "% Needs no package.\na\n"
    assert printed("latex", DERIVATION).startswith("% Needs \\usepackage{amsmath}.\n")


def test_latex_may_stand_alone() -> None:
    page = Report({}, lambda: [DERIVATION], title="a_b: 50 %")
    text = "".join(format_module("latex").render(page, Style(standalone=True)))
    assert text.startswith("\\documentclass{article}\n") and text.endswith("\\end{document}\n")
    preamble, body = text.split("\\begin{document}\n")
    assert r"\usepackage{amsmath}" in preamble
    assert body.startswith("\\section*{a\\_b: 50 \\%}\n")


LATEX = ["compute residual", "compare deep", "paths resnet --wrt w1", "sweep deep --vary depth=3,5", "explain rnn"]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("pdflatex"), reason="needs a TeX engine")
@pytest.mark.parametrize("line", LATEX)
def test_latex_that_stands_alone_compiles(line: str, tmp_path: Path) -> None:
    assert run([*line.split(), "--standalone", "-o", str(tmp_path / "page.tex")]) == 0
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("pdflatex"), reason="needs a TeX engine")
@pytest.mark.parametrize("name", ["residual", "deep", "mazur", "rnn"])
def test_latex_compiles_as_it_is(name: str, tmp_path: Path) -> None:
    assert run(["compute", name, "-o", str(tmp_path / "report.tex")]) == 0
    (tmp_path / "page.tex").write_text(
        r"\documentclass{article}\usepackage{amsmath}\begin{document}\input{report}\end{document}"
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:]


def test_csv_reads_back_in_full() -> None:
    rows = list(csv.DictReader(io.StringIO(residual_as("csv"))))
    assert [float(row["gradient"]) for row in rows] == [-0.0030212381210528165] * 2 + [
        -0.003100463005298157,
        -0.1213008488989689,
        -0.12410398957513989,
    ]
    assert rows[1]["path"] == "h1 → h2 → y"
    assert rows[1]["through"] == "w2, w3"
    assert float(rows[1]["contribution"]) == -7.363922279841091e-05


def test_csv_has_no_bars_and_no_formulas_for_spreadsheets() -> None:
    table = Table([Column("name"), Column("share"), Column("bar")], [["=1+2", Percent(0.25), Bar(0.25)]])
    assert printed("csv", table) == "name,share\n'=1+2,0.25\n"


def test_csv_is_the_first_table_where_a_report_has_none_for_it() -> None:
    first, second = Table([Column("b")], [[2**200]]), Table([Column("a")], [[1]])
    assert printed("csv", first, second) == f"b\n{2**200}\n"


@pytest.mark.parametrize("name", PAGES)
def test_long_tables_fold(name: str) -> None:
    table = Table([Column("n"), Column("x")], [[f"r{n}r", 1.0] for n in range(100)])
    assert "70 more rows" in printed(name, table)
    assert "r50r" not in printed(name, table)
    assert "r50r" in printed(name, table, all_rows=True)


def test_formats_are_found_by_file_name_and_extension() -> None:
    assert set(PAGES) >= {"html", "latex", "markdown", "table"}
    assert set(FORMATS) == {*PAGES, "csv", "json", "jsonl"}
    assert [
        choose_format(Output(file=f"out{ending}")) for ending in (".JSON", ".md", ".tex", ".htm", ".jsonl", ".txt")
    ] == ["json", "markdown", "latex", "html", "jsonl", "table"]
    with pytest.raises(UsageError, match=r"\.csv"):
        choose_format(Output(file="out.xyz"))
