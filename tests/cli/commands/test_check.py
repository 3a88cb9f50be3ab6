"""`gradcalc check` from the command line: its document, page and exit statuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gradcalc.__main__ import run


def told(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    assert run(["check", *arguments]) == status
    return capsys.readouterr().out


def test_the_document_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    found: Any = json.loads(told(capsys, "residual", "--json"))
    assert list(found) == ["gradcalc", "command", "name", "ok", "methods"]
    assert found["ok"] is True
    assert [list(one) for one in found["methods"]] == [["name", "largest_relative_error", "resolves", "ok"]] * 5
    required: Any = json.loads(told(capsys, "residual", "--require", "loss < 0.1", "--json", status=1))
    assert list(required) == ["gradcalc", "command", "name", "ok", "required"]
    assert required["required"] == [{"condition": "loss < 0.1", "value": 0.22474309029744466, "ok": False}]


def test_the_page_says_which_methods_agree(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "residual")
    assert "None of 5 methods differs by more than its error allows." in text
    assert "(all 4) the most precise, differences in 60 digits, differs by 1.4×10⁻¹⁶ at most." in text
    deep = told(capsys, "deep")
    assert "(all 40) the most precise, complex step, differs by" in deep
    assert "not used: more than 10,000 paths" in deep


def test_gradients_of_few_digits_stand_beside_those_of_more(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "--input", "1e15", "--weights", "1.1,1", "--activation", "sin", "--target", "1")
    assert "∂L/∂w1    −1.96587×10¹⁵  −1.69175×10¹⁵     50     0.8" in text
    assert "Rounding has left less than one digit of 1 gradient: not compared." in text
    assert "No method can tell a gradient that it compared from 0: what it may be off by" in text
    text = told(
        capsys, "--input", "0.1", "--weights", "3", "--activation", "identity", "--target", "0.3000000000000003"
    )
    assert "changes ∂L/∂ that output by up to 0.2 × its size." in text
    text = told(capsys, "--input", "0", "--weights", "3", "--activation", "identity", "--target", "1")
    assert "Every gradient compared is 0, and no method can tell one from 0." in text


def test_conditions_are_printed_with_their_values(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "deep", "--require", "abs(w1) > 1e-18", "--require", "norm(w*) < 0.01", status=1)
    assert "abs(w1) > 1e-18  6.18599×10⁻¹⁶  ✓" in text
    assert "norm(w*) < 0.01: does not hold." in text
    assert "Every condition holds." in told(capsys, "deep", "--require", "loss < 1")


def test_a_window_of_loss_scales_can_be_required(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "resnet", "--require", "window(float16)")
    assert "Every condition holds." in text and "value of a window" in text
    arguments = ("resnet", "--no-skips", "--require", "window(float16)", "--require", "window(bfloat16)", "--json")
    found = json.loads(told(capsys, *arguments, status=1))
    float16, bfloat16 = found["required"]
    assert float16["value"] == pytest.approx(16.00 - 29.12, abs=0.01) and not float16["ok"] and bfloat16["ok"]
    zero = ("--input", "1", "--weights", "1", "--target", "1", "--activation", "identity")
    assert json.loads(told(capsys, *zero, "--require", "window(float16)", "--json"))["required"][0]["value"] is None


def test_no_window_holds_a_network_whose_forward_pass_overflows(capsys: pytest.CaptureFixture[str]) -> None:
    network = ("--input", "1e5", "--weights", "1e3,1", "--activation", "identity", "--target", "1")
    text = told(capsys, *network, "--require", "window(float16)", status=1)
    assert "window(float16): x of the forward pass overflows, whatever the loss scale." in text
    (one,) = json.loads(told(capsys, *network, "--require", "window(float16)", "--json", status=1))["required"]
    assert one["value"] > 0 and not one["ok"] and one["overflows"] == "x"
    told(capsys, *network, "--require", "window(bfloat16)")


def test_beside_a_window_stands_what_the_forward_pass_rounds_to_0(capsys: pytest.CaptureFixture[str]) -> None:
    """The exact backward pass is in the normal range, but no loss scale helps an input that is stored as 0."""
    network = ("--input", "1e-9", "--weights", "1", "--target", "1", "--activation", "identity")
    text = told(capsys, *network, "--require", "window(float16)")
    lost = "x of the forward pass is rounded to 0, whatever the loss scale."
    assert f"window(float16) speaks of the backward pass: {lost}" in text
    (one,) = json.loads(told(capsys, *network, "--require", "window(float16)", "--json"))["required"]
    assert one["ok"] and one["rounded_to_0"] == "x"
    assert "rounded to 0" not in told(capsys, *network, "--require", "window(bfloat16)")


def test_a_method_that_is_not_used_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert "not used: 40 weights, at most 30" in told(capsys, "deep")
    assert "not used: there are no weights" in told(capsys, "circuit")
    batch = ("--input", "[[1],[2]]", "--weights", "0.5", "--target", "[[1],[1]]")
    assert "not used: several examples; it takes one" in told(capsys, *batch)


def test_nothing_that_stands_on_a_kink_is_asked_about(capsys: pytest.CaptureFixture[str]) -> None:
    kink = ("--input", "1", "--weights", "1", "--biases=-1", "--target", "1", "--activation", "relu")
    text = told(capsys, *kink)
    assert text.count("compared none") == 5 and "2 gradients on a kink: not compared." in text
    assert text.count("cannot tell any from 0") == 0


def test_methods_that_agree_in_every_digit_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert "(all 3) the most precise, differences in 60 digits, differs in no digit." in told(capsys, "circuit")


@pytest.mark.slow
def test_both_sides_of_a_kink_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    network = ["--input", "1", "--weights", "0,1", "--activation", "relu", "--target", "0.5", "--loss", "mae"]
    text = told(capsys, *network)
    assert "derivative from below" in text
    assert "1 gradient on a kink: not compared." in text
    found = json.loads(told(capsys, *network, "--json"))
    (kink,) = found["kinks"]
    assert (kink["entry"], kink["ours"]) == ("w1", 0.0)
    assert kink["above"] == pytest.approx(-1.0)
