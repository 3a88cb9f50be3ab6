"""`gradcalc paths` as somebody at a terminal or a script meets it."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from math import comb
from pathlib import Path

import pytest

from gradcalc.__main__ import run
from tests.cli.commands.processes import process

Capture = pytest.CaptureFixture[str]


def said(capsys: Capture, *arguments: str) -> str:
    assert run(["paths", *arguments]) == 0
    return capsys.readouterr().out


def refused(capsys: Capture, *arguments: str) -> str:
    assert run(["paths", *arguments]) == 2
    found = capsys.readouterr()
    assert found.out == ""
    return found.err


def spec(tmp_path: Path, **keys: object) -> str:
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(keys))
    return str(path)


def blocks(tmp_path: Path, count: int, weight: float) -> str:
    layers = [{"weight": weight, "repeat": count}]
    into_output = {"every": 1, "into": "output"}
    return spec(tmp_path, input=0.5, target=1, activation="tanh", layers=layers, skips=into_output)


def test_json_to_the_key(capsys: Capture) -> None:
    facts = json.loads(said(capsys, "residual", "--wrt", "w1", "--json"))
    assert list(facts) == ["gradcalc", "command", "name", "activations", "loss", "wrt"]
    assert facts["loss"] == {"name": "mse", "value": pytest.approx(0.22474309029744466), "formula": "(y - t)^2"}
    sums = facts["wrt"]["w1"]
    keys = ["count", "value", "magnitude", "cancellation", "entropy", "effective_paths", "by_length", "top"]
    assert list(sums) == keys
    assert sums["count"] == 2
    assert sums["value"] == pytest.approx(-0.0030212381210528165, rel=1e-14, abs=0)
    assert sums["magnitude"] == -sums["value"]
    assert sums["cancellation"] == 1
    assert sums["effective_paths"] == pytest.approx(2 ** sums["entropy"])
    assert sums["by_length"][0] == {
        "length": 1,
        "count": 1,
        "contribution": pytest.approx(-0.002947598898254406, rel=1e-14, abs=0),
        "magnitude": pytest.approx(0.002947598898254406, rel=1e-14, abs=0),
        "mean_magnitude": pytest.approx(0.002947598898254406, rel=1e-14, abs=0),
    }
    assert list(sums["top"][0]) == ["nodes", "through", "length", "contribution", "share"]
    assert sums["top"][1]["nodes"] == ["h1", "h2", "y"]
    assert sums["top"][1]["through"] == ["w2", "w3"]


def test_two_to_the_fifty_four(capsys: Capture, tmp_path: Path) -> None:
    """Veit et al. 2016, section 5: most of the 2^54 paths have 19 to 35 blocks, the gradient comes by few of them."""
    text = said(capsys, blocks(tmp_path, 54, 0.02), "--wrt", "x", "--json", "--top", "0")
    sums = json.loads(text)["wrt"]["x"]
    assert sums["count"] == 2**54
    assert sums["top"] == []
    counts = {term["length"]: term["count"] for term in sums["by_length"]}
    assert counts == {length: comb(54, length) for length in range(55)}
    assert sum(counts[n] for n in range(19, 36)) / 2**54 == pytest.approx(0.980, abs=5e-4)
    assert sum(counts[n] for n in range(5, 18)) / 2**54 == pytest.approx(0.004537, abs=5e-7)
    assert sum(term["contribution"] for term in sums["by_length"]) == pytest.approx(sums["value"], rel=1e-13)


@pytest.mark.slow
def test_a_gradient_that_no_double_holds_is_a_number_in_json(capsys: Capture, tmp_path: Path) -> None:
    """Two thousand sigmoids with weights 1: ∂L/∂w1 = −6.0464630558516529e-1298 (mpmath)."""
    chain = spec(tmp_path, input=0.5, target=1, weights=[1.0] * 2000)
    text = said(capsys, chain, "--wrt", "w1", "--top", "0", "--json")
    _, total = (line for line in text.splitlines() if '"value"' in line)
    mantissa, _, exponent = total.split(": ")[1].rstrip(",").partition("e")
    assert float(mantissa) == pytest.approx(-6.0464630558516529, rel=1e-12)
    assert exponent == "-1298"


def test_csv_is_the_spectrum(capsys: Capture) -> None:
    rows = list(csv.DictReader(io.StringIO(said(capsys, "resnet", "--wrt", "w1", "--format", "csv"))))
    assert list(rows[0]) == ["name", "length", "entry", "count", "contribution", "magnitude"]
    assert [int(row["length"]) for row in rows] == list(range(2, 41, 2))
    assert [int(row["count"]) for row in rows] == [comb(19, k) for k in range(20)]
    total = sum(float(row["contribution"]) for row in rows)
    assert total == pytest.approx(-0.0003113148315331363, rel=1e-12)


def test_csv_of_a_matrix_has_a_row_for_each_entry(capsys: Capture) -> None:
    rows = list(csv.DictReader(io.StringIO(said(capsys, "mazur", "--wrt", "w1", "--format", "csv"))))
    assert [row["entry"] for row in rows] == ["0,0", "0,1", "1,0", "1,1"]
    assert float(rows[0]["contribution"]) == pytest.approx(0.000438568, rel=1e-5)


def test_parts_of_the_paths_add_up(capsys: Capture) -> None:
    whole, through, avoid = (
        json.loads(said(capsys, "deep", "--wrt", "w1", "--top", "0", "--json", *part))["wrt"]["w1"]
        for part in ([], ["--through", "h20"], ["--avoid", "h20"])
    )
    assert through["count"] + avoid["count"] == whole["count"] == 2**19
    assert through["value"] + avoid["value"] == pytest.approx(whole["value"], rel=1e-13, abs=0)


def test_a_skip_by_the_name_of_its_edge(capsys: Capture) -> None:
    by_edge = json.loads(said(capsys, "residual", "--wrt", "w1", "--through", "w_r", "--json"))["wrt"]["w1"]
    assert by_edge["count"] == 1
    assert by_edge["value"] == pytest.approx(-0.002947598898254406, rel=1e-14, abs=0)


def test_from_a_node_in_place_of_the_loss(capsys: Capture) -> None:
    """∂h2/∂w1 = σ′(z2)·w2·σ′(z1)·x with the derivatives of the contract's example; no target is needed."""
    arguments = ("residual", "--wrt", "w1", "--of", "h2")
    sums = json.loads(said(capsys, *arguments, "--json"))["wrt"]["w1"]
    assert sums["value"] == pytest.approx(0.24982782712403884 * 0.1 * 0.24937604019289197 * 0.5, rel=1e-14, abs=0)
    assert "∂h2/∂w1 = 0.00311505" in said(capsys, *arguments)


