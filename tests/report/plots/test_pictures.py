"""Pictures hold what they are to show: titles, axes, ticks of powers of ten, a legend, and points in their places."""

from __future__ import annotations

import json
import re
import sys
from math import log10
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pictures import SVG, group, markers, plotted, texts

from gradcalc.__main__ import run

pytest.importorskip("matplotlib")


def test_a_sweep_against_the_plain_network(tmp_path: Path) -> None:
    picture = plotted(tmp_path, "sweep", "deep", "--vary", "depth=3,10,20,40,100", "--against", "no-skips")
    said = texts(picture)
    assert {"sigmoid · (y − t)²", "depth", "|∂L/∂w1|", "deep", "no-skips", "10⁻⁸⁰"} <= set(said)
    given, plain = markers(picture)
    assert len(given) == len(plain) == 5
    xs = [x for x, _ in given]
    assert (xs[4] - xs[0]) / (xs[1] - xs[0]) == pytest.approx(97 / 7, rel=1e-3)
    sizes = (-2.80, -9.183, -18.302, -36.540, -91.255)
    heights = [y for _, y in plain]
    for n in (1, 2, 3):
        part = (heights[n] - heights[0]) / (heights[4] - heights[0])
        assert part == pytest.approx((sizes[n] - sizes[0]) / (sizes[4] - sizes[0]), abs=2e-3)


def test_ticks_reach_beyond_doubles(tmp_path: Path) -> None:
    picture = plotted(tmp_path, "sweep", "deep", "--vary", "depth=500,1000", "--against", "no-skips")
    assert "10⁻⁸⁰⁰" in texts(picture)


def test_a_profile_of_deep_networks(tmp_path: Path) -> None:
    picture = plotted(tmp_path, "compare", "deep", "--theory")
    said = texts(picture)
    assert {"layers from the output", "|δ|, δ = ∂L/∂z", "deep", "no-skips", "bound, deep", "10⁻³⁵"} <= set(said)
    given, plain = markers(picture)
    assert len(given) == len(plain) == 40
    assert plain[-1][1] > given[-1][1] > given[0][1]


def test_dots_for_every_gradient(tmp_path: Path) -> None:
    picture = plotted(tmp_path, "compare", "residual")
    said = texts(picture)
    assert {"∂L/∂w1", "∂L/∂w2", "∂L/∂w3", "∂L/∂w_r", "residual", "no-skips", "10⁻⁴"} <= set(said)
    given, plain = markers(picture)
    assert (len(given), len(plain)) == (4, 3)
    assert given[0][0] > plain[0][0] and given[0][1] == plain[0][1]


def test_a_heat_map_of_two_keys(tmp_path: Path) -> None:
    picture = plotted(
        tmp_path, "sweep", "residual", "--vary", "w2=0.5..2:0.5", "--vary", "w3=0.1..1:0.1", "--show", "w1"
    )
    assert {"w2", "w3", "0.5", "|∂L/∂w1|"} <= set(texts(picture))  # magnitudes, as the map in text


def test_a_heat_map_has_its_first_row_on_top_as_a_table(tmp_path: Path) -> None:
    over = ["--vary", "w2=0.5,1,4", "--vary", "w3=0.1..1:0.1"]
    picture = plotted(tmp_path, "sweep", "residual", *over, "--show", "w1")
    heights = {text: tick_height(picture, text) for text in ("0.5", "1", "4")}
    assert heights["0.5"] < heights["1"] < heights["4"]
    assert "w2 (not evenly spaced)" in texts(picture) and "w3" in texts(picture)


def tick_height(picture: ElementTree.Element, text: str) -> float:
    """How far down a tick's label stands: of the rows, which are drawn after the columns."""
    labels = [node for node in picture.iter(f"{SVG}text") if "".join(node.itertext()).strip() == text]
    places = re.findall(r"-?[\d.]+", labels[-1].get("transform") or "")
    return float(labels[-1].get("y") or places[1])


def test_logarithmic_axes_are_named_by_values_or_by_powers(tmp_path: Path) -> None:
    few = plotted(tmp_path, "sweep", "residual", "--vary", "w1=1,2,4,8,16", "--show", "w1")
    assert {"1", "2", "4", "8", "16"} <= set(texts(few))
    many = plotted(tmp_path, "sweep", "residual", "--vary", "w1=1e-6..1e6:log10", "--show", "w1")
    assert {"10⁻⁶", "10⁰", "10⁶"} <= set(texts(many))
    assert not any("$" in text or "math" in text for text in (*texts(few), *texts(many)))


