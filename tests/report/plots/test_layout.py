"""Pictures leave room for what they are to hold: long names, many lines, names for values, panels of their own."""

from __future__ import annotations

import re
from math import log10
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from pictures import SVG, group, markers, parsed, texts, ticks

pytest.importorskip("matplotlib")

from gradcalc.expressions.numerals import superscript
from gradcalc.report.plots.heatmap import HeatMap, MapAxes, draw_heat_map
from gradcalc.report.plots.lines import Curve, Dots, Panel, draw_dots, draw_lines

LONG = "a_name_of_sixty_characters_that_no_page_has_a_line_for_as_it"
WORDS = "a title of many words that goes on and on until no page is wide enough for it, and then on"


def strokes(picture: ElementTree.Element) -> list[tuple[str, bool]]:
    """Colour of every drawn line, and whether it is dashed."""
    lines = [node for node in group(picture, "axes_1") if (node.get("id") or "").startswith("line2d")]
    styles = [path.get("style") or "" for node in lines for path in node.findall(f"{SVG}path")]
    return [(style.split("stroke: ")[1][:7], "stroke-dasharray" in style) for style in styles if "stroke: " in style]


def edges_are_white(path: Path) -> bool:
    from matplotlib import image

    pixels = image.imread(path)[..., :3]
    return bool(min(edge.min() for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])) == 1)


def lines(count: int, xs: Any = (1, 2, 3)) -> list[Curve]:
    return [Curve(f"{LONG}{n}", xs, [n + 0.1 * x for x in range(len(xs))]) for n in range(count)]


@pytest.mark.parametrize("count", [2, pytest.param(9, marks=pytest.mark.slow)])
def test_long_names_of_lines_are_whole_and_within_the_page(tmp_path: Path, count: int) -> None:
    path = tmp_path / "picture.png"
    panels = [Panel(f"|∂L/∂{LONG}|", lines(count), True), Panel("loss", lines(count), False)]
    draw_lines(str(path), WORDS, LONG, panels)
    assert edges_are_white(path)
    draw_lines(str(tmp_path / "picture.svg"), WORDS, LONG, panels)
    said = "".join(texts(parsed(tmp_path / "picture.svg")))
    assert all(f"{LONG}{n}" in said for n in range(count))


