"""The picture of a spectrum holds its data: points at the logarithms, bars as high as the shares, whole lengths."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from math import comb, log10
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pictures import SVG, group, markers, parsed, plotted, texts, ticks

from gradcalc.__main__ import run

pytest.importorskip("matplotlib")

from gradcalc.report.plots.spectrum import Spectrum, draw_spectra

COUNTS, SIZES, SHARES = 1, 2, 3
"""The panels, from above."""

Box = tuple[float, float, float, float]


def drawn(tmp_path: Path, *spectra: Spectrum, title: str = "title") -> ElementTree.Element:
    draw_spectra(str(tmp_path / "picture.svg"), title, spectra)
    return parsed(tmp_path / "picture.svg")


def bars(picture: ElementTree.Element) -> dict[str, list[Box]]:
    """Left, right, bottom and top of every bar, by its colour."""
    found: dict[str, list[Box]] = {}
    for node in group(picture, f"axes_{SHARES}"):
        for path in node.iter(f"{SVG}path") if (node.get("id") or "").startswith("patch") else ():
            color = re.search("fill: (#[0-9a-f]{6})", path.get("style") or "")
            if path.get("clip-path") and color:
                numbers = [float(number) for number in re.findall(r"-?[\d.]+", path.get("d") or "")]
                xs, ys = numbers[::2], numbers[1::2]
                found.setdefault(color[1], []).append((min(xs), max(xs), max(ys), min(ys)))
    return found


def heights(boxes: Sequence[Box]) -> list[float]:
    return [bottom - top for _, _, bottom, top in boxes]


def proportional(found: Sequence[float], expected: Sequence[float], within: float = 1e-3) -> bool:
    """Whether differences are to one another as those expected: drawn places are data up to a scale and an origin."""
    low, high = expected.index(min(expected)), expected.index(max(expected))
    scale = (found[high] - found[low]) / (expected[high] - expected[low])
    return all(
        abs((place - found[low]) / scale - (value - expected[low])) < within * (expected[high] - expected[low])
        for place, value in zip(found, expected, strict=True)
    )


def test_one_gradient_of_a_residual_net(tmp_path: Path) -> None:
    """19 blocks of two layers between two layers: C(19, k) paths of length 2k + 2."""
    assert run(["paths", "resnet", "--wrt", "w1", "--top", "0", "--json", "-o", str(tmp_path / "facts.json")]) == 0
    terms = json.loads((tmp_path / "facts.json").read_text())["wrt"]["w1"]["by_length"]
    picture = plotted(tmp_path, "paths", "resnet", "--wrt", "w1")
    said = texts(picture)
    labels = {"paths (log scale)", "mean |path| (log scale)", "share of Σ|path|, %", "path length (layers entered)"}
    assert {"∂L/∂w1 by path length: resnet · tanh, sigmoid · (y − t)²", *labels} <= set(said)
    assert {"10⁰", "10⁵"} <= set(ticks(picture, "y", COUNTS))
    assert {"10⁻⁵", "10⁻³⁵"} <= set(ticks(picture, "y", SIZES))
    assert "∂L/∂w1" not in said  # one gradient needs no legend
    (counts,), (sizes,), (boxes,) = markers(picture, COUNTS), markers(picture, SIZES), bars(picture).values()
    assert proportional([x for x, _ in counts], range(2, 41, 2))
    assert proportional([y for _, y in counts], [log10(comb(19, k)) for k in range(20)])
    assert proportional([y for _, y in sizes], [log10(term["magnitude"] / term["count"]) for term in terms])
    assert proportional(heights(boxes), [term["magnitude"] for term in terms])
    assert [left + right for left, right, _, _ in boxes] == pytest.approx([2 * x for x, _ in counts], abs=1e-3)


def test_several_gradients_stand_side_by_side(tmp_path: Path) -> None:
    first = Spectrum("∂L/∂a", [1, 2, 3], [0.0, 1.0, 0.0], [-1.0, -2.0, -3.0], [0.5, 0.3, 0.2])
    second = Spectrum("∂L/∂b", [2, 3], [0.0, 1.0], [-1.5, -2.0], [0.4, 0.6])
    picture = drawn(tmp_path, first, second, title="two gradients")
    assert {"two gradients", "∂L/∂a", "∂L/∂b"} <= set(texts(picture))
    assert ticks(picture, "x", SHARES) == ["1", "2", "3"]
    assert [len(line) for line in markers(picture, COUNTS)] == [3, 2]
    a, b = bars(picture).values()
    tall = heights([*a, *b])
    assert [height / tall[0] for height in tall] == pytest.approx([1, 0.6, 0.4, 0.8, 1.2], rel=1e-3)
    places = [x for x, _ in markers(picture, COUNTS)[0]]
    step = places[1] - places[0]
    assert a[0][0] + a[0][1] == pytest.approx(2 * places[0], abs=1e-3)  # alone at its length, it stands on it
    for place, left, right in zip(places[1:], a[1:], b):
        assert left[1] == pytest.approx(right[0], abs=1e-3)
        assert left[0] + right[1] == pytest.approx(2 * place, abs=1e-3)
        assert right[1] - left[0] == pytest.approx(0.8 * step, rel=1e-3)


def peaked(label: str, lengths: int, peak: int, wide: float) -> Spectrum:
    """Shares around a length, in a triangle."""
    weights = [max(1 - abs(length - peak) / wide, 0.0) for length in range(lengths)]
    line = [-float(length) for length in range(lengths)]
    return Spectrum(label, range(lengths), line, line, [weight / sum(weights) for weight in weights])


def test_of_many_lengths_the_bars_are_those_with_a_share(tmp_path: Path) -> None:
    picture = drawn(tmp_path, *(peaked(f"g{n}", 100, 4 + n, 3.0) for n in range(4)))
    assert [len(line) for line in markers(picture, COUNTS)] == [50] * 4  # every second has its marker
    assert ticks(picture, "x", COUNTS)[-1] == ticks(picture, "x", SIZES)[-1] == "80"
    assert ticks(picture, "x", SHARES) == ["2", "3", "4", "5", "6", "7", "8", "9"]
    assert "path length (layers entered), where shares are 0.1 % or more" in texts(picture)
    found = bars(picture)
    assert [len(boxes) for boxes in found.values()] == [8] * 4
    assert [max(range(8), key=lambda place: tall[place]) for tall in map(heights, found.values())] == [2, 3, 4, 5]


def test_where_too_many_have_a_share_there_are_lines(tmp_path: Path) -> None:
    spectra = [peaked(f"g{n}", 54, 20 + n, 20.0) for n in range(4)]
    picture = drawn(tmp_path, *spectra)
    assert bars(picture) == {}
    lines = markers(picture, SHARES)
    assert [len(line) for line in lines] == [54] * 4
    for line, spectrum in zip(lines, spectra):
        assert proportional([y for _, y in line[:20]], spectrum.shares[:20])


@pytest.mark.slow
def test_exponents_beyond_doubles_have_their_ticks(tmp_path: Path) -> None:
    spec = tmp_path / "net.json"
    far = {"weight": 0.01, "repeat": 380}
    skips = [{"from": "h1", "to": "h3", "into": "output"}]
    spec.write_text(json.dumps({"input": 0.5, "target": 1, "layers": [far], "skips": skips}))
    picture = plotted(tmp_path, "paths", str(spec), "--wrt", "w1")
    assert {"10⁻⁹⁸²", "10⁻⁹⁸⁷"} <= set(ticks(picture, "y", SIZES))
    assert len(bars(picture)["#0072b2"]) == 2


def test_one_length_and_a_gradient_of_zero(tmp_path: Path) -> None:
    picture = drawn(tmp_path, Spectrum("∂L/∂w", [2], [log10(8)], [log10(3)], [1.0]))
    assert ticks(picture, "y", COUNTS) == ["5", "10"]
    assert ticks(picture, "x", SHARES) == ["2"]
    (box,) = bars(picture)["#0072b2"]
    assert box[0] + box[1] == pytest.approx(2 * markers(picture, SIZES)[0][0][0], abs=1e-3)
    nothing = drawn(tmp_path, Spectrum("∂L/∂w", [1, 2], [0.0, 0.0], [None, None], [0.0, 0.0]))
    assert texts(nothing).count("0 at every length") == 2
    assert len(markers(nothing, COUNTS)[0]) == 2 and bars(nothing) == {}
    assert texts(drawn(tmp_path, Spectrum("∂L/∂w", [], [], [], []))).count("no path") == 3


@pytest.mark.slow
def test_of_many_gradients_some_from_the_first_to_the_last(tmp_path: Path) -> None:
    said = texts(plotted(tmp_path, "paths", "resnet"))
    assert "4 of 41 gradients by path length: resnet · tanh, sigmoid · (y − t)²" in " ".join(said)
    assert {"∂L/∂w1", "∂L/∂w14", "∂L/∂w28", "∂L/∂w41"} <= set(said)
    assert {"∂L/∂w1", "∂L/∂w2", "∂L/∂w3", "∂L/∂w_r"} <= set(texts(plotted(tmp_path, "paths", "residual")))


def test_in_a_batch_a_path_is_of_one_example(tmp_path: Path) -> None:
    """y = w·x of inputs 1 and 3: two paths with contributions of 1/2 and 3/2, their mean is 1."""
    spec = tmp_path / "net.json"
    net = {"input": [[1.0], [3.0]], "weights": [1.0], "activation": "identity", "loss": "output"}
    spec.write_text(json.dumps(net))
    assert ticks(plotted(tmp_path, "paths", str(spec)), "y", SIZES) == ["1"]


@pytest.mark.parametrize("count", [1, pytest.param(6, marks=pytest.mark.slow)])
def test_nothing_touches_the_edge_of_the_page(tmp_path: Path, count: int) -> None:
    """A PNG of the size that it says, white all around, whatever names there are."""
    from matplotlib import image

    long = "∂L/∂" + "a_weight_with_a_long_name_" * 2
    spectra = [peaked(f"{long}{n}", 54, 20, 20.0) for n in range(count)]
    path = tmp_path / "picture.png"
    draw_spectra(str(path), f"{long} by path length: {'words of wide letters ' * 40}", spectra)
    assert path.read_bytes().startswith(b"\x89PNG\r\n")
    pixels = image.imread(path)[..., :3]
    assert pixels.shape == (990 + 30 * (count - 1), 960, 3)
    assert all(edge.min() == 1 for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]))


@pytest.mark.slow
def test_a_pdf_holds_the_text(tmp_path: Path) -> None:
    path = tmp_path / "picture.pdf"
    draw_spectra(str(path), "title", [peaked("g", 5, 2, 2.0)])
    assert path.read_bytes().startswith(b"%PDF-") and path.read_bytes().rstrip().endswith(b"%%EOF")
