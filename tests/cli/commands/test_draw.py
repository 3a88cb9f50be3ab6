"""`draw`: every form by its ending, what is refused, what is loaded."""

from __future__ import annotations

import json
from pathlib import Path
from time import process_time
from xml.etree import ElementTree

import pytest

from gradcalc.__main__ import run
from gradcalc.cli.commands import draw_command
from tests.cli.commands.test_modules import HEAVY, loaded

PICTURES = Path(__file__).parents[3] / "gradcalc" / "pictures"
BEGINNINGS = {
    "svg": "<svg ",
    "mmd": "flowchart LR\n",
    "mermaid": "flowchart LR\n",
    "dot": 'digraph "residual',
    "gv": 'digraph "residual',
    "txt": "residual · sigmoid",
    "json": '{\n  "gradcalc"',
}


@pytest.mark.parametrize("ending", BEGINNINGS)
def test_the_ending_of_the_file_chooses_the_form(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"net.{ending}"
    assert run(["draw", "residual", "--wrt", "w1", "-o", str(path)]) == 0
    assert path.read_text().startswith(BEGINNINGS[ending])


def test_png(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert run(["draw", "mazur", "--units", "-o", str(tmp_path / "net.PNG")]) == 0
    assert (tmp_path / "net.PNG").read_bytes().startswith(b"\x89PNG")


def test_the_picture_of_the_readme_is_the_one_that_is_drawn(tmp_path: Path) -> None:
    assert run(["draw", "residual", "--wrt", "w1", "-o", str(tmp_path / "draw.svg")]) == 0
    assert (tmp_path / "draw.svg").read_text() == (PICTURES / "draw.svg").read_text()


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["draw", "residual", "--wrt", "w1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told) == ["gradcalc", "command", "name", "activations", "loss", "wrt", "nodes", "edges"]
    assert told["wrt"]["w1"]["count"] == 2
    (skip,) = (edge for edge in told["edges"] if edge["kind"] == "skip")
    assert skip["from"] == "h1"
    assert skip["parameter"] == "w_r"
    assert abs(skip["share"] - 0.9756261440350323) < 1e-12
    assert told["nodes"][0] == {"node": "x", "units": 1, "output": 0.5, "adjoint": -0.0012084952484211267}


def test_values(capsys: pytest.CaptureFixture[str]) -> None:
    pages = {}
    for values in ("forward", "backward", "none"):
        assert run(["draw", "residual", "--values", values]) == 0
        pages[values] = capsys.readouterr().out
    assert "h1  0.524979" in pages["forward"]
    assert "w1 = 0.2" in pages["forward"]
    assert "δ −0.00604248" in pages["backward"]
    assert "∂L/∂w1  −0.00302124" in pages["backward"]
    assert "0." not in pages["none"]


def test_backward_with_a_gradient_shows_all_gradients(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["draw", "residual", "--values", "backward", "--wrt", "w1"]) == 0
    page = capsys.readouterr().out
    assert "−0.00310046" in page
    assert "97.6 %" in page


def test_without_a_target(capsys: pytest.CaptureFixture[str]) -> None:
    net = ["draw", "--input", "0.5", "--weights", "0.2,0.1"]
    assert run(net) == 0
    assert "L " not in capsys.readouterr().out
    for option in (["--wrt", "w1"], ["--values", "backward"]):
        assert run([*net, *option]) == 2
        assert "without a target there is no gradient" in capsys.readouterr().err


def test_of_a_node(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["draw", "residual", "--of", "h2", "--wrt", "w1"]) == 0
    page = capsys.readouterr().out
    assert "∂h2/∂w1" in page
    assert "100.0 %" in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "net.pdf"], "no format ends in .pdf; use .txt, .svg,"),
        (["-o", "net"], "the name has no ending"),
        (["--format", "png"], "-o FILE.png names one"),
        (["--format", "png", "-o", "-"], "-o FILE.png names one"),
        (["--format", "pdf"], "there are text, svg, png, mermaid, dot, json"),
        (["--values", "both"], "--values both is not one of forward, backward, none"),
        (["--top", "3"], "--top 3: has no effect without --wrt"),
        (["--wrt", "w*"], "one picture shows the paths of one gradient"),
        (["--wrt", "w9"], "no parameter or node has that name"),
        (["--json", "--digits", "3"], "--digits 3: changes nothing in json"),
        (["--json", "--all"], "--all: changes nothing in json"),
        (["--json", "--format", "svg"], "contradict each other"),
        (["--format", "svg", "--color", "always"], "--color always: changes nothing in svg"),
        (["--color", "red"], "--color red is not one of"),
        (["-o", "missing/net.svg"], "there is no folder missing"),
    ],
)
def test_what_is_refused(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["draw", "residual", *arguments]) == 2
    assert message in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("form", ["svg", "png"])
