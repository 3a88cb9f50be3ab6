"""`gradcalc diagnose` from the command line: the document of the contract, every format, limits and errors."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from gradcalc.__main__ import run


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["diagnose", *arguments]) == 0
    return capsys.readouterr().out


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    return json.loads(printed(capsys, *arguments, "--json"))


def test_the_document_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, "plain", "--tries", "20")
    assert list(found) == [
        "gradcalc", "command", "name", "activations", "loss", "layers", "rate", "costs", "zeros", "remedies",
    ]  # fmt: skip
    keys = ["node", "output", "derivative", "delta", "gradient", "log10", "label", "evidence"]
    assert [list(layer) for layer in found["layers"]] == [keys] * 3
    assert found["layers"][0]["gradient"] == pytest.approx(7.582885583984374e-05, rel=1e-14)
    assert list(found["layers"][0]["log10"]) == ["output", "derivative", "delta", "gradient"]
    assert list(found["rate"]) == ["log10", "factor", "departs", "largest_departure"]
    assert list(found["costs"]) == ["of", "loss", "derivative", "weight", "paths", "input", "total"]
    assert [list(one) for one in found["remedies"]] == [
        ["change", "command", "gradient_ratio", "loss", "healthy", "log10_delta_ratio"]
    ] * len(found["remedies"])


def test_a_batch_has_no_rate_where_layers_branch_and_zeros_have_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, "rnn", "--input", "x1=0,x2=0", "--tries", "3")
    assert found["rate"] is None
    assert {zero["entry"]: zero["reason"] for zero in found["zeros"]}.keys() >= {"Wx"}


@pytest.mark.parametrize("form", ["table", "markdown", "html", "latex", "jsonl"])
def test_every_format_begins_with_the_finding(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "plain", "--tries", "12", "--format", form)
    assert "h1" in text and "vanish" in text and "w1" in text


def test_a_row_for_every_layer_for_data_frames(capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(printed(capsys, "deep", "--format", "csv", "--top", "0"))))
    assert len(rows) == 40 and rows[0]["label"] == "vanished" and float(rows[0]["log10_gradient"]) < -15


def test_the_first_sentence_says_what_is_wrong_and_where(capsys: pytest.CaptureFixture[str]) -> None:
    _, first, second, third, *_ = printed(capsys, "residual", "--no-skips", "--tries", "12").split("\n\n")
    assert (
        first == "The gradient vanishes: |δ| falls by ÷ 40 per layer (geometric mean), 3.2 powers of ten from y to h1."
    )
    assert second == "log₁₀ |∂L/∂w1| is −4.1; of this the weights make −2.0 and σ′(z) −1.8."
    assert third.startswith("Of 12 changes computed, the identity skip h1 → y (after the activation) helps")


def test_what_costs_is_shown_adds_up(capsys: pytest.CaptureFixture[str]) -> None:
    page = printed(capsys, "deep", "--no-skips", "--top", "0")
    table = page.split("Where the powers of ten of ∂L/∂w1 come from\n")[1].split("\n\n")[0].replace("−", "-")
    *parts, total = [float(line.rstrip(" █▉▊▋▌▍▎▏").split()[-1]) for line in table.splitlines()[1:]]
    assert sum(parts) == pytest.approx(total, abs=1e-9) and total == -36.54


def test_what_was_not_tried_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    page = printed(capsys, "plain", "--tries", "15")
    assert (
        "Not tried: 15 activations, 8 skips and 7 initialisations more; --tries N tries so many changes."
        in " ".join(page.split())
    )
    assert "Not tried" not in printed(capsys, "plain")
    assert "command" not in printed(capsys, "plain", "--top", "0")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no network: name a SPEC"),
        (("--input", "1", "--weights", "1,2"), "without a target there is no backward pass; --target gives one"),
        (("plain", "--tries", "-1"), "--tries"),
    ],
)
def test_errors(arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diagnose", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_inline_networks_have_commands_that_describe_them(capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, "--input", "0.5", "--weights", "0.1,0.1,0.1", "--target", "1", "--tries", "12")
    options = "--input 0.5 --weights 0.1,0.1,0.1 --target 1"
    assert found["remedies"][0]["command"].startswith(f"gradcalc compare {options} --set 'skips=[{{from: h1, ")
