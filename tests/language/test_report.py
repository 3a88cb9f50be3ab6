"""Problems as they are printed: positions, excerpts, carets, order and limits."""

from __future__ import annotations

import json

import pytest

from gradcalc import language
from gradcalc.errors import SpecError
from gradcalc.report.text import width

FIVE_YAML = """\
input: 0.5
activaton: tanh
layers:
  - {weight: 0.5, repeat: 0}
  - weight: abc
    activation: sigmod
skips:
  - {form: h1, from: h1, to: y}
"""
FIVE_TOML = """\
input = 0.5
activaton = "tanh"
[[layers]]
weight = 0.5
repeat = 0
[[layers]]
weight = "abc"
activation = "sigmod"
[[skips]]
form = "h1"
from = "h1"
to = "y"
"""
FIVE_JSON = """\
{
  "input": 0.5,
  "activaton": "tanh",
  "layers": [
    {"weight": 0.5, "repeat": 0},
    {"weight": "abc",
     "activation": "sigmod"}
  ],
  "skips": [{"form": "h1", "from": "h1", "to": "y"}]
}
"""
MESSAGES = (
    'unknown key "activaton"; did you mean "activation"?',
    "layers[0].repeat is 0; it needs a whole number from 1 on",
    'layers[1].weight: "abc" is neither a number nor an entry of parameters',
    'layers[1].activation: unknown activation "sigmod"; did you mean "sigmoid"?',
    'skips[0]: unknown key "form"',
)
PLACES = {
    "yaml": ("2:1", "4:27", "5:13", "6:17", "8:6"),
    "toml": ("2:1", "5:10", "7:10", "8:14", "10:1"),
    "json": ("3:3", "5:31", "6:16", "7:20", "9:14"),
}
TEXTS = {"yaml": FIVE_YAML, "toml": FIVE_TOML, "json": FIVE_JSON}


def refusal(text, extension, tmp_path, monkeypatch, overrides=None):
    monkeypatch.chdir(tmp_path)
    (tmp_path / f"net.{extension}").write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        language.load(f"net.{extension}", overrides)
    return str(caught.value)


@pytest.mark.parametrize("extension", ["yaml", "toml", "json"])
def test_five_mistakes_are_five_messages_in_their_order(extension, tmp_path, monkeypatch):
    report = refusal(TEXTS[extension], extension, tmp_path, monkeypatch)
    heads = [line for line in report.splitlines() if ": error: " in line]
    assert len(heads) == 5
    for head, place, message in zip(heads, PLACES[extension], MESSAGES, strict=True):
        assert head.startswith(f"net.{extension}:{place}: error: {message}")


def test_the_excerpt_of_the_contract(tmp_path, monkeypatch):
    text = "input: 1\nlayers:\n  - weight: 2\n  - bias: 1\n\n\n\n    weight: abc\n"
    assert refusal(text, "yaml", tmp_path, monkeypatch) == (
        'net.yaml:8:13: error: layers[1].weight: "abc" is neither a number nor an entry of parameters\n'
        "  8 |     weight: abc\n"
        "    |             ^~~"
    )


def test_the_problems_carry_their_paths():
    with pytest.raises(SpecError) as caught:
        language.load({"input": 1, "weights": [1], "losss": "mse"})
    (problem,) = caught.value.problems
    assert problem.path == ("losss",)
    assert problem.on == "key"
    assert str(caught.value) == 'spec: error: unknown key "losss"; did you mean "loss"?'


def test_ten_problems_at_most(tmp_path, monkeypatch):
    text = "input: 1\nweights: [1]\n" + "".join(f"wrong{i}: 1\n" for i in range(25))
    report = refusal(text, "yaml", tmp_path, monkeypatch)
    assert report.count(": error: ") == 10
    assert report.endswith("\n… and 15 more")
    assert "wrong9" in report
    assert "wrong10" not in report


@pytest.mark.parametrize(("count", "more"), [(1000, "990"), (1001, "991")])
def test_of_a_thousand_warnings_the_rest_was_looked_at(count, more):
    unused = {f"p{i}": 0.5 for i in range(count)}
    _, warnings = language.load({"input": 1, "weights": [1], "parameters": unused})
    assert len(warnings) == 11 and warnings[-1] == f"… and {more} more"


