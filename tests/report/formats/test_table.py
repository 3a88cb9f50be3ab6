"""The table format: aligned, never cut, whatever the width; colour only adds."""

from __future__ import annotations

import re

import pytest
from computations import residual
from hypothesis import given
from hypothesis import strategies as st

from gradcalc.report.report import (
    Abridged,
    Bar,
    Beside,
    Column,
    Formula,
    Heading,
    InColumn,
    Note,
    Percent,
    Report,
    Spark,
    Style,
    Table,
    Tree,
    format_module,
)
from gradcalc.report.text import width
from gradcalc.views.compute_page import report

AT_80_COLUMNS = """\
residual · sigmoid · (y − t)²           δ = ∂L/∂z, share = contribution/gradient
L = (y − t)² = (0.525929 − 1)² = 0.224743

Forward                                               Backward
 node  preactivation   z          output    σ′(z)     ∂L/∂output   δ
 x                                0.500000            −0.00120850
 h1    w1·x            0.100000   0.524979  0.249376  −0.0242304   −0.00604248
 h2    w2·h1           0.0524979  0.513121  0.249828  −0.0236398   −0.00590588
 y     w3·h2 + w_r·h1  0.103810   0.525929  0.249328  −0.948142    −0.236398

Gradients as sums over paths
 gradient  value        path         through  contribution   share    |share|
 ∂L/∂w1    −0.00302124  h1 → y       w_r      −0.00294760     97.6 %  █████████▊
                        h1 → h2 → y  w2, w3   −0.0000736392    2.4 %  ▎
 ∂L/∂w2    −0.00310046  h2 → y       w3       −0.00310046    100.0 %
 ∂L/∂w3    −0.121301    y                     −0.121301      100.0 %
 ∂L/∂w_r   −0.124104    y                     −0.124104      100.0 %

97.6 % of ∂L/∂w1 comes through the skip h1 → y; the main path contributes 2.4 %,
1/41 of it.
"""


def drawn(*blocks: object, **style: object) -> str:
    return "".join(format_module("table").render(Report({}, lambda: blocks), Style(**style)))  # type: ignore[arg-type]


def numbers_of(text: str) -> list[str]:
    return re.findall(r"−?\d[\d.]*(?:×10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?", text)


def test_the_residual_net_at_80_columns() -> None:
    assert "".join(format_module("table").render(report(residual()), Style(width=80))) == AT_80_COLUMNS


def test_a_pipe_has_full_width_and_no_escapes() -> None:
    text = "".join(format_module("table").render(report(residual()), Style()))
    assert "the main path contributes 2.4 %, 1/41 of it." in text.splitlines()[-1]
    assert "\x1b" not in text


def test_colour_only_adds() -> None:
    plain, colored = (
        "".join(format_module("table").render(report(residual()), Style(width=80, color=color)))
        for color in (False, True)
    )
    assert colored != plain
    assert re.sub(r"\x1b\[\d+m", "", colored) == plain


@pytest.mark.parametrize("columns", [200, 120, 80, 60, 40, 30, 20, 16])
def test_no_number_is_ever_cut(columns: int) -> None:
    text = "".join(format_module("table").render(report(residual()), Style(width=columns)))
    assert numbers_of("−0.00302124 0.249376 −0.0000736392") == ["−0.00302124", "0.249376", "−0.0000736392"]
    assert {"−0.00302124", "−0.0000736392", "0.249376", "−0.00294760"} <= set(numbers_of(text))
    assert max(map(width, text.splitlines())) <= columns or columns < 30


def test_numbers_align_on_the_point() -> None:
    text = drawn(
        Table([Column("n"), Column("value")], [["a", 1.5], ["b", -12.25], ["c", 3], ["d", 6.1e-16], ["e", None]])
    )
    points = [line.index(".") for line in text.splitlines()[1:] if "." in line]
    assert len(set(points)) == 1
    assert "3" in text.splitlines()[3]


def test_wide_characters_keep_columns_straight() -> None:
    lines = drawn(Table([Column("node"), Column("x")], [["重み", 1.5], ["e\u0301", 2.5], ["w", 3.5]])).splitlines()
    assert len({width(line.partition(".")[0]) for line in lines[1:]}) == 1


def test_long_tables_fold_their_middle() -> None:
    table = Table([Column("n")], [[f"row{n}"] for n in range(100)])
    folded, whole = drawn(table), drawn(table, all_rows=True)
    assert "70 more rows; --all shows them" in folded
    assert [name in folded for name in ("row0\n", "row19", "row20", "row89", "row90", "row99")] == [
        True,
        True,
        False,
        False,
        True,
        True,
    ]
    assert all(f"row{n}" in whole for n in range(100))


def test_forty_rows_do_not_fold() -> None:
    assert "more rows" not in drawn(Table([Column("n")], [[str(n)] for n in range(40)]))


def test_bars_and_sparklines() -> None:
    text = drawn(
        Table([Column("b"), Column("s")], [[Bar(1.0), Spark([0, 1, None, 3])], [Bar(-0.5), None], [Bar(0), None]])
    )
    assert text.splitlines()[1].split() == ["█" * 20, "▁▃·█"]
    assert text.splitlines()[2].strip() == "▒" * 10


def test_words_hold_numbers_and_shares() -> None:
    assert drawn(Note(("w carries ", Percent(0.5), " of ", 0.123456789)), digits=3) == "w carries 50.0 % of 0.123\n"


