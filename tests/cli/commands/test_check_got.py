"""`gradcalc check --got` from the command line: its page, document, files and exit statuses."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pytest

import gradcalc
from gradcalc.__main__ import run


def told(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    assert run(["check", *arguments]) == status
    return capsys.readouterr().out


def test_a_right_value_is_right_to_the_digits_given(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "residual", "--got", "w1=-0.00302")
    assert "w1        −0.00302  −0.00302124  < 0.1 %              ✓" in text
    assert "The given value is right to the digits given." in text


def test_several_are_compared_in_one_option_or_more(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (
        ("--got", "w1=-0.00302 L=0.2247"),
        ("--got", "w1=-0.00302", "--got", "L=0.2247"),
        ("--got", "w1=-0.00302", "L=0.2247"),
    ):
        assert "Both given values are right" in told(capsys, "residual", *arguments)
    network = ("--input", "0.5", "--weights", "0.2", "--target", "1", "--activation", "identity")
    assert "Both" in told(capsys, "--got", "w1=-0.9", "L=0.81", *network)


def test_the_first_wrong_quantity_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "residual", "--got", "w1=0.5 delta_h1=0.5 y=0.526", status=1)
    assert "The first wrong quantity in the order of the calculation is delta_h1. Wrong as well: w1. Right: y." in text


def test_the_document_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("residual", "--got", "w1=0.5 y=0.526", "--got", "w3: (y - t)*y*(1 - y)*h2", "--json")
    found: Any = json.loads(told(capsys, *arguments, status=1))
    assert list(found) == ["gradcalc", "command", "name", "ok", "got", "first_wrong"]
    assert (found["ok"], found["first_wrong"]) == (False, "w3")
    assert list(found["got"]) == ["w1", "y", "w3"]
    assert list(found["got"]["w1"]) == ["got", "ours", "relative_error", "ok", "explanations"]
    assert found["got"]["y"] == {
        "got": 0.526,
        "ours": 0.5259292349264251,
        "relative_error": pytest.approx(0.000134552466),
        "ok": True,
        "explanations": [],
    }
    formula = found["got"]["w3"]
    assert (formula["formula"], formula["points"], formula["equal"]) == ("(y - t)*y*(1 - y)*h2", 6, 0)
    assert formula["explanations"] == [{"what": "w3 is your formula × 2, at all 6 points."}]
    right = json.loads(told(capsys, "residual", "--got", "y=0.526", "--json"))
    assert (right["ok"], right["first_wrong"]) == (True, None)


def test_what_was_done_wrong_is_a_sentence_with_the_command_that_prints_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The gradient of the residual example that its source prints for the skip alone, −0.00295."""
    text = told(capsys, "residual", "--got", "w1=-0.00295", status=1)
    assert "the path h1 → h2 → y" in text and "left out: ∂L/∂w1 is then −0.00294760" in text
    (command,) = re.findall("`gradcalc (.*)`", text)
    assert run(shlex.split(command)) == 0
    assert "−0.00294760" in capsys.readouterr().out
    found = json.loads(told(capsys, "residual", "--got", "w1=-0.00295", "--json", status=1))["got"]["w1"]
    best = found["explanations"][0]
    assert list(best)[:3] == ["what", "predicts", "relative_error"]
    assert best["predicts"] == pytest.approx(-0.002947598898254406)
    assert best["relative_error"] == pytest.approx(0.000815, rel=0.01)


def test_commands_are_written_with_the_spec_and_options_that_were_given(capsys: pytest.CaptureFixture[str]) -> None:
    network = ("--input", "x=0.5", "--weights", "0.2,0.1,0.1", "--skip", "h1:y=0.1", "--target", "1")
    text = told(capsys, *network, "--got", "w1=-0.00295", status=1)
    (command,) = re.findall("`gradcalc (.*)`", text)
    assert "--input x=0.5 --weights 0.2,0.1,0.1 --target 1 --skip h1:y=0.1" in command
    assert run(shlex.split(command)) == 0


