"""A line of a picture in every format: as long as it is, its signs under one another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gradcalc.report.report import Column, Report, Strip, Style, Table, format_module

SIGNS = ("..░░▒▒▒▒●◆○▒", "─2^-2──2^0──")
FACTS: Mapping[str, Any] = {}


def shown(name: str, **style: Any) -> str:
    table = Table([Column("node"), Column("|x|")], [["h1", Strip(SIGNS[0])], ["axis", Strip(SIGNS[1])]])
    return "".join(format_module(name).render(Report(FACTS, lambda: [table]), Style(**style)))


def test_text_has_it_as_it_is_and_never_broken() -> None:
    assert all(signs in shown("table") and signs in shown("table", width=30) for signs in SIGNS)
    assert all(signs in shown("table", width=16) for signs in SIGNS)


def test_in_other_letters_it_is_as_long() -> None:
    lines = [line for line in shown("table", ascii=True).splitlines() if line.startswith((" h1", " axis"))]
    assert [len(line) for line in lines] == [1 + 4 + 2 + 12] * 2 and all(line.isascii() for line in lines)


def test_where_a_table_is_too_wide_its_narrower_form_is_taken() -> None:
    wide, narrow = (Table([Column("x")], [[Strip("▒" * columns)]]) for columns in (40, 20))
    report = Report(FACTS, lambda: [wide._replace(otherwise=narrow)])
    assert max(map(len, "".join(format_module("table").render(report, Style(width=30))).splitlines())) == 21


def test_markdown_and_html_set_it_in_letters_of_one_width() -> None:
    assert all(f"`{signs}`" in shown("markdown") for signs in SIGNS)
    assert all(f'<td class="drawn">{signs}</td>' in shown("html") for signs in SIGNS)


def test_latex_draws_shades_as_rules_and_dots_in_boxes() -> None:
    text = shown("latex")
    assert r"\hspace{0.70em}\rule{0.70em}{.4ex}\rule{1.40em}{1ex}\makebox[.35em]{$\bullet$}" in text
    assert not re.search("[▒░●◆○─]", text)
