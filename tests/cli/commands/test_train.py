"""`gradcalc train` from the command line: its document, page, files, and exit statuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from pictures import texts

import gradcalc
from gradcalc.__main__ import run

STEEP = ["--input", "1", "--weights", "3,3", "--activation", "square", "--target", "0", "--lr", "1"]


def told(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    assert run(["train", *arguments]) == status
    found = capsys.readouterr()
    return found.out + found.err


def test_the_document_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    found: Any = json.loads(told(capsys, "mazur", "--lr", "0.5", "--steps", "1", "--json"))
    assert list(found) == ["gradcalc", "command", "name", "steps", "loss", "history", "parameters", "gradients"]
    assert found["loss"]["after"] == 0.29102777369359933
    assert [list(step) for step in found["history"]] == [["step", "loss", "norms"]] * 2
    after = gradcalc.train(gradcalc.load("mazur"), lr=0.5, steps=1).after
    assert found["gradients"] == dict(gradcalc.compute(after).gradients or {})


def test_the_page_says_what_happened(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "residual", "--lr", "1", "--steps", "100", "--momentum", "0.5")
    assert "gradient descent, lr 1, momentum 0.5" in text
    assert "L falls from 0.2247 to" in text
    assert "in 100 steps." in text
    assert "steps 0 → 100" in text
    assert "Stopped there: loss < 0.2." in told(capsys, "residual", "--lr", "1", "--until", "loss < 0.2")
    assert "L rises from" in told(capsys, "residual", "--maximize")
    unmet = told(capsys, "residual", "--steps", "3", "--until", "loss < 1e-9", "--until", "abs(w1) < 1")
    assert "in 3 steps. loss < 1e-9 and abs(w1) < 1: not reached." in unmet
    assert "L falls from 0.2247431 to 0.2247429 in 1 step." in told(
        capsys, "residual", "--steps", "1", "--clip-norm", "1e-4"
    )
    assert "After 3 steps L is what it was" in told(capsys, "residual", "--lr", "0", "--steps", "3")
    assert "With the learning rate 0 nothing moves." in told(capsys, "residual", "--lr", "0", "--steps", "3")
    idle = "No step had a gradient with a norm above 9: --clip-norm changed none."
    assert idle in told(capsys, "residual", "--clip-norm", "9", "--steps", "3")
    still = told(capsys, "residual", "--lr", "1e6", "--steps", "20")
    assert "From step 1 on every gradient is 0 in float64: nothing moves any more." in still


@pytest.mark.parametrize("moving", [("--momentum", "0.9"), ("--weight-decay", "0.1"), ("--optimizer", "adam")])
def test_what_is_remembered_or_decays_moves_parameters_whose_gradient_is_0(
    moving: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    dying = "--input", "1", "--target=-3", "--activation", "relu", "--weights", "1,1", "--lr", "0.2", "--steps", "12"
    text = told(capsys, *dying, *moving)
    assert "every gradient is 0 in float64." in text


@pytest.mark.parametrize("option", [("--online",), ("--explain", "--steps", "0")])
def test_an_option_without_effect_is_refused(option: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "residual", *option]) == 2
    assert f"{option[0]}: has no effect" in capsys.readouterr().err


def test_divergence_is_status_1_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, *STEEP, "--steps", "50", status=1)
    assert "Stopped there: in step" in text
    assert "Try a smaller --lr." in text
    found = json.loads(told(capsys, *STEEP, "--steps", "50", "--json", status=1))
    assert found["stopped"] == "diverged"
    assert found["steps"] < 50


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        (
            ["--lr", "0.5"],
            ["g = −0.00302124 the gradient of w1", "w1 = w1 − lr·g = 0.2 − 0.5·(−0.00302124) = 0.201511"],
        ),
        (
            ["--lr", "0.5", "--momentum", "0.9", "--weight-decay", "0.1"],
            [
                "g = g + decay·w1 = −0.00302124 + 0.1·0.2 = 0.0169788",
                "v = momentum·v + g = 0.9·0 + 0.0169788 = 0.0169788",
            ],
        ),
        (["--optimizer", "adam"], ["m = beta1·m + (1 − beta1)·g = 0.9·0 + (1 − 0.9)·(−0.00302124)"]),
        (["--optimizer", "adamw", "--weight-decay", "0.1"], ["w1 = w1 − lr·decay·w1 − lr·m_hat/(√v_hat + epsilon)"]),
        (
            ["--optimizer", "adam"],
            [
                "The last update, number 1 (k in its formulas)",
                "m_hat = m/(1 − beta1^k) = −0.000302124/(1 − 0.9¹) = −0.00302124 corrected for the start at m = 0",
            ],
        ),
        (
            ["--clip-norm", "0.1"],
            ["The last update, number 1 g =", "g = c·g = 0.5", "clipped: |c| = 0.1/0.173593, the trained"],
        ),
    ],
)
def test_a_step_is_derived_with_its_numbers(
    capsys: pytest.CaptureFixture[str], options: list[str], lines: list[str]
) -> None:
    text = " ".join(told(capsys, "residual", "--steps", "1", "--explain", *options).split())
    for line in lines:
        assert line in text


def test_files_are_written_whole(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    spec, saved, trace, plot = (str(tmp_path / name) for name in ("net.yaml", "new.yaml", "t.jsonl", "p.svg"))
    Path(spec).write_text("# mine\ninput: 0.5\ntarget: 1\nweights: [0.2, 0.1]  # two\n")
    told(capsys, spec, "--steps", "5", "--lr", "1", "--save", saved, "--trace", trace, "--plot", plot)
    text = Path(saved).read_text()
    assert text.startswith("# mine\ninput: 0.5\ntarget: 1\nweights: [0.") and text.endswith("]  # two\n")
    rows = [json.loads(line) for line in Path(trace).read_text().splitlines()]
    assert [row["step"] for row in rows] == [0, 1, 2, 3, 4, 5]
    found = gradcalc.train(gradcalc.load(spec), lr=1, steps=5)
    assert (
        rows[-1]["parameters"] == found.parameters == {one.name: one.value for one in gradcalc.load(saved).parameters}
    )
    assert rows[0]["gradients"] == dict(gradcalc.compute(gradcalc.load(spec)).gradients or {})
    assert any("gradient descent, lr 1" in one for one in texts(ElementTree.parse(plot).getroot()))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.yaml", "new.yaml", "p.svg", "t.jsonl"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--save", "none/net.yaml"], "--save none/net.yaml: there is no folder none"),
        (["--save", "net.txt"], "--save net.txt: a spec ends in .yaml, .toml or .json"),
        (["--save", "a.json", "--trace", "a.json"], "--trace a.json: --save goes there, too; name another file"),
        (["--trace", "-"], "--trace -: takes the name of a file"),
        (["--until", "w1 < 3"], "--until 'w1 < 3' is no condition"),
        (["--momentum", "2"], "--momentum 2.0: takes a number from 0 to 1, 1 excluded"),
        (["--optimizer", "lion"], "--optimizer lion: takes sgd, adam, adamw"),
    ],
)
def test_wrong_options_are_errors_before_anything_is_computed(
    capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert message in " ".join(told(capsys, "residual", *options, status=2).split())


def test_a_spec_is_never_its_own_output(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("input: 0.5\ntarget: 1\nweights: [0.2]\n")
    assert "is the spec itself" in " ".join(told(capsys, str(spec), "--save", str(spec), status=2).split())
    assert spec.read_text().endswith("[0.2]\n")


def test_gradients_of_few_digits_are_named_at_both_ends(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """y = (e^x − 1 − x)/x² at 10⁻¹⁰, which is 1/2, and not 827 as float64 has it."""
    layer = {"weight": 1, "activation": {"formula": "(exp(x) - 1 - x)/x^2"}}
    spec = tmp_path / "net.json"
    spec.write_text(json.dumps({"input": 1e-10, "target": 0.2, "layers": [layer]}))
    text = told(capsys, str(spec), "--lr", "1e-12", "--steps", "1")
    for end in ("start", "end"):
        assert f"At the {end}: rounding has left no right digit of L and ∂L/∂w1; compute --dps 50 shows them." in text
    assert "In float64, which leaves no right digit of it, L rises from" in text and "Try a smaller" not in text
    residual = told(capsys, "residual", "--steps", "1")
    assert "rounding has left" not in residual and "\nL falls from" in residual


def test_a_training_ends_where_only_float64_has_an_end(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """σ(−10⁶⁷) is 0 in float64, and beyond 10^(−10¹⁵): no other arithmetic is asked of it."""
    spec = tmp_path / "net.json"
    spec.write_text(json.dumps({"input": -1e67, "target": 1, "activation": "sigmoid", "layers": [{"weight": 1}]}))
    assert "After 1 step L is what it was" in told(capsys, str(spec), "--steps", "1")