def test_that_nothing_explains_a_number_is_told_with_where_the_difference_begins(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = told(capsys, "residual", "--got", "w1=-0.0071717171 w2=-0.0071717171", status=1)
    assert "No explanation was found" in text and "The difference begins at w2" in text
    assert (
        json.loads(told(capsys, "residual", "--got", "w1=7.1717171", "--json", status=1))["got"]["w1"]["explanations"]
        == []
    )


def test_what_is_no_number_is_told_and_null(capsys: pytest.CaptureFixture[str]) -> None:
    assert "w1: infinite or no number was given" in told(capsys, "residual", "--got", "w1=nan", status=1)
    found = json.loads(told(capsys, "residual", "--got", "w1=inf", "--json", status=1))
    assert found["got"]["w1"]["got"] is None


def test_a_zero_among_numbers_with_decimals_has_none_of_theirs(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "mazur", "--got", "w1=[[0,0.000877135],[0.000497713,0.000995425]]", status=1)
    assert "w1[0,0]   0            0.000438568  100.0 %" in text
    assert "w3        0.00   −0.121301" in told(capsys, "residual", "--got", "w3=0.00", status=1)


def test_given_numbers_with_powers_of_ten_have_the_digits_given(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "residual", "--got", "w1=-0.0031 w2=0 w3=-2e-7 w_r=1.50e8", status=1)
    assert re.findall(r"^ w\w+ +(\S+)", text, re.MULTILINE) == ["−3.1×10⁻³", "0", "−2×10⁻⁷", "1.50×10⁸"]


def test_relative_differences_have_one_notation(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "residual", "--got", "w3=-0.486512 w2=-0.00310046", status=1)
    assert "−0.121301    301.1 %" in text and "−0.00310046  < 0.1 %" in text
    assert "∞" not in told(capsys, "--input", "0", "--weights", "2", "--target", "1", "--got", "w1=0.5", status=1)


def test_a_formula_is_not_told_twice(capsys: pytest.CaptureFixture[str]) -> None:
    """What the sentence says is no news as a formula; nor is a number without a name."""
    delta = told(capsys, "residual", "--got", "delta_y=-0.948142", status=1)
    assert "when it is ∂L/∂y in place of δ_y: δ_y is then −0.948142, where −0.236398 is right." in delta
    assert "As a formula" not in delta
    path = told(capsys, "mazur", "--got", "w1[0,0]=0.000668396", status=1)
    assert "As a formula" not in path or "gradcalc paths mazur" in path
    assert "As a formula: −∂L/∂w." in told(capsys, "residual", "--got", "w3=0.121301", status=1)


def test_the_factor_that_a_formula_lacks_has_its_sign(capsys: pytest.CaptureFixture[str]) -> None:
    """With t = 1 the factor 1 − y is −(y − t)."""
    text = told(capsys, "residual", "--got", "w3: 2*(y - t)*y*h2", status=1)
    assert "w3 is your formula × (1 − y), at all 6 points." in text
    assert "× (y − t), at all 6 points." in told(capsys, "residual", "--got", "w3: 2*y*(1 - y)*h2", status=1)


def test_formulas_are_compared_at_six_points(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "residual", "--got", "w3: 2*(y - t)*y*(1 - y)*h2")
    assert "6 of 6" in text and "w3: the formula is right at all 6 points." in text
    wrong = told(capsys, "residual", "--got", "w1: 2*(y - t)*y*(1 - y)*w_r*h1*(1 - h1)*x", status=1)
    assert "w1: your formula leaves out the path h1 → h2 → y." in wrong


@pytest.mark.parametrize(
    "given, told_of",
    [
        ("w1=-0.006", "the factor 2 too many (or ½ left out), or the gradient is accumulated over 2 passes"),
        ("w3=-0.1241", "of ∂L/∂w3, or ∂L/∂w3 takes h1 in place of h2 (−0.124104). Give more digits"),
    ],
)
def test_mistakes_that_fit_too_few_digits_are_named_as_such(
    given: str, told_of: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = told(capsys, "residual", "--got", given, status=1)
    assert "The digits given are too few to tell a mistake from chance." in found and told_of in found
    assert "No explanation was found" not in found
    (name,) = json.loads(told(capsys, "residual", "--got", given, "--json", status=1))["got"].values()
    assert name["explanations"] == []


def test_numbers_of_a_format_are_right_as_far_as_it_can_tell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gradients = gradcalc.gradients(gradcalc.load("mazur"))
    np.savez(tmp_path / "a.npz", **{name: np.float16(value) for name, value in gradients.items()})
    found = told(capsys, "mazur", "--got", str(tmp_path / "a.npz"))
    assert "All 4 given values are ours as far as float16 can tell." in found
    assert "✓ of numbers stored in float16: |given − ours| is at most what the rounding of a pass" in found
    assert "last digit given" not in found and "% of the largest entry (w1; the others less)" in found


def test_files_are_read_and_matched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gradients = gradcalc.gradients(gradcalc.load("mazur"))
    np.savez(tmp_path / "a.npz", **{"0.weight": np.float32(gradients["w1"]), "2.weight": gradients["w2"]})
    text = told(capsys, "mazur", "--got", str(tmp_path / "a.npz"))
    assert "Matched by shape and order, weights as [out, in]: 0.weight → w1; 2.weight → w2." in text
    for name in ("json", "csv"):
        path = tmp_path / f"own.{name}"
        assert run(["compute", "mazur", "-o", str(path)]) == 0
        assert "are right to the digits given" in told(capsys, "mazur", "--got", str(path))


def test_large_arrays_show_their_worst_entry(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = {"input": [1.0] * 8, "target": [0.0] * 4, "layers": [{"weight": [[0.1] * 8] * 4}], "activation": "tanh"}
    (tmp_path / "net.json").write_text(json.dumps(spec))
    gradient = gradcalc.gradients(gradcalc.load(spec))["w1"].copy()
    for status, shown in ((0, "w1 (norm of 4×8)"), (1, "w1[2,5]")):
        (tmp_path / "got.json").write_text(json.dumps({"w1": gradient.tolist()}))
        text = told(capsys, str(tmp_path / "net.json"), "--got", str(tmp_path / "got.json"), status=status)
        assert shown in text and ("✗ 1 of 32 entries" if status else "✓ all 32 entries") in text
        gradient[2, 5] = 7.0
    arguments = (str(tmp_path / "net.json"), "--got", str(tmp_path / "got.json"), "--all", "--no-legend")
    assert told(capsys, *arguments, status=1).count("✓") == 31


def test_conditions_go_with_given_values(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "residual", "--got", "L=0.2247", "--require", "loss < 0.1", status=1)
    assert "right to the digits given." in text and "loss < 0.1: does not hold." in text
    found = json.loads(told(capsys, "residual", "--got", "L=0.2247", "--require", "loss < 1", "--json"))
    assert list(found)[-2:] == ["first_wrong", "required"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("residual", "--got", "w9=1"), "--got: w9: nothing is called w9; names are w1"),
        (("residual", "--got", "w_q=1"), "did you mean w_r?"),
        (("residual", "--got", "w1: y*foo"), "w1: y*foo: nothing is called foo (character 3); names are w1"),
        (("residual", "w1=2"), "w1=2: one SPEC is checked"),
        (("mazur", "--got", "w1=1"), "w1: one number given, where the network has 2×2; write 'w1[0,0]=…' for one"),
        (("mazur", "--got", "b1=1"), "b1: one number given, where the network has 2; write 'b1[0]=…' for one"),
        (("residual", "--got", "nothing.json"), "there is no such file"),
    ],
)
def test_what_cannot_be_compared_is_an_error(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", *arguments]) == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_an_unknown_name_in_a_file_has_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yaml").write_text("w1: 1\nfoo: 2\n")
    assert run(["check", "residual", "--got", str(tmp_path / "a.yaml")]) == 2
    assert "a.yaml:2: foo: nothing is called foo" in " ".join(capsys.readouterr().err.split())


def test_the_file_that_is_read_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"L": 0.2247}')
    assert run(["check", "residual", "--got", str(path), "-o", str(path)]) == 2
    assert "is what --got reads" in " ".join(capsys.readouterr().err.split())
    assert path.read_text() == '{"L": 0.2247}'


