"""Specs that must be refused: each with the place of its problem and a part of what is said of it."""

from __future__ import annotations

import pytest

from gradcalc import language
from gradcalc.errors import SpecError
from gradcalc.language.grammars import Unreadable, toml_text

GOOD_YAML = "input: 0.5\nweights: [0.2]\n"
GOOD_TOML = "input = 0.5\nweights = [0.2]\n"


def yaml_layer(layer: str) -> str:
    return f"input: 0.5\nlayers:\n  - {layer}\n"


# text, line, column, part of the message
YAML = [
    ("input: [1, 2\nweights: [1]\n", 2, 8, "comma is missing"),
    ("input: 'abc\nweights: [1]\n", 3, 1, "quote is not closed"),
    ("input: 0.5\n\tweights: [1]\n", 2, 1, "spaces, not tabs"),
    ("input: 0.5\nlayers:\n\t- weight: 1\n", 3, 1, "spaces, not tabs"),
    ("input: a: b\n", 1, 9, "colon may not stand here"),
    ("input: @x\n", 1, 8, "put the text in quotes"),
    ("input: 0.5\nweights:\n  - 1\n - 2\n", 4, 2, "indentation"),
    ("input: 0.5\n---\ninput: 1\n", 2, 1, "second YAML document"),
    ("input: !!float 3\nweights: [1]\n", 1, 8, "tags are refused"),
    ("input: !!python/object/apply:os.system ['true']\n", 1, 8, "tags are refused"),
    ("input: ! 3\nweights: [1]\n", 1, 8, "tags are refused"),
    ("!!map\ninput: 3\n", 1, 1, "tags are refused"),
    ("a: &a {x: 1}\n<<: *a\n" + GOOD_YAML, 2, 1, 'unknown key "<<"'),
    ("input: *nothing\nweights: [1]\n", 1, 8, "*nothing names no anchor"),
    ("input: &a [*a]\nweights: [1]\n", 1, 12, "*a names no anchor"),
    (GOOD_YAML + "input: 1\n", 3, 1, 'duplicate key "input"'),
    (GOOD_YAML + "loss: {name: mse, name: bce}\n", 3, 19, 'duplicate key "name"'),
    (GOOD_YAML + "3: 4\n", 3, 1, "keys are text"),
    (GOOD_YAML + "true: 4\n", 3, 1, "keys are text"),
    (GOOD_YAML + "null: 4\n", 3, 1, "keys are text"),
    (GOOD_YAML + "? [a, b]\n: 4\n", 3, 3, "keys are text"),
    (GOOD_YAML + "? {a: b}\n: 4\n", 3, 3, "keys are text"),
    (GOOD_YAML + "name: \x07\n", 3, 7, "control character, U+0007"),
    (GOOD_YAML + "name: a\x85b\n", 3, 8, "control character, U+0085"),
    ("input: " + "[" * 100 + "]" * 100, 1, 71, "nested deeper than 64"),
    ("- input: 1\n", 1, 1, "a spec is a mapping"),
    ("just text\n", 1, 1, "a spec is a mapping"),
    ("weights: [1]\n", 1, 1, "input is missing"),
    ("input: 1\n", 1, 1, "layers is missing; give layers or weights"),
    (GOOD_YAML + "layers: [{weight: 1}]\n", 2, 1, "`weights` and `layers` exclude each other"),
    ("input: 1\nlayers: [{weight: 1}]\nbiases: [1]\n", 3, 1, "`biases` and `layers` exclude each other"),
    (GOOD_YAML + "activaton: relu\n", 3, 1, 'did you mean "activation"?'),
    (GOOD_YAML + "Loss: mse\n", 3, 1, 'did you mean "loss"?'),
    (GOOD_YAML + "activation: sigmod\n", 3, 13, 'unknown activation "sigmod"; did you mean "sigmoid"?'),
    (GOOD_YAML + "loss: msee\n", 3, 7, 'unknown loss "msee"; did you mean "mse"?'),
    (GOOD_YAML + "loss: 3\n", 3, 7, "needs the name of a loss or a mapping, not the number 3"),
    (GOOD_YAML + "loss: {delta: 2}\n", 3, 7, "give name or formula"),
    (GOOD_YAML + "loss: {name: mse, delta: 2}\n", 3, 19, "`delta` goes with `name: huber`, not with mse"),
    (GOOD_YAML + "loss: {name: mse, reduction: max}\n", 3, 30, 'unknown reduction "max"'),
    (GOOD_YAML + "loss: {name: mse, formula: y}\n", 3, 19, "exclude each other"),
    (GOOD_YAML + "loss: {formula: (y - q)^2}\n", 3, 22, 'unknown name "q"'),
    (GOOD_YAML + "activation: {formula: x +}\n", 3, 25, "missing"),
    (GOOD_YAML + "activation: {name: relu, alpha: 1}\n", 3, 26, "`alpha` goes with"),
    (GOOD_YAML + "seed: 1.5\n", 3, 7, "needs a whole number, not the number 1.5"),
    (GOOD_YAML + "seed: [1]\n", 3, 7, "needs a whole number, not a list"),
    (GOOD_YAML + "name: [a]\n", 3, 7, "needs text, not a list"),
    (GOOD_YAML + "name: 3\n", 3, 7, "needs text, not the number 3"),
    (GOOD_YAML + "frozen: b1\n", 3, 9, "needs a list of names"),
    (GOOD_YAML + "skips: {from: x, to: y}\n", 3, 8, "needs a list of skip edges"),
    (GOOD_YAML + "skips: [{from: x}]\n", 3, 9, "skips[0].to is missing"),
    (GOOD_YAML + "skips: [{form: x, to: y}]\n", 3, 10, 'did you mean "from"?'),
    (GOOD_YAML + "skips: {every: 0}\n", 3, 16, "whole number from 1 on"),
    (GOOD_YAML + "skips: [{from: x, to: y, into: out}]\n", 3, 32, 'unknown place "out"; did you mean "output"?'),
    (GOOD_YAML + "parameters: [1]\n", 3, 13, "needs a mapping of names to values"),
    ("input: yes\nweights: [1]\n", 1, 8, "true and false are no numbers"),
    ("input: true\nweights: [1]\n", 1, 8, "not true"),
    ("input: ~\nweights: [1]\n", 1, 8, "not null"),
    ("input: []\nweights: [1]\n", 1, 8, "is empty"),
    ("input: {}\nweights: [1]\n", 1, 8, "is empty"),
    ("input: [1, [2, [3]]]\nweights: [1]\n", 1, 16, "not a list"),
    ("input: .nan\nweights: [1]\n", 1, 8, "is not a finite number"),
    ("input: -.inf\nweights: [1]\n", 1, 8, "is not a finite number"),
    ("input: 1e999\nweights: [1]\n", 1, 8, "beyond the largest double"),
    ("input: 1e-999\nweights: [1]\n", 1, 8, "rounds to it"),
    ("input: 1_000\nweights: [1]\n", 1, 8, "digits stand without _"),
    ("input: 1:30\nweights: [1]\n", 1, 8, "sexagesimals"),
    ("input: 2024-01-01\nweights: [1]\n", 1, 8, "a date is no number"),
    ('input: "0.5"\nweights: [1]\n', 1, 8, "a number stands without quotes"),
    ("input: 1\nweights: []\n", 2, 10, "is empty"),
    ("input: 1\nweights: 3\n", 2, 10, "needs a list of weights"),
    ("input: 1\nweights: [abc]\n", 2, 11, '"abc" is neither a number nor an entry of parameters'),
    ("input: 1\nweights: [[1, true]]\n", 2, 15, "weights[0][1] needs a number, an exact constant or a list"),
    (f"input: 1\nweights: [{'9' * 400}]\n", 2, 11, "beyond the largest double"),
    (f"input: 1\nweights: [{'9' * 5000}]\n", 2, 11, "beyond the largest double"),
    (GOOD_YAML + "activation: " + "x" * 3_000_000 + "\n", 3, 13, "unknown activation"),
    (yaml_layer("{weight: 1, repeat: 0}"), 3, 25, "whole number from 1 on"),
    (yaml_layer("{weight: 1, repeat: 2.0}"), 3, 25, "needs a whole number"),
    (yaml_layer("{weight: 1, width: -2}"), 3, 24, "whole number from 1 on"),
    (yaml_layer("{weight: 1, share: true}"), 3, 17, "only beside `repeat`"),
    (yaml_layer("{weight: 1, share: yes, repeat: 2}"), 3, 24, "needs true or false"),
    (yaml_layer("{weight: 1, join: subtract}"), 3, 23, 'unknown join "subtract"'),
    (yaml_layer("{from: {x: 1}, weight: 1}"), 3, 20, "`weight` and `from` exclude each other"),
    (yaml_layer("{from: {x: 1}, repeat: 2}"), 3, 20, "`repeat` and `from` exclude each other"),
    (yaml_layer("{from: [], weight: 1}"), 3, 12, "is empty"),
    (yaml_layer("{weight: {init: normall}}"), 3, 21, 'did you mean "normal"?'),
    (yaml_layer("{weight: {init: normal, low: 1}}"), 3, 29, "`low` goes with `init: uniform`"),
    (yaml_layer("{weight: {seed: 1, value: 2}}"), 3, 15, "only beside `init`"),
    (yaml_layer("{weight: {init: zeros, value: 2}}"), 3, 28, "exclude each other"),
    (yaml_layer("{weight: {name: W}}"), 3, 14, "give value or init"),
    (yaml_layer("3"), 3, 5, "needs a mapping, not the number 3"),
]

