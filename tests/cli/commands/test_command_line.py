"""The command line as a process sees it: statuses, errors, options."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

import gradcalc
from gradcalc.__main__ import run
from gradcalc.cli.app import Commands


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compue"], 'no command "compue"; did you mean "compute"?'),
        (["hlep", "compute"], 'no command "hlep"; did you mean "help"?'),
        (["zzz"], f"commands are {', '.join(Commands().list_commands(None))}"),
        (["residual", "--top", "3"], 'a spec, not a command; did you mean "gradcalc compute residual --top 3"?'),
        (["net.yaml"], '"net.yaml" is a spec, not a command; did you mean "gradcalc compute net.yaml"?'),
        (["-"], 'did you mean "gradcalc compute -"?'),
        (["residul"], 'no command "residul"; did you mean "gradcalc compute residual"?'),
        (["--input", "0.5"], "options stand after the command: gradcalc compute --input"),
        (["help", "compue"], 'did you mean "compute"?'),
        (["compute", "residual", "--loss", "mse", "--loss", "sse"], "--loss is given 2 times, and takes one value"),
        (["compute", "residual", "--loss", "mse", "--set", "loss=sse"], "--loss mse has set that already"),
        (["compute", "residual", "--set", "w1=1", "--set", "w1=2"], "--set w1=1 has set that already"),
        (["compute", "residual", "--skip", "x:y", "--set", "skips=[]"], "--skip x:y has set that already"),
        (["compare", "residual", "--set", "w1=1", "--vary", "w1=2,3"], "--set w1=1 has set that already"),
        (["sweep", "residual", "--vary", "x=1,2", "--vary", "input=1,2"], "x=1 has set that already"),
        (["compute", "residual", "--tpo", "3"], 'no option --tpo; did you mean "--top"?'),
        (["compare", "residual", "--against", "no-skips"], "sweep have it"),
        (["compute", "residual", "--vary", "w1=1,2"], "no option --vary; compare"),
        (["compute", "residual", "--digits", "zero"], "--digits"),
        (["compute", "residual", "--digits", "0"], "--digits"),
        (["compute", "residual", "--top", "-1"], "--top"),
        (["compute", "residual", "--top"], "--top"),
        (["compute", "residual", "extra"], "unexpected argument extra"),
        (["compute"], "no network"),
        (["compute", "residual", "--format", "jsno"], 'no format "jsno"; did you mean "json"?'),
        (["compute", "residual", "--format", "csv", "--json"], "contradict"),
        (["compute", "residual", "--standalone"], "--standalone changes nothing in table; it is for latex"),
        (["compute", "residual", "--json", "--digits", "3"], "--digits 3 changes nothing in json; it is for html"),
        (["paths", "residual", "-o", "out.csv", "--all"], "--all changes nothing in csv"),
        (["sweep", "residual", "--vary", "w1=1,2", "--format", "jsonl", "--no-legend"], "--no-legend changes"),
        (["explain", "residual", "--format", "python", "--all"], "--all changes nothing in python"),
        (["compute", "residual", "--format", "html", "--color", "always"], "changes nothing in html; it is for table"),
        (["compute", "residual", "--of", "h1", "--target", "3"], "--target 3: has no effect, h1 is differentiated"),
        (["paths", "residual", "--of", "h1", "--loss", "bce"], "--loss bce: has no effect, h1 is differentiated"),
        (["explain", "residual", "--of", "h1", "--set", "loss.scale=2"], "--set loss.scale=2: has no effect, h1 is"),
        (["compute", "mazur", "--of", "h", "--set", "target[0]=3"], "--set target[0]=3: has no effect, h is"),
        (["compute", "--input", "1", "--weights", "1", "--wrt", "w1"], "--wrt w1: without a target there is no"),
        (["compute", "--input", "1", "--weights", "1", "--top", "2"], "--top 2: without a target there is no"),
        (["explain", "residual", "--format", "csv", "--symbolic"], "--symbolic changes nothing in csv"),
        (["explain", "residual", "--format", "csv", "--forward"], "--forward changes nothing in csv"),
        (["compare", "residual", "--format", "csv", "--theory"], "--theory changes nothing in csv"),
        (["paths", "residual", "-o", "out.csv", "--top", "3"], "--top 3 changes nothing in csv"),
        (
            ["sweep", "plain", "--vary", "w1=1,2", "--against", "no-skips"],
            "plain has no skips, so it is the same network",
        ),
        (["sweep", "plain", "--vary", "w1=1,2", "--jobs", "0"], "--jobs 0: takes 1 to 1,000 processes, or -1"),
        (["sweep", "plain", "--vary", "w1=1,2", "--jobs", "9" * 20], "takes 1 to 1,000 processes"),
        (["compute", "residual", "--digits", "9" * 20], "--digits"),
        (["compute", "residual", "-o", "nowhere/out.json"], "nowhere/out.json: there is no folder nowhere"),
        (["example", "residual", "-o", "nowhere/out.json"], "nowhere/out.json: there is no folder nowhere"),
        (["compute", "residual", "--color", "sometimes"], "--color sometimes"),
        (["compute", "residual", "--wrt", "w9"], "w9"),
        (["compute", "residual", "-o", "out.xyz"], ".json"),
        (["compute", "no-such-file.yaml"], "no-such-file.yaml"),
        (["compute", "residual", "--set", "loss=msee"], "msee"),
        (["compute", "residual", "--set", "input=abc"], "abc"),
        (["example", "mazru"], 'no example "mazru"; did you mean "mazur"?'),
        (["validate", "residual", "nothing.yaml"], "nothing.yaml"),
        (["--verison"], 'no option --verison; did you mean "--version"?'),
    ],
)
def test_a_wrong_command_line_is_status_2_and_one_plain_message(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in " ".join(err.split())
    assert all(len(line) <= 80 for line in err.splitlines() if not line.startswith("--set"))
    assert "Traceback" not in err and "\x1b" not in err and "╭" not in err
    assert list(tmp_path.iterdir()) == []


def test_text_from_the_command_line_is_escaped_in_errors(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compute", "residual", "--wrt", "w\x1b[31m\u202e"]) == 2
    assert capsys.readouterr().err.replace("\n", "").isprintable()


def test_json_to_standard_output_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compute", "residual", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["gradients"]["w1"] == pytest.approx(-0.0030212381210528165, rel=1e-14, abs=0)
    assert err == ""


def test_inline_options_equal_the_built_in_example(capsys: pytest.CaptureFixture[str]) -> None:
    line = "compute --input 0.5 --weights 0.2,0.1,0.1 --skip h1:y=0.1 --target 1 --json"
    assert run(shlex.split(line)) == 0
    inline = json.loads(capsys.readouterr().out)
    assert inline["gradients"]["w_h1_y"] == pytest.approx(-0.12410398957513989, rel=1e-14)
    assert inline["name"] == "network"


@pytest.mark.parametrize("digits", [1, 3, 12])
def test_digits_are_those_a_person_sees(digits: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compute", "residual", "--digits", str(digits)]) == 0
    assert f"{0.0030212381210528165:.{digits}g}" in capsys.readouterr().out


def test_a_warning_goes_to_standard_error_unless_quiet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("input: 1\ntarget: 1\nweights: [1]\nparameters: {unused: 2}\n")
    assert run(["compute", str(spec), "--json"]) == 0
    out, err = capsys.readouterr()
    assert "unused" in err and "unused" not in json.loads(out).get("warnings", "")
    assert run(["compute", str(spec), "--json", "-q"]) == 0
    assert capsys.readouterr().err == ""


def test_of_many_warnings_ten_and_how_many_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "net.json"
    unused = {f"p{i}": 2 for i in range(25)}
    spec.write_text(json.dumps({"input": 1, "target": 1, "weights": [1], "parameters": unused}))
    assert run(["compute", str(spec)]) == 0
    err = capsys.readouterr().err
    assert err.count(": warning: ") == 10 and err.endswith("\n… and 15 more\n")


def test_validate_is_silent_or_says_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", "residual", "mazur"]) == 0
    assert capsys.readouterr() == ("", "")
    bad = tmp_path / "bad.yaml"
    bad.write_text("input: 1\nweights: [abc, def]\nlos: mse\n")
    assert run(["validate", "residual", str(bad)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("error:") == 3


def test_schema_is_a_json_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_example_prints_the_spec_and_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["example", "residual"]) == 0
    assert capsys.readouterr().out.startswith("# ")
    assert run(["example"]) == 0
    assert "mazur" in capsys.readouterr().out


def test_an_example_in_another_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for file in ("m.json", "m.toml", "m.yaml"):
        assert run(["example", "residual", "-o", str(tmp_path / file)]) == 0
        said = capsys.readouterr().err
        assert (
            said == "" if file == "m.yaml" else said.startswith(f"{tmp_path / file}: warning: the comments of residual")
        )
        assert run(["compute", str(tmp_path / file), "--json"]) == 0
        assert run(["compute", "residual", "--json"]) == 0
        one, other = capsys.readouterr().out.split("\n}\n", 1)
        assert f"{one}\n}}\n" == other
    assert run(["example", "residual", "-o", str(tmp_path / "m.csv")]) == 2
    assert "a spec is no .csv file; write .json, .toml, .yaml" in capsys.readouterr().err


def test_a_wrong_format_is_refused_before_anything_is_computed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("computed")

    monkeypatch.setattr("gradcalc.analysis.computation.compute", fail)
    for option in (["--format", "xml"], ["-o", "out.xyz"], ["--color", "red"]):
        assert run(["compute", "residual", *option]) == 2


@pytest.mark.parametrize("command", ["paths", "compare"])
def test_a_wrong_picture_is_refused_before_the_spec_is_read(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "nowhere.yaml", "--plot", "x.jpg"]) == 2
    assert "--plot x.jpg: a picture ends in .svg, .png, .pdf" in capsys.readouterr().err


def test_an_unexpected_failure_says_what_to_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("gradcalc.analysis.computation.compute", fail)
    monkeypatch.delenv("GRADCALC_DEBUG", raising=False)
    assert run(["compute", "residual", "--wrt", "w*"]) == 70
    error, *report = capsys.readouterr().err.splitlines()
    assert error == "error: ZeroDivisionError: division by zero"
    assert "gradcalc's own" in report[0] and "gradcalc 0.1.0, Python 3" in report[1]
    assert report[2].endswith("gradcalc compute residual --wrt 'w*'")
    assert "GRADCALC_DEBUG=1" in report[-1]
    monkeypatch.setenv("GRADCALC_DEBUG", "1")
    assert run(["compute", "residual"]) == 70
    assert capsys.readouterr().err.startswith("Traceback (most recent call last):\n")


@pytest.mark.parametrize(
    ("error", "status"), [("DomainError", 2), ("LimitError", 3), ("UsageError", 2), ("SpecError", 2)]
)
def test_what_went_wrong_is_told_by_the_status(
    error: str, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = getattr(gradcalc, error)
    assert issubclass(kind, gradcalc.GradcalcError) and kind.status == status

    def fail(*_: object, **__: object) -> None:
        raise kind("h1: ln of −1")

    monkeypatch.setattr("gradcalc.analysis.computation.compute", fail)
    assert run(["compute", "residual"]) == status
    prefix = "" if error == "SpecError" else "error: "  # a report on a spec has the places of errors before it
    assert capsys.readouterr() == ("", f"{prefix}h1: ln of −1\n")


def test_a_derivation_that_disagrees_is_an_internal_error_that_python_can_catch_with_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from gradcalc.derivation.certificate import Disagreement

    def fail(*_: object, **__: object) -> None:
        raise Disagreement("the derivation and the engine differ by 1, relatively")

    monkeypatch.setattr("gradcalc.derivation.explain.explain", fail)
    monkeypatch.delenv("GRADCALC_DEBUG", raising=False)
    assert run(["explain", "residual"]) == 70
    assert capsys.readouterr().err.startswith("error: Disagreement: the derivation")
    with pytest.raises(gradcalc.GradcalcError):
        gradcalc.explain(gradcalc.load("residual"))


def test_options_that_add_up_may_be_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--set", "weights[0]=0.3", "--set", "w2=0.4", "--skip", "x:h2", "--skip", "x:y=2", "--json", "--json"]
    assert run(["compute", "residual", *options, "--wrt", "w1", "--wrt", "w_x_y"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found["gradients"]) == ["w1", "w_x_y"]
    assert (found["parameters"]["w1"], found["parameters"]["w2"]) == (0.3, 0.4)


@pytest.mark.parametrize(
    "line",
    ["compute residual", "paths residual", "explain residual", "compare residual", "sweep deep --vary depth=3,5,40"],
)
def test_every_page_drops_its_legend(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    pages = []
    for option in ([], ["--no-legend"]):
        assert run([*line.split(), *option]) == 0
        pages.append(capsys.readouterr().out)
    with_legend, without = pages
    assert len(without) < len(with_legend)
    assert set(without.split()) <= set(with_legend.split())


@pytest.mark.parametrize("command", ["compute residual", "paths residual", "explain residual", "compare residual"])
def test_more_digits_than_can_be_computed_with_are_a_limit(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command.split(), "--dps", "9" * 20]) == 3
    assert f"--dps {'9' * 20}: 100,000 decimal digits are the most" in " ".join(capsys.readouterr().err.split())