@pytest.mark.parametrize("name", ["markdown", "latex", "html", "csv", "jsonl"])
def test_every_format_has_the_given_values(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "residual", "--got", "w1=0.25", "--format", name, status=1)
    assert "0.25" in text or "$0$ & $.25$" in text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("got.csv", "w1,1\n" * 300_000, "got.csv:2: w1 is given twice"),
        ("got.csv", "".join(f"k{n},1\n" for n in range(110_000)), "more than 100,000 names are given"),
        ("got.json", json.dumps(dict.fromkeys(map(str, range(50_000)), 1)), "more than the network has numbers"),
        ("got.json", json.dumps(dict.fromkeys(map(str, range(50_000)), 1))[:-1] + ', "49999": 1}', "is given twice"),
    ],
)
def test_many_names_are_refused_at_once(
    file: str, text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / file).write_text(text)
    begin = process_time()
    assert run(["check", "residual", "--got", str(tmp_path / file)]) == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert process_time() - begin < 1


@pytest.mark.slow
def test_a_formula_that_is_far_beyond_float64_is_compared(capsys: pytest.CaptureFixture[str]) -> None:
    formula = "*".join(f"(w1 + {n})" for n in range(200))
    assert "w1" in told(capsys, "residual", "--got", f"w1: {formula}", status=1)


def test_ours_has_more_digits_where_rounding_has_left_few(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    spec = tmp_path / "lost.yaml"
    layers = "[{weight: 1, bias: 1}, {weight: 1, bias: -1e20}, {weight: 1}]"
    spec.write_text(f"input: 1e20\nloss: output\nactivation: identity\nlayers: {layers}\n")
    text = told(capsys, str(spec), "--got", "w3=1")
    assert "Ours of w3 has more digits than float64, where rounding makes 0 of it." in text
    text = told(capsys, str(spec), "--got", "w3=0 L=2", status=1)
    assert "Ours of w3 and L have more digits than float64, where rounding has left few of theirs." in text
    assert "No mistake is looked for that explains what was given for w3 and L." in text
    assert "No explanation was found" not in text