JSON = [
    ('{"input": 1,}', 1, 12, "no comma before }"),
    ('{"input": [1,], "weights": [1]}', 1, 13, "no comma before ]"),
    ('{"input": 1 "weights": [1]}', 1, 13, "comma is missing"),
    ('{"input" 1}', 1, 10, "colon is missing"),
    ('{input: 1, "weights": [1]}', 1, 2, "key in double quotes"),
    ("{'input': 1}", 1, 2, "double quotes"),
    ('{"input": abc}', 1, 11, "no value of JSON"),
    ('{"input": 1} {}', 1, 14, "ends before this"),
    ('{"input": "abc', 1, 11, "not closed"),
    ('{"input": 1, // one\n"weights": [1]}', 1, 14, "JSON has no comments"),
    ('{"input": "a\nb"}', 1, 13, "write \\n"),
    ('{"input": "\\q"}', 1, 12, "no escape of JSON"),
    ('{"input": 1', 1, 12, "ends too early"),
    ("", 1, 1, "ends too early"),
    ('{"input": 1, "weights": [1],\n "input": 2}', 2, 2, 'duplicate key "input"'),
    ('{"input": NaN, "weights": [1]}', 1, 11, "is not a finite number"),
    ('{"input": -Infinity, "weights": [1]}', 1, 11, "is not a finite number"),
    ('{"input": 1e999, "weights": [1]}', 1, 11, "beyond the largest double"),
    ('{"input": [1e-999], "weights": [1]}', 1, 12, "rounds to it"),
    ('{"input": 0.' + "0" * 400 + '1, "weights": [1]}', 1, 11, "rounds to it"),
    ('{"input": ' + "9" * 5000 + ', "weights": [1]}', 1, 11, "beyond the largest double"),
    ('{"input": ' + "9" * 400 + ', "weights": [1]}', 1, 11, "beyond the largest double"),
    ('{"input": 1, "weights": [1], "loss":\n  {"name": "mse", "scal": 2}}', 2, 19, 'did you mean "scale"?'),
    ('{"input": 1, "weights": [1], "name": "a\\u0007", "lossy": 1}', 1, 49, 'did you mean "loss"?'),
    ('{"input": 1, "weights": [1], "weird \\" key": 1}', 1, 30, "unknown key"),
    ("[1, 2]", 1, 1, "a spec is a mapping"),
    ('{"input": 1, "weights": [1], "skips": [{"from": "x", "to": "y"}, {"form": "x", "to": "y"}]}', 1, 67, '"from"'),
    ("[" * 100_000, 1, 65, "nested deeper than 64"),
    ('{"name": "[[[", "input": ' + "[" * 100_000 + "]" * 100_000, 1, 89, "nested deeper than 64"),
    ('{"input": ' + "[" * 80 + "]" * 80 + ', "weights": [1]}', 1, 74, "nested deeper than 64"),
]