def test_what_theory_expects_is_seen_beneath_what_it_coincides_with(tmp_path: Path) -> None:
    linear = ["--input", "1", "--target", "0", "--weights", "0.5,0.5", "--activation", "identity"]
    picture = plotted(tmp_path, "sweep", *linear, "--vary", "w1=1..5", "--show", "w1", "--theory")
    lines = [node for node in group(picture, "axes_1") if "line2d" in (node.get("id") or "")]
    strokes = [path.get("style") or "" for node in lines for path in node]
    widths = [float(re.search(r"stroke-width: ([\d.]+)", style)[1]) for style in strokes if "stroke-width" in style]
    bound = [style for style in strokes if "stroke-dasharray" in style]
    assert len(bound) == 1 and f"stroke-width: {max(widths):g}" in bound[0] and "stroke-opacity" in bound[0]


def seeded(tmp_path: Path) -> str:
    """A file with a chain whose weights are drawn."""
    spec = tmp_path / "net.yaml"
    spec.write_text("input: 1\ntarget: 0\nlayers: [{weight: {init: normal}, width: 1, repeat: 3}]\n")
    return str(spec)


def test_a_summary_over_seeds_has_bands(tmp_path: Path) -> None:
    arguments = ["sweep", seeded(tmp_path), "--vary", "depth=2,3,4", "--vary", "seed=0..9", "--summary", "--show", "w1"]
    picture = plotted(tmp_path, *arguments)
    title = "net for 3 × 10 values of depth and seed · sigmoid · (y − t)²: median and quantiles over seed"
    assert title in " ".join(texts(picture))
    assert len(markers(picture)[0]) == 3
    assert sum((node.get("id") or "").startswith("FillBetween") for node in picture.iter(f"{SVG}g")) == 2


def test_bands_over_seeds_are_of_magnitudes(tmp_path: Path) -> None:
    """Gradients of both signs: a quantile of the signed numbers, drawn by its logarithm, would lie nowhere in order."""
    over = ["--vary", "depth=2,6,12", "--vary", "seed=0..30"]
    arguments = ["sweep", seeded(tmp_path), *over, "--summary", "--show", "w1"]
    picture = plotted(tmp_path, *arguments)
    assert "|∂L/∂w1|" in texts(picture)
    assert run([*arguments[:-2], "--show", "norm:w1", "--json", "-o", str(tmp_path / "o.json")]) == 0
    spreads = json.loads((tmp_path / "o.json").read_text())["summary"]
    medians = [log10(each["quantiles"]["0.5"]) for each in spreads]
    heights = [y for _, y in markers(picture)[0]]
    part = (heights[1] - heights[0]) / (heights[2] - heights[0])
    assert part == pytest.approx((medians[1] - medians[0]) / (medians[2] - medians[0]), abs=2e-3)


def test_a_summary_in_which_points_failed_has_gaps(tmp_path: Path) -> None:
    arguments = ["sweep", "residual", "--vary", "activation=sigmoid,nope,tanh", "--vary", "w1=1..5", "--summary"]
    picture = plotted(tmp_path, *arguments, status=1)
    assert {"sigmoid", "nope", "tanh"} <= set(texts(picture)) and len(markers(picture)[0]) == 2


@pytest.mark.parametrize("over", ["target=[1],0.5", "loss=mse,{name: huber}", "x=1,true"])
def test_values_of_any_kind_are_drawn(tmp_path: Path, over: str) -> None:
    status = int(over == "x=1,true")
    assert len(markers(plotted(tmp_path, "sweep", "deep", "--vary", over, "--show", "w1", status=status))[0]) >= 1


def test_beside_a_bound_stands_the_magnitude(tmp_path: Path) -> None:
    """Over less than a power of ten the axis is plain, and a negative gradient would lie on the other side of 0."""
    arguments = ["sweep", "plain", "--vary", "w1=0.1..0.5:0.1", "--theory", "--show", "w1"]
    picture = plotted(tmp_path, *arguments)
    assert {"|∂L/∂w1|", "plain", "bound, plain"} <= set(texts(picture))
    assert not any(text.startswith("−") for text in texts(picture))


@pytest.mark.slow
def test_blocks_that_a_gradient_comes_through_beside_the_binomial_law(tmp_path: Path) -> None:
    said = texts(plotted(tmp_path, "compare", "resnet", "--theory"))
    assert {"blocks passed", "binomial paths, resnet"} <= set(said) and "Σ|contribution| to" in said
    said = texts(plotted(tmp_path, "sweep", "deep", "--vary", "depth=10,20,40", "--theory"))
    assert {"mean blocks on a path", "binomial law, deep", "bound, deep"} <= set(said)