@pytest.mark.slow
def test_long_names_of_rows_and_maps(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    draw_dots(
        str(path), WORDS, "magnitude", [f"∂L/∂{LONG}", "∂L/∂w"], [Dots(LONG, [-1.0, -2.0]), Dots("b", [-3.0, None])]
    )
    assert edges_are_white(path)
    grid = MapAxes(LONG, [LONG, "b"], LONG, ["c", LONG, [1, 2]])
    draw_heat_map(
        str(path), WORDS, LONG, grid, [HeatMap(LONG, [[1.0, 2.0, None]] * 2), HeatMap("b", [[0.0] * 3] * 2)], True
    )
    assert edges_are_white(path)


def test_the_legend_covers_nothing(tmp_path: Path) -> None:
    draw_lines(str(tmp_path / "a.svg"), "title", "x", [Panel("y", lines(5), True)])
    picture = parsed(tmp_path / "a.svg")
    lowest = max(y for line in markers(picture) for _, y in line)
    entries = list(group(picture, "legend_1").iter(f"{SVG}use"))
    assert entries and min(float(use.get("y", 0)) for use in entries) > lowest


def test_every_line_has_a_look_of_its_own(tmp_path: Path) -> None:
    """Colour and marker together tell 16 lines apart; many points have some markers still."""
    many = [Curve(f"n{n}", range(200), [n + 0.01 * x for x in range(200)]) for n in range(16)]
    draw_lines(str(tmp_path / "a.svg"), "title", "x", [Panel("y", many, True)])
    picture = parsed(tmp_path / "a.svg")
    drawn = [node for node in group(picture, "axes_1") if (node.get("id") or "").startswith("line2d")]
    looks = [next(node.iter(f"{SVG}use")) for node in drawn if next(node.iter(f"{SVG}use"), None) is not None]
    signs = {(use.get("{http://www.w3.org/1999/xlink}href"), use.get("style")) for use in looks}
    assert len(signs) == 16
    assert all(10 <= len(line) <= 40 for line in markers(picture))


def test_what_a_theory_expects_is_dashed_in_the_colour_of_its_line(tmp_path: Path) -> None:
    own = Curve("own", (1, 2, 3), [0.0, -1.0, -2.0])
    other = Curve("other", (1, 2, 3), [0.0, -2.0, -4.0])
    expected = [
        Curve("bound", (1, 2, 3), [0.0, -0.5, -1.0], 1),
        Curve("law", (1, 2, 3), [0.0, -0.6, -1.1], 1, stroke="-."),
    ]
    draw_lines(str(tmp_path / "a.svg"), "title", "x", [Panel("y", [own, other, *expected], True)])
    found = strokes(parsed(tmp_path / "a.svg"))
    solid = [color for color, dashed in found if not dashed and color != "#dddddd"]
    assert [color for color, dashed in found if dashed] == [solid[-1]] * 2 and solid[-2] != solid[-1]


def test_ticks_go_beyond_the_ends_of_the_data_to_the_edge_of_the_axis(tmp_path: Path) -> None:
    """Data from 10⁻² to 10⁻⁹² in steps of 20: the tick 10⁰ is on the axis, too."""
    draw_lines(str(tmp_path / "a.svg"), "title", "x", [Panel("y", [Curve("a", (1, 2), [-2.0, -92.0])], True)])
    assert ticks(parsed(tmp_path / "a.svg"), "y") == ["10⁻⁸⁰", "10⁻⁶⁰", "10⁻⁴⁰", "10⁻²⁰", "10⁰"]


def test_counts_have_whole_ticks(tmp_path: Path) -> None:
    draw_lines(str(tmp_path / "a.svg"), "title", "x", [Panel("paths", [Curve("a", (1, 2), [1.0, 1.0])], False)])
    assert ticks(parsed(tmp_path / "a.svg"), "y") == ["1"]


@pytest.mark.parametrize(
    "values", [["sigmoid", "tanh"], [[1, 2], [3]], [{"a": 1}, "b"], [True, False], [None, 1], ["1/3", 0.5]]
)
def test_values_that_are_no_numbers_are_names(tmp_path: Path, values: list[Any]) -> None:
    draw_lines(str(tmp_path / "a.svg"), "title", "x", [Panel("y", [Curve("a", values, [1.0, 2.5])], False)])
    picture = parsed(tmp_path / "a.svg")
    assert len(ticks(picture, "x")) == 2 and len(markers(picture)[0]) == 2
    grid = MapAxes("r", values, "c", values)
    draw_heat_map(str(tmp_path / "b.svg"), "title", "z", grid, [HeatMap("a", [[1.0, 2.0], [None, 3.0]])], False)


def test_names_that_do_not_stand_beside_each_other_are_slanted(tmp_path: Path) -> None:
    few, many = ["sigmoid", "tanh"], [f"activation_{n}" for n in range(12)]
    for names, slanted in ((few, False), (many, True)):
        draw_lines(str(tmp_path / "a.svg"), "title", "x", [Panel("y", [Curve("a", names, [0.5] * len(names))], False)])
        axis = next(
            node for node in group(parsed(tmp_path / "a.svg"), "axes_1") if node.get("id") == "matplotlib.axis_1"
        )
        labels = [node for node in axis.iter(f"{SVG}text") if "".join(node.itertext()).strip() in names]
        assert len(labels) == len(names)
        assert all(("rotate(-40)" in (node.get("transform") or "")) == slanted for node in labels)


@pytest.mark.slow
def test_a_panel_may_have_an_axis_of_its_own(tmp_path: Path) -> None:
    panels = [Panel("y", lines(2), True), Panel("share", [Curve("a", (0, 1), [0.6, 0.4])], False, "blocks")]
    draw_lines(str(tmp_path / "a.svg"), "title", "layers", panels)
    picture = parsed(tmp_path / "a.svg")
    assert {"layers", "blocks", "share"} <= set(texts(picture))
    assert ticks(picture, "x", 1) != ticks(picture, "x", 2)


def test_dots_beneath_others_are_seen(tmp_path: Path) -> None:
    """Where two networks agree, the second is an open shape about the first."""
    draw_dots(str(tmp_path / "a.svg"), "title", "x", ["r"], [Dots("a", [-1.0]), Dots("b", [-1.0])])
    picture = parsed(tmp_path / "a.svg")
    assert markers(picture)[0] == markers(picture)[1]
    styles = [use.get("style") or "" for use in group(picture, "axes_1").iter(f"{SVG}use")]
    assert ["fill-opacity: 0" in style for style in styles[-2:]] == [False, True]


def test_a_line_goes_along_its_axis_whatever_the_order_of_its_points(tmp_path: Path) -> None:
    draw_lines(str(tmp_path / "a.svg"), "title", "w1", [Panel("y", [Curve("a", (5, -3, 1), [1.0, 3.0, 2.0])], False)])
    xs = [x for x, _ in markers(parsed(tmp_path / "a.svg"))[0]]
    assert xs == sorted(xs)


def test_values_of_keys_have_the_minus_of_all_numbers(tmp_path: Path) -> None:
    grid = MapAxes("w1", [-2.0, -0.5, 1], "w2", [-1, 0.1 + 0.2, 1e-9])
    draw_heat_map(str(tmp_path / "a.svg"), "title", "z", grid, [HeatMap("a", [[1.0] * 3] * 3)], False)
    picture = parsed(tmp_path / "a.svg")
    assert ticks(picture, "x") == ["−1", "0.3", "1×10⁻⁹"] and sorted(ticks(picture, "y")) == ["1", "−0.5", "−2"]
    many = [Curve("a", (0.001, 0.01, 0.1, 1, 10), [1.0] * 5)]
    draw_lines(str(tmp_path / "b.svg"), "title", "w1", [Panel("y", many, False)])
    assert ticks(parsed(tmp_path / "b.svg"), "x") == ["0.001", "0.01", "0.1", "1", "10"]


def test_the_legend_shows_the_strokes_of_theories(tmp_path: Path) -> None:
    """A swatch is longer than the dash and the gap of the broadest stroke."""
    both = [Curve("own", (1, 2), [0.0, -1.0]), Curve("bound", (1, 2), [0.0, -0.5], 0)]
    draw_lines(str(tmp_path / "a.svg"), "title", "x", [Panel("y", both, True)])
    swatches = group(parsed(tmp_path / "a.svg"), "legend_1").iter(f"{SVG}path")
    dashed = next(node for node in swatches if "stroke-dasharray" in (node.get("style") or ""))
    pattern = re.search(r"stroke-dasharray: ([\d.]+),? ?([\d.]+)", dashed.get("style") or "")
    ends = [float(x) for x in re.findall(r"[ML] ([\d.]+)", dashed.get("d") or "")]
    assert pattern and ends[-1] - ends[0] > float(pattern[1]) + float(pattern[2])


@pytest.mark.parametrize("power", [400, -400])
def test_a_map_of_nearly_the_same_size_beyond_float64_has_its_powers(tmp_path: Path, power: int) -> None:
    grid = MapAxes("r", [1, 2], "c", [1, 2])
    maps = [HeatMap("a", [[power + 0.1, power + 0.2], [power + 0.3, None]])]
    draw_heat_map(str(tmp_path / "a.svg"), "title", "z", grid, maps, True)
    shown = re.findall(r"([\d.]+)·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", " ".join(texts(parsed(tmp_path / "a.svg"))))
    assert len(shown) >= 2 and {exponent for _, exponent in shown} == {superscript(power)}


NEARLY_THE_SAME = [
    (0.122, 0.131),
    (3.1, 3.1),
    *(pytest.param(ends, marks=pytest.mark.slow) for ends in ((0.21, 0.49), (0.31, 0.49), (1.0, 1.02), (0.9, 1.1))),
]


@pytest.mark.parametrize("ends", NEARLY_THE_SAME)
def test_gradients_of_nearly_the_same_size_have_a_few_ticks(tmp_path: Path, ends: tuple[float, float]) -> None:
    draw_dots(str(tmp_path / "a.svg"), "title", "x", ["r", "s"], [Dots("a", list(map(log10, ends)))])
    assert 1 + (ends[0] < ends[1]) <= len(ticks(parsed(tmp_path / "a.svg"), "x")) <= 9


@pytest.mark.slow
def test_a_title_is_not_broken_within_parentheses(tmp_path: Path) -> None:
    for words in range(1, 9):
        title = f"{'word ' * words}of a sweep over depth and seed · tanh, sigmoid · (y − t)²: median over seed"
        draw_lines(str(tmp_path / "a.svg"), title, "x", [Panel("y", lines(1), True)])
        assert any("(y − t)²" in text for text in texts(parsed(tmp_path / "a.svg")))


def test_every_name_beside_a_map_is_shown(tmp_path: Path) -> None:
    names = [f"activation_{n}" for n in range(14)]
    grid = MapAxes("activation", names, "depth", [1, 2])
    draw_heat_map(str(tmp_path / "a.svg"), "title", "z", grid, [HeatMap("a", [[1.0, 2.0]] * 14)], False)
    assert ticks(parsed(tmp_path / "a.svg"), "y") == names


def test_counts_have_whole_ticks_beside_a_map(tmp_path: Path) -> None:
    grid = MapAxes("depth", [2, 4], "w1", [1, 2])
    draw_heat_map(str(tmp_path / "a.svg"), "title", "paths", grid, [HeatMap("a", [[1.0, 1.0], [3.0, None]])], False)
    assert {"1", "2", "3"} <= set(texts(parsed(tmp_path / "a.svg")))
    assert not any("." in text for text in texts(parsed(tmp_path / "a.svg")))