def test_more_layers_than_a_picture_shows(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draw_command, "MOST_BOXES", 12)
    monkeypatch.chdir(tmp_path)
    to = ["--format", form, "-o", "deep.out"]
    assert run(["draw", "deep", *to]) == 0
    assert run(["draw", "deep", "--all", *to]) == 3
    assert "12 nodes at most, and this one would have 41; without --all" in " ".join(capsys.readouterr().err.split())
    assert run(["draw", "deep", "--all", "--format", "text"]) == 0
    monkeypatch.setattr(draw_command, "MOST_BOXES", 2)
    capsys.readouterr()
    assert run(["draw", "deep", *to]) == 3
    told = " ".join(capsys.readouterr().err.split())
    assert "2 nodes at most, and this one would have 11; --format dot has all of them" in told


@pytest.mark.parametrize(
    ("layers", "units"),
    [
        ("[{weight: {init: normal}, width: 3000, repeat: 3}]", 9_002),
        ("[{weight: {init: normal}, width: 100}, {weight: 1, repeat: 2}]", 302),
        ("[{weight: {init: normal}, width: 100, activation: {name: maxout, pieces: 2}, repeat: 3}]", 302),
        ("[{weight: {init: normal}, width: 300, from: x}]", 302),  # told when its weights are drawn
    ],
)
def test_more_units_than_a_picture_shows(layers: str, units: int, capsys: pytest.CaptureFixture[str]) -> None:
    begin = process_time()
    assert run(["draw", "--input", "[1, 2]", "--set", f"layers={layers}", "--units"]) == 3
    told = " ".join(capsys.readouterr().err.split())
    assert f"a picture shows 200 units at most, and this network has {units:,}" in told
    assert process_time() - begin < 1  # to draw 18 million weights takes four


def test_it_is_not_written_over_its_spec(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "net.json"
    spec.write_text('{"input": 0.5, "target": 1, "weights": [0.2]}')
    assert run(["draw", str(spec), "-o", str(spec)]) == 2
    assert "is the spec itself" in " ".join(capsys.readouterr().err.split())


def test_an_impossible_number_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    net = ["--input", "0.5", "--weights", "1e-300,1e-300,1e300", "--activation", "identity", "--target", "1"]
    assert run(["draw", *net, "--wrt", "w1", "--format", "svg"]) == 0
    ElementTree.fromstring(capsys.readouterr().out)


@pytest.mark.parametrize("form", ["text", "svg", "mermaid", "dot"])
def test_a_picture_loads_nothing_heavy(form: str, tmp_path: Path) -> None:
    net = tmp_path / "net.json"
    net.write_text('{"input": 0.5, "target": 1, "weights": [0.2, 0.1], "skips": [{"from": "h1", "to": "y"}]}')
    modules = loaded("draw", str(net), "--wrt", "w1", "--format", form)
    assert not modules & HEAVY
    others = {"svg", "characters", "mermaid", "dot", "raster"} - {form, "svg" if form in ("mermaid", "dot") else ""}
    others -= {"characters"} if form == "text" else set()
    assert not modules & {f"gradcalc.report.drawings.{other}" for other in others}


def test_a_gradient_that_is_drawn_at_several_uses_is_told_to_be_their_sum(capsys):
    told = "∂L/∂Wx, ∂L/∂b and ∂L/∂Wy are sums over all uses of Wx, b and Wy."
    assert run(["draw", "rnn", "--values", "backward"]) == 0
    assert told in capsys.readouterr().out
    assert run(["draw", "rnn"]) == run(["draw", "mazur", "--values", "backward"]) == 0
    assert "over all uses" not in capsys.readouterr().out


LOST = {
    "input": 1e-10, "target": 0.2, "activation": "tanh",
    "layers": [{"weight": 1, "activation": {"formula": "(exp(x) - 1 - x)/x^2"}}, {"weight": 1}],
}  # fmt: skip


def test_drawn_numbers_of_few_digits_are_named_and_no_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "net.json"
    spec.write_text(json.dumps(LOST))
    backward = ["--values", "backward", "--wrt", "w2"]
    for options, names in (([], "L, h1 and y"), (backward, "L, h1, y, ∂L/∂w2, ∂L/∂x, ∂L/∂h1, δ_h1, ∂L/∂y and 4 more")):
        assert run(["draw", str(spec), *options]) == 0
        assert f"Rounding has left no right digit of {names}; --dps 50 shows them." in capsys.readouterr().out
    assert run(["draw", str(spec), "--values", "none"]) == 0
    assert "Rounding" not in capsys.readouterr().out