def test_theory_that_is_asked_for_alone_is_drawn_alone(tmp_path: Path) -> None:
    arguments = ["sweep", "plain", "--vary", "w1=1..5", "--show", "bound:w1", "--show", "loss"]
    assert {"bound on |∂L/∂w1|", "loss"} <= set(texts(plotted(tmp_path, *arguments)))


@pytest.mark.parametrize("show", ["output:y", "w1", "loss"])
def test_values_beyond_doubles_have_their_place_or_none(tmp_path: Path, show: str) -> None:
    """Squares of 10³⁰⁰: the output and the loss are beyond doubles, the gradient is further."""
    squares = ["--activation", "square", "--input", "1", "--target", "0", "--weights", "1,1"]
    assert len(markers(plotted(tmp_path, "sweep", *squares, "--vary", "w1=1,1e300,2e300", "--show", show))[0]) >= 1
    assert run(["sweep", *squares, "--vary", "w1=1,1e300,2e300", "--show", show]) == 0
    assert len(markers(plotted(tmp_path, "sweep", *squares, "--vary", "w1=1e300,2e300", "--show", show))) <= 1


def test_norms_are_called_norms(tmp_path: Path) -> None:
    assert "‖δ‖, δ = ∂L/∂z" in texts(plotted(tmp_path, "compare", "mazur", "plain", "--theory"))


def test_names_have_no_line_between_them(tmp_path: Path) -> None:
    picture = plotted(tmp_path, "sweep", "residual", "--vary", "activation=sigmoid,tanh,relu")
    assert {"sigmoid", "tanh", "relu"} <= set(texts(picture))
    assert len(markers(picture)[0]) == 3


def test_text_from_a_spec_is_no_mathematics_and_no_markup(tmp_path: Path) -> None:
    title = "$x^2$ <b>&amp; \u202eevil"
    spec = tmp_path / "net.yaml"
    spec.write_text(f'name: "{title}"\ninput: 0.5\ntarget: 1\nweights: [0.2, 0.1]\n', encoding="utf-8")
    said = texts(plotted(tmp_path, "sweep", str(spec), "--vary", "w1=1..5"))
    assert "$x^2$ <b>&amp; \\u202eevil for 5 values of w1 · sigmoid · (y − t)²" in " ".join(said)


@pytest.mark.parametrize(
    ("ending", "opening"),
    [("png", b"\x89PNG"), pytest.param("pdf", b"%PDF", marks=pytest.mark.slow), ("svg", b"<?xml")],
)
def test_files_by_their_ending_the_same_every_time(tmp_path: Path, ending: str, opening: bytes) -> None:
    path = tmp_path / f"picture.{ending}"
    found = []
    for _ in range(2):
        assert run(["compare", "residual", "--plot", str(path), "-q", "-o", str(tmp_path / "o.csv")]) == 0
        found.append(path.read_bytes())
    assert found[0] == found[1]
    assert found[0].startswith(opening)
    assert [file.name for file in tmp_path.iterdir() if ".part" in file.name] == []


def test_nothing_is_cut_off(tmp_path: Path) -> None:
    """Every text begins within the page; the page is as large as it says."""
    picture = plotted(tmp_path, "compare", "deep", "--theory")
    width, height = (float(part) for part in (picture.get("viewBox") or "").split()[2:])
    for node in picture.iter(f"{SVG}text"):
        place = re.search(r"translate\(([-\d.]+) ([-\d.]+)\)", node.get("transform", "")) or (
            None,
            node.get("x"),
            node.get("y"),
        )
        x, y = float(place[1] or 0), float(place[2] or 0)
        assert 0 <= x <= width and 0 <= y <= height


def test_an_ending_that_is_no_pictures_is_refused_before_anything_is_computed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["sweep", "plain", "--vary", "w1=1..5", "--plot", str(tmp_path / "a.gif")]) == 2
    said = capsys.readouterr()
    assert ".svg" in said.err and said.out == ""


@pytest.mark.parametrize("command", [["compare", "residual"], ["sweep", "plain", "--vary", "w1=1..5"]])
def test_a_folder_that_is_missing_is_named(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, "--plot", str(tmp_path / "none" / "a.svg")]) == 2
    said = capsys.readouterr()
    assert f"there is no folder {tmp_path / 'none'}" in " ".join(said.err.split()) and said.out == ""


def test_without_matplotlib_the_message_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert run(["compare", "residual", "--plot", str(tmp_path / "a.svg")]) == 2
    assert "gradcalc[plot]" in capsys.readouterr().err