TOML = [
    ("input = \n", 1, 9, "no value of TOML"),
    ("input = abc\n", 1, 9, "no value of TOML"),
    ("input 0.5\n", 1, 7, "equals sign is missing"),
    ('input = "abc\n', 1, 13, "own line"),
    ("input = [1 2]\n", 1, 12, "comma is missing"),
    ("input = 1 2\n", 1, 11, "line should end here"),
    (GOOD_TOML + "input = 1\n", 3, 1, 'duplicate key "input"'),
    (GOOD_TOML + "[loss]\nname = 'mse'\n[loss]\n", 5, 2, 'duplicate key "loss"'),
    (GOOD_TOML + "loss = {name = 'mse', name = 'bce'}\n", 3, 23, 'duplicate key "name"'),
    (GOOD_TOML + "[loss]\nnam = 'mse'\n", 4, 1, 'did you mean "name"?'),
    (GOOD_TOML + "[[skips]]\nfrom = 'x'\ntoo = 'y'\n", 5, 1, 'did you mean "to"?'),
    (GOOD_TOML + "[[skips]]\nfrom = 'x'\n", 3, 1, "skips[0].to is missing"),
    (GOOD_TOML + "loss.nam = 'mse'\n", 3, 6, 'did you mean "name"?'),
    (GOOD_TOML + '"lo\\u0073" = 3\n', 3, 1, 'unknown key "los"'),
    (GOOD_TOML + "seed = 1979-05-27\n", 3, 8, "not a date"),
    (GOOD_TOML + "seed = 07:32:00\n", 3, 8, "not a time of day"),
    (GOOD_TOML + "seed = 1979-05-27 07:32:00\n", 3, 8, "not a date and time"),
    ("input = 1_000\nweights = [1]\n", 1, 9, "write it without _"),
    ("input = [1, 1_0.5]\nweights = [1]\n", 1, 13, "write it without _"),
    ("input = inf\nweights = [1]\n", 1, 9, "is not a finite number"),
    ("input = nan\nweights = [1]\n", 1, 9, "is not a finite number"),
    ("input = 1e999\nweights = [1]\n", 1, 9, "beyond the largest double"),
    ("input = 1e-999\nweights = [1]\n", 1, 9, "rounds to it"),
    ("input = " + "9" * 5000 + "\nweights = [1]\n", 1, 9, "more than 4,096 digits"),
    ("input = true\nweights = [1]\n", 1, 9, "not true"),
    (GOOD_TOML + "name = '''\na\nb''' # text\nnmae = 1\n", 6, 1, 'did you mean "name"?'),
    (GOOD_TOML + "layers = [\n  {weight = 1}, # one\n  {wieght = 1},\n]\n", 5, 4, 'did you mean "weight"?'),
    ("weights = [1]\ninput = " + "[" * 5000 + "]" * 5000, 2, 73, "nested deeper than 64"),
    ("input = 0.5\rweights = [1]\r", 1, 12, "control character, U+000D"),
]