def test_a_batch_has_paths_in_each_example(capsys: Capture, tmp_path: Path) -> None:
    batch = spec(
        tmp_path, input=[[0.5], [-1.0]], target=[[1], [0]], weights=[0.2, 0.1], skips=[{"from": "x", "to": "y"}]
    )
    sums = json.loads(said(capsys, batch, "--wrt", "w1", "--json"))["wrt"]["w1"]
    assert sums["count"] == 1
    assert sorted(path["example"] for path in sums["top"]) == [0, 1]
    assert sum(path["contribution"] for path in sums["top"]) == pytest.approx(sums["value"], rel=1e-14, abs=0)
    assert sum(abs(path["contribution"]) for path in sums["top"]) == pytest.approx(sums["magnitude"], rel=1e-14, abs=0)


def test_what_cancels_altogether(capsys: Capture, tmp_path: Path) -> None:
    """y = h1 − h2 where both are x: no gradient, two paths."""
    layers = [{"weight": 1.0, "name": "h1"}, {"from": "x", "weight": 1.0, "name": "h2"}]
    layers += [{"from": {"h1": "c", "h2": "d"}, "name": "y"}]
    given = {"c": 1.0, "d": -1.0}
    net = spec(tmp_path, input=0.5, loss="output", activation="identity", parameters=given, layers=layers)
    sums = json.loads(said(capsys, net, "--wrt", "x", "--json"))["wrt"]["x"]
    assert (sums["count"], sums["value"], sums["magnitude"]) == (2, 0, 2)
    assert sums["cancellation"] is None
    assert sums["entropy"] == pytest.approx(1)
    assert [path["share"] for path in sums["top"]] == [None, None]
    assert "The contributions cancel: their sum is 0 in float64." in said(capsys, net, "--wrt", "x")