@pytest.mark.parametrize(
    ("line", "before", "under"),
    [
        ('name: "", Loss: 1', 10, 4),
        ("\tname: '', Loss: 1", 14, 4),
        ("name: 世界, Loss: 1", 12, 4),
        ("name: e\u0301, Loss: 1", 9, 4),
        ("name: a\u200bb, Loss: 1", 16, 4),
        ("世界: 1", 0, 4),
        ("e\u0301e\u0301: 1", 0, 2),
    ],
)
def test_carets_stand_under_their_span(line, before, under, tmp_path, monkeypatch):
    report = refusal("{input: 1, weights: [1],\n" + line + "}\n", "yaml", tmp_path, monkeypatch)
    _, excerpt, carets = report.splitlines()
    assert carets == "    | " + " " * before + "^" + "~" * (under - 1)
    shown = excerpt[len("  2 | ") :]
    assert "\t" not in shown
    assert width(shown) == width(line.replace("\t", "    ").replace("\u200b", "\\u200b")) + 1


def test_a_long_line_is_shown_around_its_problem(tmp_path, monkeypatch):
    data = {"input": 1, "weights": [1] * 5000, "losss": 2, "notes": "x" * 5000}
    report = refusal(json.dumps(data), "json", tmp_path, monkeypatch)
    head, excerpt, carets = report.splitlines()
    assert all(width(line) <= 160 for line in (head, excerpt, carets))
    start = carets.index("^")
    assert excerpt[start : start + len('"losss"')] == '"losss"'
    assert excerpt.startswith("  1 | …")
    assert excerpt.endswith("…")


def test_a_long_message_is_cut_at_160_columns(tmp_path, monkeypatch):
    report = refusal("input: 1\nweights: [1]\nactivation: " + "é" * 300, "yaml", tmp_path, monkeypatch)
    assert all(width(line) <= 160 for line in report.splitlines())


def test_what_is_missing_points_at_what_should_hold_it(tmp_path, monkeypatch):
    report = refusal("input: 1\nweights: [1]\nskips:\n- from: x\n  weight: 1\n", "yaml", tmp_path, monkeypatch)
    assert report.startswith("net.yaml:4:3: error: skips[0].to is missing")
    assert report.endswith("  4 | - from: x\n    |   ^")


def test_a_formula_is_marked_at_the_bad_token(tmp_path, monkeypatch):
    report = refusal("input: 1\nweights: [1]\nloss: {formula: '(y - qq)^2'}\n", "yaml", tmp_path, monkeypatch)
    assert report.endswith("  3 | loss: {formula: '(y - qq)^2'}\n    |                       ^~")


def test_an_escaped_text_is_marked_as_a_whole(tmp_path, monkeypatch):
    text = '{"input": 1, "weights": [1], "loss": {"formula": "y \\u002d qq"}}'
    report = refusal(text, "json", tmp_path, monkeypatch)
    assert report.splitlines()[-1].endswith("^" + "~" * (len('"y \\u002d qq"') - 1))


def test_an_alias_is_where_its_value_stands(tmp_path, monkeypatch):
    text = "name: n\nnotes: &v hello\ninput: 1\nweights: [1]\nseed: *v\n"
    report = refusal(text, "yaml", tmp_path, monkeypatch)
    assert report.startswith("net.yaml:5:7: error: seed needs a whole number")


def test_text_of_a_spec_moves_no_cursor(tmp_path, monkeypatch):
    report = refusal('{"input": 1, "weights": [1], "a\\u001b[31mb\\u202e": 1}', "json", tmp_path, monkeypatch)
    assert "\x1b" not in report
    assert "\u202e" not in report
    report = refusal("input: 1\nweights: [1]\n\u202eabc: 1\n", "yaml", tmp_path, monkeypatch)
    assert "\\u202eabc: 1" in report


def test_markup_is_text(tmp_path, monkeypatch):
    report = refusal("input: 1\nweights: [1]\n'[red]x[/red]': 1\n", "yaml", tmp_path, monkeypatch)
    assert 'unknown key "[red]x[/red]"' in report


def test_options_stand_in_place_of_a_position(tmp_path, monkeypatch):
    overrides = language.Overrides(loss="msee", settings=("seed=a", "activation=tan"))
    report = refusal("input: 1\nweights: [1]\nlos: 1\n", "yaml", tmp_path, monkeypatch, overrides)
    lines = [line for line in report.splitlines() if ": error: " in line]
    assert lines[0].startswith("net.yaml:3:1: error: unknown key")
    assert lines[1:] == [
        '--loss msee: error: loss: unknown loss "msee"; did you mean "mse"?',
        '--set seed=a: error: seed needs a whole number, not the text "a"',
        '--set activation=tan: error: activation: unknown activation "tan"; did you mean "tanh"?',
    ]


def test_warnings_are_printed_the_same_way(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text("input: 1\nweights: [1]\nparameters: {unused: 1}\n")
    _, (warning,) = language.load("net.yaml")
    assert warning.startswith("net.yaml:3:14: warning: ")
    assert "unused is never used" in warning
    assert warning.splitlines()[-1].strip("| ").startswith("^")