CASES = [("yaml", *case) for case in YAML] + [("json", *case) for case in JSON] + [("toml", *case) for case in TOML]


@pytest.mark.parametrize(("extension", "text", "line", "column", "part"), CASES)
def test_refused_at_its_place(extension, text, line, column, part, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    label = f"net.{extension}"
    (tmp_path / label).write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        language.load(label)
    report = str(caught.value)
    assert any(said.startswith(f"{label}:{line}:{column}: error: ") and part in said for said in report.splitlines()), (
        report
    )


@pytest.mark.parametrize(("extension", "text"), [case[:2] for case in CASES])
def test_every_report_is_lines_of_at_most_160_columns(extension, text, tmp_path):
    (tmp_path / f"net.{extension}").write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        language.load(tmp_path / f"net.{extension}")
    for line in str(caught.value).splitlines():
        assert len(line) <= 160
        assert line.isprintable()


def test_a_pattern_of_many_stars_is_matched_in_one_pass():
    spec = {"input": 1, "layers": [{"weight": {"value": 1, "name": "a" * 100}}], "frozen": ["*a" * 40 + "*b"]}
    with pytest.raises(SpecError, match="is the name of no parameter"):
        language.load(spec)


def test_many_layers_on_one_line_are_not_taken_for_many_keys(monkeypatch):
    monkeypatch.setattr(toml_text, "MOST_KEYS", 1_000)
    layers = "layers = [" + "{weight = 0.5, bias = {init = 'zeros'}}, " * 400 + "]\n"
    assert len(toml_text.read(f"input = 1\n{layers}")[0]["layers"]) == 400
    with pytest.raises(Unreadable, match="more than 100,000 keys"):
        toml_text.read("".join(f"k{n} = {{a = 1}}\n" for n in range(1_001)))


def test_there_are_enough_of_them():
    assert len(CASES) > 80
