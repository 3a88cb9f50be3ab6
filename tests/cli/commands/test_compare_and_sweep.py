"""`gradcalc compare` and `gradcalc sweep` as somebody at a terminal or a script meets them."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from gradcalc import language
from gradcalc.__main__ import run
from tests.cli.commands.processes import process

Capture = pytest.CaptureFixture[str]


def said(capsys: Capture, *arguments: str, status: int = 0) -> str:
    assert run(list(arguments)) == status
    return capsys.readouterr().out


def refused(capsys: Capture, *arguments: str) -> str:
    assert run(list(arguments)) == 2
    found = capsys.readouterr()
    assert found.out == ""
    return " ".join(found.err.split())


def test_the_story_of_the_residual_net(capsys: Capture) -> None:
    text = said(capsys, "compare", "residual")
    row = next(line for line in text.splitlines() if "∂L/∂w1" in line)
    assert all(part in row for part in ("−0.00302124", "−0.0000758289", "39.84", "97.6 %"))
    assert "0.224743" in text and "0.237339" in text
    assert "∂L/∂w1 in residual is the sum of 2 paths; the largest, through the skip h1 → y, contributes 97.6 %." in text


@pytest.mark.parametrize("command", ["sweep", "compare"])
def test_a_value_given_twice_is_taken_once_and_that_is_said(capsys: Capture, command: str) -> None:
    for values, is_told in (("0,0,1", True), ("1..3,2", True), ("0,1", False)):
        assert run([command, "residual", "--vary", f"w1={values}"]) == 0
        told = f"warning: --vary w1={values}: a value that is given more than once is taken once\n"
        assert capsys.readouterr().err == told * is_told


def test_json_of_compare_to_the_key(capsys: Capture) -> None:
    facts = json.loads(said(capsys, "compare", "residual", "--json"))
    assert list(facts) == ["gradcalc", "command", "networks", "ratios"]
    keys = ["name", "activations", "loss", "gradients", "log10", "norms", "paths"]
    assert list(facts["networks"][0]) == list(facts["networks"][1]) == keys
    assert [network["name"] for network in facts["networks"]] == ["residual", "no-skips"]
    assert facts["networks"][1]["loss"]["value"] == pytest.approx(0.23733926355982646, rel=1e-13)
    assert facts["networks"][0]["paths"] == {"w1": 2, "w2": 1, "w3": 1, "w_r": 1}
    assert facts["ratios"]["w1"] == [1, pytest.approx(39.842855171570825)]
    assert facts["ratios"]["w_r"] == [1, None]


def test_numbers_beyond_doubles_are_json_numbers(capsys: Capture) -> None:
    text = said(capsys, "compare", "deep", "--set", "layers[0].repeat=999", "--json", "--wrt", "w1")
    assert "e-912" in text
    assert json.loads(text)["networks"][1]["log10"]["w1"] == pytest.approx(-911.97, abs=0.01)


def test_the_words_on_deep_networks(capsys: Capture) -> None:
    text = " ".join(said(capsys, "compare", "deep").split())
    assert (
        "Without skips |δ| falls by ÷ 8.2 per layer (geometric mean), 36 powers of ten from y to h1: it vanishes. "
        "With skips it falls by ÷ 2.2 per layer: it vanishes more slowly." in text
    )
    assert "the largest, through 19 skips, contributes 32.8 %." in text


@pytest.mark.parametrize("form", ["csv", "markdown", "latex", "html", "jsonl", "table"])
def test_every_format_of_both(capsys: Capture, form: str) -> None:
    assert "w1" in said(capsys, "compare", "residual", "--format", form)
    assert "w1" in said(capsys, "sweep", "residual", "--vary", "w1=1..5", "--format", form)


def test_csv_of_compare_has_a_row_for_each_entry(capsys: Capture) -> None:
    text = said(capsys, "compare", "mazur", "--vary", "loss=mse,sse", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 2 * (4 + 2 + 4 + 2)
    assert {row["network"] for row in rows} == {"mazur loss=mse", "mazur loss=sse"}


def test_one_network_or_five(capsys: Capture) -> None:
    text = said(capsys, "compare", "residual", "--vary", "activation=sigmoid,tanh,relu,gelu,identity")
    rows = [line for line in text.splitlines() if re.match(" (∂L/∂w|  ).*−", line)]
    places = {line.index(".", line.index("−")) for line in rows}
    assert len(rows) == 4 * 5 and len(places) == 1
    assert "|value in sigmoid| / |value|" in text


def test_a_network_that_lost_its_skips_is_called_so(capsys: Capture) -> None:
    text = said(capsys, "compare", "plain", "residual", "--no-skips")
    assert text.startswith("plain against residual (no skips) · ") and "\n residual (no skips)  0.237339\n" in text


def test_a_key_and_what_it_changes_are_told_apart(capsys: Capture) -> None:
    text = said(capsys, "sweep", "residual", "--vary", "loss=mse,sse", "--against", "no-skips")
    assert re.search(r"\n loss +value of the loss +value of the loss, no-skips +∂L/∂w1 ", text)


def test_two_keys_are_every_combination(capsys: Capture) -> None:
    """Values in the grammar of sweep, ranges and all; a value that is given twice counts once."""
    found = json.loads(
        said(capsys, "compare", "plain", "--vary", "w1=0.1..0.3:0.1,0.1", "--vary", "loss=mse,sse", "--json")
    )
    names = [network["name"] for network in found["networks"]]
    assert names == [f"plain w1={w1}, loss={loss}" for w1 in (0.1, 0.2, 0.3) for loss in ("mse", "sse")]


def test_inline_options_describe_the_network(capsys: Capture) -> None:
    options = ["--input", "0.5", "--weights", "0.2,0.1,0.1", "--skip", "h1:y=0.1", "--target", "1"]
    assert "39.84" in said(capsys, "compare", *options)


def test_a_sweep_in_rows(capsys: Capture) -> None:
    text = said(capsys, "sweep", "deep", "--vary", "depth=3,10,20,40,100", "--against", "no-skips", "--format", "jsonl")
    rows = [json.loads(line) for line in text.splitlines()]
    assert [row["depth"] for row in rows] == [3, 10, 20, 40, 100]
    assert rows[3]["gradient:w1"] == pytest.approx(-6.1859889336199905e-16, rel=1e-12, abs=0)
    assert rows[3]["no-skips"]["gradient:w1"] == pytest.approx(-2.8821134193176646e-37, rel=1e-12, abs=0)
    whole = json.loads(said(capsys, "sweep", "deep", "--vary", "depth=3,10", "--json"))
    assert list(whole) == ["gradcalc", "command", "name", "activations", "loss", "vary", "show", "rows"]
    assert whole["activations"] == ["sigmoid"] and whole["loss"] == {"name": "mse", "formula": "(y - t)^2"}
    assert whole["vary"] == {"depth": [3, 10]} and len(whole["rows"]) == 2


def test_the_words_on_a_sweep(capsys: Capture) -> None:
    text = " ".join(said(capsys, "sweep", "deep", "--vary", "depth=3,10,20,40,100", "--against", "no-skips").split())
    assert "|∂L/∂w1| falls by ÷ 2.2 per layer (" in text and "; without skips it falls by ÷ 8.2 per layer (" in text
    assert "Points are not evenly spaced in depth." in text


def test_a_failing_point_is_a_row_and_the_rest_goes_on(capsys: Capture) -> None:
    sweep = ["sweep", "residual", "--vary", "activation=tanh,nope,relu"]
    text = said(capsys, *sweep, "--format", "jsonl", status=1)
    rows = [json.loads(line) for line in text.splitlines()]
    assert "nope" in rows[1]["error"]
    assert "error" not in rows[0] and "error" not in rows[2]
    assert "1 of 3 points" in said(capsys, *sweep, status=1)
    assert json.loads(said(capsys, *sweep, "--json", status=1))["activations"] is None


def test_a_key_that_there_is_not_is_told_at_its_first_value(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[object] = []

    def build_drawn(document: language.Document) -> object:
        built.append(document)
        return drawn(document)

    drawn = language.build_drawn
    monkeypatch.setattr(language, "build_drawn", build_drawn)
    assert run(["sweep", "residual", "--vary", "w9=1..20"]) == 2
    assert 'w9=1: error: no key, parameter or input is called "w9"' in capsys.readouterr().err
    assert len(built) == 1


def test_a_key_called_as_a_column_keeps_both(capsys: Capture) -> None:
    text = said(capsys, "sweep", "plain", "--vary", "loss=mse,sse", "--format", "jsonl")
    rows = [json.loads(line) for line in text.splitlines()]
    assert [row["loss"] for row in rows] == ["mse", "sse"]
    assert rows[0]["value of loss"] == pytest.approx(0.23733926355982646)


def test_a_summary_over_seeds(capsys: Capture, tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    layers = "[{weight: {init: normal}, width: 3}, {weight: {init: normal}, width: 1}]"
    spec.write_text(f"input: [1, 2]\ntarget: 1\nlayers: {layers}\n")
    facts = json.loads(said(capsys, "sweep", str(spec), "--vary", "seed=0..9", "--summary", "--json", "--show", "loss"))
    losses = sorted(row["loss"] for row in facts["rows"])
    (summary,) = facts["summary"]
    assert summary["count"] == 10
    assert summary["mean"] == pytest.approx(sum(losses) / 10)
    assert summary["quantiles"]["0.5"] == pytest.approx((losses[4] + losses[5]) / 2)
    assert "50 %" in said(capsys, "sweep", str(spec), "--vary", "seed=0..9", "--summary")


def test_two_keys_are_a_heat_map(capsys: Capture) -> None:
    text = said(capsys, "sweep", "residual", "--vary", "w2=0.5,1", "--vary", "w3=0.1..2:0.1", "--show", "w1")
    assert "w3 0.1 → 2" in text and any(mark in text for mark in "▂▃▄")


def test_theory_beside_measurement(capsys: Capture) -> None:
    text = " ".join(said(capsys, "compare", "deep", "--theory").split())
    assert "no-skips: |∂L/∂w1| is at most 6.457×10⁻³⁷ (" in text and "Veit, Wilber & Belongie 2016" in text
    facts: Any = json.loads(said(capsys, "compare", "residual", "--theory", "--json"))
    assert {each["theory"] for each in facts["theory"]} == {"bound"}
    row = json.loads(said(capsys, "sweep", "plain", "--vary", "w1=0.2", "--theory", "--format", "jsonl"))
    assert row["bound:w1"] >= abs(row["gradient:w1"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sweep", "residual"], "--vary"),
        (["sweep", "residual", "--vary", "w1"], "KEY=VALUES"),
        (["sweep", "residual", "--vary", "w1=1", "--vary", "w2=1", "--vary", "w3=1"], "one key or two"),
        (["sweep", "residual", "--vary", "w1=1", "--vary", "w1=2"], "varied already"),
        (["sweep", "residual", "--vary", "w9=1"], "w9"),
        (["sweep", "residual", "--vary", "w1=1", "--against", "skips"], "no-skips"),
        (["sweep", "residual", "--vary", "w1=1", "--show", "nrom:w1"], "did you mean norm"),
        (["sweep", "residual", "--vary", "w1=1", "--show", "w9"], "--show gradient:w9: no parameter"),
        (["sweep", "residual", "--vary", "w1=1", "--show", "share:w1:h1-h7-y"], "there is no node h7"),
        (["sweep", "residual", "--vary", "w1=1..4e3", "--vary", "w2=1..4e3"], "10,000,000 is the most"),
        (["compare", "plain"], "no skips"),
        (["compare", "residual", "--no-skips"], "--no-skips drops every skip of residual"),
        (["compare", "residual", "--vary", "w1"], "KEY=VALUES"),
    ],
)
def test_command_lines_that_are_wrong(capsys: Capture, arguments: list[str], message: str) -> None:
    assert message in refused(capsys, *arguments)


def test_a_sweep_that_is_the_first_to_need_extended_range(tmp_path: Path) -> None:
    spec = tmp_path / "cold.yaml"
    layers = "[{weight: 1, activation: sigmoid}, {weight: 1}, {weight: 1}]"
    spec.write_text(f"{{input: -3e10, loss: output, activation: identity, layers: {layers}}}")
    page = process(["sweep", str(spec), "--vary", "w2=1,2", "--vary", "w3=1,2"]).stdout
    assert "|∂L/∂w1|, 2.40×10⁻¹³⁰²⁸⁸³⁴⁴⁴⁷ to" in page and "None" not in page