def test_trees_and_formulas() -> None:
    text = drawn(Heading("Chain"), Formula(("L = ", 0.5)), Tree("L", [Tree("y", [Tree("h")]), Tree("t")]))
    assert text == "Chain\nL = 0.5\nL\n├─ y\n│  └─ h\n└─ t\n"


@given(st.text(min_size=1))
def test_markup_and_control_characters_have_no_effect(name: str) -> None:
    text = drawn(Heading(name), Table([Column(name)], [[name]]), Note(name), width=80, color=False)
    assert all(line.isprintable() for line in text.split("\n"))


def test_square_brackets_are_only_brackets() -> None:
    assert "[red]w[/red]" in drawn(Heading("[red]w[/red]"))


def test_a_legend_stands_beside_the_heading_where_there_is_room_and_may_be_left_out() -> None:
    blocks = Heading("residual"), Note("δ = ∂L/∂z", "legend"), Formula("L = 0")
    assert drawn(*blocks).splitlines() == [f"residual{'δ = ∂L/∂z':>72}", "L = 0"]
    assert drawn(*blocks, width=20).splitlines() == ["residual", "δ = ∂L/∂z", "L = 0"]
    assert drawn(*blocks, legend=False).splitlines() == ["residual", "L = 0"]


def test_two_tables_stand_side_by_side_where_the_line_holds_both() -> None:
    first = Table([Column("node"), Column("output")], [["h", 0.5], ["y", 0.25]], title="Forward")
    second = Table([Column("node"), Column("δ")], [["h", 1.5], ["y", 2.5]], title="Backward")
    wide, narrow = drawn(Beside(first, second)), drawn(Beside(first, second), width=16)
    assert wide.splitlines() == [
        "Forward        Backward",
        " node  output  δ",
        " h     0.50    1.5",
        " y     0.25    2.5",
    ]
    assert narrow == drawn(first, second, width=16)


def test_words_in_two_lengths_are_full_where_there_is_room() -> None:
    rows = [[Abridged(("w·x = ", 0.25), "w·x"), 1], [Abridged("v·h = 0.125·0.0625", "v·h"), 2]]
    table = Table([Column("z"), Column("n")], rows)
    assert drawn(table).splitlines()[1:] == [" w·x = 0.25          1", " v·h = 0.125·0.0625  2"]
    assert drawn(table, width=18).splitlines()[1:] == [" w·x = 0.25  1", " v·h         2"]


def test_names_wrap_before_numbers_stack() -> None:
    table = Table([Column("mean blocks passed"), Column("the bound on it")], [[0.123456, 1.23456], [2.34567, 34.5678]])
    assert drawn(table).splitlines()[0] == " mean blocks passed  the bound on it"
    lines = drawn(table, width=22).splitlines()
    assert all(width(line) <= 22 for line in lines) and lines[-1].split() == ["2.34567", "34.5678"]
    assert " ".join(" ".join(lines[:-2]).split()).count("passed") == 1


def test_a_table_that_is_too_wide_gives_way_to_the_same_in_fewer_columns() -> None:
    narrow = Table([Column("network"), Column("value")], [["a", 1.5], ["b", 2.5]])
    wide = Table([Column("a"), Column("b"), Column("bars")], [[1.5, 2.5, Bar(0.5)]], otherwise=narrow)
    assert "network" not in drawn(wide) and "network" not in drawn(wide, width=20)
    assert drawn(wide, width=16) == drawn(narrow)


def test_two_bars_in_a_line_have_two_colours() -> None:
    table = Table([Column("bars")], [[Bar(1.0, 0.5)], [Bar(0.25, 0.5)]])
    first, second = drawn(table, color=True).splitlines()[1:]
    assert first == f" \x1b[36;43m{'▀' * 10}\x1b[0m\x1b[36m{'▀' * 10}\x1b[0m"
    assert second == f" \x1b[36;43m{'▀' * 5}\x1b[0m\x1b[33m{'▄' * 5}\x1b[0m"
    assert drawn(table).splitlines()[1:] == [f" {'█' * 10}{'▀' * 10}", f" {'█' * 5}{'▄' * 5}"]


def test_columns_that_do_not_fit_stand_below_beside_those_that_name_the_rows() -> None:
    columns = [Column("depth"), *(Column(f"quantity_{number}") for number in range(6))]
    rows = [[depth, *(depth + number / 7 for number in range(6))] for depth in (3, 10)]
    lines = drawn(Table(columns, rows, keys=1), width=50).splitlines()
    assert [line.split()[0] for line in lines if line] == ["depth", "3", "10"] * 2
    assert all(width(line) <= 50 for line in lines) and lines.count("") == 1


def test_columns_of_one_kind_are_written_alike() -> None:
    columns = [Column("a", like="gradient"), Column("b", like="gradient"), Column("c", digits=2)]
    line = drawn(Table(columns, [[0.0601071, 1.23e-9, 1 / 3]])).splitlines()[1]
    assert line.split() == ["6.01071×10⁻²", "1.23000×10⁻⁹", "0.33"]


def test_a_number_within_words_is_written_as_in_its_column() -> None:
    assert drawn(Note(("it is ", InColumn(0.5, [0.5, 1 / 3e9]), "."))).strip() == "it is 5.00000×10⁻¹."