def test_more_digits(capsys: Capture) -> None:
    text = said(capsys, "residual", "--wrt", "w1", "--dps", "40", "--json")
    assert json.loads(text)["wrt"]["w1"]["value"] == pytest.approx(-0.0030212381210528165, rel=1e-14, abs=0)
    assert len(next(line for line in text.splitlines() if '"value"' in line)) > 40


def test_a_picture_beside_the_page(capsys: Capture, tmp_path: Path) -> None:
    """54 blocks, as in Veit et al. 2016, figure 6; the sentence says which lengths carry 95 % of the gradient."""
    pytest.importorskip("matplotlib")
    path = tmp_path / "spectrum.png"
    text = said(capsys, blocks(tmp_path, 54, 0.15), "--wrt", "w1", "--plot", str(path))
    assert "97.4 % of ∂L/∂w1 comes through paths of length 0 to 5, which are < 0.1 % of all paths." in text
    assert path.read_bytes().startswith(b"\x89PNG")


def test_in_a_pipe_that_knows_plain_letters_alone(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "FORCE_COLOR": "", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "gradcalc", "paths", "mazur", "--wrt", "w1"]
    text = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=True).stdout.decode("ascii")
    each = "sums over 2 paths each through single units (8 in all), all of length 1"
    assert f"||dL/dw1|| = 0.00148334; its 4 entries are {each}" in text
    assert "cancellation 2.03 (sum|contribution| / sum|entry of the sum|)" in text
    assert "\\u" not in text and "\x1b" not in text


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["residual", "--wrt", "w9"], "--wrt w9: no parameter or node has that name"),
        (["residual", "--through", "h7"], "--through h7: no node or edge has that name; names are x, h1, h2, y"),
        (["residual", "--avoid", "w_s"], "--avoid w_s: no node or edge has that name; did you mean w_r?"),
        (["residual", "--of", "w1"], "--of w1: no node has that name"),
        (["residual", "--plot", "x.jpg"], "a picture ends in .svg, .png, .pdf"),
    ],
)
def test_what_is_refused(capsys: Capture, arguments: list[str], message: str) -> None:
    assert message in refused(capsys, *arguments)


def test_without_a_target_there_is_nothing_to_take_apart(capsys: Capture, tmp_path: Path) -> None:
    assert "without a target" in refused(capsys, spec(tmp_path, input=1, weights=[2]))


@pytest.mark.slow
@pytest.mark.parametrize("command", ["paths", "compute"])
@pytest.mark.parametrize("width", [2, 32])
def test_paths_that_tie_are_the_same_in_every_run(tmp_path: Path, command: str, width: int) -> None:
    """Of both grains, whatever the seed of Python's hashes."""
    layers = [{"width": width, "weight": [[0.5] * width] * width, "repeat": 3}]
    tied = spec(tmp_path, input=[1] * width, target=[0] * width, activation="relu", layers=layers, skips={"every": 1})
    asked = [command, tied, "--wrt", "w1", "--wrt", "w1[0,0]", "--format", "json"]
    runs = {process(asked, env=os.environ | {"PYTHONHASHSEED": seed}).stdout for seed in "01"}
    assert len(runs) == 1
    assert json.loads(runs.pop())
